"""
How the tables of the store are reached once the daemon runs: each change is a transaction.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred

from gamepanel.errors import NoSpace
from gamepanel.store.database import prepare

T = TypeVar("T")
P = ParamSpec("P")


class Transactions(Protocol):
    """The part of a L{ConnectionPool} that a store needs."""

    def runInteraction(
        self,
        interaction: Callable[Concatenate[Any, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Deferred[T]:
        """Run a function of a cursor in a transaction."""


class Pool(ConnectionPool):
    """A pool of one connection, since SQLite has one writer: its thread is the queue."""

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


class Tables:
    """A group of tables."""

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def _do(self, statements: Callable[[sqlite3.Cursor], T]) -> Deferred[T]:
        done: Deferred[T] = self._transactions.runInteraction(statements)
        return done.addErrback(_noSpace)


def run(cursor: sqlite3.Cursor, statement: str, values: tuple[Any, ...]) -> None:
    """One statement."""
    cursor.execute(statement, values)


def runMany(cursor: sqlite3.Cursor, statement: str, rows: list[tuple[Any, ...]]) -> None:
    """One statement for each of several rows."""
    cursor.executemany(statement, rows)


def _noSpace(failure: Any) -> Any:
    error = failure.value
    if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
        raise NoSpace() from error
    return failure
