"""
Java runtimes that servers share: those that none needs any more are removed. Workers bring them,
see L{gamepanel.worker.steps.shared}.
"""

import fcntl
import os
import shutil
from collections.abc import Collection
from typing import Final

keptSeconds: Final = 60.0
"""What a worker was given this recently is kept: no server names it before the job is over."""

maxRemoved: Final = 20
"""So many are removed at once; the others are next time."""


def removeUnused(shared: str, used: Collection[str], now: float) -> list[str]:
    """
    Remove runtimes. Nothing is done while a worker brings something. It waits for the disk: call it
    in a thread.

    @param shared: absolute path of the directory of all that is shared.
    @param used: absolute paths of programs and other files that servers name.
    @param now: Unix time in seconds, of when they named these.

    @return: the names of those that were removed.

    @raise OSError: when that can't be done.
    """
    try:
        lock = os.open(os.path.join(shared, "lock"), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return []
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unused = _unused(shared, used, now - keptSeconds)[:maxRemoved]
        for name in unused:
            _remove(shared, name)
        return unused
    except BlockingIOError:
        return []
    finally:
        os.close(lock)


def isGone(value: str) -> bool:
    """
    Whether a variable of an installation is the path of a program of a shared runtime that is not
    there any more. It waits for the disk.
    """
    return "/shared/java-" in value and not os.path.exists(value)


def _unused(shared: str, used: Collection[str], until: float) -> list[str]:
    names = sorted(name for name in os.listdir(shared) if name.startswith("java-"))
    # By whatever path the state directory was reached then.
    place = os.path.basename(shared)
    needed = {name for name in names if any(f"/{place}/{name}/" in path for path in used)}
    return [
        name
        for name in names
        if name not in needed and os.lstat(os.path.join(shared, name)).st_mtime < until
    ]


def _remove(shared: str, name: str) -> None:
    """It is gone at once, so that nobody ever finds half of it; what is left is removed later."""
    # The lock is ours: nobody else has anything of that name.
    gone = os.path.join(shared, f".new-{name}")
    os.rename(os.path.join(shared, name), gone)
    shutil.rmtree(gone, ignore_errors=True)
