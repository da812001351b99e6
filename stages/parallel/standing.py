"""The configuration with which a pipeline was begun: another command in the folder may change it underneath.

`dvc exp run` rewrites params.yaml before it finds that the folder is busy, and leaves it so.
"""

from pathlib import Path
from typing import Any

from stages.files import md5
from stages.params import plain_yaml
from stages.runs.places import MATRIX, config_file, data_config_file

# As in stages/runs/resolved.py, whose import takes longer than all of this program's others: a test compares them.
OF_DATASET = ("download", "preprocess", "card")
PARAMS = Path("params.yaml")
REMEDY = "each experiment needs a clone of its own; restore params.yaml (`git diff params.yaml`) and repeat the command"


class Standing:
    """Begins with params.yaml as it is when this is made; raises ValueError and OSError if it cannot be read."""

    def __init__(self):
        # Read within bounds, while DVC writes out whatever its aliases stand for.
        self.params: dict[str, Any] = plain_yaml.read(PARAMS)
        self.known = {PARAMS: md5(PARAMS)}

    def resolved(self, stages: list[str]) -> None:
        """To be called when `configure` has run. Raises ValueError if that was with other parameters."""
        self.require(PARAMS)
        files = {read_by(stage) for stage in stages}
        self.known |= {file: md5(file) for file in files if file.exists()}

    def check(self, stage: str) -> None:
        """Raises ValueError if what configures the stage has changed, or has gone."""
        self.require(read_by(stage))

    def require(self, file: Path) -> None:
        if file in self.known and not (file.exists() and md5(file) == self.known[file]):
            raise ValueError(f"{file} was changed by another command (dvc exp run?) since this one began: {REMEDY}")


def read_by(stage: str) -> Path:
    """The file of parameters that a stage depends on."""
    name, _, item = stage.partition("@")
    if name in OF_DATASET:
        return data_config_file(item)
    return config_file(item) if "-" in item else MATRIX
