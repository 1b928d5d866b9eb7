"""
What games say whose protocols we speak ourselves: bytes in, values out.

All functions raise L{WrongAnswer} for anything that is not the answer to the question.
"""

import re
import struct
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from gamepanel.players.queries.messages import Answer, answerOf, maxNames

P = ParamSpec("P")
T = TypeVar("T")

stringBytes: Final = 4096
"""No text in an answer is longer."""


class WrongAnswer(Exception):
    """What came is no answer to what was asked."""


def strict(parse: Callable[P, T]) -> Callable[P, T]:
    """A function that parses, whose errors are all L{WrongAnswer}."""

    @wraps(parse)
    def parsed(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return parse(*args, **kwargs)
        except (ValueError, LookupError, struct.error) as error:
            raise WrongAnswer(str(error)) from error

    return parsed


class Reader:
    """Reads values one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def numbers(self, format: str) -> tuple[int, ...]:
        """
        Some numbers.

        @param format: see C{struct}.
        """
        values = struct.unpack_from(format, self._data, self._at)
        self._at += struct.calcsize(format)
        return values

    def number(self, format: str) -> int:
        """One number."""
        (value,) = self.numbers(format)
        return value

    def skip(self, count: int) -> None:
        """Leave so many bytes out, which must be there."""
        if self._at + count > len(self._data):
            raise ValueError("it is too short")
        self._at += count

    def text(self) -> str:
        """A text that ends at a zero byte."""
        end = self._data.index(b"\0", self._at, self._at + stringBytes)
        text = self._data[self._at : end].decode(errors="replace")
        self._at = end + 1
        return text

    def decimal(self) -> int:
        """A number written as such a text."""
        text = self.text()
        if not text or len(text) > 10 or not text.removeprefix("-").isdecimal():
            raise ValueError("it has no number where one belongs")
        return int(text)

    def variable(self) -> int:
        """
        A number of Teeworlds: of the first byte six bits, of each further one seven; bit 7 says
        that there are more, bit 6 of the first that it is negative.
        """
        byte = self.number("B")
        value, isNegative, shift = byte & 0x3F, byte & 0x40, 6
        while byte & 0x80:
            if shift > 27:
                raise ValueError("a number is too long")
            byte = self.number("B")
            value |= (byte & 0x7F) << shift
            shift += 7
        return ~value if isNegative else value

    @property
    def isAtEnd(self) -> bool:
        """Whether all has been read."""
        return self._at >= len(self._data)


# OpenTTD, over TCP: a size, a type, and what its src/network/core/network_game_info.h says.

openttdRequest: Final = b"\x03\x00\x07"
_GAME_INFO: Final = 6
_GRF_ID_BYTES: Final = 20


def openttdSize(head: bytes) -> int:
    """How many bytes the packet has that begins so."""
    (size,) = struct.unpack("<H", head)
    if size < 3:
        raise WrongAnswer("it is too short")
    return int(size)


@strict
def openttd(packet: bytes) -> Answer:
    """The answer of OpenTTD 12 and later."""
    reader = Reader(packet)
    if reader.numbers("<HB") != (len(packet), _GAME_INFO):
        raise WrongAnswer("another packet was expected")
    version = reader.number("B")
    if not 4 <= version <= 7:
        raise WrongAnswer(f"it has version {version}")
    if version >= 7:
        reader.skip(8)
    storage = reader.number("B") if version >= 6 else 0
    if version >= 5:
        reader.skip(4)
        reader.text()
    for _ in range(reader.number("B")):
        reader.skip(4 if storage == 2 else _GRF_ID_BYTES)
        if storage == 1:
            reader.text()
    # Dates, companies, and how many there may be.
    reader.skip(8 + 3)
    reader.text()
    reader.text()
    reader.skip(1 if version >= 6 else 2)
    most, online = reader.numbers("BB")
    return answerOf(online, most)


# DDNet, over UDP: the extended form of Teeworlds 0.6, whose answer may be several packets; see
# CacheServerInfo in its src/engine/server/server.cpp.

_BROWSE: Final = b"\xff\xff\xff\xff"


def ddnetRequest(token: int) -> bytes:
    """@param token: 24 random bits, which the answer has, too."""
    extra, last = (token >> 8).to_bytes(2, "big"), bytes([token & 0xFF])
    return b"xe" + extra + b"\0\0" + _BROWSE + b"gie3" + last


class DDNet:
    """
    Collects the packets of an answer.
    """

    def __init__(self, token: int) -> None:
        self._token = token
        self._names: dict[int, list[str]] = {}
        self._numbers: tuple[int, int] | None = None

    @strict
    def take(self, packet: bytes) -> None:
        """
        Take in a packet.

        @raise WrongAnswer: when it does not belong to the answer.
        """
        reader = Reader(packet)
        reader.skip(14)
        kind = packet[10:14]
        if packet[6:10] != _BROWSE or kind not in (b"iext", b"iex+"):
            raise WrongAnswer("another packet was expected")
        if reader.decimal() != self._token:
            raise WrongAnswer("it answers somebody else")
        number = 0
        if kind == b"iex+":
            number = reader.decimal()
        else:
            self._numbers = self._head(reader)
        # What an extension may say.
        reader.text()
        if len(self._names) < maxNames:
            self._names[number] = list(self._clients(reader))

    def _head(self, reader: Reader) -> tuple[int, int]:
        # Version, name, map, its sum and size, and the kind of game.
        for _ in range(6):
            reader.text()
        # Flags, and those who do not only watch.
        for _ in range(3):
            reader.decimal()
        return reader.decimal(), reader.decimal()

    def _clients(self, reader: Reader) -> Iterator[str]:
        while not reader.isAtEnd:
            name, _clan = reader.text(), reader.text()
            for _ in range(3):
                reader.decimal()
            reader.text()
            yield name

    @property
    def isComplete(self) -> bool:
        """Whether all packets are there."""
        found = sum(map(len, self._names.values()))
        return self._numbers is not None and found >= self._numbers[0]

    @property
    def answer(self) -> Answer | None:
        """What is known: without names unless all packets are there; None before the first."""
        if self._numbers is None:
            return None
        names = [name for _, part in sorted(self._names.items()) for name in part]
        return answerOf(*self._numbers, names if self.isComplete else None)


# Teeworlds 0.7, over UDP: a token of the server's, then the question; see its
# src/engine/shared/network.h and CServer::GenerateServerInfo.

_CONTROL: Final = b"\x04\0\0"
_ASKS_TOKEN: Final = b"\x05"
_NO_TOKEN: Final = b"\xff\xff\xff\xff"
_UNCONNECTED: Final = b"\x21"
_TOKEN_REQUEST_BYTES: Final = 512


def teeworldsHello(token: bytes) -> bytes:
    """@param token: 4 random bytes by which the answers are known."""
    return (_CONTROL + _NO_TOKEN + _ASKS_TOKEN + token).ljust(_TOKEN_REQUEST_BYTES + 12, b"\0")


def teeworldsToken(token: bytes, packet: bytes) -> bytes:
    """The token that the server gives."""
    if len(packet) < 12 or packet[:8] != _CONTROL + token + _ASKS_TOKEN:
        raise WrongAnswer("another packet was expected")
    return packet[8:12]


def teeworldsRequest(token: bytes, theirs: bytes) -> bytes:
    """
    The question. It has a number, which is always 1 since the token says enough.

    @param theirs: see L{teeworldsToken}.
    """
    return _UNCONNECTED + theirs + token + _BROWSE + b"gie3" + b"\x01"


@strict
def teeworlds(token: bytes, packet: bytes) -> Answer:
    """The answer of Teeworlds 0.7."""
    if packet[:5] != _UNCONNECTED + token or packet[9:18] != _BROWSE + b"inf3\x01":
        raise WrongAnswer("another packet was expected")
    reader = Reader(packet)
    reader.skip(18)
    # Version, name, name of the host, map, and the kind of game.
    for _ in range(5):
        reader.text()
    _flags, _skill, _players, _most = (reader.variable() for _ in range(4))
    online, most = reader.variable(), reader.variable()
    names = []
    while not reader.isAtEnd:
        names.append(reader.text())
        reader.text()
        for _ in range(3):
            reader.variable()
    return answerOf(online, most, names if len(names) == online else None)


# Armagetron Advanced, over UDP: a message of numbers of two bytes; see its
# src/network/nServerInfo.cpp and nNetwork.cpp.

armagetronHello: Final = b"\0\x34" + bytes(6)
"""Asks for little. An empty server sleeps, and answers nothing else before that (seen in 0.2.9)."""

armagetronRequest: Final = b"\0\x35" + bytes(6)
_BRIEF, _SERVER_INFO = 0x32, 0x33
_COLOR: Final = re.compile(r"0x[0-9A-Fa-f]{6}")


class _Shorts:
    """
    Reads a message of Armagetron.
    """

    def __init__(self, data: bytes) -> None:
        self._reader = Reader(data)

    def number(self) -> int:
        """A number of four bytes, the lower half first."""
        low, high = self._reader.numbers(">HH")
        return high << 16 | low

    def text(self) -> str:
        """A text: its length with the zero at its end, and pairs of letters, swapped."""
        length = self._reader.number(">H")
        if length > stringBytes:
            raise ValueError("a text is too long")
        shorts = self._reader.numbers(f">{(length + 1) // 2}H")
        data = b"".join(each.to_bytes(2, "little") for each in shorts)
        return _COLOR.sub("", data[: max(length - 1, 0)].decode("latin-1"))


def isAwake(packet: bytes) -> bool:
    """Whether this is the answer to L{armagetronHello}."""
    return packet[:2] == _BRIEF.to_bytes(2, "big")


@strict
def armagetron(packet: bytes) -> Answer:
    """The answer of Armagetron Advanced."""
    head = Reader(packet)
    kind, _id, length = head.numbers(">HHH")
    if kind != _SERVER_INFO or len(packet) < 6 + 2 * length:
        raise WrongAnswer("another packet was expected")
    message = _Shorts(packet[6 : 6 + 2 * length])
    # Port, and the names of host and server.
    message.number()
    message.text()
    message.text()
    online = message.number()
    message.number()
    message.number()
    message.text()
    most = message.number()
    names = [name for name in message.text().split("\n") if name.strip()]
    return answerOf(online, most, names)


# Mumble, over UDP: the ping of clients without a connection; see docs/dev/network-protocol in
# its repository.


def mumbleRequest(token: bytes) -> bytes:
    """@param token: 8 random bytes by which the answer is known."""
    return bytes(4) + token


@strict
def mumble(token: bytes, packet: bytes) -> Answer:
    """The answer of Mumble."""
    if len(packet) != 24 or packet[4:12] != token:
        raise WrongAnswer("another packet was expected")
    online, most, _bandwidth = struct.unpack_from(">III", packet, 12)
    return answerOf(online, most)
