"""
What the machine has and uses now.

It is read from C{/proc}: the daemon would take 1.4 MB more with psutil, for these few numbers.
"""

import os
import shutil
import time
from typing import Final

from attrs import define
from msgspec import Struct

startedAt: Final = time.time()
"""When this process began, Unix time in seconds."""


class HostUsage(Struct, frozen=True):
    """
    What the machine has and uses.

    @ivar cpuPercent: of one core, since the last look; None at the first.
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
    _last: tuple[float, float] | None = None

    def cpuPercent(self) -> float | None:
        """What all cores did since the last look, in per cent of one; None at the first."""
        now = (time.monotonic(), cpuSeconds())
        last, self._last = self._last, now
        if last is None or now[0] - last[0] < 0.01:
            return None
        return round(100 * max(now[1] - last[1], 0.0) / (now[0] - last[0]), 1)

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
