"""claims.toml: the claims, how each is tested, and the thresholds that were fixed beforehand."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stages.files import read_text
from stages.runs.places import CLAIMS

MOST_WORDS = 10
CLAIM_KEYS = ("name", "words", "claim", "setting", "tests")
TEST_KEYS = ("measure", "method", "datasets", "reproduced", "reason")
OPTIONS = ("level", "within", "factor")  # of a measure


@dataclass(frozen=True)
class Range:
    """Values from low to high, both included; the unit is the measure's."""

    low: float = -math.inf
    high: float = math.inf

    def __str__(self) -> str:
        if self.low == -math.inf:
            return f"≤ {self.high:g}"
        return f"≥ {self.low:g}" if self.high == math.inf else f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Test:
    """A measure on some data sets, and what decides."""

    __test__ = False  # not one of pytest's

    measure: str
    method: str
    datasets: tuple[str, ...]
    reproduced: Range
    partly: Range  # contains `reproduced`
    reason: str
    against: tuple[str | None, ...] = (None,)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """What the paper says, and what tests it."""

    name: str
    words: str
    claim: str
    setting: str
    tests: tuple[Test, ...]


@dataclass(frozen=True)
class Thresholds:
    """The content of claims.toml."""

    claims: tuple[Claim, ...]
    standard_errors: float
    least_seeds: Mapping[str, int]  # by data set, and `default`

    def seeds_needed(self, dataset: str) -> int:
        return self.least_seeds.get(dataset, self.least_seeds["default"])


def read(path: Path = CLAIMS) -> Thresholds:
    """Raises ValueError, with the file and the claim, for other content than this."""
    try:
        content = tomllib.loads(read_text(path))
        claims = tuple(_claim(path, values) for values in content["claims"])
        return Thresholds(claims, float(content["standard_errors"]), dict(content["least_seeds"]))
    except (KeyError, TypeError, tomllib.TOMLDecodeError) as error:
        raise _refused(path, error) from error


def _claim(path: Path, values: Mapping[str, Any]) -> Claim:
    where = values.get("name", "a claim")
    if set(values) != set(CLAIM_KEYS):
        raise _refused(path, f"{where}: found the keys {', '.join(values)}, expected {', '.join(CLAIM_KEYS)}")
    if (n := len(values["words"].split())) > MOST_WORDS:
        raise _refused(path, f"{where}: found {n} words of the paper, expected at most {MOST_WORDS}")
    tests = tuple(_test(path, where, test) for test in values["tests"])
    return Claim(values["name"], values["words"], values["claim"], values["setting"], tests)


def _test(path: Path, where: str, values: Mapping[str, Any]) -> Test:
    allowed = {*TEST_KEYS, "against", "partly", *OPTIONS}
    if unknown := (set(TEST_KEYS) - set(values)) | (set(values) - allowed):
        raise _refused(path, f"{where}: found a test with other keys than expected: {', '.join(sorted(unknown))}")
    reproduced = _range(path, where, values["reproduced"])
    partly = _range(path, where, values.get("partly", values["reproduced"]))
    if not partly.low <= reproduced.low <= reproduced.high <= partly.high:
        raise _refused(path, f"{where}: found reproduced {reproduced} beyond partly {partly}, expected it within")
    return Test(
        measure=values["measure"],
        method=values["method"],
        datasets=tuple(values["datasets"]),
        reproduced=reproduced,
        partly=partly,
        reason=values["reason"],
        against=tuple(values.get("against", [None])),
        options={key: values[key] for key in OPTIONS if key in values},
    )


def _range(path: Path, where: str, values: Mapping[str, float]) -> Range:
    if not values or not set(values) <= {"at_least", "at_most"}:
        raise _refused(path, f"{where}: found {dict(values)}, expected at_least, at_most or both")
    return Range(values.get("at_least", -math.inf), values.get("at_most", math.inf))


def _refused(path: Path, why: object) -> ValueError:
    return ValueError(f"{path}: {why}; `git checkout {path.name}` there restores the committed one")
