"""Which modules differ between the code that made a result and the present one."""

from pathlib import Path

from stages.runs.fingerprint import Program
from stages.runs.stale import MOST_NAMED, changed_modules

CELL = ("train", "digits", "vhp_rewo")


def project(*changed: str) -> Program:
    """The project's code with another line at the end of the changed modules, given by their paths."""
    running = Program()

    def read(path: Path) -> str | None:
        text = running.read(path)
        return text and f"{text}\nCHANGED = True\n" if path.as_posix() in changed else text

    return Program(read)


def closure() -> list[str]:
    program = Program()
    return sorted(module for module in program.closure(program.entry_points(*CELL)) if program.text(module))


def path_of(module: str) -> str:
    file = Path(*module.split(".")).with_suffix(".py")
    return file.as_posix() if file.exists() else f"{module.replace('.', '/')}/__init__.py"


def test_few_changed_modules_are_named_and_others_left_out():
    old = project("vhp/model/vae.py", "vhp/seeds.py", "stages/report.py")
    assert changed_modules(Program(), old, CELL) == "vhp.model.vae, vhp.seeds"
    assert changed_modules(Program(), project(), CELL) == ""


def test_many_changed_modules_are_counted():
    paths = [path_of(module) for module in closure()]
    old = project(*paths[:MOST_NAMED])
    assert changed_modules(Program(), old, CELL).count(",") == MOST_NAMED - 1
    old = project(*paths[: MOST_NAMED + 1])
    assert changed_modules(Program(), old, CELL) == f"{MOST_NAMED + 1} modules"
