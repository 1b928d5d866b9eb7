"""Upgrades from earlier versions, and the way back, under a real systemd."""

import contextlib
import os
import pwd
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any, Final

import psutil

from tests.support import standbys
from tests.systemd import (
    Case,
    Player,
    blocks,
    docs,
    dropIns,
    installed,
    show,
    shown,
    state,
    systemctl,
)

earlier: Final = {
    "2d67e20": "before there was an audit trail",
    "12643fc": "whose audit trail has strangers",
    "4f7fee2": "whose audit trail has targets",
    "9f886a7": "the last before the mending of what the first release has met",
    "24dd038": "the last whose records of users have no subject of their issuer",
}
"""Versions that have made stores of each kind. C{.ci/systemd} installs them."""


class WayBackTests(Case):
    """Commands of the how-tos, as they stand."""

    def commands(self, page: str, words: str) -> str:
        """The commands of a page that have these words in them."""
        text = (docs / "how-to" / page).read_text()
        fenced: list[str] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        [found] = [each for each in (*blocks(page), *fenced) if words in each]
        return found

    def paste(self, commands: str, place: str = "/") -> None:
        """Run commands of a page, none of which may fail."""
        done = subprocess.run(
            ["/bin/bash", "-e"],
            input=commands,
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_fromRoot(self) -> None:
        """From a daemon of root's, whose games are other users', to that of the plain unit."""
        self.dropIn(shown("install-as-a-service.md", "--server-user"))
        (dropIns / "0.conf").rename(dropIns / "override.conf")
        systemctl("daemon-reload")
        state.chmod(0o711)
        self.start()
        self.login()
        self.play()
        self.client("server_stop", server="a")
        self.client.until("a", "stopped")
        self.paste(self.commands("install-as-a-service.md", "chown -R"))
        self.assertEqual(show("ActiveState"), "active")
        self.assertEqual(pwd.getpwnam("gamepanel").pw_uid, os.stat(state / "reader").st_uid)
        self.client("server_start", server="a")
        pid = self.client.until("a", "running")["pid"]
        self.assertEqual(os.stat(f"/proc/{pid}").st_uid, pwd.getpwnam("gamepanel").pw_uid)
        self.client("server_stop", server="a")
        self.client.until("a", "stopped")

    def test_fromRootAtOnce(self) -> None:
        """Without them the refusal says what to type."""
        self.dropIn(shown("install-as-a-service.md", "--server-user"))
        state.chmod(0o711)
        self.start()
        self.login()
        self.play()
        systemctl("stop", "gamepanel")
        shutil.rmtree(dropIns)
        systemctl("daemon-reload")
        self.assertNotEqual(systemctl("start", "gamepanel").returncode, 0)
        status = self.client.wait(
            lambda: (text := show("StatusText")).startswith("Could not start") and text, "a reason"
        )
        [command] = re.findall(r"end it first, as root: (kill \d+)$", status)
        self.paste(command)
        systemctl("reset-failed", "gamepanel")
        self.client.wait(lambda: systemctl("start", "gamepanel").returncode == 0, "a start")

    def test_olderRelease(self) -> None:
        """To the last release without today's unit: it starts, and stays."""
        source = Path("/root/earlier/9f886a7")
        old = f"/opt/earlier/9f886a7/bin/python {installed} --nodaemon --pidfile= gamepanel"
        self.dropIn("[Service]\nType=exec\n")
        self.run_(f"{old} --state {state}")
        self.start()
        self.client.wait(self.answers, "an answer of the earlier version")
        systemctl("stop", "gamepanel")
        shutil.rmtree(dropIns)
        systemctl("daemon-reload")
        self.start()
        release = self.commands("upgrade.md", "git checkout RELEASE")
        # What the container has no network for.
        self.paste(re.sub("(?m)^(git|/opt).*\n", "", release), str(source))
        self.run_(f"{old} --state {state}")
        self.paste(
            self.commands("upgrade.md", "gamepanel.sqlite.newer").replace("version=3", "version=2")
        )
        self.client.wait(self.answers, "an answer of the earlier version")
        self.login()
        self.assertEqual((show("Type"), show("NRestarts")), ("simple", "0"))

    def answers(self) -> bool:
        """Whether somebody listens."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 8080)):
            return True
        return False

    def test_removed(self) -> None:
        """After the commands for the removal nothing of it runs, and no file is there."""
        self.start()
        self.login()
        pid, _ = self.play()
        shutil.copytree("/opt/gamepanel/share", "/opt/removed")
        commands = self.commands("uninstall.md", "userdel")
        # These tests run in it.
        self.paste(commands.replace("/opt/gamepanel", "/opt/removed"))
        self.assertFalse(psutil.pid_exists(pid))
        self.assertEqual(standbys(str(state)), [])
        left = [state, dropIns, Path("/opt/removed"), Path("/run/gamepanel")]
        left.append(Path("/etc/systemd/system/gamepanel.service"))
        self.assertEqual([each for each in left if each.exists()], [])
        self.assertEqual(show("LoadState"), "not-found")
        self.assertRaises(KeyError, pwd.getpwnam, "gamepanel")


class UpgradeTests(Case):
    """A state directory that an earlier version has made, with a game that runs on."""

    def upgrade(self, commit: str) -> None:
        """Run the earlier version, then this one on what it has left."""
        old = f"/opt/earlier/{commit}/bin/python {installed}"
        self.dropIn("[Service]\nType=exec\n")
        self.run_(f"{old} --nodaemon --pidfile= gamepanel --state {state}")
        self.start()
        self.client.wait(self.answers, "an answer of the earlier version")
        self.login()
        pid, port = self.play()
        player = Player(port)
        self.addCleanup(player.leave)
        self.ask("echo said before")
        self.client("server_create", type="game", server="b")
        systemctl("stop", "gamepanel")
        self.assertEqual(player.say("nobody"), "you said nobody")
        shutil.rmtree(dropIns)
        systemctl("daemon-reload")
        self.start()
        # Those who were logged in still are.
        status = self.client("server_status", server="a")
        self.assertEqual((status["status"], status["pid"]), ("running", pid))
        self.assertEqual(player.say("now"), "you said now")
        self.assertIn("said before", self.client("server_log", server="a", readIndex=0)["data"])
        self.assertIn("said after", self.ask("echo said after"))
        self.assertEqual(self.client("server_status", server="b")["status"], "stopped")
        self.client("server_start", server="b")
        self.client.until("b", "running")
        self.client("user_create", username="ann", password="a long password of ann's")
        self.login()
        actions = [entry["action"] for entry in self.client("audit_log")["entries"]]
        self.assertIn("user_create", actions)

    def answers(self) -> bool:
        """Whether somebody listens."""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", 8080)):
            return True
        return False


def _upgrading(commit: str, what: str) -> Any:
    def test(self: UpgradeTests) -> None:
        self.upgrade(commit)

    test.__doc__ = f"From {commit}, {what}."
    return test


for _commit, _what in earlier.items():
    setattr(UpgradeTests, f"test_{_commit}", _upgrading(_commit, _what))
