"""The runs' stages as futures of a Dask cluster: Dask decides where and when, DVC carries the files.

A worker needs a clone with this revision, and either this repository's cache directory or its DVC remote. The entries
of dvc.lock travel with the futures: from a stage to those after it, and back to the head, which puts them into its own
dvc.lock. So no machine needs more than the stage that it works on.
"""

import hashlib
import json
import queue
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cloudpickle
from distributed import Client, Future

from stages.clones.git import git
from stages.parallel import lockfile, worker
from stages.parallel.display import Display
from stages.parallel.graph import Pipeline
from stages.parallel.local import outcome
from stages.runs.configs import read_config, run_names
from stages.runs.progress import Beat

cloudpickle.register_pickle_by_value(worker)

CODE = ("vhp", "stages", "dvc.yaml", ".dvcignore", ".dvc/config")
UNFIT = 10  # workers that may turn out unfit for a stage before the next round
ROUNDS = 3  # without a finished stage, after which to give up
LOOK_SECONDS = 5.0  # between two checks for any worker


@dataclass(frozen=True)
class Options:
    """How stages are given to the workers."""

    revision: str  # of the workers' code
    remote: bool  # files go through the DVC remote; else all share the cache directory
    gpu: frozenset[str] = frozenset()  # names of stages that need Dask's resource GPU
    min_free_mib: int = 256  # on a worker's disk
    patience: float = 60.0  # seconds for which a worker tries to get or to store files


def head_revision() -> str:
    """Raises ValueError for uncommitted code, since workers get the code by its revision, and where git has none."""
    if changed := git("status", "--porcelain", "--", *CODE).splitlines():
        names = ", ".join(line[3:] for line in changed[:5])
        raise ValueError(f"found uncommitted changes in {names}; commit them: workers get the code by its revision")
    return git("rev-parse", "HEAD").strip()


def travelling(todo: set[str]) -> dict[str, dict[str, Any]]:
    """The stages of todo that belong to one run, each with that run; the others need the head's files.

    Raises ValueError for a configuration that is damaged.
    """
    runs = {name: read_config(name)["run"] for name in run_names()}
    return {stage: runs[name] for stage in todo if (name := stage.partition("@")[2]) in runs}


def dvc(*arguments: str) -> None:
    """Raises ValueError with what DVC printed."""
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise ValueError(f"dvc {arguments[0]} failed:\n{done.stdout.strip()}")


class Head:
    """Sends out the stages and collects their outcomes."""

    def __init__(
        self,
        pipeline: Pipeline,
        stages: Mapping[str, dict[str, Any]],
        params: Mapping[str, Any],
        options: Options,
        display: Display,
    ):
        """stages: those to be run on workers, each with its run. params: the content of params.yaml."""
        self.pipeline, self.runs, self.options, self.display = pipeline, stages, options, display
        self.revision = options.revision
        self.params = dict(params)
        self.replaced = lockfile.read()  # entries before
        self.entries = dict(self.replaced)
        self.remaining = dict.fromkeys(stage for stage in pipeline.graph if stage in stages)
        self.failures: dict[str, str] = {}
        self.notes: set[str] = set()

    def here_before(self) -> list[str]:
        """Stages that are not sent out, but whose outputs are read by those that are."""
        return sorted({need for stage in self.runs for need in self.pipeline.graph[stage]} - set(self.runs))

    def job(self, stage: str) -> dict[str, Any]:
        """All that a worker must know, except for the results of the stages that are sent out with this one."""
        run = self.runs[stage]
        before = [need for need in self.pipeline.graph[stage] if need not in self.remaining]
        return {
            "stage": stage,
            "revision": self.revision,
            "remote": self.options.remote,
            "min_free_mib": self.options.min_free_mib,
            "patience": self.options.patience,
            "inputs": self.pipeline.inputs[stage],
            "lock": {need: self.entries[need] for need in sorted(before)},
            "params": self.params | {"datasets": [run["dataset"]], "methods": [run["method"]], "seeds": [run["seed"]]},
        }

    def key(self, stage: str, needs: list[Future], attempt: int) -> str:
        """The same for two heads that want the same, which then share the future; needs: of the stages before.

        These have keys of their own, since two heads with different parameters may differ only in those. Of the
        entries only those that this head made itself count: another one may still wait for what workers made.
        """
        here = {need: self.entries[need] for need in sorted(self.pipeline.graph[stage] - set(self.runs))}
        content = [self.revision, self.options.remote, here, [need.key for need in needs], attempt]
        return f"{stage}-{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]}"

    def submit(self, client: Client, attempt: int) -> dict[str, Future]:
        """A future per remaining stage."""
        # A lambda cannot be pickled by name, so that Dask sends it, and all of worker.py that it refers to, by value.
        function = worker.run_stage
        by_value = lambda *arguments: function(*arguments)  # noqa: E731
        futures: dict[str, Future] = {}
        for stage in self.remaining:
            needs = [futures[need] for need in sorted(self.pipeline.graph[stage]) if need in self.remaining]
            gpu = {"GPU": 1} if stage.partition("@")[0] in self.options.gpu else {}
            futures[stage] = client.submit(
                by_value,
                self.job(stage),
                *needs,
                key=self.key(stage, needs, attempt),
                resources={worker.resource(self.revision): 1} | gpu,
                retries=UNFIT,
                pure=False,
            )
        return futures

    def run(self, connect: Callable[[], Client]) -> None:
        """Until every stage is finished or has failed. Raises ValueError when no round finishes any."""
        without = attempt = 0
        while self.remaining:
            before = len(self.remaining)
            with connect() as client:
                reasons = self.round(client, attempt)
            attempt += 1
            without = 0 if len(self.remaining) < before else without + 1
            if self.remaining and without == ROUNDS:
                raise ValueError(f"{len(self.remaining)} stages could not be run; the last reason: {reasons[-1]}")

    def round(self, client: Client, attempt: int) -> list[str]:
        """Send out what remains, once; gives the reasons why stages remain, for instance a lost scheduler."""
        client.subscribe_topic(worker.TOPIC, lambda event: self.hear(event[1]))
        client.register_plugin(worker.Workspaces(self.revision))
        for _, event in client.get_events(worker.TOPIC):
            if "refused" in event:  # before this head came
                self.hear(event)
        futures = self.submit(client, attempt)
        done: queue.Queue[str] = queue.Queue()
        for stage, future in futures.items():
            future.add_done_callback(lambda _, stage=stage: done.put(stage))
        reasons: list[str] = []
        try:
            for _ in range(len(futures)):
                stage = self.next(done, client)
                future = futures[stage]
                if future.status == "finished":
                    self.record(future.result())
                else:
                    error = future.exception() if future.status == "error" else "connection to the scheduler lost"
                    reasons.append(f"{stage}: {error}")
                    self.display.drop(stage)
        except BaseException:
            client.cancel(list(futures.values()))
            raise
        if reasons:
            self.note(f"{len(reasons)} stages are sent out once more, for instance {reasons[0]}")
        return reasons

    def next(self, done: queue.Queue, client: Client) -> str:
        """The next stage that has finished or failed."""
        while True:
            try:
                return done.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                self.look(client)

    def look(self, client: Client) -> None:
        """Say so if no worker can take a stage, or none one that needs a GPU."""
        if client.status != "running":
            return
        found = client.scheduler_info()["workers"].values()
        able = [each["resources"] for each in found if each["resources"].get(worker.resource(self.revision))]
        waiting = self.options.gpu & {stage.partition("@")[0] for stage in self.remaining}
        if not able:
            self.note(f"waiting for a worker: found {len(found)}, but none that can work for {self.revision[:12]}")
        elif waiting and not any(resources.get("GPU") for resources in able):
            asking = f"--gpu {' '.join(sorted(waiting))}"
            self.note(
                f"waiting for a worker: found {len(able)}, but none with --resources GPU=1, which {asking} asks for"
            )

    def hear(self, event: dict[str, Any]) -> None:
        """What a worker reports of itself or of a stage, which may be another head's."""
        if "refused" in event and event["revision"] == self.revision:
            self.note(f"worker {event['refused']} is not used: {event['why']}")
        elif event.get("started") in self.runs:
            self.display.start(event["started"], f"on {event['worker']}")
        elif event.get("stage") in self.runs:
            self.display.step(event["stage"], Beat(**event["beat"]))

    def note(self, text: str) -> None:
        """Once each."""
        if text not in self.notes:
            self.notes.add(text)
            self.display.note(text)

    def record(self, result: dict[str, Any]) -> None:
        stage = result["stage"]
        del self.remaining[stage]
        if result["entry"] is not None:
            self.display.finish(stage, outcome(0, result["printed"]))
            lockfile.note(stage, result["entry"], self.replaced.get(stage))
            self.entries[stage] = result["entry"]
        elif result["code"] is None:
            self.display.finish(stage, "skipped")
        else:
            self.failures[stage] = result["printed"].strip()
            self.display.finish(stage, "failed")


def collect(remote: bool) -> None:
    """Fetch the outputs of workers, also for a head that was killed. Raises ValueError if that fails."""
    if made := lockfile.merge():
        dvc("pull" if remote else "checkout", "--force", *made)
    # Also where nothing was merged: half a line would spoil the one after it, and entries that are outdated stay so.
    lockfile.forget()


def run(
    connect: Callable[[], Client],
    pipeline: Pipeline,
    stages: Mapping[str, dict[str, Any]],
    params: Mapping[str, Any],
    options: Options,
    display: Display,
) -> dict[str, str]:
    """Run the stages on workers and fetch their outputs; gives what the failed ones printed."""
    head = Head(pipeline, stages, params, options, display)
    if options.remote and (here := head.here_before()):
        dvc("push", *here)
    try:
        head.run(connect)
    finally:
        collect(options.remote)
    return head.failures
