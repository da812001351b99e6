"""The command of stages/check/__main__.py, called in this process."""

import sys

from stages.check import __main__ as check


def outcome(monkeypatch, *arguments: str) -> object:
    """What it ends with: None, a message (exit code 1) or an exit code."""
    monkeypatch.setattr(sys, "argv", ["check", *arguments])
    try:
        return check.main()
    except SystemExit as stopped:
        return stopped.code
