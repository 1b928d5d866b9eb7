"""Backups of servers by a real daemon: killed meanwhile, and brought back from a store alone."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, typesForTests
from tests.web.test_backups import saving


class ServerBackupTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = tempfile.mkdtemp(prefix="gamepanel-test-")
        self.addCleanup(shutil.rmtree, self.store)
        self.daemon, self.client = self.started()

    def started(self) -> tuple[Daemon, Client]:
        """A daemon, and a client of it."""
        types = {**typesForTests, "saving": saving}
        daemon = Daemon(options=("--backups", self.store), types=types)
        self.addCleanup(daemon.cleanUp)
        return daemon, daemon.start()

    def comeBack(self) -> None:
        """Another daemon takes over; the token goes on."""
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token

    def over(self, job: int) -> Any:
        """A job, when it is over."""
        return self.client.wait(
            lambda: (found := self.client("job_status", job=job))["endedAt"] and found, "its end"
        )

    def home(self, daemon: Daemon) -> Path:
        """The directory of the server's game."""
        return Path(daemon.state, "servers", "cave", "files")

    def test_killed(self) -> None:
        """
        Whenever a daemon is killed, the store has all of a backup or nothing, and a game that was
        kept from saving is told to go on by the next, once.
        """
        chance = random.Random(28)
        self.client("server_create", type="saving", server="cave", options={})
        (self.home(self.daemon) / "world").write_bytes(chance.randbytes(16 << 20))
        self.client("server_start", server="cave")
        self.client.until("cave", "running")
        said = self.home(self.daemon) / "said"
        for number in range(1, 5):
            job = self.client("backup_create", server="cave")["job"]
            time.sleep(chance.uniform(0.0, 1.0))
            self.daemon.kill()
            self.comeBack()
            self.assertEqual(self.over(job)["status"], "done")

            def lines() -> list[str]:
                return said.read_text().split() if said.exists() else []

            self.client.wait(lambda: lines()[-1:] == ["on"], "the end of the silence")
            self.assertLessEqual(lines().count("off"), number)
            self.assertLessEqual(lines().count("on"), number)
            listed = self.client("backup_list", server="cave")["backups"]
            self.assertEqual(len(listed), number)
            self.assertEqual(len(os.listdir(self.store)), 2 * number + 1)

    def test_storeAlone(self) -> None:
        """
        A new host has all servers again with nothing but the old store, by the lines that stand in
        the page about that.
        """
        self.client("server_create", type="saving", server="cave", options={})
        self.client("server_create", type="shell", server="lobby", options={"level": 7})
        for world, server in (("old", "cave"), ("precious", "cave"), ("", "lobby")):
            (self.home(self.daemon) / "world").write_text(world)
            self.over(self.client("backup_create", server=server, note=world)["job"])
        self.daemon.kill()
        daemon, self.client = self.started()
        self.assertEqual(self.client("backup_list")["backups"], [])
        page = (Path(__file__).parents[2] / "docs" / "how-to" / "backups.md").read_text()
        [lines] = re.findall(r"```sh\n(gamepanel backups adopt --yes\n.*?)```", page, re.DOTALL)
        programs = os.path.dirname(sys.executable)
        subprocess.run(
            ["/bin/sh", "-ec", lines],
            check=True,
            env={
                **os.environ,
                "PATH": f"{programs}:{os.environ['PATH']}",
                "GAMEPANEL_URL": daemon.base,
                "GAMEPANEL_TOKEN": str(self.client.token),
            },
        )
        found = {each["server"]: each["type"] for each in self.client("server_list")["servers"]}
        self.assertEqual(found, {"cave": "saving", "lobby": "shell"})
        settings = self.client("server_settings", server="lobby")["settings"]
        self.assertEqual([p["value"] for p in settings if p["name"] == "level"], [7])
        self.assertEqual((self.home(daemon) / "world").read_text(), "precious")
        self.client("server_start", server="cave")
        self.client.until("cave", "running")
