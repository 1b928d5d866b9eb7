"""Where the command's token goes, between the command and real daemons."""

import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from tests.support import Daemon, patience
from tests.test_command import CommandCase

open_: Final = {"config", "login_info", "login", "healthz", "openapi.json"}
"""Endpoints that want no token."""


class Forwarder(BaseHTTPRequestHandler):
    """Hands on what comes to a daemon, and notes what comes with a token."""

    def do_GET(self) -> None:
        """Hand on a request."""
        server: Any = self.server
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


class TokenTests(CommandCase):
    def setUp(self) -> None:
        super().setUp()
        front: Any = ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
        self.front = front
        front.target, front.asked = self.daemon.port, []
        thread = threading.Thread(target=self.front.serve_forever, args=(0.02,))
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.front.server_close)
        self.addCleanup(self.front.shutdown)
        self.base = f"http://127.0.0.1:{self.front.server_port}/"
        self.ok(
            *("login", self.base, "-u", "admin", "--password-file", "-"),
            input=self.daemon.password + "\n",
        )

    def tokens(self) -> set[str]:
        """What was asked for with a token."""
        return {path for path, token in self.front.asked if token is not None}

    def test_open(self) -> None:
        """An endpoint that wants no token gets none."""
        self.ok("ls")
        self.assertIn("server_list", self.tokens())
        self.assertEqual(self.tokens() & open_, set())
        self.assertIn("config", {path for path, _ in self.front.asked})

    def test_another(self) -> None:
        """Another daemon that is at the address now gets none; the one of before does again."""
        other = Daemon()
        self.addCleanup(other.cleanUp)
        other.start(login=False)
        self.front.target, self.front.asked = other.port, []
        status, _, said = self.execute("ls")
        self.assertEqual((status, self.tokens()), (4, set()), said)
        self.assertTrue(self.front.asked)
        self.front.target = self.daemon.port
        self.ok("ls")
        self.assertIn("server_list", self.tokens())
