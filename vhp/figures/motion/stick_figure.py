"""A person as lines on axes: left limbs blue, right limbs vermilion, the rest grey."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Circle

from vhp.datasets.motion import BONES
from vhp.datasets.motion.drawing import HEAD, side

# Of the palette in colours.py; drawn in this order, the near side last.
COLOURS = {"left": "#0072B2", "middle": "#555555", "right": "#D55E00"}


def stick_figure(ax: Axes, points: np.ndarray, parents: np.ndarray, line_width: float = 1.8) -> None:
    """Draw every bone from points[parent] to points[bone].

    points: (31, 2) where BONES end, metres to the right and upwards. parents: (31,), -1 for the root. line_width: of a
    bone, typographic points.
    """
    for order, (name, colour) in enumerate(COLOURS.items(), start=2):
        bones = [i for i, bone in enumerate(BONES) if parents[i] >= 0 and side(bone) == name]
        lines = [points[[parents[i], i]] for i in bones]
        ax.add_collection(LineCollection(lines, colors=colour, linewidths=line_width, capstyle="round", zorder=order))
    head = points[BONES.index("head")]
    head_begins = points[BONES.index("upperneck")]
    ax.add_patch(Circle((head + head_begins) / 2, HEAD, color=COLOURS["middle"], linewidth=0, zorder=5))
