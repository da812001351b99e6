"""The interpolations of one data set: a row per run."""

from collections.abc import Container, Iterator, Sequence

from stages.reports.artifacts import RunArtifacts
from stages.reports.frames import interpolations, row_names
from stages.reports.table import Table, common_form, listed, number, with_error
from vhp.names import dataset_name

# Of a column, where the table has it.
DEFINITIONS = {
    "length ratio": (
        "Graph: prior samples, each joined to its nearest neighbours. Unreachable pairs lie in different "
        "components. Length ratio: path / straight line, in latent space.",
    ),
    "jumps / path": ("Jump: a step between consecutive frames that is so many times the path's median step.",),
    "smoothness": (
        "Smoothness factor: RMS of the second-order finite difference of the decoded frames, over time and all "
        "dimensions, or those of a joint; smaller is smoother.",
    ),
    "posterior distance": (
        "Posterior distance: mean over a path's points of the distance to the nearest sample of the aggregated "
        "posterior (one per test example, 2,000 at most), in units of those samples' mean distance to the nearest "
        "other: samples themselves have 1, and in many dimensions points nearer to the centre have less. Ends: the "
        "same, of the encoded examples from the nodes nearest to them. End error: RMS per "
        "dimension between a path's ends, decoded, and the examples. End to end: RMS per dimension between a path's "
        "first and last decoded frame; a path that goes nowhere is smooth.",
        "Mean ± standard deviation over the paths found between two different ends (their number: paths); straight: "
        "along the straight line between the same ends. The pairs of test examples are the same for all methods.",
    ),
    "monotonicity": (
        "Monotonicity: |sum of turns| / sum of |turns| of the decoded pendulum from frame to frame, its angle "
        "recovered by matching with rendered angles; 1 if it never turns back, no value if it rests. Angle error: "
        "RMS per pixel between a frame and the rendering of that angle; large where a frame shows no pendulum.",
    ),
}


def interpolation_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per run: the latent graph, and how smooth the interpolations on it are."""
    columns = _columns(runs)
    return Table(
        f"{dataset_name(runs[0].dataset)}: interpolation",
        tuple(columns),
        tuple(zip(*columns.values(), strict=True)),
        notes=tuple(_notes(runs, columns)),
        definitions=tuple(text for column, texts in DEFINITIONS.items() if column in columns for text in texts),
        file="interpolation.csv",
    )


def _columns(runs: Sequence[RunArtifacts]) -> dict[str, list[str]]:
    frame, smooth = interpolations(runs), [run.smoothness for run in runs]
    columns = {
        "method": row_names(runs),
        "components": [str(n) for n in frame["components"]],
        "unreachable pairs": [number(share, ".0%") for share in frame["unreachable"]],
        "length ratio": [number(value) for value in frame["path_length_ratio"]],
    }
    for title, (measure, form) in _along_paths(runs).items():
        columns[title] = [with_error(s[measure], s[f"{measure}_std"], form) for s in smooth]
        columns[f"{title}, straight"] = [
            with_error(s[f"straight_{measure}"], s[f"straight_{measure}_std"], form) for s in smooth
        ]
    columns["ends"] = [number(s["end_distance"]) for s in smooth]
    columns["end error"] = [number(s["end_error"], ".3f") for s in smooth]
    columns["end to end"] = [number(s["end_to_end"], ".3f") for s in smooth]
    columns["paths"] = [str(s["n_moving"]) for s in smooth]
    return columns


def _notes(runs: Sequence[RunArtifacts], columns: Container[str]) -> Iterator[str]:
    """What is this data set's own."""
    frame, smooth = interpolations(runs), [run.smoothness for run in runs]
    factors = listed(*(s["discontinuity_factor"] for s in smooth))
    yield (
        f"Graph: {listed(*frame['n_nodes'].tolist())} prior samples, each joined to its "
        f"{listed(*frame['k'].tolist())} nearest neighbours. A jump is a step of more than {factors} median steps."
    )
    [n_joints] = {len(s["joints"]) for s in smooth}
    if n_joints > 1:
        yield f"Smoothness: mean over {n_joints} joints, which have a table of their own."
    if "off the data" in columns:
        yield (
            "Discontinuity: a jump, or a stretch of frames that look like no training example (a fade-out); "
            "neighbouring ones count as one. Off the data: the share of such frames, farther (RMS per dimension) from "
            "every training example than "
            f"{listed(*(number(s['off_data_limit'], '.3f') for s in smooth))}: than 99 % of held-out examples are, "
            "and than a third of the median distance between two examples. Roughness: smoothness factor per unit "
            "of movement, RMS second over RMS first difference; a path gains nothing by moving little."
        )


def _along_paths(runs: Sequence[RunArtifacts]) -> dict[str, tuple[str, str]]:
    """Title -> measure of smoothness.json and format of its numbers."""
    factors = [run.smoothness[key] for run in runs for key in ("smoothness", "straight_smoothness")]
    titles = {
        "jumps / path": ("discontinuities", ".2f"),
        "smoothness": ("smoothness", common_form(factors, 2)),
        "posterior distance": ("posterior_distance", ".2f"),
    }
    if all("breaks" in run.smoothness for run in runs):
        titles |= {"discontinuities / path": ("breaks", ".2f"), "off the data": ("off_data", ".2f")}
        titles |= {"roughness": ("roughness", ".2f")}
    if "monotonicity" in runs[0].smoothness:
        titles |= {"monotonicity": ("monotonicity", ".2f"), "angle error": ("angle_error", ".3f")}
    return titles
