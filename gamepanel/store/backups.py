"""
Backups that are known: where each lies, and what people are told of it.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from twisted.internet.defer import Deferred

from gamepanel.store.transactions import Tables, asJson


class BackupRow(Struct, frozen=True):
    """
    A backup as stored.

    @ivar backup: its number, never given twice.
    @ivar store: random name of the store that it lies in.
    @ivar name: its own there.
    @ivar creation: of its server; None where it was adopted.
    @ivar info: what people are told of it.
    """

    backup: int
    store: str
    name: str
    creation: int | None
    info: Mapping[str, Any]


class BackupTables(Tables):
    """Backups: counted, added, changed, forgotten."""

    def nextBackup(self) -> Deferred[int]:
        """Fires with a number that no backup has had."""

        def count(cursor: sqlite3.Cursor) -> int:
            cursor.execute("UPDATE counters SET value = value + 1 WHERE name = 'backup'")
            (number,) = cursor.execute(
                "SELECT value FROM counters WHERE name = 'backup'"
            ).fetchone()
            return int(number)

        return self.do(count)

    def putBackup(self, row: BackupRow) -> Deferred[None]:
        """Store a backup as it is now; no other gets its number, wherever it has that from."""

        def put(cursor: sqlite3.Cursor) -> None:
            cursor.execute(
                "INSERT OR REPLACE INTO backups (backup, store, name, creation, info) "
                "VALUES (?, ?, ?, ?, ?)",
                (row.backup, row.store, row.name, row.creation, asJson(row.info)),
            )
            cursor.execute(
                "UPDATE counters SET value = max(value, ?) WHERE name = 'backup'", (row.backup,)
            )

        return self.do(put)

    def removeBackup(self, backup: int) -> Deferred[None]:
        """Forget a backup."""

        def remove(cursor: sqlite3.Cursor) -> None:
            cursor.execute("DELETE FROM backups WHERE backup = ?", (backup,))

        return self.do(remove)


def loadBackups(connection: sqlite3.Connection) -> list[BackupRow]:
    """All backups that are known."""
    rows = connection.execute("SELECT backup, store, name, creation, info FROM backups")
    return [
        BackupRow(backup, store, name, creation, msgspec.json.decode(info, type=dict[str, Any]))
        for backup, store, name, creation, info in rows
    ]
