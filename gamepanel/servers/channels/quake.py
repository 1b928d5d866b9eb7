"""
Commands by the RCON of Quake 3 and the games that came of it: UDP packets C{rcon PASSWORD LINE},
answered by packets C{print} (see C{sv_main.c} of ioquake3).

There is no connection. So the console is there once it has answered a command that does nothing.
"""

from typing import Final

from twisted.internet.defer import Deferred

from gamepanel.servers.channels.answer import Answer, idleSeconds
from gamepanel.servers.channels.datagrams import DatagramSession

_MARK: Final = b"\xff\xff\xff\xff"

_PRINTS: Final = (b"print\n", b"print ", b"n")
"""What an answer begins with; the last is QuakeWorld's."""

_REFUSALS: Final = (b"bad rcon", b"no rconpassword", b"invalid password", b"bad password")
"""What an answer begins with where the password is none, in small letters."""

_probe: Final = b"echo gamepanel"

probeSeconds: Final = 2.0
"""After so long without an answer it is asked again whether it is there."""

silentSeconds: Final = 1.0
"""A command that has not been answered for so long has no answer: or that was lost."""

unusable: Final = frozenset(b' ";\\\t\r\n\0')
"""A password can't have these: the game would read it as something else."""


class QuakeRcon(DatagramSession):
    """
    Exchanges packets with a console of Quake's kind.
    """

    longest = 900

    def open(self) -> None:
        if set(self.ends.wiring.password.encode(errors="replace")) & unusable:
            self.ends.reactor.callLater(0, self.refuse)
        else:
            super().open()

    def begin(self) -> None:
        self._isIn = False
        self._ask()

    def _ask(self) -> None:
        self.post(self._packet(_probe))
        self.timers.after("probe", probeSeconds, self._ask)

    def _packet(self, line: bytes) -> bytes:
        password = self.ends.wiring.password.encode(self.ends.wiring.encoding, "replace")
        return _MARK + b"rcon " + password + b" " + line

    def command(self, line: bytes) -> Deferred[None]:
        return self.write(self._packet(line)).addCallback(self._asked)

    def _asked(self, _: None) -> None:
        self.answer = Answer(self.ends.reactor, self.answered, wantsSome=False)
        self.answer.endAfter(silentSeconds)

    def received(self, datagram: bytes) -> None:
        start = next((each for each in _PRINTS if datagram.startswith(_MARK + each)), None)
        if start is None:
            return
        text = datagram[len(_MARK) + len(start) :]
        if text.strip().lower().startswith(_REFUSALS):
            self.refuse()
        elif not self._isIn:
            self._isIn = True
            self.timers.forget("probe")
            self.listener.opened()
        elif self.answer is not None:
            self.answer.add(text)
            self.answer.endAfter(idleSeconds)
        else:
            # The game was busy for longer than an answer is waited for.
            self.listener.rest(text)
