"""
Tokens that come from elsewhere: an introspection endpoint is asked about each.

Source: U{RFC 7662<https://www.rfc-editor.org/rfc/rfc7662>}.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from sqlite3 import Connection
from typing import Any, Final, Protocol

from attrs import define
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from gamepanel.accounts.accounts import StoredAccounts
from gamepanel.accounts.introspected import Grant, OddAnswer, UnfitAnswer, understand
from gamepanel.accounts.networks import Quotas
from gamepanel.accounts.remembered import Remembered
from gamepanel.accounts.rights import Person, merged
from gamepanel.accounts.tokens import ForeignSession, Session, digestOf
from gamepanel.accounts.users import UserChanged, Users, isRecordOf
from gamepanel.base.backoff import backoff
from gamepanel.base.errors import AuthUnavailable, Busy, TokenInvalid
from gamepanel.base.singleflight import SingleFlight
from gamepanel.store import loadRetired

yesSeconds: Final = 30.0
noSeconds: Final = 5.0
askSeconds: Final = 3.0
"""So long a yes and a no are remembered, and an answer is waited for."""

maxKept: Final = 4096
"""Of answers of each kind."""

maxAsking: Final = 64
maxAskingOfAddress: Final = 8
"""Questions at a time: in all, and for one address."""

patientFailures: Final = 3
"""After so many failures in a row the endpoint is left in peace for a while."""

firstPause: Final = 1.0
longestPause: Final = 30.0

tellSeconds: Final = 60.0
"""How often it is told at most that answers can't be used."""

_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/=-]{1,128}")


class Ask(Protocol):
    """Asks the endpoint about a token; what it says, or any failure."""

    def __call__(self, token: str) -> Deferred[bytes]: ...


def authorization(secret: str) -> str:
    """
    How we authenticate ourselves there.

    @param secret: a bearer token, or C{id:secret}.
    """
    if ":" in secret:
        return f"Basic {b64encode(secret.encode()).decode()}"
    return f"Bearer {secret}"


@define
class _Breaker:
    """Leaves an endpoint in peace that fails again and again."""

    failures: int = 0
    until: float = 0.0

    def check(self, now: float) -> None:
        if now < self.until:
            raise AuthUnavailable(retryAfter=self.until - now)

    def failed(self, now: float) -> None:
        self.failures += 1
        over = self.failures - patientFailures
        if over >= 0:
            self.until = now + backoff(over, firstPause, longestPause)

    def succeeded(self) -> None:
        self.failures, self.until = 0, 0.0


@define
class _Rarely:
    """Throttles what is told again and again."""

    _next: float = 0.0

    def isDue(self, now: float) -> bool:
        """Whether it is to be told now; then not again for a while."""
        isDue = now >= self._next
        if isDue:
            self._next = now + tellSeconds
        return isDue


class Introspection(StoredAccounts):
    """
    The mode C{url}: all tokens from elsewhere that are known, within bounds.
    """

    mode = "url"

    def __init__(
        self,
        clock: IReactorTime,
        ask: Ask,
        users: Users,
        uptime: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        """
        @param uptime: seconds by a clock that nobody sets.
        @param now: Unix time in seconds.
        """
        super().__init__(users)
        self._clock = clock
        self._ask = ask
        self._uptime = uptime
        self._now = now
        self._good: dict[bytes, ForeignSession] = {}
        self._bad = Remembered(maxKept)
        self._odd = Remembered(maxKept)
        self._asking: SingleFlight[ForeignSession] = SingleFlight()
        self._ofAddress = Quotas(maxAskingOfAddress)
        self._breaker = _Breaker()
        self._retired: dict[str, float] = {}
        # Whether it has said nothing else of late: the first is told of, its address may be wrong.
        self._isOdd = False
        self._complaints = _Rarely()
        self._log = Logger()

    def session(self, token: str, address: str) -> Session | Deferred[ForeignSession]:
        """See L{Accounts.session}: at once, or when the endpoint has been asked."""
        if not _TOKEN.fullmatch(token):
            raise TokenInvalid()
        now, digest = self._uptime(), digestOf(token)
        known = self._good.get(digest)
        if known is not None and not known.isOver(now):
            known.usedAt = now
            return known
        if self._bad.holds(digest, now):
            raise TokenInvalid()
        if self._odd.holds(digest, now):
            raise AuthUnavailable(retryAfter=noSeconds)
        return self._wait(token, address)

    def _wait(self, token: str, address: str) -> Deferred[ForeignSession]:
        if token not in self._asking:
            self._breaker.check(self._uptime())
            if len(self._asking) >= maxAsking or self._ofAddress.isFull(address):
                raise Busy(retryAfter=1)
        return self._asking(lambda: self._find(token, address), token)

    def _find(self, token: str, address: str) -> Deferred[ForeignSession]:
        self._ofAddress.take(address)
        asked = self._ask(token).addTimeout(askSeconds, self._clock)
        asked.addCallback(lambda answer: understand(answer, self._now()))
        asked.addCallbacks(
            self._answered, self._failed, callbackArgs=(token, address), errbackArgs=(token,)
        )
        return asked.addBoth(self._found, address)

    def _answered(self, grant: Grant | None, token: str, address: str) -> Deferred[ForeignSession]:
        self._breaker.succeeded()
        self._isOdd = False
        digest = digestOf(token)
        row = None if grant is None else self._users.find(grant.person.username)
        if grant is None or (row is not None and row.external and row.disabled):
            raise self._isBad(digest)
        bound = Deferred.fromCoroutine(self._users.bind(grant.person))
        return bound.addCallback(lambda _: self._keepGood(digest, token, address, grant))

    def _isBad(self, digest: bytes) -> TokenInvalid:
        """Remember for a while that a token is not good."""
        self._drop(digest, "ended")
        now = self._uptime()
        self._bad.add(digest, now + noSeconds, now)
        return TokenInvalid()

    def _keepGood(self, digest: bytes, token: str, address: str, grant: Grant) -> ForeignSession:
        left = yesSeconds
        if grant.expiresAt is not None:
            left = max(min(left, grant.expiresAt - self._now()), 0.0)
        now = self._uptime()
        session = self._good.get(digest)
        if session is not None and session.person.identity != grant.person.identity:
            self._drop(digest, "ended")
            session = None
        if session is None:
            session = ForeignSession(
                digest,
                grant.person.username,
                now + left,
                now,
                token=token,
                address=address,
                person=grant.person,
                issuedAt=grant.issuedAt,
            )
            self._makeRoom()
            self._good[digest] = session
        isChanged = session.person != grant.person
        session.endsAt, session.person = now + left, grant.person
        session.issuedAt = grant.issuedAt
        if session.timer is None or not session.timer.active():
            session.timer = self._clock.callLater(left, self._isOver, session)
        else:
            session.timer.reset(left)
        if isChanged:
            session.tell("changed")
        return session

    def _makeRoom(self) -> None:
        """Forget the yes that is oldest, if there are too many and nobody hangs on it."""
        if len(self._good) >= maxKept:
            oldest = next((s for s in self._good.values() if not s.isWatched), None)
            if oldest is None:
                raise Busy(retryAfter=yesSeconds)
            self._drop(oldest.digest, "ended")

    def _isOver(self, session: ForeignSession) -> None:
        """A yes is too old: what hangs on it needs another."""
        if not session.isWatched:
            self._drop(session.digest, "ended")
            return
        try:
            again = self._wait(session.token, session.address)
        except (AuthUnavailable, Busy):
            self._drop(session.digest, "lapsed")
        else:
            again.addErrback(
                lambda failure: failure.trap(TokenInvalid, AuthUnavailable, Busy) and None
            )

    def _failed(self, failure: Any, token: str) -> Any:
        if failure.check(TokenInvalid, Busy):
            return failure
        if failure.check(UnfitAnswer):
            self._breaker.succeeded()
            if self._complaints.isDue(self._uptime()):
                self._log.warn("a token can't be used: {reason}", reason=failure.getErrorMessage())
            raise self._isBad(digestOf(token))
        if failure.check(OddAnswer):
            self._breaker.succeeded()
            now = self._uptime()
            self._odd.add(digestOf(token), now + noSeconds, now)
            isNews, self._isOdd = not self._isOdd, True
        else:
            self._breaker.failed(self._uptime())
            isNews = self._breaker.failures == patientFailures
        if isNews:
            self._log.error(
                "the introspection endpoint fails: {reason}", reason=failure.getErrorMessage()
            )
        self._drop(digestOf(token), "lapsed")
        raise AuthUnavailable(retryAfter=1)

    def _found(self, result: Any, address: str) -> Any:
        self._ofAddress.give(address)
        return result

    def _drop(self, digest: bytes, event: Any) -> None:
        session = self._good.pop(digest, None)
        if session is None:
            return
        if session.timer is not None and session.timer.active():
            session.timer.cancel()
        session.endsAt = self._uptime()
        session.tell(event)

    def person(self, session: Session) -> Person:
        """See L{Accounts.person}: it ends when its user is disabled here, too."""
        known = self._good.get(session.digest)
        if known is None or known is not session:
            # Dropped since it was found: nobody asks about it again.
            raise TokenInvalid()
        person = self._bound(known)
        row = self._users.find(session.user)
        if row is None or not row.external:
            return person
        if row.disabled:
            raise TokenInvalid()
        if not isRecordOf(row, person):
            return person
        return merged(person, Person(row.name, row.admin, row.mayCreate, row.rights))

    def rightsOf(self, name: str) -> Person | None:
        """See L{Accounts.rightsOf}: their token may have granted more than is stored."""
        row = self._users.find(name)
        return Person(name) if row is not None and row.external and row.disabled else None

    def _bound(self, session: ForeignSession) -> Person:
        """
        What a token's scope grants now: nothing on a server that has the id of one that is gone,
        unless the token was issued after that had gone.
        """
        person, issuedAt = session.person, session.issuedAt
        if self._retired.keys().isdisjoint(person.servers):
            return person
        servers = {
            server: rights
            for server, rights in person.servers.items()
            if server not in self._retired
            or (issuedAt is not None and issuedAt > self._retired[server])
        }
        return replace(person, servers=servers)

    def destroyed(self, server: str) -> None:
        """See L{Accounts.destroyed}: nor do scopes grant anything on another of this id."""
        super().destroyed(server)
        self._retired[server] = self._now()

    def load(self, connection: Connection) -> None:
        super().load(connection)
        self._retired = loadRetired(connection)

    async def logout(self, session: Session) -> None:
        """See L{Accounts.logout}: what is known of the token is forgotten."""
        self._drop(session.digest, "ended")

    def _changed(self, user: UserChanged) -> None:
        row = self._users.find(user.name)
        isOut = row is not None and row.external and row.disabled
        for session in [s for s in self._good.values() if s.user == user.name]:
            if isOut:
                self._drop(session.digest, "ended")
            else:
                session.tell("changed")

    async def end(self) -> None:
        """See L{Accounts.end}: everything is forgotten."""
        for digest in list(self._good):
            self._drop(digest, "lapsed")
