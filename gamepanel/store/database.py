"""
The database file: how it is opened.
"""

import os
import sqlite3

from twisted.logger import Logger

from gamepanel.store.migrating import (
    BadStore,
    checkKnown,
    isOld,
    keepCopy,
    migrate,
    versionOf,
)

_log = Logger()


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

    @raise BadStore: when it is damaged, newer or can't be reached, or when there is no
        space for the copy; it is as it was then.
    """
    try:
        # Made with its rights, whatever the umask is; SQLite gives its other
        # files the same.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        os.chmod(path, 0o600)
        connection = connect(path)
    except (OSError, sqlite3.Error) as error:
        raise BadStore(str(error)) from error
    try:
        _bringHere(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _bringHere(connection: sqlite3.Connection, path: str) -> None:
    try:
        checkKnown(connection, path)
        problems = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise BadStore(str(error)) from error
    if problems != "ok":
        raise BadStore(problems)
    copy, before = None, versionOf(connection)
    if isOld(connection):
        try:
            copy = keepCopy(connection, path)
        except (OSError, sqlite3.Error) as error:
            raise BadStore(
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
