"""
What happened, and what servers and the host have used.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import cast

from gamepanel.client import following
from gamepanel.client.calls.base import Calls
from gamepanel.wire.events import EventInfo, EventList, ReadEvents
from gamepanel.wire.history import (
    HostHistory,
    HostStatus,
    ReadHistory,
    ReadHostHistory,
    UsageHistory,
)
from gamepanel.wire.message import Empty
from gamepanel.wire.values import EventKind


class EventCalls(Calls):
    """The methods of events and history."""

    __slots__ = ()

    async def eventList(
        self,
        *,
        after: int | None = None,
        server: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = 100,
        wait: float = 0.0,
    ) -> EventList:
        """
        What happened, ascending.

        @param after: only events with larger numbers; None: the newest ones.
        @param server: events of this server only.
        @param kinds: events of these kinds only.
        @param wait: seconds to wait for an event when there is none, 0 to 30.
        """
        message = ReadEvents(
            after=after,
            server=server,
            kinds=None if kinds is None else cast(list[EventKind], list(kinds)),
            limit=limit,
            wait=wait,
        )
        return await self.connection.call("event_list", message, EventList, patience=wait)

    def followEvents(
        self,
        *,
        after: int | None = None,
        server: str | None = None,
        kinds: Sequence[str] | None = None,
        away: Callable[[str | None], None] | None = None,
    ) -> AsyncIterator[EventInfo]:
        """
        What happens, for as long as one likes.

        It goes on through lost connections and restarts of the daemon: each event comes once.

        @param after: the number of the last event that is known; None: from now on.
        @param away: called with a sentence when the daemon can't be reached, and with None
            when it can again.

        @return: events for C{async for}.

        @raise NoSuchServer: in the loop, when the server is destroyed or may not be seen.
        @raise TokenInvalid: in the loop, when the token ends.
        """
        return following.followEvents(self.clock, self.eventList, after, server, kinds, away)

    async def serverHistory(self, server: str, *, seconds: int = 3600) -> UsageHistory:
        """
        What a server used lately.

        @param seconds: how far back, 60 to 5184000.
        """
        message = ReadHistory(server=server, seconds=seconds)
        return await self.connection.call("server_history", message, UsageHistory)

    async def hostStatus(self) -> HostStatus:
        """What the host has and uses now."""
        return await self.connection.call("host_status", Empty(), HostStatus)

    async def hostHistory(self, *, seconds: int = 3600) -> HostHistory:
        """
        What the host used lately.

        @param seconds: how far back, 60 to 5184000.
        """
        message = ReadHostHistory(seconds=seconds)
        return await self.connection.call("host_history", message, HostHistory)
