"""The committed page in headless Chromium, where `make browser` has installed what this needs; else skipped."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PAGE = ROOT / "reports" / "laptop" / "index.html"

pytestmark = pytest.mark.skipif(
    not (shutil.which("node") and CHROMIUM.exists() and (HERE / "node_modules").exists()),
    reason="needs node, Chromium and what `make browser` installs",
)


def look(page: Path, folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(["node", HERE / "look.mjs", page, folder], capture_output=True, text=True, check=False)


def test_the_page_is_accessible_and_its_first_table_whole_at_every_width(tmp_path):
    done = look(PAGE, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name for path in tmp_path.iterdir()} >= {
        "390-light.png",
        "1024-dark.png",
        "1440-light.png",
        "print.pdf",
    }


def test_a_picture_without_a_description_and_a_table_too_wide_are_found(tmp_path):
    text = PAGE.read_text()
    worse = tmp_path / "page.html"
    worse.write_text(
        text.replace(" alt=", " data-alt=", 1).replace(".headline table {", ".headline table { width: 60rem;")
    )
    done = look(worse, tmp_path)
    assert done.returncode == 1
    assert "image-alt" in done.stdout and "390 px: " in done.stdout and "of the first table are hidden" in done.stdout
