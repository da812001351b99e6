"""DVC's pages of plots with Vega in them: nothing is loaded when they are opened."""

import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from sandbox import call

from stages.inspect import plots_page

SCRIPTS = {"vega": 'var a = {b: {c: "</script>"}}; // {{}}', "vega-lite": "two", "vega-embed": "drei ä"}


def fetched(package: str, version: str) -> str:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    return SCRIPTS[package]


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """With a history that is a plot, as a run's."""
    call(tmp_path, "git", "init", "--quiet")
    call(tmp_path, "dvc", "init", "--quiet")
    (tmp_path / "history.csv").write_text("step,bound\n1,0\n2,1\n")
    (tmp_path / "dvc.yaml").write_text("plots: [{history.csv: {x: step, y: bound}}]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["plots_page"])
    return tmp_path


def test_a_page_of_plots_has_all_scripts_and_loads_none(repository, monkeypatch):
    monkeypatch.setattr(plots_page, "script", fetched)
    plots_page.main()
    call(repository, "dvc", "plots", "show", "--out", "page")
    page = (repository / "page" / "index.html").read_text(encoding="utf-8")
    assert '<meta charset="utf-8">' in page and "vegaEmbed" in page
    assert not re.search(r"<(script|link|img)[^>]*(src|href)", page)
    inlined = re.findall(r"<script>\n(.*?)\n</script>", page, re.DOTALL)
    assert inlined == ['var a = {b: {c: "<\\/script>"}}; // {{}}', "two", "drei ä"]


def test_without_npm_or_its_registry_nothing_changes(repository, monkeypatch):
    monkeypatch.setenv("PATH", str(repository))
    with pytest.raises(SystemExit, match=r"plots page: found no npm, which fetches Vega"):
        plots_page.main()

    def failing(*_, **__):
        return subprocess.CompletedProcess([], 1, "", "npm error network")

    monkeypatch.setattr(plots_page.subprocess, "run", failing)
    with pytest.raises(SystemExit, match=r"npm could not fetch vega [\d.]+: npm error network"):
        plots_page.main()
    assert not (repository / plots_page.PAGE).exists() and not (repository / ".dvc" / "config.local").exists()


def test_a_package_with_a_folder_in_the_place_of_its_script_is_refused(monkeypatch):
    def packed(command, **_):
        with tarfile.open(Path(command[-1], "vega.tgz"), "w:gz") as archive:
            folder = tarfile.TarInfo("package/build/vega.min.js")
            folder.type = tarfile.DIRTYPE
            archive.addfile(folder)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(plots_page.subprocess, "run", packed)
    with pytest.raises(ValueError, match=r"vega 5\.0\.0 of npm: found no script package/build/vega\.min\.js"):
        plots_page.script("vega", "5.0.0")


def test_a_folder_without_dvc_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["plots_page", str(tmp_path)])
    with pytest.raises(SystemExit, match=r"found no \.dvc, expected this repository or a clone of it"):
        plots_page.main()


def test_what_dvc_says_of_damaged_settings_is_one_line(repository, monkeypatch):
    monkeypatch.setattr(plots_page, "script", fetched)
    (repository / ".dvc" / "config.local").write_text("[core\n")
    with pytest.raises(SystemExit, match=r"plots page: dvc config in \.: ERROR"):
        plots_page.main()
