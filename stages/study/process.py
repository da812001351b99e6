"""A command that ends by itself at Ctrl-C or when it is terminated, and that is waited for."""

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn


def run(command: Sequence[str], folder: Path) -> int:
    """Its exit status. At Ctrl-C, which it hears as well, it ends before KeyboardInterrupt is raised here.

    subprocess.run would kill it after a quarter of a second, before it has ended what it started itself. SIGTERM and
    SIGHUP, which only this process hears, are passed on, and raise KeyboardInterrupt, too; but not one that this
    process ignores, as SIGHUP below nohup.
    """
    process = subprocess.Popen(command, cwd=folder)
    try:
        with _passed_on(process):
            return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise


@contextmanager
def _passed_on(process: subprocess.Popen) -> Iterator[None]:
    def pass_on(number: int, _: object) -> NoReturn:
        process.send_signal(number)
        raise KeyboardInterrupt

    heard = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
