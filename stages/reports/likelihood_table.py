"""The tables of one data set: what is behind its numbers."""

from collections.abc import Sequence

from stages.reports.artifacts import RunArtifacts
from stages.reports.frames import interpolations
from stages.reports.poster_table import PUBLISHED_NETWORK, published
from stages.reports.table import NONE, Table, listed, number, with_error
from vhp.names import dataset_name, method_name


def detail_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per run: what is behind its numbers, and the poster's value beside them."""
    dataset = runs[0].dataset
    values = published()
    reference = {run.name: values.get((run.method, run.dataset)) for run in runs}
    exact = any(run.likelihood["exact_nll"] is not None for run in runs)
    columns: dict[str, list[str]] = {"method": _row_names(runs)}
    columns["NLL ± s.e."] = [with_error(run.likelihood["nll"], run.likelihood["nll_se"]) for run in runs]
    columns["ELBO"] = [number(run.likelihood["elbo"]) for run in runs]
    compared = any(value is not None for value in reference.values())
    if compared:
        columns[f"poster ({PUBLISHED_NETWORK})"] = [number(reference[run.name]) for run in runs]
        columns["difference"] = [_difference(run.likelihood["nll"], reference[run.name]) for run in runs]
    if exact:
        columns["above exact"] = [_difference(run.likelihood["nll"], run.likelihood["exact_nll"]) for run in runs]
    columns["ESS"] = [number(run.likelihood["ess"], ".1f") for run in runs]
    columns["ESS < 10"] = [f"{run.likelihood['n_low_ess'] / run.likelihood['n_test']:.1%}" for run in runs]
    columns["β (best)"] = [
        f"{number(run.training['beta_final'], '.3g')} ({number(run.training['beta_best'], '.3g')})" for run in runs
    ]
    columns["C"] = [number(run.training["constraint_final"], ".4g") for run in runs]
    columns["κ²"] = [NONE if run.kappa is None else number(run.kappa**2, ".4g") for run in runs]
    columns["C < κ²"] = [_constraint_holds(run) for run in runs]
    columns["epochs (best)"] = [f"{run.training['epochs']} ({run.training['best_epoch']})" for run in runs]
    columns["minutes"] = [run.minutes for run in runs]
    notes = [
        "ESS: mean effective number of importance samples, and the share of examples with fewer than 10: their "
        "estimates are too pessimistic, by an unknown amount. ELBO: with one joint sample per weight, so looser for "
        "hierarchical priors than the bound that they are trained on. β and C: at the end of training, in brackets β "
        "at the epoch whose weights are kept (best validation bound at β = 1). Minutes: training + NLL."
    ]
    if compared:
        notes.append(
            "Poster: its table, a direction and no target for networks of another class. Difference: NLL − poster, so "
            "a positive one is worse."
        )
    if exact:
        notes.append(
            "Above exact: NLL − that of the process that generated the data, which no model can beat on average."
        )
    return Table(
        f"{dataset_name(dataset)}: details",
        tuple(columns),
        tuple(zip(*columns.values(), strict=True)),
        notes=tuple(notes),
    )


def interpolation_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per run: the latent graph, and how smooth the interpolations on it are."""
    frame = interpolations(runs)
    smooth = [run.smoothness for run in runs]
    columns = {
        "method": _row_names(runs),
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
    factors = listed(*(s["discontinuity_factor"] for s in smooth))
    [n_joints] = {len(s["joints"]) for s in smooth}
    parts = "all dimensions" if n_joints == 1 else f"a joint's dimensions, mean over {n_joints} joints (table below)"
    notes = [
        f"Graph: {listed(*frame['n_nodes'].tolist())} prior samples, each joined to its "
        f"{listed(*frame['k'].tolist())} nearest neighbours. Unreachable pairs lie in different "
        "components. Length ratio: path / straight line, in latent space.",
        f"Discontinuity: a step between consecutive frames of more than {factors} times the path's median step.",
        "Smoothness factor: RMS of the second-order finite difference of the decoded frames, over time and "
        f"{parts}; smaller is smoother.",
        "Posterior distance: mean over a path's points of the distance to the nearest sample of the aggregated "
        "posterior (one per test example, 2,000 at most), in units of those samples' mean distance to the nearest "
        "other: samples themselves have 1, and in many dimensions points nearer to the centre have less. Ends: the "
        "same, of the encoded examples from the nodes where the paths between them begin and end. End error: RMS per "
        "dimension between these nodes, decoded, and the examples. End to end: RMS per dimension between a path's "
        "first and last decoded frame; a path that goes nowhere is smooth.",
        "Mean ± standard deviation over the paths found between two different nodes (their number: paths); straight: "
        "along the straight line between the same nodes. The pairs of test examples are the same for all methods.",
    ]
    if "monotonicity" in columns:
        notes.append(
            "Monotonicity: |sum of turns| / sum of |turns| of the decoded pendulum from frame to frame, its angle "
            "recovered by matching with rendered angles; 1 if it never turns back, no value if it rests. Angle error: "
            "RMS per pixel between a frame and the rendering of that angle; large where a frame shows no pendulum."
        )
    title = f"{dataset_name(runs[0].dataset)}: interpolation"
    return Table(title, tuple(columns), tuple(zip(*columns.values(), strict=True)), notes=tuple(notes))


def _along_paths(runs: Sequence[RunArtifacts]) -> dict[str, tuple[str, str]]:
    """Title -> measure of smoothness.json and format of its numbers."""
    titles = {
        "discontinuities / path": ("discontinuities", ".2f"),
        "smoothness": ("smoothness", ".2g"),
        "posterior distance": ("posterior_distance", ".2f"),
    }
    if "monotonicity" in runs[0].smoothness:
        titles |= {"monotonicity": ("monotonicity", ".2f"), "angle error": ("angle_error", ".3f")}
    return titles


def representation_table(runs: Sequence[RunArtifacts]) -> Table:
    """One data set, a row per run: how far prior and aggregated posterior differ, and how the angle is ordered."""
    found = [run.representation for run in runs]
    columns = {
        "method": _row_names(runs),
        "MMD²": [number(r["mmd2"], ".4f") for r in found],
        "MMD² level": [number(r["mmd2_level"], ".3f") for r in found],
        "classifier": [number(r["classifier_accuracy"], ".1%") for r in found],
    }
    if any(r["winding_number"] is not None for r in found):
        columns["winding number"] = [number(r["winding_number"], "d") for r in found]
        columns["rank correlation"] = [number(r["rank_correlation"]) for r in found]
    notes = [
        f"The aggregated posterior (a sample of q(z|x) for each of {listed(*(r['n_points'] for r in found))} test "
        "examples) against as many samples of the prior. MMD²: unbiased squared maximum mean discrepancy, Gaussian "
        "kernel with the median distance as bandwidth, 0 for equal distributions; its level: the share of "
        f"{listed(*(r['n_permutations'] for r in found))} random exchanges between the samples that give as much. "
        f"Classifier: held-out accuracy of {listed(*(r['n_neighbours'] for r in found))} nearest neighbours in "
        "telling them apart; 50 % if they are alike.",
    ]
    if "winding number" in columns:
        notes.append(
            "Winding number: how often the posterior means, in the order of the true angle, run round their centre "
            "(the point farthest inside); ±1 for a circle. Rank correlation: circular, of the latent angle round that "
            "centre with the true angle; ±1 where the order is the same, less where the ring is folded."
        )
    title = f"{dataset_name(runs[0].dataset)}: prior and posterior"
    return Table(title, tuple(columns), tuple(zip(*columns.values(), strict=True)), notes=tuple(notes))


def _difference(value: float, reference: float | None) -> str:
    return NONE if reference is None else f"{value - reference:+.2f}"


def _constraint_holds(run: RunArtifacts) -> str:
    if run.kappa is None:
        return NONE
    return "yes" if run.training["constraint_final"] < run.kappa**2 else "no"


def _row_names(runs: Sequence[RunArtifacts]) -> list[str]:
    several = len({run.seed for run in runs}) > 1
    return [f"{method_name(run.method)}, seed {run.seed}" if several else method_name(run.method) for run in runs]
