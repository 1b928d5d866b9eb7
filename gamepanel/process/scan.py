"""
All processes of the host at one moment, looked at once for all who ask.
"""

import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Final

from attrs import Factory, define
from msgspec import Struct

from gamepanel.process.proc import hasEnded, otherThread
from gamepanel.process.tag import ProcessTag, tagVariables

environmentBytes: Final = 128 * 1024
"""
So much of an environment is read. It is as long as a variable can be (C{MAX_ARG_STRLEN}, see
C{execve(2)}), and far more than environments usually have; all of it may be many MB, and
whoever has processes here could make each kill read that of all of them.
"""


class Seen(Struct, frozen=True):
    """
    A process.

    @ivar pid: its number.
    @ivar parent: number of its parent.
    @ivar session: number of its session.
    @ivar startTicks: when it started, in clock ticks since the host did.
    @ivar user: number of the user that it belongs to; root where it keeps to itself.
    """

    pid: int
    parent: int
    session: int
    startTicks: int
    user: int


def see(pid: int) -> Seen | None:
    """
    Look at a process; None if there is none, or only what its parent has yet to hear of.

    Source: C{proc_pid_stat(5)}, fields 4, 6 and 22, counted from behind the name.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
            user = os.fstat(stat.fileno()).st_uid
    except OSError:
        return None
    if hasEnded(fields):
        return None
    if fields[0] == b"Z" and (thread := otherThread(pid)) is not None:
        # What has ended is root's.
        with suppress(OSError):
            user = os.stat(f"{thread}/stat").st_uid
    return Seen(pid, int(fields[1]), int(fields[3]), int(fields[19]), user)


def readEnvironment(pid: int) -> dict[str, str]:
    """
    The variables that a process is known by, from the first L{environmentBytes} of its
    environment; none where that is not ours to read, or it is gone.
    """
    found = _environment(f"/proc/{pid}")
    if found is None and (thread := otherThread(pid)) is not None:
        found = _environment(thread)
    return {} if found is None else tagVariables(found)


def _environment(place: str) -> bytes | None:
    """Of a process or a thread; None where it has no memory any more, or we may not read it."""
    try:
        descriptor = os.open(f"{place}/environ", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return os.pread(descriptor, environmentBytes, 0) or None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def numbers() -> Iterator[int]:
    """The numbers of all processes."""
    return (int(name) for name in os.listdir("/proc") if name.isdigit())


@define
class Look:
    """
    All processes that there were at one moment. An environment is read when it is first asked for.

    @ivar processes: each by its number.
    """

    processes: Mapping[int, Seen]
    _environment: Callable[[int], dict[str, str]] = readEnvironment
    _environments: dict[int, dict[str, str]] = Factory(dict)

    def known(self, tag: ProcessTag) -> list[Seen]:
        """
        The processes of a server that no environment has to be read for: those of its session
        and of its own user, and what descends from them.
        """
        return self._withChildren(
            {
                pid
                for pid, each in self.processes.items()
                if each.session == tag.session or each.user == tag.user
            }
        )

    def tagged(self, tag: ProcessTag) -> list[Seen]:
        """
        The processes that carry the tag of a server, and what descends from them. One of a user
        who is neither ours nor the game's counts for nothing: anyone can give his own
        the environment that he likes.
        """
        users = usersOf(tag)
        return self._withChildren(
            {
                pid
                for pid, each in self.processes.items()
                if each.user in users and tag.isIn(self._tags(pid))
            }
        )

    def members(self, tag: ProcessTag) -> list[Seen]:
        """All processes of a server."""
        found = {each.pid: each for each in (*self.known(tag), *self.tagged(tag))}
        return list(found.values())

    def _tags(self, pid: int) -> dict[str, str]:
        if pid not in self._environments:
            self._environments[pid] = self._environment(pid)
        return self._environments[pid]

    def _withChildren(self, found: Collection[int]) -> list[Seen]:
        if not found:
            return []
        return [each for each in self.processes.values() if self._descends(each.pid, found)]

    def _descends(self, pid: int, found: Collection[int]) -> bool:
        current: int | None = pid
        # A chain of parents can't be longer than there are processes, even if it
        # was read while they changed.
        for _ in range(len(self.processes) + 1):
            if current is None or current in found:
                return current is not None
            process = self.processes.get(current)
            current = None if process is None else process.parent
        return False


def usersOf(tag: ProcessTag) -> set[int]:
    """Numbers of the users whose processes may be of a server: us, and who owns its files."""
    users = {os.geteuid()}
    for home in tag.homes:
        try:
            users.add(os.stat(home).st_uid)
        except OSError:
            continue
    return users


def lookAround() -> Look:
    """Look at all processes but this one."""
    own = os.getpid()
    seen = (see(pid) for pid in numbers() if pid != own)
    return Look({each.pid: each for each in seen if each is not None})


class SharedLook:
    """
    Looks at all processes for many threads: whoever asks while somebody looks shares the next
    look with all others who wait, since what he looks for may have begun after this one had.
    """

    def __init__(self, look: Callable[[], Look] = lookAround) -> None:
        self._look = look
        self._changed = threading.Condition()
        self._begun = 0
        self._done = 0
        self._waiting = 0
        self._isLooking = False
        self._last: Look | None = None

    def __call__(self) -> Look:
        """
        All processes as of now.

        @raise OSError: when C{/proc} can't be read.
        """
        with self._changed:
            wanted = self._begun + 1
            while self._done < wanted and self._isLooking:
                self._waiting += 1
                self._changed.wait()
                self._waiting -= 1
            if self._last is not None and self._done >= wanted:
                return self._last
            self._isLooking = True
            self._begun += 1
            mine = self._begun
        found: Look | None = None
        try:
            found = self._look()
        finally:
            with self._changed:
                self._isLooking = False
                if found is not None:
                    self._last, self._done = found, mine
                self._changed.notify_all()
        return found
