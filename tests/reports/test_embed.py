"""Pictures within a page against the files they are made from."""

import base64
import io
import time

import numpy as np
from PIL import Image, ImageSequence

from stages.reports.page.embed import WIDTH, embedded


def decoded(uri: str) -> tuple[str, Image.Image]:
    kind, content = uri.split(";base64,")
    return kind, Image.open(io.BytesIO(base64.b64decode(content)))


def drawing(width: int, height: int) -> np.ndarray:
    """A white page with a dark curve, a red box and a grey picture."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    x = np.arange(width)
    y = (height * (0.5 + 0.3 * np.sin(x / width * 7))).astype(int)
    for thickness in range(3):
        pixels[y + thickness, x] = (0, 114, 178)
    pixels[5:25, 5:45] = (200, 30, 30)
    pixels[30:60, 5:45] = np.arange(40)[None, :, None] * 6
    return pixels


def test_a_still_picture_is_a_small_avif_that_looks_the_same(tmp_path):
    pixels = drawing(600, 300)
    noise = np.random.default_rng(0).integers(0, 256, (100, 100, 1)).astype(np.uint8)
    pixels[150:250, 480:580] = noise
    path = tmp_path / "a.png"
    Image.fromarray(pixels).save(path)
    kind, image = decoded(embedded(path).uri)
    assert kind == "data:image/avif" and image.size == (600, 300)
    difference = np.abs(np.asarray(image.convert("RGB"), float) - pixels)
    difference[150:250, 480:580] = 0  # noise is what it may leave out
    assert difference.mean() < 2 and np.percentile(difference, 99) < 40
    assert len(embedded(path).uri) < path.stat().st_size and embedded(path)[1:] == image.size


def test_a_wide_picture_fits_the_page(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(drawing(2 * WIDTH, 300)).save(path)
    assert decoded(embedded(path).uri)[1].size == (WIDTH, 150)


def animation(path) -> list[np.ndarray]:
    """Five frames of 80 ms; the second is like the first, and GIF then has one of 160 ms."""
    pixels = [np.roll(drawing(200, 100), 20 * t, axis=1) for t in (0, 0, 1, 2, 3)]
    first, *others = map(Image.fromarray, pixels)
    first.save(path, save_all=True, append_images=others, duration=80, loop=0)
    return pixels[1:]


def test_an_animation_keeps_its_frames_and_their_times(tmp_path):
    path = tmp_path / "a.gif"
    expected = animation(path)
    kind, image = decoded(embedded(path).uri)
    assert kind == "data:image/avif" and image.n_frames == 4
    content = image.fp.getvalue()
    track = content.index(b"tkhd")
    assert content[track + 32 : track + 40] == b"\xff" * 8  # its duration: it is repeated without end
    times = []
    for frame, pixels in zip(ImageSequence.Iterator(image), expected, strict=True):
        frame.load()
        times.append(frame.info["duration"])
        assert np.abs(np.asarray(frame.convert("RGB"), float) - pixels).mean() < 6
    assert times == [160, 80, 80, 80]


def test_the_same_file_gives_the_same_bytes(tmp_path):
    still, moving = tmp_path / "a.png", tmp_path / "a.gif"
    Image.fromarray(drawing(1500, 700)).save(still)
    animation(moving)
    first = [embedded(still), embedded(moving)]
    time.sleep(1.1)  # a time of writing would show
    assert [embedded(still), embedded(moving)] == first
