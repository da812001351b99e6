"""Variational hierarchical priors (VHP): models, objectives, schedules and measures.

Importing this package imports nothing else, so that a program depends only on the modules it names:

    distributions   log-densities and samples              terms, bounds    what is optimised
    networks        gated multilayer perceptrons           schedules    how beta moves (Rewo, Geco, WarmUp)
    convolutional   gated convolutions, for images         methods      one file per row of the table
    observation     p(x|z) and the constraint C            checkpoint   where unfinished work goes on
    priors          p(z), one file each                    training     how a model is fitted
    model           encoder + decoder + prior              likelihood   -log p(x) by importance sampling

    latent_graph    interpolation on the prior's k-NN graph
    smoothness      measures on decoded paths
    two_sample      how far two samples differ             circular    how a plane orders angles
    snapshots       the latent space during training
    datasets        one file per data set
    figures         one file per figure

Axis order everywhere: (importance sample, batch, feature). Log-densities are in nats.
"""

__version__ = "0.1.0"
