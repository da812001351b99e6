"""Measure a run's interpolations: interpolation.npz -> runs/<run>/smoothness.json. Needs no torch."""

import argparse
from pathlib import Path

from stages.command import command
from stages.files import read_json, read_npz, write_json
from vhp import datasets
from vhp.latent.paths import WHOLE, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    with command("smoothness"):
        config = read_json(Path("runs", "configs", f"{name}.json"))
        arrays = read_npz(Path("runs", name, "interpolation.npz"))
        dataset = datasets.load(config["run"]["dataset"])
        result = measure(arrays, getattr(dataset, "JOINTS", WHOLE), getattr(dataset, "render", None))
        write_json(Path("runs", name, "smoothness.json"), result)


if __name__ == "__main__":
    main()
