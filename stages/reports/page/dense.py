"""Figures of many marks as vector graphics of a readable size."""

import numpy as np
from matplotlib.collections import Collection, QuadMesh
from matplotlib.figure import Figure

MANY = 500  # marks or lines of one artist: as vectors they would make megabytes


def as_pixels_where_dense(figure: Figure) -> None:
    """Scatters and graphs of many marks become pictures in the vector graphics; axes, text and paths stay vectors.

    So do scales of colours, which viewers would draw with a line between each two.
    """
    for artist in figure.findobj(Collection):
        many = max(len(np.asarray(artist.get_offsets())), len(artist.get_paths())) > MANY
        artist.set_rasterized(many or isinstance(artist, QuadMesh))
