"""
What the machine has and uses now.

It is read from C{/proc}: the daemon would take 1.4 MB more with psutil, for these few numbers.
"""

import os
import re
import shutil
import time
from collections.abc import Callable
from typing import Final, Literal

from attrs import Factory, define
from msgspec import Struct

startedAt: Final = time.time()
"""When this process began, Unix time in seconds."""


cpuPeriod: Final = 1.0
"""What the processors do is measured over no less than this, in seconds."""


class HostUsage(Struct, frozen=True):
    """
    What the machine has and uses.

    @ivar cpuPercent: of one core, over the last second or more; None until that is known.
    @ivar cores: how many there are.
    @ivar load: the mean number of processes that ran or waited to, over 1, 5, 15 minutes.
    @ivar memoryBytes: in use, without what could be given up at once.
    @ivar uptime: seconds since it started.
    @ivar daemonBytes: resident memory of the daemon.
    """

    cpuPercent: float | None
    cores: int
    load: tuple[float, float, float]
    memoryBytes: int
    memoryTotal: int
    diskFree: int
    diskTotal: int
    uptime: float
    daemonBytes: int


@define
class Host:
    """
    Looks at the machine.

    @ivar path: on the disk that counts: the state directory.
    """

    path: str
    _uptime: Callable[[], float] = time.monotonic
    _cpuSeconds: Callable[[], float] = Factory(lambda: cpuSeconds)
    _base: tuple[float, float] | None = None
    _next: tuple[float, float] | None = None

    def cpuPercent(self) -> float | None:
        """
        What all cores did over the last L{cpuPeriod} or more, in per cent of one, however often
        it is asked; None until that is known.
        """
        now = (self._uptime(), self._cpuSeconds())
        if self._next is None:
            self._next = now
        elif now[0] - self._next[0] >= cpuPeriod:
            self._base, self._next = self._next, now
        if self._base is None:
            return None
        return round(100 * max(now[1] - self._base[1], 0.0) / (now[0] - self._base[0]), 1)

    def look(self) -> HostUsage:
        """What it has and uses now."""
        (total, available), disk = memoryBytes(), shutil.disk_usage(self.path)
        return HostUsage(
            self.cpuPercent(),
            os.cpu_count() or 1,
            os.getloadavg(),
            total - available,
            total,
            disk.free,
            disk.total,
            time.clock_gettime(time.CLOCK_BOOTTIME),
            ownBytes(),
        )


def cpuSeconds() -> float:
    """
    What all cores together have done since the host started.

    Source: C{proc_stat(5)}. The fourth and fifth field are what they were idle, the latter while
    something waited for the disk; those of guests, from the ninth on, are in the first two already.
    """
    with open("/proc/stat", "rb") as stat:
        ticks = [int(field) for field in stat.readline().split()[1:9]]
    return (sum(ticks) - sum(ticks[3:5])) / os.sysconf("SC_CLK_TCK")


def memoryBytes() -> tuple[int, int]:
    """
    The memory of the host, and how much of it is free or could be at once.

    Source: C{proc_meminfo(5)}.
    """
    with open("/proc/meminfo", "rb") as file:
        sizes = dict(line.split(b":", 1) for line in file)
    total, available = (int(sizes[name].split()[0]) for name in (b"MemTotal", b"MemAvailable"))
    return 1024 * total, 1024 * available


def ownBytes() -> int:
    """Resident memory of this process. Source: C{proc_pid_statm(5)}."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


fineFactor: Final = 2
"""A disk is fine again with so many times the space under which it is low: it does not flutter."""


@define
class DiskWatch:
    """
    Tells when a disk becomes low, and when it has become fine.

    @ivar low: with less free bytes than this it is low.
    """

    low: int
    _isLow: bool = False

    def seen(self, free: int) -> Literal["disk_low", "disk_fine"] | None:
        """
        What has happened by there being so many free bytes now; None when nothing has.
        """
        if not self._isLow and free < self.low:
            self._isLow = True
            return "disk_low"
        if self._isLow and free >= fineFactor * self.low:
            self._isLow = False
            return "disk_fine"
        return None


maxLoadPerCore: Final = 8.0
"""With more processes than this for each core that want to run, or wait for a disk, on the mean
of the last minute, none gets its turn in time."""

maxMemoryPressure: Final = 20.0
"""Per cent of the last ten seconds in which nobody went on, since all waited for memory."""

_FULL: Final = re.compile(r"^full avg10=([0-9.]+)", re.MULTILINE)


def memoryPressure(text: str) -> float:
    """@param text: of C{/proc/pressure/memory}; see C{Documentation/accounting/psi.rst}."""
    found = _FULL.search(text)
    return 0.0 if found is None else float(found[1])


def isOverloaded() -> bool:
    """Whether the host is. Kernels without pressure stall information tell of the load only."""
    if os.getloadavg()[0] > maxLoadPerCore * (os.cpu_count() or 1):
        return True
    try:
        with open("/proc/pressure/memory") as file:
            return memoryPressure(file.read()) > maxMemoryPressure
    except OSError:
        return False
