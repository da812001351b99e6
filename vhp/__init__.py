"""Variational hierarchical priors (VHP): models, objectives, schedules and measures.

Importing this package imports nothing else, so that a program depends only on the modules that it names:

    model        networks, p(x|z) and the constraint C, priors p(z) (one file each), the VAE of all three
    objective    bounds that are optimised, and schedules of beta (Rewo, Geco, WarmUp)
    methods      one file per row of the table
    training     how a model is fitted; snapshots of its latent space
    likelihood   -log p(x) by importance sampling, and where a bound loses its nats
    latent       the prior's k-NN graph, interpolation on it, and measures of paths and of the latent space
    device       compilation, precision and memory
    datasets     a package per data set
    figures      a file per figure
    resumable    checkpoints: how interrupted work is resumed

Axis order everywhere: (importance sample, batch, feature). Log-densities are in nats.

The paper: Klushyn et al. 2019, Learning Hierarchical Priors in VAEs (NeurIPS 2019, arXiv 1905.04982). A docstring with
`poster: "..."` names a section of its NeurIPS poster.
"""

__version__ = "0.1.0"
