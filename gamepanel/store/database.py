"""
The database file: how it is opened.
"""

import os
import sqlite3

from gamepanel.store.migrating import BadStore, migrate


def connect(path: str) -> sqlite3.Connection:
    """
    Open a database as all of gamepanel does.
    """
    connection = sqlite3.connect(path, check_same_thread=False)
    prepare(connection)
    return connection


def prepare(connection: sqlite3.Connection) -> None:
    """Set what SQLite wants set for each connection."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


def openFile(path: str) -> sqlite3.Connection:
    """
    Open the store in a file, made if there is none, and bring it to this version.

    @raise BadStore: when it is damaged, newer or can't be reached.
    """
    try:
        # Made with its rights, whatever the umask is; SQLite gives its other
        # files the same.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        os.chmod(path, 0o600)
        connection = connect(path)
        migrate(connection)
        problems = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except (OSError, sqlite3.Error) as error:
        raise BadStore(str(error)) from error
    if problems != "ok":
        raise BadStore(problems)
    return connection
