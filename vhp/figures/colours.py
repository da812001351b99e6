"""Colours of methods and paths, the same in every figure: Okabe and Ito's (2008), told apart with any colour vision."""

from collections.abc import Iterable

METHOD_COLOURS = {
    "vhp_rewo": "#0072B2",
    "vhp_geco": "#D55E00",
    "vampprior": "#009E73",
    "iwae_l1": "#E69F00",
    "iwae_l2": "#CC79A7",
}
# Of four paths in one picture: the same palette without the blue of a graph and of a discontinuity's box.
PATH_COLOURS = ("#E69F00", "#009E73", "#CC79A7", "#000000")
SPARE_COLOURS = ("#000000", "#56B4E9", "#8C8C8C", "#882255", "#B8A600")


def method_colours(methods: Iterable[str]) -> dict[str, str]:
    """A colour per method, the same in every figure; methods that the paper does not have share the spare ones."""
    others = [m for m in sorted(set(methods)) if m not in METHOD_COLOURS]
    return METHOD_COLOURS | {m: SPARE_COLOURS[i % len(SPARE_COLOURS)] for i, m in enumerate(others)}
