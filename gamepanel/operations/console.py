"""
Typing into consoles.
"""

from typing import Final

from msgspec import Struct

from gamepanel.base.errors import BadRequest, problem
from gamepanel.operations.actor import Actor, reach
from gamepanel.servers.channels.channel import maxCommandBytes
from gamepanel.servers.directory import Directory
from gamepanel.wire.causes import because

_longestNoted: Final = 200
"""In the audit trail this much of a command is kept, in characters."""


def _shortened(command: str) -> str:
    """What the audit trail keeps of a command; it is long enough to tell what was done."""
    if len(command) <= _longestNoted:
        return command
    return command[: _longestNoted - 1] + "…"


class Console(Struct, frozen=True):
    """
    The consoles of all servers.
    """

    _directory: Directory

    async def send(self, actor: Actor, id: str, command: str) -> None:
        """
        Hand a server's game one line, and return when the kernel has all of it. It wants the
        right C{command}.

        @param command: without its line end.

        @raise BadRequest: when it is too long.
        @raise NotRunning: when there is no game.
        @raise StdinFull: when the game does not read.
        @raise StdinClosed: when the game has closed its stdin.
        """
        with actor.acting("server_cmd", id, _shortened(command)):
            if len(command.encode()) > maxCommandBytes:
                wrong = problem(("command",), because("too_many_bytes", most=maxCommandBytes))
                raise BadRequest(problems=(wrong,))
            await reach(self._directory, actor.person, id, "command").command(command)
