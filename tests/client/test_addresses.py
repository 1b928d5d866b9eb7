"""Where a client sends its token: never further than it must, whatever a daemon tells of itself."""

import json
import socket
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.client._blocking import BlockingConnection
from gamepanel.client.api import Panel
from gamepanel.client.caller import Caller, baseOf, isLoopback
from gamepanel.client.exchange import Reply, Request
from gamepanel.client.failures import (
    AnotherDaemon,
    ClientError,
    Elsewhere,
    NotSent,
    Silent,
    Unreachable,
)
from gamepanel.client.session import addressOf
from gamepanel.wire.message import Empty
from gamepanel.wire.people import User
from tests.support import freePort, patience

_user = {
    "username": "ann",
    "admin": False,
    "create": False,
    "disabled": False,
    "external": False,
    "servers": {},
}


class Played(Caller):
    """
    A client whose daemons are played.

    @ivar instances: what each address shows; one that is not there can't be reached.
    @ivar urls: what all of them tell of others.
    @ivar sent: which endpoint was asked where, and with which token.
    """

    def __init__(self, given: Sequence[str], instances: dict[str, str], **more: Any) -> None:
        super().__init__(given, "secret", **more)
        self.instances = instances
        self.urls: list[str] = []
        self.sent: list[tuple[str, str, str | None]] = []

    async def close(self) -> None:
        """Nothing is kept."""

    async def exchange(self, request: Request, seconds: float | None = None) -> Reply:
        """Answer at once."""
        base, name = request.base, request.name
        self.sent.append((base, name, request.headers.get("Authorization")))
        if base not in self.instances:
            raise NotSent(f"{base} can't be reached.")
        answers: dict[str, Any] = {
            "config": {
                "auth": "password",
                "authUrl": None,
                "urls": self.urls,
                "apiVersion": 1,
                "software": "gamepanel/1",
                "features": [],
                "instance": self.instances[base],
            },
            "whoami": _user,
            "healthz": {"status": "ok"},
        }
        return Reply(200, {}, json.dumps(answers[name]).encode())

    @property
    def told(self) -> set[str]:
        """Addresses that have got the token."""
        return {base for base, _, token in self.sent if token is not None}


def run(work: Any) -> Any:
    """What a coroutine returns that never waits."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


HOME = "https://home.example/"
AWAY = "https://away.example/"
LOCAL = "http://127.0.0.1:8080/"


class TokenTests(SynchronousTestCase):
    def connect(self, played: Played) -> Panel:
        """A client that has found its address."""
        return Panel(played, run(played.settle()), None)

    def test_openEndpoints(self) -> None:
        """What needs no token gets none."""
        played = Played([HOME], {HOME: "aa"})
        panel = self.connect(played)
        run(panel.healthz())
        self.assertEqual(played.told, set())
        run(panel.whoami())
        self.assertEqual(played.sent[-1], (HOME, "whoami", "Bearer secret"))

    def test_sameInstance(self) -> None:
        """An address that the daemon tells of gets the token if it shows the same instance."""
        for instance, base in (("aa", AWAY), ("bb", HOME), ("", HOME)):
            played = Played([HOME], {HOME: "aa", AWAY: instance})
            played.urls = [AWAY]
            run(self.connect(played).whoami())
            self.assertEqual(played.told, {base}, instance)

    def test_unknownInstance(self) -> None:
        """A daemon that shows no instance is not followed anywhere."""
        played = Played([HOME], {HOME: "", AWAY: ""})
        played.urls = [AWAY]
        run(self.connect(played).whoami())
        self.assertEqual(played.told, {HOME})

    def test_safety(self) -> None:
        """Nor is it sent where others could read it, or from https to http."""
        plain = "http://192.0.2.1:8080/"
        for given, told, mayGo in (
            (HOME, plain, False),
            (HOME, LOCAL, False),
            (LOCAL, plain, False),
            (plain, "http://192.0.2.2:8080/", False),
            (plain, LOCAL, True),
            (plain, "http://[::1]:8080/", True),
            (plain, "http://localhost:8080/", True),
            (plain, "http://127.0.0.1.evil.example/", False),
            (plain, HOME, True),
            (plain, "nonsense", False),
        ):
            played = Played([given], {given: "aa", told: "aa"})
            played.urls = [told]
            run(self.connect(played).whoami())
            self.assertEqual(told in played.told, mayGo, (given, told))
            # Not even when nothing else is left.
            del played.instances[given]
            played.instances[told] = "aa"
            try:
                run(played.call("whoami", Empty(), User))
            except Unreachable:
                self.assertFalse(mayGo)
            self.assertEqual(told in played.told, mayGo, (given, told))

    def test_later(self) -> None:
        """An address that is used only later must show the instance first, each time anew."""
        played = Played([LOCAL], {LOCAL: "aa"})
        played.urls = [LOCAL, AWAY]
        panel = self.connect(played)
        played.instances = {AWAY: "bb"}
        with self.assertRaises(Unreachable):
            run(panel.whoami())
        self.assertNotIn(AWAY, played.told)
        played.instances = {AWAY: "aa"}
        run(panel.whoami())
        self.assertIn(AWAY, played.told)
        played.instances = {LOCAL: "aa"}
        run(panel.whoami())
        played.instances, played.sent = {AWAY: "bb"}, []
        with self.assertRaises(Unreachable):
            run(panel.whoami())
        self.assertNotIn(AWAY, played.told)

    def test_remembered(self) -> None:
        """Without its own address a daemon is found by those that it told of before."""
        played = Played([HOME], {AWAY: "aa"}, others=[LOCAL, AWAY], instance="aa")
        run(self.connect(played).whoami())
        self.assertEqual(played.told, {AWAY})
        played = Played([HOME], {AWAY: "bb"}, others=[AWAY], instance="aa")
        with self.assertRaises(Unreachable):
            self.connect(played)
        self.assertEqual(played.told, set())

    def test_elsewhere(self) -> None:
        """Where only an unsafe address is left, its user is told so, and can log in anew."""
        played = Played([HOME], {LOCAL: "aa"}, others=[LOCAL], instance="aa")
        with self.assertRaises(Elsewhere) as caught:
            self.connect(played)
        self.assertEqual((caught.exception.urls, played.told), ([LOCAL], set()))

    def test_anotherDaemon(self) -> None:
        """Another daemon at the known address is told of, and gets no token."""
        played = Played([HOME], {HOME: "bb"}, instance="aa")
        with self.assertRaises(AnotherDaemon):
            self.connect(played)
        self.assertEqual(played.told, set())

    def test_addresses(self) -> None:
        """What a person types is an address: with TLS, unless it is on this host."""
        for typed, url in (
            ("127.0.0.1:8190", "http://127.0.0.1:8190/"),
            ("localhost", "http://localhost/"),
            ("[::1]:80", "http://[::1]:80/"),
            ("panel.example.org", "https://panel.example.org/"),
            ("panel:8443/games", "https://panel:8443/games/"),
            ("192.0.2.1:8080", "https://192.0.2.1:8080/"),
            ("http://192.0.2.1", "http://192.0.2.1/"),
        ):
            self.assertEqual(addressOf(typed), url)
        for wrong in ("nonsense", "ftp://x.example", "https://", "a b", "user@host.example"):
            self.assertRaises(ClientError, addressOf, wrong)
        self.assertFalse(isLoopback(baseOf("http://0.0.0.0/")))


class _Answer(BaseHTTPRequestHandler):
    """Answers as its path says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        name = self.path.rpartition("/")[2]
        if name == "gone":
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        if name == "silent":
            self.server.silence.wait(30)  # type: ignore[attr-defined]
            return
        body = b"x" * 10
        self.send_response(302 if name == "moved" else 200)
        self.send_header("Location", "http://elsewhere.example/")
        self.send_header("Content-Length", str(20 if name == "short" else len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = name in ("short", "last")

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    """
    @ivar silence: ends that of an answer that does not come.
    @ivar closed: set when a connection has been closed.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.silence = threading.Event()
        self.closed = threading.Event()

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        super().shutdown_request(request)
        self.closed.set()


class BlockingTests(SynchronousTestCase):
    """Requests without a reactor, against a server that misbehaves."""

    def setUp(self) -> None:
        self.server = _Server()
        thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        thread.start()

        def end() -> None:
            self.server.silence.set()
            self.server.shutdown()
            self.server.server_close()
            thread.join()

        self.addCleanup(end)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}/"
        self.connection = BlockingConnection([self.base])
        self.addCleanup(lambda: run(self.connection.close()))

    def ask(self, name: str, seconds: float = 30) -> Reply:
        """What is answered."""
        asked = self.connection.exchange(Request("GET", self.base, name, {}, None), seconds)
        reply: Reply = run(asked)
        return reply

    def test_answers(self) -> None:
        """A connection is kept and used again, a redirect is not followed."""
        first = self.ask("config")
        self.assertEqual((first.status, first.data), (200, b"x" * 10))
        moved = self.ask("moved")
        self.assertEqual((moved.status, moved.headers["location"][:4]), (302, "http"))

    def test_closedMeanwhile(self) -> None:
        """A connection that was closed while nothing was asked is made anew."""
        self.assertEqual(self.ask("last").status, 200)
        self.assertTrue(self.server.closed.wait(patience))
        self.assertEqual(self.ask("config").status, 200)

    def test_failures(self) -> None:
        """A lost connection, half an answer and none at all are told apart; then all is well."""
        for name, seconds, kind in (("gone", 30, "lost"), ("short", 30, "lost")):
            with self.assertRaises(Unreachable) as caught:
                self.ask(name, seconds)
            self.assertIn(kind, str(caught.exception))
        with self.assertRaises(Silent):
            self.ask("silent", 0.2)
        self.assertEqual(self.ask("config").status, 200)

    def test_nothingThere(self) -> None:
        """What can't be connected to has got nothing."""
        for base, words in (
            (f"http://127.0.0.1:{freePort()}/", "nothing listens"),
            ("http://no-such-host.invalid/", "no such host"),
            (self.base.replace("http", "https"), "no TLS"),
        ):
            connection = BlockingConnection([base])
            with self.assertRaises(NotSent) as caught:
                run(connection.settle())
            self.assertIn(words, str(caught.exception))
