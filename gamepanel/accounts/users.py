"""
The users of this daemon, and their logging in and out.
"""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from sqlite3 import Connection
from typing import Any, Final

from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from gamepanel.accounts import passwords, proof
from gamepanel.accounts.passwords import Passwords, isOutdated
from gamepanel.accounts.rights import Person, everything
from gamepanel.accounts.tokens import AccessTokens, LoginTokens, Session
from gamepanel.errors import InvalidCredentials, ProofInvalid, TokenInvalid
from gamepanel.store import Store, TokenRow, UserRow, addUser, loadTokens, loadUsers

proofAmount: Final = 8
proofDifficulty: Final = 14

firstUser: Final = "admin"

flushSeconds: Final = 60.0
"""How long it may take until it is stored that a token was used."""


class Users:
    """
    All users and their sessions.
    """

    def __init__(
        self,
        clock: IReactorTime,
        store: Store,
        hashing: Passwords,
        uptime: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        """
        @param uptime: seconds by a clock that nobody sets.
        @param now: Unix time in seconds.
        """
        self._clock = clock
        self._store = store
        self._hashing = hashing
        self._uptime = uptime
        self._now = now
        self._users: dict[str, UserRow] = {}
        self._people: dict[str, Person] = {}
        self._loginTokens = LoginTokens(uptime)
        self._accessTokens = AccessTokens(uptime)
        self._used: set[Session] = set()
        self._flushing: IDelayedCall | None = None
        self._log = Logger()

    def load(self, connection: Connection) -> None:
        """Take up what is stored, before anything else happens."""
        for row in loadUsers(connection):
            self._put(row)
        expired = self._accessTokens.load(loadTokens(connection), self._now())
        self._forget(expired)

    def _put(self, row: UserRow) -> None:
        self._users[row.name] = row
        self._people[row.name] = Person(row.name, row.admin, row.mayCreate, row.rights)

    def _forget(self, digests: Iterable[bytes]) -> None:
        gone = list(digests)
        if gone:
            self._store.removeTokens(gone).addErrback(self._notStored)

    def _notStored(self, failure: Any) -> None:
        self._log.error("tokens could not be stored: {reason}", reason=failure.getErrorMessage())

    def loginToken(self) -> str:
        """A token for one login."""
        return self._loginTokens.issue(proofAmount, proofDifficulty)

    async def login(
        self, username: str, password: str, token: str, proofs: list[int]
    ) -> tuple[str, float]:
        """
        @return: an access token, and after how many seconds without use it ends.

        @raise LoginTokenInvalid: or L{LoginTokenExpired}, L{LoginTokenUsed}.
        @raise ProofInvalid: when the proofs do not hold, which does not use the token up.
        @raise Busy: when too many passwords wait to be checked.
        @raise InvalidCredentials: for a wrong password, an unknown or a disabled user.
        """
        ticket = self._loginTokens.read(token)
        if not proof.verify(token, username, proofs, ticket.amount, ticket.difficulty):
            raise ProofInvalid()
        # Before anything waits, so that one token admits one check, however many race.
        self._loginTokens.use(ticket)
        row = self._users.get(username)
        usable = row is not None and not row.disabled and not row.external
        right = await self._hashing.verify(row.password if row and usable else None, password)
        # The user may have been changed while the password was checked.
        if not right or row is None or not self._isStill(row):
            raise InvalidCredentials()
        if row.password is not None and isOutdated(row.password):
            await self._setHash(username, await self._hashing.hash(password))
        return await self._startSession(username)

    async def _startSession(self, username: str) -> tuple[str, float]:
        token, session, ended = self._accessTokens.issue(username)
        self._forget(old.digest for old in ended)
        now = self._now()
        try:
            await self._store.addToken(TokenRow(session.digest, username, now, now))
        except BaseException:
            self._accessTokens.end(session)
            raise
        return token, session.idleEnd - self._uptime()

    def _isStill(self, row: UserRow) -> bool:
        """Whether this user can log in with the same password as then."""
        now = self._users.get(row.name)
        return now is not None and now.password == row.password and not now.disabled

    async def _setHash(self, username: str, hash: str) -> None:
        await self._store.setPassword(username, hash)
        self._put(evolve(self._users[username], password=hash))

    async def logout(self, session: Session) -> None:
        """End a session."""
        self._accessTokens.end(session)
        self._used.discard(session)
        await self._store.removeTokens([session.digest])

    def session(self, token: str) -> Session:
        """
        The session of an access token.

        @raise TokenInvalid: when it is not good.
        """
        session = self._accessTokens.find(token)
        self._used.add(session)
        if self._flushing is None:
            self._flushing = self._clock.callLater(flushSeconds, self.flush)
        return session

    def person(self, session: Session) -> Person:
        """
        Whose session it is, with the rights they have now.

        @raise TokenInvalid: when there is no such user any more.
        """
        try:
            return self._people[session.user]
        except KeyError:
            raise TokenInvalid() from None

    def created(self, username: str, server: str) -> None:
        """Whoever has created a server has every right on it."""
        row = self._users.get(username)
        if row is not None:
            self._put(evolve(row, rights={**row.rights, server: everything}))

    def destroyed(self, server: str) -> None:
        """Nobody has a right on a server that is gone."""
        for row in list(self._users.values()):
            if server in row.rights:
                rights = {id: names for id, names in row.rights.items() if id != server}
                self._put(evolve(row, rights=rights))

    def flush(self) -> Deferred[None]:
        """Store which tokens were used; fires when that is done."""
        if self._flushing is not None and self._flushing.active():
            self._flushing.cancel()
        self._flushing = None
        used, self._used = self._used, set()
        toUnix = self._now() - self._uptime()
        stored = self._store.tokensUsed({s.digest: s.usedAt + toUnix for s in used})
        return stored.addErrback(self._notStored)


def makeFirstUser(connection: Connection, state: str) -> str | None:
    """
    At the very first start, make a user with all rights.

    The password is also written to C{admin-password} in the state directory,
    before the user is stored: a crash in between leaves a file that is written
    anew, not a user whose password nobody knows.

    @return: the password, or None if there are users already.
    """
    if loadUsers(connection):
        return None
    password = passwords.generate()
    path = os.path.join(state, "admin-password")
    with suppress(FileNotFoundError):
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w") as file:
        os.chmod(descriptor, 0o600)
        file.write(password + "\n")
        file.flush()
        os.fsync(descriptor)
    addUser(connection, UserRow(firstUser, passwords.hashNow(password), admin=True))
    return password
