"""The client: against the API in memory, real daemons, TLS, and daemons that are killed."""

import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import msgspec
import trustme
from treq.client import HTTPClient
from twisted.internet import reactor as installed
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.internet.task import Clock, LoopingCall, deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from twisted.web.static import Data

from gamepanel.base.errors import (
    BadRequest,
    InvalidCredentials,
    JobOver,
    NoSuchServer,
    NotRunning,
    ServerExists,
    TokenInvalid,
    TooManyRequests,
)
from gamepanel.client import BadAnswer, ClientError, NewerDaemon, Panel, Unreachable
from gamepanel.client._blocking import BlockingConnection
from gamepanel.client.api import waitSeconds
from gamepanel.client.connection import Connection, requestSeconds
from gamepanel.client.exchange import refusals
from gamepanel.client.terminal import Filter, clean
from gamepanel.client.values import parse
from gamepanel.web.http.transport import PanelSite
from gamepanel.wire.authentication import Config
from gamepanel.wire.codes import codes
from gamepanel.wire.events import EventInfo, EventList
from gamepanel.wire.properties import Property
from tests.inmemory import InMemoryPanel
from tests.support import Daemon, freePort, needIPv6, patience

reactor: Any = installed
root = Path(__file__).parents[2]


class InMemoryTests(TestCase):
    """All methods, without a socket."""

    timeout = 4 * patience

    def setUp(self) -> None:
        self.inMemory = InMemoryPanel()
        self.http = self.inMemory.http()
        self.pump = LoopingCall(self.http.flush)
        self.pump.start(0.005)

    def tearDown(self) -> Any:
        self.pump.stop()
        return ensureDeferred(self.inMemory.end())

    async def connect(self, **more: Any) -> Panel:
        """A client that talks to a panel in memory."""
        return await Panel.connect("http://127.0.0.1:8080", http=self.http, reactor=reactor, **more)

    async def test_everything(self) -> None:
        """Each endpoint has a method, which takes and returns typed values."""
        seen: list[tuple[int, int]] = []
        panel = await self.connect(
            username="admin",
            password=self.inMemory.password,
            progress=lambda done, total: seen.append((done, total)),
        )
        self.assertEqual(seen, [(n, 8) for n in range(1, 9)])
        self.assertEqual((await panel.healthz()).status, "ok")
        self.assertIn("shell", [t.type for t in (await panel.types()).types])
        self.assertEqual((await panel.typeOptions("shell")).options[0].name, "script")
        made = await panel.serverCreate("shell", "a", description="x", options={"level": 3})
        self.assertEqual(made.server, "a")
        self.assertEqual((await panel.serverStart("a")).status, "starting")
        while (await panel.serverStatus("a")).status != "running":
            await deferLater(reactor, 0.01)
        await panel.serverCmd("a", "hello")
        pieces = panel.follow("a")
        piece = await pieces.__anext__()
        self.assertEqual((piece.data, piece.start, piece.end, piece.lost), ("hello\n", 0, 6, 0))
        self.assertEqual((await panel.serverLog("a", encoding="base64")).data, "aGVsbG8K")
        timed = await panel.serverLog("a", since=0, times=True)
        assert timed.times is not msgspec.UNSET
        self.assertEqual((timed.data, [index for index, _ in timed.times]), ("hello\n", [0]))
        self.assertIs((await panel.serverLog("a")).times, msgspec.UNSET)
        self.assertEqual([s.server for s in (await panel.serverList()).servers], ["a"])
        self.assertEqual((await panel.serverStatuses()).servers[0].status, "running")
        settings = (await panel.serverSettings("a", {"level": None})).settings
        self.assertEqual({p.name: p.value for p in settings}["level"], 5)
        for way in (panel.serverRestart, panel.serverStop, panel.serverKill, panel.serverForceKill):
            await self.untilRunning(panel)
            self.assertEqual((await way("a")).status, "stopping")
        await self.until(panel, "stopped")
        self.assertEqual((await panel.whoami()).username, "admin")
        user = await panel.userCreate("ann", password="a meadow of sheep", servers={"a": ["power"]})
        self.assertEqual(user.servers, {"a": ["view", "power"]})
        self.assertEqual((await panel.userUpdate("ann", servers={})).servers, {})
        self.assertEqual(len((await panel.userList()).users), 2)
        await panel.userDelete("ann")
        self.assertEqual((await panel.auditLog(limit=1)).entries[0].action, "user_delete")
        await panel.passwordChange(self.inMemory.password, "another meadow of cows")
        found = await panel.playerList("a")
        self.assertEqual((found.players, found.actions), ((), ()))
        with self.assertRaises(NotRunning):
            await panel.playerAction("a", "kick", "ann")
        self.assertEqual((await panel.serverHistory("a", seconds=60)).interval, 60)
        self.assertEqual((await panel.hostHistory()).interval, 60)
        self.assertEqual((await panel.hostStatus()).servers, {"stopped": 1})
        happened = await panel.eventList(server="a", kinds=["created", "ready"])
        self.assertEqual(happened.events[0].kind, "created")
        self.assertEqual({event.kind for event in happened.events}, {"created", "ready"})
        await panel.serverDestroy("a", deleteFiles=True)
        [job] = (await panel.jobList(server="a")).jobs
        states = [now async for now in panel.followJob(job.job)]
        self.assertEqual((states[-1].status, states[-1].isOver), ("done", True))
        self.assertEqual((await panel.jobStatus(job.job, wait=1)).kind, "delete")
        self.assertEqual((await panel.jobLog(job.job)).data, "")
        with self.assertRaises(JobOver):
            await panel.jobCancel(job.job)
        await panel.logout()
        with self.assertRaises(Exception) as caught:
            await panel.whoami()
        self.assertEqual(caught.exception.code, "token_missing")

    async def untilRunning(self, panel: Panel) -> None:
        """Start it, if it does not run."""
        status = (await panel.serverStatus("a")).status
        if status in ("stopped", "crashed"):
            await panel.serverStart("a")
        await self.until(panel, "running", "stopped")
        if (await panel.serverStatus("a")).status == "stopped":
            await self.untilRunning(panel)

    async def until(self, panel: Panel, *states: str) -> None:
        """Wait for a state."""
        while (await panel.serverStatus("a")).status not in states:
            await deferLater(reactor, 0.01)

    async def test_refusals(self) -> None:
        """What the daemon refuses comes as its class, with all that it says."""
        self.assertEqual(set(codes), set(refusals))
        panel = await self.connect(token=self.inMemory.token())
        with self.assertRaises(NoSuchServer):
            await panel.serverStatus("a")
        await panel.serverCreate("shell", "a")
        with self.assertRaises(ServerExists):
            await panel.serverCreate("shell", "a")
        with self.assertRaises(BadRequest) as caught:
            await panel.serverCreate("shell", "b", options={"level": 10})
        self.assertEqual(caught.exception.problems[0].field, ("options", "level"))
        with self.assertRaises(InvalidCredentials):
            await panel.login("admin", "wrong")
        with self.assertRaises(TokenInvalid):
            await (await self.connect(token="ab")).whoami()

    async def test_followEnds(self) -> None:
        """A follow ends when the server is destroyed."""
        panel = await self.connect(token=self.inMemory.token())
        await panel.serverCreate("shell", "a")

        async def follow() -> None:
            async for _ in panel.follow("a"):
                pass

        following = ensureDeferred(follow())
        await deferLater(reactor, 0.05)
        await panel.serverDestroy("a")
        with self.assertRaises(NoSuchServer):
            await following

    async def test_cancelling(self) -> None:
        """Whoever gives up waiting is told so, and nothing goes on behind."""
        panel = await self.connect(token=self.inMemory.token())
        await panel.serverCreate("shell", "a")
        waiting = ensureDeferred(panel.serverLog("a", wait=30))
        await deferLater(reactor, 0.05)
        waiting.cancel()
        with self.assertRaises(CancelledError):
            await waiting


class Front:
    """
    A reverse proxy, as a client sees it.

    @ivar says: status and body of the next answers instead of the daemon's; None: it stays silent.
    """

    def __init__(self, behind: Any) -> None:
        self._behind = behind
        self.addresses, self.admission, self.refuse = (
            behind.addresses,
            behind.admission,
            behind.refuse,
        )
        self.says: list[tuple[int, bytes] | None] = []
        self.asked = 0

    def render(self, request: Any) -> Any:
        """Answer as a proxy would, or as the daemon behind it."""
        self.asked += 1
        if not self.says:
            return self._behind.render(request)
        said = self.says.pop(0)
        if said is None:
            return NOT_DONE_YET
        request.setResponseCode(said[0], b"Said")
        if said[0] == 301:
            request.setHeader(b"Location", b"https://elsewhere.example/")
        if said[0] == 429:
            request.setHeader(b"Retry-After", b"7")
        return said[1]


class FrontTests(TestCase):
    """A daemon behind a reverse proxy, and several addresses of one daemon."""

    timeout = 4 * patience

    def setUp(self) -> None:
        self.inMemory = InMemoryPanel()
        self.fronts = [Front(self.inMemory.root), Front(self.inMemory.root)]
        self.bases = []
        self.sites = [PanelSite(front, reactor) for front in self.fronts]
        for site in self.sites:
            port = reactor.listenTCP(0, site, interface="127.0.0.1")
            self.addCleanup(port.stopListening)
            self.bases.append(f"http://127.0.0.1:{port.getHost().port}/")

    def tearDown(self) -> Any:
        return ensureDeferred(self.end())

    async def end(self) -> None:
        """End the daemon, and wait until all connections have ended."""
        await self.inMemory.end()
        while any(site.connections for site in self.sites):
            await deferLater(reactor, 0.01)

    async def connect(self, clock: Any = reactor) -> Panel:
        """A client that knows both addresses, without connections that are kept."""
        http = HTTPClient(Agent(reactor, pool=HTTPConnectionPool(reactor, persistent=False)))
        connection = Connection(http, clock, list(self.bases), self.inMemory.token())
        return Panel(connection, await connection.settle(), reactor)

    async def test_follow(self) -> None:
        """A follow goes on while the proxy says that the daemon is away."""
        panel = await self.connect()
        await panel.serverCreate("shell", "a")
        await panel.serverStart("a")
        said: list[str | None] = []
        for front in self.fronts:
            front.says = [(502, b"<html>Bad Gateway</html>")] * 3

        async def first() -> str:
            async for piece in panel.follow("a", away=said.append):
                return piece.data
            return ""

        waiting = ensureDeferred(first())
        while None not in said:
            await deferLater(reactor, 0.01)
        await panel.serverCmd("a", "hello")
        self.assertEqual(await waiting, "hello\n")
        self.assertIn("502", str(said[0]))

    async def test_next(self) -> None:
        """An address that fails is left; what may have been carried out is not sent again."""
        clock = Clock()
        panel = await self.connect(clock)
        first, second = self.fronts
        first.says = [(503, b"")]
        self.assertEqual((await panel.whoami()).username, "admin")
        self.assertEqual(panel.connection.base, self.bases[1])
        second.says = [None]
        waiting = ensureDeferred(panel.whoami())
        while second.says:
            await deferLater(reactor, 0.01)
        clock.advance(requestSeconds)
        self.assertEqual((await waiting).username, "admin")
        self.assertEqual(panel.connection.base, self.bases[0])
        first.says, second.asked = [(504, b"")], 0
        with self.assertRaises(Unreachable):
            await panel.serverCreate("shell", "a")
        self.assertEqual((second.asked, panel.connection.base), (0, self.bases[1]))

    async def test_strangers(self) -> None:
        """What is not the daemon's answer is told as what it is."""
        panel = await self.connect()
        for said, words in (
            ((301, b""), "sends us to https://elsewhere.example/"),
            ((200, b"<html>"), "no gamepanel"),
            ((418, b"teapot"), "status 418"),
            ((200, b'{"user": "\xff"}'), "no gamepanel"),
            ((200, b'{"x": ' + b"[" * 100_000), "no gamepanel"),
            ((418, b'{"x": ' + b"[" * 100_000), "status 418"),
        ):
            self.fronts[0].says = [said]
            with self.assertRaises(BadAnswer) as caught:
                await panel.whoami()
            self.assertIn(words, str(caught.exception))
        body = {"type": "about:blank", "title": "x", "status": 429, "detail": "x"}
        problem = msgspec.json.encode({**body, "code": "too_many_requests"})
        self.fronts[0].says = [(429, problem)]
        with self.assertRaises(TooManyRequests) as refusal:
            await panel.whoami()
        self.assertEqual(refusal.exception.retryAfter, 7)


class AddressTests(TestCase):
    """Daemons that are not there, or are not what they should be."""

    timeout = 4 * patience

    async def test_unreachable(self) -> None:
        """What can't be reached is told in a sentence."""
        for url, kind, words in (
            (f"http://127.0.0.1:{freePort()}/", Unreachable, "can't be reached"),
            ("http://no-such-host.invalid/", Unreachable, "no such host"),
            ("ftp://x/", ClientError, "http://"),
            ("http://[::1/", ClientError, "Invalid IPv6 URL"),
            ("http://[::1%25none]/", BadAnswer, "no address of a daemon"),
        ):
            with self.assertRaises(kind) as caught:
                await Panel.connect(url)
            self.assertIn(words, str(caught.exception))

    async def test_ipv6(self) -> None:
        """A daemon is reached at an IPv6 address, with TLS and without."""
        needIPv6()
        port, secure = freePort(), freePort()
        authority, path = trustme.CA(), Path(self.mktemp()).absolute()
        authority.issue_cert("::1").private_key_and_cert_chain_pem.write_to_path(path)
        trusted = self.mktemp()
        authority.cert_pem.write_to_path(trusted)
        daemon = Daemon(
            (
                *("--listen", f"tcp6:{port}:interface=\\:\\:1"),
                *("--listen", f"ssl:{secure}:interface=\\:\\:1:privateKey={path}"),
            )
        )
        self.addCleanup(daemon.cleanUp)
        await deferToThread(daemon.start, login=False)
        for url in (f"http://[::1]:{port}/", f"https://[0:0:0:0:0:0:0:1]:{secure}"):
            panel = await Panel.connect(
                url, "admin", daemon.password, certificates=trusted, reactor=reactor
            )
            self.assertEqual((await panel.whoami()).username, "admin")
            self.assertEqual((await panel.serverList()).servers, ())
            with self.assertRaises(NoSuchServer):
                await panel.fileUpload("one", "map", BytesIO(b"text"), 4)
            await panel.connection.close()

    async def test_others(self) -> None:
        """Something else that speaks HTTP, and a daemon of a newer API."""
        page = Resource()
        page.putChild(b"config", Data(b"<html>hello</html>", "text/html"))
        newer = Resource()
        config = Config(
            auth="password",
            authUrl=None,
            urls=(),
            apiVersion=2,
            software="gamepanel/9",
            features=(),
        )
        newer.putChild(b"config", Data(msgspec.json.encode(config), "application/json"))
        newest = Resource()
        newest.putChild(b"config", Data(b'{"apiVersion":3}', "application/json"))
        for resource, kind in ((page, BadAnswer), (newer, NewerDaemon), (newest, NewerDaemon)):
            port = reactor.listenTCP(0, Site(resource, timeout=None), interface="127.0.0.1")
            self.addCleanup(port.stopListening)
            pool = HTTPConnectionPool(reactor, persistent=False)
            http = HTTPClient(Agent(reactor, pool=pool))
            with self.assertRaises(kind) as caught:
                await Panel.connect(f"http://127.0.0.1:{port.getHost().port}/", http=http)
            self.assertIn("gamepanel" if kind is BadAnswer else "upgrade", str(caught.exception))


class DaemonTests(TestCase):
    """Real daemons, over sockets."""

    timeout = 4 * patience

    def daemon(self, *options: str) -> Daemon:
        """A daemon that runs."""
        daemon = Daemon(("--allow-generic", *options))
        self.admin = daemon.start()
        self.addCleanup(daemon.cleanUp)
        return daemon

    async def connect(self, url: str, **more: Any) -> Panel:
        """A client, whose connections are closed afterwards."""
        panel = await Panel.connect(url, **more)
        self.addCleanup(lambda: ensureDeferred(panel.close()))
        return panel

    async def test_killedMeanwhile(self) -> None:
        """A follow goes on through two kills of the daemon: no byte is lost or doubled."""
        daemon = self.daemon()
        self.admin(
            "server_create",
            type="shell",
            server="a",
            options={
                "script": "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; cat"
            },
        )
        panel = await self.connect(daemon.base, username="admin", password=daemon.password)
        said: list[str | None] = []
        got = ""
        await panel.serverStart("a")

        def restart() -> None:
            daemon.kill()
            daemon.start(login=False)

        async def trouble() -> None:
            for number in (1, 2):
                await deferLater(reactor, 0.3)
                await deferToThread(restart)
                await panel.serverCmd("a", f"kill {number}")

        troubled = ensureDeferred(trouble())
        async for piece in panel.follow("a", away=said.append):
            self.assertEqual((piece.lost, piece.start), (0, len(got)))
            got += piece.data
            if got.endswith("kill 1\nkill 2\n"):
                break
        await troubled
        lines = "".join(f"line {number}\n" for number in range(3000))
        self.assertEqual(got, lines + "kill 1\nkill 2\n")
        self.assertEqual(said[-1], None)
        self.assertTrue(said[0])

    async def test_eventsThroughKills(self) -> None:
        """Following events goes on through two kills of the daemon: each comes once, in order."""
        daemon = self.daemon()
        panel = await self.connect(daemon.base, username="admin", password=daemon.password)
        said: list[str | None] = []
        first = (await panel.eventList(kinds=["daemon_started"])).newest

        def restart(id: str) -> None:
            daemon.kill()
            daemon.start(login=False)
            self.admin("server_create", type="shell", server=id)

        async def trouble() -> None:
            for id in ("a", "b"):
                await deferToThread(restart, id)

        troubled = ensureDeferred(trouble())
        got = []
        async for event in panel.followEvents(after=first, away=said.append):
            got.append(event)
            if event.server == "b":
                break
        await troubled
        self.assertEqual([event.event for event in got], [first + 1 + n for n in range(len(got))])
        made = [event.server for event in got if event.kind == "created"]
        self.assertEqual(made, ["a", "b"])
        self.assertEqual(said[-1], None)
        self.assertTrue(said[0])

    async def test_overrun(self) -> None:
        """What has been overrun is told to the byte."""
        daemon = self.daemon()
        script = "head -c 3000000 /dev/zero | tr '\\0' x; exec cat"
        self.admin("server_create", type="shell", server="a", options={"script": script})
        self.admin("server_start", server="a")
        self.admin.wait(
            lambda: self.admin("server_status", server="a")["readIndex"] == 3000000, "all of it"
        )
        panel = await self.connect(daemon.base, token=self.admin.token)
        piece = await panel.follow("a", encoding="base64").__anext__()
        self.assertGreater(piece.lost, 0)
        self.assertEqual(piece.lost, piece.start)
        self.assertEqual(piece.raw, b"x" * (piece.end - piece.start))

    async def test_nextAddress(self) -> None:
        """The best address that answers is taken, and the next one when it fails."""
        dead = f"http://127.0.0.1:{freePort()}/"
        first = self.daemon("--url", dead)
        second = Daemon((), port=freePort())
        first.options = (*first.options, "--url", second.base, "--url", first.base)
        first.kill()
        first.start(login=False)
        panel = await self.connect(first.base, token=self.admin.token)
        self.assertEqual(panel.connection.bases, [dead, second.base, first.base])
        self.assertEqual(panel.connection.base, first.base)
        first.port, port = second.port, first.port
        first.kill()
        first.start(login=False)
        self.assertEqual((await panel.whoami()).username, "admin")
        self.assertEqual(panel.connection.base, second.base)
        self.assertNotEqual(port, first.port)

    async def test_tls(self) -> None:
        """Certificates are checked: for the host, and by whom they are."""
        work = Path(self.mktemp())
        work.mkdir()
        authority = trustme.CA()
        authority.cert_pem.write_to_path(work / "ca.pem")
        for name in ("127.0.0.1", "other.example"):
            made = authority.issue_cert(name)
            made.private_key_and_cert_chain_pem.write_to_path(work / f"{name}.pem")
        ports = {name: freePort() for name in ("127.0.0.1", "other.example")}
        listens = [
            part
            for name, port in ports.items()
            for part in (
                "--listen",
                f"ssl:{port}:privateKey={work.absolute()}/{name}.pem:interface=127.0.0.1",
            )
        ]
        self.daemon(*listens)
        good, wrong = (f"https://127.0.0.1:{port}/" for port in ports.values())
        ca = str(work / "ca.pem")
        panel = await self.connect(good, token=self.admin.token, certificates=ca)
        self.assertEqual((await panel.whoami()).username, "admin")
        for url, certificates, words in (
            (good, None, "not to be trusted"),
            (wrong, ca, "another host"),
        ):
            with self.assertRaises(Unreachable) as caught:
                await Panel.connect(url, certificates=certificates)
            self.assertIn(words, str(caught.exception))

    def example(self, name: str, daemon: Daemon) -> str:
        """What an example prints."""
        done = subprocess.run(
            [sys.executable, root / "examples" / name, daemon.base, daemon.password],
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_examples(self) -> None:
        """The examples for Twisted and for asyncio do what they say."""
        daemon = self.daemon()
        for name in ("client_twisted.py", "client_asyncio.py"):
            self.assertIn("cave: running", self.example(name, daemon))
            self.assertIn("WELCOME TO ADVENTURE", self.example(name, daemon))
            path = root / "examples" / name
            done = subprocess.run(
                [sys.executable, path],
                capture_output=True,
                text=True,
                timeout=patience,
                check=False,
            )
            self.assertEqual((done.returncode, done.stderr), (1, f"usage: {path} URL PASSWORD\n"))


class FollowEventsTests(SynchronousTestCase):
    """Following events, with a daemon that is played."""

    def follow(self, after: int | None, *answers: EventList | Exception) -> list[int]:
        """
        The numbers of the events that come of these answers.

        Afterwards C{asked} has with which number and how much patience the daemon was asked.
        """
        clock = Clock()
        left = list(answers)
        self.asked: list[tuple[int | None, float]] = []
        self.said: list[str | None] = []

        async def read(*, after: int | None, wait: float, **more: Any) -> EventList:
            self.asked.append((after, wait))
            if not left:
                await Deferred()
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        got: list[int] = []

        async def work() -> None:
            played: Any = SimpleNamespace(clock=clock, eventList=read)
            async for event in Panel.followEvents(played, after=after, away=self.said.append):
                got.append(event.event)

        working = ensureDeferred(work())
        for _ in range(20):
            clock.advance(1)
        working.addErrback(lambda failure: failure.trap(CancelledError))
        working.cancel()
        self.successResultOf(working)
        self.assertEqual(left, [])
        return got

    def page(self, *numbers: int, newest: int) -> EventList:
        """An answer with these events."""
        events = tuple(EventInfo(event=n, at=1, server=None, kind="x", data={}) for n in numbers)
        return EventList(events=events, oldest=1, newest=newest)

    def test_fromNow(self) -> None:
        """Without a number what was before is left out, and nothing that comes after."""
        got = self.follow(None, self.page(7, newest=7), self.page(8, 9, newest=9))
        self.assertEqual(got, [8, 9])
        self.assertEqual(self.asked, [(None, 0), (7, waitSeconds), (9, waitSeconds)])

    def test_away(self) -> None:
        """After the daemon was away it goes on behind the last event, and asks at once first."""
        away = Unreachable("Gone.")
        pages = (self.page(4, newest=5), away, away, self.page(newest=5), self.page(6, newest=6))
        self.assertEqual(self.follow(3, *pages), [4, 6])
        waits = [waitSeconds, waitSeconds, 0, 0, waitSeconds, waitSeconds]
        self.assertEqual(self.asked, list(zip([3, 5, 5, 5, 5, 6], waits, strict=True)))
        self.assertEqual(self.said, ["Gone.", None])


class ImportTests(SynchronousTestCase):
    """What a program brings along that uses the client. Each is a fresh interpreter."""

    def imported(self, code: str) -> set[str]:
        """The modules that there are after running some code."""
        after = "; import sys; print(*sys.modules)"
        said = subprocess.run([sys.executable, "-c", code + after], capture_output=True, text=True)
        self.assertEqual(said.returncode, 0, said.stderr)
        return set(said.stdout.split())

    def checkNothingOfDaemon(self, modules: set[str]) -> None:
        """The client knows messages, errors and itself, and no library of the daemon's."""
        ours = {name for name in modules if name.startswith("gamepanel.")}
        self.assertIn("gamepanel.wire.server", ours)
        parts = {name for name in ours if name.split(".")[1] not in ("client", "wire")}
        known = {"gamepanel.base", "gamepanel.base.backoff", "gamepanel.base.errors"}
        self.assertEqual(parts - known, set())
        tops = {name.partition(".")[0] for name in modules}
        others = {"klein", "werkzeug", "sqlite3", "nacl", "automat", "re2", "_re2", "lxml"}
        self.assertEqual(tops & others, set())

    def test_noReactor(self) -> None:
        """Importing the client installs no reactor, and brings nothing of the daemon along."""
        modules = self.imported("import gamepanel.client")
        self.assertNotIn("twisted.internet.reactor", modules)
        self.checkNothingOfDaemon(modules)

    def test_command(self) -> None:
        """Nor does the command, whose parts for this host are imported when they are called."""
        self.checkNothingOfDaemon(self.imported("import gamepanel.client.cli"))

    def test_withoutReactor(self) -> None:
        """
        Who connects where nothing would ever be sent is told so at once, and what to write.
        """
        url = "http://127.0.0.1:1/"
        main = (
            "import asyncio, sys\n"
            "from gamepanel.client import ClientError, NotSent, Panel\n"
            "async def main(*_):\n"
            f"    try: await Panel.connect({url!r}, token='ab')\n"
            "    except NotSent: print('reached')\n"
            "    except ClientError as error: print(error)\n"
        )
        installed = "from twisted.internet import asyncioreactor as a, task; a.install(%s)\n"
        loop = "asyncio.set_event_loop(asyncio.new_event_loop())\n"
        started = (
            "async def run():\n"
            "    from twisted.internet import asyncioreactor as a\n"
            "    a.install(asyncio.get_running_loop())\n"
            "    from twisted.internet import reactor\n"
            "    reactor.startRunning(installSignalHandlers=False)\n"
            "    await main()\n"
            "    reactor.stop()\n"
            "asyncio.run(run())\n"
        )
        for code, said in (
            ("asyncio.run(main())", "asyncioreactor.install(asyncio.get_running_loop())"),
            (loop + installed % "" + "asyncio.run(main())", "A loop of asyncio runs"),
            ("from twisted.internet import reactor; asyncio.run(main())", "A loop of asyncio"),
            ("\ntry: main().send(None)\nexcept StopIteration: pass", "No reactor runs"),
            ("from twisted.internet import task; task.react(main)", "reached"),
            (started, "reached"),
        ):
            done = subprocess.run(
                [sys.executable, "-c", main + code],
                capture_output=True,
                text=True,
                timeout=patience,
                check=False,
            )
            self.assertIn(said, done.stdout, code + done.stderr)

    def test_blocking(self) -> None:
        """What a command's own connection lacks is said in a sentence."""
        none: Any = None
        panel = Panel(BlockingConnection(["http://127.0.0.1:1/"]), none, none)
        following: Any = panel.follow("one")
        error = self.assertRaises(ClientError, following.__anext__().send, None)
        self.assertIn("needs a reactor", str(error))

    def test_help(self) -> None:
        """Asking a command for help brings nothing more along."""
        for words in (["--version"], ["ls", "--help"], ["events", "--help"], ["--help"]):
            code = f"from gamepanel.client.cli import main; main({words!r}, standalone_mode=False)"
            self.checkNothingOfDaemon(self.imported(code))

    def test_cheap(self) -> None:
        """A command that asks once and ends imports neither Twisted nor what draws."""
        for words in (["ls"], ["start", "a"], ["log", "a"], ["status", "--json"]):
            code = (
                "import os; os.environ['GAMEPANEL_URL'] = 'http://127.0.0.1:1/'; "
                "from gamepanel.client.cli import main; "
                f"status = main({words!r}, standalone_mode=False); assert status == 3, status"
            )
            tops = {name.partition(".")[0] for name in self.imported(code)}
            costly = {
                "twisted",
                "treq",
                "OpenSSL",
                "rich",
                "prompt_toolkit",
                "asyncio",
                "hyperlink",
            }
            self.assertEqual(tops & costly, set(), words)


class TerminalTests(SynchronousTestCase):
    def test_table(self) -> None:
        """Colours come through, and nothing else that a terminal obeys."""
        for text, shown in (
            ("plain\ttext\n", "plain\ttext\n"),
            ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
            ("\x1b[38:2:1:2:3mx", "\x1b[38:2:1:2:3mx"),
            ("a\x1b[2Jb\x1b[Hc\x1b[?25ld", "abcd"),
            ("\x1b[>4;1m", ""),
            ("t\x1b]0;title\x07i\x1b]52;c;ZXZpbA==\x1b\\t", "tit"),
            ("\x1bP+q544e\x1b\\x\x1b_apc\x1b\\y\x1b^pm\x1b\\z", "xyz"),
            ("\x1bc\x1b7\x1b(0x\x1b=", "x"),
            ("a\rb\r\nc\bd\x07\x00", "ab\ncd"),
            ("a\x9b31mb\x9dc\x9c", "a31mbc"),
            ("a\u202eb\u2066c", "abc"),
            ("\x1b\x1b[2J\x1b", ""),
        ):
            self.assertEqual(Filter(True).feed(text), shown, repr(text))
            pieces = Filter(True)
            self.assertEqual("".join(map(pieces.feed, text)), shown, repr(text))
            plain = re.sub("\x1b[^m]*m", "", shown)
            self.assertEqual(Filter(False).feed(text), plain, repr(text))
        self.assertEqual(clean("a\nb\x1b[31mc"), "a bc")

    def test_endless(self) -> None:
        """A sequence that never ends holds back no more than so much."""
        filter = Filter(True)
        self.assertEqual(filter.feed("\x1b]0;"), "")
        shown = "".join(filter.feed("x" * 1000) for _ in range(20))
        self.assertGreater(len(shown), 15000)
        self.assertNotIn("\x1b", shown)

    def test_values(self) -> None:
        """A value is what its property wants; an empty one is the default again."""

        def property(name: str, type: Any, **more: Any) -> Property:
            return Property(
                name=name,
                title=name,
                description="",
                type=type,
                required=False,
                readonly=False,
                value=None,
                **more,
            )

        known = [
            property("i", "integer"),
            property("n", "number"),
            property("b", "boolean"),
            property("s", "string"),
            property("e", "enum", choices=(1, "two", True)),
        ]
        self.assertEqual(
            parse(["i=7", "n=1.5", "b=yes", "s=a=b", "e=1"], known),
            {"i": 7, "n": 1.5, "b": True, "s": "a=b", "e": 1},
        )
        self.assertEqual(parse(["i=", "e=two"], known), {"i": None, "e": "two"})
        for wrong in ("i=x", "n=x", "b=perhaps", "s", "other=1"):
            self.assertRaises(click.UsageError, parse, [wrong], known)
