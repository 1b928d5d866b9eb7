"""
What people do with a server: start and end it, type into its console, act on its players.
"""

import re
from typing import Final

from msgspec import Struct

from gamepanel.base.errors import BadRequest, NotRunning, problem
from gamepanel.console.linepatterns import linear
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Actor, checkRest, reach, usable
from gamepanel.servers.channels.channel import maxCommandBytes
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.servers.storedlife import Action
from gamepanel.wire.causes import because
from gamepanel.wire.values import State


class Power(Struct, frozen=True):
    """
    Each wants the right C{power} and returns the server's state after it.
    """

    _directory: Directory
    _jobs: Jobs

    async def start(self, actor: Actor, id: str) -> State:
        """
        Start a server.

        @raise AlreadyRunning: when it runs.
        @raise JobRunning: when it has a job that needs it at rest.
        @raise SpawnFailed: when it can't be started, with the reason.
        """
        with actor.acting("server_start", id):
            server = await usable(self._directory, actor.person, id, "power")
            checkRest(self._jobs, server)
            await server.start(actor.name)
        return "starting"

    async def stop(self, actor: Actor, id: str) -> State:
        """
        Stop a server as its type says.

        @raise NotRunning: when it does not run.
        """
        with actor.acting("server_stop", id):
            server = await usable(self._directory, actor.person, id, "power")
            server.stop(actor.name)
        return server.status.state

    async def restart(self, actor: Actor, id: str) -> State:
        """
        Stop a server as its type says, and start it again.

        @raise JobRunning: when it has a job that needs it at rest.
        """
        with actor.acting("server_restart", id):
            server = await usable(self._directory, actor.person, id, "power")
            checkRest(self._jobs, server)
            server.restart(actor.name)
        return server.status.state

    async def terminate(self, actor: Actor, id: str) -> State:
        """
        Send SIGTERM to the process group of a server's game.

        @raise NotRunning: when it does not run.
        """
        with actor.acting("server_kill", id):
            server = await usable(self._directory, actor.person, id, "power")
            server.terminate(actor.name)
        return server.status.state

    async def kill(self, actor: Actor, id: str) -> State:
        """
        Send SIGKILL to every process of a server.

        @raise NotRunning: when it has none.
        """
        with actor.acting("server_force_kill", id):
            server = await usable(self._directory, actor.person, id, "power")
            waited = server.status.state == "waiting"
            await server.killEverything(actor.name)
        return server.status.state if waited else "stopping"


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
