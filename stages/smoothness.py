"""Measure a run's interpolations: paths.npz and latent_space.npz -> smoothness.json. Needs no torch."""

import argparse

from stages.command import command
from stages.files import write_json
from stages.runs.artifacts import read_arrays
from stages.runs.configs import own_config
from stages.runs.places import run_folder
from vhp import datasets
from vhp.latent.paths import WHOLE, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    with command("smoothness"):
        config = own_config("smoothness", name)
        arrays = read_arrays(config, name, "latent_space.npz", "paths.npz")
        dataset = datasets.load(config["run"]["dataset"])
        result = measure(arrays, getattr(dataset, "JOINTS", WHOLE), getattr(dataset, "render", None))
        write_json(run_folder(name) / "smoothness.json", result)


if __name__ == "__main__":
    main()
