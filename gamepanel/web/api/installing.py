"""
Installing servers anew.
"""

from msgspec import UNSET, Struct

from gamepanel.base.errors import (
    Busy,
    Forbidden,
    JobRunning,
    NoSpace,
    NoSuchServer,
    NoSuchType,
    NotInstallable,
    NotPermitted,
    NotStopped,
    PortInUse,
    QuotaExceeded,
    SourceUnavailable,
    SpawnFailed,
)
from gamepanel.operations.installing import Installing
from gamepanel.operations.versions import VersionOperations
from gamepanel.web.endpoint import Access, Call, Section
from gamepanel.wire.installing import Retype
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.message import milliseconds
from gamepanel.wire.server import OfServer
from gamepanel.wire.versions import ReadVersions, VersionsInfo


class InstallEndpoints(Struct, frozen=True):
    """
    Section 9 of the contract.
    """

    section = Section("Installing")

    access: Access
    installing: Installing
    versions: VersionOperations

    @section.endpoint(
        "server_update",
        OfServer,
        raises=(
            *(NoSuchServer, Forbidden, NotInstallable, NotStopped, NotPermitted, JobRunning),
            *(SpawnFailed, NoSpace, QuotaExceeded, Busy),
        ),
    )
    async def serverUpdate(self, call: Call[OfServer]) -> JobBegun:
        """Bring the newest files of a server's game, as its type says."""
        return JobBegun(job=await self.installing.update(call.actor, call.message.server))

    @section.endpoint(
        "server_versions",
        ReadVersions,
        raises=(NoSuchServer, NotInstallable, SourceUnavailable, SpawnFailed),
    )
    async def serverVersions(self, call: Call[ReadVersions]) -> VersionsInfo:
        """Which version of a server's game is installed, and which is newest."""
        message = call.message
        found = await self.versions.find(call.person, message.server, message.refresh)
        return VersionsInfo(
            installed=found.installed,
            available=found.newest.available,
            pinned=found.isPinned,
            at=milliseconds(found.newest.at),
        )

    @section.endpoint(
        "server_retype",
        Retype,
        raises=(
            *(NoSuchServer, NoSuchType, Forbidden, PortInUse, NotInstallable, NotStopped),
            *(NotPermitted, JobRunning, SpawnFailed, NoSpace, QuotaExceeded, Busy),
        ),
    )
    async def serverRetype(self, call: Call[Retype]) -> JobBegun:
        """Let a server be of another type, in the same directory."""
        message = call.message
        job, reset = await self.installing.retype(
            call.actor, message.server, message.type, message.options
        )
        return JobBegun(job=job, reset=reset or UNSET)
