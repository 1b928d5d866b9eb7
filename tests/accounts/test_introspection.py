"""Tokens from elsewhere: what an endpoint's answers mean, and what is made of them."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs

import psutil
from twisted.internet import reactor as installed
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock, deferLater
from twisted.logger import capturedLogs
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.client import ResponseNeverReceived
from twisted.web.resource import Resource
from twisted.web.server import Site

from gamepanel.accounts import introspection
from gamepanel.accounts.introspected import OddAnswer, UnfitAnswer, understand
from gamepanel.accounts.introspection import (
    Introspection,
    authorization,
    maxAsking,
    maxAskingOfAddress,
    maxKept,
    noSeconds,
    tellSeconds,
    yesSeconds,
)
from gamepanel.accounts.introspectionclient import introspectionClient
from gamepanel.accounts.passwords import Passwords
from gamepanel.accounts.rights import Person
from gamepanel.accounts.users import Users
from gamepanel.base.errors import AuthUnavailable, Busy, Forbidden, LastAdmin, TokenInvalid
from gamepanel.store.servers import ServerRow
from gamepanel.store.users import UserRow
from tests.support import Client, Daemon, Refused, atOnce, memoryStore, needIPv6, patience

good = {"active": True, "username": "ann"}


class UnderstandTests(SynchronousTestCase):
    def test_table(self) -> None:
        """A yes needs a name; a no needs nothing more."""
        cases: tuple[tuple[dict[str, Any], Person | None], ...] = (
            (good, Person("ann")),
            ({**good, "exp": 2000, "aud": ["x"]}, Person("ann")),
            ({**good, "exp": 1000}, None),
            ({"active": False}, None),
            ({"active": False, "username": None, "exp": "x"}, None),
            ({**good, "exp": None, "scope": None}, Person("ann")),
            (
                {**good, "scope": "openid gamepanel:admin gamepanel:create gamepanel:a:view"},
                Person("ann", True, True, {"a": frozenset({"view"})}),
            ),
            (
                {**good, "scope": "gamepanel:a:view gamepanel:a:power gamepanel:b:all x:c:view"},
                Person("ann", servers={"a": frozenset({"view", "power"})}),
            ),
        )
        for answer, person in cases:
            grant = understand(json.dumps(answer).encode(), 1000)
            self.assertEqual(None if grant is None else grant.person, person, answer)

    def test_nonsense(self) -> None:
        """What is neither yes nor no is nonsense."""
        answers: tuple[Any, ...] = (
            {},
            {"active": "true", "username": "ann"},
            {"active": 1, "username": "ann"},
            {"active": None},
            [],
            "yes",
        )
        for answer in answers:
            self.assertRaises(OddAnswer, understand, json.dumps(answer).encode(), 1000)
        deep = b'{"x": ' + b"[" * 100_000
        for body in (b"", b"<html>", b"\xff", b'{"active": true', b'{"active": "\xff"}', deep):
            self.assertRaises(OddAnswer, understand, body, 1000)

    def test_unfit(self) -> None:
        """What stands beside a yes and can't be used is named, and shown short and escaped."""
        unlike = "is not one that gamepanel takes"
        answers: tuple[tuple[dict[str, Any], str], ...] = (
            ({"active": True, "sub": "17"}, "username is missing"),
            ({**good, "username": None}, "username is missing"),
            ({**good, "username": ""}, f'username "" {unlike}'),
            ({**good, "username": "Ann Smith"}, f'username "Ann Smith" {unlike}'),
            ({**good, "username": "J\xfcrgen"}, f'username "J\\u00fcrgen" {unlike}'),
            ({**good, "username": "x" * 70}, f'username "{"x" * 63}... {unlike}'),
            ({**good, "username": 7}, f"username 7 {unlike}"),
            ({**good, "exp": "soon"}, 'exp "soon" is no number'),
            ({**good, "exp": True}, "exp true is no number"),
            ({**good, "iat": []}, "iat [] is no number"),
            ({**good, "scope": ["gamepanel:admin"]}, 'scope ["gamepanel:admin"] is no text'),
            ({**good, "sub": 17}, "sub 17 is no text"),
        )
        for answer, why in answers:
            error = self.assertRaises(UnfitAnswer, understand, json.dumps(answer).encode(), 1000)
            self.assertEqual(str(error), why)

    def test_authorization(self) -> None:
        """A secret is a bearer token, or id and secret."""
        self.assertEqual(authorization("abc"), "Bearer abc")
        self.assertEqual(authorization("id:secret"), "Basic aWQ6c2VjcmV0")


class IntrospectionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.asked: list[tuple[str, Deferred[bytes]]] = []
        self.store, self.connection = store, _ = memoryStore()
        store.servers.addServer(ServerRow("b", "t", "", {}, {}), None, ())
        self.users = Users(store.users, Passwords(atOnce), ".", True, lambda id: True)
        self.tokens = Introspection(
            self.clock,
            self.ask,
            self.users,
            self.clock.seconds,
            lambda: 1000 + self.clock.seconds(),
        )

    def ask(self, token: str) -> Deferred[bytes]:
        """The endpoint."""
        self.asked.append((token, Deferred()))
        return self.asked[-1][1]

    def show(self, token: str = "aa", address: str = "192.0.2.1") -> Deferred[Any]:
        """Somebody shows a token."""

        async def show() -> Any:
            found = self.tokens.session(token, address)
            return await found if isinstance(found, Deferred) else found

        return Deferred.fromCoroutine(show())

    def say(self, answer: Any) -> None:
        """The endpoint answers the oldest question."""
        self.asked.pop(0)[1].callback(json.dumps(answer).encode())

    def test_retired(self) -> None:
        """A scope grants nothing on a new server of an old id, unless the token is newer."""
        scope = {"scope": "gamepanel:a:view gamepanel:b:view"}
        old, none = self.shown({**good, **scope, "iat": 999}), self.shown({**good, **scope}, "bb")
        for session in (old, none):
            self.assertEqual(set(self.tokens.person(session).servers), {"a", "b"})
        self.clock.advance(1)
        self.tokens.destroyed("a")
        new = self.shown({**good, **scope, "iat": 1002}, "cc")
        unsaid = self.shown({**good, **scope}, "dd")
        for session, servers in ((old, "b"), (none, "b"), (new, "ab"), (unsaid, "b")):
            self.assertEqual(set(self.tokens.person(session).servers), set(servers))

    def test_retiredBefore(self) -> None:
        """So it is when the daemon has been away, or was in another mode, when that one went."""
        store, connection = memoryStore()
        store.servers.addServer(ServerRow("a", "t", "", {}, {}), None, ())
        self.successResultOf(store.servers.removeServer("a"))
        store.servers.addServer(ServerRow("a", "t", "", {}, {}), None, ())
        self.tokens.load(connection)
        now = time.time()
        scope = {"scope": "gamepanel:a:view gamepanel:b:view"}
        for iat, servers in ((now - 60, {"b"}), (now + 60, {"a", "b"})):
            session = self.shown({**good, **scope, "iat": iat}, str(len(servers)))
            self.assertEqual(set(self.tokens.person(session).servers), servers)

    def shown(self, answer: Any = good, token: str = "aa") -> Any:
        """The session of a good token."""
        late = self.show(token)
        self.say(answer)
        return self.successResultOf(late)

    def test_yes(self) -> None:
        """A yes is remembered for a while, and no longer."""
        session = self.shown()
        self.assertEqual(self.tokens.person(session), Person("ann"))
        self.clock.advance(yesSeconds - 0.1)
        self.assertIs(self.successResultOf(self.show()), session)
        self.clock.advance(0.2)
        self.assertNoResult(self.show())
        self.assertEqual(len(self.asked), 1)

    def test_expires(self) -> None:
        """A yes lasts no longer than the token."""
        self.shown({**good, "exp": 1010})
        self.clock.advance(10)
        self.assertNoResult(self.show())

    def test_no(self) -> None:
        """A no is remembered for a shorter while."""
        late = self.show()
        self.say({"active": False})
        self.failureResultOf(late, TokenInvalid)
        self.clock.advance(noSeconds - 0.1)
        self.failureResultOf(self.show(), TokenInvalid)
        self.clock.advance(0.2)
        self.assertNoResult(self.show())

    def test_tokens(self) -> None:
        """Whatever an issuer hands out is asked about, if it is short; nothing else is."""
        for token in ("eyJhbGciOi.J9.sig", "a" * 128, "Ab9._~+/=-"):
            self.shown(token=token)
        for token in ("", "a" * 129, "a b", "a\xfc", "a\n", "a%62", "a&token=b"):
            self.failureResultOf(self.show(token), TokenInvalid)
            self.assertEqual(self.asked, [])

    def test_singleFlight(self) -> None:
        """Many who show one token at a time cost one question; one who leaves takes nothing."""
        first, *others = [self.show() for _ in range(50)]
        self.assertEqual(len(self.asked), 1)
        first.cancel()
        self.failureResultOf(first)
        self.say(good)
        self.assertEqual(len({id(self.successResultOf(late)) for late in others}), 1)

    def test_late(self) -> None:
        """An answer that does not come in three seconds is none."""
        late = self.show()
        self.clock.advance(introspection.askSeconds)
        self.failureResultOf(late, AuthUnavailable)

    def test_breaker(self) -> None:
        """After three failures in a row the endpoint is left in peace, for longer each time."""
        for pause in (0, 0, 1, 2, 4):
            late = self.show()
            self.asked.pop()[1].errback(OSError("no route"))
            self.failureResultOf(late, AuthUnavailable)
            if pause:
                self.clock.advance(pause - 0.1)
                refused = self.failureResultOf(self.show(), AuthUnavailable)
                self.assertAlmostEqual(refused.value.retryAfter, 0.1)
                self.assertEqual(self.asked, [])
                self.clock.advance(0.2)
        self.shown()
        late = self.show("bb")
        self.asked.pop()[1].errback(OSError("no route"))
        self.failureResultOf(late, AuthUnavailable)
        self.assertNoResult(self.show("cc"))
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_odd(self) -> None:
        """Nonsense about one token says nothing of the others, and is remembered for a while."""
        for _ in range(10):
            late = self.show()
            self.asked.pop()[1].callback(b'{"active": "true", "username": "ann"}')
            self.failureResultOf(late, AuthUnavailable)
            self.failureResultOf(self.show(), AuthUnavailable)
            self.assertEqual(self.asked, [])
            self.clock.advance(noSeconds)
        self.shown(token="bb")

    def test_bounds(self) -> None:
        """One address can't take all questions, and of answers so many are kept."""
        late = [self.show(f"{n:x}") for n in range(maxAskingOfAddress)]
        self.failureResultOf(self.show("ffff"), Busy)
        others = [
            self.show(f"{n:04x}", f"192.0.2.{n + 2}") for n in range(maxAsking - maxAskingOfAddress)
        ]
        self.failureResultOf(self.show("ffff", "203.0.113.1"), Busy)
        while self.asked:
            self.say({"active": False})
        for each in late + others:
            self.failureResultOf(each, TokenInvalid)
        now = self.clock.seconds()
        for number in range(maxKept + 10):
            self.shown(token=f"1{number:06x}")
            self.tokens._bad.add(b"%d" % number, now + 1.0, now)
        self.assertEqual((len(self.tokens._good), len(self.tokens._bad)), (maxKept, maxKept))
        late = [self.show("ee")]
        self.say({"active": False})
        self.failureResultOf(late[0], TokenInvalid)
        self.successResultOf(Deferred.fromCoroutine(self.tokens.end()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def told(self, session: Any) -> list[str]:
        """What happens to a session from now on."""
        events: list[str] = []
        session.watch(events.append)
        return events

    def test_watched(self) -> None:
        """As long as something hangs on a token it is asked about again and again."""
        session = self.shown()
        events = self.told(session)
        for _ in range(3):
            self.clock.advance(yesSeconds)
            self.say(good)
        self.assertEqual(events, [])
        self.clock.advance(yesSeconds)
        self.say({**good, "scope": "gamepanel:admin"})
        self.assertEqual(events, ["changed"])
        self.assertTrue(self.tokens.person(session).admin)
        self.clock.advance(yesSeconds)
        self.say({"active": False})
        self.assertEqual(events, ["changed", "ended"])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_watchedLapses(self) -> None:
        """When the endpoint is gone, what hangs on a token ends, but may come back."""
        session = self.shown()
        events = self.told(session)
        self.clock.advance(yesSeconds)
        self.asked.pop()[1].errback(OSError())
        self.assertEqual(events, ["lapsed"])
        self.assertNoResult(self.show())

    def test_watchedInPeace(self) -> None:
        """So it does while the endpoint is left in peace, and can't be asked."""
        session = self.shown()
        events = self.told(session)
        self.clock.advance(yesSeconds - 0.5)
        for _ in range(3):
            late = self.show("bb")
            self.asked.pop()[1].errback(OSError())
            self.failureResultOf(late, AuthUnavailable)
        self.clock.advance(0.5)
        self.assertEqual((events, self.asked), (["lapsed"], []))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_oddIsTold(self) -> None:
        """An endpoint that only ever answers nonsense is told of once: its address may be wrong."""
        with capturedLogs() as events:
            for token in ("01", "02", "03"):
                late = self.show(token)
                self.asked.pop()[1].callback(b"<html>")
                self.failureResultOf(late, AuthUnavailable)
            self.shown()
            late = self.show("04")
            self.asked.pop()[1].callback(b"<html>")
            self.failureResultOf(late, AuthUnavailable)
        reasons = [str(event["reason"]) for event in events]
        self.assertEqual(reasons, ["it does not answer as RFC 7662 has it"] * 2)

    def test_unfitIsTold(self) -> None:
        """A good token that can't be used is refused, and why is told once a minute."""
        with capturedLogs() as events:
            for name in ("J\xfcrgen", "a b", "c d"):
                late = self.show()
                self.say({**good, "username": name})
                self.failureResultOf(late, TokenInvalid)
                self.failureResultOf(self.show(), TokenInvalid)
                self.assertEqual(self.asked, [])
                self.clock.advance(tellSeconds / 2)
        reasons = [str(event["reason"]).split(" is not")[0] for event in events]
        self.assertEqual(reasons, ['username "J\\u00fcrgen"', 'username "c d"'])

    def test_boundToSubject(self) -> None:
        """A record is of who came first with its name; another of that name has none of its."""
        row = UserRow("ann", None, admin=True, external=True, rights={"b": frozenset({"view"})})
        Deferred.fromCoroutine(self.users.create(row, None))
        first = self.shown({**good, "sub": "17"})
        other = self.shown({**good, "sub": "18", "scope": "gamepanel:a:view"}, "bb")
        none = self.shown(good, "cc")
        self.assertTrue(self.tokens.person(first).admin)
        for session, servers in ((other, {"a"}), (none, set())):
            person = self.tokens.person(session)
            self.assertEqual((person.admin, set(person.servers)), (False, servers))
            owner = Deferred.fromCoroutine(self.tokens.owner(person))
            self.failureResultOf(owner, Forbidden)
        # The same token, now somebody else's.
        events = self.told(first)
        self.clock.advance(yesSeconds)
        while self.asked:
            self.say({**good, "sub": "19"})
        self.assertEqual(events, ["ended"])
        # Made anew, it is of who comes next.
        Deferred.fromCoroutine(
            self.users.create(UserRow("x", None, admin=True, external=True), None)
        )
        self.successResultOf(Deferred.fromCoroutine(self.users.delete("ann")))
        Deferred.fromCoroutine(self.users.create(row, None))
        self.assertTrue(self.tokens.person(self.shown({**good, "sub": "18"}, "dd")).admin)

    def test_makerIsBound(self) -> None:
        """So is the record that is made for who creates a server; over restarts, too."""
        maker = self.tokens.person(self.shown({**good, "sub": "17"}))
        owner = Deferred.fromCoroutine(self.tokens.owner(maker))
        self.assertEqual(self.successResultOf(owner), "ann")
        users = Users(self.store.users, Passwords(atOnce), ".", True, lambda id: True)
        users.load(self.connection)
        [row] = users.all()
        self.assertEqual((row.external, row.subject), (True, "17"))

    def test_records(self) -> None:
        """A record that is external adds its rights; disabled, the token is invalid."""
        session = self.shown({**good, "scope": "gamepanel:a:view"})
        events = self.told(session)
        row = UserRow("ann", None, mayCreate=True, external=True, rights={"b": frozenset({"view"})})
        Deferred.fromCoroutine(self.users.create(row, None))
        person = self.tokens.person(session)
        self.assertEqual(person.create, True)
        self.assertEqual([person.maySee(s) for s in "abc"], [True, True, False])
        Deferred.fromCoroutine(self.users.update("ann", disabled=True))
        self.assertEqual(events, ["ended"])
        late = self.show()
        self.say(good)
        self.failureResultOf(late, TokenInvalid)

    def test_sameName(self) -> None:
        """A user of this daemon is somebody else, though of the same name."""
        row = UserRow("ann", None, admin=True)
        Deferred.fromCoroutine(self.users.create(row, "a long enough password"))
        self.assertFalse(self.tokens.person(self.shown()).admin)

    def test_logout(self) -> None:
        """After a logout nothing is known of the token."""
        session = self.shown()
        events = self.told(session)
        self.successResultOf(Deferred.fromCoroutine(self.tokens.logout(session)))
        self.assertEqual(events, ["ended"])
        self.assertNoResult(self.show())

    def test_logoutInFlight(self) -> None:
        """A logout that waits with others for one answer ends theirs, too."""
        first, second = self.show(), self.show()
        self.say(good)
        session = self.successResultOf(first)
        self.successResultOf(Deferred.fromCoroutine(self.tokens.logout(session)))
        # Nobody would ever ask about it again.
        late = self.successResultOf(second)
        self.assertRaises(TokenInvalid, self.tokens.person, late)

    def test_lastAdmin(self) -> None:
        """Where people come from elsewhere there must be an admin who does, too."""
        for name, external in (("here", False), ("there", True)):
            row = UserRow(name, None, admin=True, external=external)
            password = None if external else "a long enough password"
            self.successResultOf(Deferred.fromCoroutine(self.users.create(row, password)))
        for name in ("here", "there"):
            self.failureResultOf(Deferred.fromCoroutine(self.users.delete(name)), LastAdmin)


class Endpoint(BaseHTTPRequestHandler):
    """An introspection endpoint that answers as each token says."""

    answers: ClassVar[dict[str, Callable[["Endpoint"], None]]] = {}
    seen: ClassVar[list[tuple[str, str]]] = []
    hang: ClassVar[Event]

    def do_GET(self) -> None:
        self.reply({**good, "scope": "gamepanel:admin"})

    def do_POST(self) -> None:
        if self.path == "/yes":
            self.do_GET()
            return
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        token = parse_qs(body)["token"][0]
        self.seen.append((token, self.headers.get("Authorization", "")))
        self.answers[token](self)

    def reply(self, body: Any, status: int = 200, **headers: str) -> None:
        """Answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def never(self) -> None:
        """No answer."""
        self.hang.wait(30)

    def flood(self) -> None:
        """A GiB."""
        self.send_response(200)
        self.send_header("Content-Length", str(2**30))
        self.end_headers()
        try:
            for _ in range(2**14):
                self.wfile.write(b" " * 2**16)
        except OSError:
            self.seen.append(("flood", "cut"))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


def serve(test: Any) -> str:
    """Let L{Endpoint} answer until a test is over; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    test.addCleanup(server.server_close)
    test.addCleanup(server.shutdown)
    return f"http://127.0.0.1:{server.server_port}/introspect"


class Answer(Resource):
    """Says no."""

    isLeaf = True

    def render_POST(self, request: Any) -> bytes:
        """A no, whatever is asked; the connection is not kept for the next question."""
        request.setHeader(b"Connection", b"close")
        return b'{"active": false}'


class OneAnswer(Protocol):
    """Answers the first question of each connection, and closes it at the next."""

    def __init__(self) -> None:
        self.answered = False

    def dataReceived(self, data: bytes) -> None:
        """A question."""
        assert self.transport is not None
        if self.answered:
            self.transport.loseConnection()
        elif b"token=" in data:
            self.answered = True
            answer = b'{"active": false}'
            self.transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer)
            )


class IntrospectionClientTests(TestCase):
    timeout = 4 * patience

    async def test_closed(self) -> None:
        """A connection that the endpoint closes after it was kept costs nobody an answer."""
        reactor: Any = installed
        port = reactor.listenTCP(0, Factory.forProtocol(OneAnswer), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        url = f"http://127.0.0.1:{port.getHost().port}/"
        ask = introspectionClient(reactor, url, None)
        for _ in range(2):
            self.assertEqual(await ask("aa"), b'{"active": false}')

    async def test_cancelled(self) -> None:
        """A question that is given up is over, and not asked again."""
        reactor: Any = installed
        asked: Deferred[None] = Deferred()

        class Silent(Protocol):
            def dataReceived(self, data: bytes) -> None:
                if not asked.called:
                    asked.callback(None)

        port = reactor.listenTCP(0, Factory.forProtocol(Silent), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        url = f"http://127.0.0.1:{port.getHost().port}/"
        waiting = introspectionClient(reactor, url, None)("aa")
        await asked
        waiting.cancel()
        with self.assertRaises(ResponseNeverReceived):
            await waiting

    async def test_cancelledLate(self) -> None:
        """A question that is given up amid its answer closes the connection."""
        reactor: Any = installed
        written: Deferred[None] = Deferred()
        closed: Deferred[None] = Deferred()

        class Slow(Protocol):
            def dataReceived(self, data: bytes) -> None:
                assert self.transport is not None
                self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
                if not written.called:
                    written.callback(None)

            def connectionLost(self, reason: Failure = connectionDone) -> None:
                closed.callback(None)

        port = reactor.listenTCP(0, Factory.forProtocol(Slow), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        waiting = introspectionClient(reactor, f"http://127.0.0.1:{port.getHost().port}/", None)(
            "aa"
        )
        await written
        for _ in range(20):
            # In each of these turns the reactor reads what has come.
            await deferLater(reactor, 0.01)
        waiting.cancel()
        with self.assertRaises(CancelledError):
            await waiting
        await closed

    async def test_cookies(self) -> None:
        """No cookie is kept: whoever is asked about later has nothing to do with it."""
        reactor: Any = installed
        seen: list[bytes | None] = []

        class Baker(Resource):
            isLeaf = True

            def render_POST(self, request: Any) -> bytes:
                seen.append(request.getHeader("cookie"))
                request.addCookie("session", "17")
                request.setHeader("connection", "close")
                return b'{"active": false}'

        port = reactor.listenTCP(0, Site(Baker()), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        ask = introspectionClient(reactor, f"http://127.0.0.1:{port.getHost().port}/", None)
        for token in ("aa", "ab"):
            await ask(token)
        self.assertEqual(seen, [None, None])

    async def test_ipv6(self) -> None:
        """An endpoint at an IPv6 address can be asked."""
        needIPv6()
        reactor: Any = installed
        port = reactor.listenTCP(0, Site(Answer()), interface="::1")
        self.addCleanup(port.stopListening)
        ask = introspectionClient(reactor, f"http://[::1]:{port.getHost().port}/", None)
        self.assertEqual(await ask("aa"), b'{"active": false}')


class UrlModeTests(SynchronousTestCase):
    """A real daemon, and an endpoint that misbehaves."""

    def setUp(self) -> None:
        Endpoint.seen.clear()
        Endpoint.hang = Event()
        admin = {**good, "username": "root", "scope": "gamepanel:admin"}
        maker = {**good, "username": "maker", "scope": "gamepanel:create"}
        Endpoint.answers = {
            "aa": lambda e: e.reply(admin),
            "ab": lambda e: e.reply(good),
            "ac": lambda e: e.reply(maker),
            "00": lambda e: e.reply({"active": False}),
            "01": lambda e: e.reply({"active": "true", "username": "ann"}),
            "02": lambda e: e.reply({"active": True, "sub": "17"}),
            "Ab9._~+/=-": lambda e: e.reply(good),
            "03": lambda e: e.reply(admin, 500),
            **{
                # Where each leads to, everybody is let in.
                f"04{status}": partial(Endpoint.reply, body=b"", status=status, Location="/yes")
                for status in (301, 302, 303, 307, 308)
            },
            "05": lambda e: e.reply(b"<html><title>Log in</title></html>"),
            "06": lambda e: e.flood(),
            "07": Endpoint.never,
        }
        url = serve(self)
        self.addCleanup(Endpoint.hang.set)
        secret = os.path.abspath(self.mktemp())
        with open(secret, "w") as file:
            file.write("panel:s3cret\n")
        self.daemon = Daemon(
            (
                *("--auth", "url", "--auth-url", "https://id.example/"),
                *("--introspect-url", url, "--introspect-secret", secret),
            )
        )
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start(login=False)

    def refused(self, token: str, name: str = "server_list", **fields: Any) -> tuple[int, str]:
        """How a request is refused."""
        client = Client(self.daemon.base, token)
        error = self.assertRaises(Refused, client, name, **fields)
        return error.status, error.code

    def test_answers(self) -> None:
        """Only a clear yes lets somebody in; nothing is carried out otherwise."""
        self.assertEqual(Client(self.daemon.base, "aa")("whoami")["admin"], True)
        for token in ("00", "02"):
            self.assertEqual(self.refused(token), (403, "token_invalid"))
        self.daemon.waitForLine("username is missing")
        self.assertEqual(Client(self.daemon.base, "Ab9._~+/=-")("whoami")["username"], "ann")
        redirected = [token for token in Endpoint.answers if token.startswith("04")]
        self.assertEqual(len(redirected), 5)
        for token in ("01", "03", *redirected, "05", "06", "07"):
            self.assertEqual(self.refused(token), (503, "auth_unavailable"), token)
            # Somebody comes in, or the endpoint would be left in peace.
            fresh = f"b{token}"
            Endpoint.answers[fresh] = lambda endpoint: endpoint.reply(good)
            Client(self.daemon.base, fresh)("server_list")
        self.assertIn(("flood", "cut"), Endpoint.seen)
        self.assertIn(("aa", "Basic cGFuZWw6czNjcmV0"), Endpoint.seen)
        tokens = [token for token, _ in Endpoint.seen if token != "flood"]
        self.assertEqual(len(tokens), len(set(tokens)), tokens)

    def test_noDescriptorIsLost(self) -> None:
        """Refusals of the endpoint cost no open files, though their bodies come late."""

        def late(endpoint: Endpoint) -> None:
            endpoint.send_response(400)
            endpoint.send_header("Content-Length", "2000")
            endpoint.end_headers()
            endpoint.wfile.flush()
            Endpoint.hang.wait(0.05)
            with contextlib.suppress(OSError):
                endpoint.wfile.write(b" " * 2000)

        process = psutil.Process(self.daemon.process.pid)
        self.refused("00")
        before = process.num_fds()
        for number in range(20):
            Endpoint.answers[f"c{number}00"] = late
            self.assertEqual(self.refused(f"c{number}00")[0], 503)
        self.client.wait(lambda: process.num_fds() <= before + 1, "the end of all connections")

    def test_modes(self) -> None:
        """Where tokens come from is told; there is nothing to log in to."""
        config = json.loads(self.get("config"))
        self.assertEqual((config["auth"], config["authUrl"]), ("url", "https://id.example/"))
        self.assertEqual(self.refused("aa", "login_info"), (409, "auth_mode"))
        fields = {"oldPassword": "x", "password": "y" * 20}
        self.assertEqual(self.refused("aa", "password_change", **fields), (409, "auth_mode"))

    def get(self, path: str) -> str:
        """The body that a GET gets."""
        with socket.create_connection(("127.0.0.1", self.daemon.port)) as wire:
            host = f"127.0.0.1:{self.daemon.port}"
            wire.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            return wire.recv(65536).decode().partition("\r\n\r\n")[2]

    def test_rights(self) -> None:
        """Somebody who comes from elsewhere may do what a record or the scope says."""
        admin, ann = Client(self.daemon.base, "aa"), Client(self.daemon.base, "ab")
        admin("server_create", type="shell", server="one")
        self.assertEqual(ann("server_list"), {"servers": []})
        self.assertEqual(self.refused("ab", "server_start", server="one")[1], "no_such_server")
        made = admin("user_create", username="ann", external=True, servers={"one": ["power"]})
        self.assertEqual((made["external"], made["servers"]), (True, {"one": ["view", "power"]}))
        ann("server_start", server="one")
        self.assertEqual(self.refused("ab", "server_cmd", server="one", command="x")[0], 403)
        admin("user_update", username="ann", disabled=True)
        self.assertEqual(self.refused("ab"), (403, "token_invalid"))

    def test_maker(self) -> None:
        """Whoever may create servers by scope alone has every right on those, also later."""
        maker = Client(self.daemon.base, "ac")
        maker("server_create", type="shell", server="mine")
        maker("server_start", server="mine")
        self.daemon.kill()
        self.daemon.start(login=False)
        self.assertEqual(maker("server_status", server="mine")["status"], "running")
        self.assertEqual(maker("whoami")["servers"]["mine"][0], "view")
        maker("server_force_kill", server="mine")
        maker("logout")

    def test_oldId(self) -> None:
        """A scope for a server grants nothing on a later one of its id, also after a restart."""
        scope = {"scope": "gamepanel:one:view gamepanel:one:power gamepanel:two:view"}
        old = {**good, **scope, "iat": time.time() - 60}
        # None of them is asked about before that server has gone, except the first.
        for token, answer in (
            ("d0", old),
            ("d1", old),
            ("d2", {**good, **scope}),
            ("d3", {**old, "iat": time.time() + 3600}),
        ):
            Endpoint.answers[token] = partial(Endpoint.reply, body=answer)
        admin = Client(self.daemon.base, "aa")
        for server in ("one", "two"):
            admin("server_create", type="shell", server=server)
        Client(self.daemon.base, "d0")("server_start", server="one")
        admin("server_force_kill", server="one")
        admin.until("one", "stopped")
        admin("server_destroy", server="one", deleteFiles=True)
        admin("server_create", type="shell", server="one")
        for again in (False, True):
            if again:
                self.daemon.kill()
                self.daemon.start(login=False)
            for token in ("d0", "d1", "d2"):
                refusal = self.refused(token, "server_start", server="one")
                self.assertEqual(refusal, (404, "no_such_server"), token)
                servers = Client(self.daemon.base, token)("server_list")["servers"]
                self.assertEqual([each["server"] for each in servers], ["two"], token)
        # Whoever was given the scope since then was given it for that one.
        Client(self.daemon.base, "d3")("server_start", server="one")
