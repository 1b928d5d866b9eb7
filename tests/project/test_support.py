"""What the tests themselves stand on."""

import os
import random
import socket
import subprocess
import sys
from pathlib import Path
from unittest import SkipTest

from twisted.trial.unittest import SynchronousTestCase

from tests import support
from tests.support import freePort, need, needFile


class NeedTests(SynchronousTestCase):
    """A test that can't run here is skipped in one line that says what to do."""

    def test_found(self) -> None:
        """What is there is found, also where only root has it on the PATH."""
        self.assertTrue(os.access(need("sh"), os.X_OK))

    def test_package(self) -> None:
        """A missing program is told with the package that brings it."""
        for arguments, package in (
            (("no-such-program",), "no-such-program"),
            (("no-such-program", "luck"), "luck"),
            (("/nowhere/luantiserver",), "luanti-server luanti-game-minetest"),
        ):
            why = str(self.assertRaises(SkipTest, need, *arguments))
            self.assertEqual(why, f"{arguments[0]} is not installed; apt install {package}")

    def test_file(self) -> None:
        """So is a file."""
        self.assertEqual(needFile(f"{__file__[:-1]}?", "none"), __file__)
        why = str(self.assertRaises(SkipTest, needFile, "/none/*", "luck"))
        self.assertEqual(why, "/none/* is not there; apt install luck")


class FreePortTests(SynchronousTestCase):
    def test_ofNobody(self) -> None:
        """It can be bound, and the kernel does not give it to a connection meanwhile."""
        port = freePort()
        with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
            first, last = map(int, file.read().split())
        self.assertFalse(first <= port <= last)
        for type in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(type=type) as ours:
                ours.bind(("127.0.0.1", port))

    def test_once(self) -> None:
        """Nobody is given it again, in this process or in another, whoever guesses the same."""
        port, others = freePort(), iter((freePort(), freePort()))
        # Those two are free again.
        for name in support._taken[-2:]:
            name.close()
        guesses = iter((port, port, next(others)))
        self.patch(random, "randrange", lambda *_: next(guesses))
        self.assertNotEqual(freePort(), port)
        script = (
            "import random; from tests.support import freePort; "
            f"guesses = iter(({port}, {port}, {next(others)})); "
            "random.randrange = lambda *_: next(guesses); print(freePort())"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=Path(support.__file__).parents[1],
            check=True,
            capture_output=True,
            text=True,
        )
        self.assertNotEqual(int(done.stdout), port)
