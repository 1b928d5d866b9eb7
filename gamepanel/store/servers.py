"""
Servers and their settings.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from attrs import frozen
from twisted.internet.defer import Deferred

from gamepanel.store.transactions import Tables, run
from gamepanel.store.users import addRights


@frozen
class ServerRow:
    """
    A server as stored.

    @ivar own: values of the daemon's settings.
    @ivar options: values of its type's options.
    """

    id: str
    type: str
    description: str
    own: Mapping[str, Any]
    options: Mapping[str, Any]


class ServerTables(Tables):
    """Servers: changes of them."""

    def addServer(self, row: ServerRow, owner: str | None, rights: Iterable[str]) -> Deferred[None]:
        """
        Store a new server.

        The Deferred fails with L{NoSuchUser} when the owner is gone.

        @param owner: the user who gets rights on it, if there is one.
        @param rights: which.
        """

        def add(cursor: sqlite3.Cursor) -> None:
            cursor.execute(
                "INSERT INTO servers (id, type, description, own, options) VALUES (?, ?, ?, ?, ?)",
                (row.id, row.type, row.description, _json(row.own), _json(row.options)),
            )
            if owner is not None:
                addRights(cursor, [(owner, row.id, right) for right in rights])

        return self._do(add)

    def changeServer(self, row: ServerRow) -> Deferred[None]:
        """Store new settings of a server."""
        return self._do(
            lambda cursor: run(
                cursor,
                "UPDATE servers SET description = ?, own = ?, options = ? WHERE id = ?",
                (row.description, _json(row.own), _json(row.options), row.id),
            )
        )

    def removeServer(self, id: str) -> Deferred[None]:
        """Forget a server, and every right on it."""
        return self._do(lambda cursor: run(cursor, "DELETE FROM servers WHERE id = ?", (id,)))


def _json(values: Mapping[str, Any]) -> str:
    return msgspec.json.encode(values).decode()


def loadServers(connection: sqlite3.Connection) -> list[ServerRow]:
    """All servers."""
    return [
        ServerRow(id, type, description, msgspec.json.decode(own), msgspec.json.decode(options))
        for id, type, description, own, options in connection.execute(
            "SELECT id, type, description, own, options FROM servers ORDER BY id"
        )
    ]
