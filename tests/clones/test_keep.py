"""A clone's sections become a supplement of the report."""

import shutil
import subprocess
from pathlib import Path

import pytest
from artifacts import call, make_section, write_run

from stages.clones import commit
from stages.clones import keep as keep_command
from stages.clones.__main__ import set_matrix
from stages.clones.keep import keep
from stages.files import read_json, write_json
from stages.reports.artifacts import ArtifactsError
from stages.reports.claims import evidence
from stages.runs.places import section_folder

PARAMS = (Path(__file__).parents[2] / "params.yaml").read_text()
PLACE = evidence.SUPPLEMENTS / "smoke" / "ablation"


def make_clone(folder: Path, monkeypatch) -> None:
    """With a section of two runs on digits."""
    folder.mkdir()
    (folder / "params.yaml").write_text(PARAMS)
    set_matrix(folder / "params.yaml", budget=["smoke"], datasets=["digits"])
    monkeypatch.chdir(folder)
    for seed, nll in ((0, 22.0), (1, 23.0)):
        write_run("digits", "vhp_elbo", seed, nll=nll)
    make_section("digits")
    monkeypatch.chdir(folder.parent)


def test_what_a_clone_measured_is_kept_and_read_as_evidence(tmp_path, monkeypatch):
    make_clone(tmp_path / "ablation", monkeypatch)
    assert keep(Path("ablation")) == PLACE
    known = evidence.read("smoke", [])
    source, found = known.seeds("digits", "vhp_elbo")
    assert source == "ablation" and [run.likelihood["nll"] for run in found["vhp_elbo"].values()] == [22.0, 23.0]
    assert "| VHP, β = 1 | gated MLP | **22.50 ± 0.71 (2)** |" in (PLACE / "table.md").read_text()
    assert (PLACE / "digits" / "training_curves.png").exists()
    kept, made = (
        PLACE / "digits" / "section.json",
        Path("ablation") / section_folder("smoke", "digits") / "section.json",
    )
    assert read_json(kept) == read_json(made) and kept.read_text().count("\n") == 1  # a third smaller in git
    keep(Path("ablation"))  # again: what was there is replaced
    assert [path.name for path in PLACE.parent.iterdir()] == ["ablation"]


def test_a_clone_without_all_its_sections_replaces_nothing(tmp_path, monkeypatch):
    make_clone(tmp_path / "ablation", monkeypatch)
    keep(Path("ablation"))
    before = read_json(PLACE / "digits" / "section.json")
    write_json(Path("ablation") / section_folder("smoke", "digits") / "section.json", {"dataset": "digits"})
    with pytest.raises(ArtifactsError, match=r"section\.json cannot be read .*the pipeline in ablation makes it"):
        keep(Path("ablation"))
    assert read_json(PLACE / "digits" / "section.json") == before


def test_a_half_written_supplement_is_no_evidence(tmp_path, monkeypatch):
    make_clone(tmp_path / "ablation", monkeypatch)
    shutil.copytree(keep(Path("ablation")), PLACE.with_name(".0-ablation"))  # the name that keep writes under
    assert list(evidence.supplements("smoke")) == ["ablation"]


def test_a_supplement_has_the_name_of_the_clones_folder(tmp_path, monkeypatch):
    make_clone(tmp_path / "ablation", monkeypatch)
    monkeypatch.chdir("ablation/reports")
    assert keep(Path("..")).name == "ablation"


@pytest.mark.parametrize("module", [keep_command, commit])
def test_this_repository_itself_is_neither_kept_nor_committed(tmp_path, monkeypatch, module):
    make_clone(tmp_path / "ablation", monkeypatch)
    monkeypatch.chdir("ablation")
    subprocess.run(["git", "init", "--quiet"], check=True)
    supplement = evidence.SUPPLEMENTS / "smoke" / "motion" / "table.md"
    supplement.parent.mkdir(parents=True)
    supplement.touch()
    with pytest.raises(SystemExit, match=r"found this repository itself in '\.', expected a clone of it"):
        call(module, ".")
    assert supplement.exists() and not Path(".git/index").exists()


@pytest.mark.parametrize("module", [keep_command, commit])
def test_a_folder_that_is_no_clone_is_neither_kept_nor_committed(tmp_path, monkeypatch, module):
    make_clone(tmp_path / "ablation", monkeypatch)
    with pytest.raises(SystemExit, match="found no clone in ablation"):
        call(module, "ablation")
    assert not evidence.SUPPLEMENTS.exists()
