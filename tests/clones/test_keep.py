"""A clone's sections become a supplement of the report."""

from pathlib import Path

import pytest
from artifacts import make_section, write_run

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
