"""From ICT-FaceKit's files to pictures: what the download and preprocess stages call."""

from collections.abc import Mapping

import numpy as np

from vhp.datasets.faces import SPLIT, facekit, scene
from vhp.datasets.faces.morphable import MorphableModel
from vhp.datasets.faces.portrait import portraits

SEED = 20200401


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """Item "identity": mean, identity and triangles (see facekit.from_packed).

    files holds the packed file or upstream's 101 OBJ files. Raises ValueError, naming file and reason, where it
    holds neither.
    """
    if item != "identity":
        raise ValueError(f"faces: unknown item {item!r}, expected 'identity'")
    return facekit.from_packed(files[facekit.PACKED]) if facekit.PACKED in files else facekit.from_obj(files)


def preprocess(raw: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """train, val, test (N, 4096) float32 in steps of 1/255, and per split what is in the pictures, for instance
    test_yaw, test_pitch (N,), test_light (N, 3) and test_identity (N, 100), all float32 (see scene.Scenes).

    All scenes are drawn first. A picture then depends on its own scene alone, and on no sum whose order could vary.
    """
    model = MorphableModel(raw["mean"], raw["identity"], raw["triangles"])
    scenes = scene.draw(sum(SPLIT.values()), model.n_modes, SEED)
    arrays, start = {}, 0
    for split, n in SPLIT.items():
        part = scenes[start : start + n]
        grey = np.stack([image.ravel() for image in portraits(model, part)])
        arrays[split] = grey / np.float32(255)
        arrays |= {f"{split}_{factor}": values for factor, values in vars(part).items()}
        start += n
    return arrays
