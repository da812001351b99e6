"""Make a data set of a CSV or npz file of your own: `python -m stages.new_dataset points.csv`.

It gets a package of its own, vhp/datasets/<name>/, with a copy of the file in it; an entry in registry.toml, with the
checksum of its content; and a line below kappa in params.yaml. Then it is a data set as any other. Nothing is written
unless the file can be read, split and trained on. docs/own_data.md says what a file may hold.
"""

import argparse
import math
import re
import shutil
import tomllib
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path

from stages.command import command
from stages.files import write_text
from stages.inspect.front.cell import BEGUN as FRONT
from stages.new_dataset.package import Described, Wanted, describe, entry, modules, with_kappa
from stages.params import plain_yaml
from stages.params.reading import read as read_params
from stages.params.schema import DEFAULT
from stages.runs.places import CONFIGS, MATRIX
from stages.runs.sitting import CHECKPOINTS
from vhp.datasets.sources import REGISTRY

PARAMS = Path("params.yaml")
NAME = re.compile(r"[a-z][a-z0-9_]*")
TAKEN = {path.name: path for path in (CONFIGS, MATRIX.parent, CHECKPOINTS, FRONT)}  # runs/<data set>/ is one's own


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path, help=".csv or .npz")
    parser.add_argument("--name", help="of the data set; default: the file's, without its ending")
    parser.add_argument("--title", help="in tables and figures; default: the name")
    parser.add_argument("--observation", choices=["bernoulli", "gaussian"], help="default: bernoulli of uint8 and bool")
    parser.add_argument("--standardise", action="store_true", help="real values, by mean and s.d. of the training set")
    parser.add_argument("--image-shape", type=int, nargs=2, metavar=("HEIGHT", "WIDTH"), help="of rows that are images")
    parser.add_argument("--kappa", type=float, help="of the constraint; default: a first guess")
    return parser.parse_args()


def make(arguments: argparse.Namespace) -> Described:
    """Writes package, entry and parameter. Raises ValueError or OSError, and then nothing is left of them."""
    name = arguments.name or arguments.file.stem
    if not NAME.fullmatch(name) or iskeyword(name):
        raise ValueError(f"--name: found {name!r}, expected lower-case letters, digits and _, beginning with a letter")
    if name == DEFAULT or plain_yaml.parse(name) != name:
        raise ValueError(f"--name: found {name!r}, which means something else in params.yaml; choose another")
    if name in TAKEN:
        raise ValueError(f"--name: found {name!r}, but {TAKEN[name]} is the pipeline's own; choose another")
    if find_spec(f"vhp.datasets.{name}") or name in tomllib.loads(REGISTRY.read_text(encoding="utf-8")):
        raise ValueError(f"--name: found {name!r}, which vhp.datasets or its registry.toml has already; choose another")
    if arguments.kappa is not None and not 0 < arguments.kappa < math.inf:
        raise ValueError(f"--kappa: found {arguments.kappa}, expected a positive number")
    read_params(PARAMS)  # a mistake in it is found before anything is written
    shape = None if arguments.image_shape is None else tuple(arguments.image_shape)
    wanted = Wanted(name, arguments.title or name, arguments.observation, shape, arguments.standardise, arguments.kappa)
    made = describe(arguments.file, wanted)
    write(arguments.file, made)
    return made


def write(file: Path, made: Described) -> None:
    """All of it or, where something cannot be written, nothing. Raises OSError, and ValueError of with_kappa."""
    params, registry = with_kappa(PARAMS.read_text(encoding="utf-8"), made), REGISTRY.read_text(encoding="utf-8")
    folder = REGISTRY.parent / made.name
    new = folder.with_name(f".new-{made.name}")
    shutil.rmtree(new, ignore_errors=True)
    try:
        for name, text in modules(made).items():
            write_text(new / name, text)
        shutil.copyfile(file, new / made.file)
        new.rename(folder)
        write_text(REGISTRY, registry + entry(made))
        write_text(PARAMS, params)
    except BaseException:  # Ctrl-C, too
        for unfinished in (new, folder):
            shutil.rmtree(unfinished, ignore_errors=True)
        if REGISTRY.read_text(encoding="utf-8") != registry:
            write_text(REGISTRY, registry)
        raise


def main() -> None:
    arguments = parse()
    with command("new data set"):
        made = make(arguments)
        kind = f"pictures of {made.image_shape[0]} x {made.image_shape[1]}" if not made.coordinates else "points"
        print(
            f"{made.name}: {kind}, {made.observation}, {' / '.join(f'{n:,}' for n in made.sizes)} examples; "
            f"kappa.{made.name} = {made.kappa:g} in {PARAMS}\n"
            f"try it:  dvc exp run -S budget=demo -S 'datasets=[{made.name}]'"
        )


if __name__ == "__main__":
    main()
