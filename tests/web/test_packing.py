"""Long answers are packed for those who can unpack them."""

import base64
import gzip
import json
import os
import urllib.request
from typing import Any, cast

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.test.requesthelper import DummyRequest

from gamepanel.web.http.packing import acceptsGzip, packedFrom, pieceBytes
from gamepanel.web.http.request import reply
from gamepanel.wire.authentication import LoggedIn, LoginInfo
from gamepanel.wire.server import LogChunk
from tests.support import Daemon, patience


def asking(*fields: str) -> Any:
    """A request with such an C{Accept-Encoding}."""
    request = DummyRequest([b""])
    request.requestHeaders.setRawHeaders(b"Accept-Encoding", [field.encode() for field in fields])
    return request


def chunk(data: str) -> LogChunk:
    """An answer of about that length."""
    return LogChunk(oldReadIndex=0, nextReadIndex=1, readIndex=1, encoding="utf-8", data=data)


class PackingTests(SynchronousTestCase):
    def test_accepts(self) -> None:
        """What a client allows is understood as RFC 9110 has it."""
        for fields, allowed in (
            ((), False),
            (("",), False),
            (("identity",), False),
            (("br, deflate",), False),
            (("gzip",), True),
            (("deflate, GZIP;q=0.5",), True),
            (("br", "x-gzip"), True),
            (("gzip; q=0",), False),
            (("gzip;q=0.000, *",), False),
            (("*",), True),
            (("*;q=0",), False),
            (("gzip;q=nonsense",), False),
        ):
            self.assertEqual(acceptsGzip(asking(*fields)), allowed, fields)

    def test_long(self) -> None:
        """A long answer is packed, and says so; one who can't unpack it gets it as it is."""
        request = asking("gzip")
        body: Any = reply(request, chunk("line\n" * packedFrom))
        headers = request.responseHeaders
        self.assertEqual(headers.getRawHeaders(b"Content-Encoding"), [b"gzip"])
        self.assertEqual(headers.getRawHeaders(b"Vary"), [b"Accept-Encoding"])
        self.assertEqual(headers.getRawHeaders(b"Content-Length"), [b"%d" % len(body)])
        self.assertLess(len(body), packedFrom)
        self.assertEqual(json.loads(gzip.decompress(body))["data"], "line\n" * packedFrom)
        plain = asking()
        whole: Any = reply(plain, chunk("line\n" * packedFrom))
        self.assertEqual(whole, gzip.decompress(body))
        self.assertFalse(plain.responseHeaders.hasHeader(b"Content-Encoding"))
        self.assertEqual(plain.responseHeaders.getRawHeaders(b"Vary"), [b"Accept-Encoding"])

    def test_turns(self) -> None:
        """A very long answer is packed piece by piece: others have their turn in between."""
        request, turns = asking("gzip"), list[Deferred[None]]()

        def turn(size: int) -> Deferred[None]:
            turns.append(Deferred())
            return turns[-1]

        request.turn, request.channel = turn, request
        text = base64.b64encode(os.urandom(3 * pieceBytes // 4 * 3)).decode()
        found = Deferred.fromCoroutine(cast(Any, reply(request, chunk(text))))
        for count in range(1, 6):
            self.assertEqual(len(turns), count)
            self.assertNoResult(found)
            turns[-1].callback(None)
        body = self.successResultOf(found)
        headers = request.responseHeaders
        self.assertEqual(headers.getRawHeaders(b"Content-Length"), [b"%d" % len(body)])
        self.assertEqual(json.loads(gzip.decompress(body))["data"], text)

    def test_short(self) -> None:
        """A short answer costs no work."""
        request = asking("gzip")
        reply(request, chunk("x" * (packedFrom - 200)))
        self.assertFalse(request.responseHeaders.hasHeader(b"Content-Encoding"))

    def test_secret(self) -> None:
        """An answer that holds a token is never packed, however long it is."""
        self.assertTrue(LoginInfo.holdsSecret)
        request = asking("gzip")
        answer = LoggedIn(accessToken="ab" * 32, expires=1, username="x" * packedFrom)
        body: Any = reply(request, answer)
        self.assertFalse(request.responseHeaders.hasHeader(b"Content-Encoding"))
        self.assertIn(b"ab" * 32, body)


class DaemonTests(SynchronousTestCase):
    def test_overTheWire(self) -> None:
        """A daemon packs a long log, for GET and POST, and counts the bytes that it sends."""
        daemon = Daemon()
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        client("server_create", type="shell", server="a", options={"script": "seq 20000"})
        client("server_start", server="a")
        client.until("a", "stopped")
        for name, fields in (("server_log", {"server": "a"}), ("openapi.json", None)):
            request = urllib.request.Request(
                daemon.base + name,
                None if fields is None else json.dumps(fields).encode(),
                {
                    "Accept-Encoding": "gzip",
                    "Authorization": f"Bearer {client.token}",
                    "Content-Type": "application/json",
                },
            )
            with urllib.request.urlopen(request, timeout=patience) as response:
                body = response.read()
                self.assertEqual(response.headers["Content-Encoding"], "gzip")
                self.assertEqual(response.headers["Content-Length"], str(len(body)))
            answer = json.loads(gzip.decompress(body))
            if fields is not None:
                self.assertEqual(answer, client(name, **fields))
