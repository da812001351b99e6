"""Comparison of beta-update schemes: how one step moves beta (poster: "Comparison of beta-update schemes")."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from vhp.figures.style import styled
from vhp.names import method_name

CAPTION = (
    "Comparison of β-update schemes: Δβ = βₜ − βₜ₋₁ of one step as a function of βₜ₋₁ and Cₜ − κ², for ν = 1 and "
    "τ = 3. Black: Δβ = 0. While the constraint holds (Cₜ < κ²), REWO moves β towards 1 from either side, and GECO "
    "lets it grow without end; where it is violated, both lower β by the same step. A step of REWO ends at 1 where "
    "the paper's formula alone would pass it."
)
COLOURS = "PuOr_r"  # diverging, and told apart with any colour vision (ColorBrewer)
LIMIT = 1.0  # |Δβ| at the ends of the colour scale; GECO's step is larger in its corner of large β


@styled
def beta_update(beta: np.ndarray, delta: np.ndarray, changes: Mapping[str, np.ndarray]) -> Figure:
    """A panel per method. beta: (B,) beta_{t-1}; delta: (D,) C_t - kappa^2; changes: method -> Delta beta (D, B)."""
    figure = Figure(figsize=(1.6 + 2.9 * len(changes), 3.1))
    axes = figure.subplots(1, len(changes), squeeze=False, sharey=True)[0]
    levels = np.linspace(-LIMIT, LIMIT, 21)
    for ax, (method, change) in zip(axes, changes.items(), strict=True):
        filled = ax.contourf(delta, beta, change.T, levels=levels, cmap=COLOURS, extend="both")
        ax.contour(delta, beta, change.T, levels=levels[levels != 0], colors="#00000030", linewidths=0.4)
        # As the grid's own points: REWO's step is negative on both sides of C = kappa^2 where beta > 1, and there a
        # contour finds no change of sign.
        rests = np.nonzero(np.abs(change) < 1e-12)
        ax.plot(delta[rests[0]], beta[rests[1]], "s", color="black", markersize=2.2, markeredgewidth=0)
        ax.set(title=method_name(method).removeprefix("VHP + "), xlabel=r"$C_t - \kappa^2$")
        ax.set(xlim=(delta[0], delta[-1]), ylim=(0, beta[-1]))
        ax.locator_params(nbins=5)
    axes[0].set_ylabel(r"$\beta_{t-1}$")
    bar = figure.colorbar(filled, ax=axes, label=r"$\Delta\beta_t = \beta_t - \beta_{t-1}$", aspect=22, pad=0.02)
    bar.set_ticks(np.linspace(-LIMIT, LIMIT, 5).tolist())
    bar.outline.set_visible(False)
    return figure
