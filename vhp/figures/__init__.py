"""What people look at: one file per figure, one style.

Each figure's function takes arrays and returns a matplotlib Figure; `style.save` writes it. A figure's module also has
CAPTION, which says how to read it. A data set may have a version of its own, <figure>_<data set> (see `own`).

    beta_update           how far one step of REWO and of GECO moves beta
    training_curves       beta, C_t, reconstruction, KL and validation bound against the step
    latent_space          approximate posterior above prior, for d_z = 2
    latent_steps          the same at several steps of the training
    latent_graph          the prior's k-NN graph and the interpolations on it
    interpolation_strips  decoded interpolations, discontinuities boxed
    animation             one interpolation as a moving picture
    joint_smoothness      smoothness factor of each joint
    samples               decoded prior samples, and originals above reconstructions
    study                 what each method reaches at each value of one parameter
    contact_sheet         examples of a data set
    mosaic                images tiled on a canvas
    style                 names, colours, fonts, resolution
"""

import importlib
import importlib.util
from types import ModuleType


def own(figure: str, dataset: str) -> ModuleType | None:
    """The module of a data set's own version of a figure, None if it has none."""
    module = f"{__name__}.{figure}_{dataset}"
    return importlib.import_module(module) if importlib.util.find_spec(module) else None
