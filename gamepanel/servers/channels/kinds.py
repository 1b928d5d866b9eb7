"""
The kinds of channels.
"""

from collections import deque
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final

from attrs import frozen
from twisted.internet.defer import Deferred, execute, fail
from twisted.python.failure import Failure

from gamepanel.base.errors import ConsoleUnavailable, NotRunning, StdinClosed, StdinFull
from gamepanel.base.timer import Timer
from gamepanel.servers.channels.channel import CommandChannel, Ends, encoded
from gamepanel.servers.channels.fifo import FifoChannel
from gamepanel.wire.causes import because

maxWaiting: Final = 32
"""So many commands wait for those before them."""


@frozen
class NoChannel(CommandChannel):
    """
    For games without a console: takes no line.
    """

    _ends: Ends

    def send(self, line: str) -> Deferred[None]:
        return fail(ConsoleUnavailable(because("no_console")))


@frozen
class StdinChannel(CommandChannel):
    """
    Writes each line into the pipe that is the game's stdin: it never has to wait, since the
    kernel takes a line at once, or not at all. The pipe is closed with the run's.
    """

    _ends: Ends

    def send(self, line: str) -> Deferred[None]:
        return execute(self._write, line)

    def _write(self, line: str) -> None:
        data = encoded(line, self._ends.wiring.encoding)
        if self._ends.hasClosedStdin():
            raise StdinClosed()
        self._ends.writeStdin(data + b"\n")


class PacedChannel(CommandChannel):
    """
    Hands each command to another channel when the pause after the one before is over, for games
    that read only one of several lines that arrive together.
    """

    def __init__(self, ends: Ends, channel: CommandChannel) -> None:
        self._ends = ends
        self._channel = channel
        self._waiting: deque[tuple[str, Deferred[None]]] = deque()
        self._pause = Timer(ends.reactor)

    def begin(self) -> None:
        self._channel.begin()

    def send(self, line: str) -> Deferred[None]:
        if not self._pause.isSet:
            return self._hand(line)
        if len(self._waiting) >= maxWaiting:
            return fail(StdinFull())
        sent: Deferred[None] = Deferred(lambda _: None)
        self._waiting.append((line, sent))
        return sent

    def _hand(self, line: str) -> Deferred[None]:
        self._pause.after(self._ends.wiring.pause, self._over)
        return self._channel.send(line)

    def _over(self) -> None:
        if self._waiting:
            line, sent = self._waiting.popleft()
            self._hand(line).addCallbacks(
                _settle, _settle, callbackArgs=(sent,), errbackArgs=(sent,)
            )

    def close(self) -> None:
        self._pause.cancel()
        waiting, self._waiting = self._waiting, deque()
        for _, sent in waiting:
            _settle(Failure(NotRunning()), sent)
        self._channel.close()


def _settle(result: Failure | None, sent: Deferred[None]) -> None:
    """Tell who gave a command what has become of it."""
    if sent.called:
        return
    if isinstance(result, Failure):
        sent.errback(result)
    else:
        sent.callback(None)


def paced(make: Callable[[Ends], CommandChannel]) -> Callable[[Ends], CommandChannel]:
    """A kind of channels, with pauses where its type wants them."""

    def channel(ends: Ends) -> CommandChannel:
        inner = make(ends)
        return PacedChannel(ends, inner) if ends.wiring.pause else inner

    return channel


def _remote(module: str, session: str) -> Callable[[Ends], CommandChannel]:
    """A kind of consoles that are reached through a port; its modules are imported when needed."""

    def channel(ends: Ends) -> CommandChannel:
        from gamepanel.servers.channels.remote import RemoteChannel

        found = import_module(f"gamepanel.servers.channels.{module}")
        return RemoteChannel(ends, getattr(found, session))

    return channel


kinds: Final[Mapping[str, Callable[[Ends], CommandChannel]]] = {
    "stdin": paced(StdinChannel),
    "none": NoChannel,
    "fifo": paced(FifoChannel),
    "rcon": _remote("rcon", "SourceRcon"),
    "rcon-quake": _remote("quake", "QuakeRcon"),
    "rcon-battleye": _remote("battleye", "BattlEyeRcon"),
    "rcon-web": _remote("web", "WebRcon"),
    "telnet": _remote("telnet", "TelnetSession"),
}
"""What makes the channel of a run, by the word that its type has for it."""
