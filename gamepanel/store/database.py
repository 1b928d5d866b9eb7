"""
The database file: how it is opened.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from twisted.logger import Logger

from gamepanel.store.migrating import (
    BadStore,
    UnreachableStore,
    checkKnown,
    isOld,
    keepCopy,
    migrate,
    versionOf,
)

_log = Logger()

_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def connect(path: str) -> sqlite3.Connection:
    """
    Open a database as all of gamepanel does.
    """
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """
    Set what SQLite wants set for each connection. In WAL mode C{FULL} lets the disk have
    each transaction before it is acknowledged; C{NORMAL} would do so some minutes later.
    """
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def openFile(path: str) -> sqlite3.Connection:
    """
    Open the store in a file, made if there is none, and bring it to this version. Before
    an older one is changed, a copy of it is kept, see L{keepCopy}.

    @raise BadStore: when it is damaged or newer; it is as it was then.
    @raise UnreachableStore: when it can't be reached, or there is no space for the copy; likewise.
    """
    try:
        # Made with its rights, whatever the umask is; SQLite gives its other
        # files the same.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        os.chmod(path, 0o600)
        connection = connect(path)
    except (OSError, sqlite3.Error) as error:
        raise _refusal(error, path) from error
    try:
        _bringHere(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _refusal(error: OSError | sqlite3.Error, path: str) -> BadStore:
    """Why a store can't be used, with what to do where that is known."""
    if isinstance(error, PermissionError):
        with suppress(OSError):
            found = os.stat(path)
            whose = f"it belongs to user {found.st_uid}, its mode is {found.st_mode & 0o7777:o}"
            return UnreachableStore(f"{error.strerror}: {whose}, and this is user {os.geteuid()}")
    if isinstance(error, OSError):
        return UnreachableStore(error.strerror or str(error))
    # The lowest byte is the kind of an error, see https://sqlite.org/rescode.html
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
        return _damaged(str(error), path)
    return UnreachableStore(str(error))


def _damaged(what: str, path: str) -> BadStore:
    beginning = f"{os.path.basename(path)}.v"
    found = (each.name.removeprefix(beginning) for each in Path(path).parent.glob(f"{beginning}*"))
    newest = max((int(each) for each in found if each.isdecimal()), default=None)
    copy = "" if newest is None else f", or else {beginning}{newest}, which an upgrade has kept"
    return BadStore(f"It is damaged ({' '.join(what.split())}). Put back its last backup{copy}.")


def _bringHere(connection: sqlite3.Connection, path: str) -> None:
    try:
        checkKnown(connection, path)
        problems = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise _refusal(error, path) from error
    if problems != "ok":
        raise _damaged(problems, path)
    copy, before = None, versionOf(connection)
    if isOld(connection):
        try:
            copy = keepCopy(connection, path)
        except (OSError, sqlite3.Error) as error:
            raise UnreachableStore(
                "The copy that is kept before it is brought to this version can't be written: "
                f"{getattr(error, 'strerror', None) or error}. Nothing has been changed."
            ) from error
    try:
        migrate(connection)
    except sqlite3.Error as error:
        raise BadStore(f"It can't be brought to this version: {error}.") from error
    if copy is not None:
        _log.info(
            "migrated the database from version {before} to {now}; a copy as it was is {copy}",
            before=before,
            now=versionOf(connection),
            copy=copy,
        )
