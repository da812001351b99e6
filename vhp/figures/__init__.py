"""Figures: one file each, one style.

Each figure's function takes arrays and returns a matplotlib Figure; `style.save` writes it. A figure's module also has
CAPTION, which says how to read it. A data set may have versions of its own, in a package of its name
(see `own`).

    beta_update           how far one step of REWO and of GECO moves beta
    training_curves       beta, C_t, reconstruction, KL and validation bound against the step
    latent_space          approximate posterior above prior, for d_z = 2
    latent_steps          the same at several steps of the training
    latent_graph          the prior's k-NN graph and the interpolations on it
    interpolation_strips  decoded interpolations, discontinuities boxed
    animation             one interpolation as a moving picture, all methods side by side
    joint_smoothness      smoothness factor of each joint
    samples               decoded prior samples, and originals above reconstructions
    scatter               samples, interpolations and splits of examples that are points
    likelihood            differences of methods, NLL against minutes, samples and seeds, the weights behind it
    study                 what each method reaches at each value of one parameter
    contact_sheet         examples of a data set
    mosaic                images tiled on a canvas
    colours style         colours; fonts, resolution
"""

import importlib
import importlib.util
from types import ModuleType


def own(figure: str, dataset: str) -> ModuleType | None:
    """The module of a data set's own version of a figure, None if it has none."""
    package = f"{__name__}.{dataset}"
    module = f"{package}.{figure}"
    found = importlib.util.find_spec(package)
    # A module of this name may be a figure, and no data set's package.
    exists = found and found.submodule_search_locations and importlib.util.find_spec(module)
    return importlib.import_module(module) if exists else None
