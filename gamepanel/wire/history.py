"""
What servers and the host use, now and lately.
"""

from typing import Annotated

from msgspec import Meta

from gamepanel.wire.message import Answer, Bytes, Message, Seconds, ServerId


class ReadHostHistory(Message, frozen=True):
    """
    @ivar seconds: how far back.
    """

    seconds: Annotated[int, Meta(ge=60, le=5184000)] = 3600


class ReadHistory(Message, frozen=True):
    """
    @ivar server: whose.
    @ivar seconds: how far back.
    """

    server: ServerId
    seconds: Annotated[int, Meta(ge=60, le=5184000)] = 3600


class UsageSample(Answer, frozen=True):
    """
    What was used in one interval.

    @ivar at: when it began, in seconds since the Unix epoch.
    @ivar cpuPercent: the mean, of one core; null when nothing ran.
    @ivar memoryBytes: the maximum, in bytes; null when nothing ran.
    @ivar players: the maximum; null when it is not known.
    """

    at: Seconds
    cpuPercent: Annotated[float, Meta(ge=0)] | None
    memoryBytes: Bytes | None
    players: Annotated[int, Meta(ge=0)] | None


class HostSample(UsageSample, frozen=True):
    """
    What the host used in one interval.

    @ivar diskFree: the minimum on the disk of the state directory, in bytes.
    """

    diskFree: Bytes | None


class UsageHistory(Answer, frozen=True):
    """
    What a server used lately.

    @ivar interval: length of each interval in seconds.
    @ivar samples: one for each interval, ascending; at most 500.
    """

    interval: Seconds
    samples: tuple[UsageSample, ...]


class HostHistory(Answer, frozen=True):
    """
    What the host used lately.

    @ivar interval: length of each interval in seconds.
    @ivar samples: one for each interval, ascending; at most 500.
    """

    interval: Seconds
    samples: tuple[HostSample, ...]


class DaemonInfo(Answer, frozen=True):
    """
    The daemon itself.

    @ivar version: of gamepanel.
    @ivar startedAt: in seconds since the Unix epoch.
    @ivar pid: its process.
    @ivar memoryBytes: its resident memory, in bytes.
    """

    version: str
    startedAt: Seconds
    pid: int
    memoryBytes: Bytes


class ServerDisk(Answer, frozen=True):
    """
    What a server takes of the disk.

    @ivar server: which.
    @ivar bytes: as it was measured last.
    @ivar limit: what it may take, in bytes.
    """

    server: ServerId
    bytes: Bytes
    limit: Bytes


class HostStatus(Answer, frozen=True):
    """
    What the host has and uses now.

    @ivar cpuPercent: of one core, so with two cores 200 is all; null until it is known.
    @ivar cores: how many there are.
    @ivar load: the mean number of processes that ran or waited to, over 1, 5 and 15 minutes.
    @ivar memoryBytes: in use, in bytes.
    @ivar memoryTotal: in bytes.
    @ivar diskFree: on the disk of the state directory, in bytes.
    @ivar diskTotal: of that disk, in bytes.
    @ivar uptime: seconds since the host started.
    @ivar daemon: the daemon itself.
    @ivar servers: how many there are in each status.
    @ivar disk: what each server takes of the disk that has a limit of that and was measured;
        the most first.
    @ivar backupsOnSameDisk: whether backups lie on the disk of the state directory, where games
        are: they are lost with it.
    """

    cpuPercent: Annotated[float, Meta(ge=0)] | None
    cores: Annotated[int, Meta(ge=1)]
    load: tuple[float, float, float]
    memoryBytes: Bytes
    memoryTotal: Bytes
    diskFree: Bytes
    diskTotal: Bytes
    uptime: Seconds
    daemon: DaemonInfo
    servers: dict[str, int]
    disk: tuple[ServerDisk, ...] = ()
    backupsOnSameDisk: bool = False
