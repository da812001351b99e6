"""A data set's card: counts, values, rules, terms and checksums, and a contact sheet: data/cards/<dataset>.{md,png}."""

import argparse
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from stages.command import command
from stages.files import replacing, write_text
from stages.reports.table import Table, escaped, markdown
from stages.runs.configs import require_own_data
from stages.runs.outputs.data import read_data
from vhp import datasets, figures
from vhp.datasets.sources import Source, load_source
from vhp.figures import contact_sheet, scatter
from vhp.figures.style import save

FOLDER = Path("data", "cards")
SPLITS = ("train", "val", "test")


def sheet(name: str, arrays: Mapping[str, np.ndarray]) -> tuple[Figure, str]:
    """The data set's own contact sheet, or the general one; and its caption."""
    own = figures.own("contact_sheet", name)
    if own is not None:
        return own.contact_sheet(arrays), own.CAPTION
    coordinates = getattr(datasets.load(name), "COORDINATES", None)
    if coordinates is not None:
        return scatter.splits(arrays, coordinates), scatter.SPLITS_CAPTION
    return contact_sheet.contact_sheet(arrays, partial(datasets.pictures, name, arrays=arrays)), contact_sheet.CAPTION


def splits_table(source: Source, arrays: Mapping[str, np.ndarray]) -> Table:
    rows = []
    for split in SPLITS:
        x = arrays[split]
        low, high = (f"{value:.4g}" for value in (x.min(), x.max()))
        mean, what = (x.mean(dtype=float) / 255, " / 255") if x.dtype == np.uint8 else (x.mean(dtype=float), "")
        n_values = "binary" if x.dtype == np.uint8 and np.isin(x, (0, 255)).all() else f"{low} to {high}{what}"
        recorded = ", ".join(sorted(k.removeprefix(f"{split}_") for k in arrays if k.startswith(f"{split}_")))
        rows.append((split, f"{len(x):,}", str(x.shape[1]), str(x.dtype), n_values, f"{mean:.4f}", recorded or "–"))
    columns = ("split", "examples", "dimensions", "type", "values", "mean", "recorded")
    return Table(source.title, columns, tuple(rows))


def text(name: str, arrays: Mapping[str, np.ndarray], source: Source, caption: str) -> str:
    """The card as Markdown."""
    items = []
    for item in source.items:
        kind = "SHA-256 of the content" if item.sha256 else "MD5 of the file"
        items.append(f"| {escaped(item.name)} | {kind} | `{item.sha256 or item.md5}` |")
    return "\n".join(
        [
            markdown([splits_table(source, arrays)]),
            escaped(source.about),
            "",
            f"![Contact sheet of {escaped(source.title)}]({name}.png)",
            "",
            f"*{caption}*",
            "",
            f"- **Split**: {escaped(source.split)}.",
            f"- **Values**: {escaped(source.values)}.",
            f"- **Licence**: {escaped(source.licence)}.",
            f"- **Citation**: {escaped(source.citation)}.",
            f"- **From**: {escaped(source.home)}",
            f"- **Checksum of the prepared arrays** (SHA-256 of their content): `{datasets.content_sha256(arrays)}`",
            "",
            "| source | checksum | |",
            "| --- | --- | --- |",
            *items,
            "",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    name = parser.parse_args().dataset
    with command(f"card {name}"):
        require_own_data("card", name)
        arrays = read_data(name, datasets.load(name).OBSERVATION)
        figure, caption = sheet(name, arrays)
        card = text(name, arrays, load_source(name), caption)
        with replacing(FOLDER / f"{name}.png") as temporary:
            save(figure, temporary)
        write_text(FOLDER / f"{name}.md", card)


if __name__ == "__main__":
    main()
