"""
Brings a store to this version: by the files in C{migrations}, each with a number.
"""

import sqlite3
from importlib.resources import files
from typing import Final


def _load() -> tuple[str, ...]:
    """The files in C{migrations}, by number."""
    found = {
        int(file.name.partition("-")[0]): file.read_text()
        for file in (files(__package__) / "migrations").iterdir()
        if file.name.endswith(".sql")
    }
    return tuple(found[number] for number in range(1, len(found) + 1))


migrations: Final = _load()
"""
What takes a store from each version to the next. One that has landed never changes again:
there are stores that it has made. A test knows the hash of each.
"""


class BadStore(Exception):
    """The file is there but can't be used; the text says why."""


def migrate(connection: sqlite3.Connection) -> None:
    """
    Bring a store to this daemon's version.

    @raise BadStore: when a newer daemon has written it.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(migrations):
        raise BadStore(
            f"it has version {version}, and this gamepanel knows {len(migrations)}: "
            "it was written by a newer one"
        )
    for number, statements in enumerate(migrations[version:], version + 1):
        connection.executescript(
            f"BEGIN IMMEDIATE;{statements};PRAGMA user_version = {number};COMMIT;"
        )
