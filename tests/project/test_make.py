"""C{make run} and C{make stop}, as a newcomer types them."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, endServers, freePort, need, patience

root = Path(__file__).parents[2]


class MakeTests(SynchronousTestCase):
    def setUp(self) -> None:
        need("make")
        self.work = Path(self.mktemp()).absolute()
        self.addCleanup(endServers, str(self.work / "state"))
        self.addCleanup(self.make, "stop")

    def make(self, *targets: str, **variables: object) -> subprocess.CompletedProcess[str]:
        """Run targets on a state of this test's, with what the tests have installed."""
        given = {"VAR": self.work, "BIN": os.path.dirname(sys.executable), **variables}
        return subprocess.run(
            [
                *("make", "--no-print-directory", "--old-file=.venv/.run", *targets),
                *(f"{name}={value}" for name, value in given.items()),
            ],
            cwd=root,
            # Or make takes the options of one that runs these tests.
            env={name: value for name, value in os.environ.items() if "MAKE" not in name},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=3 * patience,
            check=False,
        )

    def test_run(self) -> None:
        """It starts a daemon and a game, once, and says where; the game outlives C{make stop}."""
        port = freePort()
        first = self.make("run", PORT=port)
        self.assertEqual((first.returncode, first.stderr), (0, ""))
        self.assertIn(f"http://127.0.0.1:{port}/", first.stdout)
        daemon = Daemon(port=port, state=str(self.work / "state"))
        self.assertIn(daemon.password, first.stdout)
        client = Client(daemon.base)
        isIsolated = "isolation" in self.config(daemon)["features"]
        self.assertEqual("isolation          none: " in first.stdout, not isIsolated)
        client.login("admin", daemon.password)
        game = client("server_status", server="cave")["pid"]
        pid = (self.work / "gamepanel.pid").read_text()
        # Who has forked may read what games print.
        self.assertEqual((self.work / "state" / "reader").read_text().split()[0], pid.strip())
        again = self.make("run")
        self.assertEqual((again.returncode, again.stdout), (0, first.stdout))
        self.assertEqual((self.work / "gamepanel.pid").read_text(), pid)
        stopped = self.make("stop")
        self.assertEqual((stopped.returncode, stopped.stdout + stopped.stderr), (0, ""))
        self.assertFalse(daemon.answers)
        os.kill(game, 0)

    def config(self, daemon: Daemon) -> Any:
        """What a daemon tells everybody."""
        with urllib.request.urlopen(daemon.base + "config", timeout=patience) as answer:
            return json.load(answer)

    def test_alone(self) -> None:
        """Alone it shows what there is, and starts nothing."""
        done = self.make()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = (root / "Makefile").read_text()
        shown = re.findall(r"^make ([\w-]+):", done.stdout, re.MULTILINE)
        [phony] = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
        self.assertEqual(sorted(shown), sorted(phony.split()))
        self.assertFalse(self.work.exists())

    def test_portTaken(self) -> None:
        """Which program has the port is said in a line, and how to take another; nothing starts."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = self.make("run", PORT=port)
        self.assertNotEqual(done.returncode, 0)
        said = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
        [line] = said
        self.assertIn(f"Port {port}: ", line)
        self.assertIn(f"(process {os.getpid()}) is using it. To take another: make run PORT=", line)
        self.assertFalse((self.work / "state").exists())

    def test_portWrong(self) -> None:
        """What is no port is refused."""
        for wrong in ("0", "65536", "http"):
            self.assertIn(f"PORT={wrong}: must be", self.make("run", PORT=wrong).stderr)
