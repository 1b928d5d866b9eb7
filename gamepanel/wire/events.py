"""
What happened, read and waited for.
"""

from typing import Annotated, Any

from msgspec import Meta

from gamepanel.wire.message import Answer, Index, Message, Seconds, ServerId
from gamepanel.wire.values import EventKind, extensible


class EventInfo(Answer, frozen=True):
    """
    Something that happened.

    @ivar event: its number; numbers grow by one and are never given twice.
    @ivar at: point in time, in seconds since the Unix epoch.
    @ivar server: null when it is about none.
    @ivar kind: what happened.
    @ivar data: what is to be said of it; depends on its kind.
    """

    event: Index
    at: Seconds
    server: ServerId | None
    kind: Annotated[str, extensible(EventKind)]
    data: dict[str, Any]


class ReadEvents(Message, frozen=True):
    """
    @ivar after: only with larger numbers; absent: the newest ones.
    @ivar server: events of this server only.
    @ivar kinds: events of these kinds only.
    @ivar limit: events at the most.
    @ivar wait: seconds to wait for one, when there is none.
    """

    after: Index | None = None
    server: ServerId | None = None
    kinds: Annotated[list[EventKind], Meta(max_length=64)] | None = None
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100
    wait: Annotated[float, Meta(ge=0, le=30)] = 0.0


class EventList(Answer, frozen=True):
    """
    Events, ascending.

    @ivar events: those that may be seen.
    @ivar oldest: number of the oldest event that is kept; 0 when there is none.
    @ivar newest: number of the last event that was looked at; ask on with it.
    """

    events: tuple[EventInfo, ...]
    oldest: Index
    newest: Index


class StreamEvents(Message, frozen=True):
    """
    @ivar after: only with larger numbers; absent: from now on.
    @ivar server: events of this server only.
    """

    after: Index | None = None
    server: ServerId | None = None


class StreamEnd(Answer, frozen=True):
    """
    Why a stream has ended.

    @ivar server: the server that is gone, or may not be seen any more; null when it is the token.
    @ivar code: of the error that a request would get now.
    """

    server: ServerId | None
    code: str
