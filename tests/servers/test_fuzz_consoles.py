"""
What games send to those who talk to their consoles and ask how they are: nonsense in all shapes. No
bug answers, and it costs a bounded time and memory.
"""

import itertools
import os
import random
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any, Final

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, Request, TextMessage

from gamepanel.console.ring import Ring, headerBytes
from gamepanel.players.queries import packets, pages
from gamepanel.players.queries.messages import Answer
from gamepanel.players.queries.packets import DDNet, WrongAnswer
from gamepanel.servers.channels.channel import CommandChannel
from gamepanel.servers.channels.kinds import kinds
from tests.consoles import ChannelCase
from tests.players.test_query_protocols import asking
from tests.servers.test_rcon import packet
from tests.servers.test_udp_consoles import MARK, be
from tests.web.test_fuzz import seconds, seed

share: Final = seconds if "GAMEPANEL_FUZZ" in os.environ else 0.0
"""So long each parser is fed at least, in seconds."""

rounds: Final = 20
"""So often each is fed at least: the same on each machine, however fast."""

turnCPU: Final = 2.0
"""
What one read may cost, in seconds of the thread. Usual are 10 ms at most; what takes a second for
each of some bytes, or quadratic time, takes far more.
"""

maxGrown: Final = 16 * 2**20
"""Bytes that may be kept of all that has come."""

pieces: Final = (
    *(b"", b"\0", b"\n", b"\r\n", b"\xff", b"\x9d", "\x9d".encode(), b"\x1b]", b"\xff\xfb\x01"),
    *(b"\xff\xfa", b"\xff" * 99, b"[" * 999, b"9" * 99, b"\x7f\xff\xff\xff", b"x" * 9999),
)


class Nonsense:
    """Spoils what a game could send."""

    def __init__(self) -> None:
        self.random = random.Random(seed)

    def spoilt(self, data: bytes) -> bytes:
        """The same with some of it changed, cut out, doubled or put in."""
        found = bytearray(data)
        while self.random.random() < 0.7:
            at = self.random.randrange(len(found) + 1)
            end = min(at + self.random.randrange(1, 40), len(found))
            kind = self.random.randrange(4)
            if kind == 0:
                found[at:end] = self.random.randbytes(end - at)
            elif kind == 1:
                del found[at:end]
            elif kind == 2:
                found[at:at] = found[at:end] * self.random.randrange(1, 50)
            else:
                found[at:at] = self.random.choice(pieces)
        return bytes(found)

    def some(self, whole: Sequence[bytes]) -> bytes:
        """A few of such things, some of them spoilt."""
        found = b""
        for each in self.random.choices(whole, k=self.random.randrange(1, 30)):
            found += self.spoilt(each) if self.random.random() < 0.3 else each
        return found


class ConsoleTests(ChannelCase):
    def feed(
        self, kind: str, round: Callable[[Nonsense, CommandChannel], None], **wiring: Any
    ) -> None:
        """Feed a console for a while, with one connection after another."""
        print(f"GAMEPANEL_FUZZ_SEED={seed}", flush=True)
        nonsense = Nonsense()
        # What is known of the lines in a log is dropped with them: it is soon full.
        self.ring = Ring.format(memoryview(bytearray(headerBytes + 256 * 1024)))
        end, count = time.monotonic() + share, 0
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        kept = 0
        while count < rounds or time.monotonic() < end:
            channel = kinds[kind](self.ends(**wiring))
            channel.begin()
            round(nonsense, channel)
            channel.close()
            count += 1
            if count == 3:
                kept, _ = tracemalloc.get_traced_memory()
            del self.reactor.tcpClients[:-1], self.reactor.datagrams[:-1]
            del self.reactor.connectors[:-1]
        grown = tracemalloc.get_traced_memory()[0] - kept
        self.assertLess(grown, maxGrown, f"seed {seed}")
        # Nothing of what is over is waited for.
        self.assertEqual(self.flushLoggedErrors(), [], f"seed {seed}")

    def timed(self, take: Callable[..., object], *what: object) -> None:
        """Let it take something, in little time."""
        begun = time.thread_time()
        take(*what)
        self.assertLess(time.thread_time() - begun, turnCPU, f"seed {seed}")

    def stream(self, kind: str, first: Any, whole: Sequence[bytes], **wiring: Any) -> None:
        """
        Feed a console over TCP.

        @param first: what it says first, which may be spoilt, too.
        """

        def round(nonsense: Nonsense, channel: CommandChannel) -> None:
            console = self.accept()
            head = first(console.sent()) if callable(first) else first
            if nonsense.random.random() < 0.2:
                head = nonsense.spoilt(head)
            self.timed(console.protocol.dataReceived, head)
            self.reactor.advance(1)
            for number in range(10):
                if number % 3 == 0:
                    channel.send("status").addErrback(lambda failure: None)
                if not console.transport.disconnecting:
                    self.timed(console.protocol.dataReceived, nonsense.some(whole)[:65536])
                self.timed(self.reactor.advance, nonsense.random.choice((0.005, 0.3)))

        self.feed(kind, round, **wiring)

    def datagram(self, kind: str, first: bytes, whole: Callable[[Nonsense], bytes]) -> None:
        """Feed a console over UDP."""

        def round(nonsense: Nonsense, channel: CommandChannel) -> None:
            console = self.reactor.datagrams[-1]
            console.says(first)
            for number in range(100):
                if number % 30 == 0:
                    channel.send("status").addErrback(lambda failure: None)
                self.timed(console.says, whole(nonsense)[:65507])
                if nonsense.random.random() < 0.1:
                    self.timed(self.reactor.advance, 0.2)

        self.feed(kind, round)

    def test_rcon(self) -> None:
        """Source RCON."""
        answers = [packet(id, type, b"text") for id in (-1, 0, 4096, 4098, 4099) for type in (0, 2)]
        self.stream("rcon", packet(4096, 2, b""), answers)

    def test_telnet(self) -> None:
        """Telnet, before and after the login."""
        lines = (b"Enter password:\n", b"12:00 line\r\n", b"\xff\xfb\x01", b"\xff\xfd\xff", b"\n")
        self.stream("telnet", b"Enter password:\nYou are in\n", lines, login="^Enter", ready="^You")

    def test_web(self) -> None:
        """Web RCON."""
        server = WSConnection(ConnectionType.SERVER)
        server.receive_data(WSConnection(ConnectionType.CLIENT).send(Request("a", "/")))
        assert isinstance(next(server.events()), Request)
        server.send(AcceptConnection())

        def accepted(asked: bytes) -> bytes:
            server = WSConnection(ConnectionType.SERVER)
            server.receive_data(asked)
            assert isinstance(next(server.events()), Request)
            return server.send(AcceptConnection())

        texts = ('{"Message":"a","Identifier":0}', '{"Message":"b","Identifier":1001}', "[[],[]]")
        whole = [server.send(TextMessage(data=text)) for text in texts]
        whole += [server.send(Ping(payload=b"x" * 9)), server.send(TextMessage(data="x" * 70000))]
        self.stream("rcon-web", accepted, whole)

    def test_quake(self) -> None:
        """RCON of Quake's kind."""
        self.datagram(
            "rcon-quake",
            MARK + b"print\n",
            lambda nonsense: nonsense.spoilt(MARK + b"print\nmap: oa_dm1\n"),
        )

    def test_battlEye(self) -> None:
        """BattlEye, with check sums that are right."""
        payloads = (b"\1\0text", b"\1\1\0\3\1part", b"\2\7said", b"\0\1", b"\1\0")
        self.datagram(
            "rcon-battleye",
            be(b"\0\1"),
            lambda nonsense: be(nonsense.spoilt(nonsense.random.choice(payloads))),
        )


class QueryTests(ChannelCase):
    def test_queries(self) -> None:
        """Whatever a game answers to the questions of ours is an answer, or none."""
        print(f"GAMEPANEL_FUZZ_SEED={seed}", flush=True)
        token = b"toke"

        def ddnet(data: bytes) -> Answer | None:
            collected = DDNet(1)
            collected.take(data)
            return collected.answer

        page = b'{"players": [{"n": "ann"}], "max": 8}'
        parsers: tuple[tuple[Callable[[bytes], object], bytes], ...] = (
            (packets.openttd, bytes(range(200))),
            (ddnet, b"\xff" * 10 + b"iext1\0" + b"1\0name\0" * 20),
            (lambda data: packets.teeworlds(token, data), b"\4\0\0toke\xff\xff\xff\xffinf3" * 9),
            (lambda data: packets.teeworldsToken(token, data), b"\4\0\0toke\5abcd"),
            (packets.armagetron, bytes(range(256)) * 2),
            (lambda data: packets.mumble(bytes(8), data), bytes(24)),
            (lambda data: pages.jsonAnswer(asking("http-json", 1), data), page),
            (lambda data: pages.metricsAnswer(asking("http-metrics", 1), data), b"a 1\nmost 8\n"),
            (pages.bodyLength, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        )
        nonsense, end = Nonsense(), time.monotonic() + share
        for count in itertools.count():
            if count >= 10 * rounds and time.monotonic() >= end:
                break
            for parse, whole in parsers:
                data = nonsense.spoilt(whole)[:65536]
                begun = time.thread_time()
                try:
                    found = parse(data)
                except WrongAnswer:
                    found = None
                self.assertLess(time.thread_time() - begun, turnCPU, (seed, data))
                self.assertIsInstance(found, Answer | bytes | int | None, (seed, data))
