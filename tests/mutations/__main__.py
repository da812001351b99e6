"""Are bugs detected? `python tests/mutations [WORD]` plants each bug in a copy of the project and runs the tests.

A bug is caught by the first test that fails; where that is not by an assertion, the exception is named, too. Exits with
1 if one is not caught, if a text to change does not occur exactly once, if what is planted cannot run, or if the tests
fail without any bug. WORD: only the mutations whose description or file contains it.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from planted import MUTATIONS, Mutation

ROOT = Path(__file__).parents[2]
COPIED = ("vhp", "stages", "tests", "pyproject.toml", "params.yaml", "dvc.yaml")
JOBS = 2
# Of planted text that cannot run: a test that meets them has compared no number.
CANNOT_RUN = ("AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "TypeError", "UnboundLocalError")
SEEN = ("assert", "AssertionError", "Failed")  # pytest's words for an assertion, and for pytest.raises without an error


class FaultError(Exception):
    """The table, or the tests without any bug, are wrong."""


def copy(folder: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "mutations"))
        else:
            shutil.copy(source, folder / name)


def caught_by(report: str) -> str | None:
    """From pytest's summary: the first test that failed, with the exception, if it is no assertion; None if none did.

    Raises FaultError for an exception that says that the planted text cannot run.
    """
    failed = re.search(r"^(?:FAILED|ERROR) \S*?(?:::(\S+))?(?: - ([\w.]*).*)?$", report, re.MULTILINE)
    if failed is None or failed[1] is None:
        return None
    kind = (failed[2] or "assert").rpartition(".")[2]
    if kind in CANNOT_RUN:
        raise FaultError(f"{failed[0]}: expected a number that a test finds wrong")
    return failed[1] if kind in SEEN else f"{failed[1]}, {kind}"


def first_failure(folder: Path, tests: tuple[str, ...]) -> str | None:
    """What caught_by says of the tests in the folder, None if all pass. Raises FaultError if none ran."""
    options = ["-x", "-q", "--tb=no", "-rfE", "-p", "no:cacheprovider", "--hypothesis-profile=unshrunk"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    wide = os.environ | {"COLUMNS": "1000"}  # else pytest cuts its summary off before the exception
    done = subprocess.run(command, cwd=folder, env=wide, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return None
    failed = caught_by(done.stdout)
    # Tests that cannot even be collected show that the planted text is no Python, not that a test detects it.
    if done.returncode != 1 or failed is None:
        raise FaultError(f"pytest ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return failed


def plant(mutation: Mutation) -> str | None:
    """The test that caught the mutation, None if none did."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy(folder)
        file = folder / mutation.file
        text = file.read_text()
        if (found := text.count(mutation.old)) != 1:
            raise FaultError(
                f"{mutation.breaks}: found {found} times in {mutation.file}, expected once: {mutation.old}"
            )
        file.write_text(text.replace(mutation.old, mutation.new))
        return first_failure(folder, mutation.tests)


def healthy() -> str | None:
    """The test that fails without any bug planted."""
    with tempfile.TemporaryDirectory() as name:
        copy(Path(name))
        return first_failure(Path(name), tuple(sorted({test for m in MUTATIONS for test in m.tests})))


def main() -> None:
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [m for m in MUTATIONS if word in m.breaks or word in m.file]
    if not chosen:
        raise SystemExit(
            f"mutations: found none with {word!r} in its description or file, expected a word of planted.py"
        )
    survivors = []
    print("| planted bug | file | caught by |\n| --- | --- | --- |")
    with ThreadPoolExecutor(JOBS) as pool:
        try:
            failing = pool.submit(healthy)
            for mutation, test in zip(chosen, pool.map(plant, chosen), strict=True):
                survivors += [] if test else [mutation.breaks]
                print(f"| {mutation.breaks} | {mutation.file} | {test or 'SURVIVED'} |", flush=True)
            if failing.result():
                raise FaultError(f"{failing.result()} fails without any bug planted")
        except FaultError as fault:
            pool.shutdown(cancel_futures=True)
            raise SystemExit(f"mutations: {fault}") from fault
    if survivors:
        raise SystemExit(f"mutations: {len(survivors)} of {len(chosen)} not caught: {', '.join(survivors)}")
    print(f"\n{len(chosen)} bugs planted, {len(chosen)} caught")


if __name__ == "__main__":
    main()
