"""Which of several choices no other beats in both cost and value."""

from collections.abc import Sequence


def front(costs: Sequence[float], values: Sequence[float]) -> list[bool]:
    """For each choice, whether no other has a lower value at no higher cost, or the same value at a lower cost."""
    points = list(zip(costs, values, strict=True))
    return [not any(c <= cost and v <= value and (c, v) != (cost, value) for c, v in points) for cost, value in points]
