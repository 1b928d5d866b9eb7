"""
What the kernel says of a process and of itself.

The standby reader imports this, too (L{gamepanel.console.standby}): so it is plain Python
that brings in nothing large.
"""

import os
import time
from collections.abc import Sequence
from typing import Final

hidden: Final = -1
"""
Stands for the start of a process that we may not look at: it is none that we know, but its number
is taken. Source: C{proc(5)}, C{hidepid}.
"""


def startTicks(pid: int) -> int | None:
    """
    When the process of a number started, in clock ticks since the host did; L{hidden} when that is
    not for us to know; None when there is none.

    Source: C{proc_pid_stat(5)}, field 22. The second field is a name in
    parentheses that may hold anything, so fields are counted after it.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    except PermissionError:
        return hidden
    return int(fields[19])


def hasEnded(fields: Sequence[bytes]) -> bool:
    """
    Whether a process has ended, and only its parent has yet to hear of it. One whose first thread
    has ended goes on as long as it has others.

    @param fields: those behind the name in C{/proc/<pid>/stat}. Source: C{proc_pid_stat(5)}, fields
        3 and 20.
    """
    return fields[0] in (b"Z", b"X") and int(fields[17]) <= 1


def otherThread(pid: int) -> str | None:
    """
    The directory in C{/proc} of a thread of a process that is not its first, if it has one: when
    that has ended, it tells of memory and environment no more, but each other does.
    """
    try:
        # A process may have very many: no more is read than is needed.
        with os.scandir(f"/proc/{pid}/task") as threads:
            return next((each.path for each in threads if each.name != str(pid)), None)
    except OSError:
        return None


def hasClosedStdin(pid: int, pipe: tuple[int, int]) -> bool:
    """
    Whether a game is known to read its stdin no more: its descriptor 0 is closed or
    something else. Another user's game keeps that to itself.

    @param pid: its number.
    @param pipe: device and inode of the pipe that it was given.
    """
    try:
        opened = os.stat(f"/proc/{pid}/fd/0")
    except PermissionError:
        return False
    except OSError:
        # There is the process but no such descriptor; or it is just ending.
        return os.path.exists(f"/proc/{pid}/fd")
    return (opened.st_dev, opened.st_ino) != pipe


def bootId() -> str:
    """A word that the kernel makes anew each time the host starts."""
    with open("/proc/sys/kernel/random/boot_id") as words:
        return words.read().strip()


def uptime() -> float:
    """Seconds since the host started; goes on in sleep, and no change of the clock moves it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def isRoomForFiles(count: int, most: int) -> bool:
    """
    Whether this process can have so many more files open.

    There are never more than its table of them has places (C{FDSize}). To count them takes the
    longer the more there are, so that is done only where the table alone does not say yes.

    @param most: how many it may have.
    """
    with open("/proc/self/status", "rb") as status:
        table = next(int(line.split()[1]) for line in status if line.startswith(b"FDSize:"))
    return table + count <= most or len(os.listdir("/proc/self/fd")) + count <= most
