"""
Who plays and has played on a server, and what can be done with them.
"""

from typing import Annotated

from msgspec import Meta

from gamepanel.wire.message import Answer, Message, Seconds, ServerId, Text


class ReadPlayers(Message, frozen=True):
    """A request for who plays and has played."""

    server: ServerId


class PlayerInfo(Answer, frozen=True):
    """
    A player.

    @ivar name: as the game has it.
    @ivar online: whether they are there.
    @ivar since: since when, in seconds since the Unix epoch; null when they are not.
    @ivar lastSeen: when they were last there, likewise.
    """

    name: str
    online: bool
    since: Seconds | None
    lastSeen: Seconds


class ActionInfo(Answer, frozen=True):
    """
    Something that can be done with a player.

    @ivar name: what to ask for.
    """

    name: str
    title: Text


class PlayerList(Answer, frozen=True):
    """
    Players of a server.

    @ivar players: those who are there, in the order in which they came, and then those who were,
        the last one first.
    @ivar actions: what can be done with them now; nothing while the server does not run.
    """

    players: tuple[PlayerInfo, ...]
    actions: tuple[ActionInfo, ...]


class ActOnPlayer(Message, frozen=True):
    """
    A request to do something with a player.

    @ivar action: the name of one of the C{actions} of C{player_list}.
    @ivar player: their name.
    """

    server: ServerId
    action: Annotated[str, Meta(max_length=32)]
    player: Annotated[str, Meta(min_length=1, max_length=256)]
