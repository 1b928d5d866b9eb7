"""
Which process it is, beyond its number.
"""

from attrs import frozen


@frozen
class Identity:
    """
    Which process it is; a number alone may long be another's.

    @ivar pid: its number.
    @ivar startTicks: when it started, in clock ticks since the host did.
    """

    pid: int
    startTicks: int


def identify(pid: int) -> Identity | None:
    """
    The process that has this number now, if there is one.

    Source: C{proc_pid_stat(5)}, field 22. The second field is a name in
    parentheses that may hold anything, so fields are counted after it.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return Identity(pid, int(fields[19]))


def bootId() -> str:
    """A word that the kernel makes anew each time the host starts."""
    with open("/proc/sys/kernel/random/boot_id") as words:
        return words.read().strip()
