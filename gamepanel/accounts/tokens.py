"""
Login tokens, of which nothing is stored.
"""

import secrets
import struct
from collections.abc import Callable
from hashlib import blake2b
from hmac import compare_digest
from typing import Final

from msgspec import Struct

from gamepanel.accounts.remembered import Remembered
from gamepanel.base.errors import (
    Busy,
    LoginTokenExpired,
    LoginTokenInvalid,
    LoginTokenUsed,
)

loginTokenSeconds: Final = 300

_maxUsed: Final = 100_000

_TICKET: Final = struct.Struct(">17sQBB")
_MAC_BYTES: Final = 16


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
