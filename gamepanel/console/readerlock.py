"""
The lock of whoever may read what the games print: the file C{reader} of a state directory.

The daemon has it as long as it lives, and the standby reader (L{gamepanel.console.standby})
sleeps until it can have it. Whoever has it writes into it which process that is, so that the
next daemon can end that very process.
"""

import errno
import os
import signal
import time
from fcntl import LOCK_EX, LOCK_NB, flock
from typing import Final

from gamepanel.process.proc import startTicks

patience: Final = 30.0
"""How many seconds a reader that has been killed may take to end: its disk may be slow."""

_retrySeconds: Final = 0.001

_holderBytes: Final = 100


def openReader(state: str) -> int:
    """
    Open the lock; nobody has it by that.

    @param state: path of the state directory.

    @return: a descriptor.

    @raise OSError: when it can't be opened.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    return os.open(_pathIn(state), flags, 0o600)


def _pathIn(state: str) -> str:
    return os.path.join(state, "reader")


def tryReader(descriptor: int) -> bool:
    """Take the lock, unless somebody has it; whether it is ours now."""
    try:
        flock(descriptor, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    return True


def isStillThere(descriptor: int, state: str) -> bool:
    """
    Whether it still is the lock that others would take: whoever puts another file in its place,
    or removes it, ends what it says.
    """
    try:
        there, ours = os.stat(_pathIn(state)), os.fstat(descriptor)
    except OSError:
        return False
    return os.path.samestat(there, ours)


def waitForReader(descriptor: int) -> None:
    """Sleep until the lock is ours."""
    flock(descriptor, LOCK_EX)


def tellHolder(descriptor: int, boot: str) -> None:
    """
    Write into the lock that this process has it.

    @param boot: the C{bootId} of the host.

    @raise OSError: when the disk does not take it.
    """
    pid = os.getpid()
    line = f"{pid} {startTicks(pid)} {boot}".encode()
    # Always as long, so that a full disk has room for it once it was written.
    os.pwrite(descriptor, line.ljust(_holderBytes - 1) + b"\n", 0)


def holderOf(descriptor: int, boot: str) -> tuple[int, int] | None:
    """
    Which process has written last that it has the lock; None when none has since the host
    has started.

    @return: its number, and when it started, in clock ticks since the host did.
    """
    words = os.pread(descriptor, _holderBytes, 0).decode("ascii", "replace").split()
    match words:
        case [pid, ticks, before] if pid.isdigit() and ticks.isdigit() and before == boot:
            return int(pid), int(ticks)
    return None


def takeReader(state: str, boot: str, patience: float = patience) -> int:
    """
    Take the lock from whoever has it: that process is killed. To be called by a daemon that
    has the state directory to itself.

    @param boot: the C{bootId} of the host.
    @param patience: after so many seconds it is given up.

    @return: a descriptor; the lock ends with the process.

    @raise OSError: when the lock can't be had.
    """
    descriptor = openReader(state)
    try:
        _take(descriptor, state, boot, time.monotonic() + patience)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _take(descriptor: int, state: str, boot: str, end: float) -> None:
    while not tryReader(descriptor):
        holder = holderOf(descriptor, boot)
        if holder is not None:
            _kill(*holder, state)
        if time.monotonic() > end:
            raise OSError(errno.EBUSY, f"{_named(holder)} does not end", _pathIn(state))
        time.sleep(_retrySeconds)
    tellHolder(descriptor, boot)


def _named(holder: tuple[int, int] | None) -> str:
    number = "" if holder is None else f" {holder[0]}"
    return f"the process{number} that reads consoles while no daemon runs"


def _kill(pid: int, ticks: int, state: str) -> None:
    """Kill a process, if it still is the one that is meant."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        # Only now the number can't pass to another process unnoticed.
        if startTicks(pid) == ticks and pid != os.getpid():
            signal.pidfd_send_signal(process, signal.SIGKILL)
    except ProcessLookupError:
        return
    except PermissionError:
        reason = f"{_named((pid, ticks))} is another user's: end it first, as root: kill {pid}"
        raise OSError(errno.EPERM, reason, _pathIn(state)) from None
    finally:
        os.close(process)
