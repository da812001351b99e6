"""A machine without a compiler runs the same code in eager mode and says so."""

import logging

from vhp import compilation


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
