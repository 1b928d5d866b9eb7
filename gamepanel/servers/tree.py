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
class Mark:
    """
    By what one knows the processes of one server.

    @ivar server: the server's id, in the GAMEPANEL_SERVER of their environment.
    @ivar homes: what their HOME may be; tells our server from one of the same id
        that another daemon on this host runs. A process without one counts as ours.
    @ivar session: number of the session that its keeper leads or has led, if known.
    """

    server: str
    homes: frozenset[str]
    session: int | None

    def isIn(self, environment: Mapping[str, str]) -> bool:
        """Whether a process with this environment carries the mark."""
        return environment.get("GAMEPANEL_SERVER") == self.server and environment.get("HOME") in {
            None,
            *self.homes,
        }


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:
        return None


def _belongs(process: psutil.Process, mark: Mark) -> bool:
    if mark.session is not None and _session(process.pid) == mark.session:
        return True
    try:
        return mark.isIn(process.environ())
    except psutil.Error:
        # It is gone, a zombie, or a kernel thread's or another user's, which
        # then is not ours to end.
        return False


def members(mark: Mark) -> list[psutil.Process]:
    """
    Every living process of a server: of its session, descended from one of
    those, or marked; its keeper included. It reads all of C{/proc}: call it in a thread.
    """
    processes = [
        process for process in psutil.process_iter(["ppid", "status"]) if process.pid != os.getpid()
    ]
    parents = {process.pid: process.info["ppid"] for process in processes}
    found = {process.pid for process in processes if _belongs(process, mark)}
    return [
        process
        for process in processes
        if process.info["status"] != psutil.STATUS_ZOMBIE and _descends(process.pid, found, parents)
    ]


def likelyFirst(mark: Mark) -> Iterator[int]:
    """
    The processes of a server, those of its session first: who has found what it looks for
    there spares itself the rest. Some come twice.
    """
    if mark.session is not None:
        yield from (pid for pid in psutil.pids() if _session(pid) == mark.session)
    yield from (process.pid for process in members(mark))


def _descends(pid: int, found: Collection[int], parents: Mapping[int, int | None]) -> bool:
    current: int | None = pid
    # A chain of parents can't be longer than there are processes, even if it
    # was read while they changed.
    for _ in range(len(parents) + 1):
        if current is None or current in found:
            return current is not None
        current = parents.get(current)
    return False


def leader(mark: Mark) -> int | None:
    """
    The keeper of a server that carries its mark, if one runs: it leads its session.
    It reads all of C{/proc}.
    """
    for process in members(mark):
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


def killAll(mark: Mark, sparing: int | None) -> int:
    """
    Kill every process of a server, once; new ones may have been made meanwhile.

    @param sparing: number of a process to let live: the keeper, who will tell
        how the game ended.

    @return: how many were killed, or had just ended.

    @raise NotPermitted: when there are only such left that we may not end. The keeper of a
        run does not count: without its game it does nothing.
    """
    found = [process for process in members(mark) if process.pid != sparing]
    refused = [process for process in found if not _kill(process)]
    if len(refused) == len(found) and any(process.pid != mark.session for process in refused):
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

    def cpuSeconds(self, keeper: int) -> float:
        """
        CPU time that the processes of this keeper have used, in seconds, as far as it was
        looked at; also of those that are gone.
        """
        return self._cpuSeconds.get(keeper, 0.0)

    def usage(self, keeper: int) -> Usage | None:
        """
        What the session of this keeper used when last looked at, without the keeper
        itself; None when it had not come to run anything by then.
        """
        return self._usages.get(keeper)

    def take(self, keepers: Collection[int]) -> Iterator[None]:
        """
        Look at all processes; yields after each slice of the work.

        @param keepers: process numbers of the keepers whose sessions are wanted.
        """
        now = time.monotonic()
        elapsed = None if self.at is None else now - self.at
        sums = {keeper: [0.0, 0, 0] for keeper in keepers}
        samples: dict[int, Sample] = {}
        spent = {keeper: self._cpuSeconds.get(keeper, 0.0) for keeper in keepers}
        for index, pid in enumerate(psutil.pids()):
            if index % sliceSize == sliceSize - 1:
                yield
            keeper = _session(pid)
            if keeper not in sums or pid == keeper or (found := sample(pid)) is None:
                continue
            samples[pid] = found
            total, before = sums[keeper], self._samples.get(pid)
            total[0] += percent(found, before, elapsed, uptime())
            spent[keeper] += spentSince(found, before)
            total[1] += found.memoryBytes
            total[2] += 1
        self._usages = {
            keeper: Usage(round(cpu, 1), int(memory), int(count))
            for keeper, (cpu, memory, count) in sums.items()
            if count
        }
        self._samples = samples
        self._cpuSeconds = spent
        self.at = now
