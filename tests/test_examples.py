"""What README and docs show, run as it stands there."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.definition import parse
from tests.support import Daemon, need

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
            self.assertIn("cave (running)", said)
        [server] = self.client("server_list")["servers"]
        self.assertEqual((server["server"], server["status"]), ("cave", "running"))

    def setUpShell(self) -> None:
        """A directory as the README's commands find it, after C{make run}."""
        self.first()
        self.client.untilLog("cave", "> ")
        self.work = Path(self.mktemp()).absolute()
        (self.work / "var").mkdir(parents=True)
        (self.work / "var" / "state").symlink_to(self.daemon.state)
        self.environment = {
            **os.environ,
            "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
            "XDG_CONFIG_HOME": str(self.work),
            "NO_COLOR": "1",
            "TERM": "xterm",
        }

    def replay(self, dialogue: str) -> None:
        """See that commands at a terminal say what stands there; C{…} stands for anything."""
        address = f"127.0.0.1:{self.daemon.port}"
        for part in re.split(r"^\$ ", dialogue, flags=re.M)[1:]:
            command, _, expected = part.partition("\n")
            said = pexpect.run(
                f"/bin/sh -c {shlex.quote(command.replace('127.0.0.1:8080', address))}",
                cwd=str(self.work),
                env=self.environment,
                encoding="utf-8",
                dimensions=(50, 200),
            )
            text = str(said).replace(address, "127.0.0.1:8080")
            lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
            wanted = "\n".join(" ".join(line.split()) for line in expected.splitlines())
            pattern = re.escape(wanted).replace("…\\\n", "(?:.*\n)*?").replace("…", ".*")
            if not re.fullmatch(pattern, lines, re.DOTALL if wanted.endswith("…") else 0):
                self.assertEqual(lines, wanted, command)

    def play(self) -> None:
        """Run the README's game, line by line, against this daemon's address and state."""
        shutil.copytree(root / "examples", self.work / "examples")
        script = (root / "examples" / "play.sh").read_text()
        self.assertIn("http://127.0.0.1:8080", script)
        done = subprocess.run(
            ["/bin/sh", "-ec", script.replace("http://127.0.0.1:8080", self.daemon.base[:-1])],
            cwd=self.work,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        restarting, running, welcome, _, road, _, inside, stopping = done.stdout.splitlines()
        self.assertEqual(set(json.loads(restarting)), {"status"})
        self.assertEqual(json.loads(running)["status"], "running")
        self.assertIn("WELCOME TO ADVENTURE!!", json.loads(welcome)["data"])
        self.assertIn("YOU ARE STANDING AT THE END OF A ROAD", json.loads(road)["data"])
        self.assertNotIn("WELCOME", json.loads(road)["data"])
        self.assertIn("YOU ARE INSIDE A BUILDING", json.loads(inside)["data"])
        self.assertEqual(json.loads(stopping), {"status": "stopping"})
        self.assertEqual(self.client.until("cave", "stopped")["exit"]["code"], 0)

    def test_play(self) -> None:
        """The game with curl is played after C{make run}, and again."""
        self.setUpShell()
        self.play()
        shutil.rmtree(self.work / "examples")
        self.play()

    def test_dialogue(self) -> None:
        """README, top to bottom: the dialogue says what stands there, then the game is played."""
        self.setUpShell()
        self.replay((root / "examples" / "dialogue.txt").read_text())
        self.play()

    def test_people(self) -> None:
        """So do those of the page about sharing."""
        self.setUpShell()
        self.replay(
            "$ gamepanel login http://127.0.0.1:8080 -u admin "
            "--password-file var/state/admin-password\n…\n"
        )
        page = (root / "docs" / "how-to" / "people.md").read_text()
        for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
            self.replay(block)

    def test_tutorial(self) -> None:
        """The tutorial, from its beginning to its end, with the real game."""
        need("openttd")
        self.setUpShell()
        page = (root / "docs" / "tutorial" / "first-server.md").read_text()
        kinds = []
        for kind, block in re.findall(r"```(sh|console)\n(.*?)```", page, re.DOTALL):
            kinds.append(kind)
            if kind == "console":
                self.replay(block)
            elif "kill -9" in block:
                pid = self.client("server_status", server="trains")["pid"]
                self.daemon.kill()
                self.daemon.start(login=False)
                self.assertEqual(self.client("server_status", server="trains")["pid"], pid)
        self.assertEqual((kinds.count("console"), kinds.count("sh")), (8, 3))


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
        need("systemd-analyze")
        work = Path(self.mktemp())
        work.mkdir()
        text = unit.read_text().replace("/opt/gamepanel/bin/twistd", "/bin/true")
        copy = work / "gamepanel.service"
        copy.write_text(text.replace("User=gamepanel", "User=root"))
        done = subprocess.run(
            ["systemd-analyze", "verify", copy], capture_output=True, text=True, check=False
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))
