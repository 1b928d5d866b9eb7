"""The how-tos on backups and upgrades, their commands run as they stand, on a real daemon."""

import os
import pwd
import re
import sqlite3
import stat
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from tests.store.test_store import variants
from tests.support import Daemon, Refused, need, needMounts, patience

pages: Final = Path(__file__).parents[2] / "docs" / "how-to"

namespace: Final = """
set -e
mount -t tmpfs tmpfs /var/lib
mkdir /var/lib/gamepanel
mount --bind "$STATE" /var/lib/gamepanel
mount --bind "$BACKUPS" /var/backups
umask 022
exec sh -e
"""
"""Puts a state and a place for backups where the page has them, for the commands only."""


class TableTests(SynchronousTestCase):
    def test_complete(self) -> None:
        """The table names all that the state directory holds, and nothing else."""
        table = (pages / "back-up.md").read_text().partition("\n\nThe database")[0]
        named = set()
        for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE):
            named |= {name.partition("/")[0] for name in re.findall(r"`([^`]+)`", cell)}
        script = 'title = "T"\n[[install]]\nwrite = "x"\ntext = "y"\n[run]\ncommand = ["cat"]\n'
        daemon = Daemon(types={"built": script})
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        client("server_create", type="built", server="a")
        client.until("a", "stopped")
        # As an upgrade and a runtime leave them.
        Path(daemon.state, "gamepanel.sqlite.v2").touch()
        Path(daemon.state, "shared").mkdir(exist_ok=True)
        ours = {"pid", "gamepanel.sqlite-wal", "gamepanel.sqlite-shm"}
        files = {"console", "checkpoint", "times", "life"}
        self.assertEqual(named - files, set(os.listdir(daemon.state)) - ours)


class BackupTests(SynchronousTestCase):
    def setUp(self) -> None:
        needMounts()
        for program in ("sqlite3", "rsync"):
            need(program)
        self.backup, self.restore = self.commands("back-up.md")
        self.daemon = Daemon()
        self.state = self.daemon.state
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        self.backups = tempfile.mkdtemp(prefix="gamepanel-test-")
        self.addCleanup(subprocess.run, ["rm", "-rf", self.backups], check=True)
        self.copy = Path(self.backups, "gamepanel", "state")
        programs = Path(self.mktemp()).absolute()
        programs.mkdir()
        # The service is a process of this test.
        systemctl = programs / "systemctl"
        systemctl.write_text(f'#!/bin/sh\necho "$@" >> {programs}/asked\n')
        systemctl.chmod(0o755)
        self.asked = programs / "asked"
        self.environment = {
            **os.environ,
            "STATE": self.state,
            "BACKUPS": self.backups,
            "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin",
        }

    def commands(self, page: str) -> list[str]:
        """What a page tells to run as it stands."""
        return re.findall(r"```sh\n(.*?)```", (pages / page).read_text(), re.DOTALL)

    def run_(self, commands: str) -> None:
        """Run commands of the page."""
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", namespace],
            input=commands,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=patience,
            check=False,
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""), commands)

    def test_roundTrip(self) -> None:
        """What was backed up while all runs is there again, with its owners, and nothing else."""
        owner = pwd.getpwnam("nobody")
        password = "a meadow full of sheep"
        self.client("server_create", type="shell", server="a")
        self.client("user_create", username="ann", password=password)
        world = Path(self.state, "servers", "a", "files", "world")
        world.write_text("first")
        for path in (Path(self.state), Path(self.state, "gamepanel.sqlite"), world):
            os.chown(path, owner.pw_uid, owner.pw_gid)
        self.run_(self.backup)
        # Once more, onto what is there.
        self.run_(self.backup)
        self.client("user_delete", username="ann")
        self.client("server_create", type="shell", server="b")
        self.client("server_destroy", server="a", deleteFiles=True)
        # A daemon that was killed leaves a log of the database that must not be replayed.
        self.daemon.kill()
        self.assertTrue(Path(self.state, "gamepanel.sqlite-wal").exists())
        self.run_(self.restore)
        self.assertEqual(self.asked.read_text(), "stop gamepanel\nstart gamepanel\n")
        database = os.stat(f"{self.state}/gamepanel.sqlite")
        self.assertEqual((database.st_uid, stat.S_IMODE(database.st_mode)), (owner.pw_uid, 0o600))
        self.assertEqual((world.read_text(), world.stat().st_uid), ("first", owner.pw_uid))
        self.assertEqual(os.stat(self.state).st_uid, owner.pw_uid)
        self.client = self.daemon.start()
        servers = [server["server"] for server in self.client("server_list")["servers"]]
        self.assertEqual(servers, ["a"])
        users = [user["username"] for user in self.client("user_list")["users"]]
        self.assertEqual(users, ["admin", "ann"])
        self.client("server_start", server="a")
        self.client.until("a", "running")

    def test_secret(self) -> None:
        """Nobody but root can get at the copy, and the database's is nobody else's by itself."""
        self.run_(self.backup)
        self.assertEqual(stat.S_IMODE(os.stat(self.copy.parent).st_mode), 0o700)
        self.assertEqual(os.stat(self.copy.parent).st_uid, 0)
        mode = os.stat(self.copy / "gamepanel.sqlite").st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o600)
        self.assertNotIn("lock", os.listdir(self.copy))
        self.assertEqual([name for name in os.listdir(self.copy) if name.endswith("-wal")], [])

    def test_sameSecond(self) -> None:
        """A database of the same size, and of the same second, is restored all the same."""
        self.run_(self.backup)
        self.client("server_create", type="shell", server="late")
        self.daemon.end()
        self.run_(self.restore)
        self.client = self.daemon.start()
        error = self.assertRaises(Refused, self.client, "server_status", server="late")
        self.assertEqual(error.code, "no_such_server")
        self.assertFalse(Path(self.state, "servers", "late").exists())

    def test_goingBack(self) -> None:
        """A store that was upgraded is as it was before, for its owner only."""
        self.daemon.end()
        path = Path(self.state, "gamepanel.sqlite")
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(
                f"DROP TABLE audit; DROP TABLE migrations; {variants['stranger']};"
                "DROP TABLE counters; DROP TABLE events; DROP TABLE eventsStored;"
                "DROP TABLE samples; DROP TABLE jobs; DROP INDEX serverCreations;"
                "DROP TABLE serverUsers; DROP TABLE retired; DROP TABLE players;"
                "DROP TABLE playerSearches; DROP TABLE backups;"
                "DROP TABLE scheduleRuns; DROP TABLE schedules;"
                "DROP TABLE installs; ALTER TABLE users DROP COLUMN subject;"
                "DROP INDEX accountNumbers; ALTER TABLE users DROP COLUMN number;"
                "ALTER TABLE servers DROP COLUMN creation; PRAGMA user_version = 2"
            )
        owner = pwd.getpwnam("nobody")
        self.client = self.daemon.start()
        self.client("user_create", username="ann", password="a meadow full of sheep")
        os.chown(f"{path}.v2", owner.pw_uid, owner.pw_gid)
        self.daemon.kill()
        [commands] = self.commands("upgrade.md")
        lives = (
            Path(self.state, "servers", "one", "life"),
            Path(self.state, "servers", "two", "life"),
        )
        for life in lives:
            life.parent.mkdir()
            life.write_text("new")
        lives[0].with_name("life.v1").write_text("old")
        self.run_(commands.replace("version=3", "version=2"))
        self.assertEqual([os.listdir(life.parent) for life in lives], [["life"], []])
        self.assertEqual(lives[0].read_text(), "old")
        self.assertEqual(self.asked.read_text(), "stop gamepanel\nstart gamepanel\n")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            self.assertEqual(connection.execute("PRAGMA user_version").fetchone(), (2,))
            self.assertEqual(connection.execute("SELECT name FROM users").fetchall(), [("admin",)])
        found = os.stat(path)
        self.assertEqual((found.st_uid, stat.S_IMODE(found.st_mode)), (owner.pw_uid, 0o600))
        self.client = self.daemon.start()
        self.assertEqual(len(self.client("user_list")["users"]), 1)
