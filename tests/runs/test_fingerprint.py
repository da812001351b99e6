"""Fingerprints of code: what changes them and what does not, on small programs and on the project itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from stages.runs.fingerprint import ENTRY_POINTS, ROOT, FingerprintError, Program, require_own
from vhp import datasets, methods

PROGRAM = {
    "stages/train.py": '''"""A stage."""
import math
from vhp import densities
from vhp.names import title as called
def main(x: float = 1e-3) -> str:
    """Say it."""
    return f"{called(x)!r:>{9}} {densities.log_density(x):.2f}"  # a comment
''',
    "vhp/__init__.py": "",
    "vhp/densities.py": "from vhp.constants import HALF\ndef log_density(z): return -HALF * z**2\n",
    "vhp/constants.py": "HALF = 0.5\nOTHER = {'a': b'x', 'b': (1, ..., None, True, 2j)}\n",
    "vhp/names.py": "def title(x): return 'VHP'\n",
}


def program(**changed: str | None) -> Program:
    """PROGRAM with other files; keys as paths with _ for / and without .py: vhp_names; None: without the file."""
    files = PROGRAM | {f"{name.replace('_', '/', 1)}.py": text for name, text in changed.items()}
    return Program(lambda path: files.get(path.as_posix()))


def train(**changed: str | None) -> str:
    return program(**changed).fingerprint("stages.train")


BEFORE = "4b9ae6561f864769"


def test_a_fingerprint_is_the_same_number_on_every_version_of_python():
    """A dump of the syntax tree in a form of our own: each version that runs this test finds this number."""
    assert train() == BEFORE


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_other_versions_of_python_that_are_here_find_the_same_for_the_whole_project(version):
    command = f"python{version}"
    if not shutil.which(command) or subprocess.run([command, "-c", ""], capture_output=True, check=False).returncode:
        pytest.skip(f"no {command} here")
    code = "from stages.runs.fingerprint import *; p = Program(); "
    code += "print([p.of_stage(s, 'motion', 'vhp_rewo') for s in ENTRY_POINTS])"
    found = subprocess.run([command, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    here = Program()
    assert found.strip() == str([here.of_stage(stage, "motion", "vhp_rewo") for stage in ENTRY_POINTS])


STAGE = PROGRAM["stages/train.py"]
MOVED = STAGE.replace("from vhp import densities", "from vhp.model import gauss").replace("densities.log", "gauss.log")
SORTED = STAGE.replace("import math\nfrom vhp import densities\n", "from vhp import densities\nimport math\n")
BARE = STAGE.replace('"""A stage."""\n', "").replace('    """Say it."""\n', "").replace("  # a comment", "")
UNCHANGED = {
    "another docstring": {"stages_train": STAGE.replace("A stage.", "One.\n\nIn more words.").replace("Say it.", "?")},
    "no docstring, no comment": {"stages_train": BARE},
    "layout": {"stages_train": STAGE.replace("(x: float = 1e-3)", "(\n  x: float = 0.001,\n)")},
    "another order of imports": {"stages_train": SORTED},
    "a module moved and renamed": {
        "vhp_densities": None,
        "stages_train": MOVED,
        "vhp_model/gauss": PROGRAM["vhp/densities.py"],
    },
    "a module that nobody imports": {"vhp_new": "X = 1\n"},
    "the package on the way": {"vhp___init__": '"""About."""\n__version__ = "2"\n'},
}
CHANGED = {
    "a number of a density": {"vhp_constants": PROGRAM["vhp/constants.py"].replace("0.5", "0.25")},
    "a number of the stage": {"stages_train": STAGE.replace("1e-3", "2e-3")},
    "a text": {"vhp_names": "def title(x): return 'vhp'\n"},
    "a format": {"stages_train": STAGE.replace(":.2f", ":.3f")},
    "another name of an argument": {"vhp_densities": PROGRAM["vhp/densities.py"].replace("(z)", "(z, w=1)")},
    "another definition": {"stages_train": STAGE.replace("import title as called", "import title_of as called")},
    "a module in place of another": {
        "stages_train": STAGE.replace("from vhp import densities", "from vhp import constants as densities")
    },
}


@pytest.mark.parametrize("changed", UNCHANGED.values(), ids=UNCHANGED)
def test_what_does_not_change_the_program_does_not_change_the_fingerprint(changed):
    assert train(**changed) == train()


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_what_changes_the_program_changes_the_fingerprint(changed):
    assert train(**changed) != train()


def test_a_name_that_is_bound_again_is_not_taken_for_the_module():
    """Or a program that computes with its argument would have the fingerprint of one that computes with the module."""
    text = "from vhp import names\ndef main({argument}): return {used}.title(1)\n"
    module = train(stages_train=text.format(argument="lock", used="names"))
    argument = train(stages_train=text.format(argument="names", used="names"))
    assert module != argument


def test_an_import_inside_a_function_counts():
    text = "def main():\n    from vhp.names import title\n    return title(1)\n"
    assert train(stages_train=text) != train(stages_train=text, vhp_names="def title(x): return 'another'\n")


REFUSED = {
    "import vhp.names\n": "found `import vhp.names`, expected `from ... import ...`",
    "from . import names\n": "expected an absolute import",
    "from vhp.names import *\n": "expected the names that are used",
    "import importlib\nimportlib.import_module(f'vhp.{x}')\n": "expected it in vhp.datasets, vhp.figures, vhp.methods",
    "from importlib import import_module as load\nload('vhp.names')\n": "expected it in vhp.datasets",
    "def f(:\n": "cannot be parsed",
}


@pytest.mark.parametrize("text", REFUSED)
def test_an_import_that_cannot_be_followed_is_refused_with_module_and_rule(text):
    with pytest.raises(FingerprintError) as refused:
        train(vhp_names=text)
    assert str(refused.value).startswith("vhp.names") and REFUSED[text] in str(refused.value)


def test_a_circle_of_imports_is_refused():
    with pytest.raises(FingerprintError, match="found an import circle, expected none"):
        train(vhp_constants="from vhp.densities import log_density\nHALF = 0.5\n")


def test_the_closure_and_the_modules_own_code():
    before, after = program(), program(vhp_constants="HALF = 0.25\n")
    assert before.closure(("stages.train",)) == {"stages.train", "vhp.densities", "vhp.constants", "vhp.names"}
    differing = {m for m in before.closure(("stages.train",)) if before.own(m) != after.own(m)}
    assert differing == {"vhp.constants"}


@pytest.fixture(scope="module")
def project() -> Program:
    return Program()


@pytest.mark.parametrize("stage", ENTRY_POINTS)
def test_every_stage_of_every_cell_has_a_fingerprint(project, stage):
    found = {project.of_stage(stage, d, m) for d in datasets.names() for m in methods.names()}
    assert all(len(fingerprint) == 16 for fingerprint in found)


def with_change(project: Program, file: str, old: str, new: str) -> Program:
    text = project.read(Path(file))
    assert text.count(old) == 1
    return Program(lambda path: text.replace(old, new) if path == Path(file) else project.read(path))


def concerned(project: Program, changed: Program) -> set[tuple[str, str]]:
    """Stage and method of those with another fingerprint than before."""
    cells = [(stage, method) for stage in ENTRY_POINTS for method in methods.names()]
    return {(s, m) for s, m in cells if project.of_stage(s, "digits", m) != changed.of_stage(s, "digits", m)}


def test_a_number_in_the_vampprior_concerns_its_own_runs_alone(project):
    changed = with_change(project, "vhp/model/priors/mixture.py", "log_share=-math.log(", "log_share=-2 * math.log(")
    assert concerned(project, changed) == {(s, "vampprior") for s in ("train", "evaluate", "interpolate")}


def test_a_docstring_in_the_library_concerns_nothing(project):
    file = "vhp/model/vae.py"
    first = project.read(Path(file)).splitlines()[0]
    assert concerned(project, with_change(project, file, first, first.replace('"""', '"""Once more: ', 1))) == set()


def test_a_figures_colour_concerns_what_draws_alone(project):
    changed = with_change(project, "vhp/figures/colours.py", "#0072B2", "#0072B3")
    assert {stage for stage, _ in concerned(project, changed)} == {"card", "section", "report"}


def test_smoothness_and_representation_know_no_method(project):
    for stage in ("smoothness", "representation"):
        assert len({project.of_stage(stage, "digits", method) for method in methods.names()}) == 1


def test_a_configuration_of_other_code_is_refused():
    file = Path("runs/configs/digits-vampprior-0.json")
    require_own("train", Program().of_stage("train", "digits", "vampprior"), file, "digits", "vampprior")
    with pytest.raises(FingerprintError, match=r"digits-vampprior-0\.json: found 0123 as the code of train, expected"):
        require_own("train", "0123", file, "digits", "vampprior")
