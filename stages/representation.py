"""Compare a run's prior with its aggregated posterior: latent_space.npz -> representation.json.

Needs no torch. Where d_z = 2 and the data set records a true angle, also how the latent space orders it.
"""

import argparse

from stages.command import command
from stages.files import write_json
from stages.runs.configs import own_config
from stages.runs.outputs.arrays import read_arrays
from stages.runs.outputs.data import open_data
from stages.runs.places import run_folder
from vhp.latent.representation import against_angle, against_prior


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="<dataset>-<method>-<seed>")
    name = parser.parse_args().run
    with command("representation"):
        config = own_config("representation", name)
        # Only this array is read: the images may be large.
        with open_data(config["run"]["dataset"]) as data:
            angle = data.get("test_angle")
        arrays = read_arrays(config, name, "latent_space.npz", n_test=None if angle is None else len(angle))
        mean, std = arrays["posterior_mean"], arrays["posterior_std"]
        result = against_prior(mean, std, arrays["prior"])
        result |= against_angle(mean, None if angle is None else angle[arrays["posterior_example"]])
        write_json(run_folder(name) / "representation.json", result)


if __name__ == "__main__":
    main()
