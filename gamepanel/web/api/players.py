"""
Who plays.
"""

from msgspec import Struct

from gamepanel.operations.actor import reach
from gamepanel.operations.power import actionsOf
from gamepanel.players.service import Players
from gamepanel.servers.directory import Directory
from gamepanel.web.api.endpoint import Call, serves
from gamepanel.wire.message import milliseconds
from gamepanel.wire.players import ActionInfo, PlayerInfo, PlayerList, ReadPlayers


class PlayerEndpoints(Struct, frozen=True):
    """
    Players, of section 10 of the contract.
    """

    directory: Directory
    players: Players

    @serves("player_list")
    async def playerList(self, call: Call[ReadPlayers]) -> PlayerList:
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
