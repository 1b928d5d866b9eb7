"""
User ids that servers have had.
"""

import sqlite3

from msgspec import Struct
from msgspec.structs import astuple
from twisted.internet.defer import Deferred

from gamepanel.store.transactions import Tables


class ServerUserRow(Struct, frozen=True):
    """
    A user id of the host that a server has or has had.

    @ivar creation: number of the server's creation; None when nobody has it.
    @ivar freedAt: Unix time in seconds since when nobody has it.
    @ivar aside: where what is left of its last server lies.
    """

    uid: int
    creation: int | None
    freedAt: float | None = None
    aside: str | None = None


class ServerUserTables(Tables):
    """Who has which user id: changes of it."""

    def setServerUser(self, row: ServerUserRow) -> Deferred[None]:
        """Store who has a user id now."""
        return self.doEach(
            "INSERT OR REPLACE INTO serverUsers (uid, creation, freedAt, aside) "
            "VALUES (?, ?, ?, ?)",
            [astuple(row)],
        )


def loadServerUsers(connection: sqlite3.Connection) -> list[ServerUserRow]:
    """All user ids that servers have or have had."""
    return [
        ServerUserRow(*row)
        for row in connection.execute("SELECT uid, creation, freedAt, aside FROM serverUsers")
    ]
