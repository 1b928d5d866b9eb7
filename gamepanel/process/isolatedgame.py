"""
The game in a sandbox, seen from outside.
"""

import os
from typing import Final

from msgspec import Struct

from gamepanel.process.members import onlyChild

generations: Final = 3
"""From the shim to the game: bwrap, the first process of its namespace, the game."""


class Isolated(Struct, frozen=True):
    """
    A game in a sandbox.

    @ivar pid: its number, as it is outside.
    @ivar group: its process group, in which nothing is that started or isolates it.
    @ivar session: the session that its sandbox began; led by the first process in there, which
        is no part of the game.
    """

    pid: int
    group: int
    session: int


def _eldestChild(pid: int) -> int | None:
    """Source: C{proc_pid_task(5)}; the children are in the order in which they were born."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            first = children.readline().split()[:1]
    except FileNotFoundError:
        # It is gone, or the kernel is without CONFIG_PROC_CHILDREN.
        return onlyChild(pid)
    return int(first[0]) if first else None


def isolatedGame(shim: int) -> Isolated | None:
    """
    The game that a shim runs in a sandbox; None while there is none.

    Nothing of it is remembered: the shim is known to be there, and so its descendants are what
    they were, whatever numbers other processes get.
    """
    line = [shim]
    try:
        for _ in range(generations):
            child = _eldestChild(line[-1])
            if child is None:
                return None
            line.append(child)
        group = os.getpgid(line[-1])
    except ProcessLookupError:
        return None
    return Isolated(line[-1], group, line[-2]) if group != shim else None
