"""Human motion, split by blocks of time: the likelihood of movements at times that no model has seen.

The frames and features are those of the data set motion, of which it keeps every STRIDE-th (motion/segments.py).
"""

from vhp.datasets.motion import IMAGE_SHAPE, JOINTS, OBSERVATION

__all__ = ["IMAGE_SHAPE", "JOINTS", "OBSERVATION"]
