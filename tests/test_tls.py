"""Without the extra C{tls}: all goes on as with it, but what wants TLS says what is missing."""

import os
import subprocess
import sys
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.service.tls import hasTLS, isLackOfTLS
from tests.support import patience

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
