"""Tables as Markdown: text from elsewhere stands for itself."""

import pytest

from stages.reports.table import Table, escaped, markdown

HARMLESS = [
    "OMNIGLOT (chardata.mat)",
    "grey in [0, 1], in steps of 1/255; ESS < 10, C < κ², x > 0",
    "images_background",
    "Tomczak & Welling (2018)",
    "-397.00 ± 0.30",
    "1.5",
    "0.5 of 12,000 / 1,500",
    "3D faces",
    "http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
    "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_markup_stays_as_it_is(text):
    assert escaped(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a|b", r"a\|b"),
        ("**bold** `code` ~~gone~~", r"\*\*bold\*\* \`code\` \~\~gone\~\~"),
        ("_leaning_", r"\_leaning\_"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("<!-- hidden", "&lt;!-- hidden"),
        ("&lt;b&gt; &#60;", "&amp;lt;b&amp;gt; &amp;#60;"),
        ("[here](https://example.org) [a][b]", r"[here\](https://example.org) [a\][b]"),
        ("![picture](x.png)", r"![picture\](x.png)"),
        ("[a]: https://example.org", r"[a\]: https://example.org"),
        ("one\ntwo\r\n| --- |\n# three", r"one two \| --- \| # three"),
        ("# heading", r"\# heading"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("> quoted", r"\> quoted"),
        ("a\\", r"a\\"),
    ],
)
def test_markup_is_escaped(text, expected):
    assert escaped(text) == expected


def test_every_cell_title_and_column_is_escaped_and_bold_is_not():
    table = Table("a|b", ("<i>", "y"), (("x|y\nz", "1.5"),), bold=frozenset({(0, 1)}))
    assert markdown([table]).splitlines()[:5] == [
        r"# a\|b",
        "",
        "| &lt;i> | y |",
        "| --- | ---: |",
        r"| x\|y z | **1.5** |",
    ]
