"""Results, baseline, dvc.lock and documents tampered with in one way after the other: what `make check` says of each.

FAULTS end the check with an error. SHOWN could be an honest change and is named beside the revision compared with, or
among results that are older than what made them. MISSED is what it cannot know, with the reason.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import check_command
import pytest
import yaml
from committed import ROOT, git, run
from configured import program

from stages.check import __main__ as check
from stages.check import regression
from stages.check.accepted import ACCEPTED, accept
from stages.check.agreement import read_lock
from stages.check.folders import md5_of_list
from stages.check.regression import FILES
from stages.files import as_json, md5, md5_of, read_json, write_json, write_text
from stages.reports import sections
from stages.reports.claims import evidence
from stages.reports.tables import texts
from stages.runs.places import data_file, raw_file, run_folder
from stages.runs.recorded import md5_of_folder

REPORT, BASELINE = Path("reports/smoke"), Path("reports/baseline/smoke")
RESULTS, SECTION = REPORT / "results.csv", REPORT / "datasets/digits/section.json"
FIGURE = SECTION.parent / "samples.png"
REWO = "digits-vhp_rewo-0"
LIKELIHOOD, MODEL = run_folder(REWO) / "likelihood.json", run_folder(REWO) / "model.safetensors"
# Documents, and what they quote; the repository's own, whatever they say.
COPIED = ("README.md", "docs", "reports/seeds", "reports/examples", "reports/studies", "reports/supplements")
COPIED += ("reports/laptop", "reports/paper_cpu")


class Tampering(NamedTuple):
    """What is done to the files in the working directory, and what the check then says."""

    name: str
    do: Callable[[], Any]
    says: str


# --- how it is done ---


def edit(path: Path | str, old: str, new: str) -> None:
    text = Path(path).read_text()
    assert old in text, f"{path} has no {old!r}"
    Path(path).write_text(text.replace(old, new, 1))


def misquote(path: Path | str, text: str) -> None:
    """Another digit in the first number after the text, which names no result: new results do not end the test."""
    before, text, after = Path(path).read_text().partition(text)
    assert text, f"{path} lacks it"
    Path(path).write_text(before + text + re.sub(r"\d", lambda digit: str(9 - int(digit[0])), after, count=1))


def lock(change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the stages in dvc.lock."""
    content = yaml.safe_load(Path("dvc.lock").read_text())
    change(content["stages"])
    Path("dvc.lock").write_text(yaml.safe_dump(content, sort_keys=False))


def files_in(stages: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Where dvc.lock has the file's hash: as an output and as an input."""
    found = [file for s in stages.values() for kind in ("outs", "deps") for file in s.get(kind, [])]
    return [file for file in found if file["path"] == path.as_posix()]


def renew(*paths: Path) -> None:
    """Give dvc.lock the hashes that the files have now, and those of the folders around the section."""

    def change(stages: dict[str, Any]) -> None:
        for path in (*paths, SECTION.parent, SECTION.parent.parent):
            for file in files_in(stages, path):
                file["md5"] = md5_of_folder(path) if path.is_dir() else md5(path)
                if "size" in file and path.is_file():
                    file["size"] = path.stat().st_size

    lock(change)


def set_md5(path: Path, value: str = "0" * 32, folder: bool = False) -> None:
    """Another hash of a file wherever dvc.lock has it; folder: of the folder with the runs as well."""

    def change(stages: dict[str, Any]) -> None:
        for file in files_in(stages, path):
            file["md5"] = value
        outs = {out["path"]: out["md5"] for s in stages.values() for out in s.get("outs", [])}
        runs = {p.removeprefix("runs/digits/"): m for p, m in outs.items() if p.startswith("runs/digits/")}
        for file in files_in(stages, Path("runs/digits")) if folder else ():
            file["md5"] = md5_of_list(runs)

    lock(change)


def in_section(change: Callable[[dict[str, Any]], Any]) -> None:
    """Change section.json, and its hash in dvc.lock with it."""
    content = read_json(SECTION)
    change(content)
    write_json(SECTION, content)
    renew()


def in_run(key: str, **changes: Any) -> None:
    in_section(lambda content: content["runs"][REWO][key].update(changes))


def compile_again() -> None:
    """The report's tables from the section as it is now, with their hashes."""
    found = [sections.read("smoke", "digits")]
    made = texts(found, evidence.read("smoke", found))
    for name, text in made.items():
        write_text(REPORT / name, text)
    renew(*(REPORT / name for name in made))


def forge(nll: float) -> str:
    """Another likelihood in the section, its tables and their hashes; gives the hash of its likelihood.json."""
    content = read_json(SECTION)
    likelihood = content["runs"][REWO]["likelihood"] | {"nll": nll}
    hashed = md5_of(as_json(likelihood).encode())
    content["runs"][REWO]["likelihood"] = likelihood
    content["differences"] = []  # as sections of before have it
    content["inputs"][LIKELIHOOD.as_posix()] = hashed
    write_json(SECTION, content)
    renew()
    compile_again()
    return hashed


def forge_with_the_record(nll: float, folder: bool) -> None:
    set_md5(LIKELIHOOD, forge(nll), folder)


def without(path: Path, start: str) -> None:
    lines = path.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(start)]
    assert len(kept) == len(lines) - 1
    path.write_text("".join(kept))


def accept_all() -> None:
    accept(read_lock(Path()), BASELINE)


def copied_to_the_baseline() -> None:
    for name in FILES:
        shutil.copyfile(REPORT / name, BASELINE / name)
    accept_all()


def added(path: str) -> None:
    Path(path).write_text("1\n")
    git("add", path)


def then(*steps: Callable[[], Any]) -> Callable[[], None]:
    return lambda: [step() for step in steps] and None


def in_baseline(old: str, new: str, name: str = "results.csv") -> Callable[[], None]:
    return lambda: edit(BASELINE / name, old, new)


def with_its_hash(name: str, old: str, new: str) -> Callable[[], None]:
    return then(lambda: edit(REPORT / name, old, new), lambda: renew(REPORT / name))


def drawn_over(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def without_an_input(content: dict[str, Any]) -> None:
    del content["inputs"][(run_folder(REWO) / "paths.npz").as_posix()]


REWO_ROW, IWAE_ROW = "digits,vhp_rewo,0", "digits,iwae_l1,0"
SEEDS, PENDULUM = Path("reports/seeds"), Path("reports/examples/pendulum")
DERIVED = "is not what its sections give"
NO_RESULT = "is not what it was at HEAD, and no result since then"
MISQUOTED = "found other numbers than the results give"

FAULTS = [
    # A result in the report's files
    Tampering("a better NLL", lambda: edit(RESULTS, f"{IWAE_ROW},90.0", f"{IWAE_ROW},80.0"), f"{RESULTS} {DERIVED}"),
    Tampering(
        "a better NLL with its hash", with_its_hash("results.csv", f"{IWAE_ROW},90.0", f"{IWAE_ROW},80.0"), DERIVED
    ),
    Tampering(
        "a better NLL with its hash and the baseline",
        then(with_its_hash("results.csv", f"{IWAE_ROW},90.0", f"{IWAE_ROW},80.0"), copied_to_the_baseline),
        DERIVED,
    ),
    Tampering("more test images", with_its_hash("results.csv", ",200,500,", ",900,500,"), DERIVED),
    Tampering("a row removed", then(lambda: without(RESULTS, REWO_ROW), lambda: renew(RESULTS)), DERIVED),
    Tampering("a smoothness factor", with_its_hash("smoothness.csv", "0.02", "0.01"), DERIVED),
    Tampering("a path's length", with_its_hash("interpolation.csv", "1.4", "1.3"), DERIVED),
    Tampering("a classifier's accuracy", with_its_hash("representation.csv", "0.625", "0.525"), DERIVED),
    Tampering("table.md", with_its_hash("table.md", "90.00", "80.00"), DERIVED),
    Tampering("table.csv", with_its_hash("table.csv", "90.0", "80.0"), DERIVED),
    Tampering("table.tex", with_its_hash("table.tex", "90.00", "80.00"), DERIVED),
    Tampering(
        "a row of inputs.csv",
        then(
            lambda: without(REPORT / "inputs.csv", LIKELIHOOD.as_posix()),
            lambda: renew(REPORT / "inputs.csv"),
        ),
        DERIVED,
    ),
    Tampering("the page", lambda: drawn_over(REPORT / "index.html"), "index.html modified"),
    Tampering("a figure", lambda: drawn_over(FIGURE), f"{SECTION.parent}: found the MD5"),
    Tampering("a figure deleted", lambda: FIGURE.unlink(), f"{SECTION.parent}: found"),
    Tampering("the list of stale results", lambda: edit(REPORT / "stale.md", "No result", "None"), "stale.md modified"),
    Tampering("results.csv deleted", lambda: RESULTS.unlink(), f"check: missing: {RESULTS}"),
    # A section
    Tampering("an NLL in the section", lambda: in_run("likelihood", nll=1.0), "that of their NLL"),
    Tampering("an ELBO in the section", lambda: in_run("likelihood", elbo=-1.0), "not what the section was made from"),
    Tampering("a duration", lambda: in_run("training_time", seconds=1.0), "not what the section was made from"),
    Tampering("the version of torch", lambda: in_run("evaluation_time", torch="1.0"), "not what the section was made"),
    Tampering(
        "a point of a training curve",
        lambda: in_section(lambda c: c["runs"][REWO]["history"].__setitem__(3, c["runs"][REWO]["history"][3] + "1")),
        "history.csv is not what the section was made from",
    ),
    Tampering(
        "a parameter in the section", lambda: in_run("config", method={"kappa": 9.0}), "other parameters of train"
    ),
    Tampering("the code that trained", lambda: in_run("code", train="0" * 16), "as the code that made train"),
    Tampering("the code in dvc.lock", lambda: lock(other_code), "as the code that made evaluate"),
    Tampering("an NLL and all that derives from it", lambda: forge(1.0), "is not what it was when the report was made"),
    Tampering(
        "an NLL, all that derives from it and its hash",
        lambda: forge_with_the_record(1.0, False),
        "held other files than those",
    ),
    Tampering(
        "an input left out of section and table",
        lambda: (in_section(without_an_input), compile_again()),
        "found no runs/digits/digits-vhp_rewo-0/paths.npz among the inputs",
    ),
    # dvc.lock
    Tampering("a model where it is made", lambda: lock(other_model), "is not what train made"),
    Tampering("a model everywhere", lambda: set_md5(MODEL), "held other files than those that its stages made"),
    Tampering(
        "a model everywhere and in the folder's hash",
        lambda: set_md5(MODEL, folder=True),
        f"{MODEL} is not what it was when",
    ),
    Tampering(
        "the data everywhere", lambda: set_md5(data_file("digits")), "is not what it was when the report was made"
    ),
    Tampering("a stage removed", lambda: lock(lambda s: s.pop(f"smoothness@{REWO}")), "was never run"),
    Tampering("a parameter in dvc.lock", lambda: lock(other_epochs), "other parameters of train"),
    Tampering("conflict markers", lambda: edit("dvc.lock", "schema", "<<<<<<< ours\nschema"), "cannot be read"),
    # The baseline
    Tampering(
        "a baseline row removed", lambda: without(BASELINE / "results.csv", REWO_ROW), "found no row digits, vhp_"
    ),
    Tampering(
        "a removed row accepted",
        then(lambda: without(BASELINE / "results.csv", REWO_ROW), accept_all),
        "found no row digits, vhp_rewo, 0",
    ),
    Tampering(
        "a baseline row added",
        then(in_baseline(IWAE_ROW, "digits,vae,0,99.0\n" + IWAE_ROW), accept_all),
        "digits-vae-0: missing",
    ),
    Tampering("a worse value in the baseline", in_baseline(f"{REWO_ROW},90.0", f"{REWO_ROW},95.0"), "found the MD5"),
    Tampering(
        "a worse value accepted", then(in_baseline(f"{REWO_ROW},90.0", f"{REWO_ROW},95.0"), accept_all), NO_RESULT
    ),
    Tampering("a wider error in the baseline", in_baseline("90.0,0.5", "90.0,9.5"), "found the MD5"),
    Tampering("a wider error accepted", then(in_baseline("90.0,0.5", "90.0,9.5"), accept_all), NO_RESULT),
    Tampering(
        "a wider spread of a smoothness factor",
        then(in_baseline("0.02,0.005", "0.02,5.0", "smoothness.csv"), accept_all),
        NO_RESULT,
    ),
    Tampering("the baseline deleted", lambda: shutil.rmtree(BASELINE), "is missing: `make baseline` makes it"),
    Tampering(
        "the tolerance raised", lambda: setattr(regression, "STANDARD_ERRORS", 30.0), "a tolerance of 30 standard"
    ),
    Tampering("what was accepted deleted", lambda: ACCEPTED.unlink(), f"{ACCEPTED} is missing"),
    # Documents, and what stands in reports/ beside the pipeline's
    Tampering("a cell of the README's table", lambda: misquote("README.md", "| VHP + REWO | **"), MISQUOTED),
    Tampering("bold in the README's table", lambda: edit("README.md", "REWO | **", "REWO | "), MISQUOTED),
    Tampering("a sentence of the README", lambda: misquote("README.md", "of the paper's table, by"), MISQUOTED),
    Tampering("the README's ladder", lambda: misquote("README.md", "Plain convolutional: NLL"), MISQUOTED),
    Tampering("the README's demo", lambda: misquote("README.md", "| method | pendulum | digits |"), MISQUOTED),
    Tampering("a sentence in docs/", lambda: misquote("docs/results.md", "Against VampPrior it is"), MISQUOTED),
    Tampering("a table in docs/", lambda: misquote("docs/results.md", "| smoothness factor | roughness |"), MISQUOTED),
    Tampering("the plan's table", lambda: misquote("docs/paper_plan.md", "| convolutions, `paper_cpu` |"), MISQUOTED),
    Tampering(
        "a seed's result", lambda: edit(SEEDS / "results.csv", "84.8", "83.8"), f"{SEEDS / 'results.csv'}: found the"
    ),
    Tampering(
        "a seed's result accepted", then(lambda: edit(SEEDS / "results.csv", "84.8", "83.8"), accept_all), MISQUOTED
    ),
    Tampering("the seeds' table", lambda: edit(SEEDS / "table.md", "84.81", "83.81"), MISQUOTED),
    Tampering(
        "an example's result", then(lambda: edit(PENDULUM / "results.csv", "-396.9", "-397.9"), accept_all), MISQUOTED
    ),
    Tampering(
        "an example's figure", lambda: drawn_over(Path("reports/examples/beta_update.png")), "beta_update.png: found"
    ),
    Tampering(
        "a study's table", lambda: drawn_over(Path("reports/studies/laptop/kappa.digits/table.md")), "found the MD5"
    ),
    Tampering("a file removed", lambda: (SEEDS / "table.md").unlink(), f"{SEEDS / 'table.md'} is missing"),
    Tampering("a file added", lambda: added("reports/more.csv"), "reports/more.csv was never accepted"),
]
SHOWN = [
    Tampering(
        "a forgery that agrees in all files",
        then(lambda: forge_with_the_record(80.0, True), copied_to_the_baseline),
        f"evaluate@{REWO}: likelihood.json, made by the same code, with the same parameters and from the same files",
    ),
    Tampering(
        "the page with its hash",
        then(lambda: drawn_over(REPORT / "index.html"), lambda: renew(REPORT / "index.html")),
        "report: index.html, made by the same code",
    ),
    Tampering(
        "a figure with its hash", then(lambda: drawn_over(FIGURE), renew), "section@digits: digits, made by the same"
    ),
    Tampering(
        "the raw data", lambda: set_md5(raw_file("digits")), "download@digits: digits.npz, made by the same code"
    ),
    Tampering(
        "an accepted figure",
        then(lambda: drawn_over(Path("reports/examples/beta_update.png")), accept_all),
        "reports/examples/beta_update.png: accepted anew",
    ),
    Tampering(
        "the tolerance raised and accepted",
        then(lambda: setattr(regression, "STANDARD_ERRORS", 30.0), accept_all),
        "the tolerance: 30.0 standard errors instead of 3.0",
    ),
    Tampering(
        "the pinned torch",
        lambda: edit("requirements.lock", "torch==2.13.0", "torch==2.12.0"),
        "train@digits-vhp_rewo-0 and 3 more: torch 2.13.0, requirements.lock has 2.12.0",
    ),
]
MISSED = [
    Tampering(
        "a number whose run is not committed",
        lambda: edit("docs/tuning.md", "none | 395.32", "none | 397.32"),
        "the trials behind docs/tuning.md were thrown away: there is no file to compare it with",
    ),
    Tampering(
        "a time in docs/",
        lambda: edit("README.md", "| 12 min |", "| 2 min |"),
        "durations belong to a machine and a day, and no file has those of these commands",
    ),
]


def other_code(stages: dict[str, Any]) -> None:
    next(iter(stages[f"evaluate@{REWO}"]["params"].values()))["code.evaluate"] = "0" * 16


def other_epochs(stages: dict[str, Any]) -> None:
    next(iter(stages[f"train@{REWO}"]["params"].values()))["training"]["epochs"] = 9


def other_model(stages: dict[str, Any]) -> None:
    next(out for out in stages[f"train@{REWO}"]["outs"] if out["path"] == MODEL.as_posix())["md5"] = "0" * 32


# --- what the check says ---


@pytest.fixture(scope="module")
def place(repository, tmp_path_factory) -> Iterator[None]:
    """The working directory is a clone that has the project's documents, too, all accepted and committed."""
    folder = tmp_path_factory.mktemp("tampered") / "clone"
    run("git", "clone", "-q", str(repository), str(folder))
    tracked = subprocess.run(["git", "ls-files", *COPIED], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in tracked.stdout.splitlines():
        if not name.startswith("reports/laptop") or name.endswith((".json", ".csv")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(check, "Program", program)  # the code does not change meanwhile
        Path("requirements.lock").write_text("torch==2.13.0\n")  # as the copied runs say
        for kept in (evidence.STUDIES, evidence.SUPPLEMENTS):
            lock(lambda stages, kept=kept: [f.update(md5=md5_of_folder(kept)) for f in files_in(stages, kept)])
        git("add", "-A")
        accept_all()
        git("add", "-A")
        git("commit", "-qm", "documents")
        yield


@pytest.fixture
def said(place, monkeypatch, capsys) -> Iterator[Callable[[Tampering], tuple[str, str]]]:
    """The check's error and what it prints after a tampering, which is undone in the end."""
    before = contents()
    monkeypatch.setattr(regression, "STANDARD_ERRORS", regression.STANDARD_ERRORS)

    def tampered(tampering: Tampering) -> tuple[str, str]:
        tampering.do()
        error = check_command.outcome(monkeypatch, "--since", "HEAD")
        return str(error or ""), capsys.readouterr().out

    yield tampered
    for path, (_, content) in before.items():
        if contents(path) != {path: before[path]}:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    git("reset", "-q")
    for path in contents().keys() - before.keys():
        path.unlink()


def contents(*paths: Path) -> dict[Path, tuple[int, bytes]]:
    """Of the files, or of all but DVC's and git's own: their time and content."""
    found = paths or [
        Path(f, n) for f, _, names in os.walk(".") for n in names if not f.startswith(("./.git", "./.dvc"))
    ]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in found if path.exists()}


def name(tampering: Tampering) -> str:
    return tampering.name.replace(" ", "-")


def test_without_a_tampering_there_is_no_fault_and_nothing_is_shown(said):
    error, printed = said(Tampering("none", lambda: None, ""))
    assert error == ""
    assert "made by the same code" not in printed and "accepted anew" not in printed and "torch" not in printed


@pytest.mark.parametrize("tampering", FAULTS, ids=name)
def test_a_tampering_is_a_fault(said, tampering):
    error, _ = said(tampering)
    assert tampering.says in error


@pytest.mark.parametrize("tampering", SHOWN, ids=name)
def test_what_could_be_honest_is_shown(said, tampering):
    error, printed = said(tampering)
    assert tampering.says in printed
    assert error == ""


@pytest.mark.parametrize("tampering", MISSED, ids=name)
def test_what_the_check_cannot_know(said, tampering):
    """says: why."""
    nothing = said(Tampering("none", lambda: None, ""))
    assert said(tampering) == nothing and nothing[0] == ""


def test_the_document_says_how_many_there_are():
    faults, shown, missed = map(len, (FAULTS, SHOWN, MISSED))
    expected = f"{faults} tamperings that are faults, {shown} that are shown and {missed} that nothing here can find"
    assert expected in " ".join((ROOT / "docs/check.md").read_text().split())
