"""Damaged inputs and outputs of stages, some hundred: each is refused in a line that names the file.

A tiny pipeline on the digits is run once. Then file after file is damaged, and the stage that reads it is called: with
a dvc.lock, which has every file's checksum, and without one, where only its content tells.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
import yaml
from configured import TINY_REWO, program, write_config, write_data_config
from safetensors.numpy import load, save

from stages import (
    beta_update,
    card,
    download,
    evaluate,
    interpolate,
    preprocess,
    report,
    representation,
    section,
    smoothness,
    train,
)
from stages.files import md5, write_json
from stages.runs import fingerprint, recorded
from stages.runs.places import (
    CONFIGS,
    DATA_CONFIGS,
    MATRIX,
    config_file,
    data_config_file,
    data_file,
    raw_file,
    run_folder,
    section_folder,
)
from stages.runs.resolved import digest
from stages.runs.run_stages import RUN_STAGES

RUN, DATASET = "digits-vhp_rewo-3", "digits"
CONFIG = {
    "run": {"dataset": DATASET, "method": "vhp_rewo", "seed": 3, "budget": "smoke"},
    "model": {"d_z": 2, "network": "mlp", "hidden": [8]},
    "method": TINY_REWO,
    "training": {
        **{"epochs": 4, "batch_size": 64, "learning_rate": 0.01, "learning_rate_warm_up": 0.1, "validate_every": 2},
        **{
            "learning_rate_fall": 1.0,
            "learning_rate_final": 0.1,
            "gradient_limit": 5.0,
            "weight_decay": 0.0,
            "patience": None,
            "least_gain": 0.1,
            "precision": "float32",
            "compile": False,
        },
        "threads": 1,
    },
    "evaluation": {"n_samples": 5, "n_test": 12, "precision": "float32", "compile": False, "refined": None},
    "interpolation": {"n_nodes": 40, "k": 5, "trim": 0, "n_paths": 3, "n_frames": 8},
}
OF_RUN = (train, evaluate, interpolate, smoothness, representation)


class Case(NamedTuple):
    """A file, and the stage that reads it."""

    file: Path
    stage: ModuleType
    argument: str | None


def output(name: str) -> Path:
    return run_folder(RUN) / name


SECTION = section_folder("smoke", DATASET) / "section.json"
READ = [
    Case(raw_file(DATASET), preprocess, DATASET),
    Case(data_file(DATASET), card, DATASET),
    *(Case(data_file(DATASET), stage, RUN) for stage in (train, evaluate, interpolate, representation)),
    Case(data_file(DATASET), section, DATASET),
    *(Case(output("model.safetensors"), stage, RUN) for stage in (evaluate, interpolate)),
    *(Case(output("latent_space.npz"), stage, RUN) for stage in (smoothness, representation)),
    Case(output("paths.npz"), smoothness, RUN),
    *(
        Case(output(name), section, DATASET)
        for made in RUN_STAGES.values()
        for name in made.outputs
        if name not in ("model.safetensors", "graph.graphml")
    ),
    *(Case(config_file(RUN), stage, RUN) for stage in OF_RUN),
    Case(data_config_file(DATASET), preprocess, DATASET),
    Case(MATRIX, section, DATASET),
    Case(MATRIX, report, None),
    Case(MATRIX, beta_update, None),
    Case(SECTION, report, None),
]
names = pytest.mark.parametrize("case", READ, ids=lambda c: f"{c.file.name}-{c.stage.__name__.partition('.')[2]}")


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory) -> Iterator[Path]:
    """A folder in which every stage has run; the working directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("pipeline"))
        patch.setenv("TQDM_DISABLE", "1")
        # The code does not change meanwhile: its fingerprints are computed once.
        for module in (fingerprint, report):
            patch.setattr(module, "Program", program)
        write_config(CONFIG)
        write_data_config(DATASET)
        code = {stage: program().of_stage(stage) for stage in ("beta_update", "report")}
        sections = {DATASET: {"code": program().of_stage("section", DATASET), "runs": {RUN: digest(CONFIG)}}}
        write_json(MATRIX, {"budget": "smoke", "read": "0" * 16, "sections": sections, "code": code})
        for stage in (download, preprocess, card):
            assert call(stage, DATASET) is None
        for stage in OF_RUN:
            assert call(stage, RUN) is None
        assert call(section, DATASET) is None and call(beta_update) is None and call(report) is None
        yield Path.cwd()


def call(stage: ModuleType, argument: str | None = None) -> str | None:
    """The stage's command in this process; gives the line with which it ended, None for success."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [stage.__name__, *([argument] if argument else [])])
        try:
            stage.main()
        except SystemExit as ended:
            return ended.code


@pytest.fixture
def lock(pipeline) -> Iterator[None]:
    """dvc.lock, as DVC would have written it."""
    made = {"configure": [CONFIGS, DATA_CONFIGS, MATRIX]}
    made |= {f"download@{DATASET}": [raw_file(DATASET)], f"preprocess@{DATASET}": [data_file(DATASET)]}
    made |= {f"{name}@{RUN}": [output(file) for file in stage.outputs] for name, stage in RUN_STAGES.items()}
    made |= {f"section@{DATASET}": [SECTION.parent]}
    stages = {}
    for name, outs in made.items():
        hashes = {out.as_posix(): recorded.md5_of_folder(out) if out.is_dir() else md5(out) for out in outs}
        stages[name] = {"cmd": "x", "outs": [{"path": path, "hash": "md5", "md5": h} for path, h in hashes.items()]}
        if (stage := name.partition("@")[0]) in RUN_STAGES:
            fingerprints = {f"code.{stage}": program().of_stage(stage, DATASET, "vhp_rewo")}
            stages[name]["params"] = {config_file(RUN).as_posix(): fingerprints}
    recorded.LOCK.write_text(yaml.safe_dump({"schema": "2.0", "stages": stages}, sort_keys=False))
    yield
    recorded.LOCK.unlink()


@contextmanager
def damaged(file: Path, content: bytes | None) -> Iterator[None]:
    """The file holds something else, None: is not there; afterwards everything is as it was."""
    before = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
    file.unlink() if content is None else file.write_bytes(content)
    try:
        yield
    finally:
        for path in [path for path in Path.cwd().rglob("*") if path.is_file() and path not in before]:
            path.unlink()
        for path, whole in before.items():
            path.write_bytes(whole)


def flipped(content: bytes, where: float) -> bytes:
    changed = bytearray(content)
    changed[int(where * (len(content) - 1))] ^= 1
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda content: None,
    "empty": lambda content: b"",
    "halved": lambda content: content[: len(content) // 2],
    "cut": lambda content: content[:-2],
    "zeros": lambda content: bytes(len(content)),
    "page": lambda content: b"<html>Not here</html>\n",
    "latin": lambda content: b"\xe9\xff" + content,
    "head": lambda content: flipped(content, 0.02),
    "middle": lambda content: flipped(content, 0.5),
    "end": lambda content: flipped(content, 0.97),
}

UNREADABLE = ("missing", "empty", "halved", "zeros", "page", "latin")  # also without a checksum


def refused(case: Case, content: bytes | None) -> None:
    with damaged(case.file, content):
        line = call(case.stage, case.argument)
        assert isinstance(line, str), f"{case.stage.__name__} accepted it"
        # A folder's checksum, or a run that is not in it, tells that one of its files is another, and not which.
        named = (case.file.as_posix(), f"{case.file.parent.as_posix()}: ", f"found no configuration of {RUN}")
        no_data = f"found no configuration of the data set {DATASET!r}"
        assert any(name in line for name in (*named, no_data, f"of {case.file.name}")), line
        assert len(line) < 1500 and "Traceback" not in line


@names
def test_with_checksums_every_damage_is_refused(lock, case):
    content = case.file.read_bytes()
    for damage in DAMAGES.values():
        refused(case, damage(content))


@names
def test_without_checksums_what_cannot_be_read_is_refused(pipeline, case):
    content = case.file.read_bytes()
    for name in UNREADABLE:
        refused(case, DAMAGES[name](content))


def test_a_pipeline_that_is_whole_is_accepted(lock):
    for stage, argument in ((smoothness, RUN), (representation, RUN), (section, DATASET), (report, None)):
        before = {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}
        assert call(stage, argument) is None
        assert before == {path: path.read_bytes() for path in Path.cwd().rglob("*") if path.is_file()}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_record_is_named_or_changes_nothing(lock, damage):
    with damaged(recorded.LOCK, DAMAGES[damage](recorded.LOCK.read_bytes())):
        before = output("smoothness.json").read_bytes()
        line = call(smoothness, RUN)
        # Without an entry there is nothing to compare with.
        assert "dvc.lock" in line if line else output("smoothness.json").read_bytes() == before


@pytest.mark.parametrize("damage", ["latin", "conflict", "no mapping", "no outputs", "another checksum"])
def test_a_record_that_is_there_and_wrong_is_refused(lock, damage):
    text = recorded.LOCK.read_text()
    entry = f"  interpolate@{RUN}:\n"
    first = output("latent_space.npz").as_posix()
    content = {
        "latin": b"\xe9\xff" + text.encode(),
        "conflict": text.replace(entry, f"{entry}<<<<<<< HEAD\n    cmd: x\n    cmd: [\n").encode(),
        "no mapping": text.replace(entry, f"{entry}    - x\n  other:\n").encode(),
        "no outputs": text.replace(f"{entry}    cmd: x\n    outs:\n", f"{entry}    outs: 1\n  other:\n").encode(),
        "another checksum": text.replace(md5(output("latent_space.npz")), "0" * 32).encode(),
    }[damage]
    assert content != text.encode()
    with damaged(recorded.LOCK, content):
        line = call(smoothness, RUN)
    assert line and "dvc.lock" in line and (damage != "another checksum" or first in line)


# --- content that can be read, and is not what it should be; no dvc.lock tells ---


def npz(content: bytes, **changes: Any) -> bytes:
    """The archive with some arrays changed by a function, or left out (None)."""
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    for name, change in changes.items():
        array = arrays.pop(name)
        if change is not None:
            arrays[name] = change(array.copy())
    written = io.BytesIO()
    np.savez(written, **arrays)
    return written.getvalue()


def weights(content: bytes, change: Callable[[dict[str, np.ndarray]], Any]) -> bytes:
    tensors = load(content)
    change(tensors)
    return save(tensors)


def values(content: bytes, **changes: Any) -> bytes:
    """The JSON object with other values; a key set to `...` is left out."""
    changed = json.loads(content) | changes
    return json.dumps({key: value for key, value in changed.items() if value is not ...}).encode()


def with_nan(x: np.ndarray) -> np.ndarray:
    x.flat[len(x.flat) // 2] = np.nan
    return x


def narrowed(tensors: dict[str, np.ndarray]) -> None:
    tensors.update({name: tensor[:1] for name, tensor in tensors.items()})


def widened(tensors: dict[str, np.ndarray]) -> None:
    tensors.update({name: tensor.astype(float) for name, tensor in tensors.items()})


CONTENT = [
    (data_file(DATASET), train, lambda c: npz(c, train=None)),
    (data_file(DATASET), train, lambda c: npz(c, val=None)),
    (data_file(DATASET), train, lambda c: npz(c, train=lambda x: x[:0])),
    (data_file(DATASET), train, lambda c: npz(c, train=lambda x: x.astype(float))),
    (data_file(DATASET), train, lambda c: npz(c, val=lambda x: x[:, :-1])),
    (data_file(DATASET), train, lambda c: npz(c, train=lambda x: x.astype(np.int64))),
    (data_file(DATASET), evaluate, lambda c: npz(c, test=lambda x: np.where(x == 0, np.uint8(7), x))),
    (data_file(DATASET), evaluate, lambda c: npz(c, test=lambda x: x.reshape(-1, 8, 8))),
    (data_file(DATASET), interpolate, lambda c: npz(c, test=None)),
    (data_file(DATASET), card, lambda c: npz(c, test=lambda x: x.astype(str))),
    (raw_file(DATASET), preprocess, lambda c: npz(c, images=None)),
    (raw_file(DATASET), preprocess, lambda c: npz(c, images=lambda x: x[:100])),
    (output("model.safetensors"), evaluate, lambda c: weights(c, lambda w: w.pop(next(iter(w))))),
    (output("model.safetensors"), evaluate, lambda c: weights(c, lambda w: w.update(more=np.zeros(1, np.float32)))),
    (output("model.safetensors"), evaluate, lambda c: weights(c, lambda w: with_nan(next(iter(w.values()))))),
    (output("model.safetensors"), interpolate, lambda c: weights(c, narrowed)),
    (output("model.safetensors"), interpolate, lambda c: weights(c, widened)),
    (output("latent_space.npz"), representation, lambda c: npz(c, posterior_mean=with_nan)),
    (output("latent_space.npz"), representation, lambda c: npz(c, posterior_std=None)),
    (output("latent_space.npz"), representation, lambda c: npz(c, nodes=lambda x: x[:, :1])),
    (output("latent_space.npz"), smoothness, lambda c: npz(c, nodes=lambda x: x[:-1])),
    (output("latent_space.npz"), smoothness, lambda c: npz(c, posterior_mean=lambda x: x[:5])),
    (output("paths.npz"), smoothness, lambda c: npz(c, found=None)),
    (output("paths.npz"), smoothness, lambda c: npz(c, path_x=with_nan)),
    (output("paths.npz"), smoothness, lambda c: npz(c, path_z=lambda x: x[:, :4])),
    (output("paths.npz"), smoothness, lambda c: npz(c, pairs=lambda x: x + 1000)),
    (output("paths.npz"), smoothness, lambda c: npz(c, pairs=lambda x: x - 1000)),
    (output("paths.npz"), smoothness, lambda c: npz(c, straight_x=lambda x: x * np.inf)),
    (output("gallery.npz"), section, lambda c: npz(c, samples=with_nan)),
    (output("gallery.npz"), section, lambda c: npz(c, originals=lambda x: x[:, :10])),
    (output("snapshots.npz"), section, lambda c: npz(c, step=None)),
    (output("snapshots.npz"), section, lambda c: npz(c, prior=lambda x: x[..., :1])),
    (output("history.csv"), section, lambda c: b"\n".join(c.splitlines()[:-1])),
    (output("history.csv"), section, lambda c: c.replace(b"validation_bound", b"bound")),
    (output("history.csv"), section, lambda c: c.replace(b"\n2,", b"\n3,")),
    (output("history.csv"), section, lambda c: c.replace(b"\n2,", b"\nx,")),
    (output("training.json"), section, lambda c: values(c, best_validation_bound=-1.0)),
    (output("training.json"), section, lambda c: values(c, beta_final=...)),
    (output("training.json"), section, lambda c: values(c, epochs=8)),
    (output("training.json"), section, lambda c: values(c, epochs="4")),
    (output("training.json"), section, lambda c: values(c, best_epoch=True)),
    (output("training.json"), section, lambda c: values(c, n_parameters=float("nan"))),
    (output("training.json"), section, lambda c: b"[]"),
    (output("training_time.json"), section, lambda c: values(c, seconds="long")),
    (output("likelihood.json"), section, lambda c: values(c, nll=...)),
    (output("likelihood.json"), section, lambda c: values(c, nll=float("inf"))),
    (output("likelihood.json"), section, lambda c: values(c, nll=None)),
    (output("likelihood.json"), section, lambda c: values(c, n_test=[12])),
    (output("evaluation_time.json"), section, lambda c: values(c, device=7)),
    (output("interpolation.json"), section, lambda c: values(c, unreachable=...)),
    (output("interpolation_time.json"), section, lambda c: b"null"),
    (output("smoothness.json"), section, lambda c: values(c, joints=[{"joint": "all"}])),
    (output("smoothness.json"), section, lambda c: values(c, jumps=3)),
    (output("representation.json"), section, lambda c: values(c, mmd2="x")),
    (config_file(RUN), train, lambda c: values(c, training=...)),
    (config_file(RUN), train, lambda c: values(c, model={"d_z": 2})),
    (config_file(RUN), train, lambda c: values(c, method={"kappa": 1.0})),
    (config_file(RUN), train, lambda c: values(c, code={})),
    (config_file(RUN), train, lambda c: values(c, run={"dataset": "pendulum", "method": "vhp_rewo", "seed": 3})),
    (config_file(RUN), evaluate, lambda c: values(c, run=7)),
    (config_file(RUN), evaluate, lambda c: values(c, evaluation={"n_samples": 5})),
    (data_config_file(DATASET), preprocess, lambda c: values(c, code=...)),
    (MATRIX, section, lambda c: values(c, sections={DATASET: {"runs": {}}})),
    (MATRIX, report, lambda c: values(c, budget=3)),
    (SECTION, report, lambda c: values(c, runs={})),
    (SECTION, report, lambda c: values(c, figures=[{"file": "x"}])),
    (SECTION, report, lambda c: values(c, runs={RUN: json.loads(c)["runs"][RUN] | {"likelihood": {}}})),
    (SECTION, report, lambda c: values(c, runs={RUN: json.loads(c)["runs"][RUN] | {"history": ["epoch"]}})),
]


@pytest.mark.parametrize(("file", "stage", "change"), CONTENT, ids=[f"{i}-{c[0].name}" for i, c in enumerate(CONTENT)])
def test_without_checksums_content_that_is_not_of_this_run_is_refused(pipeline, file, stage, change):
    argument = {report: None, section: DATASET, preprocess: DATASET, card: DATASET}.get(stage, RUN)
    refused(Case(file, stage, argument), change(file.read_bytes()))


def test_there_are_hundreds_of_damages():
    """Those of checkpoints (tests/test_checkpoint.py) and of downloaded files (tests/datasets/) come on top."""
    assert len(READ) * (len(DAMAGES) + len(UNREADABLE)) + len(CONTENT) >= 200
