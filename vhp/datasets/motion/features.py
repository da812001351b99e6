"""From the 62 channels of a frame to 50 features and back (which ones, and why: see the package).

Forwards the person's place and heading are lost. The way back puts the root at the origin, facing z.
"""

import numpy as np

from vhp.datasets.motion import CHANNELS, CONSTANT, FEATURES, THUMBS
from vhp.datasets.motion.kinematics import rotation

XYZ = np.array([0, 1, 2])
YXZ = np.array([2, 0, 1])  # heading last: R_y(heading) R_x(pitch) R_z(roll)
FINGERS = 7.12502  # degrees, in every frame of every trial
# Smallest standard deviation to divide by, degrees. A channel below it stands still, as far as its data can tell.
RESOLUTION = 0.01

_CHANNEL = {name: i for i, name in enumerate(CHANNELS)}
_ANGLES = [_CHANNEL["root.rx"], _CHANNEL["root.ry"], _CHANNEL["root.rz"]]
_KEPT = [_CHANNEL[name] for name in FEATURES[2:]]
_FINGERS = [_CHANNEL[name] for name in CONSTANT if "fingers" in name]
_THUMBS = [_CHANNEL[name] for name in THUMBS]
_HANDS = [_CHANNEL[name] for name in THUMBS.values()]


def to_features(channels: np.ndarray) -> np.ndarray:
    """Consecutive frames of one trial (T, 62), degrees -> (T, 50) degrees, unwrapped in time.

    No angle jumps by more than 180 degrees from frame to frame, and each one's first is in [-180, 180).
    """
    tilt = pitch_and_roll(channels[:, _ANGLES])
    angles = np.unwrap(np.concatenate([tilt, channels[:, _KEPT]], axis=1), period=360, axis=0)
    return angles - 360 * np.floor((angles[:1] + 180) / 360)


def pitch_and_roll(angles: np.ndarray) -> np.ndarray:
    """The root's tilt: Euler angles (..., 3), degrees about x, y, z in Acclaim's order XYZ -> (..., 2) degrees.

    R_z R_y R_x = R_y(heading) R_x(pitch) R_z(roll). Positive pitch bends forwards, positive roll towards the right.
    Unique but for a pitch of +-90 degrees, that is, lying on the belly or the back.
    """
    matrix = rotation(angles, XYZ)
    up = matrix[
        ..., 1, :
    ]  # the world's vertical in the root's axes: (cos pitch sin roll, cos pitch cos roll, -sin pitch)
    pitch = np.arcsin(np.clip(-up[..., 2], -1, 1))
    return np.degrees(np.stack([pitch, np.arctan2(up[..., 0], up[..., 1])], axis=-1))


def thumb_line(channels: np.ndarray) -> np.ndarray:
    """Least squares of the thumbs' rx on the hands': (T, 62) degrees -> (2 thumbs, slope and intercept in degrees)."""
    lines = [
        np.polynomial.polynomial.polyfit(channels[:, h], channels[:, t], 1)
        for h, t in zip(_HANDS, _THUMBS, strict=True)
    ]
    return np.array(lines)[:, ::-1]


def to_channels(features: np.ndarray, thumbs: np.ndarray) -> np.ndarray:
    """(..., 50) degrees -> (..., 62): root at the origin and facing z; clavicles, fingers and thumbs as in the trials.

    thumbs: (2, 2) from thumb_line.
    """
    channels = np.zeros((*features.shape[:-1], len(CHANNELS)))
    pitch, roll = features[..., 0], features[..., 1]
    matrix = rotation(np.stack([pitch, np.zeros_like(pitch), roll], axis=-1), YXZ)
    channels[..., _ANGLES] = _euler(matrix)
    channels[..., _KEPT] = features[..., 2:]
    channels[..., _FINGERS] = FINGERS
    channels[..., _THUMBS] = thumbs[:, 0] * channels[..., _HANDS] + thumbs[:, 1]
    return channels


def _euler(matrix: np.ndarray) -> np.ndarray:
    """Angles about x, y, z of R_z R_y R_x: (..., 3, 3) -> (..., 3) degrees."""
    rx = np.arctan2(matrix[..., 2, 1], matrix[..., 2, 2])
    ry = np.arcsin(np.clip(-matrix[..., 2, 0], -1, 1))
    rz = np.arctan2(matrix[..., 1, 0], matrix[..., 0, 0])
    return np.degrees(np.stack([rx, ry, rz], axis=-1))


def scale(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation to standardise with: (N, 50) -> (50,), (50,) degrees.

    A feature that stands still (RESOLUTION) gets the standard deviation 1: it becomes 0 and does not blow up.
    """
    mean, std = features.mean(0), features.std(0)
    return mean, np.where(std > RESOLUTION, std, 1.0)
