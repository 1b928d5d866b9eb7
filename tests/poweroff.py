"""
The host goes down while games run, and boots again, under a real systemd.

C{.ci/systemd} runs the first case at one boot, ends that as C{systemctl poweroff} does, and runs
the second case at the next boot.
"""

import time
from pathlib import Path
from typing import Final

from tests.support import Client
from tests.systemd import Case, base, show, state, systemctl

commanded: Final = """
title = "Saves by its command"
[run]
command = ["/bin/sh", "-c", '''
trap "" TERM
echo up
read -r line
sleep 3
echo "$line" >saved
''']
ready = "up"
[[stop]]
command = "save and quit"
patience = 60
"""

deaf: Final = """
title = "Never stops"
[run]
command = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done"]
ready = "up"
[[stop]]
signal = "TERM"
patience = 600
"""

stopSeconds: Final = 25
"""The C{TimeoutStopSec} of these tests."""

said: Final = Path("/root/poweroff")
"""When the host was told to go down, Unix time."""


class BeforeTests(Case):
    def reset(self) -> None:
        """Leave everything: the next boot goes on with it."""

    def test_goesDown(self) -> None:
        """Games run when the host goes down: some save by a command, and one is deaf."""
        self.dropIn(f"[Service]\nTimeoutStopSec={stopSeconds}\n")
        for name, text in (("commanded", commanded), ("deaf", deaf)):
            (state / "types" / f"{name}.toml").write_text(text)
        systemctl("enable", "gamepanel")
        self.start()
        self.login()
        for id, type, autostart in (
            ("auto", "commanded", True),
            ("manual", "commanded", False),
            ("off", "commanded", True),
            ("deaf", "deaf", False),
        ):
            self.client("server_create", type=type, server=id)
            # Before the tests of the next boot begin nothing can be isolated in the container.
            settings = {"autostart": autostart, "isolation": not autostart}
            self.client("server_settings", server=id, settings=settings)
            self.client("server_start", server=id)
            self.client.until(id, "running")
        self.client("server_stop", server="off")
        self.client.until("off", "stopped")
        # With the service alone no game ends.
        pid = self.client("server_status", server="auto")["pid"]
        self.assertEqual(systemctl("restart", "gamepanel").returncode, 0, self.said())
        self.assertEqual(self.client.until("auto", "running")["pid"], pid)
        said.write_text(str(time.time()))


class AfterTests(Case):
    def setUp(self) -> None:
        self.client = Client(base)
        self.client.wait(lambda: show("ActiveState") == "active", "the daemon")
        self.login()

    def test_isBack(self) -> None:
        """
        Each world was saved, what could not be stopped was killed in time, and what is to start
        with the host runs again.
        """
        for id in ("auto", "manual"):
            saved = state / "servers" / id / "files" / "saved"
            self.assertEqual(saved.read_text(), "save and quit\n", id)
        took = float(Path("/root/off").read_text()) - float(said.read_text())
        self.assertLess(took, stopSeconds + 20)
        self.client.until("auto", "running")
        for id, reason in (
            ("manual", "stopped on request, exit code 0"),
            ("off", "stopped on request, exit code 0"),
            ("deaf", "stopped on request, signal KILL"),
        ):
            status = self.client("server_status", server=id)
            self.assertEqual((status["status"], status["exit"]["reason"]), ("stopped", reason))
