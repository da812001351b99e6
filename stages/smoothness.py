"""Measure a run's interpolations: paths.npz and latent_space.npz -> smoothness.json. Needs no torch."""

import argparse

from stages.command import command
from stages.files import read_npz, write_json
from stages.runs.configs import own_config
from stages.runs.places import run_folder
from vhp import datasets
from vhp.latent.paths import WHOLE, measure


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    with command("smoothness"):
        config, folder = own_config("smoothness", name), run_folder(name)
        arrays = read_npz(folder / "paths.npz") | read_npz(folder / "latent_space.npz")
        dataset = datasets.load(config["run"]["dataset"])
        result = measure(arrays, getattr(dataset, "JOINTS", WHOLE), getattr(dataset, "render", None))
        write_json(folder / "smoothness.json", result)


if __name__ == "__main__":
    main()
