"""Draw the poster's comparison of beta-update schemes with the schedules' own code: reports/<budget>/beta_update.png.

A stage of its own, because it runs vhp.objective.schedules, and with it torch, and the report does not.
"""

import argparse

import numpy as np
import torch

from stages.command import command
from stages.files import read_json, replacing
from stages.runs.fingerprint import require_own
from stages.runs.places import MATRIX, report_folder
from vhp.figures.beta_update import beta_update
from vhp.figures.style import save
from vhp.objective.schedules import Constrained, Geco, Rewo

NU, TAU = 1.0, 3.0  # the poster's
BETA = np.linspace(0, 2, 161)[1:]  # both axes pass through the point that REWO converges to, beta = 1 and C = kappa^2
DELTA = np.linspace(-1, 1, 161)


def beta_change(schedule: Constrained, beta: torch.Tensor, delta: torch.Tensor) -> torch.Tensor:
    """Delta beta = beta_t - beta_{t-1} of one step in the main phase, elementwise over beta_{t-1} and C_t - kappa^2."""
    # A schedule is elementwise in its state: with grids for numbers one step is a step from each of their points.
    schedule.beta, schedule.constraint = beta.clone(), schedule.kappa**2 + delta
    schedule.main_phase = torch.ones_like(beta, dtype=torch.bool)
    schedule.multiply()
    return schedule.beta - beta


def main() -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    with command("beta_update"):
        matrix = read_json(MATRIX)
        require_own("beta_update", matrix["code"]["beta_update"], MATRIX)
        delta, beta = torch.meshgrid(torch.from_numpy(DELTA), torch.from_numpy(BETA), indexing="ij")
        schedules = {"vhp_rewo": Rewo(1.0, NU, TAU, beta_0=1.0), "vhp_geco": Geco(1.0, NU)}
        arrays = {name: beta_change(schedule, beta, delta).numpy() for name, schedule in schedules.items()}
        with replacing(report_folder(matrix["budget"]) / "beta_update.png") as temporary:
            save(beta_update(BETA, DELTA, arrays), temporary)


if __name__ == "__main__":
    main()
