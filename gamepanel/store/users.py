"""
Users, their rights and their access tokens.
"""

import sqlite3
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict, astuple
from twisted.internet.defer import Deferred

from gamepanel.base.errors import NoSuchServer, NoSuchUser
from gamepanel.store.audit import AuditRow, insertAudit
from gamepanel.store.transactions import Tables


class UserRow(Struct, frozen=True):
    """
    A user as stored.

    @ivar password: its argon2id hash, or None.
    @ivar rights: names of rights, for each server.
    @ivar subject: of one from elsewhere, who that is at the issuer; None until it is known.
    @ivar number: of the account, never given to another; 0 until it is stored.
    """

    name: str
    password: str | None
    admin: bool = False
    mayCreate: bool = False
    disabled: bool = False
    external: bool = False
    rights: Mapping[str, frozenset[str]] = {}
    subject: str | None = None
    number: int = 0


class TokenRow(Struct, frozen=True):
    """
    An access token as stored.

    @ivar digest: of the token.
    @ivar createdAt: Unix time in seconds, as C{usedAt}.
    """

    digest: bytes
    user: str
    createdAt: float
    usedAt: float


class UserTables(Tables):
    """Users, rights and tokens: changes of them."""

    def putUser(
        self, row: UserRow, *, rightsToo: bool = False, ended: bool = False, but: bytes = b""
    ) -> Deferred[int]:
        """
        Store a user, new or changed.

        The Deferred fails with L{NoSuchServer} when a server of the rights is gone.

        @param rightsToo: whether the rights are changed, too. They are left alone
            otherwise, since new ones may come meanwhile with a new server.
        @param ended: whether their tokens are forgotten.
        @param but: the digest of a token that is not.

        @return: fires with the number of the account.
        """

        def put(cursor: sqlite3.Cursor) -> int:
            number = _putUser(cursor, row)
            if ended:
                cursor.execute("DELETE FROM tokens WHERE user = ? AND digest != ?", (row.name, but))
            if not rightsToo:
                return number
            cursor.execute("DELETE FROM rights WHERE user = ?", (row.name,))
            rights = [(row.name, id, name) for id, names in row.rights.items() for name in names]
            try:
                cursor.executemany(
                    "INSERT INTO rights (user, server, name) VALUES (?, ?, ?)", rights
                )
            except sqlite3.IntegrityError:
                raise NoSuchServer() from None
            return number

        return self.do(put)

    def removeUser(self, name: str) -> Deferred[None]:
        """Forget a user, their tokens and rights."""
        return self.doEach("DELETE FROM users WHERE name = ?", [(name,)])

    def addToken(self, row: TokenRow) -> Deferred[None]:
        """
        Store a token.

        The Deferred fails with L{NoSuchUser} when the user is gone.
        """

        def add(cursor: sqlite3.Cursor) -> None:
            try:
                cursor.execute(
                    "INSERT INTO tokens (digest, user, createdAt, usedAt) VALUES (?, ?, ?, ?)",
                    astuple(row),
                )
            except sqlite3.IntegrityError:
                raise NoSuchUser() from None

        return self.do(add)

    def removeTokens(self, digests: list[bytes]) -> Deferred[None]:
        """Forget tokens."""
        return self.doEach("DELETE FROM tokens WHERE digest = ?", [(each,) for each in digests])

    def tokensUsed(self, usedAt: Mapping[bytes, float]) -> Deferred[None]:
        """Store when tokens were last used."""
        rows = [(at, digest) for digest, at in usedAt.items()]
        return self.doEach("UPDATE tokens SET usedAt = ? WHERE digest = ?", rows)


def _putUser(cursor: sqlite3.Cursor, row: UserRow) -> int:
    """Store a user; the number of the account is the one that it has, or a new one."""
    # Not "INSERT OR REPLACE", which would delete the tokens and rights of a user
    # that there is.
    cursor.execute(
        "UPDATE users SET password = :password, admin = :admin, mayCreate = :mayCreate, "
        "disabled = :disabled, external = :external, subject = :subject WHERE name = :name",
        asdict(row),
    )
    if not cursor.rowcount:
        cursor.execute("UPDATE counters SET value = value + 1 WHERE name = 'account'")
        cursor.execute(
            "INSERT INTO users "
            "(name, password, admin, mayCreate, disabled, external, subject, number) "
            "SELECT :name, :password, :admin, :mayCreate, :disabled, :external, :subject, value "
            "FROM counters WHERE name = 'account'",
            asdict(row),
        )
    cursor.execute("SELECT number FROM users WHERE name = ?", (row.name,))
    return int(cursor.fetchone()[0])


def addRights(cursor: sqlite3.Cursor, rows: list[tuple[str, str, str]]) -> None:
    """
    Store rights.

    @param rows: of each the user, the server and the name.

    @raise NoSuchUser: when there is no such user.
    """
    try:
        cursor.executemany("INSERT INTO rights (user, server, name) VALUES (?, ?, ?)", rows)
    except sqlite3.IntegrityError:
        raise NoSuchUser() from None


def addUser(connection: sqlite3.Connection, row: UserRow) -> None:
    """Store a new user at once; for the first one, before the daemon runs."""
    with connection:
        _putUser(connection.cursor(), row)


def resetUser(connection: sqlite3.Connection, row: UserRow, entry: AuditRow) -> None:
    """Store a user at once, end their tokens, and write that down; while no daemon runs."""
    with connection:
        cursor = connection.cursor()
        _putUser(cursor, row)
        cursor.execute("DELETE FROM tokens WHERE user = ?", (row.name,))
        insertAudit(cursor, [entry])


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
            subject,
            number,
        )
        for name, password, admin, mayCreate, disabled, external, subject, number in (
            connection.execute(
                "SELECT name, password, admin, mayCreate, disabled, external, subject, number "
                "FROM users"
            )
        )
    ]


def loadTokens(connection: sqlite3.Connection) -> list[TokenRow]:
    """All tokens, also those that have expired."""
    return [
        TokenRow(*row)
        for row in connection.execute("SELECT digest, user, createdAt, usedAt FROM tokens")
    ]
