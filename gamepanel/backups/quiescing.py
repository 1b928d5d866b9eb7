"""
Keeps games from saving while a backup is made (quiesce), and lets them go on afterwards, whatever
became of the backup.

What a game is about to be told stands with its run on the disk before it is told
(L{gamepanel.servers.storedlife.Owed}): a daemon that follows finds there what it owes that very
run, and another run is owed nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.errors import PanelError
from gamepanel.console.lines import Found
from gamepanel.servers.game import Game
from gamepanel.servers.server import GameServer
from gamepanel.servers.serverlog import Taker, savedName
from gamepanel.servers.storedlife import Owed, Quiescing, Run

askSeconds: Final = 1.0
"""So often a game is asked again whether it has saved."""

retrySeconds: Final = 5.0
"""After so long it is tried again to reach a console."""


class _Saved(Taker):
    """
    Waits for the line by which a game says that it holds still.
    """

    names = frozenset({savedName})

    def __init__(self, server: GameServer, found: Callable[[], None]) -> None:
        """@param found: called when that line has come; only what is printed from now on counts."""
        ring = server.ring
        self._begin = ring.position
        last = ring.read(ring.position - 1, 1).data if ring.position else b"\n"
        self._isInside = last != b"\n"
        self._server = server
        self._found = found
        server.search.add(self)

    def entered(self, run: Run) -> tuple[int, bool] | None:
        """Where in the log of the run that was told to save its lines count."""
        game = self._server.game
        isOurs = game is not None and game.record.startedAt == run.startedAt
        return (self._begin, self._isInside) if isOurs else None

    def took(self, found: Found) -> None:
        """A line says that the game has saved."""
        self._found()


class Quiescer:
    """
    Tells games to save and to hold still while they are copied, and to go on afterwards.
    """

    _log = Logger()

    def __init__(self, clock: IReactorTime, now: Callable[[], float]) -> None:
        """@param now: Unix time in seconds."""
        self._clock = clock
        self._now = now
        self._retries: dict[int, IDelayedCall] = {}

    async def quiesce(self, server: GameServer, job: int) -> bool | None:
        """
        Tell a game to hold still, and wait until it does, for as long as its type says.

        Cancelling ends the wait; the game still has to be told to go on.

        @param job: number of the job that makes the backup.

        @return: whether the game holds still; None where its type does not say how, or where it
            does not run.
        """
        game = server.game
        if game is None or server.status.state != "running":
            return None
        quiescing = game.record.quiescing
        if quiescing is None:
            return None
        if game.record.owed is not None:
            # An earlier daemon has told it, or another backup still owes it an end.
            return False
        saved: Deferred[bool] = Deferred()
        taker = _Saved(server, partial(_fire, saved, True))
        stopListening = server.runs.changed.listen(lambda _: _fire(saved, False))
        try:
            game.owe(Owed(job, self._now()))
            for line in quiescing.before:
                await game.command(line)
            return quiescing.until is None or await self._wait(game, quiescing, saved)
        except PanelError:
            # It could not be written down, or the game did not take it.
            return False
        finally:
            stopListening()
            server.search.remove(taker)

    async def _wait(self, game: Game, quiescing: Quiescing, saved: Deferred[bool]) -> bool:
        late = self._clock.callLater(quiescing.patience, _fire, saved, False)
        asking = None
        if quiescing.ask is not None:
            asking = LoopingCall(self._ask, game, quiescing.ask)
            asking.clock = self._clock
            asking.start(askSeconds)
        try:
            return await saved
        finally:
            if late.active():
                late.cancel()
            if asking is not None and asking.running:
                asking.stop()

    def _ask(self, game: Game, line: str) -> None:
        game.command(line).addErrback(lambda failure: None)

    def isStill(self, server: GameServer, job: int) -> bool:
        """Whether a game has held still ever since it was told to for this backup."""
        game = server.game
        owed = None if game is None else game.record.owed
        return server.status.state == "running" and owed is not None and owed.job == job

    def release(self, server: GameServer) -> None:
        """
        Let a game go on, as soon as its console can be reached: the backup is over for which the
        game was told to hold still.
        """
        self._forget(server)
        game = server.game
        # One that is being stopped is told by its stop steps.
        if game is None or game.record.owed is None or server.status.state == "stopping":
            return
        releasing = Deferred.fromCoroutine(self._release(server, game, game.record.owed))
        releasing.addErrback(self._notReleased, server)

    async def _release(self, server: GameServer, game: Game, owed: Owed) -> None:
        for line in game.record.after:
            await game.command(line)
            if game.isOver or server.status.state == "stopping":
                # Its stop steps have this line, too, and are counted.
                return
            owed = replace(owed, told=owed.told + 1)
            game.told(owed)
        game.told(None)
        seconds = max(self._now() - owed.at, 0.0)
        server.log.tell(f"The game was kept from saving for {seconds:.1f} s, for a backup.")

    def _notReleased(self, failure: Failure, server: GameServer) -> None:
        if not failure.check(PanelError):
            self._log.failure("{server}: its game can't be let go on", failure, server=server.id)
        self._forget(server)
        later = self._clock.callLater(retrySeconds, self.release, server)
        self._retries[server.creation] = later

    def _forget(self, server: GameServer) -> None:
        later = self._retries.pop(server.creation, None)
        if later is not None and later.active():
            later.cancel()

    def leave(self) -> None:
        """Let go of all plans: the next daemon lets the games go on."""
        for later in self._retries.values():
            if later.active():
                later.cancel()
        self._retries.clear()


def _fire(saved: Deferred[bool], isSaved: bool) -> None:
    if not saved.called:
        saved.callback(isSaved)
