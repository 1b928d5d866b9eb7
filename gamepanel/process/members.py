"""
Every process of a server: the tag by which it is known, a look at all processes of the host, and
killing those that are found.
"""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Final

from attrs import Factory, define
from msgspec import Struct

from gamepanel.base.errors import NotPermitted
from gamepanel.process import cgroup
from gamepanel.process.proc import hasEnded, otherThread, startTicks

wanted: Final = frozenset({b"GAMEPANEL_SERVER", b"GAMEPANEL_JOB", b"HOME"})
"""The variables that a process is known by."""


class ProcessTag(Struct, frozen=True):
    """
    By what one knows the processes of one server, or of one job.

    @ivar server: the server's id, in the GAMEPANEL_SERVER of their environment; the number of a
        job, in their GAMEPANEL_JOB.
    @ivar homes: what their HOME may be; tells our server from one of the same id
        that another daemon on this host runs. A process of a server without one counts as ours.
    @ivar session: number of the session that its shim leads or has led, if known.
    @ivar group: absolute path of its control group, if it has one.
    @ivar user: number of the user that its game alone runs as, if it has one of its own.
    """

    server: str
    homes: frozenset[str]
    session: int | None
    group: str | None = None
    user: int | None = None
    isJob: bool = False

    def isIn(self, environment: Mapping[str, str]) -> bool:
        """Whether a process with this environment carries the tag."""
        name, home = "GAMEPANEL_JOB" if self.isJob else "GAMEPANEL_SERVER", environment.get("HOME")
        isOurs = home in self.homes or (home is None and not self.isJob)
        return environment.get(name) == self.server and isOurs


def tagVariables(environment: bytes) -> dict[str, str]:
    """
    The variables that a process is known by.

    @param environment: as the kernel shows it: each with a zero byte behind it. The last may be
        cut off, and counts for nothing then.
    """
    complete = environment[: environment.rfind(b"\0") + 1]
    pairs = (each.partition(b"=") for each in complete.split(b"\0"))
    return {
        name.decode(): value.decode("utf-8", "surrogateescape")
        for name, _, value in pairs
        if name in wanted
    }


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


sharedLook: Final = SharedLook()
"""For all threads of this process."""


def sessionOf(pid: int) -> int | None:
    """The session of a process, if there is one."""
    try:
        return os.getsid(pid)
    except OSError:
        return None


def namespaceOf(pid: int) -> str | None:
    """What tells the process namespace of a process from others; None where one may not know."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None


def members(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> list[int]:
    """
    Numbers of every living process of a server: in its control group, of its session, descended
    from one of those, or tagged; its shim included. It reads all of C{/proc}: call it in a thread.
    """
    return sorted({*_grouped(tag), *(each.pid for each in look().members(tag))})


def _grouped(tag: ProcessTag) -> list[int]:
    return [] if tag.group is None else cgroup.processes(tag.group)


def likelyFirst(tag: ProcessTag) -> Iterator[int]:
    """
    The processes of a server, those of its control group or session first: a caller that has found
    what it looks for there spares itself the rest. Some come twice.
    """
    yield from _nearest(tag)
    yield from members(tag)


def _nearest(tag: ProcessTag) -> Iterator[int]:
    """Those of its control group, or of its session."""
    if tag.group is not None:
        yield from _grouped(tag)
    elif tag.session is not None:
        yield from (pid for pid in numbers() if sessionOf(pid) == tag.session)


def unmistakable(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> Iterator[int]:
    """
    The processes of a server, likely ones first and some twice, but none that an isolated game of
    another server could pass off as one of this: anybody may give his own its environment, so
    that counts only of processes that are isolated from nobody.
    """
    yield from _nearest(tag)
    seen = look()
    yield from (each.pid for each in seen.known(tag))
    own = namespaceOf(os.getpid())
    if own is not None:
        yield from (each.pid for each in seen.tagged(tag) if namespaceOf(each.pid) == own)


def leader(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> int | None:
    """
    The shim of a server that carries its tag, if one runs: it leads its session.
    It may read all of C{/proc}.
    """
    if tag.group is not None:
        for pid in cgroup.processes(tag.group, cgroup.shimPart):
            if sessionOf(pid) == pid:
                return pid
    found = look().members(tag)
    numbers = {process.pid for process in found}
    for process in found:
        # A sandbox leads a session, too, but has not been started by us.
        if process.session == process.pid and process.parent not in numbers:
            return process.pid
    return None


def onlyChild(pid: int) -> int | None:
    """The first child of a process, if it has one."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            found = [int(word) for word in children.read().split()]
    except FileNotFoundError:
        # The process is gone, or the kernel is without CONFIG_PROC_CHILDREN.
        found = [each.pid for each in map(see, numbers()) if each and each.parent == pid]
    except OSError:
        return None
    return min(found, default=None)


def killAll(tag: ProcessTag, sparing: int | None, look: Callable[[], Look] = sharedLook) -> int:
    """
    Kill every process of a server, once; new ones may have been made meanwhile. Those that are
    known without their environment go first, since a process can make others wait who want
    to read that.

    @param sparing: number of a process to let live: the shim, who will tell
        how the game ended.

    @return: how many were killed, or had just ended.

    @raise NotPermitted: when there are only such left that we may not end. The shim of a
        run does not count: without its game it does nothing.
    """
    grouped = 0 if tag.group is None else cgroup.kill(tag.group, sparesShim=sparing is not None)
    seen = look()
    if tag.user is not None:
        killUser(tag.user)
    killed: dict[int, bool] = {}
    for find in (seen.known, seen.tagged):
        for process in find(tag):
            if process.pid != sparing and process.pid not in killed:
                killed[process.pid] = _kill(process)
    refused = [pid for pid, isDone in killed.items() if not isDone]
    if not grouped and len(refused) == len(killed) and any(pid != tag.session for pid in refused):
        raise NotPermitted()
    return max(grouped, len(killed) - len(refused))


def endLeftovers(tag: ProcessTag, look: Callable[[], Look] = sharedLook) -> int:
    """
    Kill what an earlier run has left behind, once. Where that ran in a control group, only this is
    looked at, which costs the same however much else runs here.

    @return: how many were killed, or had just ended.

    @raise NotPermitted: when there are only such left that we may not end.
    """
    if tag.group is None:
        return killAll(tag, None, look)
    return cgroup.kill(tag.group, sparesShim=False)


def killUser(user: int) -> None:
    """
    Kill every process of a user at once, those that hide whose they are among them: it is done
    as that user, who may signal no others. We must be root.
    """
    command = (f"--reuid={user}", f"--regid={user}", "--clear-groups", "--")
    shell = ("/bin/sh", "-c", "kill -KILL -1")
    subprocess.run(
        ["/usr/bin/setpriv", *command, *shell],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def maySignal(pid: int) -> bool:
    """Whether we may signal a process, if it is still there."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return False
    except ProcessLookupError:
        pass
    return True


def _kill(process: Seen) -> bool:
    """Kill one process; False for one that is not ours to end."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        # Only now the number can't pass to another process unnoticed.
        now = see(process.pid)
        if now is not None and now.startTicks == process.startTicks:
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    finally:
        os.close(descriptor)
    return True
