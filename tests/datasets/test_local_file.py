"""A user's own CSV or npz file: read without loss, split at random, and refused in one line for each fault."""

import re

import numpy as np
import pytest

from vhp.datasets.local_file import SPLITS, preprocess, read

POINTS = np.random.default_rng(0).normal([5, -1], [2, 0.5], (700, 2))
TEXT = "x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in POINTS.tolist())


def written(path, content):
    """The path, of a file with this text, these bytes, or these arrays."""
    if isinstance(content, dict):
        np.savez(path, **content)
    else:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_csv_file_is_read_without_loss_and_split_without_loss(tmp_path):
    raw = read(written(tmp_path / "points.csv", TEXT))
    assert raw["name"].tolist() == ["x", "y"] and (raw["x"] == POINTS).all()
    arrays = preprocess(raw, "gaussian")
    assert {split: arrays[split].shape for split in SPLITS} == {"train": (560, 2), "val": (70, 2), "test": (70, 2)}
    together = np.concatenate([arrays[split] for split in SPLITS])
    assert together.dtype == np.float32 and (np.sort(together, 0) == np.sort(POINTS.astype(np.float32), 0)).all()
    assert not (arrays["train"] == POINTS[:560].astype(np.float32)).all()  # files are often sorted
    assert all((array == arrays[split]).all() for split, array in preprocess(raw, "gaussian").items())


def test_it_is_standardised_by_its_training_examples(tmp_path):
    arrays = preprocess(read(written(tmp_path / "points.csv", TEXT)), "gaussian", standardise=True)
    np.testing.assert_allclose([arrays["train"].mean(0), arrays["train"].std(0)], [[0, 0], [1, 1]], atol=1e-5)
    assert 0.01 < abs(arrays["test"].mean()) < 0.5


def test_images_of_any_type_become_bernoulli_means(tmp_path, rng):
    grey = rng.integers(0, 256, (700, 4, 4), dtype=np.uint8)
    for x in (grey, grey / 255, grey > 100):
        arrays = preprocess(read(written(tmp_path / "images.npz", {"anything": x})), "bernoulli")
        assert arrays["train"].shape == (560, 16) and arrays["train"].dtype == np.uint8
        assert all(np.isin(arrays[split], (0, 255)).all() for split in ("val", "test"))
    means = preprocess({"x": grey}, "bernoulli")["train"]
    assert (preprocess({"x": grey / 255}, "bernoulli")["train"] == means).all() and not np.isin(means, (0, 255)).all()


def test_the_splits_of_an_npz_file_stay(tmp_path):
    given = {"train": POINTS[:600], "val": POINTS[600:650], "test": POINTS[650:]}
    arrays = preprocess(read(written(tmp_path / "split.npz", given)), "gaussian")
    assert all((arrays[split] == given[split].astype(np.float32)).all() for split in SPLITS)


FAULTS = {
    "a.txt": ("x,y\n", r"a\.txt: found a file of kind \.txt, expected \.csv or \.npz"),
    "empty.csv": ("", r"empty\.csv: found no line of at least two names"),
    "one.csv": ("x\n1\n", r"one\.csv: found no line of at least two names"),
    "names.csv": ("1,2\n3,4\n", r"names\.csv, line 1: found 1,2, expected a different name for each column"),
    "twice.csv": ("x,x\n3,4\n", r"twice\.csv, line 1: found x,x, expected a different name"),
    "short.csv": ("x,y\n1,2\n3\n", r"short\.csv, line 3: found 1 values, expected 2, as in line 1"),
    "text.csv": ("x,y\n1,2\n3,four\n", r"text\.csv, line 3, y: found 'four', expected a finite number"),
    "gap.csv": ("x,y\n1,\n", r"gap\.csv, line 2, y: found '', expected a finite number"),
    "nan.csv": ("x,y\n1,nan\n", r"nan\.csv, line 2, y: found 'nan', expected a finite number"),
    "latin.csv": ("größe,y\n1,2\n".encode("latin-1"), r"latin\.csv: cannot be read as CSV in UTF-8"),
    "no.npz": (b"PK", r"no\.npz: cannot be read as npz without pickled objects"),
    "objects.npz": ({"x": np.array([[{}, {}]])}, r"objects\.npz: cannot be read as npz without pickled objects"),
    "words.npz": ({"x": np.array([["a", "b"]])}, r"words\.npz, x: found values of type <U1, expected numbers"),
    "flat.npz": ({"x": np.zeros(9)}, r"flat\.npz, x: found the shape \(9,\), expected \(examples, at least two"),
    "inf.npz": ({"x": np.array([[0, 1], [np.inf, 0]])}, r"inf\.npz, x, example 1: found inf, expected finite numbers"),
    "parts.npz": ({"train": POINTS, "test": POINTS}, r"parts\.npz: found the arrays train, test, expected one, or"),
    "uneven.npz": (
        {"train": POINTS, "val": POINTS, "test": POINTS[:, :1]},
        r"uneven\.npz: found examples of the shapes \[\(1,\), \(2,\)\] in the splits, expected one",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_one_line_with_what_was_found_and_expected(tmp_path, name):
    content, message = FAULTS[name]
    with pytest.raises(ValueError) as error:
        read(written(tmp_path / name, content))
    assert re.match(message, str(error.value)) and "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"none\.csv: cannot be read: No such file"):
        read(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("x", "observation", "message"),
    [
        (
            POINTS[:200],
            "gaussian",
            "found 160 examples for train, of 200 in all, a tenth for each of val and test, expected at least 512",
        ),
        (POINTS, "bernoulli", r"found numbers from .* to .*, expected probabilities from 0 to 1, or uint8"),
        (np.ones((700, 2), np.uint8), "bernoulli", "found uint8 of 0 and 1, expected grey values up to 255, or bool"),
    ],
)
def test_examples_that_cannot_be_trained_on_are_refused(x, observation, message):
    with pytest.raises(ValueError, match=message):
        preprocess({"x": x}, observation)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.linspace(0, 1e39, 700), "dimension 1: found values beyond float32: standardise it"),
        (
            1.7e9 + np.arange(700),
            r"dimension 1: found values around 1.7e\+09 that vary by 2e\+02",
        ),
    ],
)
def test_what_float32_cannot_hold_or_tell_apart_is_refused_and_can_be_standardised(column, message):
    x = np.stack([np.random.default_rng(0).normal(size=700), column], axis=1)
    with pytest.raises(ValueError, match=message):
        preprocess({"x": x}, "gaussian")
    found = preprocess({"x": x}, "gaussian", standardise=True)
    assert len(np.unique(np.concatenate([found[split][:, 1] for split in ("train", "val", "test")]))) == 700
    preprocess({"x": x * [1, 0] + [0, 3]}, "gaussian")  # a constant has nothing to tell apart


@pytest.mark.parametrize(("scale", "mean"), [(20, 0), (0.5, 50)])
def test_values_far_from_one_are_refused_and_can_be_standardised(scale, mean):
    """With sigma = 0.1 at first their squared error ends every training at its first step."""
    x = mean + scale * np.random.default_rng(0).normal(size=(700, 3))
    with pytest.raises(ValueError, match=r"found values of \S+ \(root mean square\), expected about 1: standardise"):
        preprocess({"x": x}, "gaussian")
    assert preprocess({"x": x}, "gaussian", standardise=True)["train"].std() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize(("kind", "most"), [(np.int8, 100), (np.int16, 30_000), (np.uint8, 255), (bool, 1)])
def test_integers_whose_differences_leave_their_type(kind, most, rng):
    """Columns from -most to most, or from 0."""
    least = 0 if kind in (np.uint8, bool) else -most
    x = np.where(rng.random((700, 2)) < 0.5, most, least).astype(kind)
    expected = preprocess({"x": x.astype(float)}, "gaussian", standardise=True)
    found = preprocess({"x": x}, "gaussian", standardise=True)
    for split in SPLITS:
        np.testing.assert_array_equal(found[split], expected[split])


def test_a_column_of_one_decimal_number_is_constant_although_its_deviation_rounds_to_more_than_zero():
    x = np.stack([np.random.default_rng(0).normal(size=700), np.full(700, 0.1)], axis=1)
    assert x[:560, 1].std() > 0
    with pytest.raises(ValueError, match="dimension 1 is constant"):
        preprocess({"x": x}, "gaussian", standardise=True)


def test_a_constant_dimension_cannot_be_standardised():
    with pytest.raises(ValueError, match="dimension 1 is constant"):
        preprocess({"x": POINTS * [1, 0]}, "gaussian", standardise=True)
