"""OMNIGLOT's original drawings, from upstream's archives of PNG files or from arrays: 105 x 105, one bit a pixel."""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np
from PIL import Image

SIZE = 105  # pixels, height and width
N_DRAWINGS = 20  # of each character, each by another person
N_CHARACTERS = {"images_background": 964, "images_evaluation": 659}
FIRST_CHARACTER = {"images_background": 1, "images_evaluation": 965}


def decode(item: str, files: Mapping[str, bytes]) -> dict[str, np.ndarray]:
    """{item: ink (characters * 20, 1379) uint8}, by character, then by drawing; see unpacked().

    item: images_background or images_evaluation. The archive holds PNG files whose names end in
    <character>_<drawing>.png, or an array images.npy (characters, 20, 105, 105) bool, True = white.
    Raises ValueError with the file's name for anything else.
    """
    ((name, content),) = files.items()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            white = _array(archive) if "images.npy" in archive.namelist() else _pngs(archive, item)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, OSError, KeyError, ValueError) as error:
        raise ValueError(f"{name}: not an archive of OMNIGLOT's drawings ({error})") from error
    expected = (N_CHARACTERS[item], N_DRAWINGS, SIZE, SIZE)
    if white.shape != expected or white.dtype != bool:
        raise ValueError(f"{name}: found drawings of {white.dtype} {white.shape}, expected bool {expected}")
    # Packed: a bit a pixel is an eighth of numpy's booleans, which would be 360 MB.
    return {item: np.packbits(~white.reshape(-1, SIZE * SIZE), axis=1)}


def unpacked(ink: np.ndarray) -> np.ndarray:
    """(N, 1379) uint8 as decode() gives -> (N, 105, 105) uint8, 1 = ink."""
    return np.unpackbits(ink, axis=1, count=SIZE * SIZE).reshape(-1, SIZE, SIZE)


def _array(archive: zipfile.ZipFile) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(archive.read("images.npy")), allow_pickle=False)


def _pngs(archive: zipfile.ZipFile, item: str) -> np.ndarray:
    white = np.zeros((N_CHARACTERS[item], N_DRAWINGS, SIZE, SIZE), bool)
    seen = set()
    for member in archive.namelist():
        match = re.search(r"(\d{4})_(\d\d)\.png$", member)
        if match is None:
            continue
        character, drawing = int(match[1]) - FIRST_CHARACTER[item], int(match[2]) - 1
        if not (0 <= character < N_CHARACTERS[item] and 0 <= drawing < N_DRAWINGS):
            raise ValueError(f"{member} is no drawing of {item}")
        with Image.open(io.BytesIO(archive.read(member))) as image:
            if image.size != (SIZE, SIZE):
                raise ValueError(f"{member} has the size {image.size}, expected {SIZE} x {SIZE}")
            white[character, drawing] = np.asarray(image.convert("1"))
        seen.add((character, drawing))
    if len(seen) != N_CHARACTERS[item] * N_DRAWINGS:
        raise ValueError(f"found {len(seen)} drawings, expected {N_CHARACTERS[item] * N_DRAWINGS}")
    return white
