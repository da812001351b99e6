"""What was found, in a sentence per verdict on the paper's claims."""

from stages.reports.table import Table

VERDICT, CLAIM, CASES = "verdict", "what is tested", "cases"  # columns of the table of claims


def of_claims(claims: Table) -> list[str]:
    """A sentence per verdict, with the claims that have it, in the order of the table.

    A claim whose cases differ has how many of them have which verdict.
    """
    verdict, claim, cases = (claims.columns.index(name) for name in (VERDICT, CLAIM, CASES))
    groups: dict[str, list[str]] = {}
    for row in claims.rows:
        counts = f" ({row[cases]})" if "," in row[cases] else ""
        groups.setdefault(row[verdict], []).append(row[claim].rstrip(".") + counts)
    return [f"{name.capitalize()}: {'; '.join(said)}." for name, said in groups.items()]
