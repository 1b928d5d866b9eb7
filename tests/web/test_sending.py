"""Files that are sent as fast as they are taken."""

import os
import socket
from typing import Any

from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gamepanel.accounts.accounts import NoAccounts
from gamepanel.base.errors import Busy
from gamepanel.operations.actor import Audit
from gamepanel.operations.sessions import Sessions
from gamepanel.web.api.auth import AuthEndpoints
from gamepanel.web.api.endpoint import Access, Call, Root, serves
from gamepanel.web.http.sending import FileSender, pieceBytes, stuckSeconds, unsent
from gamepanel.web.http.transport import PanelSite
from gamepanel.wire.endpoints import Endpoint, endpoints
from gamepanel.wire.message import Empty
from tests.support import atOnce, memoryStore
from tests.web.test_transport import TransportCase

_declared = {
    **endpoints,
    "get": Endpoint(
        "get", "Files", "Get.", Empty, None, methods=("GET", "HEAD"), sendsFile="text/plain"
    ),
}


class Shelf(Struct):
    """
    An endpoint that sends a file.

    @ivar size: number of bytes that are said to be in it.
    @ivar sender: that sends it.
    @ivar opening: what the file waits for until it is open.
    @ivar wait: what a read from the disk waits for.
    @ivar reads: how often it was read.
    """

    path: str
    clock: Clock
    size: int
    sender: Any = None
    opening: Deferred[None] | None = None
    wait: Deferred[None] | None = None
    reads: int = 0
    isDone: bool = False

    @serves("get")
    async def get(self, call: Call[Empty]) -> bytes:
        request: Any = call.request
        if self.opening is not None:
            await self.opening
        request.setHeader(b"Content-Length", b"%d" % self.size)
        self.sender = FileSender(request, self.clock, self._read)
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            await self.sender.send(descriptor, 0, self.size)
        finally:
            os.close(descriptor)
            self.isDone = True
        return b""

    def _read(self, *call: Any) -> Deferred[Any]:
        self.reads += 1
        if self.wait is None:
            return atOnce(*call)
        return self.wait.addCallback(lambda _: atOnce(*call))


class SendingTests(TransportCase):
    def build(self, *proxies: str, clock: Clock | None = None) -> None:
        """A site that sends a file of three pieces, and a connection to it."""
        self.clock = clock or Clock()
        self.content = os.urandom(2 * pieceBytes + 1000)
        path = self.mktemp()
        with open(path, "wb") as file:
            file.write(self.content)
        self.shelf = Shelf(path, self.clock, len(self.content))
        access = Access(NoAccounts(), Audit(memoryStore()[0].audit, lambda: 0.0))
        auth = AuthEndpoints(access, Sessions(access.accounts, access.audit))
        groups = [auth, self.shelf]
        none: frozenset[str] = frozenset()
        root = Root(access, groups, none, none, declared=_declared)
        self.site = PanelSite(root, self.clock)
        self.open()

    def get(self) -> None:
        self.send("GET /get HTTP/1.1", "Host: localhost:8080")

    def body(self) -> bytes:
        """What has come behind the header."""
        return bytes(self.wire.value().partition(b"\r\n\r\n")[2])

    def test_whole(self) -> None:
        """All of it is sent, and then the next request is answered."""
        self.get()
        self.assertEqual(self.body(), self.content)
        # A real connection would send each piece in several turns, which costs most of the speed.
        self.assertEqual(getattr(self.wire, "SEND_LIMIT", 0), pieceBytes)
        self.wire.clear()
        self.send("GET /config HTTP/1.1", "Host: localhost:8080")
        self.assertEqual(self.answer()[0], 200)

    def test_backpressure(self) -> None:
        """A client that does not keep up is sent no more; it gets the rest when it does."""
        self.shelf.wait = Deferred()
        self.get()
        self.channel.pauseProducing()
        wait, self.shelf.wait = self.shelf.wait, None
        wait.callback(None)
        self.assertEqual(len(self.body()), pieceBytes)
        self.channel.resumeProducing()
        self.assertEqual(self.body(), self.content)
        self.assertTrue(self.shelf.isDone)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)

    def pause(self) -> None:
        """Let the client not read any more, after it has got a piece."""
        self.shelf.wait = Deferred()
        self.get()
        self.channel.pauseProducing()
        wait, self.shelf.wait = self.shelf.wait, None
        wait.callback(None)

    def test_stuck(self) -> None:
        """A client that takes nothing for a minute is dropped, and not before."""
        self.pause()
        for _ in range(11):
            self.clock.advance(5)
        self.assertFalse(self.wire.aborted)
        self.clock.advance(5)
        self.assertTrue(self.wire.aborted)
        self.assertFalse(self.shelf.isDone)
        self.channel.connectionLost()
        self.assertTrue(self.shelf.isDone)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_slow(self) -> None:
        """A client that takes a little is left alone, however full its connection stays."""
        mine, theirs = socket.socketpair()
        self.addCleanup(mine.close)
        self.addCleanup(theirs.close)
        mine.send(b"x" * 1000)
        self.wire.fileno = mine.fileno  # type: ignore[attr-defined]
        self.assertGreater(unsent(self.wire), 0)
        self.pause()
        for _ in range(3):
            self.clock.advance(stuckSeconds - 1)
            # The queue of a pair of UNIX sockets shrinks by whole messages only.
            theirs.recv(1000)
            mine.send(b"x")
            self.clock.advance(1)
            self.assertFalse(self.wire.aborted)
            theirs.recv(1000)
            mine.send(b"x" * 1000)
            self.clock.advance(stuckSeconds)
        self.channel.resumeProducing()
        self.assertEqual(self.body(), self.content)

    def test_shorter(self) -> None:
        """A file that becomes shorter breaks the connection off: nothing stands for what lacks."""
        self.shelf.size += 1
        self.get()
        self.assertEqual(self.body(), self.content)
        self.assertTrue(self.wire.aborted)
        self.send("GET /config HTTP/1.1", "Host: localhost:8080")
        self.assertEqual(self.body(), self.content)
        self.channel.connectionLost()
        self.assertTrue(self.shelf.isDone)

    def test_longer(self) -> None:
        """Of a file that becomes longer, as much is sent as was said."""
        with open(self.shelf.path, "ab") as file:
            file.write(b"more")
        self.get()
        self.assertEqual(self.body(), self.content)

    def test_unreadable(self) -> None:
        """A disk that fails midway breaks the connection off, too, and so does one that hangs."""
        for error in (OSError("the disk is broken"), Busy()):
            self.open()
            self.shelf.wait = Deferred()
            self.get()
            self.shelf.wait.errback(error)
            self.assertTrue(self.wire.aborted)
            self.assertEqual(self.body(), b"")

    def test_leftBefore(self) -> None:
        """For a client that leaves before the file is open nothing of it is read."""
        self.shelf.opening = Deferred()
        self.get()
        self.wire.loseConnection()
        self.channel.connectionLost()
        self.shelf.opening.callback(None)
        self.assertTrue(self.shelf.isDone)
        self.assertEqual(self.shelf.reads, 0)
        # The token may end then, too.
        self.shelf.sender.breakOff()

    def test_left(self) -> None:
        """A client that leaves ends it, also one that does not keep up."""
        self.pause()
        self.wire.loseConnection()
        self.channel.connectionLost()
        self.assertTrue(self.shelf.isDone)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_brokenOff(self) -> None:
        """What is broken off from outside is sent no more."""
        self.pause()
        self.shelf.sender.breakOff()
        self.shelf.sender.breakOff()
        self.assertTrue(self.wire.aborted)
        self.assertEqual(len(self.body()), pieceBytes)
        self.channel.connectionLost()
        self.assertTrue(self.shelf.isDone)
