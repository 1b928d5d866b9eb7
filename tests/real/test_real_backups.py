"""Real games that are backed up while somebody plays, destroyed, and made anew from the backup."""

import os
import subprocess
from contextlib import closing
from sqlite3 import connect
from typing import Any

from tests.real.test_real_games_players import minecraft
from tests.realgames import RealGame, freePair, games, local
from tests.support import Daemon, freePort, need, needFile

digger = """
local function dig(at)
    local place = vector.new(0, 0, at)
    core.emerge_area(place, place, function(block, action, left)
        if left > 0 then return end
        if at == 0 then core.log("action", "found " .. core.get_node(place).name) end
        core.set_node(place, {name = "default:mese"})
        if at == 40 then core.log("action", "has dug") end
        core.after(0, dig, at + 1)
    end)
end
core.after(0, dig, 0)
"""
"""A script of a Luanti world that changes it all the time, as players do who dig."""


class BackupTests(RealGame):
    def backUp(self) -> Any:
        """A backup of the game, made while it runs."""
        number = self.finished(self.client("backup_create", server="game")["job"])["backup"]
        self.assertEqual(self.client("server_status", server="game")["status"], "running")
        backups = self.client("backup_list", server="game")["backups"]
        return next(each for each in backups if each["backup"] == number)

    def finished(self, job: int) -> Any:
        """What came of a job that has to succeed."""
        found = self.over(job)
        self.assertEqual(found["status"], "done", found["error"])
        return found["result"]

    def anew(self, backup: Any) -> None:
        """Destroy the game, make it anew from its backup, and start it."""
        self.client("server_stop", server="game")
        self.client.until("game", "stopped")
        self.client("server_destroy", server="game")
        source = {"backup": backup["backup"]}
        about = {"type": backup["type"], "server": "game", "from": source}
        self.finished(self.client("server_create", **about)["job"])
        self.again()

    def restoreOne(self, backup: Any, path: str) -> None:
        """Restore a file that was lost, and nothing else."""
        self.client("server_stop", server="game")
        self.client.until("game", "stopped")
        self.edit("by-hand", "kept")
        kept = (self.files / path).stat()
        (self.files / path).unlink()
        which = {"backup": backup["backup"], "paths": [path]}
        self.finished(self.client("backup_restore", server="game", **which)["job"])
        found = (self.files / path).stat()
        self.assertGreater(found.st_size, 0)
        self.assertEqual((found.st_uid, found.st_gid), (kept.st_uid, kept.st_gid))
        self.assertEqual((self.files / "by-hand").read_text(), "kept")

    def test_openttd(self) -> None:
        """OpenTTD saves first; a player's company is there again."""
        port = freePort()
        self.begin("openttd", port=port, **local)
        player = self.joinOpenTTD(port)
        self.client.untilLog("game", "has started a new company")
        backup = self.backUp()
        player.kill()
        self.assertEqual((backup["complete"], backup["quiesced"]), (True, True), backup)
        self.anew(backup)
        self.command("companies", "#:1")
        self.restoreOne(backup, "openttd.cfg")

    def test_freeciv(self) -> None:
        """Freeciv saves first; its game goes on from there."""
        self.begin("freeciv", port=freePort(), min_players=0, **local)
        self.command("start", "Game saved as")
        backup = self.backUp()
        self.assertEqual((backup["complete"], backup["quiesced"]), (True, True), backup)
        self.anew(backup)
        self.restoreOne(backup, "server.serv")

    def test_luanti(self) -> None:
        """The map of Luanti, an SQLite database, is whole although it changes all the time."""
        self.begin("luanti", port=freePair(), **local)
        self.client("server_stop", server="game")
        self.client.until("game", "stopped")
        self.edit("world/worldmods/digger/init.lua", digger)
        self.again()
        self.client.untilLog("game", "has dug")
        # It writes its map now and then, and when it ends: then what was dug is in the files.
        self.client("server_stop", server="game")
        self.client.until("game", "stopped")
        self.again()
        self.client.untilLog("game", "found default:mese")
        # On a host where all is slow SQLite could not hold its lock for as long as it takes.
        made = (self.backUp() for _ in range(5))
        backup = next(each for each in made if each["complete"])
        self.assertEqual((backup["quiesced"], backup["changed"]), (None, []))
        self.anew(backup)
        self.client.untilLog("game", "found default:mese")
        self.restoreOne(backup, "world/map.sqlite")
        with closing(connect(self.files / "world/map.sqlite")) as database:
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])

    def test_flyingSquid(self) -> None:
        """flying-squid is copied as it is, with a player on, who stays."""
        need("node")
        module = games / "node_modules" / "flying-squid"
        needFile(str(module / "package.json"), "npm; make games")
        self.daemon = Daemon(self.reaching)
        self.show("flying-squid", str(games / "node_modules"))
        port = freePort()
        options = {"port": port, "online_mode": False, "modules": str(module)}
        self.begin("flying-squid", **options, **local)
        seed = self.client.untilLog("game", "World seed: ").split("World seed: ")[1].split()[0]
        player = subprocess.Popen(
            ["node", "-e", minecraft, str(port)],
            env={"PATH": os.environ["PATH"], "NODE_PATH": str(games / "node_modules")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(player.wait)
        self.addCleanup(player.kill)
        self.client.untilLog("game", "probebot (")
        backup = self.backUp()
        self.assertIsNone(player.poll())
        self.assertIsNone(backup["quiesced"])
        self.anew(backup)
        self.client.untilLog("game", f"World seed: {seed}")
        self.restoreOne(backup, "settings.json")
