"""
TLS by the daemon.
"""

import socket
import ssl
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import trustme
from OpenSSL.SSL import Error
from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.web.http.handshakes import TLSFailures
from tests.support import Daemon, freePort, need, patience


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
