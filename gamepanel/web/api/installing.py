"""
Installing servers anew.
"""

from attrs import frozen

from gamepanel.errors import (
    Busy,
    Forbidden,
    JobRunning,
    NoSpace,
    NoSuchServer,
    NotInstallable,
    NotPermitted,
    NotStopped,
    SpawnFailed,
)
from gamepanel.operations.installing import Installing
from gamepanel.web.endpoint import Access, Call, Section
from gamepanel.wire.jobs import JobBegun
from gamepanel.wire.server import OfServer


@frozen
class InstallEndpoints:
    """
    Section 9 of the contract.
    """

    section = Section("Installing")

    access: Access
    installing: Installing

    @section.endpoint(
        "server_update",
        OfServer,
        raises=(
            *(NoSuchServer, Forbidden, NotInstallable, NotStopped, NotPermitted, JobRunning),
            *(SpawnFailed, NoSpace, Busy),
        ),
    )
    async def serverUpdate(self, call: Call[OfServer]) -> JobBegun:
        """Bring the newest files of a server's game, as its type says."""
        return JobBegun(job=await self.installing.update(call.actor, call.message.server))
