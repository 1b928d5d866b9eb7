"""
Installing servers anew.
"""

from msgspec import Struct

from gamepanel.operations.versions import VersionOperations
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.message import milliseconds
from gamepanel.wire.versions import ReadVersions, VersionsInfo


class InstallEndpoints(Struct, frozen=True):
    """
    Section 9 of the contract.
    """

    versions: VersionOperations

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
