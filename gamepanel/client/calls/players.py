"""
Who plays.
"""

from gamepanel.client.calls.base import Calls
from gamepanel.wire.message import Done
from gamepanel.wire.players import ActOnPlayer, PlayerList, ReadPlayers


class PlayerCalls(Calls):
    """The methods of players."""

    __slots__ = ()

    async def playerList(self, server: str) -> PlayerList:
        """Who plays on a server and has played, and what can be done with them."""
        return await self.connection.call("player_list", ReadPlayers(server=server), PlayerList)

    async def playerAction(self, server: str, action: str, player: str) -> Done:
        """
        Do something with a player, by a command of the game.

        @param action: the name of one of those that L{playerList} tells.
        @param player: their name.
        """
        message = ActOnPlayer(server=server, action=action, player=player)
        return await self.connection.call("player_action", message, Done)
