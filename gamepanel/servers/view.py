"""
What can be said of a server at one moment: a value, and how it comes about.
"""

from msgspec import Struct

from gamepanel.process.usage import Usage
from gamepanel.servers.game import Game
from gamepanel.servers.restart import recent
from gamepanel.servers.server import GameServer, Presence
from gamepanel.servers.state import Crashed, Failed, Installing, Reason, Status, Waiting
from gamepanel.servers.storedlife import Run


class View(Struct, frozen=True):
    """
    What can be said of a server at one moment.

    @ivar readIndex: end of its log.
    @ivar run: the current run, or the last.
    @ivar alive: whether that run goes on.
    @ivar pid: the game's own process, while it is alive and known.
    @ivar uptime: for how long it has been alive, in seconds; None when it is not.
    @ivar crashes: how many crashes count now.
    @ivar window: for how long each counts, in seconds; None when there are none.
    @ivar nextAt: when it will be started again, Unix time in seconds, while it waits for that.
    @ivar usage: what its processes used when last looked at, while it is alive.
    @ivar players: who plays; None when that is not known.
    @ivar responds: whether its game has answered its last query; None when that is not known.
    @ivar givenUp: why it is not started again, although it has crashed or failed.
    """

    status: Status
    readIndex: int
    run: Run | None
    alive: bool
    pid: int | None
    uptime: float | None
    crashes: int
    window: float | None
    nextAt: float | None
    usage: Usage | None
    players: Presence | None = None
    responds: bool | None = None
    givenUp: Reason | None = None


Trace = tuple[object, ...]
"""Which server is meant, and what is to be said of it: equal as long as both stay."""


def viewOf(server: GameServer) -> View:
    """All that can be said of a server now."""
    status, run, game = server.life.status, server.file.run, server.runs.game
    kernel = server.basics.kernel
    crashes, window = _crashes(server, status)
    return View(
        status,
        server.log.ring.position,
        run,
        game is not None,
        None if game is None else game.record.pid,
        None if game is None else round(kernel.uptime() - game.record.startedUptime, 3),
        crashes,
        window if crashes else None,
        _nextAt(server, status),
        None if game is None else _usage(server, game),
        server.players,
        None if game is None else game.responds,
        _givenUp(status),
    )


def _givenUp(status: Status) -> Reason | None:
    last = status.before if isinstance(status, Installing) else status
    return last.givenUp if isinstance(last, Crashed | Failed) else None


def traceOf(server: GameServer) -> Trace:
    """
    What the view and the appearance of a server are made of, at a fraction of the cost. Equal as
    long as these are, except that C{uptime} counts in whole seconds.
    """
    status, game, installed = server.life.status, server.runs.game, server.installed
    return (
        server.id,
        server.creation,
        status,
        server.basics.appearance,
        # Installed anew, its time is another.
        None if installed is None else (installed.version, installed.at),
        server.job,
        server.file.run,
        server.log.ring.position,
        None if game is None else int(server.basics.kernel.uptime()),
        None if game is None else _usage(server, game),
        None if game is None else game.responds,
        _crashes(server, status) if status.crashes else None,
        _nextAt(server, status),
        server.players,
    )


def _crashes(server: GameServer, status: Status) -> tuple[int, float]:
    window = server.policy().window if status.crashes else 0.0
    return len(recent(status.crashes, server.basics.kernel.uptime(), window)), window


def _nextAt(server: GameServer, status: Status) -> float | None:
    # As people's clocks have it now.
    kernel = server.basics.kernel
    if not isinstance(status, Waiting):
        return None
    return round(kernel.now() + status.restartAt - kernel.uptime(), 3)


def _usage(server: GameServer, game: Game) -> Usage | None:
    shim = game.shim
    return None if shim is None else server.basics.context.counting.usage(shim)
