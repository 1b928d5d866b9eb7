"""
What happened: events in the order in which they were stored.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct
from msgspec.structs import astuple
from twisted.internet.defer import Deferred

from gamepanel.store.transactions import Tables, asJson

_COLUMNS: Final = "event, at, server, creation, kind, data"


class NewEvent(Struct, frozen=True):
    """
    Something that happened and is yet to be stored.

    @ivar at: Unix time in seconds.
    @ivar server: id of the server; None when it is about none.
    @ivar creation: of that server.
    @ivar kind: a word of the contract.
    @ivar data: as the contract has it for this kind, encodable as JSON.
    @ivar number: of this event among those of its server, from 1 on, without a gap; one that
        has been stored is not stored again. None: it is stored each time.
    @ivar isCrowd: whether it is one of those that players make, and that are kept apart.
    """

    at: float
    server: str | None
    creation: int | None
    kind: str
    data: Mapping[str, Any]
    number: int | None = None
    isCrowd: bool = False


class EventRow(Struct, frozen=True):
    """
    An event as stored; see L{NewEvent}.

    @ivar event: its number among all.
    """

    event: int
    at: float
    server: str | None
    creation: int | None
    kind: str
    data: Mapping[str, Any]


class Kept(Struct, frozen=True):
    """
    How many of the newest events are kept.

    @ivar others: of what players do not make.
    @ivar crowd: of what players make.
    @ivar crowdOfOne: of what players make on one server.
    """

    others: int = 50_000
    crowd: int = 25_000
    crowdOfOne: int = 2_000


class EventFilter(Struct, frozen=True):
    """
    Which events are wanted.

    @ivar creations: of these servers only; None: of all, and those that are about none.
    @ivar kinds: of these kinds only; None: of all.
    """

    creations: Collection[int] | None = None
    kinds: Collection[str] | None = None

    def takes(self, row: EventRow) -> bool:
        """Whether an event is wanted."""
        if self.creations is not None and row.creation not in self.creations:
            return False
        return self.kinds is None or row.kind in self.kinds

    def _where(self) -> tuple[str, list[str]]:
        """The same in SQL, and its values."""
        where, values = "", []
        for column, wanted in (("creation", self.creations), ("kind", self.kinds)):
            if wanted is not None:
                where += f" AND {column} IN (SELECT value FROM json_each(?))"  # noqa: S608
                values.append(asJson(list(wanted)))
        return where, values


class EventTables(Tables):
    """What happened: added to, and read."""

    def addEvents(self, events: Sequence[NewEvent], trim: Kept | None) -> Deferred[list[EventRow]]:
        """
        Store what happened, in this order.

        @param trim: how many to keep, if this is the time to drop others.

        @return: fires with those that are new, with their numbers, when they are durable.
        """

        def add(cursor: sqlite3.Cursor) -> list[EventRow]:
            rows = insertEvents(cursor, events)
            if trim is not None:
                trimEvents(cursor, trim)
            return rows

        return self.do(add)

    def readEvents(self, wanted: EventFilter, after: int, limit: int) -> Deferred[list[EventRow]]:
        """
        Fires with events behind a number, ascending.
        """
        where, values = wanted._where()
        return self.find(
            _row,
            f"SELECT {_COLUMNS} FROM events WHERE event > ?{where} "  # noqa: S608
            "ORDER BY event LIMIT ?",
            (after, *values, limit),
        )

    def readNewestEvents(self, wanted: EventFilter, limit: int) -> Deferred[list[EventRow]]:
        """
        Fires with the newest events, ascending.
        """
        where, values = wanted._where()
        found = self.find(
            _row,
            f"SELECT {_COLUMNS} FROM events WHERE true{where} "  # noqa: S608
            "ORDER BY event DESC LIMIT ?",
            (*values, limit),
        )
        return found.addCallback(lambda rows: rows[::-1])

    def oldestEvent(self) -> Deferred[int]:
        """Fires with the number of the oldest event that is kept, or 0; players' aside."""
        return self.do(_oldest)


def insertEvents(cursor: sqlite3.Cursor, events: Sequence[NewEvent]) -> list[EventRow]:
    """
    Store events within a transaction.

    @return: those that had not been stored before.
    """
    (newest,) = cursor.execute("SELECT value FROM counters WHERE name = 'event'").fetchone()
    rows: list[EventRow] = []
    for event in events:
        if event.number is not None and not _isNew(cursor, event):
            continue
        row = EventRow(
            newest + len(rows) + 1, event.at, event.server, event.creation, event.kind, event.data
        )
        cursor.execute(
            f"INSERT INTO events ({_COLUMNS}, crowd) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (*astuple(row)[:5], asJson(row.data), event.isCrowd),
        )
        rows.append(row)
    cursor.execute("UPDATE counters SET value = ? WHERE name = 'event'", (newest + len(rows),))
    return rows


def _isNew(cursor: sqlite3.Cursor, event: NewEvent) -> bool:
    """Whether an event was not stored before; from here on it counts as stored."""
    cursor.execute(
        "INSERT INTO eventsStored (creation, number) VALUES (?1, ?2) ON CONFLICT (creation) "
        "DO UPDATE SET number = excluded.number WHERE excluded.number > eventsStored.number",
        (event.creation, event.number),
    )
    return cursor.rowcount == 1


def trimEvents(cursor: sqlite3.Cursor, kept: Kept) -> None:
    """Drop within a transaction the oldest events, of which more are stored than are kept."""
    for crowd, count in ((0, kept.others), (1, kept.crowd)):
        cursor.execute(
            "DELETE FROM events WHERE crowd = ?1 AND event <= (SELECT event FROM events "
            "WHERE crowd = ?1 ORDER BY event DESC LIMIT 1 OFFSET ?2)",
            (crowd, count),
        )
    cursor.execute(
        "SELECT creation FROM events WHERE crowd = 1 GROUP BY creation HAVING count(*) > ?",
        (kept.crowdOfOne,),
    )
    for (creation,) in cursor.fetchall():
        cursor.execute(
            "DELETE FROM events WHERE crowd = 1 AND creation IS ?1 AND event <= "
            "(SELECT event FROM events WHERE crowd = 1 AND creation IS ?1 "
            "ORDER BY event DESC LIMIT 1 OFFSET ?2)",
            (creation, kept.crowdOfOne),
        )


def _oldest(cursor: sqlite3.Cursor) -> int:
    (oldest,) = cursor.execute("SELECT min(event) FROM events WHERE crowd = 0").fetchone()
    return oldest or 0


def loadNewestEvent(connection: sqlite3.Connection) -> tuple[int, int]:
    """Numbers of the oldest event that is kept (players' aside) and of the newest; 0 for none."""
    (newest,) = connection.execute("SELECT value FROM counters WHERE name = 'event'").fetchone()
    return _oldest(connection.cursor()), newest


def wasStopped(connection: sqlite3.Connection) -> bool:
    """Whether the last daemon has recorded its end, if there was one."""
    found = connection.execute(
        "SELECT kind FROM events WHERE kind IN ('daemon_started', 'daemon_stopping') "
        "ORDER BY event DESC LIMIT 1"
    ).fetchone()
    return found is None or found[0] == "daemon_stopping"


def _row(
    event: int, at: float, server: str | None, creation: int | None, kind: str, data: str
) -> EventRow:
    return EventRow(event, at, server, creation, kind, msgspec.json.decode(data))
