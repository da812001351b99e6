"""The command as a whole, on a small pipeline: failures, interruptions, and a second call by mistake."""

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import sandbox
import yaml

from stages.parallel import lockfile, repro

SECONDS = 90.0  # after which a test that waits has failed


def wait_for(*files: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while not all(file.exists() for file in files):
        assert time.monotonic() < deadline, f"{files} did not come"
        time.sleep(0.05)


def sleeping(process: subprocess.Popen, n: int) -> list[psutil.Process]:
    """All processes below this one, once n of them sleep, which a shell begins after it has said that it is up."""
    deadline = time.monotonic() + SECONDS
    while True:
        assert time.monotonic() < deadline, f"{n} sleeping processes did not come"
        children = psutil.Process(process.pid).children(recursive=True)
        with contextlib.suppress(psutil.NoSuchProcess):  # one that has ended meanwhile
            if sum("sleep" in child.name() for child in children) == n:
                return children
        time.sleep(0.05)


def test_a_failed_stage_is_reported_at_the_end_and_stops_nothing_but_what_depends_on_it(tmp_path):
    train = 'test $1 != b-m-0 || { echo "no such luck"; exit 1; }; echo $1 > runs/$1/model.txt'
    sandbox.write(tmp_path, train, ("a", "b"))
    process = sandbox.repro(tmp_path, "--jobs", "2")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, printed
    assert (tmp_path / "runs" / "a-m-0" / "likelihood.txt").read_text() == "a\na-m-0\n"
    lines, end = printed.partition("== train@b-m-0 failed ==")[::2]
    assert lines.count("/7] ") == 5 and "no such luck" not in lines
    assert "no such luck" in end and "not run, since they depend on these: evaluate@b-m-0, report" in end
    assert end.strip().endswith("1 stages failed: train@b-m-0; fix the cause and repeat the command")


def test_an_interruption_ends_all_processes_and_the_same_command_goes_on(tmp_path):
    train = "echo $1 >> started; touch $1.up; test -e go || sleep 60; echo $1 > runs/$1/model.txt"
    sandbox.write(tmp_path, train, ("a", "b"))
    process = sandbox.repro(tmp_path, "--jobs", "2")
    wait_for(tmp_path / "a-m-0.up", tmp_path / "b-m-0.up")
    children = sleeping(process, 2)

    second = sandbox.repro(tmp_path)
    printed, _ = second.communicate(timeout=SECONDS)
    assert second.returncode == 1
    assert f"found process {process.pid} on " in printed and "at work in this folder" in printed

    process.send_signal(signal.SIGINT)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1 and "interrupted: repeat the command to resume" in printed
    assert psutil.wait_procs(children, timeout=5)[1] == []

    (tmp_path / "go").touch()
    process = sandbox.repro(tmp_path, "--jobs", "2")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, printed
    assert (tmp_path / "report.txt").read_text() == "a\na-m-0\nb\nb-m-0\n"
    assert sorted((tmp_path / "started").read_text().split()) == ["a-m-0", "a-m-0", "b-m-0", "b-m-0"]


def test_a_hang_up_that_it_was_started_to_ignore_ends_nothing(tmp_path):
    sandbox.write(tmp_path, "touch $1.up; until test -e go; do sleep 0.1; done; echo $1 > runs/$1/model.txt", ("a",))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does; what is started inherits it
    try:
        process = sandbox.repro(tmp_path)
    finally:
        signal.signal(signal.SIGHUP, before)
    wait_for(tmp_path / "a-m-0.up")
    process.send_signal(signal.SIGHUP)
    (tmp_path / "go").touch()
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, printed


def test_of_a_matrix_only_what_was_asked_for_runs(tmp_path):
    sandbox.write(tmp_path, "echo $1 > runs/$1/model.txt", ("a", "b"))
    process = sandbox.repro(tmp_path, "--only", "*@a-*")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, printed
    assert (tmp_path / "runs" / "a-m-0" / "likelihood.txt").exists() and not (tmp_path / "runs" / "b-m-0").exists()
    assert "4 stages up to date, 3 of them visited" in printed


def test_runs_that_were_made_elsewhere_are_not_made_again_if_their_files_may_be_missing(tmp_path):
    sandbox.write(tmp_path, "echo $1 >> started; echo $1 > runs/$1/model.txt", ("a",))
    assert sandbox.repro(tmp_path).wait(SECONDS) == 0
    elsewhere(tmp_path)
    params = yaml.safe_load((tmp_path / "params.yaml").read_text())
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params | {"datasets": ["a", "b"]}))
    process = sandbox.repro(tmp_path, "--allow-missing")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, printed
    assert (tmp_path / "started").read_text().split() == ["a-m-0", "b-m-0"]
    assert (tmp_path / "report.txt").read_text() == "b\nb-m-0\n"

    shutil.rmtree(tmp_path / "runs")
    process = sandbox.repro(tmp_path, "--allow-missing", "--only", "train")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, printed
    assert (tmp_path / "runs" / "configs" / "a-m-0.json").exists()
    assert (tmp_path / "started").read_text().split() == ["a-m-0", "b-m-0"]


def elsewhere(folder: Path) -> None:
    """As in a clone on a machine that does not have the cache."""
    for name in ("runs", "data", ".dvc/cache"):
        shutil.rmtree(folder / name)


def test_where_files_may_be_missing_what_dvc_lock_shows_to_be_outdated_is_not_taken_as_done(tmp_path):
    """By its entries evaluate read another model than train has made since."""
    sandbox.write(tmp_path, "echo $1 > runs/$1/model.txt", ("a",))
    assert sandbox.repro(tmp_path).wait(SECONDS) == 0
    file = tmp_path / "dvc.lock"
    entries = lockfile.read(file)
    [read] = [need for need in entries["evaluate@a-m-0"]["deps"] if need["path"].endswith("model.txt")]
    read["md5"] = "0" * 32
    lockfile.write(entries, file)
    elsewhere(tmp_path)
    process = sandbox.repro(tmp_path, "--allow-missing")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1 and "1 stages failed: evaluate@a-m-0" in printed, printed
    assert "data/a.txt" in printed


CHANGE = """
sleep 1
test $1 != a-m-0 || sed -i s/1.0e-05/0.5/ runs/configs/b-m-0.json params.yaml
echo $1 > runs/$1/model.txt
"""


def test_the_matrix_that_was_resolved_at_the_start_is_the_one_that_is_run(tmp_path):
    """As `dvc exp run -S` does, which rewrites params.yaml before it finds the folder busy."""
    sandbox.write(tmp_path, CHANGE.replace("1.0e-05", "1e-05"), ("a", "b"))
    process = sandbox.repro(tmp_path, "--only", "evaluate")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, printed
    assert "runs/configs/b-m-0.json was changed by another command (dvc exp run?) since this one began" in printed
    assert "1 stages failed: train@b-m-0" in printed
    entries = lockfile.read(tmp_path / "dvc.lock")
    assert "evaluate@a-m-0" in entries and not {"train@b-m-0", "evaluate@b-m-0"} & entries.keys()


def test_parameters_that_change_before_they_are_resolved_stop_it(tmp_path):
    sandbox.write(tmp_path, "echo $1 > runs/$1/model.txt", ("a",))
    configure = tmp_path / "configure.py"
    configure.write_text(configure.read_text() + "\nopen('params.yaml', 'a').write('# and more\\n')\n")
    process = sandbox.repro(tmp_path)
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1 and "repro: params.yaml was changed by another command" in printed
    assert not (tmp_path / "runs" / "a-m-0").exists()


def test_missing_files_are_not_allowed_on_a_cluster(tmp_path):
    process = sandbox.repro(tmp_path, "--allow-missing", "--slurm")
    printed, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 2 and "--allow-missing is for one machine" in printed


def test_without_git_there_is_no_warning_of_uncommitted_code(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sandbox.call(tmp_path, "git", "init", "--quiet")
    (tmp_path / "stages").mkdir()
    (tmp_path / "stages" / "new.py").touch()
    repro.warn_of_uncommitted()
    assert capsys.readouterr().err.startswith("stages/: not committed")
    monkeypatch.setenv("PATH", str(tmp_path))
    repro.warn_of_uncommitted()
    assert capsys.readouterr().err == ""


def test_an_error_does_not_hide_what_failed_before(tmp_path, monkeypatch, capsys):
    def lose_the_scheduler(arguments, stages):
        stages.failures["train@a-m-0"] = "no such luck"
        raise ValueError("1 stages could not be run")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(repro, "repro", lose_the_scheduler)
    monkeypatch.setattr(repro.signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(sys, "argv", ["repro"])
    with pytest.raises(SystemExit, match="1 stages could not be run"):
        repro.main()
    assert "== train@a-m-0 failed ==\nno such luck" in capsys.readouterr().err
