"""mypy leaves out no module of this project."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_no_module_is_left_unchecked():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["packages"] == ["vhp", "stages"]
    of_ours = ("vhp", "stages", "*")
    assert not [m for override in settings["overrides"] for m in override["module"] if m.partition(".")[0] in of_ours]
    assert not settings.get("ignore_errors") and not settings.get("exclude")
