"""dvc.lock as a file of any content: read as it is, or refused with the place."""

import pytest

from stages.parallel.lockfile import read


@pytest.mark.parametrize("text", ["", "schema: '2.0'\n", "schema: '2.0'\nstages:\n", "stages: {}\n"])
def test_a_file_without_stages_has_none(tmp_path, text):
    (tmp_path / "dvc.lock").write_text(text)
    assert read(tmp_path / "dvc.lock") == {} == read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- a\n", ": found list"),
        ("stages: 3\n", ": stages: found int"),
        ("stages: [train]\n", ": stages: found list"),
        ("stages: {train: {cmd: a}, report: done}\n", ": report: found str"),
        ("stages: {report: false}\n", ": report: found bool"),
        ("stages: {report: }\n", ": report: found NoneType"),
    ],
)
def test_what_is_no_mapping_is_named(tmp_path, text, found):
    (tmp_path / "dvc.lock").write_text(text)
    with pytest.raises(ValueError, match=rf"dvc\.lock{found}, expected a mapping, as DVC writes it$"):
        read(tmp_path / "dvc.lock")
