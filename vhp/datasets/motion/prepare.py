"""Upstream's .asf and .amc files as arrays, and the arrays as training, validation and test sets."""

from collections.abc import Mapping
from pathlib import PurePosixPath

import numpy as np

from vhp.datasets.containers import decompressed
from vhp.datasets.motion import BONES, CHANNELS, DOF, MOVEMENTS, amc, asf
from vhp.datasets.motion.blocks import blocks
from vhp.datasets.motion.features import scale, thumb_line, to_features
from vhp.datasets.motion.kinematics import Rig, rig
from vhp.datasets.motion.segments import SEGMENTS, STRIDE, TRIALS
from vhp.datasets.motion.skeleton import Skeleton

# Whose body the figures show. Subjects 13 and 14 have no skeleton, and one body makes the figures comparable. Its
# left thigh has the median length of the seven subjects that have one.
SUBJECT = "35"
ITEMS = (f"{SUBJECT}/{SUBJECT}.asf", *(f"{trial[:2]}/{trial}.amc" for trial in TRIALS))


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """The content of one of ITEMS, plain or gzip-compressed; raises ValueError, with file and line, if it is malformed.

    An .amc file gives amc_<trial> (frames, 62) float64, CHANNELS in the files' unit and degrees; an .asf file the
    arrays of its Skeleton as asf_<subject>_<name>.
    """
    path = PurePosixPath(item)
    (content,) = files.values()
    content = decompressed(item, content)
    if path.suffix == ".asf":
        skeleton = asf.read(item, content)
        return {f"asf_{path.stem}_{name}": array for name, array in skeleton.arrays().items()}
    motion = amc.read(item, content, DOF)
    if motion.first_frame != 1:
        raise ValueError(
            f"{item}: found {motion.first_frame} as the first frame, expected 1: part of the trial is missing"
        )
    return {f"amc_{path.stem}": motion.values}


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Splits by blocks of time (blocks.py), standardised with train's statistics. raw: what decode gives, all together.

    train, val, test  (N, 50) float32, FEATURES
    <split>_movement  (N,) uint8, index into MOVEMENTS
    <split>_trial     (N,) uint8, index into TRIALS
    <split>_frame     (N,) int32, the frame's number in the trial, from 1
    mean, std         (50,) degrees: features = mean + std * row
    thumbs, rig_*     what posture.joints needs
    """
    parts: dict[str, list[dict[str, np.ndarray]]] = {"train": [], "val": [], "test": []}
    thumbs = []
    features = {trial: to_features(raw[f"amc_{trial}"]) for trial in TRIALS}
    for segment in SEGMENTS:
        length = segment.last - segment.first + 1
        if segment.last > len(features[segment.trial]):
            raise ValueError(
                f"trial {segment.trial}: found {len(features[segment.trial])} frames, expected at least {segment.last}"
            )
        for split, start, stop in blocks(length, segment.pattern):
            rows = np.arange(segment.first - 1 + start, segment.first - 1 + stop, STRIDE[segment.movement])
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
    arrays = {
        f"{split}{key}": np.concatenate([part[key] for part in chosen])
        for split, chosen in parts.items()
        for key in chosen[0]
    }
    mean, std = scale(arrays["train"])
    arrays |= {split: ((arrays[split] - mean) / std).astype(np.float32) for split in parts}
    arrays |= {"mean": mean, "std": std, "thumbs": thumb_line(np.concatenate(thumbs))}
    return arrays | {f"rig_{name}": array for name, array in vars(_reference(raw)).items()}


def _reference(raw: Mapping[str, np.ndarray]) -> Rig:
    prefix = f"asf_{SUBJECT}_"
    skeleton = Skeleton.of({name.removeprefix(prefix): array for name, array in raw.items() if name.startswith(prefix)})
    if tuple(skeleton.names.tolist()) != BONES:
        raise ValueError(f"subject {SUBJECT}: found the bones {skeleton.names.tolist()}, expected {list(BONES)}")
    return rig(skeleton, CHANNELS)
