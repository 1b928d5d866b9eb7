"""
What the machine has and uses now.
"""

import os
import shutil
import time
from typing import Final

import psutil
from attrs import define, frozen

startedAt: Final = time.time()
"""When this process began, Unix time in seconds."""


@frozen
class HostUsage:
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
        times = psutil.cpu_times()
        # What waits for the disk is idle, too. Guests are counted in user already.
        idle = times.idle + getattr(times, "iowait", 0.0)
        guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        now = (time.monotonic(), sum(times) - guests - idle)
        last, self._last = self._last, now
        if last is None or now[0] - last[0] < 0.01:
            return None
        return round(100 * max(now[1] - last[1], 0.0) / (now[0] - last[0]), 1)

    def look(self) -> HostUsage:
        """What it has and uses now."""
        memory, disk = psutil.virtual_memory(), shutil.disk_usage(self.path)
        return HostUsage(
            self.cpuPercent(),
            os.cpu_count() or 1,
            os.getloadavg(),
            memory.total - memory.available,
            memory.total,
            disk.free,
            disk.total,
            time.clock_gettime(time.CLOCK_BOOTTIME),
            psutil.Process().memory_info().rss,
        )
