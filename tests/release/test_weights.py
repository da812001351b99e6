"""Models of a table packed, loaded from the archive, and put back; an archive that is not whole is refused."""

import gzip
import hashlib
import io
import shutil
import tarfile
from pathlib import Path

import artifacts
import numpy as np
import pytest
import tiny
import torch
import yaml
from safetensors.torch import save_file

import vhp
from stages.files import md5
from stages.release import pack, unpack
from stages.runs.places import run_folder

RUNS = ("digits-iwae_l1-0", "digits-vampprior-0")
ARCHIVE = Path("weights", "smoke.tar")


def about(run: str) -> dict:
    dataset, method, seed = run.split("-")
    made = {"run": {"dataset": dataset, "method": method, "seed": int(seed)}, "code": "0123456789abcdef"}
    return made | {"method": {"n_importance": 8}, "training": {"epochs": 60}}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for run in RUNS:
            _, method, _ = run.split("-")
            artifacts.write_run("digits", method, 0, nll=21.875)
            vhp.save(tiny.build(method).model, run_folder(run) / "model.safetensors", about(run))
        artifacts.write_matrix()
        artifacts.call(pack)
    return folder


@pytest.fixture
def table(packed, tmp_path, monkeypatch):
    """Two runs with small models, and their archive; the working directory."""
    shutil.copytree(packed, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(name: str, content: bytes | None, into: str = "other.tar") -> Path:
    """The archive with another content of a file, or without it; its checksums are left as they were."""
    with tarfile.open(ARCHIVE) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    assert name in files
    with tarfile.open(into, "w") as tar:
        for key, value in (files | {name: content}).items():
            if value is not None:
                member = tarfile.TarInfo(key)
                member.size = len(value)
                tar.addfile(member, io.BytesIO(value))
    return Path(into)


def cut_off(name: str) -> Path:
    """The archive compressed, and only the first half of that."""
    content = gzip.compress(ARCHIVE.read_bytes())
    Path(name).write_bytes(content[: len(content) // 2])
    return Path(name)


def test_a_packed_folder_is_a_model_with_its_card_and_checksums(table):
    with tarfile.open(ARCHIVE) as tar:
        tar.extractall("release", filter="data")
    folder = Path("release", "smoke")
    sums = dict(reversed(line.split("  ")) for line in (folder / "SHA256SUMS").read_text().splitlines())
    assert sums.keys() == {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()} - {"SHA256SUMS"}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in sums.items())
    for run in RUNS:
        x = np.eye(tiny.D)
        np.testing.assert_array_equal(*(vhp.load(place).encode(x).mean for place in (folder / run, run_folder(run))))
        card = (folder / run / "README.md").read_text()
        assert "| 21.88 ± 0.50, mean over 200 test examples" in card and "CC BY 4.0" in card
        assert sums[f"{run}/model.safetensors"] in card and f'vhp.load("{run}")' in card
        assert "n_importance 8" in card and "code 0123456789abcdef" in card
    assert "| digits-iwae_l1-0 | digits | IWAE (L=1) | 21.88 ± 0.50 |" in (folder / "README.md").read_text()
    before = ARCHIVE.read_bytes()
    artifacts.call(pack)
    assert ARCHIVE.read_bytes() == before


def test_models_come_back_to_where_they_were(table):
    paths = [run_folder(run) / "model.safetensors" for run in RUNS]
    before = [path.read_bytes() for path in paths]
    for path in paths:
        path.unlink()
    artifacts.call(unpack, str(ARCHIVE))
    assert [path.read_bytes() for path in paths] == before


def refused(archive: Path, message: str) -> None:
    for run in RUNS:
        (run_folder(run) / "model.safetensors").unlink()
    with pytest.raises(SystemExit, match=message):
        artifacts.call(unpack, str(archive))
    assert not any((run_folder(run) / "model.safetensors").exists() for run in RUNS)


MODEL = f"smoke/{RUNS[1]}/model.safetensors"
ARCHIVES = [
    (lambda: changed(MODEL, b"other"), f"{RUNS[1]}/model.safetensors is not what SHA256SUMS says"),
    (lambda: changed(MODEL, None), "found other files than SHA256SUMS lists, among them " + RUNS[1]),
    (lambda: changed("smoke/SHA256SUMS", None), "found no SHA256SUMS"),
    (lambda: cut_off("other.tar.gz"), r"other\.tar\.gz: found no tar archive, or a damaged one"),
    (lambda: Path("params.yaml"), "No such file"),
    (lambda: Path("runs/matrix/matrix.json"), "found no tar archive"),
]


@pytest.mark.parametrize(("archive", "message"), ARCHIVES, ids=[message[-30:] for _, message in ARCHIVES])
def test_an_archive_that_is_not_whole_is_refused_whole(table, archive, message):
    refused(archive(), message)


def test_a_model_of_another_table_or_place_is_refused(table):
    path = run_folder(RUNS[0]) / "model.safetensors"
    lock = {"stages": {f"train@{RUNS[0]}": {"cmd": "x", "outs": [{"path": path.as_posix(), "md5": "0" * 32}]}}}
    digest = md5(path)
    Path("dvc.lock").write_text(yaml.safe_dump(lock))
    refused(ARCHIVE, f"{RUNS[0]}: the packed model has the MD5 {digest}, dvc.lock {'0' * 32}: it is of another table")


def test_a_name_that_leads_elsewhere_is_refused(table):
    model = tiny.build("iwae_l1").model
    vhp.save(model, "m.safetensors", {"run": {"dataset": "..", "method": "x", "seed": 0}})
    content = Path("m.safetensors").read_bytes()
    packed = {"..-x-0/model.safetensors": content}
    packed["SHA256SUMS"] = f"{hashlib.sha256(content).hexdigest()}  ..-x-0/model.safetensors\n".encode()
    pack.write(Path("bad.tar"), packed)
    refused(Path("bad.tar"), r"\.\.-x-0/model.safetensors: found a model of .*expected one of")


def test_weights_without_a_description_are_not_packed(table):
    before = ARCHIVE.read_bytes()
    with torch.no_grad():
        save_file(tiny.build("iwae_l1").model.state_dict(), run_folder(RUNS[0]) / "model.safetensors")
    with pytest.raises(SystemExit, match=r"weights: .*found no metadata 'vhp'.*train it again"):
        artifacts.call(pack)
    assert ARCHIVE.read_bytes() == before
