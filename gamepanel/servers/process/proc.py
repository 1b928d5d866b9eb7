"""
What the kernel says of a process and of itself.

The standby reader imports this, too (L{gamepanel.servers.log.standby}): so it is plain Python
that brings in nothing large.
"""

import time


def startTicks(pid: int) -> int | None:
    """
    When the process of a number started, in clock ticks since the host did; None when there
    is none.

    Source: C{proc_pid_stat(5)}, field 22. The second field is a name in
    parentheses that may hold anything, so fields are counted after it.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(fields[19])


def bootId() -> str:
    """A word that the kernel makes anew each time the host starts."""
    with open("/proc/sys/kernel/random/boot_id") as words:
        return words.read().strip()


def uptime() -> float:
    """Seconds since the host started; goes on in sleep, and no change of the clock moves it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
