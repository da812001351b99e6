"""Run a dvc command and print a line per stage: `python -m stages.progress dvc repro`.

The stages' own progress bars and log lines go to stderr, untouched.
"""

import re
import subprocess
import sys
import time

STARTS = re.compile(r"Running stage '(.+)':")
UNCHANGED = re.compile(r"Stage '(.+)' (?:didn't change, skipping|is cached - skipping run)")


def count_stages() -> int:
    """Stages of the pipeline with the parameters as they are now."""
    listed = subprocess.run(["dvc", "stage", "list", "--name-only"], capture_output=True, text=True, check=False)
    return len(listed.stdout.split())


class Lines:
    """Turns dvc's output into progress lines."""

    def __init__(self):
        self.total = self.done = self.unchanged = 0
        self.running: tuple[str, float] | None = None

    def feed(self, line: str) -> None:
        started, unchanged = STARTS.match(line), UNCHANGED.match(line)
        if not started and not unchanged:
            return
        # Counted only now: `dvc exp run -S` has changed the parameters by the time that the first stage is named.
        self.total = self.total or count_stages()
        self.finish()
        if started:
            self.running = started.group(1), time.monotonic()
        else:
            self.done += 1
            self.unchanged += 1

    def finish(self, outcome: str = "") -> None:
        """The running stage has ended."""
        if self.running:
            name, start = self.running
            self.done += 1
            width = len(str(self.total))
            seconds = time.monotonic() - start
            print(f"[{self.done:{width}}/{self.total}] {name:<44} {seconds:7.1f} s{outcome}", flush=True)
            self.running = None


def main() -> None:
    command = sys.argv[1:]
    if not command or command[0] != "dvc":
        raise SystemExit("usage: python -m stages.progress dvc repro [...]")
    begun, lines = time.monotonic(), Lines()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout:
                lines.feed(line)
            code = process.wait()
        except KeyboardInterrupt:
            # The terminal has sent the signal to dvc and its stage, too; they end in order, and then we do.
            process.wait()
            lines.finish("  interrupted")
            raise SystemExit("interrupted: the same command goes on where this one was") from None
    lines.finish("  failed" if code else "")
    if code:
        raise SystemExit(code)
    ran = lines.done - lines.unchanged
    print(f"{ran} stages run, {lines.unchanged} unchanged, in {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
