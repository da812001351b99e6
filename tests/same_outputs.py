"""Are the outputs of two workspaces the same bytes? All but times and names of machines."""

from pathlib import Path

PLACES = ("data/processed", "runs", "reports")
# The report's tables and page, and its sections, hold seconds and the machine's name; the numbers in them
# are compared in runs/.
TIMED = ("training_time.json", "evaluation_time.json", "interpolation_time.json", "section.json")
TIMED += ("results.csv", "inputs.csv", "table.md", "index.html")


def contents(workspace: Path) -> dict[str, bytes]:
    """Path below the workspace -> bytes."""
    files = [f for place in PLACES for f in sorted((workspace / place).rglob("*")) if f.is_file()]
    relative = {file: file.relative_to(workspace).as_posix() for file in files}
    chosen = [f for f in files if f.name not in TIMED and f.parent.name != "kept"]
    chosen = [f for f in chosen if not relative[f].startswith(("reports/studies", "runs/check"))]
    return {relative[file]: file.read_bytes() for file in chosen}


def differences(one: Path, other: Path) -> list[str]:
    """Paths that are in one of the workspaces alone, or differ."""
    a, b = contents(one), contents(other)
    return sorted(path for path in a.keys() | b.keys() if a.get(path) != b.get(path))
