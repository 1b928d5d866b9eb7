"""
Commands by Source RCON: the protocol of Source engine games, Minecraft, Factorio and many others.

A packet is its size (32 bits, little endian, of what follows), an id, a type, a body, and two
zero bytes; see U{https://developer.valvesoftware.com/wiki/Source_RCON_Protocol}. An answer may
come in several packets, and nothing says which is the last. So an empty packet is sent behind the
first, to which games answer in turn; not together with the command, since Minecraft drops a
connection when two packets come in one read.
"""

import struct
from typing import Final

from twisted.internet.defer import Deferred

from gamepanel.servers.channels.answer import Answer, idleSeconds
from gamepanel.servers.channels.channel import Ends
from gamepanel.servers.channels.session import Listener, StreamSession
from gamepanel.wire.causes import because

_LOGIN, _COMMAND, _LOGGED_IN, _answeredWER = 3, 2, 2, 0

_HEAD: Final = struct.Struct("<iii")

_REFUSED: Final = -1

_loginId: Final = 4096
"""Ids of ours begin here: what comes with a smaller one is from a game that makes up its own."""

maxPacketBytes: Final = 256 * 1024
"""Games keep to 4 KiB mostly; Minecraft's have up to 12 KiB."""

echoSeconds: Final = 2.0
"""A game that has not answered the empty packet after so long does not do that."""


def packet(id: int, type: int, body: bytes) -> bytes:
    """A packet, as it is sent."""
    return _HEAD.pack(len(body) + 10, id, type) + body + b"\0\0"


class SourceRcon(StreamSession):
    """
    A connection by Source RCON. Commands have even ids, and the empty packets behind them the
    next odd ones.
    """

    longest = 4082

    def __init__(self, ends: Ends, listener: Listener) -> None:
        super().__init__(ends, listener)
        self._end = ends.wiring.rconEnd
        self._received = bytearray()
        self._isIn = False
        self._id = _loginId
        self._isMarked = False

    def begin(self) -> None:
        password = self.ends.wiring.password.encode(self.ends.wiring.encoding, "replace")
        self.reply(packet(_loginId, _LOGIN, password))

    def command(self, line: bytes) -> Deferred[None]:
        self._id += 2
        self._isMarked = False
        self.answer = Answer(self.ends.reactor, self.answered)
        return self.hand(packet(self._id, _COMMAND, line))

    def feed(self, data: bytes) -> None:
        self._received += data

    def take(self) -> bool:
        if len(self._received) < 4:
            return False
        size = int.from_bytes(self._received[:4], "little", signed=True)
        if not 8 <= size <= maxPacketBytes:
            self.fail(because("not_source_rcon"))
            return False
        if len(self._received) < 4 + size:
            return False
        whole = bytes(self._received[: 4 + size])
        del self._received[: 4 + size]
        _, id, type = _HEAD.unpack_from(whole)
        self._packet(id, type, whole[_HEAD.size :].rstrip(b"\0"))
        return True

    def _packet(self, id: int, type: int, body: bytes) -> None:
        if self._isIn:
            self._partOfAnswer(id, body)
        elif id == _REFUSED:
            self.refuse()
        elif type == _LOGGED_IN:
            self._isIn = True
            self.listener.opened()

    def _partOfAnswer(self, id: int, body: bytes) -> None:
        answer = self.answer
        isOld = _loginId <= id < self._id
        if answer is None or isOld:
            return
        if id == self._id + 1:
            if self._isMarked:
                answer.finish()
            return
        answer.add(body)
        if self._end == "single":
            answer.finish()
        elif self._end == "idle":
            answer.endAfter(idleSeconds)
        else:
            if not self._isMarked:
                self._isMarked = True
                self.reply(packet(self._id + 1, _answeredWER, b""))
            answer.endAfter(echoSeconds, self._notEchoed)

    def _notEchoed(self) -> None:
        # From now on that is not waited for.
        self._end = "idle"

    def dropped(self) -> None:
        super().dropped()
        self._received.clear()
