"""Which frames of which trial show which movement.

Frames count from 1, both ends included, 120 per second. Where the labels come from:

    02, 07, 09   the index of mocap.cs.cmu.edu: walk, run/jog, punch/strike, run
    35, 49       GPmat's data sets cmu35WalkJog and cmu49Balance; 49 raises a leg and stands on the other
    86           segmentation of Zhou, De la Torre and Hodgins (Aligned Cluster Analysis, 2008; package ACA). It
                 gives the earliest and the latest frame where a boundary may be: what is between is left out
    13, 14       labels of Fox, Hughes, Sudderth and Jordan (Annals of Applied Statistics, 2014; mocap6), ten a second;
                 class 2, "Jog", is frames 1933 to 2465 of 13_30, 1609 to 2052 of 13_31, 457 to 1044 of 14_14. Cut by
                 half a second at either end, and to where the knees swing: 13_30 ends, and 13_31 goes over to the
                 next exercise, standing still

Trials 49_18 and 49_19 are for training alone, 49_20 for validation and test, as in GPmat: half of each is one pose held
still, and no gap within a trial would keep its frames apart.

Left out: 02_04 (jump and balance in one trial without a boundary), 135_06 (martial arts, not labelled further), 13_29
and 14_20 (no jogging), and segments of 86 with other movements. Walking is plentiful without further trials.
"""

from dataclasses import dataclass

from vhp.datasets.motion.blocks import HELD_OUT, MIXED, TRAIN, Pattern

# Every how many frames motion_blocks keeps a row, so that movements have about as many rows as the rarest, kicking.
STRIDE = {"walking": 5, "jogging": 2, "balancing": 3, "punching": 3, "kicking": 1}


@dataclass(frozen=True)
class Segment:
    """A part of a trial that shows one movement; first and last are frames, counted from 1, both included."""

    trial: str
    movement: str
    first: int
    last: int
    pattern: Pattern = MIXED


SEGMENTS = (
    Segment("02_01", "walking", 1, 343),
    Segment("02_02", "walking", 1, 298),
    Segment("07_05", "walking", 1, 517),
    Segment("35_01", "walking", 1, 358),
    Segment("86_01", "walking", 1, 499),
    Segment("86_01", "walking", 1201, 1929),
    Segment("86_01", "walking", 2551, 3149),
    Segment("86_09", "walking", 1, 879),
    Segment("86_09", "walking", 3701, 4794),
    Segment("02_03", "jogging", 1, 173),
    Segment("09_06", "jogging", 1, 141),
    Segment("13_30", "jogging", 1993, 2340),
    Segment("13_31", "jogging", 1669, 1960),
    Segment("14_14", "jogging", 517, 984),
    Segment("49_18", "balancing", 1, 1102, TRAIN),
    Segment("49_19", "balancing", 1, 957, TRAIN),
    Segment("49_20", "balancing", 1, 898, HELD_OUT),
    Segment("02_05", "punching", 1, 1854),
    Segment("86_01", "punching", 2031, 2449),
    Segment("86_01", "punching", 4116, 4579),
    Segment("86_01", "kicking", 3251, 4014),
)
TRIALS = tuple(dict.fromkeys(segment.trial for segment in SEGMENTS))
