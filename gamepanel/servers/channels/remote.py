"""
Commands to a console that is reached through a port of this host (RCON, telnet, …): connects,
reconnects with a backoff, and gives up when RCON refused the password.
"""

import socket
from collections import deque
from collections.abc import Callable
from typing import Final

from attrs import define
from twisted.internet.defer import Deferred, fail, maybeDeferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from gamepanel.base.backoff import backoff
from gamepanel.base.errors import BadRequest, ConsoleUnavailable, StdinFull, problem
from gamepanel.base.timer import Timer
from gamepanel.servers.channels.channel import CommandChannel, Ends, encoded
from gamepanel.servers.channels.session import Ending, Listener, Session
from gamepanel.wire.causes import Cause, because

firstDelay: Final = 1.0
"""After the first try that has failed, in seconds; doubled for each that follows."""

longestDelay: Final = 30.0

steadySeconds: Final = 10.0
"""A connection that has lasted for so long begins anew with L{firstDelay} when it is lost."""

openSeconds: Final = 10.0
"""So long it may take until commands are taken."""

maxWaiting: Final = 32
"""So many commands wait for the answers to those before them."""

waitSeconds: Final = 10.0
"""So long each of them waits."""

refusedNote: Final = (
    "The console has refused its password, so it takes no commands. That is not tried again "
    "before the next start."
)


@define(eq=False, repr=False)
class _Command:
    """A command that was not sent yet."""

    line: bytes
    done: Deferred[None]
    timer: Timer

    def settle(self, error: Exception | None) -> None:
        """Tell who gave it what has become of it."""
        self.timer.cancel()
        if not self.done.called:
            self.done.callback(None) if error is None else self.done.errback(error)


class RemoteChannel(CommandChannel, Listener):
    """
    Keeps a connection to the console, and sends one command after another: each when the answer to
    the one before is there.
    """

    _log = Logger()

    def __init__(self, ends: Ends, make: Callable[[Ends, Listener], Session]) -> None:
        self._ends = ends
        self._make = make
        self._session: Session | None = None
        self._isOpen = False
        self._why = because("console_not_open")
        self._retries = 0
        self._openedAt = 0.0
        self._lost: Cause | None = None
        self._told: Cause | None = None
        self._timer = Timer(ends.reactor)
        self._waiting: deque[_Command] = deque()
        self._current: _Command | None = None
        self._isOver = False

    def begin(self) -> None:
        if self._isOver or self._session is not None or self._timer.isSet:
            return
        wiring = self._ends.wiring
        problem = because("console_badly_set", why=wiring.problem) if wiring.problem else None
        if problem := problem or _foreign(wiring.host):
            self._giveUp(problem)
        else:
            self._connect()

    def _connect(self) -> None:
        if self._lost:
            # Not at once: mostly it is the game that ends.
            self._tell(f"The connection to the console was lost: {self._lost}")
            self._lost = None
        self._timer.after(openSeconds, self._tooLong)
        self._session = self._make(self._ends, self)
        self._session.open()

    def _tooLong(self) -> None:
        if self._session is not None:
            self._session.end()
        self.ended(because("no_answer"))

    def send(self, line: str) -> Deferred[None]:
        if not self._isOpen or self._session is None:
            return fail(ConsoleUnavailable(self._why))
        try:
            data = encoded(line, self._ends.wiring.encoding, self._session.longest)
        except BadRequest as error:
            return fail(error)
        if set(data) & {0, 10, 13}:
            return fail(BadRequest(problems=(problem(("command",), because("not_one_line")),)))
        if len(self._waiting) >= maxWaiting:
            return fail(StdinFull())
        command = _Command(data, Deferred(lambda done: None), Timer(self._ends.reactor))
        command.timer.after(waitSeconds, self._waitedTooLong, command)
        self._waiting.append(command)
        self._next()
        return command.done

    def _waitedTooLong(self, command: _Command) -> None:
        self._waiting.remove(command)
        command.settle(StdinFull())

    def _next(self) -> None:
        if self._current is not None or not self._waiting or self._session is None:
            return
        self._current = command = self._waiting.popleft()
        command.timer.cancel()
        maybeDeferred(self._session.command, command.line).addCallbacks(
            self._handed, self._notHanded, callbackArgs=(command,), errbackArgs=(command,)
        )

    def _handed(self, _: object, command: _Command) -> None:
        self._ends.log().tell(b"> " + command.line + b"\n")
        command.settle(None)

    def _notHanded(self, failure: Failure, command: _Command) -> None:
        if failure.check(StdinFull):
            command.settle(StdinFull())
            return
        if not failure.check(ConsoleUnavailable):
            self._log.failure("a command could not be sent", failure)
            if self._session is not None:
                self._session.end()
            self.ended(because("not_talked_to"))
        command.settle(ConsoleUnavailable(self._why))

    # What its connection tells.

    def opened(self) -> None:
        self._timer.cancel()
        self._isOpen, self._told = True, None
        self._openedAt = self._ends.reactor.seconds()

    def refused(self) -> None:
        self._giveUp(because("console_refused"))
        self._tell(refusedNote)
        self._ends.refused()

    def rest(self, data: bytes) -> None:
        if data := _lines(data):
            self._ends.log().tell(data)

    def answered(self, data: bytes, note: str) -> None:
        self.rest(data)
        if note:
            self._tell(note)
        self._current = None
        self._next()

    def said(self, data: bytes) -> None:
        if data := _lines(data):
            self._ends.log().say(data)

    def ended(self, why: Cause, kind: Ending = "lost") -> None:
        if self._isOver:
            return
        if kind == "foreign":
            if why != self._told:
                self._tell(f"The console can't be reached: {why} Nothing was sent to it.")
            self._told = why
        elif self._isOpen:
            self._lost = why
        if kind == "absent" or self._isSteady:
            self._retries = 0
        self._why = because("console_out_of_reach", why=why)
        self._drop()
        delay = backoff(self._retries, firstDelay, longestDelay)
        if kind != "absent":
            self._retries += 1
        self._timer.after(delay, self._connect)

    @property
    def _isSteady(self) -> bool:
        lasted = self._ends.reactor.seconds() - self._openedAt
        return self._isOpen and lasted >= steadySeconds

    def _tell(self, text: str) -> None:
        self._ends.log().tell(f"[gamepanel] {text}\n".encode(errors="replace"))

    def _giveUp(self, why: Cause) -> None:
        """It will not be reached in this run."""
        self._drop()
        self._isOver, self._why = True, why

    def _drop(self) -> None:
        self._timer.cancel()
        self._session, self._isOpen, self._current = None, False, None
        waiting, self._waiting = self._waiting, deque()
        for command in waiting:
            command.settle(ConsoleUnavailable(self._why))

    def close(self) -> None:
        if self._session is not None:
            self._session.end()
        self._giveUp(because("console_over"))


def _foreign(host: str) -> Cause | None:
    """What is wrong with an address that is not one of this host."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return because("console_elsewhere", host=host)
    return None


def _lines(data: bytes) -> bytes:
    """Whole lines of what a console sends, without what only ends them."""
    text = data.replace(b"\0", b"").replace(b"\r\n", b"\n").strip(b"\r\n")
    return text + b"\n" if text else b""
