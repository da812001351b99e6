"""Do README and documents say what the results are? Each text that quotes numbers is made again from its source.

A text may be broken into lines in another way. Numbers whose source is not committed are not compared.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from stages.check.quotations import paper_plan, readme, results, seeds
from stages.check.quotations.sources import PENDULUM, SEEDS, Sources

QUOTED: dict[Path, Callable[[Sources], Iterator[str]]] = {
    Path("README.md"): readme.quoted,
    Path("docs", "results.md"): results.quoted,
    Path("docs", "paper_plan.md"): paper_plan.quoted,
    SEEDS / "table.md": seeds.quoted,
    PENDULUM / "table.md": seeds.pendulum,
}


def misquoted() -> Iterator[str]:
    """A fault for each text that does not stand in its document; a document that does not exist quotes nothing."""
    sources = Sources()
    for document, quoted in QUOTED.items():
        if document.exists():
            found = one_line(document.read_text(encoding="utf-8"))
            try:
                yield from (
                    f"{document}: found other numbers than the results give, expected {text!r}"
                    for text in quoted(sources)
                    if one_line(text) not in found
                )
            except (OSError, ValueError, LookupError, TypeError) as error:
                yield f"{document} cannot be compared with what it quotes: {error}"


def one_line(text: str) -> str:
    return " ".join(text.split())
