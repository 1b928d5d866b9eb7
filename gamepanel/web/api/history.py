"""
What servers and the host use, now and lately.
"""

import os
from collections import Counter

from msgspec import Struct
from msgspec.structs import asdict

import gamepanel
from gamepanel.disk.mounts import deviceOf, mounts
from gamepanel.host.history import History
from gamepanel.host.system import Host, startedAt
from gamepanel.operations.actor import reach
from gamepanel.servers.directory import Directory
from gamepanel.store.samples import Sample, host
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.history import (
    DaemonInfo,
    HostHistory,
    HostSample,
    HostStatus,
    ReadHistory,
    ReadHostHistory,
    ServerDisk,
    UsageHistory,
    UsageSample,
)
from gamepanel.wire.message import Empty, milliseconds


class HistoryEndpoints(Struct, frozen=True):
    """
    History and the host, of section 10 of the contract.

    @ivar backups: absolute path of the directory of backups, with no link in it.
    """

    directory: Directory
    history: History
    host: Host
    backups: str

    @serves("server_history")
    async def serverHistory(self, call: Call[ReadHistory]) -> UsageHistory:
        server = reach(self.directory, call.person, call.message.server, "view")
        interval, samples = await self.history.read(server.creation, call.message.seconds)
        return UsageHistory(interval=interval, samples=tuple(map(_usage, samples)))

    @serves("host_status")
    def hostStatus(self, call: Call[Empty]) -> HostStatus:
        call.person.checkAdmin()
        usage = self.host.look()
        return HostStatus(
            cpuPercent=usage.cpuPercent,
            cores=usage.cores,
            load=usage.load,
            memoryBytes=usage.memoryBytes,
            memoryTotal=usage.memoryTotal,
            diskFree=usage.diskFree,
            diskTotal=usage.diskTotal,
            uptime=round(usage.uptime, 1),
            daemon=DaemonInfo(
                version=gamepanel.__version__,
                startedAt=milliseconds(startedAt),
                pid=os.getpid(),
                memoryBytes=usage.daemonBytes,
            ),
            servers=dict(Counter(server.status.state for server in self.directory.all())),
            disk=self._disk(),
            backupsOnSameDisk=self._areBackupsBeside(),
        )

    def _areBackupsBeside(self) -> bool:
        table = mounts()
        here = deviceOf(os.path.realpath(self.host.path), table)
        return deviceOf(self.backups, table) == here

    def _disk(self) -> tuple[ServerDisk, ...]:
        disk = self.directory.context.disk
        found = [
            ServerDisk(server=server.id, bytes=used, limit=server.diskLimit)
            for server in self.directory.all()
            if (used := disk.usedBy(server)) is not None
        ]
        return tuple(sorted(found, key=lambda each: each.bytes, reverse=True))

    @serves("host_history")
    async def hostHistory(self, call: Call[ReadHostHistory]) -> HostHistory:
        call.person.checkAdmin()
        interval, samples = await self.history.read(host, call.message.seconds)
        return HostHistory(interval=interval, samples=tuple(map(_host, samples)))


def _usage(sample: Sample) -> UsageSample:
    percent = None if sample.cpuPercent is None else round(sample.cpuPercent, 1)
    return UsageSample(sample.at, percent, sample.memoryBytes, sample.players)


def _host(sample: Sample) -> HostSample:
    return HostSample(**asdict(_usage(sample)), diskFree=sample.diskFree)
