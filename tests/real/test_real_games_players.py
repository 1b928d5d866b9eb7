"""Real players in real games: they come, chat, stay over the end of a daemon, and leave."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests import realplayers
from tests.realgames import RealGame, games, local
from tests.support import Daemon, freePort, need, needFile, patience

minecraft = """
    const client = require("minecraft-protocol").createClient({
        host: "127.0.0.1", port: Number(process.argv[1]), username: "probebot", version: "1.16.5",
    });
    client.once("chat", () => client.write("chat", { message: "* eve joined the game" }));
    client.on("end", () => process.exit());
    client.on("error", (error) => { console.error(error); process.exit(1); });
"""
"""A player of Minecraft, who chats as soon as it hears that it has come."""

tee = """
    const { Client } = require("teeworlds");
    const client = new Client("127.0.0.1", Number(process.argv[1]), "probebot");
    client.on("connected", () => client.game.Say("*** 'eve' entered and joined the game"));
    process.on("SIGTERM", () => client.Disconnect().then(() => process.exit()));
    client.connect();
"""
"""A player of DDNet, who chats as soon as it has come."""


class PlayerTests(RealGame):
    def play(self, *command: str, environment: Any = None, **about: Any) -> Any:
        """Let a player come, who stays until it is killed."""
        player = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], "HOME": os.path.abspath("."), **(environment or {})},
            **about,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(player.wait)
        self.addCleanup(player.kill)
        return player

    def crowd(self) -> list[str]:
        """What players did."""
        found = self.client("event_list", server="game", after=0, limit=1000)["events"]
        kinds = ("player_joined", "player_left", "chat", "emptied", "dropped")
        return [
            " ".join([each["kind"], *map(str, each["data"].values())])
            for each in found
            if each["kind"] in kinds
        ]

    def untilCrowd(self, *expected: str) -> None:
        """Wait for these events; there are no others."""
        self.client.wait(lambda: len(self.crowd()) >= len(expected), str(expected))
        self.assertEqual(self.crowd(), list(expected))

    def online(self) -> Any:
        """Who plays; None until that is known."""
        players = self.client("server_status", server="game")["players"]
        return players and players["names"]

    def killDaemon(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """As C{kill -9} does; then another one is there. In between something happens."""
        token = self.client.token
        self.daemon.kill()
        meanwhile()
        self.client = self.daemon.start(login=False)
        self.client.token = token

    def staysAndLeaves(self, player: Any, *chat: str) -> None:
        """
        A player is listed, stays over the end of a daemon, and leaves while there is none, by
        SIGTERM, or by a word where it has an input; that is all, also when the game has ended.
        """
        expected = ["player_joined probebot", *(f"chat probebot {text}" for text in chat)]
        self.untilCrowd(*expected)
        [before] = self.client("player_list", server="game")["players"]
        if player.stdin is None:
            self.killDaemon()
        else:
            self.killDaemon(lambda: self.say(player, "nobody hears me"))
            expected.append("chat probebot nobody hears me")
            self.untilCrowd(*expected)
        self.client.wait(lambda: self.online() == ["probebot"], "the player")
        [after] = self.client("player_list", server="game")["players"]
        self.assertEqual(
            (after["name"], after["online"], after["since"]), ("probebot", True, before["since"])
        )
        self.assertIsNone(player.poll())
        self.assertEqual(self.crowd(), expected)
        self.killDaemon(lambda: self.leaves(player))
        expected += ["player_left probebot", "emptied"]
        self.untilCrowd(*expected)
        self.client("server_stop", server="game")
        self.client.until("game", "stopped")
        self.assertEqual(self.crowd(), expected)

    def say(self, player: Any, text: str) -> None:
        """Let a player that has an input say something."""
        player.stdin.write(f"{text}\n".encode())
        player.stdin.flush()

    def leaves(self, player: Any) -> None:
        """Let a player leave, and wait until it has."""
        if player.stdin is None:
            player.terminate()
            player.wait(patience)
        else:
            player.communicate(b"/quit\n", patience)

    def test_bzflag(self) -> None:
        """An observer in BZFlag; no chat makes anybody else one."""
        client = need("bzadmin")
        port = freePort()
        self.begin("bzflag", port=port, **local)
        who = f"probebot@127.0.0.1:{port}"
        player = self.play(client, "-ui", "stdboth", who, stdin=subprocess.PIPE)
        self.untilCrowd("player_joined probebot")
        text = "Player eve [9] has joined from 127.0.0.1"
        self.say(player, text)
        self.staysAndLeaves(player, text)

    def test_wesnoth(self) -> None:
        """Somebody in the lobby of Wesnoth; no chat makes anybody else one."""
        port = freePort()
        self.begin("wesnoth", port=port)
        text = "\teve\thas logged on"
        self.staysAndLeaves(self.playOurs("wesnoth", port, text), text)

    def test_mumble(self) -> None:
        """Somebody in Mumble, which does not log what is said."""
        port = freePort()
        self.begin("mumble", port=port, **local)
        self.staysAndLeaves(self.playOurs("mumble", port, ""))

    def test_openttd(self) -> None:
        """Who is kicked has left, for a reason or without; a new name of the host is nobody's."""
        port = freePort()
        self.begin("openttd", port=port, **local)
        expected = ["player_joined probebot", "player_left probebot", "emptied"]
        for times, reason in enumerate(("", ' "be (nice)"')):
            player = self.joinOpenTTD(port)
            self.untilCrowd(*expected * times, expected[0])
            self.command("setting network.client_name other", "changed their name to other")
            self.command("setting network.client_name host", "changed their name to host")
            number = re.findall(
                r"Client #(\d+)  name: 'probebot'", self.command("clients", "'probebot'")
            )
            self.client("server_cmd", server="game", command=f"kick {number[-1]}{reason}")
            self.untilCrowd(*expected * (times + 1))
            # Else it takes a whole processor.
            player.kill()
        self.end("server_stop", 0)

    def playOurs(self, game: str, port: int, text: str) -> Any:
        """Let a player of our own come, who chats as soon as it has come."""
        about = (game, str(port), "probebot", text)
        return self.play(sys.executable, realplayers.__file__, *about)

    def test_flyingSquid(self) -> None:
        """A player of Minecraft; no chat makes anybody else one."""
        need("node")
        module = games / "node_modules" / "flying-squid"
        needFile(str(module / "package.json"), "npm; make games")
        self.daemon = Daemon(self.reaching)
        self.show("flying-squid", str(games / "node_modules"))
        port = freePort()
        options = {"port": port, "online_mode": False, "modules": str(module)}
        self.begin("flying-squid", **options, **local)
        player = self.play(
            *("node", "-e", minecraft, str(port)),
            environment={"NODE_PATH": str(games / "node_modules")},
        )
        expected = ["player_joined probebot", "chat probebot * eve joined the game"]
        self.untilCrowd(*expected)
        self.killDaemon()
        self.client.wait(lambda: self.online() == ["probebot"], "the player")
        self.assertIsNone(player.poll())
        self.assertEqual(self.crowd(), expected)
        player.kill()
        self.untilCrowd(*expected, "player_left probebot", "emptied")
        self.end("server_stop", 0)

    def test_ddnet(self) -> None:
        """A player of DDNet; no chat makes anybody else one."""
        need("node")
        needFile(str(games / "node_modules" / "teeworlds" / "package.json"), "npm; make games")
        port = freePort()
        self.begin("ddnet", port=port, **local)
        modules = {"NODE_PATH": str(games / "node_modules")}
        player = self.play("node", "-e", tee, str(port), environment=modules)
        joined, chat = (
            "player_joined probebot",
            "chat probebot *** 'eve' entered and joined the game",
        )
        self.client.wait(lambda: {joined, chat} <= {*self.crowd()}, "the player")
        self.killDaemon()
        self.client.wait(lambda: self.online() == ["probebot"], "the player")
        self.assertIsNone(player.poll())
        player.terminate()
        self.client.wait(lambda: len(self.crowd()) >= 4, "the leave")
        self.assertEqual(sorted(self.crowd()[:2]), sorted((joined, chat)))
        self.assertEqual(self.crowd()[2:], ["player_left probebot", "emptied"])
        self.end("server_stop", 0)

    def test_openarena(self) -> None:
        """In OpenArena bots are players, too; they leave when the game ends."""
        self.begin("openarena", port=freePort(), **local)
        self.reachConsole()
        # What it prints while it obeys stands in the answer only: so it is to add one later.
        self.client("server_cmd", server="game", command="bot_minplayers 1")
        self.client.wait(lambda: self.online(), "the bot")
        [name] = self.online()
        self.killDaemon()
        self.client.wait(lambda: self.online() == [name], "the bot")
        self.untilCrowd(f"player_joined {name}")
        self.client("server_stop", server="game")
        self.client.until("game", "stopped")
        self.untilCrowd(f"player_joined {name}", f"player_left {name}")
