"""What is asked of a repro, and refused before anything runs."""

import pytest

from stages.parallel.arguments import BATCH_SYSTEMS, parse


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--workers 20", "found --workers alone, expected with --scheduler ADDRESS or one of --slurm, --sge"),
        ("--remote --gpu train", "found --remote, --gpu alone, expected with --scheduler ADDRESS or"),
        ("--tls certificates", "found --tls alone, expected with --scheduler ADDRESS or"),
        ("--min-free 256", "found --min-free alone, expected with --scheduler"),
        ("--scheduler tcp://10.0.0.1:8786 --workers 2", "found --workers alone, expected with one of --slurm, --sge"),
        ("--slurm --workers 0", "argument --workers: found 0, expected a whole number from 1"),
        ("--slurm --gpu trian", "argument --gpu: invalid choice: 'trian' (choose from"),
        ("--jobs 0", "argument --jobs: found 0, expected a whole number from 1"),
        ("--jobs -1", "argument --jobs: found -1, expected a whole number from 1"),
        ("--slurm --allow-missing", "--allow-missing is for one machine"),
    ],
)
def test_what_would_be_ignored_or_wait_for_ever_is_refused(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        parse(arguments.split())
    assert message in capsys.readouterr().err


def test_what_is_not_given_has_a_value():
    found = vars(parse([]))
    assert found.pop("jobs") == 1 and found.pop("workers") == 1
    assert {name: found[name] for name in ("min_free", "patience", "gpu")} == {
        "min_free": 256,
        "patience": 60.0,
        "gpu": [],
    }
    assert not any(found[name] for name in ("scheduler", "batch", "tls", "remote", "allow_missing"))
    asked = parse(["--slurm", "--workers", "20", "--gpu", "train", "evaluate", "--remote"])
    assert (asked.batch, asked.workers, asked.gpu, asked.remote) == ("slurm", 20, ["train", "evaluate"], True)


def test_each_batch_system_is_one_that_dask_jobqueue_knows():
    queues = pytest.importorskip("stages.parallel.queues", exc_type=ImportError)
    assert all(hasattr(queues.jobqueue(), name) for name in BATCH_SYSTEMS.values())
