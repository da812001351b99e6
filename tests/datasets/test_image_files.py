"""The files of the image data sets: what is read, and what is refused."""

import gzip
import io
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.io import savemat

from vhp.datasets.idx import read_idx
from vhp.datasets.omniglot import drawings
from vhp.datasets.omniglot_chardata import prepare as chardata
from vhp.datasets.static_mnist import prepare as static_mnist

AMAT = "binarized_mnist_test.amat"


def line(bits) -> bytes:
    return b" ".join(str(b).encode() for b in bits) + b"\n"


def mat(**variables) -> bytes:
    file = io.BytesIO()
    savemat(file, variables, do_compression=True)
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def png(white: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(white).save(file, format="png")
    return file.getvalue()


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def test_amat_texts_are_read_plain_and_compressed_and_as_matlab_files():
    bits = np.random.default_rng(0).integers(0, 2, (3, 784)).astype(np.uint8)
    text = b"".join(line(row) for row in bits)
    for content in (text, gzip.compress(text), mat(X=bits), gzip.compress(mat(X=bits))):
        found = static_mnist.decode(AMAT, {AMAT: content})
        assert list(found) == ["test"] and found["test"].dtype == np.uint8
        np.testing.assert_array_equal(found["test"], bits)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found 0 bytes"),
        (line([0, 1] * 392)[:-2], "found 1566 bytes, expected a multiple of 1568"),
        (line([0, 7] * 392), "characters other than 0 and 1"),
        (b"<html>" + b" " * 1562, "characters other than 0 and 1"),
        (gzip.compress(line([0] * 784), mtime=0)[:-9], "gzip stream is damaged"),
        (mat(X=np.zeros((3, 783), np.uint8)), r"found X of uint8 \(3, 783\), expected uint8 \(N, 784\)"),
        (mat(X=np.full((3, 784), 2, np.uint8)), "characters other than 0 and 1"),
        (mat(Y=np.zeros((3, 784), np.uint8)), "found no numeric variable X"),
        (mat(X=np.zeros((3, 784), np.uint8))[:-8], "the MATLAB file cannot be read"),
    ],
)
def test_damaged_amat_files_are_refused(content, message):
    with pytest.raises(ValueError, match=f"{AMAT}: .*{message}"):
        static_mnist.decode(AMAT, {AMAT: content})


@pytest.mark.parametrize("shape", [(5,), (4, 3, 2), (0, 28, 28)])
def test_idx_files_are_read_plain_and_compressed(shape):
    array = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    for content in (idx(array), gzip.compress(idx(array))):
        np.testing.assert_array_equal(read_idx("x", content), array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found the first bytes , expected 00 00 08"),
        (b"<html>", "found the first bytes 3c 68 74 6d"),
        (b"\0\0\x0d\x01" + bytes(8), "expected 00 00 08"),
        (b"\0\0\x08\x03" + bytes(4), "found 8 bytes, expected a header of 16"),
        (idx(np.zeros((3, 2), np.uint8))[:-1], r"found 5 values, expected 6 for the shape \(3, 2\)"),
        (idx(np.zeros((3, 2), np.uint8)) + b"x", "found 7 values, expected 6"),
    ],
)
def test_damaged_idx_files_are_refused(content, message):
    with pytest.raises(ValueError, match=f"^x: .*{message}"):
        read_idx("x", content)


@given(st.binary(max_size=40))
def test_any_bytes_are_an_idx_file_or_refused(content):
    try:
        assert read_idx("x", content).dtype == np.uint8
    except ValueError as error:
        assert str(error).startswith("x: ")


@pytest.fixture
def few_characters(monkeypatch):
    """An OMNIGLOT of three characters; gives their drawings, True = white."""
    monkeypatch.setattr(drawings, "N_CHARACTERS", {"images_evaluation": 3})
    return np.random.default_rng(0).random((3, 20, 105, 105)) < 0.9


def test_drawings_are_the_same_from_arrays_and_from_pictures(few_characters):
    pictures = {
        f"images_evaluation/Some_Alphabet/character{c:02}/{965 + c:04}_{d + 1:02}.png": png(few_characters[c, d])
        for c in reversed(range(3))
        for d in range(20)
    }
    archives = [zipped({"images.npy": npy(few_characters)}), zipped({"images_evaluation/": b""} | pictures)]
    for content in archives:
        found = drawings.decode("images_evaluation", {"images_evaluation.zip": content})["images_evaluation"]
        ink = drawings.unpacked(found)
        np.testing.assert_array_equal(ink == 0, few_characters.reshape(-1, 105, 105))


def test_damaged_archives_of_drawings_are_refused(few_characters):
    one = {"0965_01.png": png(few_characters[0, 0])}
    cases = {
        b"<html>": "not an archive",
        zipped({"images.npy": npy(few_characters)})[:-40]: "not an archive",
        zipped({"images.npy": npy(few_characters[:2])}): r"found drawings of bool \(2, 20, 105, 105\)",
        zipped({"images.npy": npy(np.array([{}], object))}): "not an archive",
        zipped(one): "found 1 drawings, expected 60",
        zipped({"0964_01.png": one["0965_01.png"]}): "0964_01.png is no drawing of images_evaluation",
        zipped({"0965_01.png": b"no picture"}): "not an archive",
        zipped({"0965_01.png": png(few_characters[0, 0, :50])}): r"has the size \(105, 50\)",
    }
    for content, message in cases.items():
        with pytest.raises(ValueError, match=f"^x.zip: .*{message}"):
            drawings.decode("images_evaluation", {"x.zip": content})


def test_chardata_is_turned_upright(monkeypatch):
    monkeypatch.setattr(chardata, "SHAPES", {"data": (784, 2), "testdata": (784, 1)})
    image = np.zeros((28, 28))
    image[3, 20] = 1  # row 3, column 20; the file holds an image column by column
    column = image.T.reshape(784, 1)
    content = mat(data=np.concatenate([column, 0.5 * column], axis=1), testdata=column)
    found = chardata.decode("chardata.mat", {"chardata.mat": content})
    assert found["data"].shape == (2, 784) and found["testdata"].shape == (1, 784)
    np.testing.assert_array_equal(found["data"].reshape(2, 28, 28)[:, 3, 20], [255, 128])
    assert found["data"].sum() == 383 and found["testdata"].dtype == np.uint8


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n" + bytes(128), "found no MATLAB file"),
        (mat(data=np.zeros((784, 2)), testdata=np.zeros((784, 8070))), r"found data of the shape \(784, 2\)"),
        (mat(data=np.zeros((784, 2))), "found no numeric variable testdata"),
    ],
)
def test_other_files_than_chardata_are_refused(content, message):
    with pytest.raises(ValueError, match=f"chardata.mat: {message}"):
        chardata.decode("chardata.mat", {"chardata.mat": content})
