"""
How a start fails: with one line that says why, and an exit status that says whether another
try makes sense.
"""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, Final, NoReturn

from twisted.python import usage

from gamepanel.service.logs import errorLine
from gamepanel.service.notify import notifier

again: Final = 1
"""Exit status when another try may succeed: the port is taken, say."""

wrongUsage: Final = 64
"""Exit status of a command line that is wrong (C{EX_USAGE} of sysexits.h)."""

badData: Final = 65
"""Exit status when what is stored can't be used (C{EX_DATAERR})."""


class StartRefused(usage.UsageError):
    """The command line is right, but the daemon can't start now."""

    exitStatus = again


class DataRefused(usage.UsageError):
    """The command line is right, but what is stored can't be used."""

    exitStatus = badData


def oneLine(text: object) -> str:
    """A text without line breaks."""
    return " ".join(str(text).split())


def naming(name: str, coerce: Callable[[str], Any]) -> Callable[[str], Any]:
    """
    A check of what an option is given that tells of the option, too, which Twisted leaves out.

    @param name: of the option.
    @param coerce: the check; raises ValueError.
    """

    @wraps(coerce)
    def coerceNaming(value: str) -> Any:
        try:
            return coerce(value)
        except ValueError as error:
            raise usage.UsageError(f"--{name} {value}: {error}") from error

    return coerceNaming


def fail(reason: object, status: int) -> NoReturn:
    """
    End the process before the log is open, and tell the service manager why.

    @param status: L{again}, L{wrongUsage} or L{badData}.
    """
    print(errorLine(oneLine(reason)), file=sys.stderr)
    notifier(os.environ)(f"STATUS=Could not start: {oneLine(reason)}")
    raise SystemExit(status)


def checkProc() -> None:
    """
    See that the kernel can be asked about processes.

    @raise StartRefused: when it can't.
    """
    try:
        os.stat("/proc/sys/kernel/random/boot_id")
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}; is /proc mounted?"
        raise StartRefused(reason) from error


def checkPidFile(path: str) -> None:
    """
    See that C{twistd} can write its file with the process id; by itself it would tell of that in
    many lines, or with a traceback.

    @param path: absolute.

    @raise StartRefused: when it can't, or the process of another daemon is in it, or none at all.
    """
    # What is there must be writable, or the directory that it is to be made in.
    target = path if os.path.lexists(path) else os.path.dirname(path)
    if not os.access(target, os.W_OK):
        reason = "it can't be written" if os.path.isdir(target) else "No such directory"
        raise StartRefused(f"--pidfile {path}: {reason}")
    process = _runningProcess(path)
    if process is not None:
        raise StartRefused(f"--pidfile {path}: the process {process} that it names is running")


def _runningProcess(path: str) -> int | None:
    """
    The process that a file names, if there is one.

    @raise StartRefused: when what is in it can't be a process.
    """
    try:
        with open(path) as file:
            process = int(file.read())
    except OSError:
        return None
    except ValueError:
        process = 0
    if not 0 < process < 2**31:
        # twistd would take what stands for many processes for one that runs, and end with a
        # traceback where the kernel has no such number.
        raise StartRefused(f"--pidfile {path}: it names no process; remove it")
    try:
        os.kill(process, 0)
        with open(f"/proc/{process}/stat", "rb") as stat:
            # A zombie has ended, and its parent has yet to hear of it: proc_pid_stat(5), field 3.
            state = stat.read().rpartition(b")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return None
    except PermissionError:
        return process
    if state not in (b"Z", b"X"):
        return process
    # twistd would take it for one that runs.
    os.unlink(path)
    return None
