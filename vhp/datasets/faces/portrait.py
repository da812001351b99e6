"""A picture of a head: parallel projection, Lambert shading of its smooth surface, 64 x 64 grey."""

from collections.abc import Iterator

import numpy as np

from vhp.datasets.faces import IMAGE_SHAPE
from vhp.datasets.faces.morphable import MorphableModel
from vhp.datasets.faces.rasteriser import rasterise
from vhp.datasets.faces.scene import Scenes

CENTRE = (0.0, 3.0, 2.0)  # cm, between the ears: what the head turns about, and the middle of the picture
HALF_HEIGHT = 13.5  # cm from the middle of the picture to its edge
OVERSAMPLING = 2  # samples per pixel in each direction; their mean softens outlines
FILL = 0.25  # share of a second light beside the viewer, so that form is seen in the shade, too
CHUNK = 50  # heads whose vertices are held at once: 20 MB


def portraits(model: MorphableModel, scenes: Scenes) -> Iterator[np.ndarray]:
    """For each scene its picture (64, 64) uint8, 255 = a surface that faces the light. No shadows are cast."""
    for start in range(0, len(scenes), CHUNK):
        chunk = scenes[start : start + CHUNK]
        for i, vertices in enumerate(model.vertices(chunk.identity)):
            grey = portrait(model, vertices, float(chunk.yaw[i]), float(chunk.pitch[i]), chunk.light[i].astype(float))
            yield np.rint(grey * 255).astype(np.uint8)


def portrait(model: MorphableModel, vertices: np.ndarray, yaw: float, pitch: float, light: np.ndarray) -> np.ndarray:
    """vertices (V, 3) in cm; yaw and pitch in radians; light (3,), the unit vector towards it -> (64, 64) in [0, 1]."""
    x, y, z = turn(vertices - np.array(CENTRE), yaw, pitch).T
    nx, ny, nz = model.normals(np.stack([x, y, z], 1)).T
    lambert = np.maximum(nx * light[0] + ny * light[1] + nz * light[2], 0)
    brightness = (1 - FILL) * lambert + FILL * np.maximum(nz, 0)

    height, width = (OVERSAMPLING * n for n in IMAGE_SHAPE)
    per_cm = height / (2 * HALF_HEIGHT)
    samples = rasterise(
        np.stack([width / 2 + x * per_cm, height / 2 - y * per_cm], 1), z, brightness, model.triangles, (height, width)
    )
    return samples.reshape(IMAGE_SHAPE[0], OVERSAMPLING, IMAGE_SHAPE[1], OVERSAMPLING).mean((1, 3))


def turn(points: np.ndarray, yaw: float, pitch: float) -> np.ndarray:
    """Points (V, 3) about the origin by yaw, then by pitch (see scene.py)."""
    # Not as a matrix product: BLAS may sum in any order.
    x, y, z = points.T
    x, z = np.cos(yaw) * x + np.sin(yaw) * z, np.cos(yaw) * z - np.sin(yaw) * x
    y, z = np.cos(pitch) * y + np.sin(pitch) * z, np.cos(pitch) * z - np.sin(pitch) * y
    return np.stack([x, y, z], 1)
