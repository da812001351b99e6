"""Which values of kappa suit a method, judged by validation data alone."""

import pandas as pd

WITHIN = 0.2  # nats of the best validation bound: what a bound moves by between trainings of MNIST, roughly


def fulfilled(results: pd.DataFrame, method: str) -> set[float]:
    """The kappas at which the method's constraint C < kappa^2 is fulfilled at the end with every seed.

    results: of one data set, with the columns of a study of kappa (stages.study.columns).
    """
    own = results[results["method"] == method]
    holds = (own["constraint_final"] < own["kappa"] ** 2).groupby(own["value"]).all()
    return set(holds.index[holds])


def suiting(results: pd.DataFrame, method: str, within: float = WITHIN) -> list[float]:
    """Of those, the ones at which the method's validation bound is within so many nats of its best; increasing.

    The best of all values, means over the seeds. results: as above.
    """
    own = results[results["method"] == method]
    bound = own.groupby("value")["best_validation_bound"].mean()
    return sorted(set(bound.index[bound >= bound.max() - within]) & fulfilled(results, method))
