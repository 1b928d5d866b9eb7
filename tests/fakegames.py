"""
Games that answer queries, made of what the documents of their protocols say: each is a function
from a datagram, or from what came over a connection so far, to what is sent back.
"""

import asyncio
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from attrs import define

players: Final = ("Anna", "Bert")
most: Final = 8

Game = Callable[[bytes], Sequence[bytes]]


def varint(value: int) -> bytes:
    """A number of Minecraft's protocol."""
    out = b""
    while value >= 0x80:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def minecraftStatus(status: object) -> bytes:
    """A status packet."""
    text = json.dumps(status).encode()
    body = b"\0" + varint(len(text)) + text
    return varint(len(body)) + body


def minecraft(came: bytes) -> Sequence[bytes]:
    if not came.endswith(b"\x01\x00"):
        return ()
    sample = [{"name": name, "id": "0"} for name in players]
    online = {"online": 2, "max": most, "sample": sample}
    return (minecraftStatus({"players": online, "description": {"text": "x"}, "version": {}}),)


def source(data: bytes) -> Sequence[bytes]:
    head, challenge = b"\xff\xff\xff\xff", b"\1\2\3\4"
    if not data.endswith(challenge):
        return (head + b"A" + challenge,)
    if data[4:5] == b"U":
        each = b"".join(
            bytes([index]) + name.encode() + b"\0" + struct.pack("<if", 1, 2.0)
            for index, name in enumerate(players)
        )
        return (head + b"D" + bytes([len(players)]) + each,)
    texts = b"".join(text + b"\0" for text in (b"name", b"map", b"folder", b"game"))
    return (head + b"I\x11" + texts + struct.pack("<HBBB", 10, 2, most, 0) + b"dl\0\x01" + b"1\0",)


def quake2(data: bytes) -> Sequence[bytes]:
    rows = "".join(f'5 30 "{name}"\n' for name in players)
    return (b"\xff\xff\xff\xffprint\n\\maxclients\\8\\mapname\\q2dm1\n" + rows.encode(),)


def quake3(data: bytes) -> Sequence[bytes]:
    rows = "".join(f'5 30 "^1{name}"\n' for name in players)
    return (b"\xff\xff\xff\xffstatusResponse\n\\sv_maxclients\\8\\x\\y\n" + rows.encode(),)


def _gamespyInfo(stamp: bytes) -> bytes:
    info = b"numplayers\x002\0maxplayers\x008\0\0"
    named = b"".join(name.encode() + b"\0" for name in players)
    return b"\0" + stamp + b"splitnum\0\x80\0" + info + b"\x01player_\0\0" + named + b"\0\0\0"


def gamespy3(data: bytes) -> Sequence[bytes]:
    """It knows no challenge."""
    return (_gamespyInfo(data[3:7]),) if len(data) == 11 and data[2] == 0 else ()


def gamespy4(data: bytes) -> Sequence[bytes]:
    """It wants a challenge."""
    if data[2] == 9:
        return (b"\x09" + data[3:7] + b"1234567\0",)
    isKnown = data[7:11] == (1234567).to_bytes(4, "big")
    return (_gamespyInfo(data[3:7]),) if isKnown else ()


def raknet(data: bytes) -> Sequence[bytes]:
    magic = bytes.fromhex("00ffff00fefefefefdfdfdfd12345678")
    text = b"MCPE;name;527;1.19;2;8;123;world;Survival;1;19132;19133;"
    return (b"\x1c" + data[1:9] + bytes(8) + magic + struct.pack(">H", len(text)) + text,)


def _pascal(text: str) -> bytes:
    return bytes([len(text) + 1]) + text.encode() + b"\0"


def unreal2(data: bytes) -> Sequence[bytes]:
    head = b"\x80\0\0\0" + data[4:5]
    if data[4] == 2:
        each = b"".join(struct.pack("<i", 1) + _pascal(name) + bytes(12) for name in players)
        return (head + each,)
    ids, ports = struct.pack("<i", 1) + b"\0", struct.pack("<ii", 7777, 7778)
    counts = struct.pack("<iiii", 2, most, 0, 0)
    # The name of the server is a plain text behind its length.
    return (head + ids + ports + _pascal("name") + _pascal("m") + _pascal("t") + counts + b"\x010",)


def teamspeak3(came: bytes) -> Sequence[bytes]:
    line = came.rpartition(b"\n")[0].rpartition(b"\n")[2]
    done = b"error id=0 msg=ok\n\r"
    if not came:
        return (b"TS3\n\rWelcome.\n\r",)
    if line == b"use port=9987":
        return (done,)
    if line == b"serverinfo":
        text = (
            b"virtualserver_clientsonline=3 virtualserver_queryclientsonline=1 "
            b"virtualserver_maxclients=8"
        )
        return (text + b"\n\r" + done,)
    if line == b"clientlist":
        rows = [f"clid={n} client_nickname={n} client_type=0".encode() for n in players]
        return (b"|".join([*rows, b"clid=9 client_nickname=q client_type=1"]) + b"\n\r" + done,)
    return ()


def openttdInfo(version: int = 7, storage: int = 1) -> bytes:
    """A packet of OpenTTD."""
    body = bytes([version])
    body += bytes(8) if version >= 7 else b""
    body += bytes([storage]) if version >= 6 else b""
    body += b"\xff\xff\xff\xff\0" if version >= 5 else b""
    grf = {0: bytes(20), 1: bytes(20) + b"a name\0", 2: bytes(4)}[storage if version >= 6 else 0]
    body += b"\x02" + grf * 2 + bytes(8) + b"\x0f\x01\x0a" + b"server\0" + b"14.1\0"
    body += b"" if version >= 6 else b"\0"
    body += bytes([0, most, 2, 0]) + struct.pack("<HHB?", 256, 256, 0, True)
    return struct.pack("<HB", len(body) + 3, 6) + body


def openttd(came: bytes) -> Sequence[bytes]:
    return (openttdInfo(),) if came == b"\x03\x00\x07" else ()


def _strings(*texts: object) -> bytes:
    return b"".join(str(text).encode() + b"\0" for text in texts)


def ddnetHead(token: int, online: int = 2) -> bytes:
    """The first packet of an answer of DDNet, without clients."""
    head = bytes(6) + b"\xff\xff\xff\xffiext"
    return head + _strings(token, "19.1", "name", "map", 1, 2, "DDNet", 0, online, 8, online, 8, "")


def ddnetClient(name: str) -> bytes:
    """A client in it."""
    return _strings(name, "clan", -1, -9999, 1, "")


def ddnetMore(token: int, number: int) -> bytes:
    """A further packet of the answer, without clients."""
    return bytes(6) + b"\xff\xff\xff\xffiex+" + _strings(token, number, "")


def ddnet(data: bytes) -> Sequence[bytes]:
    if data[:2] != b"xe" or data[6:14] != b"\xff\xff\xff\xffgie3":
        return ()
    token = int.from_bytes(data[2:4], "big") << 8 | data[14]
    first, second = players
    # They may change their places on the way.
    return (
        ddnetMore(token, 1) + ddnetClient(second),
        ddnetHead(token) + ddnetClient(first),
    )


def teeworldsInfo(token: bytes, theirs: bytes) -> bytes:
    """An answer of Teeworlds 0.7."""
    head = b"\x21" + token + theirs + b"\xff\xff\xff\xffinf3\x01"
    counts = bytes([0, 1, 2, most, 2, most])
    # Country -1, and a score of 100 in two bytes.
    clients = b"".join(_strings(name, "clan") + b"\x40\xa4\x01\0" for name in players)
    return head + _strings("0.7.5", "name", "", "dm1", "DM") + counts + clients


def teeworlds(data: bytes) -> Sequence[bytes]:
    theirs = b"\xa1\xa2\xa3\xa4"
    if data[:8] == b"\x04\0\0\xff\xff\xff\xff\x05" and len(data) >= 519:
        token = data[8:12]
        return (b"\x04\0\0" + token + b"\x05" + theirs,)
    if data[:5] == b"\x21" + theirs and data[9:] == b"\xff\xff\xff\xffgie3\x01":
        return (teeworldsInfo(data[5:9], theirs),)
    return ()


def _swapped(text: str) -> bytes:
    data = text.encode("latin-1") + b"\0"
    data += b"\0" * (len(data) % 2)
    pairs = b"".join(data[n : n + 2][::-1] for n in range(0, len(data), 2))
    return struct.pack(">H", len(text) + 1) + pairs


def armagetronInfo() -> bytes:
    """An answer of Armagetron Advanced."""

    def number(value: int) -> bytes:
        return struct.pack(">HH", value & 0xFFFF, value >> 16)

    body = number(4534) + _swapped("") + _swapped("name") + number(2) + number(0) + number(17)
    named = "".join(f"0xff00ff{name}\n" for name in players)
    body += _swapped("0.2.9") + number(most) + _swapped(named) + _swapped("options")
    return struct.pack(">HHH", 0x33, 1, len(body) // 2) + body + b"\0\0"


def armagetron(data: bytes) -> Sequence[bytes]:
    if data == b"\0\x34" + bytes(6):
        return (b"\0\x32" + bytes(16),)
    return (armagetronInfo(),) if data == b"\0\x35" + bytes(6) else ()


def mumble(data: bytes) -> Sequence[bytes]:
    return (b"\0\x01\x05\0" + data[4:12] + struct.pack(">III", 2, most, 72000),)


def page(body: bytes, head: bytes = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n") -> Game:
    """A server of one page."""
    return lambda came: (head + body,) if came.endswith(b"\r\n\r\n") else ()


json_page: Final = page(json.dumps({"players": [{"n": n} for n in players], "max": 8}).encode())
metrics_page: Final = page(b'# TYPE a gauge\na_total 5\na 2\nmost{x="}"} 3\nmost{y="1 2"} 5 16\n')

datagramGames: Final[Mapping[str, Game]] = {
    "source": source,
    "quake2": quake2,
    "quake3": quake3,
    "gamespy3": gamespy3,
    "raknet": raknet,
    "unreal2": unreal2,
    "ddnet": ddnet,
    "teeworlds": teeworlds,
    "armagetron": armagetron,
    "mumble": mumble,
}
streamGames: Final[Mapping[str, Game]] = {
    "minecraft": minecraft,
    "teamspeak3": teamspeak3,
    "openttd": openttd,
    "http-json": json_page,
    "http-metrics": metrics_page,
}


@define(eq=False)
class _Answering(asyncio.DatagramProtocol):
    game: Game
    transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        for each in self.game(data):
            self.transport.sendto(each, addr)


@define(eq=False)
class _Talking(asyncio.Protocol):
    game: Game
    transport: Any = None
    came: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self._say()

    def data_received(self, data: bytes) -> None:
        self.came += data
        self._say()

    def _say(self) -> None:
        for each in self.game(self.came):
            if self.transport.is_closing():
                return
            self.transport.write(each)
            if each.startswith(b"HTTP/"):
                self.transport.close()


async def begin(protocol: str, game: Game) -> int:
    """Let a game answer on this loop; its port."""
    loop = asyncio.get_running_loop()
    if protocol in datagramGames:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Answering(game), local_addr=("127.0.0.1", 0)
        )
        port: int = transport.get_extra_info("sockname")[1]
        return port
    server = await loop.create_server(lambda: _Talking(game), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert isinstance(port, int)
    return port
