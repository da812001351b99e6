"""The figures of interpolations: the same pairs of test examples for every method, as pictures, movements or points."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.figure import Figure

from stages.reports.artifacts import RunArtifacts
from vhp import datasets
from vhp.datasets.means import array_as_means
from vhp.figures import animation, interpolation_strips, latent_graph, own, scatter
from vhp.figures.colours import PATH_COLOURS

GRAPH = ("nodes", "edges", "edge_lengths")
Figures = dict[str, tuple[Figure | FuncAnimation, str]]  # name -> figure and caption


def interpolations(
    arrays: Sequence[tuple[RunArtifacts, dict[str, np.ndarray]]],
    data: Mapping[str, np.ndarray],
    dataset: str,
    limits: tuple[float, float],
) -> tuple[Figures, dict[str, FuncAnimation]]:
    """Graphs, strips and, for movements, the animation: of the same pairs of test examples for every method.

    And what moves in a file beside a figure, by the figure's name: of strips of images their first pair.
    """
    shown = pairs_to_show([a for _, a in arrays], data.get("test_movement"))
    graphs = [latent_graph.GraphPanel(r.method, *(a[k] for k in GRAPH), a["path_z"][shown]) for r, a in arrays]  # type: ignore[call-arg]
    ends = arrays[0][1]["pair_examples"][shown]
    strips = [_strips(run, a, shown, array_as_means(data["test"][ends])) for run, a in arrays]
    if (seen := view(dataset, data)) is not None:
        return {
            "latent_graph": (latent_graph.latent_graph(graphs), latent_graph.CAPTION),
            "interpolations": (scatter.paths(strips, seen, array_as_means(data["test"])), scatter.PATHS_CAPTION),
        }, {}
    special, moving = own("interpolation_strips", dataset), own("animation", dataset)
    if special is None or moving is None:
        as_images = partial(datasets.pictures, dataset, arrays=data)
        drawn = interpolation_strips.interpolation_strips(strips, as_images, limits)
        caption = f"{interpolation_strips.CAPTION} {animation.CAPTION}"
        return {
            "latent_graph": (latent_graph.latent_graph(graphs), latent_graph.CAPTION),
            "interpolation_strips": (drawn, caption),
        }, {"interpolation_strips": animation.animation(strips, as_images, limits)}
    return {
        "latent_graph": (latent_graph.latent_graph(graphs, PATH_COLOURS), latent_graph.MOVEMENT_CAPTION),
        "interpolation_strips": (special.interpolation_strips(strips, data, ends), special.CAPTION),
        "animation": (moving.animation(strips, data, ends), moving.CAPTION),
    }, {}


def pairs_to_show(runs: Sequence[Mapping[str, np.ndarray]], labels: np.ndarray | None = None) -> np.ndarray:
    """Indices of all pairs of test examples, those first that the most runs have a path for, between different nodes.

    Where examples have labels, before these the best pair of each combination of two different labels.
    """
    n_moving = np.sum([a["found"] & (a["straight_length"] > 0) for a in runs], 0)
    repeated = np.zeros(len(n_moving), int)
    order = np.argsort(-n_moving, kind="stable")
    if labels is not None:
        seen = {frozenset([label]) for label in labels.tolist()}
        for i in order:
            combination = frozenset(labels[runs[0]["pair_examples"][i]].tolist())
            repeated[i] = combination in seen
            seen.add(combination)
    return np.lexsort((np.arange(len(n_moving)), -n_moving, repeated))


def _strips(
    run: RunArtifacts, a: dict[str, np.ndarray], shown: np.ndarray, ends: np.ndarray
) -> interpolation_strips.Strips:
    jumps, straight_jumps = ([breaks_of(run, way)[i] or [] for i in shown] for way in ("", "straight_"))
    paths = a["path_x"][shown], a["straight_x"][shown]
    return interpolation_strips.Strips(run.method, *paths, jumps, straight_jumps, ends)


def breaks_of(run: RunArtifacts, way: str) -> Sequence[Sequence[int] | None]:
    """The discontinuities of each path; of results of before fade-outs were seen, the jumps. way: "" or "straight_"."""
    return run.smoothness.get(f"{way}path_breaks") or run.smoothness[f"{way}jumps"]


def view(dataset: str, data: Mapping[str, np.ndarray]) -> scatter.View | None:
    """How to look at examples that are points; None for pictures."""
    coordinates = getattr(datasets.load(dataset), "COORDINATES", None)
    return None if coordinates is None else scatter.view(coordinates, array_as_means(data["test"]))
