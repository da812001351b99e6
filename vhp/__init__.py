"""Variational hierarchical priors (VHP): models, objectives, schedules and measures.

Importing this package imports nothing else, so that a program depends only on the modules it names:

    model        encoder, decoder, p(x|z), and in model.priors p(z), one file each
    objective    the terms of a bound, bounds, and how beta moves
    methods      one file per row of the table: a prior, a bound and a schedule
    training     how a model is fitted
    likelihood   -log p(x) by importance sampling, and where its nats go
    latent       interpolation on the prior's k-NN graph and what is measured in latent space; without PyTorch
    datasets     one package per data set
    figures      one file per figure
    device       what the machine can do: compiled code, bf16, memory
    resumable    where unfinished work continues
    checks, names, seeds

Axis order everywhere: (importance sample, batch, feature). Log-densities are in nats.
"""

__version__ = "0.1.0"
