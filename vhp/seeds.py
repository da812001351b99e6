"""The seeds of what runs have in common. Those of the runs are in params.yaml, those of a data set where it is made,
and what is added to a seed for a part of a computation beside that part.

Test examples, pairs and noise are the same for every method and run, so that rows of a table differ by the model alone.
"""

EVALUATION_SEED = 5  # the test examples whose likelihood is estimated, and their importance samples
VALIDATION_SEED = 7  # noise of the validation bound: the same at each epoch leaves only the model's change
PAIRS_SEED = 11  # pairs of test examples between which paths are sought
POSTERIOR_SEED = 12  # test examples whose posterior is saved
SHOWN_SEED = 13  # test examples that are shown beside their reconstructions
SNAPSHOT_SEED = 14  # test examples that the snapshots of a training show
REPRESENTATION_SEED = 15  # samples of the posteriors that are compared with the prior, and the comparison
PATHS_SEED = 16  # samples of the posteriors to which distances of paths are measured
SNAPSHOT_NOISE_SEED = 17  # samples of the prior in the snapshots of a training
CONTACT_SHEET_SEED = 17  # examples on a data set's contact sheet
REACH_SEED = 21  # samples of the prior by which an exact integral knows how far to reach
ROUGH_DENSITY_SEED = 22  # samples of zeta for a density that need not be exact
GAPS_SEED = 23  # examples and noise of stages.inspect.gaps
PRIOR_SEED = 1_000_000  # added to the run's: the nodes must not repeat the noise of the initial weights

STRIDE = 1_000_003
LARGEST = 2**64 - 1  # that torch accepts


def numbered(seed: int, number: int) -> int:
    """The seed of the stream `number` (an epoch, an image) of a seed: different for all numbers below a million.

    torch's generator on the CPU takes the lowest 32 bits of it: streams of seeds up to 4,293 stay apart, those of
    larger seeds, and streams of streams, could meet by chance. Raises ValueError for a seed that torch's generators do
    not accept: a run's is at most about 1.8e13.
    """
    stream = seed * STRIDE + number
    if not 0 <= stream <= LARGEST:
        raise ValueError(f"seed: found {seed}, expected a number from 0 to {(LARGEST - number) // STRIDE}")
    return stream
