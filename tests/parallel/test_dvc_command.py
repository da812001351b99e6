"""The faster writer of dvc.lock beside DVC's own, of which not a byte differs, and the wait for DVC's lock."""

import sys
import threading
from collections import OrderedDict
from pathlib import Path

import pytest
import sandbox
from dvc import dvcfile
from dvc import lock as dvc_lock
from dvc.lock import Lock, LockError
from dvc.utils.serialize import dump_yaml, load_yaml, modify_yaml

from stages.parallel import dvc_command

ENTRY = OrderedDict(
    cmd="python -m stages.train a-run-with-a-long-name-0 " + "--and-an-option " * 8,
    deps=[OrderedDict(path="vhp/é.py", hash="md5", md5="0123456789abcdef0123456789abcdef", size=12)],
    params={
        "runs/configs/a.json": {
            "training": {
                "rates": [1e-05, 0.002, 2.0, 1e22, -0.0, float("inf")],
                "hidden": [300, 300],
                "none": None,
                "nones": [None, {"none": None}],
                "nothing": {},
                "empty": [],
                "flags": [True, False],
                "texts": [
                    "",
                    "null",
                    "true",
                    "1e-3",
                    "12",
                    "1:30",
                    "a: b",
                    "- c",
                    "#",
                    "it's",
                    "word " * 40 + "end: ",
                    " spaces ",
                ],
            }
        }
    },
    outs=[OrderedDict(path="runs/a", md5="0" * 32 + ".dir", size=10**12, nfiles=3)],
)


def add(modify, path: Path, name: str) -> None:
    """As DVC's Lockfile.dump_stages does."""
    with modify(path) as content:
        if not content:
            content.update({"schema": "2.0"})
        content["stages"] = content.get("stages", {})
        content["stages"].update({name: ENTRY})


def test_the_text_is_dvcs_for_a_new_file_and_for_one_that_grows_and_changes(tmp_path):
    own, fast = tmp_path / "own" / "dvc.lock", tmp_path / "fast" / "dvc.lock"
    for file, modify in ((own, modify_yaml), (fast, dvc_command.modify)):
        file.parent.mkdir()
        for name in ("b@x-1", "a", "b@x-1"):
            add(modify, file, name)
    assert fast.read_text() == own.read_text()
    assert load_yaml(fast)["stages"]["a"] == ENTRY


def test_texts_of_several_lines_are_read_as_they_were_written(tmp_path):
    """DVC quotes them otherwise; the pipeline has none."""
    texts = ["two\nlines", "colon: \nat an end", "\n", "a: \n\nb:\n", "- \n- "]
    with dvc_command.modify(tmp_path / "dvc.lock") as content:
        content["texts"] = texts
    assert load_yaml(tmp_path / "dvc.lock") == {"texts": texts}


def test_other_files_keep_their_comments(tmp_path):
    file = tmp_path / "dvc.yaml"
    file.write_text("# kept\nstages: {}\n")
    add(dvc_command.modify, file, "a")
    assert file.read_text().startswith("# kept\n")


def test_a_lock_file_that_cannot_be_written_stays_as_it_was(tmp_path):
    file = tmp_path / "dvc.lock"
    dump_yaml(file, {"schema": "2.0"})
    with pytest.raises(Exception, match="cannot represent"), dvc_command.modify(file) as content:
        content["stages"] = object()
    assert file.read_text() == "schema: '2.0'\n" and list(tmp_path.iterdir()) == [file]


def test_a_pipeline_run_by_either_command_has_the_same_lock_file(tmp_path):
    for place, module in (("own", "dvc"), ("fast", "stages.parallel.dvc_command")):
        sandbox.write(tmp_path / place, "echo $1 > runs/$1/model.txt", ("a", "b"))
        sandbox.call(tmp_path / place, sys.executable, "-m", module, "repro")
    assert (tmp_path / "fast/dvc.lock").read_bytes() == (tmp_path / "own/dvc.lock").read_bytes()


def test_the_functions_that_are_replaced_are_there():
    """DVC's own names, which another version may not have."""
    assert dvcfile.modify_yaml is modify_yaml and dvcfile.is_lock_file("a/dvc.lock")
    assert dvc_command.acquire is Lock.lock and dvc_lock.make_lock("lock").lock.__func__ is Lock.lock


def test_who_waits_for_the_lock_gets_it_when_it_is_free(tmp_path):
    """DVC's own function would sleep for half a second after it found the lock taken."""
    held, wanted = (Lock(str(tmp_path / "lock"), wait=True) for _ in range(2))
    events = []
    held.lock()
    waiting = threading.Thread(target=lambda: (dvc_command.wait(wanted), events.append("taken")))
    waiting.start()
    waiting.join(5 * dvc_command.PAUSE)
    events.append("free")
    held.unlock()
    waiting.join(60)
    assert events == ["free", "taken"] and wanted.is_locked
    wanted.unlock()


def test_who_does_not_wait_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(dvc_lock, "DEFAULT_TIMEOUT", 0.01)
    held, wanted = (Lock(str(tmp_path / "lock")) for _ in range(2))
    dvc_command.wait(held)
    with pytest.raises(LockError, match="Unable to acquire lock"):
        dvc_command.wait(wanted)
    held.unlock()
