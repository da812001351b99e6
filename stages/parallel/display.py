"""The display of a run: a line per finished stage, and on a terminal the running ones, their progress and time left."""

import contextlib
import threading
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from stages.runs.progress import Beat


class Display(contextlib.AbstractContextManager):
    """total: the stages to come. Its methods may be called from any thread."""

    def __init__(self, total: int, console: Console | None = None):
        self.console = console or Console(soft_wrap=True, highlight=False)
        self.total, self.done = total, 0
        self.lock = threading.RLock()  # a row may vanish between its lookup and its change
        self.started: dict[str, float] = {}
        self.rows: dict[str, TaskID] = {}
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[step]}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
            transient=True,
        )
        self.whole = self.bars.add_task("all stages", total=total, step=f"0 of {total}")

    def __enter__(self) -> "Display":
        self.bars.start()
        return self

    def __exit__(self, *_) -> None:
        self.bars.stop()

    def start(self, stage: str, where: str = "") -> None:
        """where: the machine, if it is not this one."""
        with self.lock:
            self.drop(stage)
            self.started[stage] = time.monotonic()
            self.rows[stage] = self.bars.add_task(f"{stage} {where}".strip(), total=None, step="")

    def step(self, stage: str, beat: Beat) -> None:
        with self.lock:
            if stage in self.rows:
                text = f"{beat.unit} {beat.done} of {beat.total}"
                self.bars.update(self.rows[stage], completed=beat.done, total=beat.total, step=text)

    def finish(self, stage: str, outcome: str) -> None:
        """A numbered line: the outcome in a word, and seconds since the start."""
        with self.lock:
            self.done += 1
            seconds = time.monotonic() - self.started.pop(stage, time.monotonic())
            self.drop(stage)
            self.bars.update(self.whole, completed=self.done, step=f"{self.done} of {self.total}")
            width = len(str(self.total))
            self.note(f"[{self.done:{width}}/{self.total}] {stage:<42} {outcome:<9} {seconds:7.1f} s")

    def drop(self, stage: str) -> None:
        """No longer running, but not finished: it will be started again."""
        with self.lock:
            if stage in self.rows:
                self.bars.remove_task(self.rows.pop(stage))

    def note(self, text: str) -> None:
        self.console.print(text, markup=False)
