"""Parts of the cluster that need no cluster: which workers may work, what is sent, what became of a stage."""

import json
import signal
import types

import pytest
import sandbox
import yaml
from dask_cluster import clone

from stages.parallel import cluster, lockfile, queues, repro, worker
from stages.parallel.arguments import parse
from stages.parallel.graph import Pipeline
from stages.parallel.worker import Execution, UnfitError, Workspaces


@pytest.fixture
def repository(tmp_path):
    sandbox.write(tmp_path / "head", "echo trained > runs/$1/model.txt", ("a",))
    return tmp_path / "head"


def commit(folder):
    author = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    sandbox.call(folder, "git", *author, "commit", "--quiet", "--allow-empty", "--message", "Another revision")


def revision(folder):
    return sandbox.call(folder, "git", "rev-parse", "HEAD").strip()


def test_a_workspace_is_a_clone_with_the_cache_and_the_remote_of_its_base(repository, tmp_path):
    sandbox.call(repository, "dvc", "remote", "add", "--local", "--default", "store", str(tmp_path / "store"))
    plugin = Workspaces(revision(repository))
    plugin.prepare(repository, tmp_path / "scratch" / "workspace")
    workspace = plugin.workspace
    assert revision(workspace) == revision(repository)
    assert sandbox.call(workspace, "dvc", "cache", "dir").strip() == str(repository / ".dvc" / "cache")
    assert str(tmp_path / "store") in sandbox.call(workspace, "dvc", "remote", "list")


def test_another_revision_is_refused_and_both_are_named(repository, tmp_path):
    base = clone(repository, "base")
    commit(base)
    expected, found = revision(repository), revision(base)
    with pytest.raises(
        UnfitError, match=rf"found revision {found} in {base}, expected the head's {expected}; `git fetch"
    ):
        Workspaces(expected).prepare(base, tmp_path / "workspace")
    assert not (tmp_path / "workspace").exists()


def test_a_folder_that_is_no_clone_is_refused(tmp_path):
    with pytest.raises(UnfitError, match=rf"found no DVC repository in {tmp_path}, expected a clone of the head's"):
        Workspaces("0" * 40).prepare(tmp_path, tmp_path / "workspace")


def test_uncommitted_code_is_refused_and_uncommitted_parameters_are_not(repository, monkeypatch):
    monkeypatch.chdir(repository)
    assert cluster.head_revision() == revision(repository)
    (repository / "params.yaml").write_text("changed: true\n")
    assert cluster.head_revision() == revision(repository)
    (repository / "dvc.yaml").write_text("stages: {}\n")
    with pytest.raises(ValueError, match=r"found uncommitted changes in dvc\.yaml; commit them"):
        cluster.head_revision()


def test_a_folder_that_git_does_not_know_is_refused_in_its_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^git status: .*not a git repository"):
        cluster.head_revision()


@pytest.fixture
def head(repository, monkeypatch):
    """A head of the run a-m-0, whose data exist and whose train stage is up to date."""
    monkeypatch.chdir(repository)
    configs = repository / "runs" / "configs"
    configs.mkdir(parents=True)
    run = {"dataset": "a", "method": "m", "seed": 0}
    (configs / "a-m-0.json").write_text(json.dumps({"run": run}))
    lockfile.write({name: {"cmd": name} for name in ("configure", "preprocess@a", "train@a-m-0")})
    graph = {
        "configure": set(),
        "preprocess@a": set(),
        "train@a-m-0": {"configure", "preprocess@a"},
        "evaluate@a-m-0": {"preprocess@a", "train@a-m-0"},
        "report": {"evaluate@a-m-0"},
    }
    inputs = {stage: [f"input of {stage}"] for stage in graph}
    notes = types.SimpleNamespace(note=lambda text: None)

    def head(todo, *gpu):
        options = cluster.Options(cluster.head_revision(), remote=True, gpu=frozenset(gpu))
        params = yaml.safe_load((repository / "params.yaml").read_text())
        return cluster.Head(Pipeline(graph, todo, inputs), cluster.travelling(todo), params, options, notes)

    return head


def test_the_stages_of_runs_travel_and_those_of_the_heads_files_do_not(head):
    todo = {"configure", "preprocess@a", "train@a-m-0", "evaluate@a-m-0", "report"}
    assert set(head(todo).runs) == {"train@a-m-0", "evaluate@a-m-0"}
    assert list(head(todo).remaining) == ["train@a-m-0", "evaluate@a-m-0"]
    assert head(todo).here_before() == ["configure", "preprocess@a"]
    assert head({"evaluate@a-m-0"}).here_before() == ["preprocess@a", "train@a-m-0"]


def test_a_job_has_what_came_before_on_the_head_and_a_matrix_of_its_one_run(head, repository):
    job = head({"evaluate@a-m-0"}).job("evaluate@a-m-0")
    assert job["lock"] == {"preprocess@a": {"cmd": "preprocess@a"}, "train@a-m-0": {"cmd": "train@a-m-0"}}
    assert job["inputs"] == ["input of evaluate@a-m-0"] and job["revision"] == revision(repository)
    written = yaml.safe_load((repository / "params.yaml").read_text())
    assert job["params"] == written | {"datasets": ["a"], "methods": ["m"], "seeds": [0]}


def test_a_job_that_is_sent_out_again_has_what_workers_made_and_keeps_its_key(head):
    """Its key is the same for a head that still waits for the stage before."""
    sent = head({"train@a-m-0", "evaluate@a-m-0"})
    assert sent.job("evaluate@a-m-0")["lock"] == {"preprocess@a": {"cmd": "preprocess@a"}}
    before = sent.key("evaluate@a-m-0", [], 0)
    del sent.remaining["train@a-m-0"]
    sent.entries["train@a-m-0"] = {"cmd": "made by a worker"}
    assert sent.job("evaluate@a-m-0")["lock"]["train@a-m-0"] == {"cmd": "made by a worker"}
    assert sent.key("evaluate@a-m-0", [], 0) == before != sent.key("evaluate@a-m-0", [], 1)


def client_of(*workers):
    """Of a cluster whose workers have these resources."""
    told = {str(i): {"resources": resources} for i, resources in enumerate(workers)}
    return types.SimpleNamespace(status="running", scheduler_info=lambda: {"workers": told})


def test_without_a_worker_that_has_a_gpu_a_stage_that_needs_one_is_said_to_wait(head):
    sent = head({"train@a-m-0", "evaluate@a-m-0"}, "train", "interpolate")
    able = {worker.resource(sent.revision): 1}
    sent.look(client_of(able, able | {"GPU": 1}))
    assert not sent.notes
    for _ in range(2):
        sent.look(client_of(able, able, {"GPU": 1}))
    expected = "found 2, but none with --resources GPU=1, which --gpu train asks for"
    assert sent.notes == {f"waiting for a worker: {expected}"}


def test_stages_that_need_no_gpu_wait_for_a_worker_of_the_revision_alone(head):
    sent = head({"train@a-m-0", "evaluate@a-m-0"}, "train")
    del sent.remaining["train@a-m-0"]
    sent.look(client_of({worker.resource(sent.revision): 1}))
    assert not sent.notes
    sent.look(client_of({"GPU": 1}))
    expected = f"found 1, but none that can work for {sent.revision[:12]}"
    assert sent.notes == {f"waiting for a worker: {expected}"}


@pytest.mark.parametrize("line", ['["evaluate@a-m-0", {"cm', '["evaluate@a-m-0", {"cmd": "b"}, {"cmd": "a"}]\n'])
def test_a_journal_of_which_nothing_can_be_merged_is_not_kept(repository, monkeypatch, line):
    monkeypatch.chdir(repository)
    lockfile.JOURNAL.parent.mkdir(parents=True, exist_ok=True)
    lockfile.JOURNAL.write_text(line)
    cluster.collect(remote=False)
    assert not lockfile.JOURNAL.exists() and lockfile.read() == {}


def refuse_to_run(stage):
    pytest.fail(f"{stage} ran")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--scheduler tls://10.0.0.1:8786", r"found no certificates for tls://10\.0\.0\.1:8786, expected --tls DIR"),
        ("--scheduler tls://10.0.0.1:8786 --tls nowhere", r"found no cert\.pem and key\.pem in nowhere"),
        ("--slurm --tls nowhere", r"found no cert\.pem and key\.pem in nowhere"),
        ("--slurm", r"found no cores and memory of jobqueue\.slurm in Dask's configuration"),
        ("--scheduler tcp://10.0.0.1:8786", r"found uncommitted changes in dvc\.yaml"),
    ],
)
def test_a_cluster_that_cannot_be_used_is_refused_before_any_stage_runs(repository, monkeypatch, arguments, message):
    monkeypatch.chdir(repository)
    (repository / "dvc.yaml").write_text("stages: {}\n")
    with pytest.raises(ValueError, match=message):
        repro.repro(parse(arguments.split()), types.SimpleNamespace(run=refuse_to_run))


def test_entries_are_merged_into_dvc_lock_as_dvc_writes_it(repository, monkeypatch):
    monkeypatch.chdir(repository)
    sandbox.call(repository, "dvc", "repro")
    before, entries = lockfile.FILE.read_text(), lockfile.read()
    assert "learning_rate: 1e-05" in before
    kept = entries.pop("train@a-m-0")
    lockfile.write(entries)
    assert "train@a-m-0" not in lockfile.FILE.read_text()
    lockfile.note("train@a-m-0", kept, None)
    with lockfile.JOURNAL.open("a") as journal:
        journal.write('["evaluate@a-m-0", {"cm')  # as a killed head leaves it
    assert lockfile.merge() == ["train@a-m-0"]
    assert lockfile.merge() == ["train@a-m-0"]  # until its outputs have been fetched
    lockfile.forget()
    assert lockfile.merge() == []
    assert lockfile.read() == {**entries, "train@a-m-0": kept}
    assert "didn't change" in sandbox.call(repository, "dvc", "repro", "train@a-m-0")


def test_what_a_killed_head_noted_does_not_replace_what_was_made_here_since(repository, monkeypatch):
    monkeypatch.chdir(repository)
    sandbox.call(repository, "dvc", "repro")
    present = lockfile.read()
    others = {"cmd": "another"}
    lockfile.note("train@a-m-0", others, {"cmd": "what was here before the present entry"})
    lockfile.note("evaluate@a-m-0", others, present["evaluate@a-m-0"])
    assert lockfile.merge() == ["evaluate@a-m-0"]
    assert lockfile.read() == present | {"evaluate@a-m-0": others}


@pytest.fixture
def execution(tmp_path):
    """As after a stage's end; its folder is empty."""
    plugin = types.SimpleNamespace(workspace=tmp_path, base=tmp_path)
    job = {"stage": "train@a-m-0", "revision": "0" * 40, "min_free_mib": 0}
    fake = types.SimpleNamespace(plugins={worker.resource(job["revision"]): plugin}, get_current_task=lambda: "key")
    (tmp_path / ".dvc" / "tmp" / "vhp-step").mkdir(parents=True)
    return Execution(fake, job)


def test_a_stage_that_failed_is_no_fault_of_the_worker(execution):
    assert execution.judge(1, "TrainingDivergedError") == {"code": 1, "printed": "TrainingDivergedError"}


def test_a_result_is_passed_on(execution):
    (execution.folder / "result.json").write_text(json.dumps({"entry": {"cmd": "train"}}))
    assert execution.judge(0, "Running stage") == {"code": 0, "printed": "Running stage", "entry": {"cmd": "train"}}


@pytest.mark.parametrize("printed", ["OSError: [Errno 28] No space left on device: 'model.safetensors'", "died"])
def test_a_full_disk_is_the_workers_fault_whatever_the_program_says(execution, printed):
    if printed == "died":
        execution.job["min_free_mib"] = 10**9
    with pytest.raises(UnfitError, match=r"found the disk full|MiB free in .*, expected at least 1000000000"):
        execution.judge(1, printed)


def test_what_cannot_be_fetched_is_the_workers_fault(execution):
    (execution.folder / "result.json").write_text(json.dumps({"unfit": "found no data/a.txt"}))
    with pytest.raises(UnfitError, match=r"found no data/a\.txt"):
        execution.judge(0, "")


@pytest.mark.parametrize("system, directive", [("slurm", "#SBATCH -t 12:00:00"), ("sge", "#$ -l h_rt=12:00:00")])
def test_jobs_of_a_batch_system_start_their_workers_in_the_shared_folder(system, directive, tmp_path):
    settings = {"cores": 2, "memory": "4GB", "walltime": "12:00:00", "job-script-prologue": ["module load python"]}
    handler = signal.getsignal(signal.SIGINT)
    queues.jobqueue()  # and its settings, which are changed below
    assert signal.getsignal(signal.SIGINT) is handler
    with (
        queues.dask.config.set({f"jobqueue.{system}.{key}": value for key, value in settings.items()}),
        queues.own_certificates(None, tmp_path) as secure,
        queues.batch_system(system, tmp_path / "with space", secure) as batch,
    ):
        script = batch.job_script()
        assert batch.scheduler_address.startswith("tls://")
        assert {socket.getsockname()[0] for socket in batch.scheduler.http_server._sockets.values()} == {"127.0.0.1"}
    assert directive in script
    order = ["module load python", f"cd '{tmp_path / 'with space'}'", "distributed.cli.dask_worker"]
    assert sorted(order, key=script.index) == order
    assert "--no-dashboard" in script and "--tls-key" in script
    assert not list(tmp_path.glob(".dvc/tmp/tls-*"))  # the key is gone with the cluster


def test_no_key_is_left_where_the_certificates_cannot_be_finished(tmp_path, monkeypatch):
    def full(folder, days):
        (folder / "key.pem").touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(queues.certificates, "make", full)
    with pytest.raises(OSError, match="No space"), queues.own_certificates(None, tmp_path):
        pass
    assert not list(tmp_path.glob(".dvc/tmp/tls-*"))
