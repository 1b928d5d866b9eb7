"""
What people do with a server: start and end it, type into its console, act on its players.
"""

import re
from typing import Final

from msgspec import Struct

from gamepanel.base.errors import BadRequest, NotRunning, problem
from gamepanel.console.linepatterns import linear
from gamepanel.jobs.queue import Jobs
from gamepanel.operations.actor import Actor, carriesOut, checkRest, reach, usable
from gamepanel.servers.channels.channel import maxCommandBytes
from gamepanel.servers.directory import Directory
from gamepanel.servers.server import GameServer
from gamepanel.servers.storedlife import Action
from gamepanel.wire.causes import because
from gamepanel.wire.message import Done
from gamepanel.wire.players import ActOnPlayer
from gamepanel.wire.server import Command, NewStatus, OfServer


class Power(Struct, frozen=True):
    """
    Each wants the right C{power} and returns the server's state after it.
    """

    _directory: Directory
    _jobs: Jobs

    @carriesOut("server_start")
    async def start(self, actor: Actor, wanted: OfServer) -> NewStatus:
        """
        Start a server.

        @raise AlreadyRunning: when it runs.
        @raise JobRunning: when it has a job that needs it at rest.
        @raise SpawnFailed: when it can't be started, with the reason.
        """
        with actor.acting("server_start", wanted.server):
            server = await usable(self._directory, actor.person, wanted.server, "power")
            checkRest(self._jobs, server)
            await server.start(actor.name)
        return NewStatus(status="starting")

    @carriesOut("server_stop")
    async def stop(self, actor: Actor, wanted: OfServer) -> NewStatus:
        """
        Stop a server as its type says.

        @raise NotRunning: when it does not run.
        """
        with actor.acting("server_stop", wanted.server):
            server = await usable(self._directory, actor.person, wanted.server, "power")
            server.stop(actor.name)
        return NewStatus(status=server.status.state)

    @carriesOut("server_restart")
    async def restart(self, actor: Actor, wanted: OfServer) -> NewStatus:
        """
        Stop a server as its type says, and start it again.

        @raise JobRunning: when it has a job that needs it at rest.
        """
        with actor.acting("server_restart", wanted.server):
            server = await usable(self._directory, actor.person, wanted.server, "power")
            checkRest(self._jobs, server)
            server.restart(actor.name)
        return NewStatus(status=server.status.state)

    @carriesOut("server_kill")
    async def terminate(self, actor: Actor, wanted: OfServer) -> NewStatus:
        """
        Send SIGTERM to the process group of a server's game.

        @raise NotRunning: when it does not run.
        """
        with actor.acting("server_kill", wanted.server):
            server = await usable(self._directory, actor.person, wanted.server, "power")
            server.terminate(actor.name)
        return NewStatus(status=server.status.state)

    @carriesOut("server_force_kill")
    async def kill(self, actor: Actor, wanted: OfServer) -> NewStatus:
        """
        Send SIGKILL to every process of a server.

        @raise NotRunning: when it has none.
        """
        with actor.acting("server_force_kill", wanted.server):
            server = await usable(self._directory, actor.person, wanted.server, "power")
            waited = server.status.state == "waiting"
            await server.killEverything(actor.name)
        return NewStatus(status=server.status.state if waited else "stopping")


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

    @carriesOut("server_cmd")
    async def send(self, actor: Actor, wanted: Command) -> Done:
        """
        Hand a server's game one line, and return when the kernel has all of it. It wants the
        right C{command}.

        @raise BadRequest: when it is too long.
        @raise NotRunning: when there is no game.
        @raise StdinFull: when the game does not read.
        @raise StdinClosed: when the game has closed its stdin.
        """
        command = wanted.command
        with actor.acting("server_cmd", wanted.server, _shortened(command)):
            if len(command.encode()) > maxCommandBytes:
                wrong = problem(("command",), because("too_many_bytes", most=maxCommandBytes))
                raise BadRequest(problems=(wrong,))
            server = reach(self._directory, actor.person, wanted.server, "command")
            await server.command(command)
        return Done()


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

    @carriesOut("player_action")
    async def act(self, actor: Actor, wanted: ActOnPlayer) -> Done:
        """
        Do something with a player: hand the server's game the command that its type has for that.
        It wants the right C{command}.

        @raise BadRequest: when there is no such action, or it does not allow the name.
        @raise NotRunning: when there is no game.
        """
        name, player = wanted.action, wanted.player
        shown = _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", f"{name} {player}")
        with actor.acting("player_action", wanted.server, shown):
            server = reach(self._directory, actor.person, wanted.server, "command")
            if server.logEnded:
                raise NotRunning()
            for action in actionsOf(server):
                if action.name == name:
                    await server.command(commandFor(action, player))
                    return Done()
            raise BadRequest(problems=(problem(("action",), because("no_such_action")),))
