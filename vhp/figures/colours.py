"""Colours of methods and paths, the same in every figure, and on white.

Those of the table's methods are told apart with any colour vision: Okabe and Ito's (2008), the lighter ones darkened to
a contrast of 3:1 with white, which a line needs, and the amber, then too near to the vermilion, to a brown.
"""

from collections.abc import Iterable

METHOD_COLOURS = {
    "vhp_rewo": "#0072B2",
    "vhp_geco": "#D55E00",
    "vampprior": "#009E73",
    "iwae_l1": "#5C3D00",
    "iwae_l2": "#B5588C",
}
# Of methods that the table does not have. Told apart from each other and from VHP + REWO, which they stand beside.
OTHER_COLOURS = {
    "vhp_elbo": "#000000",
    "vhp_warm_up": "#9900FF",
    "rewo_one_phase": "#EE0055",
    "rewo_no_slope": "#331199",
    "rewo_normal_prior": "#771155",
    "vhp_rewo_clipped": "#9977FF",
}
METHOD_MARKERS = {"vhp_rewo": "o", "vhp_geco": "s", "vampprior": "D", "iwae_l1": "^", "iwae_l2": "v"}
METHOD_MARKERS |= dict(zip(OTHER_COLOURS, "*PXhp<", strict=True))
UNKNOWN = "#6B6B6B", ">"  # where there are more new methods than colours are left
# Of four paths in one picture: without the blue of a graph and of a discontinuity's box.
PATH_COLOURS = ("#B87A00", "#009E73", "#B5588C", "#000000")


def method_looks(methods: Iterable[str]) -> dict[str, tuple[str, str]]:
    """A colour and a marker of each method: the same in every figure, but of new methods what these leave free."""
    asked = list(dict.fromkeys(methods))
    colours = METHOD_COLOURS | OTHER_COLOURS
    looks = {method: (colours[method], METHOD_MARKERS[method]) for method in asked if method in colours}
    free = [(colour, METHOD_MARKERS[known]) for known, colour in OTHER_COLOURS.items() if known not in looks]
    new = sorted(method for method in asked if method not in colours)
    return looks | {method: free[i] if i < len(free) else UNKNOWN for i, method in enumerate(new)}


def method_colours(methods: Iterable[str]) -> dict[str, str]:
    """Of each method, as in method_looks."""
    return {method: colour for method, (colour, _) in method_looks(methods).items()}
