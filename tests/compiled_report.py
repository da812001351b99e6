"""Reads the report that a test has compiled in its working directory."""

import csv
from pathlib import Path

FOLDER = Path("reports", "smoke")


def read_csv(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def row(table: str, start: str) -> list[str]:
    """The cells of the first line of table.md that starts with | start."""
    line = next(line for line in table.splitlines() if line.startswith(f"| {start} |"))
    return [cell.strip() for cell in line.strip("| ").split("|")]


def section(title: str) -> str:
    return (FOLDER / "table.md").read_text().split(f"# {title}\n")[1].split("\n#")[0]
