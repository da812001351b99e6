"""The faster writer of dvc.lock beside DVC's own: not a byte differs."""

import sys
from collections import OrderedDict
from pathlib import Path

import pytest
import sandbox
from dvc import dvcfile
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
