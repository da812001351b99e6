"""A small pipeline, committed, and a fresh clone of it, without its cache as CI has it."""

from pathlib import Path

import committed
import pytest


@pytest.fixture(scope="session")
def repository(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("committed")
    committed.build(tmp_path_factory.mktemp("made"), folder)
    return folder
