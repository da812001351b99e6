"""A clone below the repository: what it contains, what of an old one is kept, and what is refused before any change."""

import errno
import fcntl
import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from artifacts import call as call_main
from dvc.config import Config
from dvc.fs import localfs
from dvc.lock import Lock as DvcLock
from dvc.rwlock import rwlock
from sandbox import call

from stages.clones import __main__ as clone
from stages.clones import commit, dvc_locks, keep, removable
from stages.clones.lock import REPRO, BusyError, Lock, check_idle
from stages.parallel import repro


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with uncommitted changes in a folder whose name is not ASCII; the working directory."""
    root = tmp_path / "Zürich 東京"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc" / ".gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (root / ".dvc" / "config").touch()
    (root / ".gitignore").write_text("/demo/\n/studies/\n*.o\n")
    (root / "params.yaml").write_text("# All.\nbudget: laptop # a night\ndatasets: [a, b]\nseeds: [0]\n")
    (root / "code").mkdir()
    for name in ("kept.py", "changed.py", "deleted.py", "code/über.py"):
        (root / name).write_text("committed")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "All")
    (root / "changed.py").write_text("changed")
    (root / "changed.py").chmod(0o755)
    (root / "deleted.py").unlink()
    (root / "code" / "new.py").write_text("new")
    (root / "ignored.o").write_text("ignored")
    (root / "link").symlink_to("code")
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def demo(repository):
    """The clone of an earlier call."""
    clone.make(Path("demo")).close()
    return repository / "demo"


def contents(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def test_the_uncommitted_changes_are_in_it_and_the_cache_is_shared(repository):
    clone.make(Path("demo")).close()
    found = contents(repository / "demo")
    code = {name: text for name, text in found.items() if name.endswith((".py", ".o"))}
    assert code == {"kept.py": "committed", "changed.py": "changed", "code/über.py": "committed", "code/new.py": "new"}
    assert os.access(repository / "demo" / "changed.py", os.X_OK)
    assert (repository / "demo" / "link").readlink() == Path("code")
    assert Config(str(repository / "demo" / ".dvc"))["cache"]["dir"] == str(repository / ".dvc" / "cache")
    assert call(repository / "demo", "dvc", "cache", "dir").strip() == str(repository / ".dvc" / "cache")


def test_what_is_staged_as_deleted_or_renamed_is_not_in_it(repository):
    git(repository, "rm", "-q", "kept.py")
    git(repository, "mv", "code/über.py", "code/moved.py")
    clone.make(Path("demo")).close()
    code = [name for name in contents(repository / "demo") if name.endswith(".py")]
    assert sorted(code) == ["changed.py", "code/moved.py", "code/new.py"]


def test_a_file_in_the_place_of_a_folder_is_in_it_and_the_other_way_round(repository):
    shutil.rmtree(repository / "code")
    (repository / "code").write_text("a file now")
    (repository / "kept.py").unlink()
    (repository / "kept.py" / "deep").mkdir(parents=True)
    (repository / "kept.py" / "deep" / "inner.py").write_text("a folder now")
    clone.make(Path("demo")).close()
    code = {name: text for name, text in contents(repository / "demo").items() if "code" in name or "kept" in name}
    assert code == {"code": "a file now", "kept.py/deep/inner.py": "a folder now"}


def test_a_repository_without_a_commit_has_a_clone_of_its_files(repository):
    git(repository, "update-ref", "-d", "HEAD")
    clone.make(Path("demo")).close()
    code = [name for name in contents(repository / "demo") if name.endswith(".py")]
    assert sorted(code) == ["changed.py", "code/new.py", "code/über.py", "kept.py"]


def test_an_old_clone_is_replaced_but_for_the_checkpoints_of_interrupted_runs(demo):
    (demo / "old.txt").touch()
    (demo / "runs" / "checkpoints" / "ab12").mkdir(parents=True)
    (demo / "runs" / "checkpoints" / "ab12" / "state.pt").write_text("half")
    (demo / "runs" / "digits").mkdir()
    clone.make(Path("demo")).close()
    found = contents(demo)
    assert "old.txt" not in found and found["runs/checkpoints/ab12/state.pt"] == "half"
    assert not (demo / "runs" / "digits").exists()
    assert [path.name for path in Path(".dvc", "tmp").iterdir()] == ["clone-demo.lock"]


def test_an_old_clone_stays_if_a_new_one_cannot_be_made(demo, monkeypatch):
    (demo / "old.txt").touch()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(clone.shutil, "copy2", full)
    with pytest.raises(OSError, match="No space"):
        clone.make(Path("demo"))
    assert (demo / "old.txt").exists()


@pytest.mark.parametrize("name", ["../elsewhere", "code", "studies/../code", ".", "/tmp/x", "link/x"])
def test_a_folder_that_is_not_its_own_is_refused_and_nothing_removed(repository, name):
    before = contents(repository)
    with pytest.raises(clone.CloneError, match=r"found (the folder|files of this repository in) "):
        clone.make(Path(name))
    assert contents(repository) == before


@pytest.mark.parametrize("name", ["mine", ".git", ".dvc/tmp/x"])
def test_a_folder_that_is_no_clone_is_refused_and_nothing_removed(repository, name):
    (repository / name).mkdir(parents=True, exist_ok=True)
    (repository / name / "work.txt").write_text("a day's work")
    with pytest.raises(clone.CloneError, match=f"found {name}, which is no clone; delete or move it"):
        clone.make(Path(name))
    assert (repository / name / "work.txt").read_text() == "a day's work"


@pytest.mark.parametrize("ref", ["ab/cd/fried-tilt", "celery/stash"])
def test_experiments_are_not_deleted_without_force(demo, ref):
    git(demo, "update-ref", f"refs/exps/{ref}", "HEAD")
    with pytest.raises(clone.CloneError, match=r"found experiments in demo .*FORCE=1"):
        clone.make(Path("demo"))
    assert ref in git(demo, "for-each-ref")
    clone.make(Path("demo"), force=True).close()
    assert ref not in git(demo, "for-each-ref")


@pytest.mark.parametrize("ref", ["exps/exec/EXEC_HEAD", "exps/apply/ORIG_HEAD", "exps/stash"])
def test_references_that_dvc_needs_for_itself_are_no_experiments(demo, ref):
    git(demo, "update-ref", f"refs/{ref}", "HEAD")
    clone.make(Path("demo")).close()


def test_a_stash_is_not_deleted_without_force(demo):
    (demo / "kept.py").write_text("an idea")
    git(demo, "stash", "push", "-q", "--", "kept.py")
    with pytest.raises(clone.CloneError, match=r"found a stash in demo \(`git stash list` in it\).*FORCE=1"):
        clone.make(Path("demo"))
    git(demo, "stash", "pop", "-q")
    clone.make(Path("demo")).close()
    (demo / "kept.py").write_text("an idea")
    git(demo, "stash", "push", "-q", "--", "kept.py")
    clone.make(Path("demo"), force=True).close()
    assert git(demo, "stash", "list") == ""


def test_commits_are_not_deleted_without_force(demo):
    git(demo, "commit", "-qam", "An idea")
    with pytest.raises(clone.CloneError, match=r"found commits in demo .*git fetch demo.*FORCE=1"):
        clone.make(Path("demo"))
    git(Path.cwd(), "fetch", "-q", "demo")
    clone.make(Path("demo")).close()


def test_a_clone_in_which_a_pipeline_is_at_work_is_refused(demo):
    with closing(Lock(demo / REPRO)):
        for force in (False, True):
            with pytest.raises(BusyError, match=rf"found process {os.getpid()} on .* at work in demo; wait"):
                clone.make(Path("demo"), force)
    assert (demo / "kept.py").exists()
    clone.make(Path("demo")).close()


@pytest.mark.parametrize(
    ("module", "error"), [(clone, "clone: "), (commit, "commit: "), (keep, "keep: "), (removable, "")]
)
def test_where_files_cannot_be_locked_a_command_says_so_and_of_nobody_at_work(demo, without_locks, module, error):
    (demo / REPRO).parent.mkdir(exist_ok=True)
    (demo / REPRO).touch()
    with pytest.raises(SystemExit, match=rf"^{error}\[Errno 37\] No locks available: '\S+\.lock'$"):
        call_main(module, "demo")
    assert without_locks and all(file.closed for file in without_locks)


def test_nor_does_the_pipeline_where_files_cannot_be_locked(repository, without_locks, monkeypatch):
    monkeypatch.setattr(repro.signal, "signal", lambda number, handler: None)
    with pytest.raises(SystemExit, match=rf"^repro: \[Errno 37\] No locks available: '{REPRO}'$"):
        call_main(repro)


def test_a_lock_of_dvc_that_cannot_be_asked_is_named(demo, without_locks):
    (demo / dvc_locks.LOCK).parent.mkdir(exist_ok=True)
    (demo / dvc_locks.LOCK).touch()
    with pytest.raises(OSError, match=rf"No locks available: 'demo/{dvc_locks.LOCK}'"):
        check_idle(Path("demo"))


@pytest.fixture
def without_locks(monkeypatch):
    """A file system that has none; the files that were to be locked."""
    files = []

    def flock(file, _):
        files.append(file)
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    return files


def test_a_clone_in_which_dvc_itself_runs_a_stage_is_refused(demo):
    temporary = demo / ".dvc" / "tmp"
    temporary.mkdir(exist_ok=True)
    for read, write in ([], ["workspace"]), (["data"], []):
        with (
            rwlock(str(temporary), localfs, "dvc exp run", read, write, False),
            pytest.raises(BusyError, match=rf"found process {os.getpid()} \(dvc exp run; .* at work in demo; wait"),
        ):
            clone.make(Path("demo"), force=True)
        check_idle(Path("demo"))
    lock = DvcLock(str(temporary / "lock"))
    with lock, pytest.raises(BusyError, match="found a process of DVC at work in demo; wait"):
        clone.make(Path("demo"), force=True)
    assert (demo / "kept.py").exists()
    check_idle(Path("demo"))


@pytest.mark.parametrize("content", ["{dead}", "", "[1]", '{"read": {"data": [{"pid": "x"}]}}'])
def test_what_was_killed_or_cannot_be_read_is_nobody_at_work(demo, content):
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead = json.dumps({"write": {"workspace": {"pid": ended.pid, "cmd": "dvc exp run"}}})
    (demo / dvc_locks.RWLOCK).parent.mkdir(exist_ok=True)
    (demo / dvc_locks.RWLOCK).write_text(content.replace("{dead}", dead))
    check_idle(Path("demo"))


needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
FOLDERS = ["demo", "studies/laptop/kappa.digits"]


@needs_make
@pytest.mark.parametrize("folder", FOLDERS)
def test_make_clean_refuses_a_clone_whose_command_is_between_two_pipelines(repository, folder):
    with closing(clone.make(Path(folder))):
        for force in ([], ["FORCE=1"]):
            refused = f"found process {os.getpid()} on {socket.gethostname()} at work with {folder}; wait until it has "
            assert make_clean(*force).startswith(refused)
    assert make_clean() == "" and not (repository / folder).exists()


@needs_make
@pytest.mark.parametrize("folder", FOLDERS)
def test_make_clean_refuses_a_clone_in_which_a_pipeline_is_at_work(repository, folder):
    with closing(Lock(Path(folder, REPRO))):
        git(repository / folder, "init", "-q")
        assert f"at work in {folder}; wait until it has ended" in make_clean("FORCE=1")
    assert make_clean() == "" and not (repository / folder).exists()


@needs_make
@pytest.mark.parametrize(
    ("folder", "work"), [(FOLDERS[0], "commits"), (FOLDERS[1], "experiments"), (FOLDERS[1], "a stash")]
)
def test_make_clean_deletes_what_was_made_in_a_clone_with_force_only(repository, folder, work):
    Path("smoke").mkdir()
    clone.make(Path(folder)).close()
    if work == "commits":
        git(repository / folder, "commit", "-qam", "An idea")
    elif work == "experiments":
        git(repository / folder, "update-ref", "refs/exps/ab/cd/fried-tilt", "HEAD")
    else:
        git(repository / folder, "stash")
    refused = make_clean()
    assert refused.startswith(f"found {work} in {folder} ") and "then FORCE=1\n" in refused
    assert (repository / folder).exists() and (repository / "smoke").exists()
    assert make_clean("FORCE=1") == "" and not (repository / folder).exists() and not (repository / "smoke").exists()


def test_whether_clones_may_be_deleted_is_known_without_the_environment(repository):
    (repository / "demo").mkdir()
    command = [sys.executable, "-S", "-m", "stages.clones.removable", "demo", "studies/*/*"]
    assert subprocess.run(command, env=here()).returncode == 0


def make_clean(*arguments: str) -> str:
    """What it has against it."""
    environment = {name: value for name, value in here().items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    makefile = Path(__file__).parents[2] / "Makefile"
    command = ["make", "--silent", f"--file={makefile}", f"PYTHON={sys.executable}", "clean", *arguments]
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, text=True).stderr


def here() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def test_the_clone_is_its_commands_own_until_that_ends(repository):
    command = [
        sys.executable,
        "-m",
        "stages.clones",
        "demo",
        "--budget",
        "demo",
        "--datasets",
        "c",
        "d",
        "--seeds",
        "1",
    ]
    first = subprocess.Popen([*command, "--", "cat"], env=here(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    first.stdin.write(b"hello\n")
    first.stdin.flush()
    assert first.stdout.readline() == b"hello\n"  # it runs
    second = subprocess.run(command, env=here(), capture_output=True, text=True)
    assert second.returncode == 1 and f"found process {first.pid} on" in second.stderr
    first.communicate()
    third = subprocess.run([*command, "--", "pwd"], env=here(), capture_output=True, text=True)
    assert third.returncode == 0 and third.stdout.strip() == str(repository / "demo")
    text = (repository / "demo" / "params.yaml").read_text()
    assert yaml.safe_load(text) == {"budget": "demo", "datasets": ["c", "d"], "seeds": [1]} and "# All." in text


def test_without_a_repository_nothing_is_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(clone.CloneError, match="found no git repository with DVC in this folder"):
        clone.make(Path("demo"))
    assert not list(tmp_path.iterdir())
