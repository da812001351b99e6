"""A finished table travels through a real remote: pushed from one clone, pulled into another, where nothing is run."""

import pytest
import servers
from sandbox import call, write

TRAIN = "echo trained $1 > runs/$1/model.txt"
AUTHOR = ("-c", "user.name=test", "-c", "user.email=test@example.org")


@pytest.mark.parametrize("remote", [servers.ssh, servers.s3])
def test_a_pushed_table_is_up_to_date_in_a_second_clone(tmp_path, remote):
    first, second, store = tmp_path / "first", tmp_path / "second", tmp_path / "store"
    store.mkdir()
    write(first, TRAIN, ("a", "b"))
    call(first, "dvc", "repro", "--quiet")
    with remote(store) as (address, settings):
        call(first, "dvc", "remote", "add", "--quiet", "--default", "store", address)
        call(first, "git", "add", "--all")
        call(first, "git", "add", "--force", "report.txt")  # as what is in reports/
        call(first, "git", *AUTHOR, "commit", "--quiet", "--message", "A finished table")
        call(tmp_path, "git", "clone", "--quiet", str(first), str(second))
        for clone in (first, second):
            for name, value in settings.items():
                call(clone, "dvc", "remote", "modify", "--quiet", "--local", "store", name, value)
        assert "file" in call(first, "dvc", "push")
        assert not (second / "runs").exists()
        call(second, "dvc", "pull", "--quiet")
    model = "runs/a-m-0/model.txt"
    assert (second / model).read_text() == (first / model).read_text() == "trained a-m-0\n"
    printed = call(second, "dvc", "repro")
    assert "Running stage" not in printed and "up to date" in printed
