"""ICT-FaceKit Light's identity model, from upstream's OBJ files or from one packed file: the same arrays.

github.com/ICT-VGL/ICT-FaceKit, FaceXModel/: a neutral head and a hundred heads of the same topology, each the neutral
one displaced by a principal component of light stage scans (Li et al. 2020).
"""

import io
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from vhp.datasets.faces.obj import read_triangles, read_vertices

PACKED = "ict_face_identity.npz"
NEUTRAL = "generic_neutral_mesh.obj"
N_MODES = 100
# Vertices of each part in upstream's mesh, first and last: the table in its README, "Face Model Topology". Not used:
# gums, tongue and teeth (14062 to 21450), and what lies over the eyes (from 24591).
PARTS = {
    "face": (0, 9408),
    "head and neck": (9409, 11247),
    "mouth socket": (11248, 13293),
    "eye socket left": (13294, 13677),
    "eye socket right": (13678, 14061),
    "eyeball left": (21451, 23020),
    "eyeball right": (23021, 24590),
}
USED = np.concatenate([np.arange(first, last + 1) for first, last in PARTS.values()])
N_UPSTREAM_VERTICES = 26_719
N_TRIANGLES = 34_332


def obj_names() -> list[str]:
    """The files that are read: the neutral face, and each mode's."""
    return [NEUTRAL, *(f"identity{k:03d}.obj" for k in range(N_MODES))]


def from_obj(files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """The canonical arrays (see from_packed) from the files obj_names(). Raises ValueError for anything else."""
    missing = [name for name in obj_names() if name not in files]
    if missing:
        raise ValueError(f"found no {missing[0]} ({len(missing)} of {N_MODES + 1} OBJ files are missing)")
    neutral = _vertices(NEUTRAL, files[NEUTRAL])
    # In float64: float32 would round differently before float16 does.
    identity = [(_vertices(name, files[name]) - neutral)[USED].astype(np.float16) for name in obj_names()[1:]]
    place = np.full(N_UPSTREAM_VERTICES, -1, np.int32)  # of upstream's vertices among those used
    place[USED] = np.arange(len(USED))
    triangles = place[read_triangles(NEUTRAL, files[NEUTRAL], N_UPSTREAM_VERTICES)]
    return _checked(NEUTRAL, neutral[USED].astype(np.float32), np.stack(identity), triangles[(triangles >= 0).all(1)])


def _vertices(name: str, content: bytes) -> np.ndarray:
    vertices = read_vertices(name, content)
    if len(vertices) != N_UPSTREAM_VERTICES:
        raise ValueError(f"{name}: found {len(vertices)} vertices, expected {N_UPSTREAM_VERTICES}")
    return vertices


def from_packed(content: bytes) -> dict[str, np.ndarray]:
    """The canonical arrays from the packed file; ValueError if it is damaged or another model.

    mean (17202, 3) float32, centimetres; identity (100, 17202, 3) float16, displacements; triangles (34332, 3) int32.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as packed:
            origin, mean, identity, triangles = (
                packed[key] for key in ("original_vertex_index", "mean", "identity", "faces")
            )
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, KeyError, EOFError, OSError, TypeError) as error:
        raise ValueError(f"{PACKED}: no readable npz file with the model ({error})") from error
    if not np.array_equal(origin, USED):
        raise ValueError(f"{PACKED}: original_vertex_index is not that of the parts {', '.join(PARTS)}")
    return _checked(PACKED, mean, identity, triangles)


def _checked(name: str, mean: np.ndarray, identity: np.ndarray, triangles: np.ndarray) -> dict[str, np.ndarray]:
    n = len(USED)
    arrays = {"mean": mean, "identity": identity, "triangles": triangles}
    types = {"mean": np.float32, "identity": np.float16, "triangles": np.int32}
    shapes = {"mean": (n, 3), "identity": (N_MODES, n, 3), "triangles": (N_TRIANGLES, 3)}
    for key, array in arrays.items():
        if array.dtype != types[key] or array.shape != shapes[key]:
            expected = f"{np.dtype(types[key])} {shapes[key]}"
            raise ValueError(f"{name}: found {key} {array.dtype} {array.shape}, expected {expected}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name}: {key} holds values that are not finite")
    if triangles.min() < 0 or triangles.max() >= n:
        raise ValueError(f"{name}: triangles refer to vertices other than the {n} there are")
    # A displacement that is too small for float16 is 0 or -0. As 0 the bytes depend on the numbers alone.
    return arrays | {"identity": identity + np.float16(0)}
