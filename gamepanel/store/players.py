"""
Who plays and has played, and how far consoles were searched for that.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct
from twisted.internet.defer import Deferred

from gamepanel.store.events import EventRow, Kept, NewEvent, insertEvents, trimEvents
from gamepanel.store.transactions import Tables

keptPlayers: Final = 1000
"""So many players of each server are kept, those who were seen last, beside who is there."""


class PlayerRow(Struct, frozen=True):
    """
    A player of a server.

    @ivar since: since when they are there, Unix time in seconds; None when they are not.
    @ivar lastSeen: when they were last heard of, likewise.
    """

    name: str
    since: float | None
    lastSeen: float


class Searched(Struct, frozen=True):
    """
    How far the console of a server was searched for players.

    @ivar run: index at which the output of the run begins that this lies in.
    @ivar index: up to which it was searched.
    @ivar isInside: whether that is in the middle of a line, whose rest is not looked at.
    @ivar dropped: how many events were dropped of which nothing was told yet.
    """

    run: int
    index: int
    isInside: bool = False
    dropped: int = 0


class PlayerNews(Struct, frozen=True):
    """
    What a part of a console, or an answer, has told of a server's players.

    @ivar creation: of the server.
    @ivar searched: up to where that part goes.
    @ivar events: what has happened, in its order.
    @ivar players: what is known now of those of whom there was news.
    """

    creation: int
    searched: Searched
    events: Sequence[NewEvent] = ()
    players: Sequence[PlayerRow] = ()


class KnownPlayers(Struct, frozen=True):
    """
    What is stored of one server's players.

    @ivar there: those who are there.
    """

    searched: Searched
    there: Sequence[PlayerRow]


class PlayerTables(Tables):
    """Who plays: added to, and read."""

    def addPlayerNews(
        self, events: Sequence[NewEvent], news: Sequence[PlayerNews], trim: Kept | None
    ) -> Deferred[list[EventRow]]:
        """
        Store what has happened together with how far was searched for what players do, so that none
        of that is found again.

        @param events: all of them, in their order, those of C{news} included.
        @param trim: how many events to keep, if this is the time to drop others.

        @return: fires with those that are new, with their numbers, when they are durable.
        """

        def add(cursor: sqlite3.Cursor) -> list[EventRow]:
            rows = insertEvents(cursor, events)
            for each in news:
                _keep(cursor, each)
            if trim is not None:
                trimEvents(cursor, trim)
            return rows

        return self.do(add)

    def readPlayers(self, creation: int) -> Deferred[list[PlayerRow]]:
        """Fires with the newest players of a server: those who were seen last come first."""
        return self.find(
            PlayerRow,
            "SELECT name, since, lastSeen FROM players WHERE creation = ? "
            "ORDER BY since IS NULL, lastSeen DESC, name LIMIT ?",
            (creation, keptPlayers),
        )


def _keep(cursor: sqlite3.Cursor, news: PlayerNews) -> None:
    """Store all but the events, unless the server is gone meanwhile."""
    cursor.execute("SELECT 1 FROM servers WHERE creation = ?", (news.creation,))
    if cursor.fetchone() is None:
        return
    at = news.searched
    cursor.execute(
        "INSERT OR REPLACE INTO playerSearches (creation, run, searched, inside, dropped) "
        "VALUES (?, ?, ?, ?, ?)",
        (news.creation, at.run, at.index, at.isInside, at.dropped),
    )
    cursor.executemany(
        "INSERT OR REPLACE INTO players (creation, name, since, lastSeen) VALUES (?, ?, ?, ?)",
        [(news.creation, each.name, each.since, each.lastSeen) for each in news.players],
    )
    if news.players:
        cursor.execute(
            "DELETE FROM players WHERE creation = ?1 AND since IS NULL AND lastSeen < "
            "(SELECT lastSeen FROM players WHERE creation = ?1 "
            "ORDER BY lastSeen DESC LIMIT 1 OFFSET ?2)",
            (news.creation, keptPlayers - 1),
        )


def loadPlayers(connection: sqlite3.Connection) -> dict[int, KnownPlayers]:
    """What is stored of those who are there, by the creations of their servers."""
    there: dict[int, list[PlayerRow]] = {}
    for creation, *row in connection.execute(
        "SELECT creation, name, since, lastSeen FROM players WHERE since IS NOT NULL "
        "ORDER BY since, name"
    ):
        there.setdefault(creation, []).append(PlayerRow(*row))
    searches: Iterable[tuple[int, int, int, int, int]] = connection.execute(
        "SELECT creation, run, searched, inside, dropped FROM playerSearches"
    )
    return {
        creation: KnownPlayers(Searched(run, index, bool(inside), dropped), there.get(creation, ()))
        for creation, run, index, inside, dropped in searches
    }


def removePlayers(cursor: sqlite3.Cursor, server: str) -> None:
    """Forget within a transaction who has played on a server that is about to be forgotten."""
    for table in ("players", "playerSearches"):
        cursor.execute(
            f"DELETE FROM {table} WHERE creation = "  # noqa: S608
            "(SELECT creation FROM servers WHERE id = ?)",
            (server,),
        )
