"""The studies that the documentation asks for can be made where the committed ones are."""

import re
import shlex
from pathlib import Path

import pytest

from stages.study.earlier import check_earlier, run_of

ROOT = Path(__file__).parents[2]
PLACES = [ROOT / "README.md", ROOT / "Makefile", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"make study (PARAM=[^`#|]*?)(?= {2,}#|`|\.\.\.|\n(?! {8}))")


def commands() -> list[dict[str, str]]:
    """What each printed `make study` sets."""
    found = [text for path in PLACES for text in COMMAND.findall(path.read_text(encoding="utf-8"))]
    words = [shlex.split(text.replace("\\\n", " ")) for text in found]
    return [dict(word.split("=", 1) for word in each) for each in words]


def test_commands_are_found_in_the_documentation():
    assert {"kappa.digits", "kappa.pendulum", "settings.shared.K"} <= {each["PARAM"] for each in commands()}


@pytest.mark.parametrize("asked", [each for each in commands() if "VALUES" in each], ids=lambda each: each["PARAM"])
def test_a_printed_command_is_not_refused_for_the_committed_study(asked, monkeypatch):
    monkeypatch.chdir(ROOT)
    *_, dataset = asked["PARAM"].split(".")
    runs = {
        run_of(name, method, seed, value)
        for name in asked.get("DATASETS", dataset).split()
        for method in asked["METHODS"].split()
        for seed in asked.get("SEEDS", "0").split()
        for value in asked["VALUES"].split()
    }
    if "FORCE" not in asked:
        check_earlier(Path("reports/studies/laptop") / asked["PARAM"], runs, asked.get("SET", ""))
