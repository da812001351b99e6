"""The morphable model of the faces is read from OBJ files and from the packed file, with the same result."""

import io
import os
from pathlib import Path

import numpy as np
import pytest

from vhp.datasets import content_sha256
from vhp.datasets.faces import facekit
from vhp.datasets.faces.obj import read_triangles, read_vertices
from vhp.datasets.faces.prepare import decode

# Three lines of upstream's generic_neutral_mesh.obj and identity000.obj as published, by vertex. In float32 their
# differences would be rounded to other float16 numbers than those of the packed file.
UPSTREAM_LINES = {
    37: ("v -5.7532 2.76604 7.6706", "v -5.53864 2.76537 7.71747"),
    56: ("v -5.52553 4.18679 8.36153", "v -5.33906 4.10981 8.35782"),
    59: ("v -5.67249 4.33411 8.22774", "v -5.47841 4.25515 8.22825"),
}
CONTENT_SHA256 = "34bcda71e369803306f190d7aa9a9efcf1351b1d6674a648e8401fd1d1f357ce"


def test_vertices_and_polygons_are_read_whatever_stands_around_them():
    text = b"""# v 9 9 9
mtllib material.mtl
v 0 -2.48251 11.8387
v -2.36702e-08\t1 +2.5
vt 0.5 0.5
vn 0 0 1
v 1 2 3 0.5
v 4 5 6
v 7 8 9
usemtl M_Face
f 1 2 3
f 4/1 1/2 2/3 5/4
f 1//1 2//1 3//1
f  1/1/1 2/2/1 3/3/1 4/4/1 5/5/1
"""
    for content in (text, text.replace(b"\n", b"\r\n"), text.rstrip(b"\n")):
        vertices = read_vertices("x.obj", content)
        np.testing.assert_array_equal(vertices[:3], [[0, -2.48251, 11.8387], [-2.36702e-08, 1, 2.5], [1, 2, 3]])
        assert vertices.shape == (5, 3) and vertices.dtype == np.float64
        triangles = read_triangles("x.obj", content, 5)
        assert triangles.dtype == np.int32
        expected = [[0, 1, 2], [3, 0, 1], [3, 1, 4], [0, 1, 2], [0, 1, 2], [0, 2, 3], [0, 3, 4]]
        np.testing.assert_array_equal(triangles, expected)


@pytest.mark.parametrize("line", ["v 1 2", "v 1 2 x", "v", "v 1 2 nan", "v 1 2 inf", "v 1 2 1e999", "v 1,2,3"])
def test_a_malformed_vertex_is_refused_with_its_line(line):
    content = f"# comment\nv 1 2 3\n{line} \n".encode()
    with pytest.raises(ValueError, match=r"x\.obj, line 3: found 'v.*', expected v and three finite numbers"):
        read_vertices("x.obj", content)


@pytest.mark.parametrize("line", ["f 1 2", "f ", "f 1 2 4", "f 0 1 2", "f -1 -2 -3", "f 1 2 a", "f 1 /2 3", "f 1. 2 3"])
def test_a_malformed_polygon_is_refused_with_its_line(line):
    with pytest.raises(ValueError, match=r"x\.obj, line 2: found 'f.*at least three vertices from 1 to 3"):
        read_triangles("x.obj", f"f 3 2 1\n{line}\n".encode(), 3)


def test_other_files_than_obj_hold_no_vertices():
    for content in (b"", b"<html>not found</html>", bytes(range(256))):
        assert read_vertices("x.obj", content).shape == (0, 3)
        assert read_triangles("x.obj", content, 3).shape == (0, 3)


def test_the_parts_are_those_of_the_published_table():
    sizes = [last - first + 1 for first, last in facekit.PARTS.values()]
    assert sizes == [9409, 1839, 2046, 384, 384, 1570, 1570]
    assert len(facekit.USED) == 17_202


def made_up() -> dict[str, np.ndarray]:
    """A model of the right shapes; some displacements are too small for float16."""
    rng = np.random.default_rng(0)
    n = len(facekit.USED)
    identity = (rng.normal(size=(facekit.N_MODES, n, 3)) * 10.0 ** rng.integers(-9, 0, (n, 3))).astype(np.float16)
    return {
        "mean": (rng.normal(size=(n, 3)) * 10).round(4).astype(np.float32),
        "identity": identity,
        "faces": rng.integers(0, n, (facekit.N_TRIANGLES, 3)).astype(np.int32),
        "original_vertex_index": facekit.USED.astype(np.int32),
    }


def packed(model: dict[str, np.ndarray]) -> dict[str, bytes]:
    file = io.BytesIO()
    np.savez(file, **model)
    return {facekit.PACKED: file.getvalue()}


def obj_files(model: dict[str, np.ndarray], corner: str, newline: str) -> dict[str, bytes]:
    """Upstream's files as they would be: vertices of other parts, quads where two triangles make one, 1-based."""
    place, triangles = model["original_vertex_index"] + 1, model["faces"].tolist()
    polygons, i = [], 0
    while i < len(triangles):
        polygon, i = list(triangles[i]), i + 1
        if i < len(triangles) and triangles[i][:2] == [polygon[0], polygon[2]]:
            polygon, i = [*polygon, triangles[i][2]], i + 1
        polygons.append([place[v] for v in polygon])
    # Gums, teeth and lashes have polygons, too: first, in between and last.
    other = [[14_063, 14_064, 14_065, 14_066], [17_040, 17_041, 17_042]]
    polygons = [*other, *polygons[:100], *other, *polygons[100:], [26_719, 26_718, 26_717]]
    tail = newline.join("f " + " ".join(corner.format(v) for v in polygon) for polygon in polygons)

    mean = model["mean"].astype(float)
    shapes = [mean, *(mean + displacement for displacement in model["identity"].astype(float))]
    files = {}
    for name, shape in zip(facekit.obj_names(), shapes, strict=True):
        vertices = np.full((facekit.N_UPSTREAM_VERTICES, 3), 99.5)
        vertices[model["original_vertex_index"]] = shape
        lines = ["# made for a test", "mtllib x.mtl", *(f"v {x!r} {y!r} {z!r}" for x, y, z in vertices.tolist()), tail]
        files[name] = newline.join(lines).encode()
    return files


@pytest.fixture
def two_modes(monkeypatch):
    monkeypatch.setattr(facekit, "N_MODES", 2)


@pytest.mark.parametrize(("corner", "newline"), [("{0}", "\n"), ("{0}/7/8", "\r\n")])
def test_obj_files_and_the_packed_file_give_the_same_bytes(two_modes, corner, newline):
    model = made_up()
    from_packed = decode("identity", packed(model))
    from_obj = decode("identity", obj_files(model, corner, newline))
    assert content_sha256(from_obj) == content_sha256(from_packed)
    np.testing.assert_array_equal(from_packed["identity"], model["identity"])
    np.testing.assert_array_equal(from_packed["triangles"], model["faces"])
    assert set(from_packed) == {"mean", "identity", "triangles"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("faces"), "no readable npz file"),
        (lambda m: m.update(mean=m["mean"].astype(float)), "found mean float64 .*, expected float32"),
        (lambda m: m.update(mean=m["mean"][1:]), r"found mean float32 \(17201, 3\), expected float32 \(17202, 3\)"),
        (
            lambda m: m.update(identity=m["identity"][:1]),
            r"found identity .*\(1, 17202, 3\), expected .*\(2, 17",
        ),
        (lambda m: m["mean"].fill(np.nan), "mean holds values that are not finite"),
        (lambda m: m["faces"].fill(17_202), "triangles refer to vertices other than the 17202"),
        (lambda m: m["faces"].fill(-1), "triangles refer to vertices other than the 17202"),
        (lambda m: m["original_vertex_index"].fill(3), "original_vertex_index is not that of the parts face, head"),
        (lambda m: m.update(mean=np.array([{}])), "no readable npz file.*pickle"),
    ],
)
def test_another_packed_model_is_refused(two_modes, change, message):
    model = made_up()
    change(model)
    with pytest.raises(ValueError, match=f"^ict_face_identity.npz: .*{message}"):
        decode("identity", packed(model))


def test_a_damaged_packed_file_is_refused(two_modes):
    content = packed(made_up())[facekit.PACKED]
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    for damaged in (b"", b"<html>", content[:-30], content[:1000], content[1000:], bytes(flipped)):
        with pytest.raises(ValueError, match=r"^ict_face_identity\.npz: no readable npz file with the model"):
            decode("identity", {facekit.PACKED: damaged})


def test_missing_and_cut_off_obj_files_are_refused(two_modes):
    files = obj_files(made_up(), "{0}", "\n")
    with pytest.raises(ValueError, match=r"found no identity000\.obj \(2 of 3 OBJ files are missing\)"):
        decode("identity", {facekit.NEUTRAL: files[facekit.NEUTRAL]})
    short = files["identity001.obj"]
    short = short[: short.index(b"\n", 10_000)]
    with pytest.raises(ValueError, match=r"identity001\.obj: found \d+ vertices, expected 26719"):
        decode("identity", files | {"identity001.obj": short})
    no_end = files[facekit.NEUTRAL]
    no_end = no_end[: no_end.rindex(b"\n", 0, -10_000)]
    with pytest.raises(ValueError, match=r"generic_neutral_mesh\.obj: found triangles .*, expected int32 \(34332, 3\)"):
        decode("identity", files | {facekit.NEUTRAL: no_end})


def test_there_is_no_other_item():
    with pytest.raises(ValueError, match="unknown item 'expression', expected 'identity'"):
        decode("expression", {})


@pytest.mark.real_data
def test_the_real_model_is_complete_and_the_same_from_obj_files(monkeypatch):
    content = Path(os.environ["VHP_DATA"], "ict_face", facekit.PACKED).read_bytes()
    raw = decode("identity", {facekit.PACKED: content})
    assert content_sha256(raw) == CONTENT_SHA256
    with np.load(io.BytesIO(content)) as archive:
        model = dict(archive)
    model["identity"] = model["identity"][:3]  # a hundred files take longer and show no more
    monkeypatch.setattr(facekit, "N_MODES", 3)
    files = obj_files(model, "{0}/{0}", "\n")
    for name, which in ((facekit.NEUTRAL, 0), ("identity000.obj", 1)):
        lines = files[name].split(b"\n")
        for vertex, text in UPSTREAM_LINES.items():
            lines[2 + vertex] = text[which].encode()  # two lines precede the vertices
        files[name] = b"\n".join(lines)
    assert content_sha256(decode("identity", files)) == content_sha256(raw | {"identity": raw["identity"][:3]})
