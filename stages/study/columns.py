"""The columns of a study's results.csv: a row per run and value of the parameter; likelihoods in nats."""

COLUMNS = (
    *("dataset", "method", "seed", "param", "value", "failed", "nll", "nll_se", "elbo", "best_validation_bound"),
    *("beta_final", "beta_best", "constraint_final", "kappa", "main_phase_step", "best_epoch", "epochs", "budget"),
    *("n_test", "n_samples"),
)
