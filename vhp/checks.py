"""Range checks of settings: each raises ValueError with the name, what was found and what was expected."""

import math


def positive(**values: float) -> None:
    """Each is a finite number above 0."""
    for name, value in values.items():
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name}: found {value}, expected a positive number")


def at_least_one(**values: int | tuple[int, ...]) -> None:
    """Each is 1 at least; of a tuple all entries, of which there must be some."""
    for name, value in values.items():
        numbers = value if isinstance(value, tuple) else (value,)
        if not numbers or min(numbers) < 1:
            raise ValueError(f"{name}: found {value}, expected at least 1")


def between(low: float, high: float, **values: float) -> None:
    """Each is from low to high, both included."""
    for name, value in values.items():
        if not low <= value <= high:
            raise ValueError(f"{name}: found {value}, expected a number from {low} to {high}")


def one_of(choices: tuple[str, ...], **values: str) -> None:
    """Each is one of the choices."""
    for name, value in values.items():
        if value not in choices:
            raise ValueError(f"{name}: found {value!r}, expected one of {', '.join(choices)}")
