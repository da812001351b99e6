"""A limit on the gradient's norm that follows the gradient: no data set needs a number of its own."""

from collections.abc import Iterable

import torch

ALPHA = 0.99  # of the moving average of the norm


def gradient_norm(parameters: Iterable[torch.nn.Parameter]) -> torch.Tensor:
    """Of all the gradients that there are, a scalar."""
    return torch.nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None])


class GradientLimit:
    """Scales a gradient whose norm exceeds `limit` times the moving average of the norms before, as scaled.

    One batch in thousands has a gradient of hundreds of times the usual norm, where a variance of one of the model's
    distributions is small; the step after it ends a run. Such a step is shortened; the usual ones are not touched.
    """

    def __init__(self, limit: float, device: torch.device):
        self.limit = limit
        # On the device: no step waits for it.
        self.average = torch.full((), float("nan"), device=device)

    @torch.no_grad()
    def apply(self, parameters: Iterable[torch.nn.Parameter], norm: torch.Tensor, counts: torch.Tensor) -> None:
        """Scale the parameters' gradients in place. The first gradient is taken as it is.

        norm: their gradient_norm. counts: a scalar, false for a step that is not taken; its norm is no part of the
        average.
        """
        gradients = [p.grad for p in parameters if p.grad is not None]
        allowed = torch.where(self.average.isnan(), norm, self.limit * self.average)
        # A look at the norm costs nothing on a CPU; a GPU would have to be waited for.
        if norm.is_cuda or norm > allowed:
            torch._foreach_mul_(gradients, torch.where(norm > allowed, allowed / norm, 1.0))
        kept = torch.minimum(norm, allowed)
        average = torch.where(self.average.isnan(), kept, ALPHA * self.average + (1 - ALPHA) * kept)
        self.average = torch.where(counts, average, self.average)
