"""What a model has before a prior is attached to it."""

from typing import Any, NoReturn

from vhp.model.priors import Prior


class NoPrior(Prior):
    """In the place of a prior: whatever is asked of it is a ValueError that says how to attach one."""

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError(
            "prior: found none, expected one of vhp.model.priors: `model.prior = ...`, or a method's build"
        )

    log_prob = sample = arguments = from_noise = log_joint = frozen = _refuse
    d_zeta = property(_refuse)
