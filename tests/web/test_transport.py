"""HTTP as a stranger may speak it, over a raw connection in memory."""

import json
from collections.abc import Iterable
from typing import Any
from unittest.mock import Mock

from twisted.internet.address import IPv4Address, IPv6Address
from twisted.internet.interfaces import ISSLTransport
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import alsoProvides

from gamepanel.accounts.accounts import NoAccounts
from gamepanel.operations.actor import Audit
from gamepanel.operations.sessions import Sessions
from gamepanel.web.api.auth import AuthEndpoints
from gamepanel.web.api.endpoint import Access, Root
from gamepanel.web.http.addresses import (
    ClientAddresses,
    bytesBurst,
    bytesRate,
    requestBurst,
    requestRate,
)
from gamepanel.web.http.chunked import maxChunks
from gamepanel.web.http.request import PanelRequest
from gamepanel.web.http.transport import Channel, PanelSite
from tests.fakes import TurnClock
from tests.support import memoryStore


class Wire(StringTransport):
    """A connection whose end is seen."""

    aborted = False

    def unregisterProducer(self) -> None:
        """A socket does not mind how often."""
        self.producer = None

    def abortConnection(self) -> None:
        self.aborted = True
        super().abortConnection()


class TransportCase(SynchronousTestCase):
    """A site in memory, and a connection to it."""

    def setUp(self) -> None:
        self.build()

    def build(self, *proxies: str, clock: Clock | None = None) -> None:
        """A site, and a connection to it from our own host."""
        self.clock = clock or Clock()
        access = Access(
            NoAccounts(),
            Audit(memoryStore()[0].audit, lambda: 0.0),
            ClientAddresses(frozenset(proxies)),
        )
        auth = AuthEndpoints(access, Sessions(access.accounts, access.audit))
        names, origins = frozenset({"panel.example"}), frozenset({"https://dash.example"})
        root = self.root = Root(access, [auth], names, origins)
        self.site = PanelSite(root, self.clock)
        self.open()

    def open(self, peer: str = "127.0.0.1") -> None:
        """Another connection."""
        kind = IPv6Address if ":" in peer else IPv4Address
        address = IPv4Address("TCP", "127.0.0.1", 8080)
        self.wire = Wire(hostAddress=address, peerAddress=kind("TCP", peer, 50000))
        self.channel: Channel = self.site.buildProtocol(None)
        self.channel.makeConnection(self.wire)

    def send(self, *lines: str, body: bytes = b"") -> None:
        """Send a header, and what follows it."""
        self.channel.dataReceived("".join(f"{line}\r\n" for line in (*lines, "")).encode() + body)

    def answer(self) -> tuple[int, dict[str, str], Any]:
        """The only answer that has come, in this turn or the next: status, headers, body."""
        self.clock.advance(0)
        head, _, body = self.wire.value().partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        headers = dict(field.split(": ", 1) for field in fields)
        self.wire.clear()
        self.assertEqual(len(body), int(headers["Content-Length"]))
        return int(first.split()[1]), headers, json.loads(body) if body else None

    def assertRefused(self, status: int, code: str, closes: bool = True) -> dict[str, str]:
        """That there is one answer, it refuses, and nothing after it is taken as a request."""
        got, headers, problem = self.answer()
        self.assertEqual((got, problem["code"]), (status, code), problem)
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        self.assertEqual(headers["Server"], "gamepanel")
        if closes:
            self.assertEqual(headers["Connection"], "close")
            self.send("GET /config HTTP/1.1", "Host: localhost:8080")
            self.assertEqual(self.wire.value(), b"")
            self.clock.advance(2)
            self.assertTrue(self.wire.disconnecting)
        return headers


class TransportTests(TransportCase):
    def test_keepsAlive(self) -> None:
        """One connection serves many requests, also such that come together."""
        for _ in range(3):
            self.send("GET /config HTTP/1.1", "Host: localhost:8080")
            self.assertEqual(self.answer()[0], 200)
        request = b"GET /config HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"
        self.channel.dataReceived(request * 3)
        self.assertEqual(self.wire.value().count(b"HTTP/1.1 200 OK"), 3)
        self.assertFalse(self.wire.disconnecting)

    def test_chunks(self) -> None:
        """A chunk for several clients goes out as it is, to those who get chunks."""
        for version, isChunked in (("1.1", True), ("1.0", False)):
            self.patch(PanelRequest, "answer", lambda request: None)
            self.open()
            self.send(f"GET /config HTTP/{version}", "Host: localhost:8080")
            request: Any = self.channel.request
            request.write(b"begin")
            self.wire.clear()
            outlet = request.chunkOutlet
            self.assertEqual(outlet is not None, isChunked)
            if isChunked:
                outlet.write(b"4\r\nsome\r\n")
                self.assertEqual(self.wire.value(), b"4\r\nsome\r\n")

    def test_aborted(self) -> None:
        """Who sends an answer bit by bit is told at once when the connection is closed so."""
        self.patch(PanelRequest, "answer", lambda request: None)
        for isStreaming in (True, False):
            self.open()
            self.send("GET /config HTTP/1.1", "Host: localhost:8080")
            producer = Mock()
            if isStreaming:
                self.channel.producer = producer
            self.channel.abortConnection()
            self.assertEqual(producer.pauseProducing.call_count, isStreaming)
            self.assertTrue(self.wire.aborted)

    def test_hsts(self) -> None:
        """Only what goes over TLS tells browsers to stay with it, and only if we were told to."""
        name, get = "Strict-Transport-Security", ("GET /config HTTP/1.1", "Host: localhost:8080")
        for seconds, isSecure, value in (
            (0, True, None),
            (60, False, None),
            (60, True, "max-age=60"),
        ):
            self.site = PanelSite(self.site.resource, self.clock, hstsSeconds=seconds)
            self.open()
            if isSecure:
                alsoProvides(self.wire, ISSLTransport)
            self.send(*get)
            self.assertEqual(self.answer()[1].get(name), value)
            self._post("Content-Length: 10", path="/nowhere")
            self.assertEqual(self.answer()[1].get(name), value)

    def test_malformed(self) -> None:
        """What HTTP does not allow is answered 400, and closed."""
        host = "Host: localhost:8080"
        for lines in (
            ("GET",),
            ("GET /config",),
            ("GET  /config HTTP/1.1", host),
            ("GET /config HTTP/2.0", host),
            ("GET http://localhost:8080/config HTTP/1.1", host),
            ("G(T /config HTTP/1.1", host),
            ("GET /config HTTP/1.1", host, " folded"),
            ("GET /config HTTP/1.1", host, "no colon"),
            ("GET /config HTTP/1.1", host, "Space : x"),
            ("GET /config HTTP/1.1", host, ": x"),
            ("GET /config HTTP/1.1", host, "X: " + "x" * 9000),
            ("GET /config HTTP/1.1", host, *(f"X-{n}: x" for n in range(70))),
            ("POST /login HTTP/1.1", host, "Content-Length: -1"),
            ("POST /login HTTP/1.1", host, "Content-Length: +1"),
            ("POST /login HTTP/1.1", host, "Content-Length: 1, 1"),
            ("POST /login HTTP/1.1", host, "Content-Length: 0x1"),
            ("POST /login HTTP/1.1", host, "Content-Length: " + "9" * 5000),
            ("POST /login HTTP/1.1", host, "Content-Length: 2", "Content-Length: 2"),
            ("POST /login HTTP/1.1", host, "Content-Length: 2", "Transfer-Encoding: chunked"),
            ("POST /login HTTP/1.1", host, "Transfer-Encoding: chunked", "Content-Length: 2"),
            ("POST /login HTTP/1.1", host, "Transfer-Encoding: gzip, chunked"),
            ("POST /login HTTP/1.1", host, "Transfer-Encoding: identity"),
        ):
            self.open()
            self.send(*lines)
            self.assertRefused(400, "bad_request")

    def test_hosts(self) -> None:
        """There must be one Host, well formed, and ours."""
        for hosts, status in (
            ((), 400),
            (("localhost:8080", "localhost:8080"), 400),
            (("local host",), 400),
            (("localhost:99999999",), 400),
            (("panel.example",), 200),
            (("PANEL.example.:7",), 200),
            (("other.example",), 421),
            (("127.0.0.1:8080",), 200),
        ):
            self.open()
            self.send("GET /config HTTP/1.1", *(f"Host: {host}" for host in hosts))
            self.assertEqual(self.answer()[0], status, hosts)

    def _post(self, *more: str, path: str = "/login") -> None:
        self.send(
            f"POST {path} HTTP/1.1",
            "Host: localhost:8080",
            "Content-Type: application/json",
            *more,
        )

    def test_tooLarge(self) -> None:
        """A body that is too large is refused when that is known, and never kept."""
        self._post(f"Content-Length: {2**40}")
        self.assertRefused(413, "too_large")
        self.open()
        self._post("Transfer-Encoding: chunked")
        for _ in range(8):
            self.channel.dataReceived(b"400\r\n" + b" " * 0x400 + b"\r\n")
        self.assertEqual(self.wire.value(), b"")
        self.channel.dataReceived(b"1\r\n \r\n")
        self.assertRefused(413, "too_large")

    def test_hugeChunk(self) -> None:
        """A chunk that is to be too large is refused before any of it comes."""
        for start in (b"", b"400\r\n" + b" " * 0x400 + b"\r\n"):
            for size in (b"2001", b"f" * 16, b"0000000000002001;x=y"):
                self.open()
                self._post("Transfer-Encoding: chunked")
                self.channel.dataReceived(start + size + b"\r\n")
                self.assertRefused(413, "too_large")

    def test_manyChunks(self) -> None:
        """A body in very many chunks is refused: each costs more than its bytes."""
        for count, code in ((maxChunks, "auth_mode"), (maxChunks + 1, "bad_request")):
            self.open()
            self._post("Transfer-Encoding: chunked", path="/login_info")
            self.channel.dataReceived(b"1\r\n \r\n" * (count - 2) + b"2\r\n{}\r\n")
            self.assertEqual(self.wire.value(), b"")
            self.channel.dataReceived(b"1\r\n \r\n0\r\n\r\n")
            self.assertEqual(self.answer()[2]["code"], code)

    def test_badChunks(self) -> None:
        """Chunks that are none are refused, and sizes of more digits than any has."""
        for chunk in (
            *(b"x\r\n", b"-1\r\n", b"1" * 5000 + b"\r\n", b"1\r\nab\r\n"),
            *(b"9" * 20 + b"\r\n", b"0" * 17 + b"\r\n", b"1" * 20 + b";x=y\r\n"),
            b"1\r\n \r\n" + b"9" * 20 + b"\r\n",
        ):
            self.open()
            self._post("Transfer-Encoding: chunked")
            self.channel.dataReceived(chunk)
            self.assertRefused(400, "bad_request")

    def test_refusedBeforeTheBody(self) -> None:
        """What a header alone rules out is answered before the body comes."""
        self._post("Content-Length: 10", path="/nowhere")
        self.assertRefused(404, "not_found")
        self.open()
        self._post("Content-Length: 10", path="/config")
        headers = self.assertRefused(405, "method_not_allowed")
        self.assertEqual(headers["Allow"], "GET, HEAD")

    def test_tooSlow(self) -> None:
        """A request must be complete in ten seconds from its first byte on, however it drips."""
        for beginning in (b"G", b"GET /config HTTP/1.1\r\nHost: l"):
            self.open()
            self.channel.dataReceived(beginning)
            for _ in range(9):
                self.clock.advance(1)
                self.channel.dataReceived(b"x")
            self.assertEqual(self.wire.value(), b"")
            self.clock.advance(1)
            self.assertRefused(408, "timeout")
        self.open()
        self._post("Content-Length: 10")
        self.clock.advance(10)
        self.assertRefused(408, "timeout")

    def test_idle(self) -> None:
        """A connection without a request is closed after a minute, and no timer remains."""
        self.send("GET /config HTTP/1.1", "Host: localhost:8080")
        self.answer()
        self.clock.pump([5] * 11)
        self.assertFalse(self.wire.disconnecting)
        self.clock.pump([5] * 2)
        self.assertTrue(self.wire.disconnecting)
        self.channel.connectionLost()
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_stuck(self) -> None:
        """A client that does not read what it is sent is dropped."""
        self.send("GET /config HTTP/1.1", "Host: localhost:8080")
        self.channel.pauseProducing()
        self.clock.pump([5] * 5)
        self.assertFalse(self.wire.aborted)
        self.clock.pump([5] * 2)
        self.assertTrue(self.wire.aborted)

    def test_unread(self) -> None:
        """However much is asked at once, it is answered no faster than it is read."""
        count = 1000
        wire = self.wire
        written: list[bytes] = []

        def write(data: bytes) -> None:
            written.append(data)
            if len(b"".join(written)) > 2000:
                self.channel.pauseProducing()

        # It has been looked up when the connection was made.
        wire.write = self.channel.write = write  # type: ignore[method-assign]
        request = b"GET /config HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"
        self.channel.dataReceived(request * count)
        answered = 0
        while answered < count:
            # What has come in one turn may be answered in the next.
            self.clock.advance(0)
            answers = b"".join(written).count(b"HTTP/1.1 200 OK")
            self.assertGreater(answers, 0)
            self.assertLess(answers, 10)
            self.assertEqual(wire.producerState, "paused")
            answered += answers
            written.clear()
            self.clock.advance(11)
            self.assertEqual(written, [])
            self.channel.resumeProducing()
        self.assertEqual(answered, count)
        self.assertEqual(wire.producerState, "producing")

    def test_closingTakesNoAges(self) -> None:
        """A client that does not let us close (TLS asks them) is dropped."""
        self.send("GET /config HTTP/1.1", "Host: localhost:8080", "Connection: TE, close")
        self.assertTrue(self.wire.disconnecting)
        self.clock.pump([5] * 5)
        self.assertFalse(self.wire.aborted)
        self.clock.pump([5] * 2)
        self.assertTrue(self.wire.aborted)
        self.open()
        self.clock.pump([5] * 17)
        self.assertFalse(self.wire.aborted)
        self.clock.pump([5] * 2)
        self.assertTrue(self.wire.aborted)

    def test_slowAnswer(self) -> None:
        """The clock of a request stops when it is complete, whatever its answer takes."""
        body = b'{"username":"a","password":"b","token":"cd","proofOfWork":[]}'
        for _ in range(2):
            self._post(f"Content-Length: {len(body)}")
            self.channel.dataReceived(body)
            self.answer()
            self.clock.pump([5] * 4)
            self.assertEqual(self.wire.value(), b"")
        self.clock.pump([5] * 7)
        self.assertFalse(self.wire.disconnecting)
        self.clock.pump([5] * 3)
        self.assertTrue(self.wire.disconnecting)

    def test_limits(self) -> None:
        """64 fields and 8 KiB, and not one more."""
        host = "Host: localhost:8080"
        for count, status in ((63, 200), (64, 400)):
            self.open()
            self.send("GET /config HTTP/1.1", host, *(f"X-{n}: x" for n in range(count)))
            self.assertEqual(self.answer()[0], status, count)
        for size, status in ((8192, 200), (8193, 400)):
            self.open()
            rest = size - len(f"GET /config HTTP/1.1{host}X: ")
            self.send("GET /config HTTP/1.1", host, "X: " + "x" * rest)
            self.assertEqual(self.answer()[0], status, size)

    def test_head(self) -> None:
        """A refusal of HEAD has no body, either, and each answer has its date."""
        self.send("HEAD /config HTTP/1.1")
        head, _, body = self.wire.value().partition(b"\r\n\r\n")
        self.assertIn(b"HTTP/1.1 400 Bad Request\r\n", head)
        self.assertIn(b"\r\nDate: ", head)
        self.assertEqual(body, b"")

    def test_order(self) -> None:
        """Whose Host is not ours learns nothing, not even what there is."""
        self.send("GET /nowhere HTTP/1.1", "Host: evil.example")
        self.assertEqual(self.answer()[0], 421)

    def test_usualPorts(self) -> None:
        """The ports that everybody knows need not be told."""
        for port, host, status in (
            (80, "localhost", 200),
            (80, "localhost:", 200),
            (80, "localhost:80", 200),
            (80, "localhost:443", 421),
            (443, "localhost", 200),
            (8080, "localhost", 421),
            (8080, "localhost:", 421),
        ):
            self.wire = Wire(
                hostAddress=IPv4Address("TCP", "127.0.0.1", port),
                peerAddress=IPv4Address("TCP", "127.0.0.1", 50000),
            )
            self.channel = self.site.buildProtocol(None)
            self.channel.makeConnection(self.wire)
            self.send("GET /config HTTP/1.1", f"Host: {host}")
            self.assertEqual(self.answer()[0], status, (port, host))

    def test_headers(self) -> None:
        """What protects browsers is on every answer, refusals too."""
        for path in ("/config", "/nowhere"):
            self.send(f"GET {path} HTTP/1.1", "Host: localhost:8080")
            headers = self.answer()[1]
            self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Cache-Control"], "no-store")

    def connect(self, host: str) -> Wire:
        """A connection from elsewhere."""
        ours = IPv4Address("TCP", "192.0.2.9", 8080)
        wire = Wire(hostAddress=ours, peerAddress=IPv4Address("TCP", host, 1))
        channel = self.site.buildProtocol(None)
        channel.makeConnection(wire)
        self.channels = [*getattr(self, "channels", []), channel]
        return wire

    def test_connectionsOfAddress(self) -> None:
        """An address has 32 connections at the most; others, and loopback, do not notice."""
        wires = [self.connect("192.0.2.1") for _ in range(33)]
        self.assertEqual([wire.aborted for wire in wires], [False] * 32 + [True])
        self.assertFalse(self.connect("192.0.2.2").aborted)
        self.assertFalse(any(self.connect("127.0.0.1").aborted for _ in range(40)))
        # The one that was too many has left; so does another, and there is room again.
        self.channels[32].connectionLost()
        self.assertTrue(self.connect("192.0.2.1").aborted)
        self.channels[-1].connectionLost()
        self.channels[0].connectionLost()
        self.assertFalse(self.connect("192.0.2.1").aborted)

    def test_connectionsOfOthers(self) -> None:
        """A network of IPv6 is one address; a proxy of ours comes for many."""
        self.build("192.0.2.3")
        wires = [self.connect(f"2001:db8::{number}") for number in range(1, 34)]
        self.assertEqual([wire.aborted for wire in wires], [False] * 32 + [True])
        self.assertFalse(self.connect("2001:db8:0:1::1").aborted)
        self.assertFalse(any(self.connect("192.0.2.3").aborted for _ in range(40)))

    def config(self, peer: str, *more: str) -> int:
        """The status that a request gets."""
        self.open(peer)
        self.send("GET /config HTTP/1.1", "Host: localhost:8080", *more)
        status, headers, _ = self.answer()
        self.channel.connectionLost()
        self.assertEqual("Retry-After" in headers, status == 429)
        return status

    def test_throttle(self) -> None:
        """An address that asks too often is told to wait; no other notices."""
        statuses = {self.config("192.0.2.1") for _ in range(int(requestBurst))}
        self.assertEqual(statuses, {200})
        self.assertEqual(self.config("192.0.2.1"), 429)
        self.assertEqual(self.config("192.0.2.2"), 200)
        self.assertEqual(self.config("127.0.0.1"), 200)
        self.clock.advance(1 / requestRate)
        self.assertEqual(self.config("192.0.2.1"), 200)
        self.assertEqual(self.config("192.0.2.1"), 429)

    def test_throttleOfForwarded(self) -> None:
        """Only a proxy of ours is believed, and only what it has added itself."""
        self.build("192.0.2.3")
        told = "X-Forwarded-For: 203.0.113.1, 203.0.113.2"
        for _ in range(int(requestBurst)):
            self.config("192.0.2.3", told)
        self.assertEqual(self.config("192.0.2.3", told), 429)
        self.assertEqual(self.config("192.0.2.3", "X-Forwarded-For: 203.0.113.1"), 200)
        self.assertEqual(self.config("192.0.2.3", "X-Forwarded-For: nonsense"), 200)
        self.assertEqual(self.config("203.0.113.2"), 429)
        # Of two fields, too, the last one is its own.
        twice = ("X-Forwarded-For: 203.0.113.1", "X-Forwarded-For: 203.0.113.2:4711")
        self.assertEqual(self.config("192.0.2.3", *twice), 429)
        self.assertEqual(self.config("192.0.2.3", *reversed(twice)), 200)
        # A proxy itself, and our own host, have no limit.
        for peer in ("192.0.2.3", "127.0.0.1"):
            statuses = {self.config(peer) for _ in range(int(requestBurst) + 1)}
            self.assertEqual(statuses, {200})
        for _ in range(int(requestBurst) - 1):
            self.config("192.0.2.4", "X-Forwarded-For: 203.0.113.9")
        self.assertEqual(self.config("192.0.2.4", "X-Forwarded-For: 203.0.113.8"), 200)
        self.assertEqual(self.config("192.0.2.4", "X-Forwarded-For: 203.0.113.7"), 429)

    def test_forwardedProto(self) -> None:
        """Behind a proxy that serves TLS a page without it is foreign, though of our name."""
        self.build("192.0.2.3")
        for peer, told, origin, status in (
            ("192.0.2.3", "https", "https://panel.example", 200),
            ("192.0.2.3", "https", "http://panel.example", 403),
            ("192.0.2.3", "http", "http://panel.example", 200),
            ("192.0.2.3", "https, http", "http://panel.example", 200),
            ("192.0.2.4", "https", "http://panel.example", 200),
        ):
            got = self.config(peer, f"X-Forwarded-Proto: {told}", f"Origin: {origin}")
            self.assertEqual(got, status, (peer, told, origin))

    def test_connectionsOfLoopback(self) -> None:
        """
        All of 127.0.0.0/8 and ::1 is one source, which may have half of all: then its oldest
        request that is not complete gives way, and where there is none, its idlest connection.
        """
        peers = [f"127.8.{third}.{n}" for third in range(2) for n in range(1, 128)]
        wires = self.fill([*peers, "::1"])
        self.channel.connectionLost()
        wires += self.fill(["127.0.0.1"])
        self.assertEqual(len(wires), 256)
        for number in (7, 5, 6):
            self.channels[number].dataReceived(b"GET /config HTTP/1.1\r\nX")
            self.clock.advance(0.001)
        # One that goes on bit by bit is not younger for that.
        self.channels[7].dataReceived(b"X")
        newest = [self.connect("127.0.0.1") for _ in range(5)]
        aborted = [n for n, wire in enumerate(wires) if wire.aborted]
        self.assertEqual(aborted, [0, 1, 5, 6, 7])
        self.assertFalse(any(wire.aborted for wire in newest))
        # Others notice nothing.
        self.fill(f"192.0.2.{number}" for number in range(1, 200))

    def test_loopbackLocksNobodyOut(self) -> None:
        """One gives way as well whose client does not read, or which is about to be closed."""

        def unread(channel: Any) -> None:
            # As a socket does that can't send more.
            channel.write = lambda _: channel.pauseProducing()
            for _ in range(2):
                channel.dataReceived(b"GET /config HTTP/1.1\r\nHost: localhost:8080\r\n\r\n" * 8)

        def refused(channel: Any) -> None:
            channel.dataReceived(b"nonsense\r\n")

        for wait in (unread, refused):
            self.build()
            self.channels = [self.channel]
            wires = [self.wire, *self.fill(["127.0.0.1"] * 255)]
            for channel in self.channels:
                wait(channel)
                self.clock.advance(0.001)
            newest = [self.connect("127.0.0.1") for _ in range(2)]
            self.assertEqual([n for n, wire in enumerate(wires) if wire.aborted], [0, 1])
            self.assertFalse(any(wire.aborted for wire in newest))

    def test_loopbackIsGreedy(self) -> None:
        """When all are taken, loopback loses one of its own if it has the largest part."""
        self.fill(f"192.0.2.{number}" for number in range(1, 241))
        self.channel.connectionLost()
        wires = self.fill(["127.0.0.1"] * 241)
        self.assertFalse(self.connect("203.0.113.1").aborted)
        self.assertEqual([n for n, wire in enumerate(wires) if wire.aborted], [0])

    def fill(self, peers: Iterable[str]) -> list[Wire]:
        """Connections from others, one second after the other."""
        wires = []
        for peer in peers:
            wires.append(self.connect(peer))
            self.clock.advance(0.001)
        self.assertFalse(any(wire.aborted for wire in wires))
        return wires

    def test_full(self) -> None:
        """When others have all that they may, the idlest of the greediest goes for a new one."""
        single = [f"192.0.2.{number}" for number in range(1, 225)]
        greedy = [f"198.51.100.{number}" for number in range(1, 9) for _ in range(32)]
        wires = self.fill([*single, *greedy])
        self.assertEqual(len(wires), 480)
        # The oldest of them has something to do again.
        self.channels[224].dataReceived(b"GET /config HTTP/1.1\r\n")
        self.assertFalse(self.connect("203.0.113.1").aborted)
        self.assertEqual([n for n, wire in enumerate(wires) if wire.aborted], [225])
        # It is not counted any more, and its end, told of later, changes nothing.
        self.channels[225].connectionLost()
        self.assertFalse(self.connect("203.0.113.2").aborted)
        aborted = [n for n, wire in enumerate(wires) if wire.aborted]
        self.assertEqual(len(aborted), 2)
        self.assertGreaterEqual(min(aborted), 224)

    def test_kept(self) -> None:
        """Some are kept for our own host and for those proxies of ours that have none yet."""
        proxies = [f"192.0.2.{number}" for number in range(100, 131)]
        self.build(*proxies)
        wires = self.fill(f"198.51.{third}.{n}" for third in range(2) for n in range(240))
        # Of our own host one was there before.
        ours = [self.connect(peer) for peer in proxies]
        self.assertFalse(any(wire.aborted for wire in (*wires, *ours)))
        # One of ours more has the place of another.
        self.assertFalse(self.connect("127.0.0.1").aborted)
        self.assertFalse(self.connect(proxies[0]).aborted)
        self.assertEqual([wire.aborted for wire in wires], [True] * 2 + [False] * 478)

    def test_proxyInNetwork(self) -> None:
        """A proxy of ours is no part of the network that its address is in."""
        self.build("2001:db8::1")
        self.fill(["2001:db8::1"] * 40)
        wires = [self.connect("2001:db8::2") for _ in range(33)]
        self.assertEqual([wire.aborted for wire in wires], [False] * 32 + [True])

    def test_wideNetworks(self) -> None:
        """A /56 has no more than two, a /48 no more than four of its /64 have."""
        for subnets, most in ((range(256), 64), (range(0, 65536, 256), 128)):
            self.build()
            wires = [self.connect(f"2001:db8:0:{subnet:x}::1") for subnet in subnets]
            self.assertEqual(len([wire for wire in wires if not wire.aborted]), most)
            self.assertFalse(self.connect("2001:db8:1::1").aborted)

    def test_bytes(self) -> None:
        """An address pays for the bytes of its bodies, too, in whatever way they come."""
        body = b"{" + b" " * 8190 + b"}"
        chunked = b"2000\r\n" + body + b"\r\n0\r\n\r\n"
        for lengths, data in (
            (f"Content-Length: {len(body)}", body),
            ("Transfer-Encoding: chunked", chunked),
        ):
            self.build()
            for _ in range(int(bytesBurst) // len(body)):
                self.assertEqual(self.sendBody("192.0.2.1", lengths, data), 400)
            self.assertEqual(self.sendBody("192.0.2.1", lengths, data), 429)
            self.assertEqual(self.config("192.0.2.1"), 200)
            self.assertEqual(self.sendBody("192.0.2.2", lengths, data), 400)
            self.assertEqual(self.sendBody("127.0.0.1", lengths, data), 400)
            self.clock.advance(len(body) / bytesRate)
            self.assertEqual(self.sendBody("192.0.2.1", lengths, data), 400)

    def sendBody(self, peer: str, lengths: str, data: bytes) -> int:
        """The status of a login whose fields are missing."""
        self.open(peer)
        self._post(lengths)
        if not self.wire.value():
            self.channel.dataReceived(data)
        status = self.answer()[0]
        self.channel.connectionLost()
        return status

    def post(self, length: int) -> tuple[Channel, Wire]:
        """A new connection, over which a body has come whose fields do not fit."""
        self.open()
        self._post(f"Content-Length: {length}")
        self.channel.dataReceived(b"{" + b" " * (length - 2) + b"}")
        return self.channel, self.wire

    def test_turns(self) -> None:
        """Of many dear requests one is answered in a turn; what is cheap goes before them."""
        self.build(clock=TurnClock())
        dear = [self.post(8192) for _ in range(10)]
        self.open()
        self.send("GET /config HTTP/1.1", "Host: localhost:8080")

        def answered() -> int:
            return len([wire for _, wire in dear if wire.value()])

        # As many as a turn has room for were answered at once.
        atOnce = answered()
        self.assertLess(atOnce, 5)
        self.assertEqual(self.wire.value(), b"")
        self.clock.advance(0.001)
        self.assertIn(b" 200 OK", self.wire.value())
        self.assertEqual(answered(), atOnce + 1)
        # One that has left is not answered, and in nobody's way.
        dear[-1][0].connectionLost()
        for _ in range(10):
            self.clock.advance(0.001)
        self.assertEqual(answered(), 9)
        self.assertEqual(dear[-1][1].value(), b"")

    def test_pipelined(self) -> None:
        """What comes together over one connection is answered over several turns, in its order."""
        self.build(clock=TurnClock())
        request = b"GET /config HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"
        self.channel.dataReceived(request * 100)
        counts = []
        while (count := self.wire.value().count(b" 200 OK")) < 100:
            counts.append(count)
            self.clock.advance(0.001)
        self.assertEqual(counts, [32, 64, 96])

    def test_readAhead(self) -> None:
        """However much comes at once, with bodies or without, little of it is read ahead."""
        get = b"GET /config HTTP/1.1\r\nHost: localhost:8080\r\n"
        post = b"POST /login HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\n"
        for request in (
            get + b"\r\n",
            post + b"Content-Length: 2\r\n\r\n{}",
            post + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ):
            self.build(clock=TurnClock())
            come, count = 0, 500
            for _ in range(60):
                if self.wire.producerState == "producing":
                    self.channel.dataReceived(request * count)
                    come += count
                self.clock.advance(0.001)
            answered = self.wire.value().count(b"HTTP/1.1 ")
            self.assertGreater(answered, 2 * count)
            self.assertLess(come - answered, 2 * count)

    def test_cors(self) -> None:
        """Pages of an allowed origin may read answers, and are told so in advance."""
        origin = "Origin: https://dash.example"
        self.send("GET /config HTTP/1.1", "Host: localhost:8080", origin)
        status, headers, _ = self.answer()
        self.assertEqual(status, 200)
        self.assertEqual(headers["Access-Control-Allow-Origin"], "https://dash.example")
        self.assertEqual(headers["Vary"], "Origin")
        self.assertIn("Retry-After", headers["Access-Control-Expose-Headers"])
        self.assertNotIn("Access-Control-Max-Age", headers)
        self.send("OPTIONS /login HTTP/1.1", "Host: localhost:8080", origin)
        self.assertIn(b"HTTP/1.1 204 No Content\r\n", self.wire.value())
        self.assertIn(b"Access-Control-Allow-Headers: Authorization", self.wire.value())
        self.assertIn(b"Access-Control-Max-Age: 600\r\n", self.wire.value())
        self.assertIn(b"Cache-Control: no-store", self.wire.value())
        self.wire.clear()
        foreign = "Sec-Fetch-Site: cross-site"
        self.send("GET /config HTTP/1.1", "Host: localhost:8080", origin, foreign)
        self.assertEqual(self.answer()[0], 200)
        self.send("GET /config HTTP/1.1", "Host: localhost:8080", foreign)
        self.assertEqual(self.answer()[0], 403)
        self.send("GET /config HTTP/1.1", "Host: localhost:8080", "Origin: https://evil.example")
        self.assertNotIn(
            "Access-Control-Allow-Origin", self.assertRefused(403, "origin_refused", False)
        )

    def test_negotiation(self) -> None:
        """With TLS only HTTP/1.1 is offered: an HTTP/2 that Twisted knows would not be spoken."""
        self.assertEqual(self.site.acceptableProtocols(), [b"http/1.1"])

    def test_leaving(self) -> None:
        """A daemon that is about to end takes no more requests."""
        self.root.leave()
        self.send("GET /config HTTP/1.1", "Host: localhost:8080")
        self.assertIn("Retry-After", self.assertRefused(503, "shutting_down", False))
