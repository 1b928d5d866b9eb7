"""
Which process it is, beyond its number.
"""

from msgspec import Struct

from gamepanel.process.proc import startTicks


class Identity(Struct, frozen=True):
    """
    Which process it is; a number alone may long be another's.

    @ivar pid: its number.
    @ivar startTicks: when it started, in clock ticks since the host did.
    """

    pid: int
    startTicks: int


def identify(pid: int) -> Identity | None:
    """The process that has this number now, if there is one."""
    ticks = startTicks(pid)
    return None if ticks is None else Identity(pid, ticks)
