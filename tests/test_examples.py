"""What README and docs show, run as it stands there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import SkipTest

import pexpect
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.definition import parse
from tests.support import Daemon

root = Path(__file__).parent.parent


class ExamplesTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon(())
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)

    def first(self) -> str:
        """Run what C{make run} ends with."""
        return subprocess.run(
            [sys.executable, "examples/first_server.py", self.daemon.base, self.daemon.state],
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def test_firstServer(self) -> None:
        """The first game is there, and stays one however often this runs."""
        for _ in range(2):
            said = self.first()
            self.assertIn(self.daemon.password, said)
            self.assertIn(self.daemon.base, said)
        [server] = self.client("server_list")["servers"]
        self.assertEqual((server["server"], server["status"]), ("cave", "running"))

    def test_play(self) -> None:
        """The README's game, line by line, against this daemon's address and state."""
        self.first()
        self.client.untilLog("cave", "> ")
        work = Path(self.mktemp()).absolute()
        shutil.copytree(root / "examples", work / "examples")
        (work / "var").mkdir()
        (work / "var" / "state").symlink_to(self.daemon.state)
        script = (work / "examples" / "play.sh").read_text()
        script = script.replace("http://127.0.0.1:8080", self.daemon.base.rstrip("/"))
        done = subprocess.run(
            ["/bin/sh", "-ec", script], cwd=work, capture_output=True, text=True, check=True
        )
        welcome, _, road, _, inside, status, stopping = done.stdout.splitlines()
        self.assertIn('"nextReadIndex":56,', welcome)
        self.assertIn('"data":"YOU ARE STANDING AT THE END OF A ROAD', road)
        self.assertIn('"data":"YOU ARE INSIDE A BUILDING', inside)
        self.assertIn('"status":"running"', status)
        self.assertEqual(stopping, '{"status":"stopping"}')
        self.assertEqual(self.client.until("cave", "stopped")["exit"]["code"], 0)

    def test_dialogue(self) -> None:
        """The dialogue of the README, at a terminal, says what stands there."""
        self.first()
        self.client.untilLog("cave", "> ")
        work = Path(self.mktemp()).absolute()
        (work / "var").mkdir(parents=True)
        (work / "var" / "state").symlink_to(self.daemon.state)
        (work / "ann.txt").write_text("a meadow full of sheep\n")
        environment = {
            **os.environ,
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
            "XDG_CONFIG_HOME": str(work),
            "NO_COLOR": "1",
            "TERM": "xterm",
        }
        parts = re.split(r"^\$ ", (root / "examples" / "dialogue.txt").read_text(), flags=re.M)
        address = f"127.0.0.1:{self.daemon.port}"
        for part in parts[1:]:
            command, _, expected = part.partition("\n")
            said = pexpect.run(
                f"/bin/sh -c '{command.replace('127.0.0.1:8080', address)}'",
                cwd=str(work),
                env=environment,
                encoding="utf-8",
            )
            lines = [
                line.rstrip() for line in str(said).replace(address, "127.0.0.1:8080").splitlines()
            ]
            self.assertEqual(lines, expected.splitlines(), command)


class DocsTests(SynchronousTestCase):
    def test_types(self) -> None:
        """Each type that a page shows is one."""
        shown = 0
        for page in (root / "docs").rglob("*.md"):
            for text in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL):
                parse(text)
                shown += 1
        self.assertEqual(shown, 2)

    def test_unit(self) -> None:
        """systemd takes the unit, where systemd is; and it says what survival needs."""
        unit = root / "docs" / "gamepanel.service"
        self.assertIn("\nKillMode=process\n", unit.read_text())
        if shutil.which("systemd-analyze") is None:
            if os.environ.get("CI") == "true":
                self.fail("systemd-analyze is missing")
            raise SkipTest("systemd-analyze is not installed")
        work = Path(self.mktemp())
        work.mkdir()
        text = unit.read_text().replace("/opt/gamepanel/bin/twistd", "/bin/true")
        copy = work / "gamepanel.service"
        copy.write_text(text.replace("User=gamepanel", "User=root"))
        done = subprocess.run(
            ["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
