"""
Where the directories of servers are in the state directory.
"""

import os
import time

from msgspec import Struct


class Places(Struct, frozen=True):
    """
    @ivar state: absolute path of the state directory.
    """

    state: str

    @property
    def servers(self) -> str:
        """The directory with those of all servers."""
        return os.path.join(self.state, "servers")

    @property
    def removed(self) -> str:
        """The directory with what is left of servers that are no more."""
        return os.path.join(self.state, "removed")

    def server(self, id: str) -> str:
        """The directory of a server."""
        return os.path.join(self.servers, id)

    def aside(self, id: str) -> str:
        """Where what is left of a server is kept: another place each time."""
        return os.path.join(self.removed, f"{id}-{time.time_ns()}")
