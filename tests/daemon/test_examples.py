"""What README and docs show, run as it stands there."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import msgspec
import pexpect
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.games.definition import ServerType
from gamepanel.games.parsing import parse
from tests.support import Client, Daemon, endServers, freePort, need, patience

root = Path(__file__).parents[2]


class FirstServerTests(SynchronousTestCase):
    def test_firstServer(self) -> None:
        """The first game is there, and stays one however often C{make run} ends with this."""
        daemon = Daemon(())
        client = daemon.start()
        self.addCleanup(daemon.cleanUp)
        for _ in range(2):
            said = subprocess.run(
                [sys.executable, "examples/first_server.py", daemon.base, daemon.state],
                cwd=root,
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            self.assertIn(daemon.password, said)
            self.assertIn(daemon.base, said)
            self.assertIn("cave (running)", said)
        [server] = client("server_list")["servers"]
        self.assertEqual((server["server"], server["status"]), ("cave", "running"))


class PagesTests(SynchronousTestCase):
    """What pages show, typed in a checkout after C{make run}."""

    def setUp(self) -> None:
        need("make")
        need("curl")
        port = freePort()
        self.address = f"127.0.0.1:{port}"
        self.work = Path(self.mktemp()).absolute()
        self.work.mkdir()
        shutil.copytree(root / "examples", self.work / "examples")
        shutil.copy(root / "Makefile", self.work)
        programs = os.path.dirname(sys.executable)
        self.environment = {
            **{name: value for name, value in os.environ.items() if "MAKE" not in name},
            # What is installed already is used, and the port is one that is free.
            "MAKEFLAGS": f"--old-file=.venv/.run -- BIN={programs} PORT={port}",
            "PATH": f"{programs}:{os.environ['PATH']}",
            "XDG_CONFIG_HOME": str(self.work),
            "NO_COLOR": "1",
            "TERM": "xterm",
        }
        self.addCleanup(endServers, str(self.work / "var" / "state"))
        self.addCleanup(self.sh, "make stop")
        self.assertIn("cave (running)", self.sh("make run"))
        daemon = Daemon(port=port, state=str(self.work / "var" / "state"))
        self.client = Client(daemon.base)
        self.client.login("admin", daemon.password)
        self.client.untilLog("cave", "> ")

    def sh(self, commands: str) -> str:
        """Run commands; what they print."""
        done = subprocess.run(
            ["/bin/sh", "-ec", commands.replace("127.0.0.1:8080", self.address)],
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=4 * patience,
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout.replace(self.address, "127.0.0.1:8080")

    def replay(self, dialogue: str) -> None:
        """See that commands at a terminal say what stands there; C{…} stands for anything."""
        for part in re.split(r"^\$ ", dialogue, flags=re.M)[1:]:
            # A command goes on behind a backslash.
            command, _, expected = re.split(r"(?<!\\)(\n|\Z)", part, maxsplit=1)
            said = pexpect.run(
                f"/bin/sh -c {shlex.quote(command.replace('127.0.0.1:8080', self.address))}",
                cwd=str(self.work),
                env=self.environment,
                encoding="utf-8",
                dimensions=(50, 200),
                timeout=int(4 * patience),
            )
            text = str(said).replace(self.address, "127.0.0.1:8080")
            lines = "\n".join(" ".join(line.split()) for line in text.splitlines())
            wanted = "\n".join(" ".join(line.split()) for line in expected.splitlines())
            pattern = re.escape(wanted).replace("…\\\n", "(?:.*\n)*?").replace("…", ".*")
            if not re.fullmatch(pattern, lines, re.DOTALL if wanted.endswith("…") else 0):
                self.assertEqual(lines, wanted, command)

    def play(self) -> None:
        """Run the README's game, line by line, against this daemon's address and state."""
        said = self.sh((root / "examples" / "play.sh").read_text())
        restarting, running, welcome, _, road, _, inside, stopping = said.splitlines()
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
        self.play()
        self.play()

    def test_dialogue(self) -> None:
        """README, top to bottom: the dialogue says what stands there, then the game is played."""
        self.replay((root / "examples" / "dialogue.txt").read_text())
        self.play()

    def test_people(self) -> None:
        """So do those of the page about sharing."""
        self.replayPage("people.md")

    def test_files(self) -> None:
        """So do those of the page about files."""
        self.replayPage("files.md")

    def test_backups(self) -> None:
        """So do those of the page about backups."""
        self.replayPage("backups.md")

    def test_schedules(self) -> None:
        """So do those of the page about schedules."""
        self.replayPage("schedules.md")

    def replayPage(self, name: str) -> None:
        """Log in, and replay all dialogues of a how-to."""
        self.replay(
            "$ gamepanel login http://127.0.0.1:8080 -u admin "
            "--password-file var/state/admin-password\n…\n"
        )
        page = (root / "docs" / "how-to" / name).read_text()
        for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
            self.replay(block)

    def test_tutorial(self) -> None:
        """The tutorial, from its beginning to its end, with the real game."""
        need("openttd")
        page = (root / "docs" / "tutorial" / "first-server.md").read_text()
        pid = None
        kinds = []
        for kind, block in re.findall(r"```(sh|console)\n(.*?)```", page, re.DOTALL):
            kinds.append(kind)
            if kind == "console":
                self.replay(block)
                continue
            if "apt install" in block:
                hint = Catalogue((shippedTypes(),)).find("openttd").hint
                self.assertEqual(block.replace(" --no-install-recommends", ""), f"{hint}\n")
                continue
            # The daemon has not lost the server when it was killed.
            if "kill -9" in block:
                pid = self.client("server_status", server="trains")["pid"]
            self.assertIn("cave (running)", self.sh(block))
            if "kill -9" in block:
                self.assertEqual(self.client("server_status", server="trains")["pid"], pid)
        self.assertEqual((kinds.count("console"), kinds.count("sh")), (8, 3))


class DocsTests(SynchronousTestCase):
    def test_types(self) -> None:
        """Each type that a page shows is one, and each part of one has keys that there are."""
        whole = {"title": "T", "run": {"command": ["t"]}}
        shown: Counter[bool] = Counter()
        for page in (root / "docs").rglob("*.md"):
            for text in re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL):
                isWhole = text.startswith("title")
                shown[isWhole] += 1
                if isWhole:
                    parse(text)
                else:
                    msgspec.convert({**whole, **tomllib.loads(text)}, ServerType)
        # So that blocks are found at all, however many pages have by now.
        self.assertTrue(shown[True] >= 2 and shown[False] >= 6, shown)

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
