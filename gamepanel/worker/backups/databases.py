"""
Copies SQLite databases while their games run: a plain copy of one that is written to is torn.
"""

import fcntl
import os
import shutil
import sqlite3
import time
from contextlib import ExitStack, closing, suppress
from typing import BinaryIO, Final
from urllib.parse import quote

magic: Final = b"SQLite format 3\0"
"""A database begins with this."""

companions: Final = ("-journal", "-wal", "-shm")
"""What the names of files end in that may lie beside a database and belong to it."""

lockSeconds: Final = 1.0
"""No lock is held for longer: games end themselves when they wait too long."""

tries: Final = 3

stepPages: Final = 128

_FICLONE: Final = 0x40049409


class _TooSlow(Exception):
    """A copy of a database would hold its lock for too long."""


def copyDatabase(path: str, to: str, seconds: float = lockSeconds) -> bool:
    """
    Copy a database by SQLite itself.

    @param path: absolute.
    @param to: path of the copy, where nothing is yet.
    @param seconds: how long a lock may be held.

    @return: whether the database was copied; else nothing of the copy is left. What SQLite refuses,
        or what can't be copied in so short a time, is not copied.
    """
    for _ in range(tries):
        try:
            if shutil.disk_usage(os.path.dirname(to)).free < 2 * os.stat(path).st_size:
                return False
            _copy(path, to, seconds)
        except (_TooSlow, sqlite3.OperationalError):
            _remove(to)
        except (sqlite3.Error, OSError):
            # It is none, or encrypted, or not ours to open.
            break
        else:
            return True
    _remove(to)
    return False


def _remove(to: str) -> None:
    for suffix in ("", *companions):
        with suppress(FileNotFoundError):
            os.unlink(f"{to}{suffix}")


def _copy(path: str, to: str, seconds: float) -> None:
    name = f"file:{quote(os.fsencode(path))}?mode=rw"
    with ExitStack() as stack:
        # Open to the end: a process that closes any descriptor of a file loses its locks on it.
        file = stack.enter_context(open(path, "rb"))
        # Closed in any case: one that an exception's frames keep alive holds its lock on.
        source = stack.enter_context(
            closing(sqlite3.connect(name, uri=True, isolation_level=None, timeout=seconds))
        )
        deadline = time.monotonic() + seconds
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (mode,) = source.execute("PRAGMA journal_mode").fetchone()
        # Without a log beside it nothing in the file changes while we have the lock.
        if mode == "wal" or not _clone(file, to):
            _inSteps(source, to, deadline)


def _clone(file: BinaryIO, to: str) -> bool:
    """Let a file share the content of another, where the file system can."""
    with open(to, "xb") as copy:
        try:
            fcntl.ioctl(copy.fileno(), _FICLONE, file.fileno())
        except OSError:
            os.unlink(to)
            return False
    return True


def _inSteps(source: sqlite3.Connection, to: str, deadline: float) -> None:
    def look(status: int, remaining: int, total: int) -> None:
        if remaining and time.monotonic() > deadline:
            raise _TooSlow

    with closing(sqlite3.connect(to)) as copy:
        source.backup(copy, pages=stepPages, progress=look, sleep=0)
