"""Frames as small grey pictures of a stick figure, for strips and mosaics."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets.motion import BONES, IMAGE_SHAPE
from vhp.datasets.motion.posture import joints

VIEW = 60.0  # degrees: the camera's way round the figure, from its front towards its right; it walks to the right
SPAN = 2.25  # metres, the height of a picture
GROUND = 0.13  # metres of it below the ground: toes that bend down in some trials reach there
AHEAD = 0.15  # metres: how far the root is left of the middle, since arms and legs reach forwards
WIDTH = 0.055  # metres, of a limb
HEAD = 0.1  # metres, radius
INK = {"left": 0.4, "middle": 0.75, "right": 1.0}  # 1 = black; the far side is paler


def side(bone: str) -> str:
    """left, right or middle."""
    twin = {"l": "r", "r": "l"}.get(bone[0], "") + bone[1:]
    return {"l": "left", "r": "right"}[bone[0]] if twin in BONES else "middle"


def project(points: np.ndarray) -> np.ndarray:
    """Parallel projection from VIEW: (..., 3) metres -> (..., 2) metres to the right and upwards."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.stack([x * np.cos(np.radians(VIEW)) + z * np.sin(np.radians(VIEW)), y], axis=-1)


def pictures(x: np.ndarray, arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Rows (..., 50) -> (..., *IMAGE_SHAPE) in [0, 1], 1 = white: the figure on its ground. arrays: from preprocess."""
    height, width = IMAGE_SHAPE
    pixel = SPAN / height
    corner = np.array([AHEAD - width / 2 * pixel, SPAN - GROUND])
    # In pixels from the upper left corner, downwards.
    points = (project(joints(x, arrays)) - corner) * [1 / pixel, -1 / pixel] - 0.5
    ink = np.zeros((*points.shape[:-2], height, width))
    for bone, parent in enumerate(arrays["rig_parents"]):
        if parent < 0:
            continue
        shade = INK[side(BONES[bone])]
        begin, end = points[..., parent, :], points[..., bone, :]
        ink = np.maximum(ink, shade * _line(begin, end, WIDTH / 2 / pixel, IMAGE_SHAPE))
        if BONES[bone] == "head":
            middle = (begin + end) / 2
            ink = np.maximum(ink, shade * _line(middle, middle, HEAD / pixel, IMAGE_SHAPE))
    return 1 - ink


def _line(begin: np.ndarray, end: np.ndarray, radius: float, shape: tuple[int, int]) -> np.ndarray:
    """Lines with round ends, smooth over one pixel: (..., 2) right and down, pixels -> (..., *shape) in [0, 1]."""
    along_x, along_y = np.moveaxis((end - begin)[..., None, None], -3, 0)
    x = np.arange(shape[1]) - begin[..., 0, None, None]  # (..., 1, width)
    y = np.arange(shape[0])[:, None] - begin[..., 1, None, None]  # (..., height, 1)
    squared_length = np.maximum(along_x**2 + along_y**2, 1e-12)
    t = np.clip(x * (along_x / squared_length) + y * (along_y / squared_length), 0, 1)  # nearest point of the line
    return np.clip(radius + 0.5 - np.hypot(x - t * along_x, y - t * along_y), 0, 1)
