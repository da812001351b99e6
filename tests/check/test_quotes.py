"""What README and documents quote. That the committed ones say what the results are is seen in test_tamperings.py."""

import re
from pathlib import Path

import pytest
from committed import ROOT

from stages.check import quotes
from stages.check.quotations import readme
from stages.check.quotations.sources import Sources, span
from stages.check.quotes import QUOTED, misquoted, one_line


@pytest.fixture(autouse=True)
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_every_decimal_number_of_the_readmes_results_is_quoted():
    text = one_line(Path("README.md").read_text(encoding="utf-8").partition("## Results")[2].partition("## Change")[0])
    for quote in sorted(map(one_line, readme.quoted(Sources())), key=len, reverse=True):
        text = text.replace(quote, "")
    without_commands = re.sub(r"`[^`]*`", "", text)
    assert re.findall(r"\d+\.\d+", without_commands) == []


def test_every_document_quotes_something_and_says_what_it_should():
    assert all(len(list(quoted(Sources()))) >= 3 for quoted in QUOTED.values())
    assert list(misquoted()) == []


def test_a_document_without_its_source_is_a_fault_and_a_missing_document_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert list(misquoted()) == []
    Path("README.md").write_text("# vhp")
    *_, fault = misquoted()
    assert fault.startswith("README.md cannot be compared with what it quotes") and "table.csv" in fault


def test_a_text_may_be_broken_into_lines_elsewhere():
    text = Path("README.md").read_text(encoding="utf-8")
    broken = text.replace("by 0.2 to 1.8 nats", "by 0.2\nto   1.8 nats")
    assert broken != text and one_line(broken) == one_line(text)


@pytest.mark.parametrize(
    ("values", "text"), [([1.04, 2.0], "1.0 to 2.0"), ([1.04, 0.96], "1.0"), ([-3, 5, 2], "-3.0 to 5.0")]
)
def test_a_range_of_equal_ends_is_one_number(values, text):
    assert span(values, ".1f") == text


@pytest.mark.parametrize(
    ("text", "what"),
    [("| method | network | NLL |\n", "column 'refined NLL'"), (None, "columns 'method' and 'network'")],
)
def test_a_demo_table_without_its_columns_is_a_fault_that_names_them(tmp_path, monkeypatch, text, what):
    text = text or readme.TABLE.read_text(encoding="utf-8").replace("| method | network |", "| method | layers |")
    monkeypatch.chdir(tmp_path)
    readme.TABLE.parent.mkdir(parents=True)
    readme.TABLE.write_text(text, encoding="utf-8")
    Path("README.md").write_text("# vhp")
    monkeypatch.setattr(quotes, "QUOTED", {Path("README.md"): lambda _: readme.demo()})
    *_, fault = misquoted()
    assert fault.startswith(f"README.md cannot be compared with what it quotes: {readme.TABLE}: found no {what}")
