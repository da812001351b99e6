"""Figures in files: pixels and vector graphics, and beside them a moving picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from stages.files import replacing
from stages.reports.page.dense import as_pixels_where_dense
from stages.reports.sections import MOVING, VECTOR, Drawn
from vhp.figures.style import save, save_animation, save_vector


def write(
    figure: Figure | FuncAnimation, folder: Path, name: str, caption: str, moving: FuncAnimation | None = None
) -> Drawn:
    """folder/<name>.png and the same as <name>.svg, or <name>.gif of an animation.

    moving: what is in <name>.gif beside a figure. What an earlier version of the figure had beside it is removed.
    """
    still = isinstance(figure, Figure)
    pixels = folder / f"{name}{'.png' if still else MOVING}"
    if isinstance(figure, Figure):
        with replacing(pixels) as temporary:
            save(figure, temporary)
        with replacing(pixels.with_suffix(VECTOR)) as temporary:
            as_pixels_where_dense(figure)
            save_vector(figure, temporary)
    if film := moving if isinstance(figure, Figure) else figure:
        with replacing(pixels.with_suffix(MOVING)) as temporary:
            save_animation(film, temporary)
    made = {pixels.suffix} | ({VECTOR} if still else set()) | ({MOVING} if moving else set())
    for suffix in {VECTOR, MOVING} - made:
        pixels.with_suffix(suffix).unlink(missing_ok=True)
    return Drawn(pixels, name.replace("_", " "), caption)


def remove_others(folder: Path, made: Sequence[Path]) -> None:
    """What else is in the folder: figures of an earlier version, to which nothing refers any more."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and path not in made:
            path.unlink()
