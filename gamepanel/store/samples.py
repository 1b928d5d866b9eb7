"""
What servers and the host used: a sample a minute for two days, one a quarter of an hour
for 60 days.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import astuple
from twisted.internet.defer import Deferred

from gamepanel.store.transactions import Tables

MINUTE: Final = 60
QUARTER: Final = 15 * MINUTE
DAY: Final = 24 * 60 * MINUTE

kept: Final = {MINUTE: 2 * DAY, QUARTER: 60 * DAY}
"""For how many seconds samples are kept, for each interval in seconds."""

host: Final = 0
"""The C{creation} under which the samples of the host are stored."""


class Sample(Struct, frozen=True):
    """
    What was used in one interval.

    @ivar creation: of the server; L{host} for the host.
    @ivar at: when the interval began, Unix time in seconds, a multiple of the interval.
    @ivar cpuPercent: the mean, of one core.
    @ivar memoryBytes: the maximum.
    @ivar players: the maximum; None when it is not known.
    @ivar diskFree: the minimum, in bytes; of the host only.
    """

    creation: int
    at: int
    cpuPercent: float | None
    memoryBytes: int | None
    players: int | None = None
    diskFree: int | None = None


class SampleTables(Tables):
    """What was used: added to, and read."""

    def addSamples(self, samples: Sequence[Sample], now: int) -> Deferred[None]:
        """
        Store the samples of a minute, gather those of the quarter of an hour that it is in,
        and drop what is too old.

        @param now: Unix time in seconds.
        """

        def add(cursor: sqlite3.Cursor) -> None:
            cursor.executemany(
                "INSERT OR REPLACE INTO samples "
                "(interval, creation, at, cpuPercent, memoryBytes, players, diskFree) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(MINUTE, *astuple(each)) for each in samples],
            )
            for start in {each.at // QUARTER * QUARTER for each in samples}:
                _gather(cursor, start)
            for interval, seconds in kept.items():
                cursor.execute(
                    "DELETE FROM samples WHERE interval = ? AND at < ?", (interval, now - seconds)
                )

        return self.do(add)

    def readSamples(
        self, creation: int, since: int, until: int, interval: int
    ) -> Deferred[list[Sample]]:
        """
        Fires with what was used, ascending, one sample for each interval in which there was
        something.

        @param since: Unix time in seconds, likewise C{until}; multiples of C{interval}.
        @param interval: in seconds, a multiple of L{MINUTE}.
        """
        stored = QUARTER if interval % QUARTER == 0 else MINUTE
        return self.find(
            Sample,
            "SELECT creation, at / ?1 * ?1, avg(cpuPercent), max(memoryBytes), max(players), "
            "min(diskFree) FROM samples WHERE interval = ?2 AND creation = ?3 AND at >= ?4 "
            "AND at < ?5 GROUP BY at / ?1 ORDER BY at",
            (interval, stored, creation, since, until),
        )


def removeSamples(cursor: sqlite3.Cursor, server: str) -> None:
    """Forget within a transaction what a server used that is about to be forgotten."""
    cursor.execute(
        "DELETE FROM samples WHERE creation = (SELECT creation FROM servers WHERE id = ?)",
        (server,),
    )


def _gather(cursor: sqlite3.Cursor, start: int) -> None:
    """Make the samples of a quarter of an hour from those of its minutes."""
    cursor.execute(
        "INSERT OR REPLACE INTO samples "
        "(interval, creation, at, cpuPercent, memoryBytes, players, diskFree) "
        "SELECT ?1, creation, ?2, avg(cpuPercent), max(memoryBytes), max(players), min(diskFree) "
        "FROM samples WHERE interval = ?3 AND at >= ?2 AND at < ?2 + ?1 GROUP BY creation",
        (QUARTER, start, MINUTE),
    )
