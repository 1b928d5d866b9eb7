"""
What must survive the daemon, but for consoles and lives: users, tokens, servers.

SQLite, through L{twisted.enterprise.adbapi} once the daemon runs. Each change is
one transaction, so a crash leaves it done or not done.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Concatenate, Final, Literal, ParamSpec, Protocol, TypeVar

import msgspec
from attrs import astuple, frozen
from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred

from gamepanel.errors import NoSpace, NoSuchServer, NoSuchUser

T = TypeVar("T")
P = ParamSpec("P")

migrations: Final = (
    """
    CREATE TABLE users (
        name TEXT PRIMARY KEY,
        password TEXT,
        admin INTEGER NOT NULL DEFAULT 0,
        mayCreate INTEGER NOT NULL DEFAULT 0,
        disabled INTEGER NOT NULL DEFAULT 0,
        external INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE tokens (
        digest BLOB PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
        createdAt REAL NOT NULL,
        usedAt REAL NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE servers (
        id TEXT PRIMARY KEY,
        type TEXT NOT NULL,
        description TEXT NOT NULL,
        own TEXT NOT NULL,
        options TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE rights (
        user TEXT NOT NULL REFERENCES users ON DELETE CASCADE,
        server TEXT NOT NULL REFERENCES servers ON DELETE CASCADE,
        name TEXT NOT NULL,
        PRIMARY KEY (user, server, name)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    CREATE TABLE audit (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at REAL NOT NULL,
        username TEXT,
        address TEXT NOT NULL,
        action TEXT NOT NULL,
        server TEXT,
        target TEXT,
        result TEXT NOT NULL,
        kind TEXT NOT NULL
    ) STRICT;
    CREATE INDEX auditByKind ON audit (kind, id);
    """,
)
"""What takes a store from each version to the next; never changed once released, only added to."""


class BadStore(Exception):
    """The file is there but can't be used; the text says why."""


@frozen
class UserRow:
    """
    A user as stored.

    @ivar password: its argon2id hash, or None.
    @ivar rights: names of rights, for each server.
    """

    name: str
    password: str | None
    admin: bool = False
    mayCreate: bool = False
    disabled: bool = False
    external: bool = False
    rights: Mapping[str, frozenset[str]] = {}


@frozen
class TokenRow:
    """
    An access token as stored.

    @ivar digest: of the token.
    @ivar createdAt: Unix time in seconds, as C{usedAt}.
    """

    digest: bytes
    user: str
    createdAt: float
    usedAt: float


AuditKind = Literal["done", "refused", "stranger"]
"""
What is kept apart, so that much of one kind does not push out the others: what people
did, what they were refused, and logins that failed.
"""


@frozen
class AuditRow:
    """
    Something that somebody did, or was refused.

    @ivar at: Unix time in seconds.
    @ivar username: None when it is nobody that we know.
    @ivar target: the user that it was about, where it was about one.
    @ivar result: C{"ok"}, or the code of an error.
    @ivar kind: by which it is kept.
    @ivar id: None until it is stored.
    """

    at: float
    username: str | None
    address: str
    action: str
    server: str | None
    target: str | None
    result: str
    kind: AuditKind
    id: int | None = None


@frozen
class ServerRow:
    """
    A server as stored.

    @ivar own: values of the daemon's settings.
    @ivar options: values of its type's options.
    """

    id: str
    type: str
    description: str
    own: Mapping[str, Any]
    options: Mapping[str, Any]


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


class Store:
    """
    Everything stored. Whoever knows an answer keeps it in memory: here it is read
    once, when the daemon starts, and written at each change.

    Each method's Deferred fires when the change is durable, and fails with
    L{NoSpace} when the disk is full.
    """

    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def _do(self, statements: Callable[[sqlite3.Cursor], T]) -> Deferred[T]:
        done: Deferred[T] = self._transactions.runInteraction(statements)
        return done.addErrback(_noSpace)

    def addServer(self, row: ServerRow, owner: str | None, rights: Iterable[str]) -> Deferred[None]:
        """
        Store a new server.

        The Deferred fails with L{NoSuchUser} when the owner is gone.

        @param owner: the user who gets rights on it, if there is one.
        @param rights: which.
        """

        def add(cursor: sqlite3.Cursor) -> None:
            cursor.execute(
                "INSERT INTO servers VALUES (?, ?, ?, ?, ?)",
                (row.id, row.type, row.description, _json(row.own), _json(row.options)),
            )
            if owner is not None:
                _addRights(cursor, [(owner, row.id, right) for right in rights])

        return self._do(add)

    def changeServer(self, row: ServerRow) -> Deferred[None]:
        """Store new settings of a server."""
        return self._do(
            lambda cursor: _run(
                cursor,
                "UPDATE servers SET description = ?, own = ?, options = ? WHERE id = ?",
                (row.description, _json(row.own), _json(row.options), row.id),
            )
        )

    def removeServer(self, id: str) -> Deferred[None]:
        """Forget a server, and every right on it."""
        return self._do(lambda cursor: _run(cursor, "DELETE FROM servers WHERE id = ?", (id,)))

    def putUser(
        self, row: UserRow, *, rightsToo: bool = False, ended: bool = False, but: bytes = b""
    ) -> Deferred[None]:
        """
        Store a user, new or changed.

        The Deferred fails with L{NoSuchServer} when a server of the rights is gone.

        @param rightsToo: whether the rights are changed, too. They are left alone
            otherwise, since new ones may come meanwhile with a new server.
        @param ended: whether their tokens are forgotten.
        @param but: the digest of a token that is not.
        """

        def put(cursor: sqlite3.Cursor) -> None:
            _putUser(cursor, row)
            if ended:
                cursor.execute("DELETE FROM tokens WHERE user = ? AND digest != ?", (row.name, but))
            if not rightsToo:
                return
            cursor.execute("DELETE FROM rights WHERE user = ?", (row.name,))
            rights = [(row.name, id, name) for id, names in row.rights.items() for name in names]
            try:
                cursor.executemany("INSERT INTO rights VALUES (?, ?, ?)", rights)
            except sqlite3.IntegrityError:
                raise NoSuchServer() from None

        return self._do(put)

    def removeUser(self, name: str) -> Deferred[None]:
        """Forget a user, their tokens and rights."""
        return self._do(lambda cursor: _run(cursor, "DELETE FROM users WHERE name = ?", (name,)))

    def addToken(self, row: TokenRow) -> Deferred[None]:
        """
        Store a token.

        The Deferred fails with L{NoSuchUser} when the user is gone.
        """

        def add(cursor: sqlite3.Cursor) -> None:
            try:
                cursor.execute(
                    "INSERT INTO tokens VALUES (?, ?, ?, ?)",
                    (row.digest, row.user, row.createdAt, row.usedAt),
                )
            except sqlite3.IntegrityError:
                raise NoSuchUser() from None

        return self._do(add)

    def removeTokens(self, digests: list[bytes]) -> Deferred[None]:
        """Forget tokens."""
        return self._do(
            lambda cursor: _runMany(
                cursor, "DELETE FROM tokens WHERE digest = ?", [(digest,) for digest in digests]
            )
        )

    def addAudit(self, rows: list[AuditRow], keep: Mapping[AuditKind, int]) -> Deferred[None]:
        """
        Store what was done.

        @param keep: how many of the newest to keep, of each kind.
        """

        def add(cursor: sqlite3.Cursor) -> None:
            cursor.executemany(
                "INSERT INTO audit "
                "(at, username, address, action, server, target, result, kind) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [astuple(row)[:8] for row in rows],
            )
            for kind, count in keep.items():
                cursor.execute(
                    "DELETE FROM audit WHERE kind = ?1 AND id <= (SELECT id FROM audit "
                    "WHERE kind = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                    (kind, count),
                )

        return self._do(add)

    def readAudit(self, before: int | None, limit: int) -> Deferred[list[AuditRow]]:
        """
        Fires with what was done, newest first.

        @param before: only with smaller ids than this.
        """

        def read(cursor: sqlite3.Cursor) -> list[AuditRow]:
            cursor.execute(
                "SELECT at, username, address, action, server, target, result, kind, id "
                "FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                (2**63 - 1 if before is None else before, limit),
            )
            return [AuditRow(*row) for row in cursor.fetchall()]

        return self._do(read)

    def tokensUsed(self, usedAt: Mapping[bytes, float]) -> Deferred[None]:
        """Store when tokens were last used."""
        return self._do(
            lambda cursor: _runMany(
                cursor,
                "UPDATE tokens SET usedAt = ? WHERE digest = ?",
                [(at, digest) for digest, at in usedAt.items()],
            )
        )


def _run(cursor: sqlite3.Cursor, statement: str, values: tuple[Any, ...]) -> None:
    cursor.execute(statement, values)


def _runMany(cursor: sqlite3.Cursor, statement: str, rows: list[tuple[Any, ...]]) -> None:
    cursor.executemany(statement, rows)


def _putUser(cursor: sqlite3.Cursor, row: UserRow) -> None:
    # Not "INSERT OR REPLACE", which would delete the tokens and rights of a user
    # that there is.
    cursor.execute(
        "INSERT INTO users VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
        "password = excluded.password, admin = excluded.admin, mayCreate = excluded.mayCreate, "
        "disabled = excluded.disabled, external = excluded.external",
        (row.name, row.password, row.admin, row.mayCreate, row.disabled, row.external),
    )


def _addRights(cursor: sqlite3.Cursor, rows: list[tuple[str, str, str]]) -> None:
    try:
        cursor.executemany("INSERT INTO rights VALUES (?, ?, ?)", rows)
    except sqlite3.IntegrityError:
        raise NoSuchUser() from None


def _noSpace(failure: Any) -> Any:
    error = failure.value
    if isinstance(error, sqlite3.OperationalError) and "full" in str(error):
        raise NoSpace() from error
    return failure


def _json(values: Mapping[str, Any]) -> str:
    return msgspec.json.encode(values).decode()


def addUser(connection: sqlite3.Connection, row: UserRow) -> None:
    """Store a new user at once; for the first one, before the daemon runs."""
    with connection:
        _putUser(connection.cursor(), row)


def loadUsers(connection: sqlite3.Connection) -> list[UserRow]:
    """All users."""
    rights: dict[str, dict[str, set[str]]] = {}
    for user, server, name in connection.execute("SELECT user, server, name FROM rights"):
        rights.setdefault(user, {}).setdefault(server, set()).add(name)
    return [
        UserRow(
            name,
            password,
            bool(admin),
            bool(mayCreate),
            bool(disabled),
            bool(external),
            {server: frozenset(names) for server, names in rights.get(name, {}).items()},
        )
        for name, password, admin, mayCreate, disabled, external in connection.execute(
            "SELECT name, password, admin, mayCreate, disabled, external FROM users"
        )
    ]


def loadTokens(connection: sqlite3.Connection) -> list[TokenRow]:
    """All tokens, also those that have expired."""
    return [
        TokenRow(*row)
        for row in connection.execute("SELECT digest, user, createdAt, usedAt FROM tokens")
    ]


def loadServers(connection: sqlite3.Connection) -> list[ServerRow]:
    """All servers."""
    return [
        ServerRow(id, type, description, msgspec.json.decode(own), msgspec.json.decode(options))
        for id, type, description, own, options in connection.execute(
            "SELECT id, type, description, own, options FROM servers ORDER BY id"
        )
    ]
