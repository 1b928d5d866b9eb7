"""
Every process of a server: what they use, and their end.
"""

import os
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Final

import psutil
from attrs import Factory, define, frozen

from gamepanel.errors import NotPermitted

sliceSize: Final = 16
"""How many processes a census looks at before others get their turn; about a millisecond's work."""

ticksPerSecond: Final = os.sysconf("SC_CLK_TCK")
pageBytes: Final = os.sysconf("SC_PAGE_SIZE")


def uptime() -> float:
    """Seconds since the host started; goes on in sleep, and no change of the clock moves it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@frozen
class ProcessTag:
    """
    By what one knows the processes of one server.

    @ivar server: the server's id, in the GAMEPANEL_SERVER of their environment.
    @ivar homes: what their HOME may be; tells our server from one of the same id
        that another daemon on this host runs. A process without one counts as ours.
    @ivar session: number of the session that its shim leads or has led, if known.
    """

    server: str
    homes: frozenset[str]
    session: int | None

    def isIn(self, environment: Mapping[str, str]) -> bool:
        """Whether a process with this environment carries the tag."""
        return environment.get("GAMEPANEL_SERVER") == self.server and environment.get("HOME") in {
            None,
            *self.homes,
        }


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _belongs(process: psutil.Process, tag: ProcessTag) -> bool:
    if tag.session is not None and _session(process.pid) == tag.session:
        return True
    try:
        return tag.isIn(process.environ())
    except psutil.Error:
        # It is gone, a zombie, or a kernel thread's or another user's, which
        # then is not ours to end.
        return False


def members(tag: ProcessTag) -> list[psutil.Process]:
    """
    Every living process of a server: of its session, descended from one of
    those, or tagged; its shim included. It reads all of C{/proc}: call it in a thread.
    """
    processes = [
        process for process in psutil.process_iter(["ppid", "status"]) if process.pid != os.getpid()
    ]
    parents = {process.pid: process.info["ppid"] for process in processes}
    found = {process.pid for process in processes if _belongs(process, tag)}
    return [
        process
        for process in processes
        if process.info["status"] != psutil.STATUS_ZOMBIE and _descends(process.pid, found, parents)
    ]


def likelyFirst(tag: ProcessTag) -> Iterator[int]:
    """
    The processes of a server, those of its session first: who has found what it looks for
    there spares itself the rest. Some come twice.
    """
    if tag.session is not None:
        yield from (pid for pid in psutil.pids() if _session(pid) == tag.session)
    yield from (process.pid for process in members(tag))


def _descends(pid: int, found: Collection[int], parents: Mapping[int, int | None]) -> bool:
    current: int | None = pid
    # A chain of parents can't be longer than there are processes, even if it
    # was read while they changed.
    for _ in range(len(parents) + 1):
        if current is None or current in found:
            return current is not None
        current = parents.get(current)
    return False


def leader(tag: ProcessTag) -> int | None:
    """
    The shim of a server that carries its tag, if one runs: it leads its session.
    It reads all of C{/proc}.
    """
    for process in members(tag):
        if _session(process.pid) == process.pid:
            return process.pid
    return None


def onlyChild(pid: int) -> int | None:
    """The first child of a process, if it has one."""
    try:
        children = psutil.Process(pid).children()
    except psutil.Error:
        return None
    return children[0].pid if children else None


def killAll(tag: ProcessTag, sparing: int | None) -> int:
    """
    Kill every process of a server, once; new ones may have been made meanwhile.

    @param sparing: number of a process to let live: the shim, who will tell
        how the game ended.

    @return: how many were killed, or had just ended.

    @raise NotPermitted: when there are only such left that we may not end. The shim of a
        run does not count: without its game it does nothing.
    """
    found = [process for process in members(tag) if process.pid != sparing]
    refused = [process for process in found if not _kill(process)]
    if len(refused) == len(found) and any(process.pid != tag.session for process in refused):
        raise NotPermitted()
    return len(found) - len(refused)


def maySignal(pid: int) -> bool:
    """Whether we may signal a process, if it is still there."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return False
    except ProcessLookupError:
        pass
    return True


def _kill(process: psutil.Process) -> bool:
    """Kill one process; False for one that is not ours to end."""
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:
        return False
    return True


@frozen
class Usage:
    """
    What the processes of a server use.

    @ivar cpuPercent: of one core, since the last look, or since their start at the first.
    @ivar memoryBytes: resident; what processes share is counted for each.
    @ivar processes: how many there are, at least 1.
    """

    cpuPercent: float
    memoryBytes: int
    processes: int


@frozen
class Sample:
    """
    What the kernel says of a process.

    @ivar startTicks: when it started, in clock ticks since the host did: no change of the
        clock moves that.
    @ivar cpuSeconds: how long it has run on a core since.
    @ivar memoryBytes: what it has in memory.
    """

    startTicks: int
    cpuSeconds: float
    memoryBytes: int


def sample(pid: int) -> Sample | None:
    """
    Look at a process; None if there is none (any more).

    Source: C{proc_pid_stat(5)}, fields 3, 14, 15, 22 and 24, counted from behind the name.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if fields[0] in (b"Z", b"X"):
        return None
    seconds = (int(fields[11]) + int(fields[12])) / ticksPerSecond
    return Sample(int(fields[19]), seconds, int(fields[21]) * pageBytes)


def percent(now: Sample, before: Sample | None, elapsed: float | None, uptime: float) -> float:
    """
    How much of a core a process has used.

    @param before: how it was at the last look, if it was there.
    @param elapsed: seconds since that look.
    @param uptime: seconds since the host started.
    """
    if before is not None and before.startTicks == now.startTicks and elapsed:
        return 100 * max(now.cpuSeconds - before.cpuSeconds, 0.0) / elapsed
    age = uptime - now.startTicks / ticksPerSecond
    return 100 * now.cpuSeconds / max(age, 1 / ticksPerSecond)


def spentSince(now: Sample, before: Sample | None) -> float:
    """
    CPU time that a process has used since the last look, in seconds.

    @param before: how it was then; None when it was not there, and all counts.
    """
    isSame = before is not None and before.startTicks == now.startTicks
    return max(now.cpuSeconds - (before.cpuSeconds if before and isSame else 0.0), 0.0)


@define
class Census:
    """
    Looks at all processes at once, for all servers, in slices.

    @ivar at: when the last one was complete (monotonic seconds), or None.
    """

    at: float | None = None
    _usages: dict[int, Usage] = Factory(dict)
    _samples: dict[int, Sample] = Factory(dict)
    _cpuSeconds: dict[int, float] = Factory(dict)

    def cpuSeconds(self, shim: int) -> float:
        """
        CPU time that the processes of this shim have used, in seconds, as far as it was
        looked at; also of those that are gone.
        """
        return self._cpuSeconds.get(shim, 0.0)

    def usage(self, shim: int) -> Usage | None:
        """
        What the session of this shim used when last looked at, without the shim
        itself; None when it had not come to run anything by then.
        """
        return self._usages.get(shim)

    def take(self, shims: Collection[int]) -> Iterator[None]:
        """
        Look at all processes; yields after each slice of the work.

        @param shims: process numbers of the shims whose sessions are wanted.
        """
        now = time.monotonic()
        elapsed = None if self.at is None else now - self.at
        sums = {shim: [0.0, 0, 0] for shim in shims}
        samples: dict[int, Sample] = {}
        spent = {shim: self._cpuSeconds.get(shim, 0.0) for shim in shims}
        for index, pid in enumerate(psutil.pids()):
            if index % sliceSize == sliceSize - 1:
                yield
            shim = _session(pid)
            if shim not in sums or pid == shim or (found := sample(pid)) is None:
                continue
            samples[pid] = found
            total, before = sums[shim], self._samples.get(pid)
            total[0] += percent(found, before, elapsed, uptime())
            spent[shim] += spentSince(found, before)
            total[1] += found.memoryBytes
            total[2] += 1
        self._usages = {
            shim: Usage(round(cpu, 1), int(memory), int(count))
            for shim, (cpu, memory, count) in sums.items()
            if count
        }
        self._samples = samples
        self._cpuSeconds = spent
        self.at = now
