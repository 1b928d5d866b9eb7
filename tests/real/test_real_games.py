"""
Real game servers under a real daemon: made, started, ready, commanded, ended, and started
again with what was there before.

The facts (ready lines, exit codes) are those of the packages in Debian 13.
"""

import os
import re
import socket
import stat
from typing import Any
from urllib.request import urlopen

from gamepanel.games.catalogue import Catalogue, shippedTypes
from tests.realgames import RealGame, freePair, local
from tests.support import Daemon, Refused, freePort, need, patience


class RealGamesTests(RealGame):
    """Games of the catalogue, one after the other."""

    def test_adventure(self) -> None:
        """Colossal Cave, from PyPI: a whole game over the API, saved and gone on with."""
        self.daemon = Daemon(self.reaching)
        self.begin("adventure")
        self.command("no", "STANDING AT THE END OF A ROAD")
        self.command("enter", "INSIDE A BUILDING")
        self.command("save cave", "GAME SAVED")
        self.end("server_stop", 0)
        self.client("server_settings", server="game", settings={"saved_game": "cave"})
        self.again()
        self.command("look", "INSIDE A BUILDING")
        self.end("server_stop", 0)

    def test_openttd(self) -> None:
        """OpenTTD saves its game at its end, and goes on with it at the next start."""
        name = "Züge; = # [x]"
        self.begin("openttd", port=freePort(), server_name=name, password="s3cret", **local)
        self.answers()
        self.command("say hello", ": hello")
        self.command("setting server_name", f"'{name}'")
        self.command("server_info", "Current/maximum clients")
        self.command("start_ai", "[script:0]")
        self.command("companies", "#:1(")
        seed = re.findall(r"Seed: \d+", self.command("getseed", "Seed: "))[0]
        self.assertSecret("openttd.cfg", "s3cret")
        self.end("server_stop", 0)
        # It moves its names to files of their own; a change must reach those too.
        self.client("server_settings", server="game", settings={"server_name": "Other"})
        by_hand = (self.files / "openttd.cfg").read_text()
        self.assertIn("autosave_interval = 10\n", by_hand)
        by_hand = by_hand.replace("autosave_interval = 10\n", "autosave_interval = 7\n")
        self.edit("openttd.cfg", by_hand)
        self.again()
        self.command("setting server_name", "'Other'")
        self.command("setting autosave_interval", "'7'")
        self.command("getseed", seed)
        self.command("companies", "#:1(")
        self.end("server_kill", 0)
        self.assertIn("s3cret", (self.files / "secrets.cfg").read_text())
        # SIGTERM has saved it as well.
        self.again()
        self.command("getseed", seed)
        self.end("server_stop", 0)

    def test_openttdDamaged(self) -> None:
        """A save that can't be loaded is a failed start, and no new map takes its place."""
        self.begin("openttd", port=freePort(), **local)
        self.end("server_stop", 0)
        self.edit("save/autosave/damaged.sav", "no game")
        self.assertIn("Loading requested map failed", self.failure())
        (self.files / "save/autosave/damaged.sav").unlink()
        self.again()
        self.end("server_stop", 0)

    def test_playersStay(self) -> None:
        """The daemon is killed and comes back, again and again; a player in the game stays."""
        port = freePort()
        self.begin("openttd", port=port, **local)
        player = self.joinOpenTTD(port)
        self.client.wait(lambda: self.online() == ["probebot"], "the player in the status")
        token = self.client.token
        for _ in range(3):
            self.daemon.kill()
            self.client = self.daemon.start(login=False)
            self.client.token = token
            self.command("clients", "name: 'probebot'")
        log = self.client("server_log", server="game")["data"]
        self.assertNotIn("probebot has left", log)
        self.assertIsNone(player.poll())
        self.client.wait(lambda: self.online() == ["probebot"], "the player in the status")
        player.kill()
        self.client.wait(lambda: self.online() == [], "the player's leave")
        self.client.wait(lambda: len(self.crowd()) >= 3, "the events")
        probebot = {"name": "probebot"}
        self.assertEqual(
            self.crowd(), [("player_joined", probebot), ("player_left", probebot), ("emptied", {})]
        )
        self.end("server_stop", 0)

    def crowd(self) -> list[tuple[str, Any]]:
        """What players did."""
        events = self.client("event_list", server="game", after=0, limit=1000)["events"]
        kinds = ("player_joined", "player_left", "emptied", "dropped")
        return [(each["kind"], each["data"]) for each in events if each["kind"] in kinds]

    def online(self) -> Any:
        """Who plays; None until that is known."""
        players = self.client("server_status", server="game")["players"]
        return players and players["names"]

    def test_portTaken(self) -> None:
        """
        A port that another program has is told. By themselves some games take the next one,
        or go on without IPv4.
        """
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        for type, kind in (
            ("armagetron", socket.SOCK_DGRAM),
            ("openarena", socket.SOCK_DGRAM),
            ("ddnet", socket.SOCK_DGRAM),
            ("teeworlds", socket.SOCK_DGRAM),
            ("openttd", socket.SOCK_STREAM),
        ):
            for program in Catalogue((shippedTypes(),)).find(type).needs:
                need(program)
            with socket.socket(type=kind) as other:
                port = freePort()
                other.bind(("", port))
                if kind == socket.SOCK_STREAM:
                    other.listen()
                self.client("server_create", type=type, server=type, options={"port": port})
                refused = self.assertRaises(Refused, self.client, "server_start", server=type)
            self.assertEqual((refused.status, refused.code), (409, "spawn_failed"))
            self.assertIn(str(port), refused.problem["detail"])

    def test_freeciv(self) -> None:
        """
        Freeciv is saved by its stop, and goes on with that. It does not run as root, so this
        shows the other user, too.
        """
        few = {"ai_players": 2, "min_players": 0}
        status = self.begin("freeciv", port=freePort(), **few, **local)
        if os.geteuid() == 0:
            self.assertNotEqual(os.stat(f"/proc/{status['pid']}").st_uid, 0)
            self.assertEqual(stat.S_IMODE(os.stat(self.daemon.state).st_mode), 0o711)
        self.command("show maxplayers", "maxplayers")
        self.end("server_stop", 0)
        self.append("server.serv", "set size 1")
        self.append("server.serv", "set endturn 123")
        self.again()
        said = self.command("start", "Game saved as saves/freeciv-T0001")
        leaders = re.findall(r"^3: (.+) rules the ", said, re.M)
        self.assertEqual(len(leaders), 2)
        self.end("server_stop", 0)
        self.assertTrue(list(self.files.glob("saves/*-interrupted.sav*")))
        self.again()
        self.command("list", leaders[0])
        self.command("list", leaders[1])
        self.command("show endturn", " 123 ")
        self.end("server_kill", 0)

    def test_freecivDamaged(self) -> None:
        """A save that can't be loaded is a failed start, and no new game takes its place."""
        self.begin("freeciv", port=freePort(), **local)
        self.command("save whole", "Game saved as saves/whole.sav.xz")
        self.end("server_stop", 0)
        whole = self.files / "saves" / "whole.sav.xz"
        half = whole.read_bytes()[: whole.stat().st_size // 2]
        (self.files / "saves" / "half.sav.xz").write_bytes(half)
        self.assertIn("Failure loading savegame!", self.failure())
        self.assertEqual(set(os.listdir(whole.parent)), {"whole.sav.xz", "half.sav.xz"})
        (self.files / "saves" / "half.sav.xz").unlink()
        self.again()
        self.end("server_stop", 0)

    def test_openarena(self) -> None:
        """OpenArena prints on stderr only, and ends by SIGTERM with code 1."""
        self.begin("openarena", port=freePort(), **local)
        self.reachConsole()
        self.answers()
        self.command("addbot grunt 3", "Grunt")
        self.command("serverinfo", "A gamepanel server")
        self.assertSecret(
            "baseoa/server.cfg", self.generated("baseoa/server.cfg", "set rconpassword")
        )
        self.end("server_kill", 1)
        self.append("baseoa/server.cfg", "set fraglimit 33 // by hand")
        self.client("server_settings", server="game", settings={"server_name": "Other"})
        self.again()
        self.reachConsole()
        self.command("fraglimit", '"33')
        self.command("sv_hostname", '"Other')
        self.end("server_stop", 0)
        self.client("server_settings", server="game", settings={"map": "nowhere"})
        self.assertIn("Can't find map maps/nowhere.bsp", self.failure())

    def test_armagetron(self) -> None:
        """Armagetron does not catch SIGTERM: it dies of it. What was set by hand stays."""
        config = "user/config/autoexec.cfg"
        self.begin("armagetron", port=freePort(), server_name="It's $(mine)", **local)
        self.answers()
        self.command("SAY hello", "Admin: hello")
        self.command("SERVER_PORT", "SERVER_PORT")
        self.assertIn("SERVER_NAME It's $(mine)\n", (self.files / config).read_text())
        self.end("server_kill", 143, "TERM")
        self.append(config, "LIMIT_SCORE 77")
        self.client("server_settings", server="game", settings={"max_clients": 5})
        self.again()
        self.command("LIMIT_SCORE", "LIMIT_SCORE is currently set to 77.")
        self.command("MAX_CLIENTS", "MAX_CLIENTS is currently set to 5.")
        self.end("server_stop", 0)
        # It would be ready, on another port than players are told.
        self.append(config, f"SERVER_PORT {freePort()}")
        self.assertIn("was not opened within", self.failure())

    def test_luanti(self) -> None:
        """Luanti has no console, and takes two seconds to end. What was built stays."""
        self.begin("luanti", port=freePair(), **local)
        self.answers()
        self.end("server_stop", 0)
        # A script of the world's own says what is at a place, and builds there.
        self.edit(
            "world/worldmods/builder/init.lua",
            """
            core.after(0, function()
                local place = vector.new(0, 0, 0)
                core.emerge_area(place, place, function()
                    core.log("action", "found " .. core.get_node(place).name)
                    core.set_node(place, {name = "default:mese"})
                    core.log("action", "built")
                end)
            end)
            """,
        )
        self.append("minetest.conf", "motd = by hand")
        for found in (r"found (?!default:mese)", r"found default:mese"):
            start = self.client("server_status", server="game")["readIndex"]
            self.again()
            log = self.client.untilLog("game", ": built", start)
            self.assertTrue(re.search(found, log), log)
            self.end("server_stop", 0)
        self.assertIn("motd = by hand\n", (self.files / "minetest.conf").read_text())
        self.edit("world/worldmods/builder/init.lua", "error('it is broken')")
        self.assertIn("ModError: Failed to load and run script", self.failure())

    def test_luantiTwice(self) -> None:
        """Two servers run beside each other, each with its own port for metrics."""
        first, second = freePair(), freePair()
        self.begin("luanti", port=first, **local)
        self.client("server_create", type="luanti", server="b", options={"port": second, **local})
        self.again("b")
        for port in (first, second):
            with urlopen(f"http://127.0.0.1:{port + 1}/metrics", timeout=patience) as answer:
                self.assertIn(b"minetest_core_server_uptime", answer.read())
        self.assertEqual(self.client("server_status", server="game")["status"], "running")

    def test_teeworlds(self) -> None:
        """Teeworlds is reached by its econ; it dies of SIGTERM. What it prints is there once."""
        self.begin("teeworlds", port=freePort(), password="s3cret", **local)
        self.answers()
        self.assertSecret("server.cfg", "s3cret", self.generated("server.cfg", "sv_rcon_password"))
        self.assertSecret("server.cfg", self.generated("server.cfg", "ec_password"))
        self.assertNotIn("rcon password", self.client("server_log", server="game")["data"])
        self.reachConsole()
        self.command("say hello", "[chat]: *** hello")
        self.daemon.kill()
        self.client = self.daemon.start()
        self.reachConsole()
        self.command("say again", "[chat]: *** again")
        log = self.client("server_log", server="game")["data"]
        for line in ("> say hello", "[chat]: *** hello", "> say again", "[chat]: *** again"):
            self.assertEqual(log.count(f"{line}\n"), 1, log)
        self.end("server_kill", 143, "TERM")
        self.append("server.cfg", "sv_map dm2 # by hand")
        self.client("server_settings", server="game", settings={"server_name": "Other"})
        start = self.client("server_status", server="game")["readIndex"]
        self.again()
        self.client.untilLog("game", "server name is 'Other'", start)
        self.assertIn("maps/dm2.map", self.client("server_log", server="game")["data"])
        self.reachConsole()
        self.end("server_stop", 0)

    def test_ddnet(self) -> None:
        """DDNet reads its console, and says goodbye."""
        self.begin("ddnet", port=freePort(), password="s3cret", **local)
        self.answers()
        self.command("say hello", "*** hello")
        self.assertSecret("server.cfg", "s3cret", self.generated("server.cfg", "sv_rcon_password"))
        self.assertNotIn("rcon password", self.client("server_log", server="game")["data"])
        self.end("server_stop", 0)
        self.append("server.cfg", 'sv_motd "by hand"')
        self.client("server_settings", server="game", settings={"server_name": "Other"})
        self.again()
        self.command("sv_motd", "Value: by hand")
        self.command("sv_name", "Value: Other")
        self.end("server_kill", 0)
