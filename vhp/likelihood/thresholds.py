"""From where on importance weights are not to be trusted: numbers that tables and figures, without torch, name, too."""

# An image whose estimate rests on fewer effective samples than this may be misjudged by many nats, and its standard
# error, made from the same samples, does not show it: the proposal q(z|x) misses the posterior.
LOW_ESS = 10.0
# Of Pareto's k-hat (Vehtari et al. 2024): above the first weights have no finite variance; above the second even their
# mean cannot be trusted, at any practical number of samples.
NO_VARIANCE, NO_MEAN = 0.5, 0.7
