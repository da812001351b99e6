"""Pictures embedded in a page: smaller than the files that they are made from, which stay beside it."""

import base64
import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageSequence

WIDTH = 940  # pixels, about that of the page
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
    content = io.BytesIO()
    if len(frames) == 1:
        # One thread: with several, the bytes might depend on their order.
        frames[0].save(content, "AVIF", quality=QUALITY, speed=8, subsampling="4:4:4", max_threads=1)
        kind = "avif"
    else:
        # Not AVIF, whose animations contain the time of writing.
        options = {"duration": durations, "loop": 0, "quality": 20, "method": 6, "minimize_size": True}
        frames[0].save(content, "WEBP", save_all=True, append_images=frames[1:], **options)
        kind = "webp"
    uri = f"data:image/{kind};base64,{base64.b64encode(content.getvalue()).decode()}"
    return Picture(uri, *frames[0].size)


def _fitting(image: Image.Image) -> Image.Image:
    if image.width <= WIDTH:
        return image
    return image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
