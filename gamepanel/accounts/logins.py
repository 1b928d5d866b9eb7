"""
Logging in with a password, and the tokens one gets for it.
"""

import re
import secrets
from collections.abc import Callable, Iterable
from sqlite3 import Connection
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.accounts import throttle
from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.passwords import Passwords, isOutdated
from gamepanel.accounts.rights import Person, Session, digestOf
from gamepanel.accounts.throttle import Buckets, Failures, KnownAddresses
from gamepanel.accounts.tokens import LoginTokens
from gamepanel.accounts.users import UserChanged, Users
from gamepanel.base.errors import (
    Busy,
    InvalidCredentials,
    NoSpace,
    NoSuchUser,
    ProofInvalid,
    TokenInvalid,
)
from gamepanel.disk.shortages import shortageLog
from gamepanel.store.users import TokenRow, UserRow, UserTables, loadTokens
from gamepanel.wire import proof

proofAmount: Final = 8
proofDifficulty: Final = 14
"""Of each proof in leading zero bits, for an address that has not failed."""

loginRate: Final = 1.0
loginBurst: Final = 60.0
"""Logins and, apart from them, login tokens for one address: so many at once, then each second."""

lifeSeconds: Final = 30 * 86400
"""No access token lives longer."""

maxTokens: Final = 20
"""Access tokens of one user; the next one takes the place of the one used longest ago."""

flushSeconds: Final = 60.0
"""How long it may take until it is stored that a token was used."""

_ACCESS_TOKEN: Final = re.compile(r"[0-9a-f]{64}")


class AccessTokens:
    """
    All access tokens that are good, in memory.
    """

    def __init__(self, uptime: Callable[[], float]) -> None:
        """
        @param uptime: seconds by a clock that nobody sets.
        """
        self._uptime = uptime
        self._sessions: dict[bytes, Session] = {}

    def load(self, rows: Iterable[TokenRow], now: float) -> list[bytes]:
        """
        Take up stored tokens.

        @param now: Unix time in seconds.

        @return: the digests of those that have expired.
        """
        uptime, expired = self._uptime(), []
        for row in rows:
            session = Session(
                row.digest,
                row.user,
                row.createdAt + lifeSeconds - now + uptime,
                row.usedAt - now + uptime,
            )
            if self._isOver(session):
                expired.append(row.digest)
            else:
                self._sessions[row.digest] = session
        return expired

    def _isOver(self, session: Session) -> bool:
        return session.isOver(self._uptime())

    def issue(self, user: str) -> tuple[str, Session, list[Session]]:
        """
        Make a token.

        @return: the token, its session, and the sessions that had to end for it.
        """
        token, now = secrets.token_hex(32), self._uptime()
        session = Session(digestOf(token), user, now + lifeSeconds, now)
        self._sessions[session.digest] = session
        ended = [s for s in list(self._sessions.values()) if self._isOver(s)]
        live = [s for s in self._sessions.values() if s.user == user and s not in ended]
        live.sort(key=lambda s: s.usedAt)
        ended += live[: max(len(live) - maxTokens, 0)]
        for old in ended:
            self.end(old)
        return token, session, ended

    def find(self, token: str) -> Session:
        """
        The session of a token, which counts as used now.

        @raise TokenInvalid: when it is not good.
        """
        session = self._sessions.get(digestOf(token)) if _ACCESS_TOKEN.fullmatch(token) else None
        now = self._uptime()
        if session is None or session.isOver(now):
            raise TokenInvalid()
        session.usedAt = now
        return session

    def end(self, session: Session) -> None:
        """The token is good no more."""
        if self._sessions.pop(session.digest, None) is not None:
            session.endsAt = self._uptime()
            session.tell("ended")

    def ofUser(self, user: str) -> list[Session]:
        """All sessions of a user."""
        return [session for session in self._sessions.values() if session.user == user]


class Logins(Accounts):
    """
    The mode C{password}: all sessions of this daemon's users, and how they begin and end.
    """

    mode = "password"

    def __init__(
        self,
        clock: IReactorTime,
        store: UserTables,
        users: Users,
        hashing: Passwords,
        uptime: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        """
        @param uptime: seconds by a clock that nobody sets.
        @param now: Unix time in seconds.
        """
        super().__init__(users)
        self._users = users
        self._clock = clock
        self._store = store
        self._hashing = hashing
        self._uptime = uptime
        self._now = now
        self._loginTokens = LoginTokens(uptime)
        self._accessTokens = AccessTokens(uptime)
        self._asked = Buckets(loginRate, loginBurst)
        self._tried = Buckets(loginRate, loginBurst)
        self._ofAddress = Failures()
        self._ofAccount = Failures()
        self._knownAddresses = KnownAddresses()
        self._used: set[Session] = set()
        self._gone: set[bytes] = set()
        self._flushing: IDelayedCall | None = None
        self._log = Logger()

    def load(self, connection: Connection) -> None:
        super().load(connection)
        expired = self._accessTokens.load(loadTokens(connection), self._now())
        self._forget(expired)

    async def end(self) -> None:
        await self.flush()

    def _forget(self, digests: Iterable[bytes]) -> None:
        """Let ended tokens not come back with the next daemon."""
        self._gone.update(digests)
        if self._gone:
            self._removeGone().addErrback(self._notStored)

    def _removeGone(self) -> Deferred[None]:
        gone = list(self._gone)

        def removed(result: None) -> None:
            self._gone.difference_update(gone)

        def notRemoved(failure: Failure) -> Failure:
            # The disk has no room for that now.
            self._flushSoon()
            return failure

        return self._store.removeTokens(gone).addCallbacks(removed, notRemoved)

    def _flushSoon(self) -> None:
        if self._flushing is None:
            self._flushing = self._clock.callLater(flushSeconds, self.flush)

    def _notStored(self, failure: Any) -> None:
        if failure.check(NoSpace):
            shortageLog.say(failure.value)
            return
        self._log.error("tokens could not be stored: {reason}", reason=failure.getErrorMessage())

    def _changed(self, user: UserChanged) -> None:
        sessions = [s for s in self._accessTokens.ofUser(user.name) if s is not user.keep]
        if user.change == "ended":
            self._end(sessions)
        else:
            for session in sessions:
                session.tell(user.change)

    def _end(self, sessions: Iterable[Session]) -> None:
        ended = list(sessions)
        for session in ended:
            self._accessTokens.end(session)
            self._used.discard(session)
        self._forget(session.digest for session in ended)

    def ticket(self, address: str) -> tuple[str, int]:
        now = self._uptime()
        self._asked.take(address, now)
        failures = self._ofAddress.countFrom(address, now)
        difficulty = throttle.difficulty(proofDifficulty, self._hashing.load, failures)
        return self._loginTokens.issue(proofAmount, difficulty), difficulty

    def admit(self, address: str) -> None:
        self._tried.take(address, self._uptime())

    async def login(
        self, username: str, password: str, token: str, proofs: list[int], address: str
    ) -> tuple[str, float]:
        """
        See L{Accounts.login}.

        @raise TooManyRequests: when this account must wait.
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
        row = await self._verified(username, password, address)
        self._knownAddresses.add(username, address)
        begun = await self._startSession(username)
        if row.password is not None and isOutdated(row.password):
            renewal = self._users.setHash(username, row.password, password)
            # The next login may do it as well.
            Deferred.fromCoroutine(renewal).addErrback(
                lambda failure: failure.trap(Busy, NoSpace) and None
            )
        return begun

    async def _verified(self, username: str, password: str, address: str) -> UserRow:
        """The user whose password this is."""
        account = self._knownAddresses.account(username, address)
        now = self._uptime()
        self._ofAccount.check(account, now)
        # Until told otherwise, so that many at once do not all count as the first.
        self._ofAccount.add(account, now)
        row = self._users.find(username)
        usable = row is not None and not row.disabled and not row.external
        try:
            hash = row.password if row and usable else None
            right = await self._hashing.verify(hash, password)
        except BaseException:
            self._ofAccount.takeBack(account)
            raise
        # The user may have been changed while the password was checked.
        if not right or row is None or not self._isStill(row):
            self._ofAddress.addFrom(address, self._uptime())
            raise InvalidCredentials()
        self._ofAccount.clear(account)
        return row

    def _isStill(self, row: UserRow) -> bool:
        """Whether this user can log in with the same password as then."""
        now = self._users.find(row.name)
        return now is not None and now.password == row.password and not now.disabled

    async def _startSession(self, username: str) -> tuple[str, float]:
        token, session, ended = self._accessTokens.issue(username)
        self._forget(old.digest for old in ended)
        now = self._now()
        try:
            await self._store.addToken(TokenRow(session.digest, username, now, now))
        except BaseException as error:
            self._accessTokens.end(session)
            if isinstance(error, NoSuchUser):
                raise InvalidCredentials() from None
            raise
        return token, session.idleEnd - self._uptime()

    async def changePassword(
        self, session: Session, oldPassword: str, password: str, address: str
    ) -> None:
        """
        See L{Accounts.changePassword}.

        @raise TooManyRequests: when the old one was wrong too often.
        @raise InvalidCredentials: when the old one is wrong.
        @raise BadRequest: when the new one is not to the policy.
        """
        self.admit(address)
        row = await self._verified(session.user, oldPassword, address)
        await self._users.update(
            session.user, password=password, verified=row.password, keep=session
        )

    async def logout(self, session: Session) -> None:
        self._accessTokens.end(session)
        self._used.discard(session)
        self._gone.add(session.digest)
        await self._removeGone()

    def session(self, token: str, address: str) -> Session:
        session = self._accessTokens.find(token)
        self._used.add(session)
        self._flushSoon()
        return session

    def person(self, session: Session) -> Person:
        row, person = self._users.find(session.user), self._users.person(session.user)
        isOver = session.endsAt <= self._uptime()
        if isOver or row is None or person is None or row.disabled or row.external:
            raise TokenInvalid()
        return person

    def flush(self) -> Deferred[None]:
        """Store which tokens were used, and forget those that have ended; fires when it is done."""
        if self._flushing is not None and self._flushing.active():
            self._flushing.cancel()
        self._flushing = None
        used, self._used = self._used, set()
        toUnix = self._now() - self._uptime()
        stored = self._store.tokensUsed({s.digest: s.usedAt + toUnix for s in used})
        if self._gone:
            stored.addCallback(lambda _: self._removeGone())
        return stored.addErrback(self._notStored)
