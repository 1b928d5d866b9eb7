"""
Real game servers under a real daemon: made, started, ready, commanded, ended.

The facts (ready lines, exit codes) are those of the packages in Debian 13.
"""

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.catalogue import Catalogue, shippedTypes
from tests.support import Client, Daemon, freePort, need

local = {"address": "127.0.0.1"}


class RealGamesTests(SynchronousTestCase):
    """Where the daemon is root, the games are not: Freeciv refuses root."""

    client: Client

    def setUp(self) -> None:
        user = ("--server-user", "games") if os.geteuid() == 0 else ()
        self.daemon = Daemon(user)

    def begin(self, type: str, **options: Any) -> Any:
        """Start a game and wait until players can come."""
        for program in Catalogue((shippedTypes(),)).find(type).needs:
            need(program)
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        self.client("server_create", type=type, server="game", options=options)
        self.client("server_start", server="game")
        status = self.client.until("game", "running", "waiting", "crashed", "failed", "stopped")
        self.assertEqual(status["status"], "running", self.client("server_log", server="game"))
        return status

    def command(self, line: str, answer: str) -> None:
        """Give it a line, and see the answer in what comes after."""
        start = self.client("server_status", server="game")["readIndex"]
        self.client("server_cmd", server="game", command=line)
        self.client.untilLog("game", answer, start)

    def end(self, how: str, code: int, signal: str | None = None) -> None:
        """End it, and see how that went."""
        self.client(how, server="game")
        ended = self.client.until("game", "stopped")["exit"]
        self.assertEqual((ended["code"], ended["signal"]), (code, signal))

    def test_adventure(self) -> None:
        """Colossal Cave, from PyPI: a whole game over the API."""
        # Another user might not reach the virtualenv that it is in.
        self.daemon = Daemon(())
        self.begin("adventure")
        self.command("no", "STANDING AT THE END OF A ROAD")
        self.command("enter", "INSIDE A BUILDING")
        self.end("server_stop", 0)

    def test_openttd(self) -> None:
        """OpenTTD has its console on stdin, and its log on stderr."""
        name = "Züge; = # [x]"
        self.begin("openttd", port=freePort(), server_name=name, password="s3cret", **local)
        self.command("say hello", ": hello")
        self.command("setting server_name", f"'{name}'")
        self.command("server_info", "Current/maximum clients")
        self.end("server_stop", 0)
        # It moves its names to files of their own; a change must reach those too.
        self.client("server_settings", server="game", settings={"server_name": "Other"})
        self.client("server_start", server="game")
        self.client.until("game", "running")
        self.command("setting server_name", "'Other'")
        self.command("setting server_password", "s3cret")
        self.end("server_kill", 0)

    def test_playersStay(self) -> None:
        """The daemon is killed and comes back, again and again; a player in the game stays."""
        port = freePort()
        self.begin("openttd", port=port, **local)
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        (work / "openttd.cfg").write_text("[network]\nclient_name = probebot\n")
        player = subprocess.Popen(
            [
                *("/usr/games/openttd", "-c", str(work / "openttd.cfg")),
                *("-v", "null:ticks=2000000000", "-b", "null", "-s", "null", "-m", "null"),
                *("-n", f"127.0.0.1:{port}"),
            ],
            env={"HOME": str(work), "PATH": os.environ["PATH"]},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(player.wait)
        self.addCleanup(player.kill)
        self.client.untilLog("game", "probebot has joined the game")
        token = self.client.token
        for _ in range(3):
            self.daemon.kill()
            self.client = self.daemon.start(login=False)
            self.client.token = token
            self.command("clients", "name: 'probebot'")
        log = self.client("server_log", server="game")["data"]
        self.assertNotIn("probebot has left", log)
        self.assertIsNone(player.poll())
        self.end("server_stop", 0)

    def test_freeciv(self) -> None:
        """Freeciv does not run as root, so this shows the other user, too."""
        status = self.begin("freeciv", port=freePort(), **local)
        if os.geteuid() == 0:
            self.assertNotEqual(os.stat(f"/proc/{status['pid']}").st_uid, 0)
            self.assertEqual(stat.S_IMODE(os.stat(self.daemon.state).st_mode), 0o711)
        self.command("show maxplayers", "maxplayers")
        self.end("server_stop", 0)

    def test_openarena(self) -> None:
        """OpenArena prints on stderr only, and ends by SIGTERM with code 1."""
        self.begin("openarena", port=freePort(), **local)
        self.command("addbot grunt 3", "Grunt")
        self.command("serverinfo", "A gamepanel server")
        self.end("server_kill", 1)
        self.client("server_start", server="game")
        self.client.until("game", "running")
        self.end("server_stop", 0)

    def test_armagetron(self) -> None:
        """Armagetron does not catch SIGTERM: it dies of it."""
        self.begin("armagetron", port=freePort(), server_name="It's $(mine)", **local)
        self.command("SAY hello", "Admin: hello")
        self.command("SERVER_PORT", "SERVER_PORT")
        self.end("server_kill", 143, "TERM")
        self.client("server_start", server="game")
        self.client.until("game", "running")
        self.end("server_stop", 0)

    def test_luanti(self) -> None:
        """Luanti has no console, and takes two seconds to end."""
        self.begin("luanti", port=freePort(), metrics_port=freePort(), **local)
        self.end("server_stop", 0)

    def test_teeworlds(self) -> None:
        """Teeworlds does not read its console, and dies of SIGTERM."""
        self.begin("teeworlds", port=freePort(), **local)
        self.end("server_stop", 143, "TERM")

    def test_ddnet(self) -> None:
        """DDNet says goodbye."""
        self.begin("ddnet", port=freePort(), **local)
        self.end("server_stop", 0)
