"""The columns of a study's results.csv: a row per run and value of the parameter; likelihoods in nats."""

MEASURED = (
    *("dataset", "method", "seed", "param", "value", "failed", "nll", "nll_se", "elbo", "best_validation_bound"),
    *("beta_final", "beta_best", "constraint_final", "kappa", "main_phase_step", "best_epoch", "epochs", "budget"),
    *("n_test", "n_samples"),
)
CODES = ("code_train", "code_evaluate")  # fingerprints of the code that made the run
# How it was made, as text. set: the other parameters, as "name=value name=value"; revision: of training and evaluation,
# one if it is the same. Older studies have none of these columns: of them it is not known.
HOW = ("set", *CODES, "revision")
COLUMNS = (*MEASURED, *HOW)
