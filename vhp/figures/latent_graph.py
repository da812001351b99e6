"""The prior's k-NN graph and the interpolations on it (paper: graph-based interpolation)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from vhp.figures.style import corner_note, styled
from vhp.names import method_name

CAPTION = (
    "Latent graph (first seed): each edge joins a prior sample to one of its nearest neighbours; the darker the blue, "
    "the longer the edge in latent space, on one scale for all panels. Red: shortest paths on the graph, between the "
    "dots. A panel leaves out samples that are far outside, and says how many."
)
EDGE_COLOURS = ListedColormap(matplotlib.colormaps["Blues"](np.linspace(0.25, 1, 256)))
PATH_COLOUR = "#D62728"
N_PATHS = 3  # more would hide the graph
PATH_COLOURS = (PATH_COLOUR,) * N_PATHS
MOVEMENT_CAPTION = (
    "Latent graph (first seed): each edge joins a prior sample to one of its nearest neighbours; the darker the blue, "
    "the longer the edge in latent space, on one scale for all panels. The four coloured lines are the interpolated "
    "movements of the strips, all seen along the two directions in which the prior's samples vary most."
)
COLUMNS = 3
# In medians of the samples' distances from their centre: a pseudo-input that is encoded far away sends samples to fifty
# times that, and they would be the only thing to be seen.
STRAY = 5
# Of edges, typographic points: neighbours are not close in a projection, where thick edges would cover all.
EDGE_WIDTH, PROJECTED_WIDTH = 0.5, 0.12


@dataclass(frozen=True)
class GraphPanel:
    """The graph of one run's prior and the interpolations on it."""

    method: str
    nodes: np.ndarray  # (N, d_z)
    edges: np.ndarray  # (E, 2) indices of nodes
    edge_lengths: np.ndarray  # (E,)
    paths: np.ndarray  # (P, T, d_z); NaN where there is none


@styled
def latent_graph(graphs: Sequence[GraphPanel], colours: Sequence[str] = PATH_COLOURS) -> Figure:
    """A panel per method, with a path in each of the colours. For d_z > 2 all is projected onto the principal_plane."""
    columns = min(COLUMNS, len(graphs))
    rows = math.ceil(len(graphs) / columns)
    figure = Figure(figsize=(3.1 * columns, 2.9 * rows))
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    near = [_near(graph.nodes) for graph in graphs]
    lengths = np.concatenate([g.edge_lengths[inside[g.edges].all(1)] for g, inside in zip(graphs, near, strict=True)])
    for ax, graph, inside in zip(axes, graphs, near, strict=False):
        labels, origin, plane = ("$z_1$", "$z_2$"), np.zeros(2), np.eye(2)
        if not (flat := graph.nodes.shape[1] == 2):
            origin, plane, share = principal_plane(graph.nodes[inside])
            first, second = (f"principal component {i + 1} ({share[i]:.0%} of variance)" for i in range(2))
            labels = (first, second)
        nodes = (graph.nodes - origin) @ plane
        order = np.argsort(graph.edge_lengths, kind="stable")  # the long, dark edges last, on top
        lines = LineCollection(
            nodes[graph.edges[order]], cmap=EDGE_COLOURS, linewidths=EDGE_WIDTH if flat else PROJECTED_WIDTH
        )
        lines.set_array(graph.edge_lengths[order])
        lines.set_clim(lengths.min(), lengths.max())
        ax.add_collection(lines, autolim=False)
        ax.update_datalim(nodes[inside])
        if strays := int((~inside).sum()):
            corner_note(ax, f"{strays} of {len(nodes):,} samples far outside")
        for path, colour in zip(graph.paths, colours, strict=False):
            curve = (path - origin) @ plane
            ax.plot(*curve.T, color=colour, linewidth=1.5)
            ax.plot(*curve[[0, -1]].T, "o", color=colour, markersize=4, markeredgecolor="white")
        ax.set(title=method_name(graph.method), xlabel=labels[0], ylabel=labels[1])
        ax.set_aspect("equal", adjustable="datalim")
        ax.autoscale_view()
        ax.locator_params(nbins=5)
    for ax in axes[len(graphs) :]:
        ax.set_axis_off()
    bar = figure.colorbar(lines, ax=axes.tolist(), label="edge length", aspect=30, pad=0.02, shrink=0.6)
    bar.outline.set_visible(False)
    bar.locator = MaxNLocator(4)
    return figure


def _near(nodes: np.ndarray) -> np.ndarray:
    """(N, d) -> (N,) bool: which are no strays."""
    distance = np.linalg.norm(nodes - np.median(nodes, 0), axis=1)
    return distance <= STRAY * np.median(distance)


def principal_plane(nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The plane of largest variance of nodes (N, d): mean (d,), orthonormal basis (d, 2), shares of variance (2,).

    The sign of a basis vector is arbitrary; its largest entry is made positive, so that equal nodes give equal figures.
    Raises ValueError for fewer than two nodes or dimensions.
    """
    if min(nodes.shape) < 2:
        raise ValueError(f"nodes: found the shape {nodes.shape}, expected (N, d), both at least 2: a line has no plane")
    mean = nodes.mean(0)
    _, singular, vectors = np.linalg.svd(nodes - mean, full_matrices=False)
    basis = vectors[:2].T
    largest = np.abs(basis).argmax(0)
    return mean, basis * np.sign(basis[largest, [0, 1]]), (singular**2 / (singular**2).sum())[:2]
