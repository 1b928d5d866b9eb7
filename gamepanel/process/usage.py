"""
What the processes of servers use: whose each process is, the census of all, and when that is
taken.
"""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

from attrs import Factory, define
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.python.failure import Failure

from gamepanel.base.hub import SingleFlight
from gamepanel.base.threads import slices
from gamepanel.process import cgroup
from gamepanel.process.members import (
    ProcessTag,
    namespaceOf,
    numbers,
    readEnvironment,
    see,
    sessionOf,
    usersOf,
)
from gamepanel.process.proc import hasEnded, otherThread, uptime


class Counted(Struct, frozen=True):
    """
    A run whose processes are counted.

    @ivar shim: number of its shim.
    @ivar session: number of the session that its game is in.
    @ivar tag: by what its processes are known.
    @ivar inside: number of a process in its namespace, where it has one of its own.
    """

    shim: int
    session: int
    tag: ProcessTag
    inside: int | None = None


def groupsOf(pid: int) -> list[str]:
    """The control groups of a process, see C{cgroups(7)}."""
    try:
        # In bytes: a game gives the groups that it makes the names that it likes.
        with open(f"/proc/{pid}/cgroup", "rb") as listed:
            return [os.fsdecode(line[:-1].split(b":", 2)[2]) for line in listed]
    except (OSError, IndexError):
        return []


Process = tuple[int, int]
"""Number of a process, and when it started in clock ticks since the host did."""


def readAll(processes: Collection[Process]) -> dict[Process, Mapping[str, str]]:
    """
    The environments of some processes. One can make whoever reads its own wait for as long as it
    likes: call it in a thread.
    """
    return {process: readEnvironment(process[0]) for process in processes}


@define
class Remembered:
    """
    Cache of what processes are known by that belong to nobody by their session.

    @ivar unread: those of the last look whose environment is yet to be read.
    """

    unread: Collection[Process] = ()
    _known: dict[Process, Mapping[str, str]] = Factory(dict)
    _seen: dict[Process, Mapping[str, str]] = Factory(dict)
    _wanted: set[Process] = Factory(set)

    def environment(self, pid: int, startTicks: int) -> Mapping[str, str]:
        """See L{readEnvironment}; nothing as long as L{learn} has not told it."""
        process = (pid, startTicks)
        found = self._known.get(process)
        if found is None:
            self._wanted.add(process)
            return {}
        self._seen[process] = found
        return found

    def learn(self, found: Mapping[Process, Mapping[str, str]]) -> None:
        """These environments have been read, see L{readAll}."""
        self._known.update(found)

    def forget(self) -> None:
        """A look is over: those that it did not ask for are gone."""
        self._known, self._seen = self._seen, {}
        self.unread, self._wanted = self._wanted, set()


class Owners:
    """
    Tells whose a process is, for one look at all of them.
    """

    def __init__(self, runs: Collection[Counted], remembered: Remembered) -> None:
        self._remembered = remembered
        self._own = namespaceOf(os.getpid())
        self._runs = runs
        self._groups = {
            "/".join(run.tag.group.split("/")[-2:]): run.shim
            for run in runs
            if run.tag.group is not None
        }
        self._tags = {run.tag.server: run for run in runs}
        self._candidates = {user for run in runs for user in (*usersOf(run.tag), run.tag.user)}
        self._namespaces: dict[str, int] | None = None

    def owner(self, pid: int) -> int | None:
        """
        The shim of the run that a process belongs to; None if it belongs to none. That it is of a
        server's own user does not tell: so are the jobs of the server.
        """
        try:
            user = os.stat(f"/proc/{pid}").st_uid
        except OSError:
            return None
        if user not in self._candidates:
            # That costs the least, and is most of the host.
            return None
        return self._ofGroup(pid) or self._ofNamespace(pid) or self._ofTag(pid, user)

    def _ofGroup(self, pid: int) -> int | None:
        if not self._groups:
            return None
        for group in groupsOf(pid):
            steps = group.split("/")
            # Below its own group a game may have made others.
            for at in (at for at, step in enumerate(steps) if step == cgroup.gamePart):
                if (shim := self._groups.get("/".join(steps[:at][-2:]))) is not None:
                    return shim
        return None

    def _ofNamespace(self, pid: int) -> int | None:
        namespace = namespaceOf(pid)
        if namespace is None or namespace == self._own:
            return None
        if self._namespaces is None:
            inside = ((run.shim, run.inside) for run in self._runs)
            found = {namespaceOf(game): shim for shim, game in inside if game is not None}
            # Of one that has just ended nothing is known.
            self._namespaces = {name: shim for name, shim in found.items() if name}
        return self._namespaces.get(namespace)

    def _ofTag(self, pid: int, user: int) -> int | None:
        process = see(pid)
        if process is None:
            return None
        environment = self._remembered.environment(pid, process.startTicks)
        run = self._tags.get(environment.get("GAMEPANEL_SERVER", ""))
        if run is None or not run.tag.isIn(environment) or user not in usersOf(run.tag):
            return None
        return run.shim


sliceSize: Final = 16
"""How many processes a census looks at before others get their turn; about a millisecond's work."""

ticksPerSecond: Final = os.sysconf("SC_CLK_TCK")
pageBytes: Final = os.sysconf("SC_PAGE_SIZE")


class Usage(Struct, frozen=True):
    """
    What the processes of a server use.

    @ivar cpuPercent: of one core, since the last look, or since their start at the first.
    @ivar memoryBytes: resident; what processes share is counted for each.
    @ivar processes: how many there are, at least 1.
    """

    cpuPercent: float
    memoryBytes: int
    processes: int


class Sample(Struct, frozen=True):
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

    Source: C{proc_pid_stat(5)}, fields 14, 15, 22 and 24, counted from behind the name.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            fields = stat.read().rpartition(b")")[2].split()
    except OSError:
        return None
    if hasEnded(fields):
        return None
    seconds = (int(fields[11]) + int(fields[12])) / ticksPerSecond
    pages = int(fields[21]) if fields[0] != b"Z" else _pagesOfOthers(pid)
    return Sample(int(fields[19]), seconds, pages * pageBytes)


def _pagesOfOthers(pid: int) -> int:
    """What a process has in memory whose first thread has ended. Source: C{proc_pid_statm(5)}."""
    thread = otherThread(pid)
    if thread is None:
        return 0
    try:
        with open(f"{thread}/statm", "rb") as statm:
            return int(statm.read().split()[1])
    except OSError:
        return 0


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
    @ivar remembered: by what processes are known that have left the session of their game. One that
        is new counts from the look on that comes after its environment has been read.
    @ivar usages: what the processes of each shim used when last looked at, without the shim itself;
        nothing of one that had not come to run anything by then.
    @ivar cpuSeconds: CPU time that the processes of each shim have used, in seconds, as far as it
        was looked at; also of those that are gone.
    """

    at: float | None = None
    remembered: Remembered = Factory(Remembered)
    usages: Mapping[int, Usage] = Factory(dict)
    cpuSeconds: Mapping[int, float] = Factory(dict)
    _samples: dict[int, Sample] = Factory(dict)

    def take(self, runs: Collection[Counted]) -> Iterator[None]:
        """
        Look at all processes; yields after each slice of the work.

        @param runs: those that are wanted. The leader of the session of one is the shim, or belongs
            to a sandbox, and does not count; nor does what is beside such a shim.
        """
        now = time.monotonic()
        elapsed = None if self.at is None else now - self.at
        sessions = {run.session: run.shim for run in runs}
        sums = {shim: [0.0, 0, 0] for shim in sessions.values()}
        owners = Owners(runs, self.remembered)
        samples: dict[int, Sample] = {}
        spent = {shim: self.cpuSeconds.get(shim, 0.0) for shim in sums}
        for index, pid in enumerate(numbers()):
            if index % sliceSize == sliceSize - 1:
                yield
            session = sessionOf(pid)
            # Those of session 0 are the kernel's.
            if not session or (pid == session and session in sessions):
                continue
            shim = sessions.get(session)
            if shim is None and session not in sums:
                shim = owners.owner(pid)
            if shim is None or (found := sample(pid)) is None:
                continue
            samples[pid] = found
            total, before = sums[shim], self._samples.get(pid)
            total[0] += percent(found, before, elapsed, uptime())
            spent[shim] += spentSince(found, before)
            total[1] += found.memoryBytes
            total[2] += 1
        self.usages = {
            shim: Usage(round(cpu, 1), int(memory), int(count))
            for shim, (cpu, memory, count) in sums.items()
            if count
        }
        self._samples = samples
        self.cpuSeconds = spent
        self.remembered.forget()
        self.at = now


censusSeconds: Final = 1.0
"""What processes use is looked at no more often than this, and only when somebody asks."""


class Counting:
    """
    Knows what servers use as of the last count, and counts anew.
    """

    def __init__(self, reactor: IReactorTime, inThread: Callable[..., Deferred[Any]]) -> None:
        """@param inThread: calls a function that may wait for a process."""
        self._inThread = inThread
        self._isReading = False
        self._census = Census()
        self._slices = slices(reactor)
        self._counting: SingleFlight[None] = SingleFlight()

    def usage(self, shim: int) -> Usage | None:
        """What the processes of this shim used when last looked at."""
        return self._census.usages.get(shim)

    def cpuSeconds(self, shim: int) -> float:
        """CPU time that the processes of this shim have used in their run, in seconds."""
        return self._census.cpuSeconds.get(shim, 0.0)

    @property
    def isFresh(self) -> bool:
        """Whether it was counted lately."""
        at = self._census.at
        return at is not None and time.monotonic() - at < censusSeconds

    async def count(self, runs: Collection[Counted]) -> None:
        """
        See to it that what processes use is known as of now, give or take
        L{censusSeconds}. Whoever asks meanwhile waits for the same count.

        @param runs: those that are wanted.
        """
        if self.isFresh or not runs:
            return
        await self._counting(lambda: self._count(runs))

    def _count(self, runs: Collection[Counted]) -> Deferred[None]:
        return self._slices.coiterate(self._census.take(runs)).addBoth(self._counted)

    def _counted(self, result: object) -> None:
        unread = self._census.remembered.unread
        if unread and not self._isReading:
            self._isReading = True
            self._inThread(readAll, unread).addCallbacks(self._hasRead, self._notRead)

    def _hasRead(self, found: Mapping[Process, Mapping[str, str]]) -> None:
        self._isReading = False
        self._census.remembered.learn(found)

    def _notRead(self, failure: Failure) -> None:
        """Threads are lacking, say: it is tried again at the next count."""
        self._isReading = False
