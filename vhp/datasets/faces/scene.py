"""What is in a picture: whose head, how it is turned, and where the light comes from.

The head turns about its own vertical axis (yaw; positive: the nose moves to the right of the picture), then about the
picture's horizontal axis (pitch; positive: the nose moves up). The light stays with the viewer: azimuth is positive to
the right of the picture, elevation upwards. The ranges go up to near profiles, looks up and down, and light that leaves
half of a face in the shade; strong light from below is left out.

The factors are those of the pictures that the literature renders from the Basel Face Model (Paysan et al. 2009):
identity, pose, and direction of the light (Kulkarni et al. 2015). The ranges are this project's own.
"""

import math
from dataclasses import dataclass

import numpy as np

from vhp.datasets.faces.morphable import round_weights

YAW = math.radians(75)  # from -YAW to YAW, uniformly, as the others
PITCH = math.radians(20)
LIGHT_AZIMUTH = math.radians(70)
LIGHT_ELEVATION = (math.radians(-15), math.radians(50))


@dataclass(frozen=True)
class Scenes:
    """yaw, pitch (N,) float32 radians; light (N, 3) float32 unit vectors towards it, (right, up, viewer); identity
    (N, n_modes) float32 weights."""

    yaw: np.ndarray
    pitch: np.ndarray
    light: np.ndarray
    identity: np.ndarray

    def __len__(self) -> int:
        return len(self.yaw)

    def __getitem__(self, which: slice | np.ndarray) -> "Scenes":
        return Scenes(self.yaw[which], self.pitch[which], self.light[which], self.identity[which])


def direction(azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """Angles (N,) in radians -> unit vectors (N, 3) float32."""
    across = np.cos(elevation)
    return np.stack([across * np.sin(azimuth), np.sin(elevation), across * np.cos(azimuth)], -1).astype(np.float32)


def draw(n: int, n_modes: int, seed: int) -> Scenes:
    """n scenes: angles uniform in their ranges; identity weights standard normal, as in upstream's sampling script."""
    rng = np.random.Generator(np.random.PCG64(seed))
    yaw = rng.uniform(-YAW, YAW, n)
    pitch = rng.uniform(-PITCH, PITCH, n)
    light = direction(rng.uniform(-LIGHT_AZIMUTH, LIGHT_AZIMUTH, n), rng.uniform(*LIGHT_ELEVATION, n))
    identity = round_weights(rng.standard_normal((n, n_modes)))
    return Scenes(yaw.astype(np.float32), pitch.astype(np.float32), light, identity)
