"""Chosen frames of the segments as the arrays of a data set: features, standardised with the training set's statistics.

Which frames go to which split is the data set's own matter: motion/prepare.py and motion_blocks/prepare.py.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from vhp.datasets.motion import BONES, CHANNELS, MOVEMENTS
from vhp.datasets.motion.features import scale, thumb_line, to_features
from vhp.datasets.motion.kinematics import Rig, rig
from vhp.datasets.motion.segments import TRIALS, Segment
from vhp.datasets.motion.skeleton import Skeleton

# Whose body the figures show. Subjects 13 and 14 have no skeleton, and one body makes the figures comparable. Its
# left thigh has the median length of the seven subjects that have one.
SUBJECT = "35"
SPLITS = ("train", "val", "test")

Choice = tuple[str, Segment, np.ndarray]  # split, segment, indices of frames of its trial, from 0


def arrays(raw: Mapping[str, np.ndarray], choices: Iterable[Choice]) -> dict[str, np.ndarray]:
    """The chosen frames in their order, each split standardised with train's statistics.

    raw: what prepare.decode gives, all together. Raises ValueError for a trial that is too short, or another body.

    train, val, test  (N, 50) float32, FEATURES
    <split>_movement  (N,) uint8, index into MOVEMENTS
    <split>_trial     (N,) uint8, index into TRIALS
    <split>_frame     (N,) int32, the frame's number in the trial, from 1
    mean, std         (50,) degrees: features = mean + std * row
    thumbs, rig_*     what posture.joints needs
    """
    parts: dict[str, list[dict[str, np.ndarray]]] = {split: [] for split in SPLITS}
    thumbs = []
    features = {trial: to_features(raw[f"amc_{trial}"]) for trial in TRIALS}
    for split, segment, rows in choices:
        if segment.last > len(features[segment.trial]):
            raise ValueError(
                f"trial {segment.trial}: found {len(features[segment.trial])} frames, expected at least {segment.last}"
            )
        parts[split].append(
            {
                "": features[segment.trial][rows],
                "_movement": np.full(len(rows), MOVEMENTS.index(segment.movement), np.uint8),
                "_trial": np.full(len(rows), TRIALS.index(segment.trial), np.uint8),
                "_frame": (rows + 1).astype(np.int32),
            }
        )
        if split == "train":
            thumbs.append(raw[f"amc_{segment.trial}"][rows])
    found = {
        f"{split}{key}": np.concatenate([part[key] for part in chosen])
        for split, chosen in parts.items()
        for key in chosen[0]
    }
    mean, std = scale(found["train"])
    found |= {split: ((found[split] - mean) / std).astype(np.float32) for split in parts}
    found |= {"mean": mean, "std": std, "thumbs": thumb_line(np.concatenate(thumbs))}
    return found | {f"rig_{name}": array for name, array in vars(_reference(raw)).items()}


def _reference(raw: Mapping[str, np.ndarray]) -> Rig:
    prefix = f"asf_{SUBJECT}_"
    skeleton = Skeleton.of({name.removeprefix(prefix): array for name, array in raw.items() if name.startswith(prefix)})
    if tuple(skeleton.names.tolist()) != BONES:
        raise ValueError(f"subject {SUBJECT}: found the bones {skeleton.names.tolist()}, expected {list(BONES)}")
    return rig(skeleton, CHANNELS)
