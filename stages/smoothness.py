"""Measure a run's interpolations: paths.npz, latent_space.npz and the data -> smoothness.json. Needs no torch."""

import argparse

from stages.command import command
from stages.files import write_json
from stages.runs.configs import own_config
from stages.runs.outputs.arrays import read_arrays
from stages.runs.outputs.data import open_data
from stages.runs.places import run_folder
from vhp import datasets
from vhp.latent.off_data import Data
from vhp.latent.paths import WHOLE, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    with command("smoothness"):
        config = own_config("smoothness", name)
        arrays = read_arrays(config, name, "latent_space.npz", "paths.npz")
        dataset = datasets.load(config["run"]["dataset"])
        with open_data(config["run"]["dataset"]) as splits:
            data = Data.of(splits["train"], splits["val"])
        result = measure(arrays, getattr(dataset, "JOINTS", WHOLE), getattr(dataset, "render", None), data)
        write_json(run_folder(name) / "smoothness.json", result)


if __name__ == "__main__":
    main()
