"""Where the command's token goes, between the command and real daemons."""

import ssl
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, cast

import trustme

from tests.client.test_command import CommandCase
from tests.daemon.test_senders import enterNetwork
from tests.support import Daemon, patience

open_: Final = {"config", "login_info", "login", "healthz", "readyz", "openapi.json"}
"""Endpoints that want no token."""


class Forwarder(BaseHTTPRequestHandler):
    """
    Hands on what comes to a daemon, or leads elsewhere, and notes what comes with which token.
    """

    def do_GET(self) -> None:
        """Hand on a request."""
        server = cast(Front, self.server)
        if server.leads is not None:
            self.send_response(307)
            self.send_header("Location", server.leads + self.path.strip("/"))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        size = int(self.headers.get("Content-Length", 0))
        headers = {**self.headers, "Host": f"127.0.0.1:{server.target}", "Connection": "close"}
        server.asked.append((self.path.strip("/"), self.headers.get("Authorization")))
        wire = HTTPConnection("127.0.0.1", server.target, timeout=patience)
        wire.request(self.command, self.path, self.rfile.read(size), headers)
        answer = wire.getresponse()
        body = answer.read()
        wire.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Connection", "Content-Length", "Server", "Date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


class Front(ThreadingHTTPServer):
    """
    What stands before a daemon.

    @ivar base: its address.
    @ivar target: the port of the daemon.
    @ivar leads: a base URL that it leads to instead, if any.
    @ivar asked: paths of requests, each with what it has as its token.
    """

    def __init__(self, target: int, address: str, authority: trustme.CA | None) -> None:
        super().__init__((address, 0), Forwarder)
        self.target = target
        self.leads: str | None = None
        self.asked: list[tuple[str, str | None]] = []
        scheme = "http"
        if authority is not None:
            scheme, context = "https", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(address).configure_cert(context)
            self.socket = context.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self.base = f"{scheme}://{address}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that do not trust it."""

    @property
    def tokens(self) -> set[str]:
        """What was asked for with a token."""
        return {path for path, token in self.asked if token is not None}


class TokenCase(CommandCase):
    def setUp(self) -> None:
        super().setUp()
        self.authority = trustme.CA()
        self.trusted = Path(self.mktemp()).absolute()
        self.authority.cert_pem.write_to_path(self.trusted)

    def listen(self, address: str = "127.0.0.1", authority: trustme.CA | None = None) -> Front:
        """
        Stand before the daemon.

        @param authority: who has issued a certificate, if there is one.
        """
        front = Front(self.daemon.port, address, authority)
        thread = threading.Thread(target=front.serve_forever, args=(0.02,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(front.server_close)
        self.addCleanup(front.shutdown)
        return front

    def logInAt(self, base: str, *told: Front) -> None:
        """Log in to the daemon, which tells of these addresses, the best first."""
        urls = [word for front in told for word in ("--url", front.base)]
        if urls:
            self.daemon.kill()
            self.daemon.options = (*self.daemon.options, *urls, "--url", base)
            self.daemon.start(login=False)
        self.ok(
            *("login", base, "-u", "admin", "--password-file", "-"),
            *("--certificates", str(self.trusted)),
            input=self.daemon.password + "\n",
        )
        for front in told:
            front.asked.clear()


class TokenTests(TokenCase):
    def setUp(self) -> None:
        super().setUp()
        self.front = self.listen()
        self.logInAt(self.front.base)

    def test_open(self) -> None:
        """An endpoint that wants no token gets none."""
        self.ok("ls")
        self.assertIn("server_list", self.front.tokens)
        self.assertEqual(self.front.tokens & open_, set())
        self.assertIn("config", {path for path, _ in self.front.asked})

    def test_another(self) -> None:
        """Another daemon that is at the address now gets none; the one of before does again."""
        other = Daemon()
        self.addCleanup(other.cleanUp)
        other.start(login=False)
        self.front.target, self.front.asked = other.port, []
        status, _, said = self.execute("ls")
        self.assertEqual((status, self.front.tokens), (4, set()), said)
        self.assertTrue(self.front.asked)
        self.front.target = self.daemon.port
        self.ok("ls")
        self.assertIn("server_list", self.front.tokens)


class AlternateTests(TokenCase):
    def test_withoutTls(self) -> None:
        """
        From https the token never goes to http, not even on this host; nor is it sent to what it
        was redirected to, nor when nothing else is there any more.
        """
        secure, plain = self.listen(authority=self.authority), self.listen()
        self.logInAt(secure.base, plain)
        self.ok("ls")
        self.assertIn("server_list", secure.tokens)
        secure.leads = plain.base
        self.assertEqual(self.execute("ls")[0], 3)
        secure.shutdown()
        secure.server_close()
        status, _, said = self.execute("ls")
        self.assertEqual((status, plain.asked), (3, []), said)

    def test_anotherInstance(self) -> None:
        """An address that is told of gets the token if it shows the same instance, else none."""
        other = Daemon()
        self.addCleanup(other.cleanUp)
        other.start(login=False)
        told = self.listen(authority=self.authority)
        told.target = other.port
        self.logInAt(self.daemon.base, told)
        self.ok("ls")
        self.assertEqual(set(told.asked), {("config", None)})
        told.target = self.daemon.port
        self.ok("ls")
        self.assertIn("server_list", told.tokens)

    def test_untrusted(self) -> None:
        """One whose certificate is not to be trusted hears nothing at all."""
        told = self.listen(authority=trustme.CA())
        self.logInAt(self.daemon.base, told)
        self.ok("ls")
        self.assertEqual(told.asked, [])


class OpenTests(TokenCase):
    def setUp(self) -> None:
        enterNetwork(self)
        super().setUp()

    def test_notOurs(self) -> None:
        """An address of another host that is told of, without TLS, hears nothing at all."""
        told = self.listen("198.51.100.1")
        self.logInAt(self.daemon.base, told)
        self.ok("ls")
        self.assertEqual(told.asked, [])
