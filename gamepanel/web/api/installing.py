"""
Installing servers anew.
"""

from msgspec import UNSET, Struct

from gamepanel.operations.installing import Installing
from gamepanel.operations.versions import VersionOperations
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.installing import Retype
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.message import milliseconds
from gamepanel.wire.server import OfServer
from gamepanel.wire.versions import ReadVersions, VersionsInfo


class InstallEndpoints(Struct, frozen=True):
    """
    Section 9 of the contract.
    """

    installing: Installing
    versions: VersionOperations

    @serves("server_update")
    async def serverUpdate(self, call: Call[OfServer]) -> JobBegun:
        return JobBegun(job=await self.installing.update(call.actor, call.message.server))

    @serves("server_versions")
    async def serverVersions(self, call: Call[ReadVersions]) -> VersionsInfo:
        message = call.message
        found = await self.versions.find(call.person, message.server, message.refresh)
        return VersionsInfo(
            installed=found.installed,
            available=found.newest.available,
            pinned=found.isPinned,
            at=milliseconds(found.newest.at),
        )

    @serves("server_retype")
    async def serverRetype(self, call: Call[Retype]) -> JobBegun:
        job, reset = await self.installing.retype(call.actor, call.message)
        return JobBegun(job=job, reset=reset or UNSET)
