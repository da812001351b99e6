"""Train and evaluate runs on a machine without DVC: `python -m stages.elsewhere.work --minutes 25 RUN RUN ...`

It needs torch, numpy, safetensors and tqdm, and the folder that stages/elsewhere/pack.py packs. Out of time, it stops
with a checkpoint and status 75; repeat the command to resume, also on another machine that has been given the folder
`runs`. All results are in that folder, which `python -m stages.elsewhere.bring_back` takes into the pipeline.
"""

import argparse
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from stages.command import STOPPED, command
from stages.elsewhere import record
from stages.runs import configs
from stages.runs.fingerprint import require_own
from stages.runs.places import RUNS, config_file, run_folder

logger = logging.getLogger(__name__)


def outcome_so_far(run: str, stage: str) -> tuple[bool, dict]:
    """Whether the stage is done, and the record of its inputs.

    Raises ValueError if the stage was begun from inputs other than those of this folder, or if this folder's program is
    not the one that its configuration was made for.
    """
    now, before = record.inputs(run, stage), record.read(RUNS, run, stage)
    require_program(now["config"], run, stage)
    if before is None:
        return False, now
    wrong = record.differences(before["files"], now["files"])
    if before["config"] != now["config"]:
        wrong.insert(0, f"{config_file(run)}: other {changed(before['config'], now['config'])}")
    if wrong:
        raise ValueError(
            f"{stage} of {run} was begun from other files or code than this folder has: restore them, or delete "
            f"{run_folder(run)} to begin again\n  " + "\n  ".join(wrong)
        )
    return "outputs" in before and before["outputs"] == record.outputs(RUNS, run, stage), now


def require_program(config: Mapping[str, Any], run: str, stage: str) -> None:
    """Raises ValueError if this folder's program is not the one that the configuration was made for.

    config: the stage's part of it.
    """
    cell = config["run"]
    require_own(stage, config["code"][stage], config_file(run), cell["dataset"], cell["method"])


def changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """The sections of the configuration that differ; `code` for the program."""
    return ", ".join(section for section in sorted({*before, *now}) if before.get(section) != now.get(section))


def work(run: str, stage: str, end: float) -> int:
    """Run the stage, if it is not done, until about the time `end`; gives its exit status, 0 when it is done."""
    done, inputs = outcome_so_far(run, stage)
    if done:
        return 0
    if time.time() >= end:
        return STOPPED
    record.write(run, stage, inputs)
    logger.info("%s of %s", stage, run)
    program = [sys.executable, "-m", f"stages.{stage}", run, "--until", str(end)]
    status = subprocess.run(program, check=False).returncode
    if status == 0:
        record.write(run, stage, inputs | {"outputs": record.outputs(RUNS, run, stage)})
    return status


def work_on(runs: Sequence[str], end: float) -> tuple[list[str], list[str]]:
    """All stages of all runs until the time `end`, as of time.time(); gives what is unfinished and what failed."""
    unfinished: list[str] = []
    failed: list[str] = []
    for run in runs:
        for stage in record.STAGES:
            status = work(run, stage, end)
            if status:
                (unfinished if status == STOPPED else failed).append(f"{stage} of {run}")
                break  # its later stages need this one; the other runs do not
    return unfinished, failed


def check(runs: Sequence[str]) -> None:
    """Raises ValueError for a run that cannot be begun or resumed: now, and not hours later when its turn comes."""
    configs.check(runs)
    for run in runs:
        trained, _ = outcome_so_far(run, "train")
        if trained:
            outcome_so_far(run, "evaluate")
        else:
            require_program(record.config_of(run, "evaluate"), run, "evaluate")


def interrupt(*_) -> NoReturn:
    raise KeyboardInterrupt


def main() -> None:
    signal.signal(signal.SIGTERM, interrupt)  # so that a stage that is running ends with this program
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "runs", nargs="*", metavar="RUN", help="in the order of their value; by default all in runs/configs"
    )
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop about then, at an epoch's end")
    arguments = parser.parse_args()
    with command("work"):
        runs = arguments.runs or configs.run_names()
        if not runs:
            raise ValueError("found no run, expected names or configurations in runs/configs")
        check(runs)
        unfinished, failed = work_on(runs, time.time() + 60 * arguments.minutes)
        if failed:
            raise SystemExit(f"work: failed: {', '.join(failed)}; the errors are above")
        if unfinished:
            logger.info("out of time before the end of %s; repeat the command to resume", ", ".join(unfinished))
            raise SystemExit(STOPPED)
        logger.info("%d runs trained and evaluated: the folder runs is complete", len(runs))


if __name__ == "__main__":
    main()
