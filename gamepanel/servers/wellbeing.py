"""
Whether the game of a server answers: what is kept of that with the server. What asks is
L{gamepanel.players.queries}.
"""

from collections.abc import Callable
from typing import Any

from attrs import define

from gamepanel.games.query import Asking
from gamepanel.servers.basics import Basics
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.lifefile import LifeFile
from gamepanel.servers.resuming import Lifecycle
from gamepanel.servers.storedlife import Run


@define(eq=False, repr=False)
class Wellbeing:
    """
    Whether the game of a server answers.
    """

    _basics: Basics
    _file: LifeFile
    _current: CurrentRun
    _lifecycle: Callable[[], Lifecycle]

    @property
    def run(self) -> Run | None:
        """The run whose game is to be asked: players can come, and its type says how."""
        run = self._file.run
        if run is None or run.asking is None or not self._current.alive:
            return None
        return run if self._lifecycle().status.state == "running" else None

    @property
    def asking(self) -> Asking | None:
        """How its game is to be asked now, if it is."""
        return None if self.run is None else self.run.asking

    def show(self, responds: bool) -> None:
        """It has answered its last query, or has not."""
        if self._basics.responds is not responds:
            self._basics.responds = responds
            self._file.tell(self._lifecycle().status)

    def answered(self) -> None:
        """It has answered for the first time in this run. This outlives the daemon."""
        if self._note(answered=True):
            self._file.save(self._lifecycle().status)

    def hung(self, since: float, seconds: float) -> None:
        """
        It hangs.

        @param since: when it has begun to, in seconds since the host started.
        @param seconds: for how long it has been asked in vain.
        """
        if self._note(silentSince=since):
            life = self._lifecycle().life
            life._hung(seconds)
            if self._basics.settings.restartsWhenHung:
                life._stopHung(f"its game gave no answer for {seconds:.0f} seconds")

    def responding(self, seconds: float) -> None:
        """
        It answers again.

        @param seconds: after how long.
        """
        if self._note(silentSince=None):
            self._lifecycle().life._responding(seconds)

    def _note(self, **changes: Any) -> bool:
        """Keep something with the run that goes on; whether there is one."""
        game = self._current.game
        if self.run is None or game is None:
            return False
        game.note(**changes)
        return True
