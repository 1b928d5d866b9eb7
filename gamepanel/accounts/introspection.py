"""
Tokens that come from elsewhere: an introspection endpoint is asked about each.

Source: U{RFC 7662<https://www.rfc-editor.org/rfc/rfc7662>}.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from math import inf
from sqlite3 import Connection
from typing import Any, Final, Protocol

from attrs import define
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from gamepanel.accounts.accounts import Accounts
from gamepanel.accounts.introspected import Grant, OddAnswer, UnfitAnswer, understand
from gamepanel.accounts.networks import Quotas
from gamepanel.accounts.remembered import Remembered
from gamepanel.accounts.rights import Person, Session, SessionEvent, digestOf, merged
from gamepanel.accounts.throttle import Buckets
from gamepanel.accounts.users import UserChanged, Users, isRecordOf, personOf
from gamepanel.base.backoff import backoff
from gamepanel.base.errors import AuthUnavailable, Busy, TokenInvalid
from gamepanel.base.hub import SingleFlight
from gamepanel.store.servers import loadRetired

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


@define(eq=False)
class _Good:
    """
    A token that is good as far as the endpoint has said.

    @ivar token: to ask again.
    @ivar address: of the client that has shown it.
    @ivar grant: whose it is, and what it grants.
    @ivar timer: until it is too old.
    """

    session: Session
    token: str
    address: str
    grant: Grant
    timer: IDelayedCall | None = None


def _bound(grant: Grant, retired: Mapping[str, float]) -> Person:
    """
    What a token's scope grants now: nothing on a server that has the id of one that is gone,
    unless the token was issued after that had gone.

    @param retired: when those went, Unix time in seconds by their ids.
    """
    person, issuedAt = grant.person, grant.issuedAt
    if retired.keys().isdisjoint(person.servers):
        return person
    servers = {
        server: rights
        for server, rights in person.servers.items()
        if server not in retired or (issuedAt is not None and issuedAt > retired[server])
    }
    return replace(person, servers=servers)


class Introspection(Accounts):
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
        self._users = users
        self._clock = clock
        self._ask = ask
        self._uptime = uptime
        self._now = now
        self._good: dict[bytes, _Good] = {}
        self._bad = Remembered(maxKept)
        self._odd = Remembered(maxKept)
        self._asking: SingleFlight[Session] = SingleFlight()
        self._ofAddress = Quotas(maxAskingOfAddress)
        self._breaker = _Breaker()
        self._retired: dict[str, float] = {}
        # Whether it has said nothing else of late: the first is told of, its address may be wrong.
        self._isOdd = False
        self._complaints = Buckets(1 / tellSeconds, 1)
        self._log = Logger()

    def session(self, token: str, address: str) -> Session | Deferred[Session]:
        """See L{Accounts.session}: at once, or when the endpoint has been asked."""
        if not _TOKEN.fullmatch(token):
            raise TokenInvalid()
        now, digest = self._uptime(), digestOf(token)
        known = self._good.get(digest)
        if known is not None and not known.session.isOver(now):
            known.session.usedAt = now
            return known.session
        if self._bad.holds(digest, now):
            raise TokenInvalid()
        if self._odd.holds(digest, now):
            raise AuthUnavailable(retryAfter=noSeconds)
        return self._wait(token, address)

    def _wait(self, token: str, address: str) -> Deferred[Session]:
        if token not in self._asking:
            self._breaker.check(self._uptime())
            if len(self._asking) >= maxAsking or self._ofAddress.isFull(address):
                raise Busy(retryAfter=1)
        return self._asking(lambda: self._find(token, address), token)

    def _find(self, token: str, address: str) -> Deferred[Session]:
        self._ofAddress.take(address)
        asked = self._ask(token).addTimeout(askSeconds, self._clock)
        asked.addCallback(lambda answer: understand(answer, self._now()))
        asked.addCallbacks(
            self._answered, self._failed, callbackArgs=(token, address), errbackArgs=(token,)
        )
        return asked.addBoth(self._found, address)

    def _answered(self, grant: Grant | None, token: str, address: str) -> Deferred[Session]:
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

    def _keepGood(self, digest: bytes, token: str, address: str, grant: Grant) -> Session:
        left = yesSeconds
        if grant.expiresAt is not None:
            left = max(min(left, grant.expiresAt - self._now()), 0.0)
        now = self._uptime()
        good = self._good.get(digest)
        if good is not None and good.grant.person.identity != grant.person.identity:
            self._drop(digest, "ended")
            good = None
        if good is None:
            session = Session(digest, grant.person.username, now + left, now, idle=inf)
            self._makeRoom()
            good = self._good[digest] = _Good(session, token, address, grant)
        isChanged = good.grant.person != grant.person
        good.session.endsAt, good.grant = now + left, grant
        if good.timer is None or not good.timer.active():
            good.timer = self._clock.callLater(left, self._isOver, good)
        else:
            good.timer.reset(left)
        if isChanged:
            good.session.tell("changed")
        return good.session

    def _makeRoom(self) -> None:
        """Forget the yes that is oldest, if there are too many and nobody hangs on it."""
        if len(self._good) >= maxKept:
            sessions = (good.session for good in self._good.values())
            oldest = next((each for each in sessions if not each.isWatched), None)
            if oldest is None:
                raise Busy(retryAfter=yesSeconds)
            self._drop(oldest.digest, "ended")

    def _isOver(self, good: _Good) -> None:
        """A yes is too old: what hangs on it needs another."""
        if not good.session.isWatched:
            self._drop(good.session.digest, "ended")
            return
        try:
            again = self._wait(good.token, good.address)
        except (AuthUnavailable, Busy):
            self._drop(good.session.digest, "lapsed")
        else:
            again.addErrback(
                lambda failure: failure.trap(TokenInvalid, AuthUnavailable, Busy) and None
            )

    def _failed(self, failure: Any, token: str) -> Any:
        if failure.check(TokenInvalid, Busy):
            return failure
        if failure.check(UnfitAnswer):
            self._breaker.succeeded()
            if self._complaints.tryTake("", self._uptime()):
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

    def _drop(self, digest: bytes, event: SessionEvent) -> None:
        good = self._good.pop(digest, None)
        if good is None:
            return
        if good.timer is not None and good.timer.active():
            good.timer.cancel()
        good.session.endsAt = self._uptime()
        good.session.tell(event)

    def person(self, session: Session) -> Person:
        """See L{Accounts.person}: it ends when its user is disabled here, too."""
        known = self._good.get(session.digest)
        if known is None or known.session is not session:
            # Dropped since it was found: nobody asks about it again.
            raise TokenInvalid()
        person = _bound(known.grant, self._retired)
        row = self._users.find(session.user)
        if row is None or not row.external:
            return person
        if row.disabled:
            raise TokenInvalid()
        if not isRecordOf(row, person):
            return person
        return merged(person, personOf(row))

    def rightsOf(self, name: str) -> Person | None:
        """See L{Accounts.rightsOf}: their token may have granted more than is stored."""
        row = self._users.find(name)
        return Person(name) if row is not None and row.external and row.disabled else None

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
        for good in [each for each in self._good.values() if each.session.user == user.name]:
            if isOut:
                self._drop(good.session.digest, "ended")
            else:
                good.session.tell("changed")

    async def end(self) -> None:
        """See L{Accounts.end}: everything is forgotten."""
        for digest in list(self._good):
            self._drop(digest, "lapsed")
