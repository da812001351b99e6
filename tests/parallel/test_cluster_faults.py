"""What breaks on a cluster: nothing is lost, and nothing wrong is accepted."""

import signal
import subprocess

import psutil
import pytest
import sandbox
from dask_cluster import Cluster, clone, finish, kill, ran, share_cache, use_remote, wait_until

pytestmark = pytest.mark.cluster

# Trains in five steps with a checkpoint after each, like the real stage; waits where a test wants to do something.
TRAIN = """
state="$VHP_CHECKPOINTS/$1"
mkdir -p "$VHP_CHECKPOINTS"
step=$(cat "$state" 2> /dev/null || echo 0)
echo "$1 from $step" >> "$RECORD"
while [ $step -lt 5 ]; do
  step=$((step + 1))
  echo $step > "$state"
  if [ $step = 3 ]; then
    echo $$ > "$RECORD.at-3.$1"
    while [ -e "$RECORD.wait" -o -e "$RECORD.wait.$1" ]; do sleep 0.1; done
  fi
done
echo "model of $1" > runs/$1/model.txt
rm -f "$state"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("RECORD", str(tmp_path / "record"))
    return tmp_path


def make_head(folder, datasets=("a", "b"), train=TRAIN):
    """A repository whose clones share its cache."""
    sandbox.write(folder / "head", train, datasets)
    share_cache(folder / "head", folder / "cache")
    return folder / "head"


def record(folder):
    return sorted((folder / "record").read_text().splitlines())


def check(head, datasets=("a", "b")):
    assert (head / "report.txt").read_text() == "".join(f"{name}\nmodel of {name}-m-0\n" for name in datasets)
    assert ran(sandbox.call(head, "dvc", "repro")) == []


def test_a_worker_killed_in_mid_training_is_replaced_from_its_checkpoint(folder):
    head = make_head(folder, ("a",))
    (folder / "record.wait").touch()
    with Cluster(folder) as cluster:
        shared = {"VHP_CHECKPOINTS": str(folder / "checkpoints")}
        first = cluster.start_worker(clone(head, "one"), **shared)
        process = cluster.repro(head)
        reached = folder / "record.at-3.a-m-0"
        wait_until(lambda: reached.exists() and reached.read_text(), "step 3")
        training = psutil.Process(int(reached.read_text()))
        kill(first)
        wait_until(lambda: not training.is_running(), "the end of the killed worker's training")
        (folder / "record.wait").unlink()
        cluster.start_worker(clone(head, "two"), **shared)
        finish(process)
    assert record(folder) == ["a-m-0 from 0", "a-m-0 from 3"]
    check(head, ("a",))


def test_a_scheduler_that_dies_and_comes_back_loses_nothing_that_is_finished(folder):
    head = make_head(folder)
    with Cluster(folder) as cluster:
        cluster.start_worker(clone(head, "one"))
        (folder / "record.wait").touch()
        process = cluster.repro(head)
        wait_until(lambda: list(folder.glob("record.at-3.*")), "step 3")
        kill(cluster.scheduler)
        cluster.scheduler = cluster.start_scheduler()
        (folder / "record.wait").unlink()
        cluster.start_worker(clone(head, "two"))
        printed = finish(process)
    assert "sent out once more" in printed
    assert {line.split()[0] for line in record(folder)} == {"a-m-0", "b-m-0"}
    check(head)


def test_a_worker_with_another_revision_gets_no_work_and_both_revisions_are_named(folder):
    head = make_head(folder)
    other = clone(head, "other")
    author = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    sandbox.call(other, "git", *author, "commit", "--quiet", "--allow-empty", "--message", "Another revision")
    wrong, right = (sandbox.call(where, "git", "rev-parse", "HEAD").strip() for where in (other, head))
    with Cluster(folder) as cluster:
        cluster.start_worker(other, RECORD=str(folder / "record.wrong"))
        process = cluster.repro(head)
        wait_until(lambda: "Starting Worker plugin" in (folder / "other.log").read_text(), "the plugin")
        cluster.start_worker(clone(head, "one"))
        printed = finish(process)
    assert f"found revision {wrong} in {other}, expected the head's {right}" in printed
    assert not (folder / "record.wrong").exists()
    check(head)


def test_a_worker_that_cannot_reach_the_data_withdraws_and_another_does_the_work(folder):
    sandbox.write(folder / "head", TRAIN, ("a", "b"))
    head = folder / "head"
    use_remote(head, folder / "store")
    with Cluster(folder) as cluster:
        lost = clone(head, "lost")
        use_remote(lost, folder / "empty")
        cluster.start_worker(lost, RECORD=str(folder / "record.lost"))
        process = cluster.repro(head, "--remote", "--patience", "0")
        wait_until(lambda: list((folder / "scratch-lost").glob("**/result.json")), "the worker without data")
        cluster.start_worker(clone(head, "one"))
        printed = finish(process)
    assert "is not used: found no data/" in printed and "is the DVC remote the head's?" in printed
    assert not (folder / "record.lost").exists()
    check(head)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 4 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


# Writes more than fits; the file goes away with the program, so that there is room again when it has ended.
LARGE = """
trap 'rm -f large' EXIT
head -c 8000000 /dev/zero > large || exit 1
echo "$1 from 0" >> "$RECORD"
echo "model of $1" > runs/$1/model.txt
"""


@pytest.mark.parametrize("min_free, why", [("256", "MiB free in"), ("0", "found the disk full")])
def test_a_worker_whose_disk_is_full_withdraws_and_another_does_the_work(folder, small_disk, min_free, why):
    head = make_head(folder, train=LARGE)
    with Cluster(folder) as cluster:
        cluster.start_worker(clone(head, "full"), scratch=small_disk)
        process = cluster.repro(head, "--min-free", min_free)
        wait_until(lambda: "UnfitError" in (folder / "full.log").read_text(), "the full disk")
        cluster.start_worker(clone(head, "one"))
        printed = finish(process)
    assert "is not used" in printed and why in printed
    assert record(folder) == ["a-m-0 from 0", "b-m-0 from 0"]
    check(head)


def test_two_heads_share_the_work_and_both_get_the_results(folder):
    head = make_head(folder)
    second = clone(head, "second")
    (folder / "record.wait").touch()
    with Cluster(folder) as cluster:
        cluster.start_worker(clone(head, "one"))
        processes = [cluster.repro(where) for where in (head, second)]
        for where in (head, second):
            wait_until(lambda where=where: (where / "data" / "b.txt").exists(), "the data of both heads")
        wait_until(lambda: list(folder.glob("record.at-3.*")), "step 3")
        (folder / "record.wait").unlink()
        for process in processes:
            finish(process)
    assert record(folder) == ["a-m-0 from 0", "b-m-0 from 0"]
    check(head)
    check(second)


def test_a_failed_run_is_reported_at_the_end_and_the_others_are_finished(folder):
    head = make_head(
        folder, train='test $1 != a-m-0 || { echo "no such luck"; exit 1; }; echo model > runs/$1/model.txt'
    )
    with Cluster(folder) as cluster:
        cluster.start_worker(clone(head, "one"))
        printed = finish(cluster.repro(head), code=1)
    assert (head / "runs" / "b-m-0" / "likelihood.txt").read_text() == "b\nmodel\n"
    assert "no such luck" in printed.partition("== train@a-m-0 failed ==")[2]
    assert "1 stages failed: train@a-m-0" in printed


def test_an_interrupted_head_ends_the_training_on_its_workers(folder):
    head = make_head(folder)
    (folder / "record.wait").touch()
    with Cluster(folder) as cluster:
        cluster.start_worker(clone(head, "one"))
        process = cluster.repro(head)
        wait_until(lambda: [f for f in folder.glob("record.at-3.*") if f.read_text()], "step 3")
        training = psutil.Process(int(next(folder.glob("record.at-3.*")).read_text()))
        process.send_signal(signal.SIGINT)
        printed = finish(process, code=1)
        assert "interrupted: repeat the command to resume" in printed
        wait_until(lambda: not training.is_running(), "the end of the training")
        (folder / "record.wait").unlink()
        finish(cluster.repro(head))
    check(head)


def test_what_had_come_back_to_a_killed_head_is_not_run_again(folder):
    sandbox.write(folder / "head", TRAIN, ("a", "b"))
    head = folder / "head"
    use_remote(head, folder / "store")
    (folder / "record.wait.b-m-0").touch()
    journal = head / ".dvc" / "tmp" / "vhp-made.jsonl"
    with Cluster(folder) as cluster:
        for name in ("one", "two"):
            cluster.start_worker(clone(head, name))
        process = cluster.repro(head, "--remote")
        wait_until(lambda: journal.exists() and "evaluate@a-m-0" in journal.read_text(), "the first results")
        kill(process)
        (folder / "record.wait.b-m-0").unlink()
    with Cluster(folder) as cluster:
        # Neither cache nor checkpoints of the workers before: the remote and the head's notes alone.
        cluster.start_worker(clone(head, "three"))
        finish(cluster.repro(head, "--remote"))
    assert record(folder).count("a-m-0 from 0") == 1
    check(head)
