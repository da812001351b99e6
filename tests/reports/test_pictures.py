"""Which files a figure has, and what is left of those that it had."""

from pathlib import Path

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

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
    drawn = write(figure(), tmp_path, "a_b", "How to read it.", vector=True, moving=animation())
    assert (drawn.title, drawn.caption) == ("a b", "How to read it.")
    assert [path.name for path in drawn.files] == ["a_b.png", "a_b.svg", "a_b.gif"]
    assert names(tmp_path) == ["a_b.gif", "a_b.png", "a_b.svg"]
    drawn = write(figure(), tmp_path, "a_b", "")
    assert names(tmp_path) == ["a_b.png"] == [path.name for path in drawn.files]


def test_an_animation_is_its_own_file(tmp_path):
    drawn = write(animation(), tmp_path, "a", "")
    assert names(tmp_path) == ["a.gif"] == [path.name for path in drawn.files]


def test_what_no_figure_has_is_removed(tmp_path):
    (tmp_path / "old.png").write_bytes(b"")
    (tmp_path / "kept").mkdir()
    remove_others(tmp_path, write(figure(), tmp_path, "a", "").files)
    assert names(tmp_path) == ["a.png", "kept"]
