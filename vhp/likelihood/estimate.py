"""-log p(x) by importance sampling, with one weight per joint sample (z, zeta).

    log p(x) ~= log 1/S sum_s p(x|z_s) p(z_s, zeta_s) / (q(z_s|x) q(zeta_s|z_s)),   z_s ~ q(z|x), zeta_s ~ q(zeta|z_s)

(Burda et al. 2016; the paper's table has S = 5,000.) Priors without a
latent of their own enter with log p(z_s). In expectation the estimate is a lower bound on log p(x) that rises with S.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from vhp.checks import one_of
from vhp.datasets.batches import as_means
from vhp.datasets.validation import Expected, check_examples
from vhp.device.compilation import compiled, worth_compiling
from vhp.device.precision import PRECISIONS, autocast
from vhp.likelihood.numbers import image_numbers
from vhp.likelihood.pareto import shape_of_largest, tail_length
from vhp.model.evaluation_mode import measuring
from vhp.model.vae import VAE
from vhp.objective.bounds import log_weight
from vhp.objective.terms import terms
from vhp.resumable import ONE_SITTING, Resumable
from vhp.seeds import numbered

# The decoder's widest layer for one chunk, samples x batch x its floats, stays below this; all of them together take a
# few times as much. On a CPU a chunk should fit its cache, on a GPU keep thousands of cores busy.
CHUNK_BYTES = 4 * 2**20
CHUNK_BYTES_ON_GPU = 512 * 2**20

# Compiling takes 10 to 40 seconds on two cores, and saves 8 nanoseconds per decoder output.
COMPILE_FROM_OUTPUTS = 2e9


@dataclass(frozen=True)
class LikelihoodSettings:
    """How log p(x) is estimated."""

    n_samples: int = 5000  # S
    precision: str = "float32"  # or "bf16": of matrix products
    compile: bool = False

    def __post_init__(self):
        if self.n_samples < 2:
            raise ValueError(f"n_samples: found {self.n_samples}, expected at least 2, for a standard error")
        one_of(PRECISIONS, precision=self.precision)


@dataclass(frozen=True)
class LikelihoodEstimate:
    """Per test example, (N,) where nothing is said, float64 on the CPU, nats where it is a log-density."""

    log_likelihood: Tensor  # the estimate of log p(x)
    elbo: Tensor  # mean of the log-weights: the evidence lower bound from the same samples
    effective_samples: Tensor  # (sum w)^2 / sum w^2, in [1, S]
    monte_carlo_se: Tensor  # standard error of log_likelihood from the spread of the S weights
    elbo_se: Tensor  # standard error of elbo from the spread of the S log-weights
    k_hat: Tensor  # Pareto shape of the largest weights, see vhp.likelihood.pareto
    of_first: Tensor  # (N, P): log_likelihood from the first samples alone, so many as each of sample_counts(S) says
    seconds: float  # that it took, with those before an interruption


def sample_counts(n_samples: int) -> list[int]:
    """After how many samples the estimate so far is kept: 1, 10, 100, ... below S, and S."""
    return [*(10**power for power in range(10) if 10**power < n_samples), n_samples]


class _Weights:
    """Running sums of importance weights w of one batch of images, relative to the largest seen: never an overflow."""

    def __init__(self, n: int, n_samples: int, device: torch.device):
        """n: images. n_samples: S, all that will be added."""
        self.n_samples, self.seen = n_samples, 0
        self.of_first: list[Tensor] = []
        tail = tail_length(n_samples) + 1  # how many of the largest log-weights are kept
        self.tail = torch.full((tail, n), -math.inf, dtype=torch.float64, device=device)
        self.largest = torch.full((n,), -math.inf, dtype=torch.float64, device=device)
        self.w = torch.zeros(n, dtype=torch.float64, device=device)
        self.w2 = torch.zeros(n, dtype=torch.float64, device=device)
        # Of the log-weights, or their squares would cancel: the first sample's.
        self.shift = torch.zeros(n, dtype=torch.float64, device=device)
        self.log_w = torch.zeros(n, dtype=torch.float64, device=device)
        self.log_w2 = torch.zeros(n, dtype=torch.float64, device=device)

    def add(self, log_w: Tensor) -> None:
        """log_w (samples, n)."""
        log_sum = self.w.log() + self.largest
        for count in sample_counts(self.n_samples):
            if self.seen < count <= self.seen + len(log_w):
                # Summed by itself: a first sample may be hundreds of nats below the best of its chunk.
                first = torch.logsumexp(log_w[: count - self.seen].double(), 0)
                self.of_first.append(torch.logaddexp(log_sum, first) - math.log(count))
        if not self.seen:
            self.shift = log_w[0].double()
        self.seen += len(log_w)
        largest = torch.maximum(self.largest, log_w.max(0).values.double())
        rescale = torch.exp(self.largest - largest)
        w = torch.exp(log_w - largest.to(log_w))
        self.w = self.w * rescale + w.sum(0, dtype=torch.float64)
        self.w2 = self.w2 * rescale.square() + w.square().sum(0, dtype=torch.float64)
        self.tail = torch.cat([self.tail, log_w.double()]).topk(len(self.tail), 0).values
        log_w = log_w - self.shift
        self.log_w += log_w.sum(0)
        self.log_w2 += log_w.square().sum(0)
        self.largest = largest

    def columns(self) -> Tensor:
        """What LikelihoodEstimate has of each image, in its order: (6 + P, n)."""
        n_samples = self.n_samples
        log_mean = self.w.log() + self.largest - math.log(n_samples)
        effective = self.w.square() / self.w2
        # Delta method: Var[log mean w] ~ Var[w] / (S E[w]^2), and E[w^2] / E[w]^2 = S / effective.
        variance = (n_samples / effective - 1) / (n_samples - 1)
        mean = self.log_w / n_samples
        elbo, elbo_variance = self.shift + mean, (self.log_w2 / n_samples - mean.square()) / (n_samples - 1)
        errors = [value.clamp_min(0).sqrt() for value in (variance, elbo_variance)]
        k_hat = shape_of_largest(self.tail, n_samples)
        return torch.stack([log_mean, elbo, effective, *errors, k_hat, *self.of_first])


def chunk_rows(model: VAE, dtype: torch.dtype, device: torch.device) -> int:
    """How many z are decoded at once."""
    chunk_bytes = CHUNK_BYTES_ON_GPU if device.type == "cuda" else CHUNK_BYTES
    return max(1, chunk_bytes // (dtype.itemsize * model.floats_per_decode))


def noise(seed: int, numbers: Iterable[int], n_samples: int, width: int, device: torch.device | str = "cpu") -> Tensor:
    """Standard normal noise (n_samples, batch, width) that depends on the seed and each image's number alone.

    So an image's estimate is the same in any batch and any order. The noise is made on the device: CPUs agree on it,
    and so do GPUs, but not the ones with the others.
    """
    generator = torch.Generator(device)
    columns = []
    for number in numbers:
        generator.manual_seed(numbered(seed, number))
        columns.append(torch.randn(n_samples, width, generator=generator, device=device))
    return torch.stack(columns, 1)


@measuring
def estimate(
    model: VAE,
    test: Tensor,
    settings: LikelihoodSettings,
    seed: int,
    numbers: Tensor | None = None,
    resumable: Resumable = ONE_SITTING,
    dtype: torch.dtype = torch.float32,
) -> LikelihoodEstimate:
    """Estimate log p(x) for each row of test (N, D): binary uint8 (0 and 255) or float32, on the model's device.

    Each image is encoded once; images x samples are decoded in chunks of bounded memory.
    numbers: (N,) integers, what the noise of each image is drawn from, beside the seed; by default its position.
    resumable: where to resume from and to save to; its steps are batches of images.
    dtype: of all sums and densities; float64 gives a reference (the model must then be float64, too).
    Raises ValueError for arrays that are no data (see check_examples) or no numbers of them, UnfinishedError when it is
    asked to stop.
    """
    n_samples = settings.n_samples
    check_examples("test", test, Expected(model.n_dims, model.observation.unit_interval, torch.float64, binary=True))
    device = test.device
    numbers = image_numbers(numbers, len(test))
    prior = model.prior.frozen()
    precision = autocast(settings.precision, device)

    def log_weights(x: Tensor, mean: Tensor, log_var: Tensor, eps: Tensor, eps_zeta: Tensor) -> Tensor:
        return log_weight(terms(model, x, mean, log_var, eps, eps_zeta, prior))

    outputs = float(len(test)) * n_samples * model.n_dims
    compile = worth_compiling(settings.compile, outputs, COMPILE_FROM_OUTPUTS, "decoder outputs")
    log_weights = compiled(log_weights, compile, device)
    # A chunk is several whole images or an equal share of one image's samples.
    rows = chunk_rows(model, dtype, device)
    samples_per_chunk = math.ceil(n_samples / math.ceil(n_samples / rows))
    images_per_chunk = min(len(test), max(1, rows // n_samples))
    width = model.d_z + prior.d_zeta

    sitting = resumable.begin(device)
    columns: list[Tensor] = sitting.state["columns"] if sitting.state else []
    # Counted in images, since another machine may batch more or fewer of them.
    done = sum(column.shape[1] for column in columns)
    batches = torch.arange(done, len(test)).split(images_per_chunk) if done < len(test) else ()
    for index in resumable.progress(batches):
        n_images = len(index)
        # The last batch is filled up with its last image: a second shape would be compiled a second time.
        index = torch.cat([index, index[-1:].expand(images_per_chunk - n_images)])
        x = test[index.to(device)]
        x = as_means(x).to(dtype)
        # The encoder is run once per image, so nothing is gained by rounding it.
        mean, log_var = model.encoder(x)
        weights = _Weights(len(x), n_samples, device)
        for eps in noise(seed, numbers[index].tolist(), n_samples, width, device).split(samples_per_chunk):
            eps = eps.to(dtype)
            with precision:
                chunk = log_weights(x, mean, log_var, eps[..., : model.d_z], eps[None, ..., model.d_z :])
            weights.add(chunk)
        batch = weights.columns()
        columns.append(batch[:, :n_images])
        done += n_images
        sitting.done(f"image {done} of {len(test)}", done == len(test), lambda: {"columns": columns})
    sitting.save({"columns": columns})  # what comes after may be interrupted, too
    found, counts = torch.cat(columns, 1).cpu(), len(sample_counts(n_samples))
    *each, of_first = *found[:-counts], found[-counts:].T.contiguous()
    return LikelihoodEstimate(*each, of_first, sitting.seconds)  # type: ignore[call-arg]
