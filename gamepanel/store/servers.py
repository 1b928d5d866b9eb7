"""
Servers and their settings.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from twisted.internet.defer import Deferred

from gamepanel.store.events import EventRow, NewEvent, insertEvents
from gamepanel.store.installs import Installed, loadInstalls, putInstall, removeInstall
from gamepanel.store.jobs import JobRow, insertJob
from gamepanel.store.players import removePlayers
from gamepanel.store.samples import removeSamples
from gamepanel.store.transactions import Tables, asJson
from gamepanel.store.users import addRights


class ServerRow(Struct, frozen=True):
    """
    A server as stored.

    @ivar own: values of the daemon's settings.
    @ivar options: values of its type's options.
    @ivar creation: number of its creation, never given twice; 0 until it is stored.
    @ivar lastEvent: number of the last of its own events that is stored.
    @ivar installed: what its install steps have brought; None: nothing was ever to.
    """

    id: str
    type: str
    description: str
    own: Mapping[str, Any]
    options: Mapping[str, Any]
    creation: int = 0
    lastEvent: int = 0
    installed: Installed | None = None


class Created(Struct, frozen=True):
    """
    What came of storing a new server.

    @ivar creation: its number.
    @ivar events: that it was created, as stored.
    @ivar job: what was stored to be done first.
    """

    creation: int
    events: list[EventRow]
    job: JobRow | None = None


class Removed(Struct, frozen=True):
    """
    What came of forgetting a server.

    @ivar events: that it was destroyed, as stored.
    @ivar job: what was stored to be done with what is left of it.
    """

    events: list[EventRow]
    job: JobRow | None


class ServerTables(Tables):
    """Servers: changes of them."""

    def addServer(
        self,
        row: ServerRow,
        owner: str | None,
        rights: Iterable[str],
        *events: NewEvent,
        job: JobRow | None = None,
    ) -> Deferred[Created]:
        """
        Store a new server, and with it what has happened by that.

        The Deferred fails with L{NoSuchUser} when the owner is gone.

        @param owner: the user who gets rights on it, if there is one.
        @param rights: which.
        @param events: about it; they get its number.
        @param job: what is to be installed first, if anything is; it gets that number, too.
        """

        def add(cursor: sqlite3.Cursor) -> Created:
            cursor.execute("UPDATE counters SET value = value + 1 WHERE name = 'creation'")
            cursor.execute("SELECT value FROM counters WHERE name = 'creation'")
            (creation,) = cursor.fetchone()
            cursor.execute(
                "INSERT INTO servers (id, type, description, own, options, creation) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (row.id, row.type, row.description, asJson(row.own), asJson(row.options), creation),
            )
            if owner is not None:
                addRights(cursor, [(owner, row.id, right) for right in rights])
            about = [replace(event, creation=creation) for event in events]
            stored = None
            if job is not None:
                stored = insertJob(cursor, replace(job, creation=creation))
                putInstall(cursor, creation, Installed())
            return Created(creation, insertEvents(cursor, about), stored)

        return self.do(add)

    def changeServer(self, row: ServerRow, *events: NewEvent) -> Deferred[list[EventRow]]:
        """
        Store new settings of a server, and with them what has happened by that.

        @return: fires with the events as stored.
        """

        def change(cursor: sqlite3.Cursor) -> list[EventRow]:
            cursor.execute(
                "UPDATE servers SET description = ?, own = ?, options = ? WHERE id = ?",
                (row.description, asJson(row.own), asJson(row.options), row.id),
            )
            return insertEvents(cursor, events)

        return self.do(change)

    def removeServer(
        self, id: str, *events: NewEvent, job: JobRow | None = None
    ) -> Deferred[Removed]:
        """
        Forget a server, every right on it and what it used; store what has happened before and
        by that, and what is to be done then.
        """

        def remove(cursor: sqlite3.Cursor) -> Removed:
            removeSamples(cursor, id)
            removePlayers(cursor, id)
            removeInstall(cursor, id)
            cursor.execute("DELETE FROM servers WHERE id = ?", (id,))
            cursor.execute(
                "INSERT OR REPLACE INTO retired (server, at) VALUES "
                "(?, (julianday('now') - 2440587.5) * 86400.0)",
                (id,),
            )
            rows = insertEvents(cursor, events)
            return Removed(rows, None if job is None else insertJob(cursor, job))

        return self.do(remove)


def loadRetired(connection: sqlite3.Connection) -> dict[str, float]:
    """Ids of servers that are gone, with the Unix time at which the last one of each went."""
    return dict(connection.execute("SELECT server, at FROM retired"))


def loadServers(connection: sqlite3.Connection) -> list[ServerRow]:
    """All servers."""
    installs = loadInstalls(connection)
    return [
        ServerRow(
            id,
            type,
            description,
            msgspec.json.decode(own),
            msgspec.json.decode(options),
            creation,
            lastEvent,
            installs.get(creation),
        )
        for id, type, description, own, options, creation, lastEvent in connection.execute(
            "SELECT id, type, description, own, options, creation, coalesce(number, 0) "
            "FROM servers LEFT JOIN eventsStored USING (creation) ORDER BY id"
        )
    ]
