"""
How the tables of the store are reached once the daemon runs: each change is a transaction.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import msgspec
from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import NoSpace, unwritable
from gamepanel.store.database import prepare

_log = Logger()

_UNWRITABLE: Final = (
    sqlite3.SQLITE_READONLY,
    # What ext4 gives after it has turned itself read-only.
    sqlite3.SQLITE_IOERR,
    # Another program holds the file, to copy it, say, for longer than we wait.
    sqlite3.SQLITE_BUSY,
)

T = TypeVar("T")
P = ParamSpec("P")


class Transactions(Protocol):
    """The part of a C{ConnectionPool} that a store needs."""

    def runInteraction(
        self,
        interaction: Callable[Concatenate[Any, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Deferred[T]:
        """Run a function of a cursor in a transaction."""


class Pool(ConnectionPool):
    """
    A pool of one connection, since SQLite has one writer: its thread is the queue. Where the host
    allows it none, the daemon's own does what is asked at once.
    """

    def __init__(self, path: str) -> None:
        super().__init__(
            "sqlite3",
            path,
            check_same_thread=False,
            cp_min=1,
            cp_max=1,
            cp_openfun=prepare,
            cp_noisy=False,
        )

    def openAhead(self) -> None:
        """
        Open the database before it is needed: on a disk that has turned read-only it could
        not be opened any more, and nothing be read.
        """
        opened = self.runInteraction(lambda cursor: cursor.execute("SELECT 1").fetchone())
        opened.addErrback(partial(_log.failure, "the store can't be opened"))


class Tables:
    """A group of tables."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def do(self, statements: Callable[[sqlite3.Cursor], T]) -> Deferred[T]:
        """Run statements in a transaction."""
        done: Deferred[T] = self._transactions.runInteraction(statements)
        return done.addErrback(_notWritten)

    def find(
        self, row: Callable[..., T], statement: str, values: Sequence[object]
    ) -> Deferred[list[T]]:
        """
        Read rows.

        @param row: makes one of its columns.
        """

        def run(cursor: sqlite3.Cursor) -> list[T]:
            return [row(*found) for found in cursor.execute(statement, values)]

        return self.do(run)

    def doEach(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> Deferred[None]:
        """Run one statement for each of several rows in a transaction."""

        def run(cursor: sqlite3.Cursor) -> None:
            cursor.executemany(statement, rows)

        return self.do(run)


def asJson(value: Any) -> str:
    """A value as a column of text has it."""
    return msgspec.json.encode(value).decode()


def _notWritten(failure: Failure) -> Failure:
    if isinstance(failure.value, sqlite3.Error):
        lack = shortage(failure.value)
        if lack is not None:
            raise lack from failure.value
    return failure


def shortage(error: sqlite3.Error) -> NoSpace | None:
    """
    What a caller is told when the disk takes nothing; None when it is something else.
    """
    # The lowest byte is the kind of an error, see https://sqlite.org/rescode.html
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind == sqlite3.SQLITE_FULL:
        return NoSpace()
    if kind in _UNWRITABLE:
        return unwritable(str(error))
    return None
