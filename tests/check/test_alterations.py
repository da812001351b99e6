"""Which files a section must have read."""

import pytest
from artifacts import runs_here, write_run

from stages.check.alterations import other_inputs
from stages.reports.differences.pairs import Difference
from stages.reports.sections import Drawn, Section
from stages.runs.places import data_file, run_folder
from stages.runs.run_stages import RUN_STAGES

RUN = "digits-vhp_rewo-0"
PAIR = Difference("vhp_rewo", "iwae_l1", -1.0, 0.1, 200, 1, 1, 99)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What is said of a section that lacks an input, with differences and figures."""
    monkeypatch.chdir(tmp_path)
    write_run("digits", "vhp_rewo", 0)
    outs = {stage: [(run_folder(RUN) / name).as_posix() for name in RUN_STAGES[stage].outputs] for stage in RUN_STAGES}
    entries = {f"{stage}@{RUN}": {"outs": [{"path": path} for path in paths]} for stage, paths in outs.items()}
    all_read = [data_file("digits").as_posix(), *(path for paths in outs.values() for path in paths)]

    def ask(lacks: str, differences: list[Difference], figures: list[Drawn]) -> list[str]:
        inputs = {path: "0" * 32 for path in all_read if not path.endswith(f"/{lacks}")}
        section = Section("digits", "0" * 16, runs_here(), inputs, figures, differences)
        return list(other_inputs(section, entries))

    yield ask


def test_of_a_section_that_read_all_nothing_is_said(asked):
    assert asked("nothing", [PAIR], []) == []


@pytest.mark.parametrize("name", ["model.safetensors", "graph.graphml", "likelihood.npz"])
def test_an_older_section_need_not_have_read_what_it_does_not_show(asked, name):
    assert asked(name, [], [Drawn(run_folder(RUN) / "samples.png", "", "")]) == []


@pytest.mark.parametrize(
    ("name", "differences", "figures"),
    [
        ("paths.npz", [], []),
        ("likelihood.npz", [PAIR], []),
        ("likelihood.npz", [], [Drawn(run_folder(RUN) / "importance_weights.png", "", "")]),
    ],
)
def test_a_section_must_have_read_what_it_shows(asked, name, differences, figures):
    assert asked(name, differences, figures) == [f"no {run_folder(RUN) / name} among the inputs of the section"]
