"""
Players of games that have no client without a screen: each joins, chats, and stays until SIGTERM,
then leaves as their clients do. Written from what these games say of their protocols.

C{python realplayers.py GAME PORT NAME TEXT}, with nothing but the standard library.
"""

import gzip
import selectors
import signal
import socket
import ssl
import struct
import sys
from collections.abc import Callable

pingSeconds = 5.0
"""Mumble drops who says nothing for 30 s."""


class Wesnoth:
    """
    A player in the lobby: documents of WML, packed by gzip behind their lengths.

    See wiki.wesnoth.org/MultiplayerServerWML, and what the server sends.
    """

    seconds: float | None = None

    def __init__(self, port: int, name: str, text: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self._name, self._text = name, text
        # Without TLS; the server answers as much.
        self.socket.sendall(bytes(4))
        exactly(self.socket, 4)

    def answer(self) -> None:
        """Read a document, and do what it asks for."""
        (length,) = struct.unpack(">I", exactly(self.socket, 4))
        document = gzip.decompress(exactly(self.socket, length)).decode()
        if "[version]" in document:
            self._send('[version]\nversion="1.18.5"\n[/version]\n')
        elif "[mustlogin]" in document:
            self._send(f'[login]\nusername="{self._name}"\n[/login]\n')
        elif "[join_lobby]" in document:
            message = f'message="{self._text}"\nroom="lobby"\nsender="{self._name}"\n'
            self._send(f"[message]\n{message}[/message]\n")

    def _send(self, document: str) -> None:
        packed = gzip.compress(document.encode())
        self.socket.sendall(struct.pack(">I", len(packed)) + packed)

    def ping(self) -> None:
        """Nothing is needed."""


class Mumble:
    """
    Somebody in a voice chat: messages of Protocol Buffers behind numbers and lengths, over TLS.

    See mumble-protocol.readthedocs.io, "Establishing a connection", and C{Mumble.proto}.
    """

    seconds: float | None = pingSeconds

    def __init__(self, port: int, name: str, text: str) -> None:
        # Its certificate is one that it has made for itself.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
        self._send(0, b"\x08" + varint(1 << 16 | 5 << 8) + lengthDelimited(2, "test"))
        self._send(2, lengthDelimited(1, name) + b"\x28\x01")

    def answer(self) -> None:
        """Read a message."""
        _, length = struct.unpack(">HI", exactly(self.socket, 6))
        exactly(self.socket, length)

    def ping(self) -> None:
        """Say that we are there."""
        self._send(3, b"\x08\x01")

    def _send(self, kind: int, message: bytes) -> None:
        self.socket.sendall(struct.pack(">HI", kind, len(message)) + message)


players: dict[str, Callable[[int, str, str], Wesnoth | Mumble]] = {
    "wesnoth": Wesnoth,
    "mumble": Mumble,
}


def exactly(connection: socket.socket, count: int) -> bytes:
    """So many bytes."""
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise EOFError("the server has closed the connection")
        data += more
    return data


def varint(number: int) -> bytes:
    """A number as Protocol Buffers write it."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def lengthDelimited(field: int, text: str) -> bytes:
    """A text as Protocol Buffers write it."""
    data = text.encode()
    return varint(field << 3 | 2) + varint(len(data)) + data


def play(game: str, port: int, name: str, text: str) -> None:
    """Play until the server closes the connection or SIGTERM comes."""
    player = players[game](port, name, text)
    with player.socket as connection, selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while True:
            # What TLS has read already does not wake the selector.
            pending = getattr(connection, "pending", int)()
            if pending or selector.select(player.seconds):
                player.answer()
            else:
                player.ping()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    play(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4])
