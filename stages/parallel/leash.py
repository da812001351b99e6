"""Run a command that must not outlive the process that started it: `python -m stages.parallel.leash dvc repro ...`.

That process gives it a session of its own and a pipe as standard input. When the pipe is closed, on purpose or because
its owner died, the command and its children are ended: SIGINT lets DVC release its locks and a training report that it
was interrupted, SIGTERM ends what ignores SIGINT, SIGKILL the rest.
"""

import os
import signal
import subprocess
import sys
import threading
import time

PATIENCE = 5.0  # seconds that each signal is given


def end_group(command: subprocess.Popen) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + PATIENCE
        try:
            os.killpg(command.pid, number)
            while time.monotonic() < deadline:
                command.poll()  # or it would count as a member for ever
                os.killpg(command.pid, 0)
                time.sleep(0.05)
        except ProcessLookupError:
            return  # none is left


def main() -> None:
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, process_group=0)
    closed = threading.Event()

    def watch() -> None:
        sys.stdin.buffer.read()
        closed.set()
        end_group(command)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    code = command.wait()
    if closed.is_set():
        watcher.join()  # the command may have ended before its children
    # Not by sys.exit: the watcher holds the lock of standard input, which the interpreter's end waits for.
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
