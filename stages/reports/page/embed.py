"""Pictures embedded in a page: smaller than the files that they are made from, which stay beside it."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageSequence

WIDTH = 880  # pixels, nearly that of the page: at 940 a page of eight data sets has 2 MB
QUALITY = 40  # text and curves are as clear as before; below it the edges of letters begin to blur


class Picture(NamedTuple):
    """A picture within a page."""

    uri: str  # a `data:` address with the picture in it
    width: int  # pixels
    height: int


def embedded(path: Path) -> Picture:
    """A PNG or GIF, whose bytes within the page depend on it and Pillow's version alone."""
    with Image.open(path) as image:
        frames, durations = [], []
        for frame in ImageSequence.Iterator(image):
            frames.append(_fitting(frame.convert("RGB")))
            durations.append(image.info.get("duration", 0))  # known once the frame has been decoded
    file = io.BytesIO()
    # One thread: with several, the bytes might depend on their order.
    options = {"quality": QUALITY, "subsampling": "4:4:4", "max_threads": 1}
    if len(frames) == 1:
        frames[0].save(file, "AVIF", speed=8, **options)
        content = file.getvalue()
    else:
        # Slower, by seconds: what moves between frames is then found, and the file is half as large.
        frames[0].save(file, "AVIF", speed=6, save_all=True, append_images=frames[1:], duration=durations, **options)
        content = _without_times(file.getvalue())
    uri = f"data:image/avif;base64,{base64.b64encode(content).decode()}"
    return Picture(uri, *frames[0].size)


def _without_times(animation: bytes) -> bytes:
    """The AVIF file with zeros for the time of writing, which its boxes for film, track and medium have."""
    for box in (b"mvhd", b"tkhd", b"mdhd"):
        start = animation.index(box) + 8  # its name, then version and flags; when made and when changed, 8 bytes each
        animation = animation[:start] + bytes(16) + animation[start + 16 :]
    return animation


def _fitting(image: Image.Image) -> Image.Image:
    if image.width <= WIDTH:
        return image
    return image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
