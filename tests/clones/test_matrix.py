"""Another matrix in params.yaml: whoever wrote the file, it is YAML afterwards, and nothing else in it has changed."""

from pathlib import Path

import pytest
from dvc.utils.hydra import apply_overrides
from dvc.utils.serialize import load_yaml

from stages.clones.git import CloneError
from stages.clones.matrix import set_matrix

PARAMS = Path(__file__).parents[2] / "params.yaml"
OTHER = {"budget": ["smoke"], "datasets": ["digits", "motion"], "methods": ["iwae_l1"], "seeds": ["3", "5"]}
READ = {"budget": "smoke", "datasets": ["digits", "motion"], "methods": ["iwae_l1"], "seeds": [3, 5]}


@pytest.fixture
def params(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text(PARAMS.read_text())
    return path


def test_the_lines_of_the_matrix_change_and_no_others(params):
    before = params.read_text().splitlines()
    set_matrix(params, **OTHER)
    after = params.read_text().splitlines()
    assert {old.partition(":")[0] for old, new in zip(before, after, strict=True) if old != new} <= set(OTHER)
    assert "budget: smoke # smoke: minutes" in params.read_text() and load_yaml(str(params)).items() >= READ.items()


def test_a_file_that_dvc_has_written_anew_can_be_changed(params):
    apply_overrides(str(params), ["kappa.digits=0.5", "datasets=[digits,pendulum]"])  # what `dvc exp run -S` does
    assert "datasets:\n- digits\n- pendulum\n" in params.read_text()
    before = load_yaml(str(params))
    set_matrix(params, **OTHER)
    assert load_yaml(str(params)) == before | READ
    assert "# The constraint is C_t <= kappa^2" in params.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "seeds: [0,\n  1]  # two\nlast: 1\n",
        "seeds:\n  - 0\n  # why\n  - 1\n\n# What follows.\nlast: 1\n",
        "last: 1\nseeds:\n- 0",
        "last: 1\nseeds: 0",
        "seeds:\nlast: 1\n",
        "last: 1\nseeds:",
        "{seeds: [0, 1], last: 1}\n",
        "about: |\n  é\n  seeds: no key\n'seeds': []\nlast: 1\n",
    ],
)
def test_however_a_list_is_written(params, text):
    params.write_text(text, encoding="utf-8")
    before = load_yaml(str(params))
    set_matrix(params, seeds=["3", "5"])
    assert load_yaml(str(params)) == before | {"seeds": [3, 5]}
    for comment in ("# two", "# What follows."):
        assert text.count(comment) == params.read_text().count(comment)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budget: laptop\n", r"params\.yaml: found 0 lines seeds: \.\.\., expected one"),
        ("seeds: 0\nseeds: 1\n", "found 2 lines seeds"),
        ("- seeds\n", "found 0 lines seeds"),
        ("", "found 0 lines seeds"),
        ("seeds: [0\n", "found no YAML, expected the parameters"),
    ],
)
def test_a_file_without_the_axis_is_refused_and_stays(params, text, message):
    params.write_text(text)
    with pytest.raises(CloneError, match=message):
        set_matrix(params, seeds=["1"])
    assert params.read_text() == text
