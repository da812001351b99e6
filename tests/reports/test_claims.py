"""Planted results, one for each verdict and measure."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from stages.reports.artifacts import RunArtifacts
from stages.reports.claims import curves, evidence, latent, likelihoods
from stages.reports.claims.cases import Case, over_seeds
from stages.reports.claims.evidence import Evidence
from stages.reports.claims.judging import Estimate, MissingError, overall, verdict
from stages.reports.claims.tables import cases_table, claims_table
from stages.reports.claims.thresholds import Range, Test, Thresholds, read
from stages.reports.claims.verdicts import MEASURES, verdicts
from stages.reports.differences.pairs import Difference
from stages.reports.poster_table import published
from stages.study.columns import COLUMNS, HOW

YES, PARTLY, NO, OPEN = "reproduced", "partly", "not reproduced", "not testable here"
LEAD = Range(low=0.0)
BAND, WIDE = Range(0.7, 1.3), Range(low=0.0)


def run(method: str, seed: int = 0, dataset: str = "dynamic_mnist", kappa: float | None = None, **outputs: Any):
    """outputs: values of the JSON files, by their names."""
    values = {
        "training": {"beta_final": 1.0, "constraint_final": 0.05},
        "likelihood": {"nll": 80.0, "nll_se": 0.3},
        "representation": {"classifier_accuracy": 0.5},
        "smoothness": {},
    }
    files = {name: value | outputs.get(name, {}) for name, value in values.items()}
    others = {name: {} for name in ("training_time", "evaluation_time", "interpolation", "interpolation_time")}
    config = {
        "run": {"dataset": dataset, "method": method, "seed": seed},
        "method": {} if kappa is None else {"kappa": kappa},
    }
    name = f"{dataset}-{method}-{seed}"
    return RunArtifacts(name, 100, "bernoulli", None, config, {}, history=pd.DataFrame(), **files, **others)


def case(measure: str, *against: str, dataset: str = "dynamic_mnist", least: int = 1, **options: Any) -> Case:
    test = Test(measure, "vhp_rewo", (dataset,), LEAD, LEAD, "", options=options)
    return Case(test, dataset, against[0] if against else None, least)


def table(*runs: RunArtifacts) -> Evidence:
    return Evidence({"table": list(runs)}, {})


@pytest.mark.parametrize(
    ("value", "error", "reproduced", "partly", "expected"),
    [
        (2.0, 0.9, LEAD, LEAD, YES),
        (-2.0, 0.9, LEAD, LEAD, NO),
        (2.0, 1.1, LEAD, LEAD, OPEN),
        (1.0, 0.1, BAND, WIDE, YES),
        (0.4, 0.1, BAND, WIDE, PARTLY),
        (0.75, 0.1, BAND, WIDE, PARTLY),
        (3.0, 0.1, BAND, WIDE, PARTLY),
        (-0.5, 0.1, BAND, WIDE, NO),
        (0.2, 0.3, BAND, WIDE, OPEN),
        (0.1, 0.1, BAND, WIDE, NO),
        (0.7, None, BAND, WIDE, YES),
        (0.0, None, BAND, WIDE, PARTLY),
    ],
)
def test_a_verdict_is_certain_by_two_standard_errors_or_none(value, error, reproduced, partly, expected):
    assert verdict(Estimate(value, error, "test examples", 1, "table"), reproduced, partly, 2) == expected


def test_an_error_over_few_seeds_takes_more_of_them_for_the_same_certainty():
    """The share of intervals that have the truth in them, of 4,000 samples of three seeds."""
    samples = np.random.default_rng(0).normal(size=(4_000, 3))
    estimates = [over_seeds(s, "table") for s in samples]
    assert np.mean([abs(e.value) <= e.margin(2) for e in estimates]) == pytest.approx(0.9545, abs=0.012)
    assert Estimate(0.0, 1.0, "same test examples", 1, "table", 9_999).margin(2) == pytest.approx(2, abs=1e-3)
    assert Estimate(0.0, 1.0, "test examples", 1, "table").margin(2) == pytest.approx(2)
    assert Estimate(0.0, None, "not known", 1, "table").margin(2) == 0
    assert Estimate(0.0, None, "same test examples", 1, "table", 0).margin(2) == 0


def test_a_value_that_is_no_number_gets_no_verdict():
    with pytest.raises(ValueError, match="found the value nan"):
        verdict(Estimate(math.nan, 0.1, "seeds", 3, "table"), LEAD, LEAD, 2)


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([YES, YES], YES),
        ([YES, NO], PARTLY),
        ([YES, OPEN], PARTLY),
        ([NO, OPEN], NO),
        ([NO, PARTLY], PARTLY),
        ([OPEN, OPEN], OPEN),
    ],
)
def test_a_claim_is_reproduced_if_all_its_cases_are(cases, expected):
    assert overall(cases) == expected


def test_beta_is_measured_where_the_constraint_is_fulfilled():
    known = table(
        run("vhp_rewo", 0, kappa=0.3, training={"beta_final": 0.5, "constraint_final": 0.10}),
        run("vhp_rewo", 1, kappa=0.3, training={"beta_final": math.e, "constraint_final": 0.08}),
    )
    assert likelihoods.log_beta_fulfilled(known, case("")).value == pytest.approx(1)
    assert likelihoods.log_beta(known, case("")).value == pytest.approx((1 + math.log(2)) / 2)
    with pytest.raises(MissingError, match="whose constraint is fulfilled"):
        likelihoods.log_beta_fulfilled(table(*known.runs["table"][:1]), case(""))


def test_leads_have_the_papers_sign_and_the_error_over_seeds_or_else_test_examples():
    """OMNIGLOT: IWAE (L=1) is ahead in the paper, so that its lead here counts as one in the paper's direction."""
    runs = [run("vhp_rewo", s, "omniglot", likelihood={"nll": 100.0 + s}) for s in range(3)]
    runs += [run("iwae_l1", s, "omniglot", likelihood={"nll": 99.0 - s}) for s in range(3)]
    lead = likelihoods.nll_lead(table(*runs), case("", "iwae_l1", dataset="omniglot"))
    assert (lead.value, lead.error_of, lead.n_seeds) == (3, "seeds", 3)  # 1, 3 and 5
    assert lead.error == pytest.approx(2 / math.sqrt(3))
    of_one = likelihoods.nll_lead(table(runs[0], runs[3]), case("", "iwae_l1", dataset="omniglot"))
    assert (of_one.value, of_one.error_of) == (1, "test examples")
    assert of_one.error == pytest.approx(math.hypot(0.3, 0.3))


def test_a_lead_of_one_training_each_has_the_error_over_the_same_test_examples_where_it_is_known():
    known, asked = table(run("vhp_rewo"), run("iwae_l1", likelihood={"nll": 81.0})), case("", "iwae_l1")
    unpaired = likelihoods.nll_lead(known, asked)
    of = {"mean": 1.0, "n_test": 100, "first_seeds": 1, "second_seeds": 1, "df": 99}
    other = Difference("vhp_rewo", "vampprior", se=9.0, **of)
    own, of_seeds = (Difference("iwae_l1", "vhp_rewo", se=0.05, **of | {"first_seeds": n}) for n in (1, 3))
    known.differences["table"] = {"dynamic_mnist": [other, own]}
    lead = likelihoods.nll_lead(known, asked)
    assert (lead.value, lead.error, lead.error_of, lead.df) == (unpaired.value, 0.05, "same test examples", 99)
    for differences in ([other], [of_seeds]):
        known.differences["table"] = {"dynamic_mnist": differences, "omniglot": [own]}
        assert likelihoods.nll_lead(known, asked) == unpaired


def test_a_lead_over_several_seeds_has_the_error_over_examples_too_and_is_of_the_refined_estimates():
    refined = {"vhp_rewo": 79.0, "iwae_l1": 81.5}
    runs = [run(m, s, likelihood={"nll": 90.0 + s, "refined_nll": nll}) for m, nll in refined.items() for s in (0, 1)]
    known, asked = table(*runs), case("", "iwae_l1")
    found = Difference(
        "vhp_rewo", "iwae_l1", 0.0, 3.0, 100, 2, 2, df=9, refined_mean=-2.5, refined_se=0.25, refined_df=1.5
    )
    known.differences["table"] = {"dynamic_mnist": [found]}
    lead = likelihoods.nll_lead(known, asked)
    assert (lead.value, lead.error, lead.df) == (2.5, 0.25, 1.5)
    assert lead.error_of == "seeds and same test examples"
    runs[0].likelihood["refined_nll"] = None
    assert (likelihoods.nll_lead(known, asked).value, likelihoods.nll_lead(known, asked).error) == (0.0, 3.0)


def test_an_unpaired_lead_has_the_errors_of_the_estimates_that_it_is_of():
    values = {"nll": 80.0, "nll_se": 9.0, "refined_nll": 79.0, "refined_nll_se": 0.3}
    known = table(run("vhp_rewo", likelihood=values), run("iwae_l1", likelihood=values | {"refined_nll": 80.0}))
    lead = likelihoods.nll_lead(known, case("", "iwae_l1"))
    assert (lead.value, lead.error) == (1.0, pytest.approx(math.hypot(0.3, 0.3)))


def test_the_gap_is_a_share_of_the_papers():
    gap = published()["vhp_geco", "dynamic_mnist"] - published()["vhp_rewo", "dynamic_mnist"]
    runs = run("vhp_rewo"), run("vhp_geco", likelihood={"nll": 80.0 + gap / 2})
    assert likelihoods.gap_ratio(table(*runs), case("", "vhp_geco")).value == pytest.approx(0.5)
    with pytest.raises(MissingError, match="the paper's table has no VHP"):
        likelihoods.gap_ratio(
            table(run("vhp_rewo", 0, "pendulum"), run("vhp_geco", 0, "pendulum")),
            case("", "vhp_geco", dataset="pendulum"),
        )


def test_of_sources_with_as_many_seeds_that_with_most_of_the_tables_methods_is_chosen():
    ablation = [run("vhp_rewo", seed) for seed in (0, 1)] + [run("rewo_no_slope", seed) for seed in (0, 1)]
    seeds = [run(method, seed) for method in ("vhp_rewo", "vhp_geco") for seed in (0, 1)]
    known = Evidence({"table": [run("vhp_rewo"), run("vhp_geco")], "ablation": ablation, "seeds": seeds}, {})
    assert known.seeds("dynamic_mnist", "vhp_rewo")[0] == "seeds"


def test_the_source_with_most_seeds_in_common_is_chosen_and_none_mixed():
    main = [run("vhp_rewo", s) for s in range(3)] + [run("vhp_geco")]
    more = [run(m, s) for m in ("vhp_rewo", "vhp_geco") for s in (4, 5)]
    known = Evidence({"table": main, "more": more}, {})
    source, found = known.seeds("dynamic_mnist", "vhp_rewo", "vhp_geco")
    assert source == "more" and list(found["vhp_geco"]) == [4, 5]
    assert known.seeds("dynamic_mnist", "vhp_rewo")[0] == "table"
    with pytest.raises(MissingError, match="no runs of VampPrior on dynamic MNIST"):
        known.seeds("dynamic_mnist", "vampprior")


def test_too_few_seeds_are_missing():
    with pytest.raises(MissingError, match=r"1 of 3 seeds of VHP \+ REWO"):
        likelihoods.log_beta(table(run("vhp_rewo")), case("", least=3))


def test_paths_that_turn_one_way_are_counted_over_all_pairs():
    paths = {"path_monotonicity": [1.0, 0.96, 0.9, None], "path_breaks": [[], [3], None, []]}
    known = table(run("vhp_rewo", dataset="pendulum", smoothness=paths))
    assert latent.one_way(known, case("", dataset="pendulum", level=0.95)).value == 0.5
    assert latent.broken(known, case("", dataset="pendulum")).value == 0.5
    with pytest.raises(MissingError, match="path_monotonicity of pendulum-vhp_rewo-0"):
        latent.one_way(table(run("vhp_rewo", dataset="pendulum")), case("", dataset="pendulum", level=0.95))


def test_joints_are_compared_over_the_pairs_that_both_have():
    own = {"path_roughness_joints": [[1.0, 1.0], [3.0, 3.0], [0.0, 9.0]]}
    other = {"path_roughness_joints": [[2.0, 2.0], [3.0, 1.0], None]}
    known = table(run("vhp_rewo", smoothness=own), run("vampprior", smoothness=other))
    assert latent.smoother_joints(known, case("", "vampprior", factor="roughness")).value == 0.5
    # At rest in one of two pairs the first joint has no roughness there: the other one alone is compared.
    own, other = ({"path_roughness_joints": rows} for rows in ([[1.0, 1.0], [None, 3.0]], [[1.5, 2.0], [0.1, 2.5]]))
    known = table(run("vhp_rewo", smoothness=own), run("vampprior", smoothness=other))
    assert latent.smoother_joints(known, case("", "vampprior", factor="roughness")).value == 1.0
    own |= {"path_roughness_joints": [[1.0, 1.0]] * 3}
    nothing = table(run("vhp_rewo", smoothness=own), run("vampprior", smoothness={"path_roughness_joints": [None] * 3}))
    with pytest.raises(MissingError, match="no pair with a path of both"):
        latent.smoother_joints(nothing, case("", "vampprior", factor="roughness"))


def test_the_share_off_the_data_and_how_much_more_of_the_straight_line():
    known = table(run("vhp_rewo", smoothness={"off_data": 0.125, "straight_off_data": 0.5}))
    assert latent.off_data(known, case("")).value == 0.125
    assert latent.off_data_straight(known, case("")).value == 0.375
    with pytest.raises(MissingError, match=r"off_data of .*, which the stage smoothness now measures"):
        latent.off_data(table(run("vhp_rewo")), case(""))
    with pytest.raises(MissingError, match=r"off_data of .*: it has no path between two different nodes"):
        latent.off_data(table(run("vhp_rewo", smoothness={"off_data": None})), case(""))


def curve(values, rewo, geco, bounds, constraint=0.0, seeds=(0,)) -> Evidence:
    """A study of kappa: NLLs of both, REWO's validation bounds, and its constraint at the end."""
    rows = [
        {
            **dict.fromkeys(COLUMNS, 0),
            **{"dataset": "dynamic_mnist", "method": method, "seed": seed, "value": value, "kappa": value},
            **{"nll": nll + seed, "nll_se": 0.3, "best_validation_bound": bound, "constraint_final": constraint},
        }
        for seed in seeds
        for value, bound, *nlls in zip(values, bounds, rewo, geco, strict=True)
        for method, nll in zip(("vhp_rewo", "vhp_geco"), nlls, strict=True)
    ]
    return Evidence({}, {"dynamic_mnist": pd.DataFrame(rows)})


KAPPAS, BOUNDS = [0.28, 0.30, 0.32, 0.34, 0.36], [-87.6, -87.6, -87.6, -87.7, -99.0]


def test_the_gap_on_the_curve_is_that_at_the_best_kappa_among_those_that_suit_rewo():
    gap = published()["vhp_geco", "dynamic_mnist"] - published()["vhp_rewo", "dynamic_mnist"]
    geco = [80, 80 + gap / 4, 80 + gap / 2, 80 + 0.9 * gap, 80 + gap]  # at the last, REWO's bound is worse
    known = curve(KAPPAS, [80] * 5, geco, BOUNDS)
    estimate = curves.gap_ratio_on_curve(known, case("", "vhp_geco", within=0.2))
    assert estimate.value == pytest.approx(0.9) and estimate.source == "kappa = 0.34 of its study"
    with pytest.raises(MissingError, match="4 of 5 values"):
        curves.gap_ratio_on_curve(curve(*(x[:4] for x in (KAPPAS, [80] * 5, geco, BOUNDS))), case("", "vhp_geco"))
    with pytest.raises(MissingError, match=r"no study of kappa\.dynamic_mnist"):
        curves.gap_ratio_on_curve(table(), case("", "vhp_geco", within=0.2))


def test_the_gap_on_the_curve_has_the_paired_error_where_the_study_has_one():
    gap = published()["vhp_geco", "dynamic_mnist"] - published()["vhp_rewo", "dynamic_mnist"]
    known = curve(KAPPAS, [80] * 5, [80 + gap] * 5, [-87.6] * 5)
    asked = case("", "vhp_geco", within=0.2)
    unpaired = curves.gap_ratio_on_curve(known, asked)
    at = float(unpaired.source.split()[2])
    assert unpaired.error == pytest.approx(math.hypot(0.3, 0.3) / gap)
    rows = [
        {"dataset": "dynamic_mnist", "value": value, "first": first, "second": second, "se": se}
        | {"first_seeds": 1, "second_seeds": seeds}
        for seeds, value, first, second, se in (
            (1, at, "vhp_rewo", "iwae_l1", 7.0),
            (3, at, "vhp_geco", "vhp_rewo", 8.0),  # the difference of one seed has another error
            (1, at, "vhp_geco", "vhp_rewo", 0.1),  # in either order
            (1, 0.99, "vhp_geco", "vhp_rewo", 9.0),
        )
    ]
    known.pairs["dynamic_mnist"] = pd.DataFrame(rows)
    estimate = curves.gap_ratio_on_curve(known, asked)
    assert (estimate.error, estimate.error_of) == (pytest.approx(0.1 / gap), "same test examples")
    known.pairs["dynamic_mnist"] = pd.DataFrame(rows[:2] + rows[3:])
    assert curves.gap_ratio_on_curve(known, asked) == unpaired


def failed(known: Evidence, folder: Path, *runs: tuple[str, float, int]) -> Evidence:
    """The study as it is read from its file, in which these runs (method, kappa, seed) were not finished."""
    frame = known.studies["dynamic_mnist"].astype({"failed": bool})
    of_runs = pd.MultiIndex.from_frame(frame[["method", "value", "seed"]]).isin(runs)
    frame.loc[of_runs, ["nll", "nll_se", "best_validation_bound", "constraint_final"]] = math.nan
    frame.assign(failed=of_runs).to_csv(folder / "results.csv", index=False)
    return Evidence({}, {"dynamic_mnist": evidence.read_study(folder / "results.csv")})


def test_a_kappa_at_which_a_method_was_never_finished_has_no_gap(tmp_path):
    gap = published()["vhp_geco", "dynamic_mnist"] - published()["vhp_rewo", "dynamic_mnist"]
    known = curve([*KAPPAS, 0.38], [80] * 6, [80 + gap * i / 5 for i in range(6)], [-87.6] * 6)
    asked = case("", "vhp_geco", within=0.2)
    assert curves.gap_ratio_on_curve(known, asked).source == "kappa = 0.38 of its study"
    without = failed(known, tmp_path, ("vhp_geco", 0.38, 0))
    assert curves.gap_ratio_on_curve(without, asked).source == "kappa = 0.36 of its study"
    with pytest.raises(MissingError, match="4 of 5 values"):
        curves.gap_ratio_on_curve(failed(known, tmp_path, ("vhp_geco", 0.38, 0), ("vhp_geco", 0.36, 0)), asked)


def test_the_constraint_is_not_fulfilled_with_every_seed_where_one_failed(tmp_path):
    gap = published()["vhp_geco", "dynamic_mnist"] - published()["vhp_rewo", "dynamic_mnist"]
    known = curve(KAPPAS, [80] * 4 + [90], [80 + gap * i / 4 for i in range(5)], [-87.6] * 5, seeds=(0, 1))
    estimate = curves.gap_ratio_on_curve(
        failed(known, tmp_path, ("vhp_rewo", 0.34, 1)), case("", "vhp_geco", within=0.2)
    )
    assert (estimate.source, estimate.n_seeds) == ("kappa = 0.32 of its study", 2)
    share = curves.kappa_share(failed(known, tmp_path, ("vhp_rewo", 0.36, 1)), case("", "vhp_geco"))
    assert share.value == 0  # of the others, at which REWO's NLL is the same


def test_a_kappa_at_which_the_other_failed_is_left_out_of_the_ranges(tmp_path):
    known = curve([*KAPPAS, 0.38], [80, 80.5, 80, 80, 80, 81], [80, 82, 84, 88, 90, 99], [-87.6] * 6)
    asked = case("", "vhp_geco")
    assert curves.kappa_share(known, asked).value == pytest.approx(1 / 19)
    assert curves.kappa_share(failed(known, tmp_path, ("vhp_geco", 0.38, 0)), asked).value == pytest.approx(0.5 / 10)


def test_kappa_matters_as_much_as_the_ranges_of_the_nll_over_it():
    known = curve(KAPPAS, [80, 80.5, 81, 80, 80], [80, 82, 84, 88, 90], BOUNDS, seeds=(0, 1))
    estimate = curves.kappa_share(known, case("", "vhp_geco"))
    assert (estimate.value, estimate.n_seeds) == (pytest.approx(0.1), 2)
    with pytest.raises(MissingError, match="no two kappas"):
        curves.kappa_share(curve(KAPPAS, [80] * 5, [90] * 5, BOUNDS, constraint=1.0), case("", "vhp_geco"))


def test_the_committed_thresholds_fit_the_measures_and_the_papers_table():
    found = read()
    names = {claim.name for claim in found.claims}
    assert len(names) == len(found.claims) == 10
    used = {test.measure for claim in found.claims for test in claim.tests}
    assert used == set(MEASURES)
    tests = [(t, d, a) for c in found.claims for t in c.tests for d in t.datasets for a in t.against]
    signs = {(a, d): t.reproduced.low for t, d, a in tests if t.measure == "nll_lead"}
    values = published()
    assert set(signs) == {key for key in values if key[0] != "vhp_rewo"}
    for (method, dataset), low in signs.items():
        small = abs(values[method, dataset] - values["vhp_rewo", dataset]) < 0.3
        assert low == (-0.3 if small else 0)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('words = "optimal', 'words = "one two three optimal', "pendulum_match: found 12 words"),
        ("reproduced = { at_most = 0.55 }", "reproduced = { at_most = 0.65 }", "beyond partly"),
        ("reproduced = { at_most = 0.01 }", "reproduced = { below = 0.01 }", "expected at_least, at_most or both"),
        ('measure = "log_beta"', 'measur = "log_beta"', "other keys than expected: measur, measure"),
        ("standard_errors = 2", "standard_errors = ", "claims.toml"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused_with_the_claim(tmp_path, old, new, message):
    path = tmp_path / "claims.toml"
    text = Path("stages/reports/claims/claims.toml")
    content = (Path(__file__).parents[2] / text).read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        read(path)


@pytest.fixture
def planted() -> pd.DataFrame:
    """REWO ends at 1 and GECO does not on one data set; GECO leads; match partly; paths not measured."""
    pendulum = [
        *(run("vhp_rewo", s, "pendulum", 0.3, representation={"classifier_accuracy": 0.57}) for s in range(3)),
        *(run("vhp_geco", s, "pendulum", 0.3, representation={"classifier_accuracy": 0.7}) for s in range(3)),
    ]
    images = [run("vhp_rewo", 0, "dynamic_mnist", 0.3), run("vhp_geco", training={"beta_final": 3.0})]
    images[1].likelihood["nll"] = 70.0
    return verdicts(table(*pendulum, *images))


def test_each_verdict_is_found_where_it_was_planted(planted):
    def of(measure: str, **where: str) -> dict[str, Any]:
        chosen = planted[planted["measure"] == measure]
        for column, value in where.items():
            chosen = chosen[chosen[column] == value]
        (found,) = chosen.to_dict("records")
        return found

    assert of("log_beta_fulfilled", dataset="dynamic_mnist")["verdict"] == YES
    assert of("log_beta", dataset="pendulum")["verdict"] == NO  # GECO's beta is 1
    assert of("nll_lead", dataset="dynamic_mnist", against="vhp_geco")["verdict"] == NO
    assert of("classifier_accuracy", method="vhp_rewo")["verdict"] == PARTLY
    assert of("classifier_accuracy", method="vhp_geco")["verdict"] == YES
    missing = of("one_way", method="vhp_rewo")
    assert missing["verdict"] == missing["claim_verdict"] == OPEN
    assert missing["missing"] == "path_monotonicity of pendulum-vhp_rewo-0, which the stage smoothness now measures"
    assert set(planted.loc[planted["claim"] == "pendulum_match", "claim_verdict"]) == {PARTLY}
    assert set(planted.loc[planted["claim"] == "nll", "claim_verdict"]) == {NO}


def test_the_tables_have_a_row_per_claim_and_per_case(planted):
    claims, cases = claims_table(planted), cases_table(planted)
    assert len(claims.rows) == len(read().claims) and len(cases.rows) == len(planted)
    [match] = [row for row in claims.rows if "aggregated posterior" in row[0]]
    assert match[2:4] == (PARTLY, "1 reproduced, 1 partly")
    [row] = [
        row for row in cases.rows if row[:4] == ("nll", "nll_lead", "dynamic MNIST", "VHP + REWO against VHP + GECO")
    ]
    assert row[4:] == (NO, "table", "-10 ± 0.424", "1", "≥ 0", "–")


def test_an_unknown_measure_is_an_error_that_lists_those_there_are(planted):
    known = read()
    test = Test("nll_led", "vhp_rewo", ("digits",), LEAD, LEAD, "")
    claim = known.claims[0]
    changed = Thresholds((type(claim)("a", "b", "c", "d", (test,)),), 2, {"default": 1})
    with pytest.raises(ValueError, match="found the measure nll_led, expected one of log_beta"):
        verdicts(table(), changed)


def test_a_study_that_does_not_say_how_it_was_made_is_read_and_fingerprints_are_no_numbers(tmp_path):
    study = curve(KAPPAS, [80] * 5, [90] * 5, BOUNDS).studies["dynamic_mnist"]
    old, new = (tmp_path / evidence.STUDIES / "smoke" / f"kappa.{name}" / "results.csv" for name in ("digits", "faces"))
    for path, frame in ((old, study.drop(columns=list(HOW))), (new, study.assign(code_train="12e4567890123456"))):
        path.parent.mkdir(parents=True)
        frame.to_csv(path, index=False)
    found = evidence.studies("smoke", tmp_path)
    assert found["kappa.digits"][list(HOW)].isna().all(axis=None)
    assert set(found["kappa.faces"]["code_train"]) == {"12e4567890123456"}
    assert set(evidence.read("smoke", [], tmp_path).studies) == {"digits", "faces"}


def test_a_study_and_a_supplement_are_read_from_their_folders(tmp_path):
    study = curve(KAPPAS, [80] * 5, [90] * 5, BOUNDS).studies["dynamic_mnist"]
    folder = tmp_path / evidence.STUDIES / "smoke" / "kappa.dynamic_mnist"
    folder.mkdir(parents=True)
    study.to_csv(folder / "results.csv", index=False)
    known = evidence.read("smoke", [], tmp_path)
    assert len(known.studies["dynamic_mnist"]) == 10 and known.runs == {"table": []}
    (folder / "results.csv").write_text("dataset,method\n")
    with pytest.raises(ValueError, match=r"results\.csv: found no column"):
        evidence.read("smoke", [], tmp_path)
    broken = tmp_path / evidence.SUPPLEMENTS / "smoke" / "more" / "digits" / "section.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{}")
    with pytest.raises(ValueError, match=r"section\.json cannot be read .*git checkout"):
        evidence.supplements("smoke", tmp_path)
