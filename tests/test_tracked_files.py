"""What is in git stays small: every clone has all of it."""

from committed import ROOT, git

LARGEST = 2_000_000  # bytes


def test_no_file_in_git_is_larger_than_two_megabytes():
    names = git("-C", str(ROOT), "ls-files", "-z").stdout.rstrip("\0").split("\0")
    sizes = {name: (ROOT / name).stat().st_size for name in names if (ROOT / name).is_file()}
    assert "README.md" in sizes
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
