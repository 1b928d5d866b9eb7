"""Behind nginx and Caddy, with the configuration that the how-to shows."""

import json
import re
import ssl
import subprocess
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import trustme
from twisted.internet import reactor as installed
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from gamepanel.client import Panel
from tests.support import Daemon, freePort, need, patience, until

reactor: Any = installed
examples = Path(__file__).parents[2] / "examples"


class ProxyTests:
    """
    What holds behind any proxy.

    Its certificate is for C{127.0.0.1}, by which name it is reached here.
    """

    timeout = 4 * patience

    def command(self, work: Path, port: int) -> list[str]:
        """What starts the proxy in the foreground."""
        raise NotImplementedError

    def setUp(self: Any) -> None:
        self.daemon = Daemon(("--allow-host", "127.0.0.1", "--trusted-proxy", "127.0.0.1"))
        self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        authority = trustme.CA()
        self.ca = work / "ca.pem"
        authority.cert_pem.write_to_path(self.ca)
        made = authority.issue_cert("127.0.0.1")
        made.cert_chain_pems[0].write_to_path(work / "fullchain.pem")
        made.private_key_pem.write_to_path(work / "privkey.pem")
        self.port = freePort()
        process = subprocess.Popen(
            self.command(work, self.port),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"HOME": str(work), "PATH": "/usr/sbin:/usr/bin"},
        )
        self.addCleanup(process.wait)
        # Asked politely, Caddy waits for a minute.
        self.addCleanup(process.kill)

    async def connect(self: Any) -> Panel:
        """Log in through the proxy, when it is there."""

        def answers() -> bool:
            try:
                return bool(self.wire().getresponse().status == 200)
            except OSError:
                return False

        await until(reactor, answers, "the proxy")
        panel = await Panel.connect(
            f"https://127.0.0.1:{self.port}/",
            username="admin",
            password=self.daemon.password,
            certificates=str(self.ca),
        )
        self.addCleanup(lambda: ensureDeferred(panel.close()))
        return panel

    def wire(self: Any, path: str = "/healthz", **headers: str) -> HTTPSConnection:
        """A request of somebody else's."""
        context = ssl.create_default_context(cafile=self.ca)
        wire = HTTPSConnection("127.0.0.1", self.port, timeout=patience, context=context)
        wire.request("GET", path, headers={"Host": "127.0.0.1", **headers})
        return wire

    async def start(self: Any, panel: Panel) -> None:
        """A server that says what it hears."""
        await panel.serverCreate("shell", "one")
        await panel.serverStart("one")

        async def isRunning() -> bool:
            return (await panel.serverStatus("one")).status == "running"

        while not await isRunning():
            await deferLater(reactor, 0.02)

    async def test_follow(self: Any) -> None:
        """A console comes as it is printed, and goes on when the daemon has restarted."""
        panel = await self.connect()
        await self.start(panel)
        said: list[str | None] = []
        got: list[str] = []

        async def follow() -> None:
            async for piece in panel.follow("one", away=said.append):
                got.append(piece.data)
                if "after" in piece.data:
                    return

        following = ensureDeferred(follow())
        await panel.serverCmd("one", "before")
        await until(reactor, lambda: "before\n" in got, "the first line")
        self.daemon.kill()
        await until(reactor, lambda: said, "the news that it is away")
        await deferToThread(self.daemon.start, False)
        await until(reactor, lambda: said[-1] is None, "the daemon")
        await panel.serverCmd("one", "after")
        await following
        self.assertEqual("".join(got), "before\nafter\n")

    async def test_stream(self: Any) -> None:
        """Events are not kept back."""
        panel = await self.connect()
        await self.start(panel)
        token = panel.connection.token
        wire = self.wire("/server_log_stream?server=one", Authorization=f"Bearer {token}")
        answer = await deferToThread(wire.getresponse)
        first = [await deferToThread(answer.readline) for _ in range(3)]
        self.assertEqual(first, [b"retry: 1000\n", b"\n", b"event: status\n"])
        await panel.serverCmd("one", "hello")
        while await deferToThread(answer.readline) != b"event: log\n":
            pass
        answer.close()
        wire.close()

    async def test_sender(self: Any) -> None:
        """The daemon knows from where a request comes and how, whatever its sender claims."""
        panel = await self.connect()
        token = panel.connection.token
        claims = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
        context = ssl.create_default_context(cafile=self.ca)
        wire = HTTPSConnection("127.0.0.1", self.port, timeout=patience, context=context)
        headers = {**claims, "Host": "127.0.0.1", "Content-Type": "application/json"}
        headers["Authorization"] = f"Bearer {token}"
        wire.request("POST", "/server_kill", json.dumps({"server": "none"}), headers)
        self.assertEqual((await deferToThread(wire.getresponse)).status, 404)
        [entry] = (await panel.auditLog(limit=1)).entries
        self.assertEqual((entry.action, entry.address), ("server_kill", "127.0.0.1"))
        for origin, status in (("http://127.0.0.1", 403), ("https://127.0.0.1", 200)):
            answer = self.wire("/config", Origin=origin, **claims).getresponse()
            self.assertEqual(answer.status, status, origin)


class NginxTests(ProxyTests, TestCase):
    def command(self, work: Path, port: int) -> list[str]:
        """See L{ProxyTests}."""
        text = (examples / "nginx.conf").read_text()
        for old, new in (
            ("443", str(port)),
            ("/etc/letsencrypt/live/panel.example.org", str(work)),
            ("127.0.0.1:8080", f"127.0.0.1:{self.daemon.port}"),
        ):
            self.assertIn(old, text)
            text = text.replace(old, new)
        temporary = "".join(
            f"{name}_temp_path {work}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        path = work / "nginx.conf"
        path.write_text(
            f"daemon off; master_process off; pid {work}/pid; error_log {work}/log; events {{}}\n"
            f"http {{ access_log off; {temporary} {text} }}\n"
        )
        return [need("nginx"), "-c", str(path)]


class CaddyTests(ProxyTests, TestCase):
    def command(self, work: Path, port: int) -> list[str]:
        """See L{ProxyTests}."""
        text = (examples / "Caddyfile").read_text()
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.daemon.port}")
        certificate = f"tls {work}/fullchain.pem {work}/privkey.pem"
        site = f"https://127.0.0.1:{port} {{\n{certificate}\n"
        text, count = re.subn(r"^panel\.example\.org \{\n", site, text, flags=re.MULTILINE)
        self.assertEqual(count, 1)
        path = work / "Caddyfile"
        path.write_text(f"{{\nauto_https off\nadmin off\n}}\n{text}")
        return [need("caddy"), "run", "--adapter", "caddyfile", "--config", str(path)]
