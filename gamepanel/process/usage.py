"""
What the processes of servers use.
"""

import os
import time
from collections.abc import Collection, Iterator
from typing import Final

from attrs import Factory, define
from msgspec import Struct

from gamepanel.process.killing import sessionOf
from gamepanel.process.owners import Counted, Owners, Remembered
from gamepanel.process.proc import hasEnded, otherThread, uptime
from gamepanel.process.scan import numbers

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
    """

    at: float | None = None
    remembered: Remembered = Factory(Remembered)
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
        What the processes of this shim used when last looked at, without the shim
        itself; None when it had not come to run anything by then.
        """
        return self._usages.get(shim)

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
        spent = {shim: self._cpuSeconds.get(shim, 0.0) for shim in sums}
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
        self._usages = {
            shim: Usage(round(cpu, 1), int(memory), int(count))
            for shim, (cpu, memory, count) in sums.items()
            if count
        }
        self._samples = samples
        self._cpuSeconds = spent
        self.remembered.forget()
        self.at = now
