"""Slow, transparent references in plain Python floats: one number at a time, no tensors, no broadcasting, no axes.

The fast code in vhp must agree with them. Vectors are lists; a network is a function from a list to lists.
"""

import math

# --- log-densities (vhp.model.distributions, vhp.model.observation) ---


def gaussian(x, mean, log_var):
    """log N(x; mean, diag exp(log_var))."""
    return math.fsum(
        -0.5 * math.log(2 * math.pi * math.exp(v)) - 0.5 * (a - m) ** 2 / math.exp(v)
        for a, m, v in zip(x, mean, log_var, strict=True)
    )


def standard_normal(x):
    """log N(x; 0, I)."""
    return gaussian(x, [0.0] * len(x), [0.0] * len(x))


def log_sigmoid(logit):
    """log of sigmoid(logit), whichever its sign."""
    return -math.log1p(math.exp(-logit)) if logit >= 0 else logit - math.log1p(math.exp(logit))


def bernoulli(x, logits):
    """sum_i x_i log p_i + (1 - x_i) log(1 - p_i), p = sigmoid(logits); 1 - sigmoid(l) = sigmoid(-l)."""
    return math.fsum(a * log_sigmoid(b) + (1 - a) * log_sigmoid(-b) for a, b in zip(x, logits, strict=True))


def log_mean_exp(values):
    """log 1/n sum_i exp(values_i)."""
    largest = max(values)
    return largest + math.log(math.fsum(math.exp(v - largest) for v in values) / len(values))


def gaussian_parameters(out):
    """A network's output, 2 n numbers, as n means and n log-variances between -8 and 8."""
    n = len(out) // 2
    return out[:n] + [8 * math.tanh(v / 8) for v in out[n:]]


def mixture(z, means, log_vars):
    """log 1/M sum_m N(z; mean_m, diag exp(log_var_m))."""
    return log_mean_exp([gaussian(z, m, v) for m, v in zip(means, log_vars, strict=True)])


# --- priors and bounds (vhp.model.priors, vhp.objective.bounds) ---


def sample(mean, log_var, eps):
    """mean + sigma eps."""
    return [m + math.exp(0.5 * v) * e for m, v, e in zip(mean, log_var, eps, strict=True)]


def l_iw(z, eps, p_z, q_zeta):
    """L_IW(z) = log 1/K sum_k p(z|zeta_k) p(zeta_k) / q(zeta_k|z); eps: K noise vectors."""
    weights = []
    for noise in eps:
        mean, log_var = q_zeta(z)
        zeta = sample(mean, log_var, noise)
        weights.append(gaussian(z, *p_z(zeta)) + standard_normal(zeta) - gaussian(zeta, mean, log_var))
    return log_mean_exp(weights)


def elbo(log_likelihood, log_prior, log_posterior, beta):
    """Mean over the samples of log p(x|z) - beta (log q(z|x) - log p(z)); arguments: a list per term."""
    values = [
        likelihood + beta * prior - beta * posterior
        for likelihood, prior, posterior in zip(log_likelihood, log_prior, log_posterior, strict=True)
    ]
    return math.fsum(values) / len(values)


def importance_weighted_bound(log_likelihood, log_prior, log_posterior):
    """log 1/n sum_i p(x|z_i) p(z_i) / q(z_i|x)."""
    return log_mean_exp(
        [
            likelihood + prior - posterior
            for likelihood, prior, posterior in zip(log_likelihood, log_prior, log_posterior, strict=True)
        ]
    )


def likelihood_estimate(log_weights):
    """(log p(x), ELBO, effective samples, standard errors of the first two, Pareto k-hat) from all S log-weights.

    The standard error is that of the mean of w / mean(w), from the textbook variance with S - 1.
    """
    n = len(log_weights)
    log_likelihood, elbo = log_mean_exp(log_weights), math.fsum(log_weights) / n
    w = [math.exp(v - log_likelihood) for v in log_weights]  # their mean is 1
    effective = math.fsum(w) ** 2 / math.fsum(a * a for a in w)
    variance = math.fsum((a - 1) ** 2 for a in w) / (n - 1)
    elbo_variance = math.fsum((v - elbo) ** 2 for v in log_weights) / (n - 1)
    return log_likelihood, elbo, effective, math.sqrt(variance / n), math.sqrt(elbo_variance / n), k_hat(log_weights)


def k_hat(log_weights):
    """The Pareto shape of the largest min(S / 5, 3 sqrt(S)) weights, by the estimator of Zhang & Stephens (2009)."""
    tail = min(len(log_weights) // 5, math.ceil(3 * math.sqrt(len(log_weights))))
    largest = sorted(log_weights)[-tail - 1 :]
    excess = [math.exp(v - largest[-1]) - math.exp(largest[0] - largest[-1]) for v in largest[1:]]
    m = 30 + math.isqrt(tail)
    quartile = excess[math.floor(tail / 4 + 0.5) - 1]
    thetas = [1 / excess[-1] + (1 - math.sqrt(m / (j - 0.5))) / (3 * quartile) for j in range(1, m + 1)]

    def shape(theta):
        return math.fsum(math.log1p(-theta * e) for e in excess) / tail

    profile = [tail * (math.log(-theta / shape(theta)) - shape(theta) - 1) for theta in thetas]
    weights = [math.exp(p - max(profile)) for p in profile]
    theta = math.fsum(w * t for w, t in zip(weights, thetas, strict=True)) / math.fsum(weights)
    return (shape(theta) * tail + 0.5 * 10) / (tail + 10)


# --- schedules (vhp.objective.schedules) ---


def f_beta(beta, delta, tau):
    """(1 - H(delta)) tanh(tau (beta - 1)) - H(delta), H(0) = 1; its limit for a large tau, where tau is None."""
    heaviside = 1 if delta >= 0 else 0
    if tau is None:
        return -1 if heaviside or beta < 1 else 1 if beta > 1 else 0
    return (1 - heaviside) * math.tanh(tau * (beta - 1)) - heaviside


def clamped(beta):
    """beta in the range of float32, as the loss and the square of its gradient have it."""
    return min(max(beta, 1e-30), 1e12)


def moving_average(constraints, alpha):
    """C_t = alpha C_{t-1} + (1 - alpha) C_batch, C_0 = C_batch."""
    average, averages = None, []
    for c in constraints:
        average = c if average is None else alpha * average + (1 - alpha) * c
        averages.append(average)
    return averages


def geco(constraints, kappa, nu, alpha):
    """[(C_t, beta_t)] for a list of batch constraints, from beta = 1."""
    beta, rows = 1.0, []
    for c in moving_average(constraints, alpha):
        beta = clamped(beta * math.exp(-nu * (c - kappa**2)))
        rows.append((c, beta))
    return rows


def rewo(constraints, kappa, nu, tau, beta_0, alpha, main=False):
    """[(C_t, beta_t, whether the next step belongs to the main phase)] for a list of batch constraints.

    main: whether the first one does, as in the ablation of one phase. tau: None for the ablation without a slope.
    """
    beta, rows = beta_0, []
    for c in moving_average(constraints, alpha):
        delta = c - kappa**2
        if main:
            log_beta = math.log(beta)
            moved = log_beta + nu * f_beta(beta, delta, tau) * delta
            # While the constraint holds beta stops at 1 instead of passing it.
            beta = 1.0 if delta < 0 and moved * log_beta <= 0 else clamped(math.exp(moved))
        main = main or delta < 0
        rows.append((c, beta, main))
    return rows


def rewo_clipped(constraints, kappa, nu, tau, beta_0, alpha):
    """As rewo(), for the later update: lambda = 1 / beta times a factor in [0.9, 1.05], and beta = 0 before."""
    beta, main, rows = 0.0, False, []
    for c in moving_average(constraints, alpha):
        delta = c - kappa**2
        if main:
            step = nu * f_beta(beta, delta, tau) * delta
            if delta < 0:  # beta stops at 1 instead of passing it
                step = math.copysign(min(abs(step), abs(math.log(beta))), step)
            factor = min(max(math.exp(-step), 0.9), 1.05)
            beta = 1 / min(max(factor / beta, 1e-6), 1e8)
        elif delta < 0:
            beta, main = beta_0, True
        rows.append((c, beta, main))
    return rows


def warm_up(step, n_steps, share):
    """beta after the given step, counted from 1."""
    return min(1.0, step / (share * n_steps))


# --- a layer's weights and bias as lists (vhp.model) ---


def parts(layer):
    return layer.weight.tolist(), layer.bias.tolist()


def linear(layer, values):
    weight, bias = parts(layer)
    return [b + sum(w * v for w, v in zip(row, values, strict=True)) for row, b in zip(weight, bias, strict=True)]


# --- convolutions (vhp.model.convolutional); an image is a list of channels, a channel a list of rows ---


def sigmoid(value):
    return math.exp(log_sigmoid(value))


def convolve(image, weight, bias):
    """3 x 3 convolution, zeros beyond the edge; weight[o][c][i][j], bias[o]."""
    side = range(len(image[0]))

    def pixel(o, i, j):
        total = bias[o]
        for c, channel in enumerate(image):
            for di in (-1, 0, 1):
                for dj in (-1, 0, 1):
                    if i + di in side and j + dj in side:
                        total += weight[o][c][di + 1][dj + 1] * channel[i + di][j + dj]
        return total

    return [[[pixel(o, i, j) for j in side] for i in side] for o in range(len(bias))]


def gated_convolution(image, weight, bias):
    """The first half of the channels times the sigmoid of the second."""
    out = convolve(image, weight, bias)
    half, side = len(out) // 2, range(len(image[0]))
    return [[[out[c][i][j] * sigmoid(out[c + half][i][j]) for j in side] for i in side] for c in range(half)]


def plus(a, b):
    """Sum of two images."""
    return [
        [[x + y for x, y in zip(*rows, strict=True)] for rows in zip(*channels, strict=True)]
        for channels in zip(a, b, strict=True)
    ]


def shrink(image):
    """2 x 2 pixels of a channel as four channels at half the side, row by row."""
    half = range(len(image[0]) // 2)
    return [
        [[channel[2 * i + di][2 * j + dj] for j in half] for i in half]
        for channel in image
        for di in (0, 1)
        for dj in (0, 1)
    ]


def grow(image):
    """Four channels as 2 x 2 pixels of one channel with twice the side: undoes shrink."""
    side = range(2 * len(image[0]))
    return [
        [[image[4 * c + 2 * (i % 2) + j % 2][i // 2][j // 2] for j in side] for i in side]
        for c in range(len(image) // 4)
    ]
