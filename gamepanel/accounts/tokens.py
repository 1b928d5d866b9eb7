"""
Login tokens, of which nothing is stored, and access tokens, of which only a
digest is.
"""

import re
import secrets
import struct
from collections.abc import Callable, Iterable
from hashlib import blake2b
from hmac import compare_digest
from math import inf
from typing import Final, Literal

from attrs import Factory, define
from msgspec import Struct

from gamepanel.accounts.remembered import Remembered
from gamepanel.base.errors import (
    Busy,
    LoginTokenExpired,
    LoginTokenInvalid,
    LoginTokenUsed,
    TokenInvalid,
)
from gamepanel.base.hub import Hub
from gamepanel.store import TokenRow

loginTokenSeconds: Final = 300
idleSeconds: Final = 7 * 86400
"""An access token that is not used for so long has expired."""

lifeSeconds: Final = 30 * 86400
"""No access token lives longer."""

maxTokens: Final = 20
"""Access tokens of one user; the next one takes the place of the one used longest ago."""

_maxUsed: Final = 100_000

_TICKET: Final = struct.Struct(">17sQBB")
_MAC_BYTES: Final = 16
_ACCESS_TOKEN: Final = re.compile(r"[0-9a-f]{64}")


class Ticket(Struct, frozen=True):
    """
    What a login token says.

    @ivar nonce: tells it from all others.
    @ivar expiresAt: monotonic, in milliseconds.
    @ivar amount: of proofs.
    @ivar difficulty: of each proof, in bits.
    """

    nonce: bytes
    expiresAt: int
    amount: int
    difficulty: int


class LoginTokens:
    """
    Makes login tokens and knows its own again. They end with the daemon.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """
        @param monotonic: a clock that nobody sets, in seconds.
        """
        self._monotonic = monotonic
        self._key = secrets.token_bytes(32)
        # Each has cost a proof of work.
        self._used = Remembered(_maxUsed)

    def _mac(self, ticket: bytes) -> bytes:
        return blake2b(
            ticket, key=self._key, digest_size=_MAC_BYTES, person=b"gamepanel-login"
        ).digest()

    def _now(self) -> int:
        return int(self._monotonic() * 1000)

    def issue(self, amount: int, difficulty: int) -> str:
        """A new token, for one login."""
        expiresAt = self._now() + loginTokenSeconds * 1000
        ticket = _TICKET.pack(secrets.token_bytes(17), expiresAt, amount, difficulty)
        return (ticket + self._mac(ticket)).hex()

    def read(self, token: str) -> Ticket:
        """
        What a token says.

        @raise LoginTokenInvalid: when it is not one of ours.
        @raise LoginTokenExpired: when it is too old.
        @raise LoginTokenUsed: when it was used.
        """
        try:
            data = bytes.fromhex(token)
        except ValueError:
            raise LoginTokenInvalid() from None
        ticket, mac = data[: _TICKET.size], data[_TICKET.size :]
        # The hex must be as it was issued: it is part of the proof's seed.
        if token != data.hex() or not compare_digest(mac, self._mac(ticket)):
            raise LoginTokenInvalid()
        result = Ticket(*_TICKET.unpack(ticket))
        if result.expiresAt <= self._now():
            raise LoginTokenExpired()
        if self._used.holds(result.nonce, self._now()):
            raise LoginTokenUsed()
        return result

    def use(self, ticket: Ticket) -> None:
        """
        From now on the token counts as used.

        @raise Busy: when more are in use than can be remembered.
        """
        now = self._now()
        if self._used.isFull(now):
            raise Busy(retryAfter=loginTokenSeconds)
        self._used.add(ticket.nonce, ticket.expiresAt, now)


def digestOf(token: str) -> bytes:
    """What is stored of an access token."""
    return blake2b(token.encode(), digest_size=32, person=b"gamepanel-access").digest()


SessionEvent = Literal["ended", "lapsed", "changed"]
"""
What happens to a token: it is good no more; for now nobody can say whether it is; its
user has other rights now.
"""


@define(eq=False, repr=False)
class Session:
    """
    An access token that is good.

    @ivar digest: of the token.
    @ivar user: whose it is.
    @ivar endsAt: when it ends at the latest, in seconds of a clock that nobody sets.
    @ivar usedAt: when it was used last, by the same clock.
    @ivar idle: for how many seconds it may go unused; without a bound where somebody else vouches
        for it.
    """

    digest: bytes
    user: str
    endsAt: float
    usedAt: float
    idle: float = idleSeconds
    _hub: Hub[SessionEvent] = Factory(Hub)

    @property
    def isForeign(self) -> bool:
        """Whether somebody else vouches for the token."""
        return self.idle == inf

    @property
    def idleEnd(self) -> float:
        """When it ends if it is not used."""
        return min(self.endsAt, self.usedAt + self.idle)

    def isOver(self, uptime: float) -> bool:
        """Whether its time has come, by the clock that it was made by."""
        return uptime >= self.idleEnd

    def watch(self, callback: Callable[[SessionEvent], None]) -> Callable[[], None]:
        """
        @param callback: called with what happens to the token before its time.

        @return: a function that takes it back; harmless when called already.
        """
        return self._hub.listen(callback)

    @property
    def isWatched(self) -> bool:
        """Whether something goes on for as long as the token is good."""
        return bool(self._hub)

    def tell(self, event: SessionEvent) -> None:
        """Tell those who want to know."""
        self._hub.tell(event)


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
