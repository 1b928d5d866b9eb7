"""
What people do with players.
"""

import re
from typing import Final

from msgspec import Struct

from gamepanel.base.errors import BadRequest, NotRunning, problem
from gamepanel.console.linepatterns import linear
from gamepanel.operations.actor import Actor, reach
from gamepanel.servers.channels.channel import maxCommandBytes
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.servers.storedlife import Action
from gamepanel.wire.causes import because

_CONTROLS: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029]")


def actionsOf(server: GameServer) -> tuple[Action, ...]:
    """What can be done with players of a server now, as its type said when it was started."""
    run = server.run
    return () if run is None or server.logEnded else run.actions


def commandFor(action: Action, player: str) -> str:
    """
    The line for the console.

    @raise BadRequest: when the action does not allow the name.
    """
    isAllowed = not _CONTROLS.search(player) and linear(action.allow).fullmatch(player)
    if not isAllowed:
        wrong = because("player_not_possible", action=action.name)
        raise BadRequest(problems=(problem(("player",), wrong),))
    command = action.command.replace("\0", player)
    if len(command.encode()) > maxCommandBytes:
        raise BadRequest(problems=(problem(("player",), because("command_too_long")),))
    return command


class PlayerOperations(Struct, frozen=True):
    """
    The players of all servers.
    """

    _directory: Directory

    async def act(self, actor: Actor, id: str, name: str, player: str) -> None:
        """
        Do something with a player: hand the server's game the command that its type has for that.
        It wants the right C{command}.

        @param name: of the action.

        @raise BadRequest: when there is no such action, or it does not allow the name.
        @raise NotRunning: when there is no game.
        """
        shown = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", f"{name} {player}")
        with actor.acting("player_action", id, shown):
            server = reach(self._directory, actor.person, id, "command")
            if server.logEnded:
                raise NotRunning()
            for action in actionsOf(server):
                if action.name == name:
                    await server.command(commandFor(action, player))
                    return
            raise BadRequest(problems=(problem(("action",), because("no_such_action")),))
