"""
What the install steps of servers' types have brought.
"""

import sqlite3
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from gamepanel.store.transactions import asJson


class Installed(Struct, frozen=True):
    """
    What is installed of a server.

    @ivar version: for people; None when it is not known.
    @ivar at: since when, Unix time in seconds; None while it is not whole.
    @ivar variables: of the install steps, by their names.
    """

    version: str | None = None
    at: float | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


def putInstall(cursor: sqlite3.Cursor, creation: int, installed: Installed) -> None:
    """
    Store what is installed of a server, within a transaction.

    @param creation: of the server.
    """
    cursor.execute(
        "INSERT OR REPLACE INTO installs (creation, version, at, variables) VALUES (?, ?, ?, ?)",
        (creation, installed.version, installed.at, asJson(installed.variables)),
    )


def putType(cursor: sqlite3.Cursor, creation: int, type: str, options: Mapping[str, Any]) -> None:
    """
    Let a server be of another type, within a transaction.

    @param creation: of the server.
    @param options: values of that type's options.
    """
    cursor.execute(
        "UPDATE servers SET type = ?, options = ? WHERE creation = ?",
        (type, asJson(options), creation),
    )


def removeInstall(cursor: sqlite3.Cursor, id: str) -> None:
    """Forget what is installed of the server of this id, before that is forgotten."""
    cursor.execute(
        "DELETE FROM installs WHERE creation = (SELECT creation FROM servers WHERE id = ?)", (id,)
    )


def loadInstalls(connection: sqlite3.Connection) -> dict[int, Installed]:
    """What is installed of all servers, by their creations."""
    rows = connection.execute("SELECT creation, version, at, variables FROM installs")
    return {
        creation: Installed(version, at, msgspec.json.decode(variables, type=dict[str, str]))
        for creation, version, at, variables in rows
    }
