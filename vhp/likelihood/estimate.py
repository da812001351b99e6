"""-log p(x) by importance sampling, with one weight per joint sample (z, zeta).

    log p(x) ~= log 1/S sum_s p(x|z_s) p(z_s, zeta_s) / (q(z_s|x) q(zeta_s|z_s)),   z_s ~ q(z|x), zeta_s ~ q(zeta|z_s)

(Burda et al. 2016; the paper's table has S = 5,000.) Priors without a
latent of their own enter with log p(z_s). In expectation the estimate is a lower bound on log p(x) that rises with S.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vhp.checks import one_of
from vhp.datasets.batches import as_means
from vhp.datasets.validation import Expected, check_examples
from vhp.device.compilation import compiled, worth_compiling
from vhp.device.precision import PRECISIONS, autocast
from vhp.likelihood.chunks import chunk_rows
from vhp.likelihood.numbers import image_numbers, noise
from vhp.likelihood.running_weights import RunningWeights, sample_counts
from vhp.model.evaluation_mode import measuring
from vhp.model.vae import VAE
from vhp.objective.bounds import log_weight
from vhp.objective.terms import terms
from vhp.resumable import ONE_SITTING, Resumable

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
        weights = RunningWeights(len(x), n_samples, device)
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
