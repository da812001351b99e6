"""Decoding files from elsewhere in a process of its own, so that no damage to them can harm this one.

A file may decompress to more than the memory holds, or crash the library that reads it. Memory and time of that process
are bounded, and whatever goes wrong in it is a ValueError in this one.
"""

import faulthandler
import multiprocessing
import resource
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from stages.files import read_npz, write_npz, write_text

Arrays = dict[str, np.ndarray]
Decode = Callable[[str, Mapping[str, bytes]], Arrays]

# The largest need is that of a 78 MB text, a fraction of a second; OMNIGLOT's 32,460 drawings take half a minute.
MAX_BYTES = 2**31
MAX_SECONDS = 900.0

# The child process inherits the imported modules, and the files without a copy.
PROCESSES = multiprocessing.get_context("fork")


def decoded(decode: Decode, item: str, files: Mapping[str, bytes]) -> Arrays:
    """What decode(item, files) gives. Raises ValueError where that raises anything, dies, or takes too much."""
    with TemporaryDirectory(prefix="vhp-decoded-") as name:
        result, complaint = Path(name, "arrays.npz"), Path(name, "complaint.txt")
        child = PROCESSES.Process(target=_work, args=(decode, item, files, result, complaint))
        child.start()
        child.join(MAX_SECONDS)
        if child.is_alive():
            child.kill()
            child.join()
            raise ValueError(f"{item}: decoding took more than {MAX_SECONDS:.0f} s")
        if complaint.exists():
            raise ValueError(complaint.read_text(encoding="utf-8"))
        if child.exitcode:
            raise ValueError(f"{item}: decoding ended with {_ending(child.exitcode)}")
        return read_npz(result)


def _work(decode: Decode, item: str, files: Mapping[str, bytes], result: Path, complaint: Path) -> None:
    faulthandler.disable()  # a library's crash is not this program's fault, and is reported in one line
    bound_memory()
    try:
        write_npz(result, decode(item, files))
    except MemoryError:
        write_text(complaint, f"{item}: decoding took more than {MAX_BYTES >> 20} MiB of memory")
    except ValueError as error:
        write_text(complaint, str(error))
    except Exception as error:
        write_text(complaint, f"{item}: cannot be decoded ({type(error).__name__}: {error})")


def bound_memory() -> None:
    """MAX_BYTES more than this process has, where the system reports that (Linux does) and can bound it."""
    status = Path("/proc/self/statm")
    if status.exists():
        has = int(status.read_text().split()[0]) * resource.getpagesize()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard == resource.RLIM_INFINITY or has + MAX_BYTES <= hard:
            resource.setrlimit(resource.RLIMIT_AS, (has + MAX_BYTES, hard))


def _ending(code: int) -> str:
    return f"the signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
