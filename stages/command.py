"""What every command has in common: its log, errors as one line, and an exit status that says whether to repeat it."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vhp.resumable import UnfinishedError

STOPPED = 75  # exit status: out of time, to be repeated (EX_TEMPFAIL of sysexits.h)
REPEAT = "repeat the command to resume"

OUT_OF_MEMORY = ("can't allocate memory", "out of memory")  # in torch's words

logger = logging.getLogger(__name__)
_conditions: list[Callable[[], None]] = []


def at_end(condition: Callable[[], None]) -> None:
    """Called when the body of the command is done, in this order; what it raises is an error of the command."""
    _conditions.append(condition)


def log_to_stderr() -> None:
    """Short lines, without the time or the module's name."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)


@contextmanager
def command(name: str, *errors: type[Exception]) -> Iterator[None]:
    """The body of a command: an error in it is one line, `<name>: <what is wrong>`, and exit status 1.

    This holds for ValueError, OSError and `errors`, whose messages are written for the user, and for want of memory;
    any other exception is a bug and has its traceback. Ctrl-C is one line, too. UnfinishedError ends the command with
    status STOPPED.
    """
    log_to_stderr()
    _conditions.clear()
    try:
        yield
        for condition in _conditions:
            condition()
    except UnfinishedError as error:
        logger.info("%s: %s; %s", name, error, REPEAT)
        raise SystemExit(STOPPED) from None
    except (ValueError, OSError, *errors) as error:  # type: ignore[misc]
        raise SystemExit(f"{name}: {error}") from error
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not any(words in str(error) for words in OUT_OF_MEMORY):
            raise
        raise SystemExit(f"{name}: not enough memory {str(error).partition(chr(10))[0]}".rstrip()) from error
    except KeyboardInterrupt:
        raise SystemExit(f"{name}: interrupted; {REPEAT}") from None
