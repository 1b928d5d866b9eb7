"""
Tickets: each is good for one download, by who can't send a header (a link in a browser).
"""

import secrets
import time
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from gamepanel.base.errors import TokenInvalid

ticketSeconds: Final = 60

maxTickets: Final = 100
"""Of one user; the next one takes the place of the oldest."""

Thing = tuple[str, int, str]
"""What a ticket is good for: a kind of thing, the number of what it is in, and its name there."""


class DownloadTicket(Struct, frozen=True):
    """
    @ivar user: who asked for it.
    @ivar token: the access token that asked for it, with which it ends; None where none is needed.
    @ivar expiresAt: by the clock that it was made by, in seconds.
    """

    user: str
    token: str | None
    thing: Thing
    expiresAt: float


class Tickets:
    """
    All tickets that are good, the oldest first. They end with the daemon.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        """
        @param monotonic: a clock that nobody sets, in seconds.
        """
        self._monotonic = monotonic
        self._tickets: dict[str, DownloadTicket] = {}

    def issue(self, user: str, token: str | None, thing: Thing) -> str:
        """
        Make a ticket.

        @return: 64 hex digits.
        """
        now = self._monotonic()
        for name, ticket in list(self._tickets.items()):
            if ticket.expiresAt <= now:
                del self._tickets[name]
        own = [name for name, ticket in self._tickets.items() if ticket.user == user]
        if len(own) >= maxTickets:
            del self._tickets[own[0]]
        made = secrets.token_hex(32)
        self._tickets[made] = DownloadTicket(user, token, thing, now + ticketSeconds)
        return made

    def find(self, ticket: str) -> DownloadTicket:
        """
        What a ticket says, which is not used up by that.

        @raise TokenInvalid: when it is none, used up or over.
        """
        found = self._tickets.get(ticket)
        if found is None or found.expiresAt <= self._monotonic():
            raise TokenInvalid()
        return found

    def use(self, ticket: str, thing: Thing) -> None:
        """
        Use a ticket up.

        @raise TokenInvalid: when it is not good, or not for this.
        """
        if self.find(ticket).thing != thing:
            raise TokenInvalid()
        del self._tickets[ticket]
