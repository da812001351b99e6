"""The floor: the bare matrix products of a computation, at the best rate that is measured on this machine.

The products are not counted by hand: hooks on the linear layers see them. Two times are made of them: `floor`, as if
each ran at the best rate of all, and `products`, in which each takes the best time that it was itself measured to take
(narrow products are slower). Best means the best of some repeats, precisions (bf16 where the machine has it) and
layouts, in the same run.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from bench.timing import seconds_of
from vhp.device.precision import has_bf16
from vhp.methods import Method
from vhp.model.priors.vampprior import VampPrior
from vhp.model.vae import VAE

REPEATS = 15
# The best rate is measured on these: the widest products, with as many rows as a chunk of samples may have.
LARGE = ((1250, 300, 784), (5000, 300, 784), (5000, 300, 600))
Shape = tuple[int, int, int]  # (n, k) @ (k, m)


@contextmanager
def shapes_of(model: VAE, backward: bool) -> Iterator[Counter[Shape]]:
    """Counts the products of the linear layers that run in the block, and of their gradients if backward."""
    found: Counter[Shape] = Counter()

    def see(layer: nn.Linear, inputs: tuple[Tensor], output: Tensor) -> None:
        rows, k, m = inputs[0].numel() // layer.in_features, layer.in_features, layer.out_features
        found[rows, k, m] += 1
        if backward:
            found[k, rows, m] += 1  # of the weights
            if inputs[0].requires_grad:
                found[rows, m, k] += 1  # of the inputs

    hooks = [m.register_forward_hook(see) for m in model.modules() if isinstance(m, nn.Linear)]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def mixture_shapes(method: Method, rows: int, backward: bool) -> Counter[Shape]:
    """The VampPrior's mixture as one product of (z^2, z) with the components."""
    if not isinstance(method.model.prior, VampPrior):
        return Counter()
    k, m = 2 * method.model.d_z, len(method.model.prior.pseudo_inputs)
    return Counter([(rows, k, m)] + ([(k, rows, m), (rows, m, k)] if backward else []))


def flops(shapes: Counter[Shape]) -> float:
    return sum(2.0 * n * k * m * count for (n, k, m), count in shapes.items())


class Floor:
    """Best times of products; each shape is measured once."""

    def __init__(self):
        self.precisions = [torch.float32] + ([torch.bfloat16] if has_bf16(torch.device("cpu")) else [])
        self.best: dict[Shape, float] = {}
        self.rate = max(flops(Counter([shape])) / self.product(shape) for shape in LARGE)  # FLOP/s

    def product(self, shape: Shape) -> float:
        """Seconds."""
        if shape not in self.best:
            self.best[shape] = min(self._times(shape))
        return self.best[shape]

    def products(self, shapes: Counter[Shape]) -> float:
        """Seconds if each product takes its own best time."""
        return sum(count * self.product(shape) for shape, count in shapes.items())

    def floor(self, shapes: Counter[Shape]) -> float:
        """Seconds at the best rate of all."""
        return flops(shapes) / self.rate

    def _times(self, shape: Shape) -> list[float]:
        n, k, m = shape
        times = []
        for dtype in self.precisions:
            a, b, out = torch.randn(n, k).to(dtype), torch.randn(m, k).to(dtype), torch.empty(n, m, dtype=dtype)
            for right in (b.T, b.T.contiguous()):
                for _ in range(REPEATS):
                    times.append(seconds_of(lambda a=a, right=right, out=out: torch.mm(a, right, out=out)))
        return times
