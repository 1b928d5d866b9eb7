"""
TLS by the daemon. Without the extra C{tls} all goes on as with it, but what wants TLS says what
is missing.
"""

import os
import socket
import ssl
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import trustme
from OpenSSL.SSL import Error
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.service.tls import hasTLS, isLackOfTLS
from gamepanel.web.http.handshakes import TLSFailures
from tests.support import Daemon, freePort, need, patience

without: Final = "import sys; sys.modules.update(OpenSSL=None, service_identity=None); "
"""As where neither is installed."""

twistd: Final = "from twisted.scripts.twistd import run; run()"
command: Final = "from gamepanel.client.cli import main; main()"

library: Final = """
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from gamepanel.client.connection import Connection, newHttp

def main(reactor, url):
    http, _ = newHttp(reactor, None)
    return Deferred.fromCoroutine(Connection(http, reactor, [url]).settle())

react(main, sys.argv[1:])
"""


class WithoutTests(SynchronousTestCase):
    def run_(self, code: str, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit status and complaints of a program that has no TLS."""
        home = os.path.abspath(self.mktemp())
        done = subprocess.run(
            [sys.executable, "-c", without + code, *arguments],
            env={**os.environ, "HOME": home, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        return done.returncode, done.stderr

    def daemon(self, *arguments: str) -> tuple[int, str]:
        """A daemon that does not start."""
        first = ("-n", "--pidfile=", "gamepanel", "--state", os.path.abspath(self.mktemp()))
        return self.run_(twistd, *first, *arguments)

    def test_listen(self) -> None:
        """An endpoint with TLS is refused in a line that says what to install."""
        status, said = self.daemon("--listen", "ssl:0:privateKey=/none")
        self.assertEqual(status, 64)
        self.assertIn("--listen ssl:0:privateKey=/none: TLS is not installed here", said)
        self.assertIn("pip install 'gamepanel[tls]'", said)

    def test_introspection(self) -> None:
        """So is an introspection endpoint with TLS."""
        status, said = self.daemon("--auth", "url", "--introspect-url", "https://127.0.0.1:1/")
        self.assertEqual(status, 64)
        self.assertIn("--introspect-url: TLS is not installed here", said)

    def test_client(self) -> None:
        """So does the client in Python, and needs nothing for an address without."""
        for url, words in (("https", "gamepanel[tls]"), ("http", "nothing listens there")):
            status, said = self.run_("\n" + library, f"{url}://127.0.0.1:1/")
            self.assertEqual(status, 1, said)
            self.assertIn(words, said)

    def test_command(self) -> None:
        """The command has TLS from Python itself."""
        environment = {"GAMEPANEL_URL": "https://127.0.0.1:1/", "GAMEPANEL_TOKEN": "ab"}
        status, said = self.run_(command, "ls", **environment)
        self.assertEqual(status, 3, said)
        self.assertIn("nothing listens there", said)

    def test_nothingElse(self) -> None:
        """Neither daemon nor client wants any of it before it is used."""
        modules = "gamepanel.tap, gamepanel.daemon, gamepanel.client, gamepanel.client.cli"
        status, said = self.run_(f"import {modules}")
        self.assertEqual((status, said), (0, ""))


class HereTests(SynchronousTestCase):
    def test_here(self) -> None:
        """Where the tests run it is there; other things that are missing are not taken for it."""
        self.assertTrue(hasTLS())
        self.assertTrue(isLackOfTLS(ImportError(name="OpenSSL")))
        self.assertFalse(isLackOfTLS(ImportError(name="other")))
        self.assertFalse(isLackOfTLS(ValueError("OpenSSL")))


class LineTests(SynchronousTestCase):
    def lines(self, *lost: tuple[str, Exception, float]) -> list[str]:
        """What is logged of connections: address, reason of the end, time."""
        failures = TLSFailures()
        with capturedLogs() as events:
            for address, reason, now in lost:
                failures.lost(address, address, reason, now)
        return [formatEvent(event) for event in events]

    def test_reason(self) -> None:
        """A failure has a line with the address and OpenSSL's reason; other ends have none."""
        error = Error([("SSL routines", "", "http request")])
        self.assertEqual(
            self.lines(("192.0.2.1", error, 0.0), ("192.0.2.2", ConnectionError(), 0.0)),
            ["TLS with 192.0.2.1 failed: http request"],
        )
        self.assertEqual(self.lines(("::1", Error(), 0.0)), ["TLS with ::1 failed: Error"])

    def test_bounded(self) -> None:
        """An address that goes on failing has a line a minute; others have theirs."""
        error = Error([("SSL routines", "", "http request")])
        tries = [("192.0.2.1", error, float(second)) for second in range(120)]
        self.assertEqual(len(self.lines(*tries, ("192.0.2.2", error, 120.0))), 3)


class DaemonTests(SynchronousTestCase):
    """Clients as they are, with a real daemon."""

    daemon: Any = None

    def setUp(self) -> None:
        authority = trustme.CA()
        leaf = authority.issue_cert("localhost", "127.0.0.1")
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        leaf.private_key_and_cert_chain_pem.write_to_path(work / "own.pem")
        authority.cert_pem.write_to_path(work / "ca.pem")
        self.authority, self.port = str(work / "ca.pem"), freePort()
        self.daemon = Daemon(
            ("--listen", f"ssl:{self.port}:interface=127.0.0.1:privateKey={work / 'own.pem'}")
        )
        self.addCleanup(self.daemon.cleanUp)
        self.daemon.start(login=False)

    def negotiate(self, *protocols: str) -> str | None:
        """Connect, offer protocols, get an answer; which protocol it is."""
        context = ssl.create_default_context(cafile=self.authority)
        if protocols:
            context.set_alpn_protocols(protocols)
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=patience) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as client,
        ):
            host = f"Host: localhost:{self.port}"
            client.sendall(f"GET /healthz HTTP/1.1\r\n{host}\r\n\r\n".encode())
            self.assertIn(b" 200 ", client.recv(1000))
            return client.selected_alpn_protocol()

    def test_negotiation(self) -> None:
        """
        HTTP/1.1 is chosen from what a client offers; who offers nothing has it as well, and who
        offers only HTTP/2 is refused, with a line in the log.
        """
        self.assertEqual(self.negotiate("h2", "http/1.1"), "http/1.1")
        self.assertEqual(self.negotiate("http/1.1"), "http/1.1")
        self.assertIsNone(self.negotiate())
        with self.assertRaises(ssl.SSLError):
            self.negotiate("h2")
        self.daemon.waitForLine(r"TLS with 127\.0\.0\.1 failed: no protocol in common \(ALPN\)")

    def test_openssl(self) -> None:
        """So it is for C{openssl s_client}."""
        for offered, words in (
            ("h2,http/1.1", "ALPN protocol: http/1.1"),
            ("h2", "no peer certificate available"),
        ):
            done = subprocess.run(
                [
                    *(need("openssl"), "s_client", "-alpn", offered),
                    *("-connect", f"127.0.0.1:{self.port}", "-CAfile", self.authority),
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=patience,
                check=False,
            )
            self.assertIn(words, done.stdout + done.stderr)

    def test_curl(self) -> None:
        """curl, which offers HTTP/2 by itself, gets an answer."""
        done = subprocess.run(
            [
                *(need("curl"), "-sS", "--cacert", self.authority),
                *("-w", " %{http_version}", f"https://localhost:{self.port}/healthz"),
            ],
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
        self.assertEqual((done.stderr, done.stdout), ("", '{"status":"ok"} 1.1'))

    def test_chromium(self) -> None:
        """A browser shows the page."""
        if find_spec("playwright") is None:
            raise SkipTest("playwright is not installed")
        from tests.browser import Visitor

        visitor = Visitor(f"https://localhost:{self.port}/", ignore_https_errors=True)
        self.addCleanup(visitor.context.close)
        visitor.page.get_by_label("Password").wait_for()
