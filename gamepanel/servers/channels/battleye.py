"""
Commands by the RCON of BattlEye (Arma, DayZ): UDP packets with a check sum, see
U{https://www.battleye.com/downloads/BERConProtocol.txt}.

A command whose answer does not come is sent again under the same number, by which the server knows
that it has it already. What is said on the server comes by itself, and again until it is
acknowledged.
"""

import struct
from collections import deque
from typing import Final
from zlib import crc32

from twisted.internet.defer import Deferred

from gamepanel.servers.channels.answer import Answer
from gamepanel.servers.channels.datagrams import DatagramSession
from gamepanel.wire.causes import because

_LOGIN, _COMMAND, _MESSAGE = 0, 1, 2

resendSeconds: Final = 1.0
"""After so long without an answer a command is sent again."""

aliveSeconds: Final = 30.0
"""A server takes a client for gone that has sent no command for 45 s."""

lostSeconds: Final = 10.0
"""One that does not answer for so long is not there any more."""

maxKnown: Final = 100
"""Of so many messages it is known that they came already."""


def packet(payload: bytes) -> bytes:
    """
    A packet, as it is sent.

    @param payload: its type and what follows.
    """
    body = b"\xff" + payload
    return b"BE" + struct.pack("<I", crc32(body)) + body


def payloadOf(datagram: bytes) -> bytes | None:
    """What is in a packet; None when it is none."""
    if len(datagram) < 8 or datagram[:2] != b"BE" or datagram[6] != 0xFF:
        return None
    isWhole = struct.unpack_from("<I", datagram, 2)[0] == crc32(datagram[6:])
    return datagram[7:] if isWhole else None


class BattlEyeRcon(DatagramSession):
    """
    Exchanges packets with a server that has BattlEye.
    """

    longest = 1024

    def begin(self) -> None:
        self._isIn = False
        self._number = -1
        self._parts: dict[int, bytes] = {}
        self._sent = b""
        self._isCommand = False
        self._known: deque[int] = deque(maxlen=maxKnown)
        self._logIn()

    def _logIn(self) -> None:
        password = self.ends.wiring.password.encode(self.ends.wiring.encoding, "replace")
        self.post(packet(bytes((_LOGIN,)) + password))
        self.timers.after("login", 2 * resendSeconds, self._logIn)

    def command(self, line: bytes) -> Deferred[None]:
        self._isCommand = True
        self._prepare(line)
        return self.write(self._sent).addCallback(self._asked)

    def _asked(self, _: None) -> None:
        self.answer = Answer(self.ends.reactor, self._commandAnswered)

    def _commandAnswered(self, data: bytes, note: str) -> None:
        self._isCommand = False
        self.timers.forget("resend")
        if note and not data:
            self.answer = None
            self.over(because("connection_lost", error=note))
            return
        self._keepAlive()
        self.answered(data, note)

    def _prepare(self, line: bytes) -> None:
        """Make the packet of a command, which is sent again until it is answered."""
        self._number = (self._number + 1) % 256
        self._parts = {}
        self._sent = packet(bytes((_COMMAND, self._number)) + line)
        self.timers.after("resend", resendSeconds, self._again)

    def _again(self) -> None:
        self.post(self._sent)
        self.timers.after("resend", resendSeconds, self._again)

    def _keepAlive(self) -> None:
        self.timers.after("alive", aliveSeconds, self._askWhetherAlive)

    def _askWhetherAlive(self) -> None:
        if not self._isCommand:
            self._prepare(b"")
            self.post(self._sent)
            self.timers.after("alive", lostSeconds, lambda: self.over(because("no_answer")))

    def received(self, datagram: bytes) -> None:
        payload = payloadOf(datagram)
        if payload is None or len(payload) < 2:
            return
        if payload[0] == _LOGIN and not self._isIn:
            self._loggedIn(payload[1] == 1)
        elif payload[0] == _COMMAND and self._isIn:
            self._answerTo(payload[1], payload[2:])
        elif payload[0] == _MESSAGE and self._isIn:
            self._message(payload[1], payload[2:])

    def _loggedIn(self, isTaken: bool) -> None:
        if not isTaken:
            self.refuse()
            return
        self._isIn = True
        self.timers.forget("login")
        self._keepAlive()
        self.listener.opened()

    def _answerTo(self, number: int, data: bytes) -> None:
        if number != self._number:
            return
        if data[:1] == b"\0" and len(data) >= 3 and data[2] < data[1]:
            self._parts[data[2]] = data[3:]
            if len(self._parts) < data[1]:
                return
        else:
            self._parts = {0: data}
        self.timers.forget("resend")
        if not self._isCommand:
            self._keepAlive()
        elif self.answer is not None:
            self.answer.add(b"".join(part for _, part in sorted(self._parts.items())))
            self.answer.finish()

    def _message(self, number: int, text: bytes) -> None:
        if number not in self._known:
            self._known.append(number)
            self.listener.said(text)
        self.reply(packet(bytes((_MESSAGE, number))))
