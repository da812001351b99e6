"""A machine without a compiler runs the same code in eager mode and says so."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vhp.device import compilation


def double(x):
    return 2 * x


def test_without_a_compiler_the_function_itself_is_used_and_the_log_says_why(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    with caplog.at_level(logging.WARNING):
        assert compilation.compiled(double, enabled=True) is double
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no C++ compiler" in caplog.text


def test_without_python_headers_the_function_itself_is_used(monkeypatch, tmp_path, caplog):
    compiler = tmp_path / "g++"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(compilation.sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    with caplog.at_level(logging.WARNING):
        assert compilation.compiled(double, enabled=True) is double
    assert "no Python headers" in caplog.text


def test_a_compiler_named_by_cxx_counts(monkeypatch, tmp_path):
    compiler = tmp_path / "my-compiler"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o755)
    (tmp_path / "Python.h").touch()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(compilation.sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    monkeypatch.setenv("CXX", str(compiler))
    assert compilation.missing_for_compile() is None
    monkeypatch.delenv("CXX")
    assert compilation.missing_for_compile() == "no C++ compiler"


def test_disabled_compilation_is_silent(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    with caplog.at_level(logging.DEBUG):
        assert compilation.compiled(double, enabled=False) is double
    assert not caplog.records


def test_too_little_work_is_not_compiled_and_the_log_says_so(caplog):
    with caplog.at_level(logging.INFO):
        assert not compilation.worth_compiling(True, 99, least=100, unit="steps")
        assert "not compiled: 99 steps" in caplog.text
        caplog.clear()
        assert compilation.worth_compiling(True, 100, least=100, unit="steps")
        assert not compilation.worth_compiling(False, 1e9, least=100, unit="steps")
        assert not compilation.worth_compiling(False, 1, least=100, unit="steps")
    assert not caplog.records


TWICE = """
import torch
from torch._dynamo.utils import counters
from vhp.device.compilation import compiled
x = torch.linspace(0, 1, 50)
assert torch.allclose(compiled(lambda x: (x.sin() * 2).exp(), True)(x), (x.sin() * 2).exp())
found = counters["aot_autograd"]["autograd_cache_hit"] + counters["inductor"]["fxgraph_cache_hit"]
print("hit" if found else "miss")
"""


@pytest.mark.skipif(compilation.missing_for_compile() is not None, reason="torch.compile cannot be used here")
def test_a_second_process_finds_what_the_first_compiled(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k != "TORCHINDUCTOR_CACHE_DIR"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-c", TWICE]
    runs = [subprocess.run(command, env=environment, capture_output=True, text=True, check=True) for _ in range(2)]
    assert [run.stdout.strip() for run in runs] == ["miss", "hit"]
    assert (tmp_path / "vhp" / "compiled").is_dir()


@pytest.fixture
def no_home(monkeypatch, tmp_path):
    """A home that is a file; what find_cache sets is taken back."""
    (tmp_path / "home").touch()
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")


def test_without_a_home_that_can_be_written_to_the_cache_is_this_processs_own(no_home, monkeypatch, tmp_path, caplog):
    monkeypatch.setattr(compilation.tempfile, "tempdir", str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert compilation.find_cache()
    assert "not cached for later processes: " in caplog.text and str(tmp_path / "home") in caplog.text
    chosen = Path(os.environ["TORCHINDUCTOR_CACHE_DIR"])
    assert chosen.parent == tmp_path and chosen.is_dir()


def test_a_user_without_a_home_has_a_cache_of_the_process(no_home, monkeypatch, tmp_path, caplog):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(compilation.Path, "home", homeless)
    with caplog.at_level(logging.WARNING):
        assert compilation.find_cache()
    assert "Could not determine home directory" in caplog.text


def test_without_any_place_to_write_to_the_function_itself_is_used(no_home, monkeypatch, caplog):
    def nowhere(**_):
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(compilation, "missing_for_compile", lambda: None)
    monkeypatch.setattr(compilation.tempfile, "mkdtemp", nowhere)
    with caplog.at_level(logging.WARNING):
        assert compilation.compiled(double, enabled=True) is double
    assert "torch.compile is not used: No usable temporary directory found; running in eager mode" in caplog.text


@pytest.mark.skipif(compilation.missing_for_compile() is not None, reason="torch.compile cannot be used here")
def test_code_is_compiled_also_without_a_home(tmp_path):
    (tmp_path / "home").touch()
    left_out = ("TORCHINDUCTOR_CACHE_DIR", "XDG_CACHE_HOME")
    environment = {k: v for k, v in os.environ.items() if k not in left_out}
    environment |= {"HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path(__file__).parents[2])}
    environment |= {"TMPDIR": str(tmp_path)}
    run = subprocess.run([sys.executable, "-c", TWICE], env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.strip() == "miss", run.stderr
    assert not list(tmp_path.glob("vhp-compiled-*"))  # removed at the end


REFUSED = """
import torch
import torch._inductor.compile_fx as inductor
from vhp.device.compilation import compiled
def refuse(*_, **__):
    raise NotImplementedError("a graph that the compiler refuses")
inductor.compile_fx = refuse
calls = compiled(lambda x: x.sin() * 2, True)
assert torch.allclose(calls(torch.ones(3)), torch.ones(3).sin() * 2)
assert not torch._dynamo.config.suppress_errors
try:
    torch.compile(lambda x: x.cos())(torch.ones(3))
except Exception as error:
    print("refused" if "a graph that the compiler refuses" in str(error) else error)
"""


@pytest.mark.skipif(compilation.missing_for_compile() is not None, reason="torch.compile cannot be used here")
def test_a_graph_that_the_compiler_refuses_runs_in_eager_mode_and_what_others_compile_does_not(tmp_path):
    """The setting is torch's, of the whole process: it is set around our calls alone."""
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run([sys.executable, "-c", REFUSED], env=environment, capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout.strip() == "refused", run.stdout + run.stderr


ONCE = """
import torch
from torch._dynamo.utils import counters
from vhp.device.compilation import compiled
calls = compiled(lambda x: (x.sin() * 2).exp(), True)
for _ in range(5):
    calls(torch.linspace(0, 1, 50))
print(counters["stats"]["unique_graphs"])
"""


@pytest.mark.skipif(compilation.missing_for_compile() is not None, reason="torch.compile cannot be used here")
def test_later_calls_compile_nothing(tmp_path):
    environment = os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run([sys.executable, "-c", ONCE], env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "1"
