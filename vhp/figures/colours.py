"""Colours of methods and paths, the same in every figure: told apart with any colour vision, and on white.

Okabe and Ito's (2008), the lighter ones darkened to a contrast of 3:1 with white, which a line needs.
"""

from collections.abc import Iterable

METHOD_COLOURS = {
    "vhp_rewo": "#0072B2",
    "vhp_geco": "#D55E00",
    "vampprior": "#009E73",
    "iwae_l1": "#B87A00",
    "iwae_l2": "#B5588C",
}
METHOD_MARKERS = {"vhp_rewo": "o", "vhp_geco": "s", "vampprior": "D", "iwae_l1": "^", "iwae_l2": "v"}
# Of four paths in one picture: the same palette without the blue of a graph and of a discontinuity's box.
PATH_COLOURS = ("#B87A00", "#009E73", "#B5588C", "#000000")
SPARE_COLOURS = ("#000000", "#6A51A3", "#8C8C8C", "#882255", "#857500")


def method_colours(methods: Iterable[str]) -> dict[str, str]:
    """A colour per method, the same in every figure; methods that the paper does not have share the spare ones."""
    others = [m for m in sorted(set(methods)) if m not in METHOD_COLOURS]
    return METHOD_COLOURS | {m: SPARE_COLOURS[i % len(SPARE_COLOURS)] for i, m in enumerate(others)}
