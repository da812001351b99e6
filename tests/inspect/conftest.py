import pytest
import untrained


@pytest.fixture
def workplace(tmp_path, monkeypatch):
    """The working directory, with random images under the name of digits."""
    monkeypatch.chdir(tmp_path)
    untrained.write_data()
