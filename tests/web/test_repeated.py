"""
Requests whose header came before over the same connection: they are answered as if they were the
first, byte for byte, and what can have changed in between counts.
"""

import errno
import json
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.tcp import Server
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from gamepanel.accounts.accounts import NoAccounts
from gamepanel.operations.actor import Audit
from gamepanel.operations.sessions import Sessions
from gamepanel.web.api.auth import AuthEndpoints
from gamepanel.web.api.endpoint import Access, Root
from gamepanel.web.http import request as requests
from gamepanel.web.http import transport
from gamepanel.web.http.addresses import requestBurst
from gamepanel.web.http.request import Head, PanelRequest, parse
from gamepanel.web.http.transport import PanelSite, maxKnown, maxKnownBytes
from tests.fakes import TurnClock
from tests.inmemory import InMemoryPanel
from tests.support import memoryStore, patience, until
from tests.web.test_routes import RoutesTests, Some
from tests.web.test_transport import TransportCase, Wire

reactor: Any = installed


def request(first: str, *lines: str, body: str | bytes = b"", length: bool = True) -> bytes:
    """A whole request to our own host."""
    data = body.encode() if isinstance(body, str) else body
    more = [f"Content-Length: {len(data)}"] if length and data else []
    head = [f"{first} HTTP/1.1", "Host: localhost:8080", *lines, *more, "", ""]
    return "\r\n".join(head).encode() + data


def post(name: str, body: str, *lines: str) -> bytes:
    """A request to an endpoint."""
    return request(f"POST /{name}", "Content-Type: application/json", *lines, body=body)


def complete(data: bytes, count: int) -> bool:
    """Whether so many whole answers have come."""
    for _ in range(count):
        head, end, rest = data.partition(b"\r\n\r\n")
        length = re.search(rb"\r\nContent-Length: (\d+)", head)
        if not end or length is None or len(rest) < int(length[1]):
            return False
        data = rest[int(length[1]) :]
    return True


def timeless(answer: bytes) -> bytes:
    """An answer without what is another each time."""
    for pattern in (rb"(Date: )[^\r]+", rb'("token":")[^"]+', rb'("requestId":")[^"]+'):
        answer = re.sub(pattern, rb"\1", answer)
    return answer


class Line:
    """A connection."""

    def __init__(self, site: PanelSite, host: str = "127.0.0.1", port: int = 8080) -> None:
        self.wire = Wire(
            hostAddress=IPv4Address("TCP", "127.0.0.1", port),
            peerAddress=IPv4Address("TCP", host, 50000),
        )
        self.channel: Any = site.buildProtocol(None)
        self.channel.makeConnection(self.wire)

    def take(self) -> bytes:
        """What has come."""
        data: bytes = self.wire.value()
        self.wire.clear()
        return data


class Counting:
    """Counts the heads that are parsed."""

    parsed = 0

    def count(self, case: Any) -> None:
        """Begin."""

        def counted(raw: bytes) -> Head:
            self.parsed += 1
            return parse(raw)

        case.patch(transport, "parse", counted)


class AlikeTests(TestCase):
    """The whole API in memory."""

    timeout = 4 * patience

    def setUp(self) -> "Deferred[None]":  # type: ignore[override]
        return Deferred.fromCoroutine(self.begin())

    async def begin(self) -> None:
        """A daemon with two servers."""
        self.panel = InMemoryPanel()
        self.clock = Clock()
        self.site = PanelSite(self.panel.root, self.clock)
        self.counting = Counting()
        self.counting.count(self)
        self.token = self.panel.token()
        self.auth = f"Authorization: Bearer {self.token}"
        for id in ("one", "two"):
            body = json.dumps({"server": id, "type": "shell", "options": {"script": "exit"}})
            answer = await self.ask(Line(self.site), post("server_create", body, self.auth))
            self.assertIn(b" 200 OK", answer)

    def tearDown(self) -> "Deferred[None]":  # type: ignore[override]
        return Deferred.fromCoroutine(self.panel.end())

    async def ask(self, line: Line, *parts: bytes, answers: int = 1) -> bytes:
        """The answers to what comes in these pieces."""
        for part in parts:
            line.channel.dataReceived(part)

        def isComplete() -> bool:
            # What has to wait for the next turn has it.
            self.clock.advance(0)
            return complete(line.wire.value(), answers)

        await until(reactor, isComplete, repr(parts))
        return line.take()

    async def usual(self, data: bytes, answers: int = 1) -> bytes:
        """The answers to something that comes to a connection of its own, in two pieces."""
        return timeless(await self.ask(Line(self.site), data[:1], data[1:], answers=answers))

    async def repeated(self, *all: bytes) -> None:
        """
        That requests over one connection, all of them twice, are answered as each is alone, and
        that the second time none is parsed.
        """
        line = Line(self.site)
        for turn in range(2):
            for data in all:
                expected = await self.usual(data)
                before = self.counting.parsed
                self.assertEqual(timeless(await self.ask(line, data)), expected, data)
                if turn:
                    self.assertEqual(self.counting.parsed, before, data)
        line.channel.connectionLost(Failure(ConnectionDone()))

    async def test_known(self) -> None:
        """What is asked again is answered alike, and is not parsed again."""
        gzip, origin = "Accept-Encoding: gzip", "Origin: http://localhost:8080"
        for data in (
            post("server_status", '{"server":"one"}', self.auth),
            post("server_status", '{"server":"one"}', self.auth, gzip, origin),
            post("server_status", "{}", self.auth),
            post("server_list", "{}", self.auth, "X-Any: thing", "Cookie: a=b"),
            post("server_list", f'{{"accessToken":"{self.token}"}}'),
            post("server_log", '{"server":"two"}', self.auth),
            post("whoami", "{}", f"authorization:  bearer   {self.token} "),
            post("whoami", "{}", self.auth.replace("Bearer", "BEARER")),
            post("user_list", " {} ", self.auth),
            post("login_info", "{}"),
            request("GET /healthz"),
            request("GET /config", "Connection: keep-alive", gzip),
            request("GET /openapi.json", gzip),
            request("GET /openapi.json"),
        ):
            await self.repeated(data)

    async def test_bodies(self) -> None:
        """The same header with another body is answered as that deserves."""
        bodies = (
            *('{"server":"one"}', '{"server":"two"}', '{"server":"six"}', '{"Server":"one"}'),
            *('{"server":"one",', '{"server": null}', '{"server":12345}', '["server","one"]'),
            *('{"server":"o\\n"}', '{"a":1,"a":1234}', '{"a":"bc\\u0000"}', "                "),
            *('{"server":"one"}', '{"server":"\u00e4e"}', '{"server":"ONE"}'),
        )
        line = Line(self.site)
        await self.ask(line, post("server_status", bodies[0], self.auth))
        parsed = 0
        for body in bodies:
            data = post("server_status", body, self.auth)
            expected = await self.usual(data)
            before = self.counting.parsed
            self.assertEqual(timeless(await self.ask(line, data)), expected, body)
            parsed += self.counting.parsed - before
        self.assertEqual(parsed, 0)
        # One that has the token, too.
        both = f'{{"accessToken":"{self.token}"}}'
        await self.repeated(post("whoami", both, self.auth))
        # One that has to wait before it is answered.
        await self.repeated(post("server_create_options", "{}", self.auth))

    async def test_odd(self) -> None:
        """What is chunked, refused, or has no body is answered alike each time, too."""
        status = post("server_status", '{"server":"one"}', self.auth)
        chunked = request(
            *("POST /whoami", "Content-Type: application/json", self.auth),
            "Transfer-Encoding: chunked",
            body=b"2\r\n{}\r\n0\r\n\r\n",
            length=False,
        )
        for data in (
            *(chunked, b"\r\n" + status, request("GET /config?x=1"), request("GET /nowhere")),
            request("HEAD /config"),
            request("POST /config", "Content-Type: application/json", body="{}"),
            request("POST /whoami", "Content-Type: text/plain", self.auth, body="{}"),
            request("GET /config", "Origin: https://evil.example"),
            request("GET /config", "Host: localhost:8080"),
            request("GET /config", "X: " + "x" * maxKnownBytes),
            post("whoami", "{}"),
            post("whoami", "{}", "Authorization: Bearer nonsense"),
            post("whoami", "{}", self.auth, self.auth),
        ):
            expected = await self.usual(data, int(not data.startswith(b"HEAD")))
            line = Line(self.site)
            for _ in range(3):
                got = await self.ask(line, data, answers=int(not data.startswith(b"HEAD")))
                self.assertEqual(timeless(got), expected, data)
                if line.wire.disconnecting or b"Connection: close" in got:
                    break

    async def test_expects(self) -> None:
        """A client that waits for leave to send a body has it each time."""
        line, data = Line(self.site), post("whoami", "{}", self.auth, "Expect: 100-continue")
        for _ in range(3):
            line.channel.dataReceived(data)
            answer = line.take()
            self.assertTrue(answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"))

    async def test_closing(self) -> None:
        """A request that is the last of its connection is not kept."""
        for data in (
            request("GET /config", "Connection: close"),
            request("GET /config").replace(b"HTTP/1.1", b"HTTP/1.0"),
        ):
            line = Line(self.site)
            self.assertEqual(timeless(await self.ask(line, data)), await self.usual(data))
            self.assertTrue(line.wire.disconnecting)
            line.channel.dataReceived(data)
            self.assertEqual(line.take(), b"")

    async def test_pieces(self) -> None:
        """In whatever pieces they come, they are answered alike, and in their order."""
        status = post("server_status", '{"server":"one"}', self.auth)
        healthz, listed = request("GET /healthz"), post("server_list", "{}", self.auth)
        alone = {data: await self.usual(data) for data in (status, healthz, listed)}
        line = Line(self.site)
        for data in alone:
            await self.ask(line, data)
        for order in (
            *((status, status), (listed, healthz), (healthz, listed, status)),
            (listed, listed, healthz, listed),
        ):
            expected = b"".join(alone[data] for data in order)
            whole = b"".join(order)
            for size in (len(whole), len(status) + 1, len(status) - 3, 50, 7, 1):
                pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
                answers = await self.ask(line, *pieces, answers=len(order))
                self.assertEqual(timeless(answers), expected, (order, size))
        # Many clients send the body by itself; the last is no whole one.
        header, end, body = status.partition(b"\r\n\r\n")
        for parts in (
            *((header + end, body), (header + end, body[:5], body[5:]), (header, end, body)),
            *((header + end, body + status), (header + end, body + status + header, end + body)),
        ):
            count = b"".join(parts).count(b"POST ")
            answers = await self.ask(line, *parts, answers=count)
            self.assertEqual(timeless(answers), alone[status] * count, parts)
        # A stray empty line may come but once, whatever came before.
        for _ in range(3):
            answers = await self.ask(line, b"\r\n", status)
            self.assertEqual(timeless(answers), alone[status])
        await self.ask(line, status)
        self.assertIn(b" 400 ", await self.ask(line, b"\r\n\r\n", status))

    async def test_tokenEnds(self) -> None:
        """A token that has ended is refused, and so is that of a user who is disabled."""
        password = "nobody would guess that"
        await self.user("user_create", password=password, servers={"one": ["view"]})
        line, token = Line(self.site), self.panel.token("ann")
        auth = f"Authorization: Bearer {token}"
        data, status = post("whoami", "{}", auth), post("server_status", '{"server":"one"}', auth)
        for each in (data, status, data, status):
            self.assertIn(b" 200 OK", await self.ask(line, each))
        await self.user("user_update", servers={"two": ["view"]})
        before = self.counting.parsed
        self.assertIn(b"no_such_server", await self.ask(line, status))
        self.assertIn(b'"two"', await self.ask(line, data))
        self.assertEqual(self.counting.parsed, before)
        await self.user("user_update", disabled=True)
        before = self.counting.parsed
        for each in (data, status):
            self.assertIn(b"token_invalid", await self.ask(line, each))
        self.assertEqual(self.counting.parsed, before)
        mine = post("whoami", "{}", self.auth)
        line = Line(self.site)
        await self.ask(line, mine)
        await self.panel.logins.logout(self.panel.logins.session(self.token, ""))
        before = self.counting.parsed
        refused = await self.ask(line, mine)
        self.assertEqual((b"token_invalid" in refused, self.counting.parsed), (True, before))
        self.assertEqual(timeless(refused), await self.usual(mine))

    async def user(self, name: str, **fields: Any) -> None:
        """Make or change a user."""
        body = json.dumps({"username": "ann", **fields})
        answer = await self.ask(Line(self.site), post(name, body, self.auth))
        self.assertIn(b" 200 OK", answer)

    async def test_changes(self) -> None:
        """What is told is as of the answer, however often it was asked before."""
        line = Line(self.site)
        listed, status = (
            post("server_list", "{}", self.auth),
            post("server_status", "{}", self.auth),
        )
        for data in (listed, status):
            for _ in range(3):
                self.assertIn(b'"one"', await self.ask(line, data))
        for text in ("first", "second"):
            body = json.dumps({"server": "one", "settings": {"description": text}})
            await self.ask(Line(self.site), post("server_settings", body, self.auth))
            for data in (listed, status):
                self.assertIn(b'"%s"' % text.encode(), await self.ask(line, data))


class BoundsTests(TransportCase):
    """What holds for each connection holds for repeated requests, too."""

    get = request("GET /config")

    def setUp(self) -> None:
        super().setUp()
        self.counting = Counting()
        self.counting.count(self)

    def test_throttleOfRepeated(self) -> None:
        """An address pays for each of them, and is refused as for any other."""
        self.open("192.0.2.1")
        for _ in range(int(requestBurst)):
            self.channel.dataReceived(self.get)
            self.assertEqual(self.answer()[0], 200)
        self.assertEqual(self.counting.parsed, 1)
        self.channel.dataReceived(self.get)
        self.assertRefused(429, "too_many_requests", False)

    def test_closing(self) -> None:
        """What comes while the connection is being closed is not carried out."""
        data = post("login_info", "{}")
        self.site.resource = self.withTickets()
        begun: list[object] = []
        for pieces in ((data,), (data[:-2], data[-2:])):
            self.open()
            self.channel.dataReceived(data)
            self.assertEqual(self.answer()[0], 200)
            patch = self.patch(PanelRequest, "answer", lambda request: begun.append(request))
            *before, last = pieces
            for piece in before:
                self.channel.dataReceived(piece)
            self.channel.loseConnection()
            self.channel.dataReceived(last)
            self.clock.advance(0)
            self.assertEqual((begun, self.wire.value()), ([], b""))
            patch.restore()

    def test_paidOnce(self) -> None:
        """However a request comes, its address pays for it once."""
        data = post("login_info", "{}")
        self.site.resource = self.withTickets()
        charges: list[int] = []
        addresses = self.site.resource.addresses
        self.patch(type(addresses), "admit", lambda *about: charges.append(1))
        for pieces in ((data,), (data[:-2], data[-2:]), (data[:-2], data[-2:-1], data[-1:])):
            self.open("192.0.2.1")
            self.channel.dataReceived(data)
            self.assertEqual(self.answer()[0], 200)
            charges.clear()
            for piece in pieces:
                self.channel.dataReceived(piece)
            self.assertEqual((self.answer()[0], charges), (200, [1]))

    def test_slowBody(self) -> None:
        """The body of one whose header is known must come in time, as any other, and is counted."""
        data = request("POST /login_info", "Content-Type: application/json", body="{}")
        header, body = data[:-2], data[-2:]
        self.site.resource = self.withTickets()
        self.channel.dataReceived(data)
        self.assertEqual(self.answer()[0], 200)
        self.clock.advance(30)
        self.channel.dataReceived(header)
        self.clock.advance(9)
        self.channel.dataReceived(body)
        self.assertEqual((self.answer()[0], self.counting.parsed), (200, 1))
        self.clock.pump([5] * 11)
        self.assertFalse(self.wire.disconnecting)
        self.channel.dataReceived(header)
        self.clock.advance(9)
        self.assertEqual(self.wire.value(), b"")
        self.clock.advance(1)
        self.assertRefused(408, "timeout")

    def withTickets(self) -> Root:
        """The same, but that everybody is told how to log in."""
        ticket = ("ab", 14)
        accounts: Any = NoAccounts()
        self.patch(NoAccounts, "mode", "password")
        self.patch(NoAccounts, "ticket", lambda self, address: ticket)
        access = Access(accounts, Audit(memoryStore()[0].audit, lambda: 0.0))
        auth = AuthEndpoints(access, Sessions(access.accounts, access.audit))
        return Root(access, [auth], frozenset(), frozenset())

    def test_leavingRepeated(self) -> None:
        """A daemon that is about to end takes no more of them."""
        for status in (200, 200):
            self.channel.dataReceived(self.get)
            self.assertEqual(self.answer()[0], status)
        self.root.leave()
        self.channel.dataReceived(self.get)
        self.assertIn("Retry-After", self.assertRefused(503, "shutting_down", False))

    def test_corsRepeated(self) -> None:
        """Who may read an answer is told so each time."""
        data = request("GET /config", "Origin: https://dash.example")
        answers = []
        for _ in range(3):
            self.channel.dataReceived(data)
            answers.append(self.answer())
            del answers[-1][1]["Date"]
        self.assertEqual(answers[0][1]["Access-Control-Allow-Origin"], "https://dash.example")
        self.assertEqual(answers[1:], answers[:1] * 2)
        self.assertEqual(self.counting.parsed, 1)

    def test_turnsOfRepeated(self) -> None:
        """Of many that come in one turn, some have to wait for the next."""
        self.build(clock=TurnClock())
        lines = [Line(self.site) for _ in range(100)]
        for line in lines:
            line.channel.dataReceived(self.get)
            self.clock.advance(0.001)
            self.assertIn(b" 200 OK", line.take())
        for line in lines:
            line.channel.dataReceived(self.get)
            # The next one, which must wait for that.
            line.channel.dataReceived(self.get)
        lines[-1].channel.connectionLost(Failure(ConnectionDone()))
        counts: list[int] = []
        while len(counts) < 8:
            counts.append(sum(line.wire.value().count(b" 200 OK") for line in lines))
            self.clock.advance(0.001)
        self.assertEqual(counts[-1], 198)
        self.assertLessEqual(max(after - before for before, after in pairwise(counts)), 32)
        self.assertLessEqual(counts[0], 33)

    def test_bounded(self) -> None:
        """Of a connection so many headers are kept, the newest, and no long ones."""
        gets = [request("GET /config", f"X: {number}") for number in range(maxKnown + 1)]
        for get in (*gets, *gets[1:]):
            self.channel.dataReceived(get)
            self.assertEqual(self.answer()[0], 200)
        self.assertEqual(self.counting.parsed, len(gets))
        self.channel.dataReceived(gets[0])
        self.answer()
        self.assertEqual(self.counting.parsed, len(gets) + 1)
        long = request("GET /config", "X: " + "x" * maxKnownBytes)
        for _ in range(2):
            self.channel.dataReceived(long)
            self.answer()
        self.assertEqual(self.counting.parsed, len(gets) + 3)

    def test_unreadRepeated(self) -> None:
        """A client that does not read gets no more answers until it does."""
        self.channel.dataReceived(self.get)
        self.answer()
        self.channel.pauseProducing()
        self.channel.dataReceived(self.get)
        self.channel.dataReceived(self.get)
        stuck = self.wire.value().count(b" 200 OK")
        self.channel.resumeProducing()
        self.clock.advance(0)
        self.assertLessEqual(stuck, 1)
        self.assertEqual(self.wire.value().count(b" 200 OK"), 2)


class SendingTests(TestCase):
    """Answers over a real socket."""

    timeout = 4 * patience

    def setUp(self) -> None:
        access = Access(NoAccounts(), Audit(memoryStore()[0].audit, lambda: 0.0))
        auth = AuthEndpoints(access, Sessions(access.accounts, access.audit))
        root = Root(access, [auth], frozenset(), frozenset())
        self.get = request("GET /config")
        self.kernelTakes: Callable[[socket.socket, bytes], int] | None = None
        plain = socket.socket.send

        def send(connection: socket.socket, data: bytes) -> int:
            takes = plain if connection is self.socket else self.kernelTakes or plain
            return takes(connection, data)

        # Before the connection is made, which looks it up.
        self.patch(socket.socket, "send", send)
        self.connect(PanelSite(root, reactor))
        self.socket.setblocking(False)
        self.waited: list[Server] = []
        begin = Server.startWriting

        def startWriting(connection: Server) -> None:
            self.waited.append(connection)
            begin(connection)

        self.patch(Server, "startWriting", startWriting)

    def connect(self, site: PanelSite) -> None:
        """A client comes."""
        self.port: Any = reactor.listenTCP(0, site, interface="127.0.0.1")
        address = ("127.0.0.1", self.port.getHost().port)
        self.socket = socket.create_connection(address)
        self.get = self.get.replace(b"8080", b"%d" % address[1])

    async def end(self) -> None:
        """The client leaves, and nobody else comes."""
        self.socket.close()
        await until(reactor, lambda: not reactor.getWriters() and self.isGone, "the end")
        await self.port.stopListening()

    @property
    def isGone(self) -> bool:
        """Whether no connection is open."""
        return not any(isinstance(reader, Server) for reader in reactor.getReaders())

    def tearDown(self) -> "Deferred[None]":  # type: ignore[override]
        return Deferred.fromCoroutine(self.end())

    async def answers(self, count: int) -> bytes:
        """So many answers, or all that comes before the connection ends."""
        data, isOver = b"", False

        def come() -> bool:
            nonlocal data, isOver
            try:
                found = self.socket.recv(65536)
            except BlockingIOError:
                return complete(data, count)
            except ConnectionError:
                found = b""
            data, isOver = data + found, not found
            return isOver or complete(data, count)

        await until(reactor, come, "answers")
        return data

    async def test_atOnce(self) -> None:
        """One that came before is answered without waiting until the reactor lets it be sent."""
        self.socket.send(self.get)
        first = await self.answers(1)
        self.waited.clear()
        for _ in range(3):
            self.socket.send(self.get)
            self.assertEqual(timeless(await self.answers(1)), timeless(first))
        self.assertEqual(self.waited, [])

    async def test_much(self) -> None:
        """One that is large is not sent before the reactor lets it be: others come first."""
        self.patch(requests, "smallBytes", 100)
        self.socket.send(self.get)
        first = await self.answers(1)
        self.waited.clear()
        self.socket.send(self.get)
        self.assertEqual(timeless(await self.answers(1)), timeless(first))
        self.assertEqual(len(self.waited), 1)

    async def test_inParts(self) -> None:
        """What the kernel does not take comes later, in its order."""
        self.socket.send(self.get)
        first = timeless(await self.answers(1))
        plain = socket.socket.sendall
        for most in (100, 0):
            limits = [most, 7, 0]

            def some(connection: socket.socket, data: bytes, limits: list[int] = limits) -> int:
                limit = limits.pop(0) if limits else len(data)
                if not limit:
                    raise BlockingIOError(errno.EAGAIN, "it takes nothing now")
                plain(connection, data[:limit])
                return limit

            self.kernelTakes = some
            self.waited.clear()
            self.socket.send(self.get)
            await until(reactor, lambda: self.waited, "the rest")
            self.socket.send(self.get * 2)
            self.assertEqual(timeless(await self.answers(3)), first * 3)

    async def test_lost(self) -> None:
        """A connection that turns out to be lost while something is sent ends."""
        self.socket.send(self.get)
        await self.answers(1)

        def lost(connection: socket.socket, data: bytes) -> int:
            raise ConnectionResetError(errno.ECONNRESET, "the client is gone")

        self.kernelTakes = lost
        self.socket.send(self.get)
        self.assertEqual(await self.answers(1), b"")
        await until(reactor, lambda: self.isGone, "its end")


class UNIXSendingTests(SendingTests):
    """Each of these tests over a UNIX socket."""

    def connect(self, site: PanelSite) -> None:
        """A client comes."""
        # A path of a UNIX socket has 107 bytes at the most.
        self.directory = tempfile.mkdtemp()
        path = os.path.join(self.directory, "socket")
        self.port = reactor.listenUNIX(path, site)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    async def end(self) -> None:
        """The client leaves, and nobody else comes."""
        await super().end()
        shutil.rmtree(self.directory)


class WaitingTests(RoutesTests):
    """Each test of endpoints once more, with requests that came before."""

    def connect(self) -> None:
        """Another daemon, and a connection over which all was asked before."""
        super().connect()
        root = self.channel.site.resource
        self.channel.site.resource = self.rootOf(Some(first=succeed(None)))
        for name in ("now", "maybe", "maybe_cancelled"):
            self.ask(name)
            self.assertEqual(self.answer(), (200, {}))
        self.channel.site.resource = root
        self.counting = Counting()
        self.counting.count(self)

    def test_taken(self) -> None:
        """Their heads are known, except the one that was not asked before."""
        for name, count in (("now", 0), ("maybe", 0), ("maybe_cancelled", 0), ("later", 1)):
            self.connect()
            self.ask(name)
            self.assertEqual(self.counting.parsed, count, name)

    def test_next(self) -> None:
        """What comes during an answer waits for it."""
        self.ask("maybe")
        self.ask("now")
        self.assertEqual((self.some.calls, self.wire.value()), (["maybe begins"], b""))
        self.some.first.callback(None)
        self.assertEqual(self.some.calls, ["maybe begins", "maybe", "now"])
        self.assertEqual(self.wire.value().count(b" 200 OK"), 2)
