"""From a file of one's own to the report's section: a CSV file of points, and an npz file of pictures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.files import read_json, write_text
from stages.new_dataset import __main__ as new_dataset
from stages.new_dataset.package import Wanted, describe, entry, first_guess, modules, with_kappa
from vhp.datasets.sources import REGISTRY, load_source

ROOT = Path(__file__).parents[2]
COMMANDS = ("download {0}", "preprocess {0}", "card {0}", "train {1}", "evaluate {1}", "interpolate {1}")
COMMANDS += ("smoothness {1}", "representation {1}", "section {0}", "beta_update", "report")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the program at the smoke budget, with one method, and two files of a user."""
    folder = tmp_path_factory.mktemp("project")
    for part in ("vhp", "stages"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "params.yaml").read_text()
    text = text.replace("budget: laptop", "budget: smoke").replace("epochs: {default: 1,", "epochs: {default: 2,")
    (folder / "params.yaml").write_text(text)
    rng = np.random.default_rng(0)  # the fixture rng is a single test's
    angle = rng.uniform(0, 2 * np.pi, 700)
    points = np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(0, 0.1, (700, 2))
    np.savetxt(folder / "ring.csv", points, delimiter=",", header="east,north", comments="")
    shades = np.kron(rng.integers(0, 2, (700, 2, 2)), np.ones((4, 4))).astype(bool)
    np.savez(folder / "my-squares.npz", shades)
    return folder


def call(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = os.environ | {"PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def run(folder: Path, stage: str, *arguments: str) -> str:
    done = call(folder, f"stages.{stage}", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("options", "name", "title", "drawn"),
    [
        (["ring.csv", "--title", "Ring of points"], "ring", "Ring of points", "interpolations"),
        (["my-squares.npz", "--name", "squares", "--kappa", "0.4"], "squares", "squares", "interpolation strips"),
    ],
)
def test_a_file_becomes_a_data_set_with_a_section_in_the_report(project, options, name, title, drawn):
    assert f"kappa.{name} =" in run(project, "new_dataset", *options)
    params = yaml.safe_load((project / "params.yaml").read_text())
    chosen = params | {"datasets": [name], "methods": ["vhp_rewo"]}
    (project / "params.yaml").write_text(yaml.safe_dump(chosen, sort_keys=False))
    run(project, "configure")
    for command in COMMANDS:
        run(project, *command.format(name, f"{name}-vhp_rewo-0").split())
    section = read_json(project / "reports/smoke/datasets" / name / "section.json")
    assert drawn in [figure["title"] for figure in section["figures"]]
    assert title in (project / "reports/smoke/table.md").read_text()
    assert f"# {title}" in (project / "data/cards" / f"{name}.md").read_text()


REFUSED = [
    ("bad.csv", "bad.csv, line 2, y: found 'two', expected a finite number"),
    ("ring.csv --name digits", "--name: found 'digits', which vhp.datasets or its registry.toml has already; choose"),
    ("ring.csv --name noise", "--name: found 'noise', which vhp.datasets or its registry.toml has already; choose"),
    ("ring.csv --name half", "--name: found 'half', which vhp.datasets or its registry.toml has already; choose"),
    ("ring.csv --name class", "--name: found 'class', expected lower-case letters"),
    ("ring.csv --name My-Ring", "--name: found 'My-Ring', expected lower-case letters, digits and _"),
    ("ring.csv --name true", "--name: found 'true', which means something else in params.yaml"),
    ("ring.csv --name null", "--name: found 'null', which means something else in params.yaml"),
    ("ring.csv --name matrix", "--name: found 'matrix', but runs/matrix is the pipeline's own; choose another"),
    ("ring.csv --name front", "--name: found 'front', but runs/front is the pipeline's own; choose another"),
    ("ring.csv --name default", "--name: found 'default', which means something else in params.yaml"),
    ("ring.csv --name o --kappa inf", "--kappa: found inf, expected a positive number"),
    ("ring.csv --name o --kappa nan", "--kappa: found nan, expected a positive number"),
    ("ring.csv --name o --kappa -1", "--kappa: found -1.0, expected a positive number"),
    ("ring.csv --name o --image-shape 3 3", "--image-shape: found 3 x 3, expected 2 pixels, as ring.csv has"),
    ("my-squares.npz --name o --image-shape -8 -8", "--image-shape: found -8 x -8, expected 64 pixels"),
    ("flat.npz --name o", "flat.npz: found the same values in every example, expected different ones, or --kappa"),
    ("ring.csv --name o --observation bernoulli", "ring.csv: found numbers from -1"),
    ("my-squares.npz --name o --standardise", "--standardise: found Bernoulli data, expected real values"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_nothing_is_written_for_a_file_or_an_option_that_is_refused(project, monkeypatch, options, message):
    (project / "bad.csv").write_text("x,y\n1,two\n")
    np.savez(project / "flat.npz", np.ones((700, 4)))
    # Read here by this repository's own program, which lacks the data sets that the tests above have made.
    shutil.copyfile(ROOT / "params.yaml", project / "params.yaml")
    registry = project / "vhp/datasets/registry.toml"
    with registry.open("a") as file:
        file.write("" if "[half]" in registry.read_text() else "\n[half]\n")  # of a package that was deleted
    before = (project / "params.yaml").read_text(), registry.read_text(), sorted(registry.parent.iterdir())
    monkeypatch.chdir(project)
    monkeypatch.setattr(new_dataset, "REGISTRY", registry)
    monkeypatch.setattr(sys, "argv", ["new_dataset", *options.split()])
    with pytest.raises(SystemExit) as error:
        new_dataset.main()
    assert str(error.value).startswith(f"new data set: {message}")
    assert ((project / "params.yaml").read_text(), registry.read_text(), sorted(registry.parent.iterdir())) == before


@pytest.mark.parametrize("fails", ["prepare.py", "registry.toml", "params.yaml"])
def test_where_a_file_cannot_be_written_nothing_is_left(tmp_path, monkeypatch, rng, fails):
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(ROOT / "params.yaml", "params.yaml")
    registry = tmp_path / "datasets" / "registry.toml"
    registry.parent.mkdir()
    shutil.copyfile(REGISTRY, registry)
    np.savetxt("ring.csv", rng.normal(0, 1, (700, 2)), delimiter=",", header="east,north", comments="")
    before = contents(tmp_path)

    def full(path, text):
        if path.name == fails:
            monkeypatch.setattr(new_dataset, "write_text", write_text)  # there is room for what was there before
            raise OSError(28, "No space left on device", str(path))
        write_text(path, text)

    monkeypatch.setattr(new_dataset, "REGISTRY", registry)
    monkeypatch.setattr(new_dataset, "write_text", full)
    monkeypatch.setattr(sys, "argv", ["new_dataset", "ring.csv"])
    with pytest.raises(SystemExit, match=f"new data set: .*No space left on device.*{fails}"):
        new_dataset.main()
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_changed_copy_is_an_error_that_names_both_checksums(project):
    run(project, "new_dataset", "ring.csv", "--name", "changed")
    params = yaml.safe_load((project / "params.yaml").read_text())
    (project / "params.yaml").write_text(yaml.safe_dump(params | {"datasets": ["changed"]}, sort_keys=False))
    run(project, "configure")
    with (project / "vhp/datasets/changed/changed.csv").open("a") as file:
        file.write("0,0\n")
    done = call(project, "stages.download", "changed")
    assert done.returncode == 1 and "wrong content: expected SHA-256" in done.stderr


def test_names_with_quotes_make_valid_code_and_a_valid_entry(tmp_path):
    file = tmp_path / 'a "b".CSV'
    file.write_text('"the ""x""",y\n' + "".join(f"{i / 100},{i * i / 1e5}\n" for i in range(700)))
    made = describe(file, Wanted("odd", 'An "odd" one', None, None, False, None))
    about, prepare = {}, modules(made)["prepare.py"]
    exec(modules(made)["__init__.py"], about)
    assert about["COORDINATES"] == ('the "x"', "y") and about["IMAGE_SHAPE"] == (1, 2)
    compile(prepare, "prepare.py", "exec")
    assert 'FILE = "odd.csv"' in prepare
    (tmp_path / "registry.toml").write_text(entry(made))
    source = load_source("odd", tmp_path / "registry.toml")
    assert (source.title, source.citation) == ('An "odd" one', 'a "b".CSV')


def test_many_coordinates_are_in_several_lines(tmp_path, rng):
    np.savez(tmp_path / "wide.npz", rng.normal(size=(700, 300)))
    made = describe(tmp_path / "wide.npz", Wanted("wide", "wide", None, None, False, None))
    text, about = modules(made)["__init__.py"], {}
    exec(text, about)
    assert about["COORDINATES"] == tuple(f"x{i}" for i in range(1, 301)) and about["IMAGE_SHAPE"] == (1, 300)
    assert max(map(len, text.splitlines())) <= 120


def test_the_first_guess_is_a_share_of_the_deviation_and_of_the_entropy(rng):
    assert first_guess(rng.normal(0, 2, (4000, 3)).astype(np.float32)) == pytest.approx(0.6, abs=0.02)
    assert first_guess(np.full((9, 4), 127, np.uint8)) == pytest.approx(np.sqrt(0.35 * np.log(2)), abs=0.01)


def test_parameters_without_a_line_per_data_set_are_refused():
    made = type("Made", (), {"name": "a", "kappa": 0.5, "guessed": True})
    assert (
        with_kappa("kappa: # why\n  b: 1\n", made)
        == "kappa: # why\n  a: 0.5 # a first guess: docs/own_data.md\n  b: 1\n"
    )
    with pytest.raises(ValueError, match="found no line `kappa:`"):
        with_kappa("kappa: 0.5\n", made)
