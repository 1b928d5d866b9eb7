"""
The daemon's end of the child that asks games: starts it with the first question, ends it when it
has been idle for a while, and starts another when one has died, after pauses that grow.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, Final

import msgspec
from attrs import define, field
from twisted.internet.interfaces import IProcessTransport, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.backoff import backoff
from gamepanel.base.collecting import ownEnvironment
from gamepanel.base.timer import Timer
from gamepanel.games.query import Asking
from gamepanel.players.queries.messages import Question, Reply, maxLineBytes
from gamepanel.wire.decoding import undecodable

idleSeconds: Final = 60.0
"""So long after its last question the child is there for the next."""

stuckSeconds: Final = 20.0
"""A child that has not replied so long after it should have is ended."""

firstPause: Final = 1.0
"""Before another child is started, in seconds; doubled for each that has died early."""

longestPause: Final = 300.0
"""No pause is longer, in seconds."""

provenSeconds: Final = 30.0
"""A child that has lived so long has not died early."""

Replied = Callable[[Reply | None], object]
"""Called with what came of a question; None: nobody knows."""


@define
class _Pending:
    replied: Replied
    stuckAt: float


class _Numbered(msgspec.Struct):
    """What of a reply says which question it is about."""

    number: int


class ChildProcess(ProcessProtocol):
    """
    One child, while it is there.

    @ivar pending: questions without a reply, by their numbers.
    """

    transport: IProcessTransport

    def __init__(self, ended: Callable[["ChildProcess"], object]) -> None:
        """@param ended: called when it has ended."""
        self.pending: dict[int, _Pending] = {}
        self._ended = ended
        self._unread = b""
        self._decode = msgspec.json.Decoder(Reply).decode
        self._isOdd = False
        self._log = Logger()

    def ask(self, question: Question, pending: _Pending) -> None:
        """Let it ask a game."""
        self.pending[question.number] = pending
        self.transport.write(msgspec.json.encode(question) + b"\n")

    def dismiss(self) -> None:
        """It is needed no more; it ends by itself."""
        self.transport.closeStdin()

    def kill(self) -> None:
        """End it, whatever it does."""
        try:
            self.transport.signalProcess("KILL")
        except Exception as error:
            # It has ended; processEnded tells those who wait.
            self._log.debug("the child that asks games: {reason}", reason=str(error))

    def outReceived(self, data: bytes) -> None:
        """See C{ProcessProtocol}. What it says is checked: it listens to games."""
        *lines, self._unread = (self._unread + data).split(b"\n")
        for line in lines:
            self._heard(line)
        if len(self._unread) > maxLineBytes:
            self._log.error("the child that asks games is ended: its line is too long")
            self.kill()

    def _heard(self, line: bytes) -> None:
        """A reply that can't be read says nothing of its game, and nothing of others."""
        reply: Reply | None = None
        try:
            reply = self._decode(line)
            number: int | None = reply.number
        except undecodable as error:
            number = _numberIn(line)
            self._tell(error)
        pending = None if number is None else self.pending.pop(number, None)
        if pending is not None:
            pending.replied(reply)

    def _tell(self, error: Exception) -> None:
        """Once: it may say a lot."""
        if not self._isOdd:
            self._isOdd = True
            self._log.error(
                "a reply of the child that asks games can't be read: {reason}", reason=str(error)
            )

    def errReceived(self, data: bytes) -> None:
        """See C{ProcessProtocol}: a bug of ours, or of a library."""
        text = data[:4096].decode(errors="replace")
        self._log.error("the child that asks games: {text}", text=text)

    def processEnded(self, reason: Failure) -> None:
        self._ended(self)
        pending, self.pending = self.pending, {}
        for each in pending.values():
            each.replied(None)


def _numberIn(line: bytes) -> int | None:
    """The number of a reply that can't be read; None where not even that can."""
    try:
        return msgspec.json.decode(line, type=_Numbered).number
    except undecodable:
        return None


@define(eq=False, repr=False)
class ChildAsker:
    """
    Asks games by a child.

    @ivar isClosed: whether the daemon ends.
    @ivar _uptime: seconds since the host started.
    @ivar _spawn: starts a child.
    """

    _reactor: IReactorTime
    _uptime: Callable[[], float]
    _spawn: Callable[[ChildProcess], object]
    isClosed: bool = field(init=False, default=False)
    _child: ChildProcess | None = field(init=False, default=None)
    _startedAt: float = field(init=False, default=0.0)
    _notBefore: float = field(init=False, default=0.0)
    _retries: int = field(init=False, default=0)
    _number: int = field(init=False, default=0)
    _idle: Timer = field(init=False)
    _log: Logger = field(init=False, factory=Logger)

    def __attrs_post_init__(self) -> None:
        self._idle = Timer(self._reactor)

    def ask(self, asking: Asking, replied: Replied) -> bool:
        """
        Ask a game.

        @return: whether it will be: if not, C{replied} is not called.
        """
        now = self._uptime()
        child = self._there(now)
        if child is None:
            return False
        self._number += 1
        child.ask(
            Question(self._number, asking), _Pending(replied, now + asking.wait + stuckSeconds)
        )
        self._idle.after(idleSeconds, self._dismiss)
        return True

    def _there(self, now: float) -> ChildProcess | None:
        """The child, started if need be; None when there can't be one now."""
        if self.isClosed:
            return None
        if self._child is None and now >= self._notBefore:
            child = ChildProcess(self._ended)
            self._startedAt = now
            try:
                self._spawn(child)
            except OSError as error:
                self._log.error("games can't be asked: {reason}", reason=str(error))
                self._delay(now)
            else:
                self._child = child
        return self._child

    def _dismiss(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.dismiss()

    def look(self) -> None:
        """
        End a child that hangs. Call it now and then, but not right after a stop of the daemon.
        """
        child, now = self._child, self._uptime()
        if child is not None and any(each.stuckAt < now for each in child.pending.values()):
            self._log.error("the child that asks games hangs and is ended")
            child.kill()

    def _ended(self, child: ChildProcess) -> None:
        if child is not self._child:
            return
        self._child = None
        if not self.isClosed:
            self._log.error("the child that asks games has died")
            self._delay(self._uptime())

    def _delay(self, now: float) -> None:
        if now - self._startedAt >= provenSeconds:
            self._retries = 0
        self._notBefore = now + backoff(self._retries, firstPause, longestPause)
        self._retries += 1

    def close(self) -> None:
        """End the child: the daemon ends."""
        self.isClosed = True
        self._idle.cancel()
        if self._child is not None:
            self._child.kill()


def spawning(reactor: Any) -> Callable[[ChildProcess], object]:
    """What starts a child."""

    def spawn(child: ChildProcess) -> None:
        arguments = [sys.executable, "-m", "gamepanel.players.queries", str(os.getpid())]
        reactor.spawnProcess(child, sys.executable, arguments, env=ownEnvironment(), path="/")

    return spawn
