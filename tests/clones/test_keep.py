"""A clone's sections become a supplement of the report."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from artifacts import SETTINGS, call, make_section, write_run

from stages.clones import commit
from stages.clones import keep as keep_command
from stages.clones.git import CloneError
from stages.clones.keep import keep
from stages.files import read_json, write_json
from stages.params.reading import read
from stages.params.resolution import resolve
from stages.reports.artifacts import ArtifactsError
from stages.reports.claims import evidence
from stages.runs.places import MATRIX, config_file, section_folder
from stages.runs.recorded import md5_of_folder

PARAMS = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
PLACE = evidence.SUPPLEMENTS / "smoke" / "ablation"
SECTION = section_folder("smoke", "digits")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A clone in which the pipeline has made a section of two runs on digits."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_params(Path())
        configs = resolve(read(Path("params.yaml")))
        for seed, nll in ((0, 22.0), (1, 23.0)):
            write_run("digits", "vhp_elbo", seed, nll=nll)
            path = config_file(f"digits-vhp_elbo-{seed}")
            write_json(path, read_json(path) | configs[path.stem])
        make_section("digits")
        write_lock()
    return folder


@pytest.fixture(autouse=True)
def clone(made, tmp_path, monkeypatch) -> None:
    """The same, in the working directory."""
    shutil.copytree(made, tmp_path / "ablation")
    monkeypatch.chdir(tmp_path)


def write_params(clone: Path, **changed) -> None:
    """What `make ablation` asked for, with the settings of the runs that tests/artifacts.py writes."""
    matrix = {"budget": "smoke", "datasets": ["digits"], "methods": ["vhp_elbo"], "seeds": [0, 1]}
    budgets = {"smoke": PARAMS["budgets"]["smoke"] | SETTINGS}
    (clone / "params.yaml").write_text(yaml.safe_dump(PARAMS | matrix | {"budgets": budgets} | changed))


def write_lock() -> None:
    """dvc.lock as DVC leaves it when it has run the section's stage."""
    made = {"outs": [{"path": SECTION.as_posix(), "hash": "md5", "md5": md5_of_folder(SECTION)}]}
    made["params"] = {str(MATRIX): {"sections.digits": read_json(MATRIX)["sections"]["digits"]}}
    Path("dvc.lock").write_text(yaml.safe_dump({"schema": "2.0", "stages": {"section@digits": made}}))


def test_what_a_clone_measured_is_kept_and_read_as_evidence():
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


def without_the_section(clone: Path) -> None:
    (clone / SECTION / "section.json").unlink()


def damaged(clone: Path) -> None:
    write_json(clone / SECTION / "section.json", {"dataset": "digits"})


def other_seeds(clone: Path) -> None:
    """As in a clone whose pipeline has not run: it has the section that this repository has."""
    write_params(clone, seeds=[0, 1, 2])


def other_parameters(clone: Path) -> None:
    write_params(clone, settings=PARAMS["settings"] | {"shared": PARAMS["settings"]["shared"] | {"K": 3}})


def changed_by_hand(clone: Path) -> None:
    content = read_json(clone / SECTION / "section.json")
    content["runs"]["digits-vhp_elbo-0"]["likelihood"]["nll"] = 20.0
    write_json(clone / SECTION / "section.json", content)


def never_run(clone: Path) -> None:
    """With the same runs in this repository's section: only what git does not have is missing."""
    (clone / MATRIX).unlink()


def begun_with_other_code(clone: Path) -> None:
    matrix = read_json(clone / MATRIX)
    matrix["sections"]["digits"]["runs"]["digits-vhp_elbo-0"] = "0" * 16
    write_json(clone / MATRIX, matrix)


def without_a_record(clone: Path) -> None:
    (clone / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")


REFUSED = [
    (without_the_section, CloneError, r"section\.json: found no such file, expected the section of digits"),
    (damaged, ArtifactsError, r"section\.json cannot be read"),
    (other_seeds, CloneError, r"found a section of 2 runs, expected the 3 that .* differ in digits-vhp_elbo-2"),
    (other_parameters, CloneError, r"found digits-vhp_elbo-0 with another method\.K, expected that of .*params\.yaml"),
    (changed_by_hand, CloneError, r"found the MD5 \w+\.dir, expected \w+\.dir, which ablation/dvc\.lock has"),
    (never_run, CloneError, r"found it made by other code or parameters than ablation/runs/matrix/matrix\.json has"),
    (begun_with_other_code, CloneError, r"found it made by other code or parameters than ablation/runs/matrix/matrix"),
    (without_a_record, CloneError, r"found no record of it in ablation/dvc\.lock, expected one of section@digits"),
]


@pytest.mark.parametrize(("change", "error", "message"), REFUSED)
def test_a_section_that_the_clones_pipeline_did_not_make_replaces_nothing(change, error, message):
    keep(Path("ablation"))
    before = md5_of_folder(PLACE)
    change(Path("ablation"))
    with pytest.raises(error, match=f"ablation/reports.*{message}.*; repeat the command that makes ablation, with"):
        keep(Path("ablation"))
    assert md5_of_folder(PLACE) == before and [path.name for path in PLACE.parent.iterdir()] == ["ablation"]


def test_a_run_that_the_clone_lacks_is_lost_by_force_only():
    keep(Path("ablation"))
    earlier = PLACE / "digits" / "section.json"
    content = read_json(earlier)
    content["runs"]["digits-vhp_elbo-2"] = content["runs"]["digits-vhp_elbo-1"]
    write_json(earlier, content)
    before = md5_of_folder(PLACE)
    with pytest.raises(CloneError, match=r"ablation/digits: found digits-vhp_elbo-2, expected no run .* with FORCE=1"):
        keep(Path("ablation"))
    assert md5_of_folder(PLACE) == before and [path.name for path in PLACE.parent.iterdir()] == ["ablation"]
    keep(Path("ablation"), force=True)
    assert list(read_json(earlier)["runs"]) == ["digits-vhp_elbo-0", "digits-vhp_elbo-1"]


def test_the_sections_of_other_data_sets_stay():
    """`make ablation DATASETS=...` measures a data set at a time."""
    other = PLACE / "pendulum" / "section.json"
    shutil.copytree(Path("ablation") / SECTION, other.parent)
    text = other.read_text().replace('"digits"', '"pendulum"').replace("digits-vhp_elbo", "pendulum-vhp_elbo")
    other.write_text(text)
    keep(Path("ablation"))
    assert other.read_text() == text
    assert [section.dataset for section in evidence.supplement(PLACE)] == ["digits", "pendulum"]
    assert "| method | network | pendulum | digits |" in (PLACE / "table.md").read_text()


def test_a_half_written_supplement_is_no_evidence():
    shutil.copytree(keep(Path("ablation")), PLACE.with_name(".0-ablation"))  # the name that keep writes under
    assert list(evidence.supplements("smoke")) == ["ablation"]


def test_a_supplement_has_the_name_of_the_clones_folder(monkeypatch):
    monkeypatch.chdir("ablation/reports")
    assert keep(Path("..")).name == "ablation"


def test_the_name_of_the_reports_own_runs_is_refused():
    """As evidence it would stand for them."""
    clone = Path("ablation").rename(evidence.TABLE)
    with pytest.raises(CloneError, match="found table, the name of the report's own runs, expected another"):
        keep(clone)
    assert not evidence.SUPPLEMENTS.exists()


@pytest.mark.parametrize("module", [keep_command, commit])
def test_this_repository_itself_is_neither_kept_nor_committed(monkeypatch, module):
    monkeypatch.chdir("ablation")
    subprocess.run(["git", "init", "--quiet"], check=True)
    supplement = evidence.SUPPLEMENTS / "smoke" / "motion" / "table.md"
    supplement.parent.mkdir(parents=True)
    supplement.touch()
    with pytest.raises(SystemExit, match=r"found this repository itself in '\.', expected a clone of it"):
        call(module, ".")
    assert supplement.exists() and not Path(".git/index").exists()


@pytest.mark.parametrize("module", [keep_command, commit])
def test_a_folder_that_is_no_clone_is_neither_kept_nor_committed(module):
    with pytest.raises(SystemExit, match="found no clone in ablation"):
        call(module, "ablation")
    assert not evidence.SUPPLEMENTS.exists()
