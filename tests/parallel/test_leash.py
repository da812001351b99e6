"""Commands on a leash end with their owner, whatever they ignore."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from stages.parallel.local import Leashed

ROOT = Path(__file__).parents[2]
# A shell that waits for a program, as DVC does; the program says that it is up and which signal it heard.
PROGRAM = """
import signal, sys, time
for number in {ignored}:
    signal.signal(number, signal.SIG_IGN)
if signal.SIGINT not in {ignored}:
    signal.signal(signal.SIGINT, lambda *_: sys.exit(print("heard SIGINT", flush=True)))
elif signal.SIGTERM not in {ignored}:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("heard SIGTERM", flush=True)))
print("up", flush=True)
time.sleep(60)
"""


def command(ignored: str) -> list[str]:
    program = PROGRAM.format(ignored=ignored)
    return ["sh", "-c", f'trap "" INT; {sys.executable} -c "$0"; true', program]


def started(leashed: Leashed) -> list[psutil.Process]:
    """All processes of the leash, once the innermost is up."""
    assert leashed.process.stdout.readline() == "up\n"
    outer = psutil.Process(leashed.process.pid)
    return [outer, *outer.children(recursive=True)]


def test_a_command_on_a_leash_gives_its_output_and_its_exit_code():
    leashed = Leashed(["sh", "-c", "echo said; exit 3"], cwd=ROOT)
    assert leashed.output() == "said\n" and leashed.process.returncode == 3
    leashed.end()


def test_the_end_of_the_leash_is_a_sigint_for_all_that_hear_it():
    leashed = Leashed(command("[]"), cwd=ROOT)
    processes = started(leashed)
    assert len(processes) == 3
    leashed.end()
    assert leashed.output() == "heard SIGINT\n"
    assert psutil.wait_procs(processes, timeout=10)[1] == []


@pytest.mark.parametrize("ignored, heard", [("[signal.SIGINT]", "heard SIGTERM\n"), ("[2, 15]", "")])
def test_what_ignores_a_signal_is_ended_by_the_next(ignored, heard):
    """As do programs that a shell started in the background, with SIGINT."""
    impatient = "from stages.parallel import leash; leash.PATIENCE = 0.3; leash.main()"
    process = subprocess.Popen(
        [sys.executable, "-c", impatient, *command(ignored)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout.readline() == "up\n"
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) == 2
        process.stdin.close()
        assert process.stdout.read() == heard
        assert psutil.wait_procs(children, timeout=10)[1] == []


def test_a_killed_owner_takes_its_commands_with_it():
    owner = f"""
import sys, time
from stages.parallel.local import Leashed
leashed = Leashed({command("[]")!r})
print(leashed.process.stdout.readline(), leashed.process.pid, flush=True)
time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", owner], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout.readline() == "up\n"
        outer = psutil.Process(int(process.stdout.readline()))
        processes = [outer, *outer.children(recursive=True)]
        process.kill()
    assert psutil.wait_procs(processes, timeout=10)[1] == []
