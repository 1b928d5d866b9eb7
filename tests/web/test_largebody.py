"""Bodies that are not read before their request is answered."""

from typing import Any

from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gamepanel.accounts.accounts import NoAccounts
from gamepanel.base.errors import NoSpace, PanelError
from gamepanel.operations.actor import Audit
from gamepanel.operations.sessions import Sessions
from gamepanel.web.api.auth import AuthEndpoints
from gamepanel.web.api.endpoint import Access, Call, Root, serves
from gamepanel.web.http.largebody import stallBytes, stallSeconds, waitingBytes
from gamepanel.web.http.transport import PanelSite, lingerSeconds, requestSeconds
from gamepanel.wire.endpoints import Endpoint, endpoints
from gamepanel.wire.message import Answer, Message
from tests.support import memoryStore
from tests.web.test_transport import TransportCase


class Put(Message, frozen=True):
    """Where a file is to be."""

    path: str


class Say(Message, frozen=True):
    """Something long."""

    text: str


class Size(Answer, frozen=True):
    """How much came."""

    size: int


class Disk(Struct):
    """
    Endpoints that take much, as fast as a test lets them.

    @ivar got: the pieces that were taken.
    @ivar free: what the disk is waited for; None while it is fast.
    @ivar refusal: what is said at once, if anything.
    """

    got: list[bytes]
    calls: list[Any]
    free: Deferred[None] | None = None
    refusal: PanelError | None = None

    @serves("put")
    async def put(self, call: Call[Put]) -> Size:
        self.calls.append(call)
        if self.refusal is not None:
            raise self.refusal
        while pieces := await call.upload.read():
            self.got += pieces
            if self.free is not None:
                await self.free
        return Size(size=sum(map(len, self.got)))

    @serves("say")
    def say(self, call: Call[Say]) -> Size:
        return Size(size=len(call.message.text))

    @serves("tell")
    def tell(self, call: Call[Say]) -> Size:
        return self.say(call)


_declared = {
    **endpoints,
    "put": Endpoint("put", "Files", "Put.", Put, Size, maxBody=2**30, isSlow=True, takesFile=True),
    "say": Endpoint("say", "Files", "Say.", Say, Size, maxBody=2**20),
    "tell": Endpoint("tell", "Files", "Tell.", Say, Size, maxBody=2**20, isSlow=True),
}

kind = "Content-Type: application/octet-stream"


class BodyCase(TransportCase):
    def build(self, *proxies: str, clock: Clock | None = None) -> None:
        """A site with endpoints that take much, and a connection to it from our own host."""
        self.clock = clock or Clock()
        self.disk = Disk([], [])
        access = Access(NoAccounts(), Audit(memoryStore()[0].audit, lambda: 0.0))
        auth = AuthEndpoints(access, Sessions(access.accounts, access.audit))
        names = frozenset({"panel.example"})
        groups = [auth, self.disk]
        root = Root(access, groups, names, frozenset(), declared=_declared)
        self.site = PanelSite(root, self.clock)
        self.open()

    def put(self, length: int, *more: str, path: str = "/put?path=a", body: bytes = b"") -> None:
        """Send the header of a file, and some of it."""
        size = f"Content-Length: {length}"
        self.send(f"POST {path} HTTP/1.1", "Host: localhost:8080", kind, size, *more, body=body)


class LargeBodyTests(BodyCase):
    def test_pieces(self) -> None:
        """A file is taken as it comes; what follows it is the next request."""
        self.put(10, body=b"12345")
        self.assertEqual(self.disk.got, [b"12345"])
        follows = b"GET /config HTTP/1.1\r\nHost: localhost:8080\r\n\r\n"
        self.channel.dataReceived(b"67890" + follows)
        self.assertEqual(self.disk.got, [b"12345", b"67890"])
        self.clock.advance(0)
        self.assertIn(b'{"size":10}HTTP/1.1 200 OK', self.wire.value())
        self.assertFalse(self.wire.disconnecting)

    def test_empty(self) -> None:
        """An empty file is one."""
        self.put(0)
        self.assertEqual(self.answer()[2], {"size": 0})

    def test_handedOverWithItsHeader(self) -> None:
        """The request is answered when its header is there, by fields in its query."""
        self.put(2**29)
        self.assertEqual(self.disk.calls[0].message.path, "a")

    def test_continue(self) -> None:
        """Who waits for C{100 Continue} gets it when the file is wanted, not when it is refused."""
        self.put(5, "Expect: 100-continue")
        self.assertEqual(self.wire.value(), b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wire.clear()
        self.channel.dataReceived(b"12345")
        self.assertEqual(self.answer()[2], {"size": 5})
        self.disk.refusal = NoSpace()
        self.put(5, "Expect: 100-continue")
        self.assertRefused(507, "no_space")

    def test_refused(self) -> None:
        """A refusal is sent at once; the file is thrown away for two seconds."""
        self.disk.refusal = NoSpace()
        self.put(2**29, body=b"x" * 1000)
        _, headers, _ = self.answer()
        self.assertEqual(headers["Connection"], "close")
        for _ in range(10):
            self.channel.dataReceived(b"x" * 100_000)
        self.assertEqual((self.disk.got, len(self.channel._buffer)), ([], 0))
        self.assertFalse(self.wire.disconnecting)
        self.clock.advance(lingerSeconds)
        self.assertTrue(self.wire.disconnecting)

    def test_backpressure(self) -> None:
        """While the disk is busy the socket rests; then it is read again."""
        self.disk.free = Deferred()
        self.put(2**20, body=b"1")
        come = 0
        while self.wire.producerState == "producing":
            self.channel.dataReceived(b"x" * 65536)
            come += 65536
            self.assertLessEqual(come, waitingBytes)
        self.assertEqual(self.wire.producerState, "paused")
        free, self.disk.free = self.disk.free, None
        free.callback(None)
        self.assertEqual(self.wire.producerState, "producing")
        self.channel.dataReceived(b"x" * (2**20 - 1 - come))
        self.assertEqual(self.answer()[2], {"size": 2**20})

    def test_refusedWhileItRests(self) -> None:
        """A socket that rests is read again after a refusal, or the client could not see it."""
        self.disk.free = Deferred()
        self.put(2**20, body=b"1")
        self.channel.dataReceived(b"x" * waitingBytes)
        self.assertEqual(self.wire.producerState, "paused")
        self.disk.free.errback(NoSpace())
        self.assertEqual(self.answer()[0], 507)
        self.assertEqual(self.wire.producerState, "producing")

    def test_trickle(self) -> None:
        """Less than 64 KiB in 30 s are too few, however often something comes."""
        self.put(2**20)
        for _ in range(int(stallSeconds) - 1):
            self.channel.dataReceived(b"x" * (stallBytes // 40))
            self.clock.advance(1)
        self.assertEqual(self.wire.value(), b"")
        self.clock.advance(1)
        self.assertRefused(408, "timeout")

    def test_slowIsFastEnough(self) -> None:
        """Who sends 64 KiB in 30 s is left alone, for as long as it takes."""
        self.put(2**20)
        for _ in range(16):
            self.clock.advance(stallSeconds - 1)
            self.channel.dataReceived(b"x" * stallBytes)
        self.assertEqual(self.answer()[2], {"size": 2**20})

    def test_slowDisk(self) -> None:
        """The time that the disk takes is not the client's."""
        self.disk.free = Deferred()
        self.put(10, body=b"12345")
        self.clock.advance(10 * stallSeconds)
        free, self.disk.free = self.disk.free, None
        free.callback(None)
        self.clock.advance(stallSeconds - 1)
        self.channel.dataReceived(b"67890")
        self.assertEqual(self.answer()[2], {"size": 10})

    def test_left(self) -> None:
        """A client that leaves midway ends it; that is no bug."""
        self.put(10, body=b"12345")
        self.wire.loseConnection()
        self.channel.connectionLost()
        self.assertEqual(self.flushLoggedErrors(), [])
        self.assertEqual(self.wire.value(), b"")

    def test_order(self) -> None:
        """What stands in the header is checked before the request is handed over."""
        for path, fields, status, code in (
            ("/put?path=a", ["Content-Type: application/json"], 415, "unsupported_media_type"),
            ("/put?path=a", [kind, "Content-Encoding: gzip"], 415, "unsupported_media_type"),
            ("/put?path=a", [kind, kind], 415, "unsupported_media_type"),
        ):
            self.open()
            length = "Content-Length: 10"
            host = "Host: localhost:8080"
            self.send(f"POST {path} HTTP/1.1", host, length, *fields)
            self.assertRefused(status, code)
        for length in ("Transfer-Encoding: chunked", "X-None: 1"):
            self.open()
            self.send("POST /put?path=a HTTP/1.1", "Host: localhost:8080", kind, length)
            self.assertRefused(400, "bad_request", closes=False)
        self.open()
        self.put(2**30 + 1)
        self.assertRefused(413, "too_large")
        self.open()
        self.put(10, path="/put")
        self.assertRefused(400, "bad_request")
        self.open()
        self.put(10, path="/put?path=a&path=b")
        self.assertRefused(400, "bad_request")
        self.assertEqual(self.disk.calls, [])

    def test_json(self) -> None:
        """JSON of more than 64 KiB is handed over, too, and read then; not in chunks."""
        text = b'{"text":"%s"}' % (b"x" * 500_000)
        about = "POST /say HTTP/1.1", "Host: localhost:8080", "Content-Type: application/json"
        self.send(*about, f"Content-Length: {len(text)}", body=text[:1000])
        self.channel.dataReceived(text[1000:])
        self.assertEqual(self.answer()[2], {"size": 500_000})
        self.send(*about, "Transfer-Encoding: chunked", body=b"FFFFF\r\n")
        self.assertRefused(413, "too_large")

    def begin(self, path: str, length: int) -> bytes:
        """Send the header of JSON of some length, and the first byte; the others."""
        text = b'{"text":"%s"}' % (b"x" * (length - 11))
        kind, size = "Content-Type: application/json", f"Content-Length: {len(text)}"
        self.send(f"POST {path} HTTP/1.1", "Host: localhost:8080", kind, size, body=text[:1])
        return text[1:]

    def test_jsonInTime(self) -> None:
        """JSON has ten seconds, however long it is, if it may not be slow."""
        for length in (100, 500_000):
            self.open()
            rest = self.begin("/say", length)
            self.clock.advance(requestSeconds - 1)
            self.channel.dataReceived(rest[:100_000][:-1])
            self.assertEqual(self.wire.value(), b"")
            self.clock.advance(1)
            self.assertRefused(408, "timeout")

    def test_slowJson(self) -> None:
        """Where it may be slow, 64 KiB of it, or all, have half a minute."""
        for length in (100, 500_000):
            self.open()
            rest = self.begin("/tell", length)
            for start in range(0, len(rest), stallBytes):
                self.clock.advance(stallSeconds - 1)
                self.assertEqual(self.wire.value(), b"")
                self.channel.dataReceived(rest[start : start + stallBytes])
            self.assertEqual(self.answer()[2], {"size": length - 11})
            self.begin("/tell", length)
            self.clock.advance(requestSeconds)
            self.assertEqual(self.wire.value(), b"")
            self.clock.advance(stallSeconds - requestSeconds)
            self.assertRefused(408, "timeout")

    def test_jsonInTurns(self) -> None:
        """What long JSON costs counts: the next has to wait for another turn."""
        text = b'{"text":"%s"}' % (b"x" * 500_000)
        about = "POST /say HTTP/1.1", "Host: localhost:8080", "Content-Type: application/json"
        self.send(*about, f"Content-Length: {len(text)}", body=text)
        self.assertIn(b'{"size":500000}', self.wire.value())
        self.wire.clear()
        self.send(*about, f"Content-Length: {len(text)}", body=text)
        self.assertEqual(self.wire.value(), b"")
        self.clock.advance(0)
        self.assertEqual(self.answer()[2], {"size": 500_000})

    def test_noRate(self) -> None:
        """A file counts against no rate of bytes, from wherever it comes."""
        self.open("198.51.100.7")
        for _ in range(40):
            self.channel.dataReceived(
                b"POST /put?path=a HTTP/1.1\r\nHost: panel.example\r\n"
                b"Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
            )
            self.channel.dataReceived(b"x" * 1_000_000)
            self.assertEqual(self.answer()[0], 200)
