"""A small pipeline of shell commands with the shape of the real one, for tests of where and when stages are run."""

import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
RUN = "${item.dataset}-${item.method}-${item.seed}"
MATRIX = {"dataset": "${datasets}", "method": "${methods}", "seed": "${seeds}"}
CONFIG = f"runs/configs/{RUN}.json"

CONFIGURE = """
import json, pathlib, yaml
params = yaml.safe_load(open("params.yaml"))
folder = pathlib.Path("runs/configs")
folder.mkdir(parents=True, exist_ok=True)
for dataset in params["datasets"]:
    for method in params["methods"]:
        for seed in params["seeds"]:
            run = {"dataset": dataset, "method": method, "seed": seed}
            config = {"run": run, "training": params["settings"]}
            (folder / f"{dataset}-{method}-{seed}.json").write_text(json.dumps(config))
"""
STAGES = {
    "configure": {"cmd": "python configure.py", "deps": ["configure.py"], "params": [{"params.yaml": None}]},
    "preprocess": {
        "matrix": {"dataset": "${datasets}"},
        "cmd": "mkdir -p data && echo ${item.dataset} > data/${item.dataset}.txt",
        "deps": ["configure.py"],
        "outs": ["data/${item.dataset}.txt"],
    },
    "train": {
        "matrix": MATRIX,
        "cmd": f"mkdir -p runs/{RUN} && sh train.sh {RUN}",
        "deps": ["data/${item.dataset}.txt", "train.sh"],
        "params": [{CONFIG: ["run", "training"]}],
        "outs": [f"runs/{RUN}/model.txt"],
    },
    "evaluate": {
        "matrix": MATRIX,
        "cmd": f"cat data/${{item.dataset}}.txt runs/{RUN}/model.txt > runs/{RUN}/likelihood.txt",
        "deps": ["data/${item.dataset}.txt", f"runs/{RUN}/model.txt"],
        "outs": [f"runs/{RUN}/likelihood.txt"],
    },
    "report": {
        "cmd": "cat runs/*/likelihood.txt > report.txt",
        "deps": ["runs"],
        "outs": [{"report.txt": {"cache": False}}],
    },
}
STAGES["configure"]["outs"] = ["runs/configs"]


def environment(**more: str) -> dict[str, str]:
    """Of commands in a sandbox: this interpreter and its dvc first, and this repository's code."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "DVC_NO_ANALYTICS": "1", **more}


def call(folder: Path, *command: str) -> str:
    """Its output; the test fails if the command does."""
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def write(folder: Path, train: str, datasets: tuple[str, ...]) -> None:
    """A repository with a run <data set>-m-0 for each data set.

    train: a shell script that gets the run's name and writes runs/<run>/model.txt.
    """
    folder.mkdir(exist_ok=True)
    params = {"datasets": list(datasets), "methods": ["m"], "seeds": [0], "settings": {"learning_rate": 1e-05}}
    (folder / "params.yaml").write_text(yaml.safe_dump(params))
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": STAGES}))
    (folder / "configure.py").write_text(CONFIGURE)
    (folder / "train.sh").write_text(train)
    (folder / ".gitignore").write_text("/runs/\n/data/\n/report.txt\n")
    call(folder, "git", "init", "--quiet")
    call(folder, "dvc", "init", "--quiet")
    (folder / ".dvcignore").write_text("runs/checkpoints\n")
    (folder / ".dvc" / "config").write_text("[core]\n    analytics = false\n    autostage = false\n")
    call(folder, "git", "add", "--all")
    author = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    call(folder, "git", *author, "commit", "--quiet", "--message", "A small pipeline")


# A program that a shell started in the background ignores SIGINT, and so would this one.
HEARING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("stages.parallel.repro", run_name="__main__", alter_sys=True)
"""


def repro(folder: Path, *arguments: str) -> subprocess.Popen:
    """Started, with its output in a pipe."""
    return subprocess.Popen(
        [sys.executable, "-c", HEARING, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
