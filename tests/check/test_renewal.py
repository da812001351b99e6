"""`make baseline`: it reads the results and asks git before it writes anything, and accepts what is not in git yet."""

import shutil
from pathlib import Path

import pytest
import small_results
from check_command import outcome
from committed import git
from small_results import NOW, RESULTS, THEN, tamper

from stages.check.accepted import ACCEPTED, not_accepted
from stages.check.agreement import read_lock
from stages.check.regression import compare
from stages.files import read_json

LOCK = f"""schema: '2.0'
stages:
  report:
    cmd: python -m stages.report
    outs:
    - path: {NOW}
      md5: {"0" * 32}.dir
"""
STUDY = Path("reports/studies/smoke/kappa.digits/results.csv")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """The working directory: a result is worse than the baseline's."""
    monkeypatch.chdir(tmp_path)
    small_results.lay()
    Path("dvc.lock").write_text(LOCK)
    tamper("results.csv", "21.0", "25.0")


def faults() -> list[str]:
    return [str(c) for c in compare(NOW, THEN) if c.fault]


def below_reports() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path("reports").rglob("*") if path.is_file()}


def test_old_and_new_are_printed_and_the_fault_goes(monkeypatch, capsys):
    assert len(faults()) == 1
    assert outcome(monkeypatch, "--baseline") is None
    expected = "| NLL of digits-vhp_rewo-0 | 21.0000 | 25.0000 | +4.0000 | 1.2728 | worse or missing |"
    assert expected in capsys.readouterr().out
    assert faults() == []


@pytest.mark.parametrize("text", [None, "", "dataset\n"])
def test_a_baseline_that_cannot_be_compared_is_renewed_all_the_same(monkeypatch, capsys, text):
    (THEN / "smoothness.csv").unlink()
    if text is not None:
        (THEN / "smoothness.csv").write_text(text)
    assert outcome(monkeypatch, "--baseline") is None
    expected = f"The old baseline cannot be compared: {'missing: ' if text is None else ''}{THEN}"
    assert expected in capsys.readouterr().out
    assert faults() == []


def with_markers(name: str, line: int) -> None:
    """A conflict of which both sides are there, or one side is empty."""
    lines = (NOW / name).read_text().splitlines(keepends=True)
    lines[line:line] = ["<<<<<<< ours\n", "=======\n", ">>>>>>> theirs\n"]
    (NOW / name).write_text("".join(lines))


@pytest.mark.parametrize("old", [True, False], ids=["an old baseline", "none"])
@pytest.mark.parametrize(
    ("do", "says"),
    [
        (lambda: with_markers("results.csv", 0), f"{NOW}: expected other columns or values in results.csv"),
        (lambda: with_markers("results.csv", 2), "results.csv: found a row without dataset, method, seed: '<<<<<<< ou"),
        (lambda: with_markers("interpolation.csv", 2), "interpolation.csv: found a row without dataset, method, seed"),
        (lambda: with_markers("claims.csv", 2), "found a row without verdict: '<<<<<<< ours'"),
        (lambda: (NOW / "results.csv").write_text(RESULTS * 2), f"{NOW}: expected other columns or values"),
        (lambda: (NOW / "smoothness.csv").unlink(), f"missing: {NOW / 'smoothness.csv'}"),
        (lambda: (NOW / "claims.csv").unlink(), f"missing: {NOW / 'claims.csv'}"),
        (lambda: Path("dvc.lock").write_text("<<<<<<< ours\n"), "dvc.lock cannot be read"),
        (lambda: Path("dvc.lock").unlink(), "dvc.lock is missing, or has no stages: `make table` makes it"),
        (lambda: shutil.rmtree(".git"), "not a git repository"),
    ],
)
def test_where_results_dvc_lock_or_git_cannot_be_read_nothing_is_written(monkeypatch, do, says, old):
    if not old:
        shutil.rmtree(THEN)
    do()
    before = below_reports()
    message = outcome(monkeypatch, "--baseline")
    assert message is not None and message.startswith("check: ") and says in message
    assert below_reports() == before


def test_a_study_that_is_not_in_git_yet_is_accepted_and_stays_so_when_it_is(monkeypatch):
    """As CONTRIBUTING.md has it: `make baseline`, then `git add reports`."""
    Path(".gitignore").write_text("*.svg\n")
    for path in (STUDY, STUDY.with_name("curve.svg")):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1\n")
    assert outcome(monkeypatch, "--baseline") is None
    baselines = {(THEN / name).as_posix() for name in ("results.csv", "smoothness.csv", "interpolation.csv")}
    assert read_json(ACCEPTED)["files"].keys() == {STUDY.as_posix(), (THEN / "claims.csv").as_posix(), *baselines}
    git("add", "reports")
    git("commit", "-qm", "a study")
    assert list(not_accepted(read_lock(Path()))) == []
    STUDY.with_name("more.csv").write_text("1\n")
    (fault,) = not_accepted(read_lock(Path()))
    assert fault.startswith(f"{STUDY.with_name('more.csv')} was never accepted")


def test_what_is_accepted_and_not_in_git_is_named_and_leftovers_are_neither(monkeypatch, capsys):
    for file in (STUDY, STUDY.with_name(".12-results.csv"), Path("reports/supplements/smoke/.pendulum-7/section.json")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("value\n")
    assert outcome(monkeypatch, "--baseline") is None
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("accepted, and not in git yet:")]
    assert STUDY.as_posix() in line and "12-results" not in line and "pendulum-7" not in line
    assert not any("/." in file for file in read_json(ACCEPTED)["files"])
