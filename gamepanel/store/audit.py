"""
The audit trail.
"""

import sqlite3
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import astuple
from twisted.internet.defer import Deferred

from gamepanel.store.transactions import Tables

AuditKind = Literal["done", "command", "refused", "stranger"]
"""
What is kept apart, so that much of one kind does not push out the others: what people
did, what they typed into consoles, what they were refused, and logins that failed.
"""


class Share(Struct, frozen=True):
    """
    How many of the newest entries of a kind are kept.

    @ivar all: in all.
    @ivar each: of each user, so that much of one does not push out what others did.
    """

    all: int
    each: int


class AuditRow(Struct, frozen=True):
    """
    Something that somebody did, or was refused.

    @ivar at: Unix time in seconds.
    @ivar username: None when it is nobody that we know.
    @ivar target: the user that it was about, where it was about one.
    @ivar result: C{"ok"}, or the code of an error.
    @ivar kind: by which it is kept.
    @ivar id: None until it is stored.
    """

    at: float
    username: str | None
    address: str
    action: str
    server: str | None
    target: str | None
    result: str
    kind: AuditKind
    id: int | None = None


class AuditTables(Tables):
    """The audit trail: added to, and read."""

    def addAudit(self, rows: list[AuditRow], keep: Mapping[AuditKind, Share]) -> Deferred[None]:
        """
        Store what was done.

        @param keep: how many of the newest to keep, of each kind.
        """

        def add(cursor: sqlite3.Cursor) -> None:
            insertAudit(cursor, rows)
            for kind, share in keep.items():
                _trim(cursor, kind, share)

        return self.do(add)

    def readAudit(self, before: int | None, limit: int) -> Deferred[list[AuditRow]]:
        """
        Fires with what was done, newest first.

        @param before: only with smaller ids than this.
        """
        return self.find(
            AuditRow,
            "SELECT at, username, address, action, server, target, result, kind, id "
            "FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
            (2**63 - 1 if before is None else before, limit),
        )


def _trim(cursor: sqlite3.Cursor, kind: AuditKind, share: Share) -> None:
    """Drop the oldest entries that nobody's share has room for."""
    cursor.execute(
        "SELECT username FROM audit WHERE kind = ? GROUP BY username HAVING count(*) > ?",
        (kind, share.each),
    )
    for (username,) in cursor.fetchall():
        cursor.execute(
            "DELETE FROM audit WHERE kind = ?1 AND username IS ?2 AND id <= (SELECT id FROM audit "
            "WHERE kind = ?1 AND username IS ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
            (kind, username, share.each),
        )
    cursor.execute(
        "DELETE FROM audit WHERE kind = ?1 AND id <= (SELECT id FROM audit "
        "WHERE kind = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        (kind, share.all),
    )


def insertAudit(cursor: sqlite3.Cursor, rows: list[AuditRow]) -> None:
    """Store what was done, as a part of a transaction."""
    cursor.executemany(
        "INSERT INTO audit (at, username, address, action, server, target, result, kind) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [astuple(row)[:8] for row in rows],
    )
