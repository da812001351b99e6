"""Frames as small grey pictures of a stick figure, as of the data set motion."""

from vhp.datasets.motion.drawing import pictures

__all__ = ["pictures"]
