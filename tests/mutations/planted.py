"""The bugs to plant: mistakes that are easy to make in this field and hard to see in a result.

A file's text changes as little as the mistake needs, so that only a test that knows the right number can detect it.
"""

from typing import NamedTuple


class Mutation(NamedTuple):
    breaks: str  # what is wrong afterwards
    file: str
    old: str  # occurs exactly once
    new: str
    tests: tuple[str, ...]  # the test files that should detect it


BOUNDS, GRADIENTS, SCHEDULES = (f"tests/objective/test_{name}.py" for name in ("bounds", "gradients", "schedules"))
LIKELIHOOD, EXACT = (f"tests/likelihood/test_{name}.py" for name in ("likelihood", "linear_gaussian"))
REFINED, ANNEALING, FOLDED = (f"tests/likelihood/test_{name}.py" for name in ("refined", "annealing", "folded"))
STARTS = "tests/likelihood/test_annealed_starts.py"
HAMILTONIAN, SANDWICH = (f"tests/likelihood/test_{name}.py" for name in ("hamiltonian", "sandwich"))
PRIORS, CONTRACT, DISTRIBUTIONS = (f"tests/model/test_{n}.py" for n in ("priors", "prior_contract", "distributions"))
PATCHES = "tests/model/test_patches.py"
PAIRED, MODES = (f"tests/likelihood/test_{name}.py" for name in ("paired", "modes"))
TRAINING, PLAIN_LOOP = (f"tests/training/test_{name}.py" for name in ("training", "training_reference"))

MUTATIONS = (
    Mutation(
        "sign of the KL term",
        "vhp/objective/bounds.py",
        "beta * (t.log_posterior - t.log_prior)",
        "beta * (t.log_prior - t.log_posterior)",
        (BOUNDS, EXACT),
    ),
    Mutation(
        "1 / beta for beta",
        "vhp/objective/bounds.py",
        "t.log_likelihood - beta *",
        "t.log_likelihood - 1 / beta *",
        (BOUNDS,),
    ),
    Mutation(
        "log K missing in the importance-weighted bound",
        "vhp/objective/bounds.py",
        "torch.logsumexp(log_w, 0) - math.log(log_w.shape[0])",
        "torch.logsumexp(log_w, 0) - 0 * math.log(log_w.shape[0])",
        (BOUNDS, EXACT),
    ),
    Mutation(
        "IWAE optimises its terms instead of the bound",
        "vhp/objective/bounds.py",
        "torch.logsumexp(log_w, 0) - math.log(log_w.shape[0])",
        "log_w.mean(0) + 0 * math.log(log_w.shape[0])",
        (GRADIENTS,),
    ),
    Mutation(
        "right bound, gradient of its terms: the normalised weights are lost",
        "vhp/objective/bounds.py",
        "torch.logsumexp(log_w, 0) - math.log(log_w.shape[0])",
        "log_w.mean(0) + (torch.logsumexp(log_w, 0) - math.log(log_w.shape[0]) - log_w.mean(0)).detach()",
        (GRADIENTS,),
    ),
    Mutation(
        "log p(zeta) missing in L_IW",
        "vhp/model/priors/hierarchical.py",
        "            + standard_normal_log_prob(zeta)\n",
        "            + 0 * standard_normal_log_prob(zeta)\n",
        (EXACT, PRIORS),
    ),
    Mutation(
        "log q(zeta|z) with the wrong sign in L_IW",
        "vhp/model/priors/hierarchical.py",
        "- gaussian_log_prob(zeta, mean, log_var)",
        "+ gaussian_log_prob(zeta, mean, log_var)",
        (EXACT, PRIORS),
    ),
    Mutation(
        "log K missing in L_IW",
        "vhp/model/priors/hierarchical.py",
        "- math.log(eps.shape[0])",
        "- 0 * math.log(eps.shape[0])",
        (PRIORS, EXACT),
    ),
    Mutation(
        "importance samples beyond the first ignored",
        "vhp/model/priors/hierarchical.py",
        "zeta = gaussian_sample(mean, log_var, eps)",
        "zeta = gaussian_sample(mean, log_var, eps[:1].expand_as(eps))",
        (PRIORS, EXACT),
    ),
    Mutation(
        "means for samples of p(z|zeta)",
        "vhp/model/priors/hierarchical.py",
        "return gaussian_sample(mean, log_var, torch.randn_like(mean))",
        "return gaussian_sample(mean, log_var, 0 * torch.randn_like(mean))",
        (CONTRACT,),
    ),
    Mutation(
        "prior ignored when K > 1: the standard normal instead",
        "vhp/objective/terms.py",
        "log_prior=prior.log_prob(z, eps_zeta),",
        "log_prior=prior.log_prob(z, eps_zeta) if len(eps_zeta) == 1 else gaussian_log_prob(z, 0 * z, 0 * z),",
        (BOUNDS, EXACT),
    ),
    Mutation(
        "z detached before the prior: the encoder does not feel it",
        "vhp/objective/terms.py",
        "prior.log_prob(z, eps_zeta)",
        "prior.log_prob(z.detach(), eps_zeta)",
        (GRADIENTS,),
    ),
    Mutation(
        "posterior's parameters detached in log q(z|x)",
        "vhp/objective/terms.py",
        "gaussian_log_prob(z, mean, log_var)",
        "gaussian_log_prob(z, mean.detach(), log_var.detach())",
        (GRADIENTS,),
    ),
    Mutation(
        "zeta detached: q(zeta|z) is trained without its samples",
        "vhp/model/priors/hierarchical.py",
        "            gaussian_log_prob(z, *self.p_z(zeta))\n",
        "            gaussian_log_prob(z, *self.p_z(zeta.detach()))\n",
        (GRADIENTS,),
    ),
    Mutation(
        "pseudo-inputs' components detached",
        "vhp/model/priors/vampprior.py",
        "return gaussian_mixture_log_prob(z, *self.components())",
        "return gaussian_mixture_log_prob(z, *(part.detach() for part in self.components()))",
        (PRIORS, GRADIENTS),
    ),
    Mutation(
        "1/M missing in the mixture",
        "vhp/model/priors/mixture.py",
        "- math.log(mean.shape[0])",
        "- 0 * math.log(mean.shape[0])",
        (DISTRIBUTIONS, EXACT),
    ),
    Mutation(
        "rows and columns of a patch's pixels swapped on the way in",
        "vhp/model/patches.py",
        "permute(0, 2, 4, 1, 3)",
        "permute(0, 4, 2, 1, 3)",
        (PATCHES,),
    ),
    Mutation(
        "a layer on patches without its residual connection",
        "vhp/model/patches.py",
        "x = x + layer(x)",
        "x = layer(x)",
        (PATCHES,),
    ),
    Mutation(
        "the decoder's gated layers in the encoder's order",
        "vhp/model/patches.py",
        "gated_mlp(d_z, list(reversed(hidden)),",
        "gated_mlp(d_z, list(hidden),",
        (PATCHES,),
    ),
    Mutation(
        "dropout in the validation bound",
        "vhp/training/validation.py",
        ", evaluating(method.model):",
        ":",
        (PATCHES,),
    ),
    Mutation(
        "variance for standard deviation in the samples",
        "vhp/model/distributions.py",
        "torch.exp(0.5 * log_var) * eps",
        "torch.exp(log_var) * eps",
        (DISTRIBUTIONS, EXACT),
    ),
    Mutation(
        "H(0) = 0 in f_beta",
        "vhp/objective/schedules.py",
        "torch.where(delta < 0, torch.tanh",
        "torch.where(delta <= 0, torch.tanh",
        (SCHEDULES,),
    ),
    Mutation(
        "sign of tanh in f_beta",
        "vhp/objective/schedules.py",
        "torch.tanh(tau * (beta - 1))",
        "torch.tanh(tau * (1 - beta))",
        (SCHEDULES,),
    ),
    Mutation(
        "moving average with alpha and 1 - alpha exchanged",
        "vhp/objective/schedules.py",
        "self.alpha * self.constraint + (1 - self.alpha) * c",
        "(1 - self.alpha) * self.constraint + self.alpha * c",
        (SCHEDULES,),
    ),
    Mutation(
        "moving average from C_0 = 0",
        "vhp/objective/schedules.py",
        "torch.where(self.constraint.isnan(), c, average)",
        "torch.where(self.constraint.isnan(), (1 - self.alpha) * c, average)",
        (SCHEDULES,),
    ),
    Mutation(
        "GECO moves lambda's way, not beta's",
        "vhp/objective/schedules.py",
        "return -self.nu * delta",
        "return self.nu * delta",
        (SCHEDULES,),
    ),
    Mutation(
        "kappa for kappa^2",
        "vhp/objective/schedules.py",
        "delta = self.constraint - self.kappa**2",
        "delta = self.constraint - self.kappa",
        (SCHEDULES,),
    ),
    Mutation(
        "C summed over pixels instead of per dimension",
        "vhp/model/observation.py",
        "return -log_prob / x.shape[-1]",
        "return -log_prob",
        (BOUNDS, TRAINING),
    ),
    Mutation(
        "weights selected by the bound at the training's beta",
        "vhp/training/validation.py",
        "method.bound(t, 1.0)",
        "method.bound(t, method.schedule.beta)",
        (PLAIN_LOOP,),
    ),
    Mutation(
        "REWO trains the prior in its initial phase",
        "vhp/training/fit.py",
        "self.method.schedule.main_phase.float())",
        "1.0)",
        (TRAINING, PLAIN_LOOP),
    ),
    Mutation(
        "beta moves before the loss is taken",
        "vhp/training/fit.py",
        "        with self.precision:\n            loss, means = self.loss(x, schedule.beta.float(), *noise)",
        "        with self.precision:\n            schedule.update(step / self.n_steps)\n"
        "            loss, means = self.loss(x, schedule.beta.float(), *noise)",
        (PLAIN_LOOP,),
    ),
    Mutation(
        "importance weights without the prior's density",
        "vhp/objective/bounds.py",
        "return t.log_likelihood + t.log_prior - t.log_posterior",
        "return t.log_likelihood + t.log_prior.detach() * 0 - t.log_posterior",
        (BOUNDS, LIKELIHOOD, EXACT),
    ),
    Mutation(
        "likelihood: log S missing",
        "vhp/likelihood/estimate.py",
        "self.w.log() + self.largest - math.log(n_samples)",
        "self.w.log() + self.largest",
        (LIKELIHOOD, EXACT),
    ),
    Mutation(
        "likelihood: nested estimate of log p(z) with z's noise for zeta",
        "vhp/likelihood/estimate.py",
        "eps[None, ..., model.d_z :]",
        "eps[None, ..., : prior.d_zeta]",
        (LIKELIHOOD,),
    ),
    Mutation(
        "likelihood of the first samples: those after the last whole chunk left out",
        "vhp/likelihood/estimate.py",
        "log_w[: count - self.seen].double()",
        "log_w[: 1].double()",
        (LIKELIHOOD,),
    ),
    Mutation(
        "refined components: the radius of a t-distribution with d degrees of freedom for nu",
        "vhp/likelihood/refined/modes.py",
        "(radial.shape[-1] / radial",
        "(self.width / radial",
        (MODES,),
    ),
    Mutation(
        "refined components moved by few samples as if by many",
        "vhp/likelihood/refined/adaptation.py",
        "effective / (effective + modes.width**2)",
        "effective / (effective + 0 * modes.width)",
        (MODES,),
    ),
    Mutation(
        "refined weights with the encoder's density for the whole mixture's",
        "vhp/likelihood/refined/proposal.py",
        "    return torch.logsumexp(torch.cat([encoder[None], modes, log_prior[None]]) + log_share[:, None, None], 0)",
        "    return encoder + 0 * (torch.cat([modes, log_prior[None]]).sum(0) + log_share[0])",
        (REFINED,),
    ),
    Mutation(
        "each refined sample weighted by its own component's kind, modes or not, instead of the mixture",
        "vhp/likelihood/refined/proposal.py",
        "modes = joint.log_encoder(mean, log_var, u), student_log_prob(u, location, inverse_root)",
        "modes = joint.log_encoder(mean, log_var, u), student_log_prob(u, location, inverse_root) - 1e3",
        (REFINED,),
    ),
    Mutation(
        "the prior's share forgotten in the mixture's density",
        "vhp/likelihood/refined/proposal.py",
        "torch.cat([encoder[None], modes, log_prior[None]]) + log_share",
        "torch.cat([encoder[None], modes, log_prior[None] - 1e3]) + log_share",
        (REFINED,),
    ),
    Mutation(
        "refinement with another image's noise",
        "vhp/likelihood/refined/weights.py",
        "noise(seed, [number],",
        "noise(seed, [0],",
        (REFINED,),
    ),
    Mutation(
        "the reverse annealing chain run forwards",
        "vhp/likelihood/annealed/chains.py",
        "range(len(self.t) - 1, 0, -1)",
        "range(1, len(self.t))",
        (FOLDED,),
    ),
    Mutation(
        "annealing: a move accepted always",
        "vhp/likelihood/annealed/chains.py",
        "accepted = decision < gain",
        "accepted = decision < gain + 1e6",
        (ANNEALING,),
    ),
    Mutation(
        "annealing from a proposal: every image with the first image's shape",
        "vhp/likelihood/annealed/starts.py",
        "torch.arange(len(proposals), device=root.device)]",
        "torch.zeros(len(proposals), dtype=torch.long)]",
        (STARTS,),
    ),
    Mutation(
        "annealing from a proposal: a chain's component decided by the noise that also places it",
        "vhp/likelihood/annealed/starts.py",
        "ndtr(eps[..., -1])",
        "ndtr(eps[..., 0])",
        (STARTS,),
    ),
    Mutation(
        "annealing from a proposal: the ratio without the proposal's density",
        "vhp/likelihood/annealed/starts.py",
        "self.joint.log_likelihood(x, u) + log_prior - log_start",
        "self.joint.log_likelihood(x, u)",
        (STARTS, ANNEALING),
    ),
    Mutation(
        "annealing: positions not stretched as momenta are",
        "vhp/likelihood/annealed/chains.py",
        "self.start.stretched(p)",
        "p",
        (HAMILTONIAN,),
    ),
    Mutation(
        "annealing backwards from other images' samples after the first batch",
        "vhp/likelihood/annealed/sandwich.py",
        "u[index.to(x.device)]",
        "u[: len(index)]",
        (SANDWICH,),
    ),
    Mutation(
        "annealing: momenta stretched as positions are",
        "vhp/likelihood/annealed/starts.py",
        'torch.einsum("bij,nbi->nbj", self.root, v)',
        'torch.einsum("bij,nbj->nbi", self.root, v)',
        (STARTS,),
    ),
    Mutation(
        "annealing: weights taken after the move instead of before",
        "vhp/likelihood/annealed/chains.py",
        "point, _ = self.moved(point, self.t[k], steps[k - 1], eps)\n            log_w += (self.t[k] - self.t[k - 1])",
        "log_w += (self.t[k] - self.t[k - 1]) * point.log_ratio\n"
        "            point, _ = self.moved(point, self.t[k], steps[k - 1], eps)\n            log_w += 0",
        (ANNEALING,),
    ),
    Mutation(
        "paired difference with the standard error of unpaired values",
        "vhp/likelihood/paired.py",
        "difference.var(ddof=1) / n",
        "(first.mean(0).var(ddof=1) + second.mean(0).var(ddof=1)) / n",
        (PAIRED,),
    ),
    Mutation(
        "paired difference: what seeds scatter by is left out",
        "vhp/likelihood/paired.py",
        "values.mean(1).var(ddof=1) / len(values)",
        "values.mean(1).var(ddof=1) * 0",
        (PAIRED,),
    ),
)
