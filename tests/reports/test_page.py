"""The page: what it says first, its first table, how numbers are shown."""

import pytest

from stages.reports.page.document import value_and_error
from stages.reports.page.findings import of_claims
from stages.reports.page.transposed import transposed
from stages.reports.table import Cell, Table, common_form, markdown, number
from stages.runs.resolved import PAGE, PAGE_PARTS


def test_a_sentence_for_each_verdict_with_the_claims_that_have_it():
    columns = ("the paper", "what is tested", "verdict", "cases", "what decides it")
    cases = ("2 reproduced", "3 not reproduced", "1 reproduced", "1 not reproduced, 2 not testable here")
    verdicts = ("reproduced", "not reproduced") * 2
    rows = [("w", f"claim {i}", verdicts[i], cases[i], "") for i in range(4)]
    assert of_claims(Table("The paper's claims", columns, tuple(rows), n_text=5)) == [
        "Reproduced: claim 0; claim 2.",
        "Not reproduced: claim 1; claim 3 (1 not reproduced, 2 not testable here).",
    ]


TABLE = Table(
    "NLL",
    ("method", "network", "MNIST", "digits"),
    (("A", "mlp", "1.00", "2.00"), ("B", "mlp", "3.00", "–"), ("exact", "–", "–", "0.50")),
    bold=frozenset({(0, 2), (2, 3)}),
    notes=("lower is better",),
    n_text=2,
)


def test_the_first_table_has_data_sets_as_rows_and_what_is_no_method_in_a_note():
    turned = transposed(TABLE, "data set", aside="exact")
    assert turned.columns == ("data set", "A", "B")
    assert turned.rows == (("MNIST", "1.00", "3.00"), ("digits", "2.00", "–"))
    assert turned.bold == {(0, 1)} and turned.n_text == 1
    assert turned.notes == ("lower is better", "digits, exact: 0.50.")


def test_networks_name_the_columns_where_they_differ():
    rows = (("A", "mlp", "1.00", "2.00"), ("A", "conv", "3.00", "–"))
    turned = transposed(Table("NLL", TABLE.columns, rows, n_text=2), "data set", aside="exact")
    assert turned.columns == ("data set", "A, mlp", "A, conv")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (Cell("-1.50", False, True), ("−1.50", "")),
        (Cell("-1.50 ± 0.25 (2)", True, True), ("−1.50", " ± 0.25 (2)")),
        (Cell("a-b ± c", False, False), ("a-b ± c", "")),
        (Cell("–", False, True), ("–", "")),
    ],
)
def test_the_error_of_a_number_can_stand_below_it(cell, expected):
    assert value_and_error(cell) == expected


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [(-0.00001, ".4f", "0.0000"), (-0.004, "+.2f", "0.00"), (-0.006, "+.2f", "-0.01"), (-0.001, ".0%", "0%")],
)
def test_what_is_rounded_to_zero_has_no_sign(value, form, expected):
    assert number(value, form) == expected


def test_numbers_of_a_column_have_the_same_decimals():
    values = [1.0, 0.0123, None, float("nan"), 0.0]
    form = common_form(values, 3)
    assert [number(value, form) for value in values] == ["1.0000", "0.0123", "–", "–", "0.0000"]
    assert common_form([123.0], 2) == ".0f" and common_form([1e-7, 1.0], 3) == ".3g" and common_form([], 2) == ".1f"


def test_a_definition_is_said_once_in_a_document():
    tables = [Table(name, ("x",), (("1",),), definitions=("X: the letter.",)) for name in "ab"]
    text = markdown(tables)
    assert text.count("X: the letter.") == 1
    assert text.endswith("\n\n## Definitions\n\n- X: the letter.\n")


def test_the_report_depends_on_every_file_that_its_page_is_made_from():
    beside = [path for path in PAGE.iterdir() if path.is_file() and path.suffix != ".py"]
    assert len(beside) == 3 and all(path.suffix in PAGE_PARTS for path in beside)
