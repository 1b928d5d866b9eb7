"""
Commands over a TCP connection that carries lines, as econ of Teeworlds and DDNet and the telnet of
other games do.

Nothing says where an answer ends, so it ends when nothing has come for a moment. Such consoles
mostly send also what the game prints anyway: what comes when nothing was asked is left out, and
so are lines of an answer that the game has printed itself.
"""

import re
from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred

from gamepanel.console.linepatterns import linear
from gamepanel.console.lines import cleaned
from gamepanel.servers.channels.answer import Answer, idleSeconds
from gamepanel.servers.channels.channel import Ends
from gamepanel.servers.channels.session import Listener, StreamSession

silentSeconds: Final = 1.0
"""A command that has not been answered for so long has no answer."""

loginSeconds: Final = 0.5
"""Where nothing says that a password was taken, it was if nothing else has come for so long."""

maxHeadBytes: Final = 4096
"""So much of what comes before commands are taken is looked at, and kept, at a time."""

maxRequestBytes: Final = 512
"""So much is looked at at a time where telnet's own commands are in it."""

maxCompared: Final = 4000
"""So many lines of an answer are compared with as many that the game has printed."""

_NEGOTIATION: Final = re.compile(
    rb"\xff(?:\xff|[\xfb-\xfe](?:.|\Z)|\xfa.*?(?:\xff\xf0|\Z)|[\xf0-\xf9])", re.DOTALL
)
"""Telnet's own commands (RFC 854)."""

_WHOLE: Final = re.compile(
    rb"(?:[^\xff]+|\xff(?:[\xfb-\xfe].|\xfa.*?(?:\xff\xf0|\Z)|[^\xfa-\xfe]))*", re.DOTALL
)
"""Text, and such commands that are whole."""

_TIME: Final = re.compile(rb"\[?[0-9][0-9T:., -]*\]?[ \r]*")
"""What a line may begin with."""

_REQUEST: Final = re.compile(rb"\xff([\xfb\xfd])(.)", re.DOTALL)
"""What it wants of us: to let it do something, or to do something."""


class TelnetSession(StreamSession):
    """
    A connection that carries lines.
    """

    longest = 4093

    def __init__(self, ends: Ends, listener: Listener) -> None:
        super().__init__(ends, listener)
        wiring = ends.wiring
        self._asks = None if wiring.login is None else _search(wiring.login)
        self._takes = None if wiring.ready is None else _search(wiring.ready)
        self._head = bytearray()
        self._received = b""
        self._declined = set[tuple[bytes, bytes]]()
        self._isIn = self._hasSent = False
        # What it says may be what the game has printed already when it was told the last line.
        self._index = self._next = ends.log().position

    def begin(self) -> None:
        if self._asks is None and self._takes is None:
            self._open()

    def _open(self) -> None:
        self._isIn = True
        self._head.clear()
        self._received = b""
        self.listener.opened()

    def command(self, line: bytes) -> Deferred[None]:
        self.answer = Answer(self.ends.reactor, self._answered, wantsSome=False)
        self.answer.endAfter(silentSeconds)
        self._index, self._next = self._next, self.ends.log().position
        return self.hand(line.replace(b"\xff", b"\xff\xff") + b"\r\n")

    def _answered(self, data: bytes, note: str) -> None:
        self.answered(self._withoutPrinted(data), note)

    def rest(self, data: bytes) -> None:
        super().rest(self._withoutPrinted(data))

    def _withoutPrinted(self, data: bytes) -> bytes:
        """What the game has not printed itself since the command was given."""
        printed = self.ends.log().printed(self._index).split(b"\n", maxCompared)[:maxCompared]
        known = set(map(_untimed, printed))
        lines = data.replace(b"\0", b"").replace(b"\r", b"").split(b"\n", maxCompared)
        kept = [line for line in lines[:maxCompared] if _untimed(line) not in known]
        return b"\n".join((*kept, *lines[maxCompared:]))

    def feed(self, data: bytes) -> None:
        self._received += data

    def take(self) -> bool:
        if not self._received:
            return False
        data = self._received[:maxHeadBytes]
        if b"\xff" in data:
            # What is left is not whole yet.
            whole = _WHOLE.match(data[:maxRequestBytes])
            if whole is None or not whole.group():
                return False
            data = whole.group()
        self._received = self._received[len(data) :]
        data = self._withoutNegotiation(data)
        if not self._isIn:
            self._logIn(data)
        elif self.answer is not None:
            self.answer.add(data)
            self.answer.endAfter(idleSeconds)
        return bool(self._received)

    def _withoutNegotiation(self, data: bytes) -> bytes:
        if b"\xff" not in data:
            return data
        for asked in dict.fromkeys(_REQUEST.findall(data)):
            if asked not in self._declined:
                # We do nothing of that, and let it do nothing. Once is enough (RFC 1143).
                self._declined.add(asked)
                verb, option = asked
                self.reply(bytes((255, 254 if verb == b"\xfb" else 252)) + option)
        return _NEGOTIATION.sub(b"", data)

    def _logIn(self, data: bytes) -> None:
        self._head += data
        text = cleaned(bytes(self._head), self.ends.wiring.encoding)
        if self._takes is not None and self._takes(text):
            self._open()
        elif self._asks is not None and self._asks(text):
            if self._hasSent:
                self.refuse()
                return
            if self._takes is None:
                self.timers.after("entry", loginSeconds, self._open)
            self._hasSent = True
            self._head.clear()
            self._received = b""
            password = self.ends.wiring.password.encode(self.ends.wiring.encoding, "replace")
            self.reply(password + b"\r\n")
        else:
            # The lines before the last one are whole, and were looked at.
            del self._head[: self._head.rfind(b"\n") + 1]
            del self._head[:-maxHeadBytes]


def _untimed(line: bytes) -> bytes:
    """A line without its time, which may be written otherwise here than there."""
    found = _TIME.match(line)
    return line[0 if found is None else found.end() :].removesuffix(b"\r")


def _search(pattern: str) -> Callable[[str], bool]:
    """Whether a pattern fits one of the lines, or what has come of the last."""
    compiled = linear(f"(?m:{pattern})")
    return lambda text: compiled.search(text) is not None
