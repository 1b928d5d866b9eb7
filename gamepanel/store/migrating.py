"""
Brings a store to this version: by the files in C{migrations}, each with a number.
"""

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from gamepanel import __version__
from gamepanel.disk.durable import sync


def _load() -> tuple[str, ...]:
    """The files in C{migrations}, by number."""
    found = {
        int(file.name.partition("-")[0]): file.read_text()
        for file in (Path(__file__).parent / "migrations").iterdir()
        if file.name.endswith(".sql")
    }
    return tuple(found[number] for number in range(1, len(found) + 1))


migrations: Final = _load()
"""
What takes a store from each version to the next. One that has landed never changes again:
there are stores that it has made. A test knows the hash of each.
"""

firstRecorded: Final = 3
"""The migration that makes the table of which release has run each."""


class BadStore(Exception):
    """The file is there but can't be used; the text says why."""


class UnreachableStore(BadStore):
    """The file may be fine, but can't be reached now: another try makes sense."""


def versionOf(connection: sqlite3.Connection) -> int:
    """How many migrations a store has been through."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def isOld(connection: sqlite3.Connection) -> bool:
    """Whether there is something in this store that migrations would change."""
    return 0 < versionOf(connection) < len(migrations)


def checkKnown(connection: sqlite3.Connection, path: str) -> None:
    """
    See that a store is not newer than we are.

    @param path: of its file.

    @raise BadStore: when a newer release has written it.
    """
    version = versionOf(connection)
    if version <= len(migrations):
        return
    release = _releaseOf(connection, version)
    writer = "a newer one" if release is None else f"gamepanel {release}"
    copy = f"{path}.v{len(migrations)}"
    wayBack = f", or restore {os.path.basename(copy)}" if os.path.exists(copy) else ""
    raise BadStore(
        f"It was written by {writer} and has version {version}; this gamepanel, {__version__}, "
        f"knows versions up to {len(migrations)}. Run that release{wayBack}."
    )


def _releaseOf(connection: sqlite3.Connection, version: int) -> str | None:
    """The release that has brought a store to a version, where that is known."""
    with suppress(sqlite3.Error):
        found = connection.execute("SELECT release FROM migrations WHERE number = ?", (version,))
        for (release,) in found:
            return str(release)
    return None


def migrate(connection: sqlite3.Connection) -> None:
    """
    Bring a store that is not newer than we are to our version. When it fails the store is
    at one of the versions in between, whole.

    @raise sqlite3.Error: when there is no space, say.
    """
    version = versionOf(connection)
    try:
        for number, statements in enumerate(migrations[version:], version + 1):
            script = f"BEGIN IMMEDIATE;{statements}\n;PRAGMA user_version = {number}"
            connection.executescript(script)
            if number >= firstRecorded:
                connection.execute(
                    "INSERT INTO migrations (number, release, at) VALUES (?, ?, ?)",
                    (number, __version__, time.time()),
                )
            connection.commit()
    except sqlite3.Error:
        connection.rollback()
        raise


def keepCopy(connection: sqlite3.Connection, path: str) -> str:
    """
    Keep a store as it is beside its file, for the way back: whole, or not at all.

    @param path: of its file.

    @return: the path of the copy, which tells the version.

    @raise OSError: or C{sqlite3.Error}, when there is no space, say.
    """
    kept = f"{path}.v{versionOf(connection)}"
    new = f"{kept}.new"
    _removeCopy(new)
    try:
        os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with closing(sqlite3.connect(new)) as copy:
            connection.backup(copy)
            # All of it in this one file.
            copy.execute("PRAGMA journal_mode = DELETE")
        sync(new)
        os.rename(new, kept)
        sync(os.path.dirname(kept))
    except BaseException:
        _removeCopy(new)
        raise
    return kept


def _removeCopy(new: str) -> None:
    for path in (new, f"{new}-journal", f"{new}-wal", f"{new}-shm"):
        with suppress(FileNotFoundError):
            os.unlink(path)
