"""
What a server asks of the kernel and the clock, in one value that tests replace.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Collection, Iterable
from typing import Final

from msgspec import Struct

from gamepanel.host.ports import Port, firstTaken, isHeld
from gamepanel.host.sockets import Address, Holder, Protocol, otherEnd
from gamepanel.process.cgroup import close
from gamepanel.process.isolatedgame import Isolated, isolatedGame
from gamepanel.process.members import (
    Identity,
    ProcessTag,
    endLeftovers,
    identify,
    killAll,
    leader,
    likelyFirst,
    maySignal,
    members,
    onlyChild,
    unmistakable,
)
from gamepanel.process.proc import hasClosedStdin, uptime


def _holdsPort(port: Port, tag: ProcessTag) -> bool | None:
    return isHeld(port, likelyFirst(tag))


def _otherEnd(protocol: Protocol, theirs: Address, ours: Address | None, tag: ProcessTag) -> Holder:
    return otherEnd(protocol, theirs, ours, unmistakable(tag), tag.user)


def _jitter() -> float:
    return random.uniform(-1, 1)  # noqa: S311


class Kernel(Struct, frozen=True):
    """
    Functions that ask the kernel.

    @ivar uptime: seconds since the host started.
    @ivar now: Unix time in seconds.
    @ivar jitter: a random number from -1 to 1.
    @ivar identify: see L{gamepanel.process.members.identify}.
    @ivar openProcess: a descriptor that stands for a process, see C{pidfd_open(2)}.
    @ivar signalProcess: signals the process that a descriptor stands for.
    @ivar signalGroup: signals a process group, see C{os.killpg}.
    @ivar maySignal: see L{gamepanel.process.members.maySignal}.
    @ivar onlyChild: see L{gamepanel.process.members.onlyChild}.
    @ivar isolated: see L{gamepanel.process.isolatedgame.isolatedGame}.
    @ivar leader: see L{gamepanel.process.members.leader}.
    @ivar members: numbers of the processes of a server. Call it in a thread.
    @ivar killAll: see L{gamepanel.process.members.killAll}. Call it in a thread.
    @ivar endLeftovers: see L{gamepanel.process.members.endLeftovers}. Call it in a thread.
    @ivar closeGroup: see L{gamepanel.process.cgroup.close}.
    @ivar hasClosed: see L{gamepanel.process.proc.hasClosedStdin}.
    @ivar firstTaken: see L{gamepanel.host.ports.firstTaken}. Call it in a thread.
    @ivar holdsPort: whether a process of a server holds a port, see
        L{gamepanel.host.ports.isHeld}. Call it in a thread.
    @ivar otherEnd: whether the other end of a socket is a server's, see
        L{gamepanel.host.sockets.otherEnd}. Call it in a thread.
    """

    uptime: Callable[[], float] = uptime
    now: Callable[[], float] = time.time
    jitter: Callable[[], float] = _jitter
    identify: Callable[[int], Identity | None] = identify
    openProcess: Callable[[int], int] = os.pidfd_open
    signalProcess: Callable[[int, int], None] = signal.pidfd_send_signal
    signalGroup: Callable[[int, int], None] = os.killpg
    maySignal: Callable[[int], bool] = maySignal
    onlyChild: Callable[[int], int | None] = onlyChild
    isolated: Callable[[int], Isolated | None] = isolatedGame
    leader: Callable[[ProcessTag], int | None] = leader
    members: Callable[[ProcessTag], list[int]] = members
    killAll: Callable[[ProcessTag, int | None], int] = killAll
    endLeftovers: Callable[[ProcessTag], int] = endLeftovers
    closeGroup: Callable[[str], int] = close
    hasClosed: Callable[[int, tuple[int, int]], bool] = hasClosedStdin
    firstTaken: Callable[[Iterable[Port], Collection[str]], Port | None] = firstTaken
    holdsPort: Callable[[Port, ProcessTag], bool | None] = _holdsPort
    otherEnd: Callable[[Protocol, Address, Address | None, ProcessTag], Holder] = _otherEnd


thisKernel: Final = Kernel()
"""The one that we run on."""
