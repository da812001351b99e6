"""The pipeline on two Dask workers: nothing is left to do for the head, and every stage ran once."""

import pytest
import sandbox
from dask_cluster import Cluster, clone, finish, ran, share_cache, use_remote

pytestmark = pytest.mark.cluster

TRAIN = 'echo $1 >> "$RECORD"; sleep 1; echo model of $1 > runs/$1/model.txt'


@pytest.fixture
def head(tmp_path, monkeypatch):
    """A repository with four runs; what its workers train is listed in the file RECORD."""
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    sandbox.write(tmp_path / "head", TRAIN, ("a", "b", "c", "d"))
    return tmp_path / "head"


def check_head(head, record):
    """The head has everything, each run was trained once, and nothing is left to run."""
    assert sorted(record.read_text().split()) == [f"{name}-m-0" for name in "abcd"]
    expected = "".join(f"{name}\nmodel of {name}-m-0\n" for name in "abcd")
    assert (head / "report.txt").read_text() == expected
    assert ran(sandbox.call(head, "dvc", "repro")) == []


def test_workers_that_share_only_a_remote_leave_the_head_nothing_but_the_report(head, tmp_path):
    use_remote(head, tmp_path / "store")
    with Cluster(tmp_path) as cluster:
        for name in ("one", "two"):
            cluster.start_worker(clone(head, name))
        printed = finish(cluster.repro(head, "--remote"))
        assert "report" in printed.splitlines()[-2]
        check_head(head, tmp_path / "record")
        # Both worked, each in its own cache, and neither in the head's.
        assert all(any((tmp_path / name / ".dvc" / "cache" / "files").iterdir()) for name in ("one", "two"))
        # A plain dvc repro of another clone that pulls finds the runs' outputs in the remote, with the head's dvc.lock.
        other = clone(head, "other")
        (other / "dvc.lock").write_bytes((head / "dvc.lock").read_bytes())
        sandbox.call(other, "dvc", "pull")
        assert ran(sandbox.call(other, "dvc", "repro")) == ["report"]
    assert sorted((tmp_path / "record").read_text().split()) == [f"{name}-m-0" for name in "abcd"]


def test_workers_that_share_a_cache_leave_the_head_nothing_but_the_report(head, tmp_path):
    share_cache(head, tmp_path / "cache")
    with Cluster(tmp_path) as cluster:
        for name in ("one", "two"):
            cluster.start_worker(clone(head, name))
        finish(cluster.repro(head))
    check_head(head, tmp_path / "record")


def test_workers_started_in_the_heads_own_folder_need_nothing_else(head, tmp_path):
    """As batch jobs on a shared file system are."""
    with Cluster(tmp_path) as cluster:
        for name in ("one", "two"):
            cluster.start_worker(head, scratch=tmp_path / name)
        finish(cluster.repro(head))
    check_head(head, tmp_path / "record")
