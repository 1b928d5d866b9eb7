"""
Who plays.
"""

from msgspec import Struct

from gamepanel.base.errors import (
    BadRequest,
    ConsoleUnavailable,
    Forbidden,
    NoSuchServer,
    NotRunning,
    StdinClosed,
    StdinFull,
)
from gamepanel.operations.players import PlayerOperations, actionsOf
from gamepanel.operations.reach import reach
from gamepanel.players.service import Players
from gamepanel.servers.directory import Directory
from gamepanel.web.endpoint import Access, Call, Section
from gamepanel.wire.message import Done, milliseconds
from gamepanel.wire.players import ActionInfo, ActOnPlayer, PlayerInfo, PlayerList, ReadPlayers


class PlayerEndpoints(Struct, frozen=True):
    """
    Players, of section 10 of the contract.
    """

    section = Section("Players")

    access: Access
    directory: Directory
    players: Players
    operations: PlayerOperations

    @section.endpoint("player_list", ReadPlayers, raises=(NoSuchServer,))
    async def playerList(self, call: Call[ReadPlayers]) -> PlayerList:
        """Who plays and has played, and what can be done with them."""
        server = reach(self.directory, call.person, call.message.server, "view")
        found = await self.players.read(server)
        return PlayerList(
            players=tuple(
                PlayerInfo(
                    name=row.name,
                    online=row.since is not None,
                    since=None if row.since is None else milliseconds(row.since),
                    lastSeen=milliseconds(row.lastSeen),
                )
                for row in found
            ),
            actions=tuple(
                ActionInfo(name=action.name, title=action.title) for action in actionsOf(server)
            ),
        )

    @section.endpoint(
        "player_action",
        ActOnPlayer,
        raises=(
            *(NoSuchServer, Forbidden, BadRequest, NotRunning),
            *(ConsoleUnavailable, StdinFull, StdinClosed),
        ),
    )
    async def playerAction(self, call: Call[ActOnPlayer]) -> Done:
        """Do something with a player, by a command of the game."""
        message = call.message
        await self.operations.act(call.actor, message.server, message.action, message.player)
        return Done()
