"""A figure in files: pixels, and vector graphics beside them."""

from pathlib import Path

from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from stages.files import replacing
from stages.reports.sections import VECTOR, Drawn
from vhp.figures.style import save, save_animation, save_vector


def write(figure: Figure | FuncAnimation, folder: Path, name: str, caption: str, vector: bool = False) -> Drawn:
    """folder/<name>.png, or .gif of an animation; vector: also <name>.svg, for figures without images or many marks."""
    pixels = folder / f"{name}.{'png' if isinstance(figure, Figure) else 'gif'}"
    with replacing(pixels) as temporary:
        if isinstance(figure, Figure):
            save(figure, temporary)
        else:
            save_animation(figure, temporary)
    if vector:
        with replacing(pixels.with_suffix(VECTOR)) as temporary:
            save_vector(figure, temporary)
    return Drawn(pixels, name.replace("_", " "), caption)
