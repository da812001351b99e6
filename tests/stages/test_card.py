"""The data sets' cards and the inventory."""

import re
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from configured import write_data_config
from PIL import Image

from stages import card
from stages.files import write_npz
from stages.inspect import inventory
from vhp import datasets
from vhp.datasets.digits import prepare as digits
from vhp.datasets.sources import load_source
from vhp.figures.contact_sheet import COLUMNS, ROWS, contact_sheet


@pytest.fixture
def arrays():
    return digits.preprocess(digits.decode("digits", {}))


@pytest.fixture
def prepared(tmp_path, monkeypatch, arrays):
    monkeypatch.chdir(tmp_path)
    write_npz(Path("data", "processed", "digits.npz"), arrays)
    write_data_config("digits")


def make(monkeypatch, name="digits"):
    monkeypatch.setattr(sys, "argv", ["card", name])
    card.main()


def test_a_card_says_what_there_is(prepared, monkeypatch, arrays):
    make(monkeypatch)
    text = Path("data", "cards", "digits.md").read_text()
    source = load_source("digits")
    mean = arrays["train"].mean() / 255
    assert f"| train | 1,297 | 64 | uint8 | 0 to 255 / 255 | {mean:.4f} | label |" in text
    assert f"| test | 300 | 64 | uint8 | binary | {arrays['test'].mean() / 255:.4f} | label |" in text
    for part in (source.about, source.licence, source.citation, source.items[0].sha256, "(digits.png)"):
        assert part in text
    assert f"`{datasets.content_sha256(arrays)}`" in text
    with Image.open(Path("data", "cards", "digits.png")) as image:
        assert image.width > 1000


def test_text_of_the_registry_is_no_markup(prepared, monkeypatch):
    hostile = "</td><script src=x> | [a](javascript:b)\n\n# c"
    texts = ("title", "about", "split", "values", "licence", "citation", "home")
    source = replace(load_source("digits"), **dict.fromkeys(texts, hostile))
    source = replace(source, items=(replace(source.items[0], name=hostile),))
    monkeypatch.setattr(card, "load_source", lambda name: source)
    make(monkeypatch)
    text = Path("data", "cards", "digits.md").read_text()
    assert not re.search(r"<|(?<!\\)\]\(java|^# c", text, re.MULTILINE)
    assert text.count(r"&lt;/td>&lt;script src=x> \| [a\](java") == 9


@pytest.mark.parametrize("name", ["digits", "pendulum"])
def test_the_committed_card_has_the_checksum_of_the_prepared_arrays(name):
    preparation = datasets.preparation(name)
    found = datasets.content_sha256(preparation.preprocess(preparation.decode(name, {})))
    assert f"`{found}`" in (Path(__file__).parents[2] / "data" / "cards" / f"{name}.md").read_text()


def test_a_card_repeats_itself_to_the_byte(prepared, monkeypatch):
    contents = []
    for _ in range(2):
        make(monkeypatch)
        contents.append([Path("data", "cards", f"digits.{suffix}").read_bytes() for suffix in ("md", "png")])
    assert contents[0] == contents[1]


def test_a_card_without_data_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_data_config("digits")
    with pytest.raises(SystemExit, match=r"card digits: .*digits.npz is missing: `dvc repro` makes it"):
        make(monkeypatch)


def test_a_contact_sheet_has_a_block_per_split_with_examples_of_it(arrays):
    figure = contact_sheet(arrays, partial(datasets.pictures, "digits", arrays=arrays))
    assert [ax.get_ylabel() for ax in figure.axes] == list(ROWS)
    for ax, split in zip(figure.axes, ROWS, strict=True):
        canvas = ax.images[0].get_array()
        stride = (canvas.shape[1] + 1) // COLUMNS
        first = canvas[:8, :8] > 0.5
        assert any((first == (row.reshape(8, 8) > 127)).all() for row in arrays[split])
        assert stride == 9 and canvas.shape[0] == ROWS[split] * 9 - 1


def test_the_inventory_tells_what_is_there_from_what_is_not(prepared, capsys):
    params = (Path(__file__).parents[2] / "params.yaml").read_text()
    Path("params.yaml").write_text(re.sub("(?m)^datasets:.*", "datasets: [digits, faces]", params))
    write_npz(Path("data", "raw", "digits.npz"), {"x": np.zeros(2**20, np.uint8)})
    inventory.main()
    lines = capsys.readouterr().out.splitlines()
    assert "| digits | embedded | 1.0 | 1,297 | 200 | 300 | CC BY 4.0 |" in lines
    assert "| faces | 101 | – | – | – | – | MIT |" in lines


@pytest.mark.parametrize("content", [b"", b"no archive"])
def test_the_inventory_names_a_file_that_cannot_be_read(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "digits.npz"
    path.write_bytes(content)
    assert inventory.counts(path) == ["unreadable"] * 3
    write_npz(path, {"train": np.zeros(1)})  # without the other splits
    assert inventory.counts(path) == ["unreadable"] * 3


def test_the_inventory_of_a_broken_params_yaml_says_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=r"inventory: params.yaml is missing"):
        inventory.main()
