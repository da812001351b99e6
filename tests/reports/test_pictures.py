"""Which files a figure has, and what is left of those that it had."""

import base64
import io
import re
from pathlib import Path

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure
from PIL import Image

from stages.reports.page.pictures import remove_others, write


def figure() -> Figure:
    drawn = Figure(figsize=(1, 1))
    drawn.subplots()
    return drawn


def animation() -> FuncAnimation:
    drawn = figure()
    return FuncAnimation(drawn, lambda i: drawn.axes[0].set_xlim(0, i + 1), frames=2, init_func=lambda: None)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_figure_has_the_files_that_it_was_last_written_with(tmp_path):
    drawn = write(figure(), tmp_path, "a_b", "How to read it.", animation())
    assert (drawn.title, drawn.caption) == ("a b", "How to read it.")
    assert [path.name for path in drawn.files] == ["a_b.png", "a_b.svg", "a_b.gif"]
    assert names(tmp_path) == ["a_b.gif", "a_b.png", "a_b.svg"]
    drawn = write(figure(), tmp_path, "a_b", "")
    assert names(tmp_path) == ["a_b.png", "a_b.svg"] == [path.name for path in drawn.files]


def test_an_animation_is_its_own_file(tmp_path):
    drawn = write(animation(), tmp_path, "a", "")
    assert names(tmp_path) == ["a.gif"] == [path.name for path in drawn.files]


def test_what_no_figure_has_is_removed(tmp_path):
    (tmp_path / "old.png").write_bytes(b"")
    (tmp_path / "kept").mkdir()
    remove_others(tmp_path, write(figure(), tmp_path, "a", "").files)
    assert names(tmp_path) == ["a.png", "a.svg", "kept"]


def test_many_marks_are_a_picture_in_the_vector_graphics_and_few_are_vectors(tmp_path):
    for n, pictures in ((5, 0), (2_000, 1)):
        drawn = figure()
        drawn.set_size_inches(4, 4)
        drawn.axes[0].scatter(range(n), range(n))
        write(drawn, tmp_path, "a", "")
        svg = (tmp_path / "a.svg").read_text()
        found = re.findall(r'<image [^>]*base64,([^"]*)"', svg)
        assert len(found) == pictures and len(svg) < 100_000
    with Image.open(io.BytesIO(base64.b64decode(found[0]))) as image:
        assert image.width > 450  # of axes of about three inches: not at a screen's resolution
