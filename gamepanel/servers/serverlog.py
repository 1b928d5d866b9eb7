"""
The log of one server, and those who follow it.
"""

from collections.abc import Callable
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gamepanel.base.finetimer import leastRest, togetherSeconds
from gamepanel.base.hub import Hub
from gamepanel.console.inserting import Inserter
from gamepanel.console.ring import Ring
from gamepanel.console.sync import LogSync
from gamepanel.servers.basics import Basics
from gamepanel.servers.events import LogGrew, ServerEvent

leastSeconds: Final = 0.0019
"""So long is waited at the least between telling those who watch a log that it grows; mostly."""

mostSeconds: Final = 0.005
"""So long at the most, and where nobody watches."""

tellingFactor: Final = 9
"""In between, so many times as long as it takes to tell them: it never takes all of the daemon."""

smoothing: Final = 16
"""
A longer time counts for one part of so many each time, since the processor may have been somebody
else's; a shorter one counts at once.
"""

maxNote: Final = 500
"""Characters of a line that tells of what is done."""


class ServerLog:
    """
    The log of one server.

    @ivar ring: what is in it.
    @ivar isOpen: whether something can be printed into it, since a run goes on.
    @ivar matchers: told before everybody else that there is more to look at.
    @ivar sync: lets the disk have it.
    """

    _log = Logger()

    def __init__(self, basics: Basics, ring: Ring, happens: Hub[ServerEvent]) -> None:
        self.ring = ring
        self.isOpen = False
        self.matchers: Hub[None] = Hub()
        context = basics.context
        self.sync = LogSync(
            context.reactor, context.threads.disk, basics.id, basics.directory, self._state
        )
        self._inserter: Inserter | None = None
        self._basics = basics
        self._happens = happens
        self._isDue = False
        self._nextAt = 0.0
        self._pause = mostSeconds
        self._tellingTakes = 0.0
        # Fires when it may grow; None until it had to wait for that.
        self._opened: Deferred[Any] | None = None

    def replace(self, ring: Ring) -> None:
        """Its file can be used now, and has this in it."""
        self.ring = ring

    def open(self) -> None:
        """Something can be printed into it."""
        self.isOpen = True

    def close(self) -> None:
        """Nothing more can be printed into it."""
        self.isOpen = False

    def openForNotes(self) -> None:
        """Long work tells in it what it does, although no run goes on."""
        if not self.isOpen:
            self.isOpen = True
            # From here on indexes are given out that the disk does not know of.
            self._opened = self.sync.beforeOpening()
            self._opened.addErrback(
                lambda failure: self._log.failure(
                    "{server}: its console can't be synced", failure, server=self._basics.id
                )
            )

    def note(self, text: str, about: Callable[[int], None] = lambda target: None) -> None:
        """
        Tell, on a line of its own, what long work does.

        @param about: called just before, with the index at which the console will end then.
        """
        if self._opened is None:
            self._append(text, about)
        else:
            self._opened.addCallback(lambda _: self._append(text, about))

    def _append(self, text: str, about: Callable[[int], None]) -> None:
        plain = "".join(each if each.isprintable() else " " for each in text)[:maxNote]
        last = self.ring.read(max(self.ring.position - 1, 0), 1).data
        begin = b"" if last in (b"", b"\n") else b"\n"
        line = begin + f"[gamepanel] {plain}\n".encode(errors="replace")
        about(self.ring.position + len(line))
        self.ring.append(line)
        self.grew()

    def _state(self) -> tuple[Ring, bool]:
        return self.ring, self.isOpen

    def inserter(self) -> Inserter:
        """Writes lines into it that the game does not print; few logs ever need that."""
        if self._inserter is None:
            reactor = self._basics.context.reactor
            self._inserter = Inserter(reactor, lambda: self.ring, self.grew)
        return self._inserter

    def flush(self) -> None:
        """Write what waits for the game to end its line, now."""
        if self._inserter is not None:
            self._inserter.flush()

    def grew(self) -> float:
        """
        There is more in the ring. Those who follow are told at once of the first line, and
        of what comes closely behind it after a pause.

        @return: how long the game's pipe may gather what it prints, in seconds: what is read then
            is told as soon as it is read.
        """
        self.sync.soon()
        if self._inserter is not None:
            self._inserter.grew()
        if not (self._happens or self.matchers):
            return mostSeconds
        reactor = self._basics.context.reactor
        # At the most a pause, should the clock have been set back.
        delay = min(self._nextAt - reactor.seconds(), self._pause)
        if self._isDue:
            return max(delay, 0) + self._pause
        # So much sooner it may be read again, and together with the consoles of others.
        if delay > togetherSeconds + (1 - leastRest) * self._pause:
            self._isDue = True
            reactor.callLater(delay, self._tell)
            return delay + self._pause
        self._tell()
        return self._pause

    def _tell(self) -> None:
        self._isDue = False
        seconds = self._basics.context.reactor.seconds
        begin = seconds()
        # Whoever is told may write into the log, of which is told later then.
        self._nextAt = begin + self._pause
        self.matchers.tell(None)
        self.tellPosition()
        taken, before = seconds() - begin, self._tellingTakes
        self._tellingTakes = min(taken, before + (taken - before) / smoothing)
        pause = tellingFactor * self._tellingTakes
        least = leastSeconds if self._happens else mostSeconds
        self._pause = min(max(pause, least), mostSeconds)
        self._nextAt = begin + self._pause

    def tellPosition(self) -> None:
        """Tell where the log ends now."""
        self._happens.tell(LogGrew(self.ring.position))

    def tell(self, text: str) -> None:
        """
        Write a line of the daemon's own, which no pattern is searched in.

        @param text: one line, without its end and without the mark that it gets.
        """
        self.inserter().tell(f"[gamepanel] {text}\n".encode(errors="replace"))

    def stuck(self, reason: OSError | None) -> None:
        """It can't be written to, for this reason; None when it can again."""
        if reason is None:
            self._log.info("{server}: its console can be written again", server=self._basics.id)
        else:
            self._log.error(
                "{server}: its console can't be written, so its output waits: {reason}",
                server=self._basics.id,
                reason=str(reason),
            )
