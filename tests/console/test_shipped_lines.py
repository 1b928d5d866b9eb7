"""
What types that come with gamepanel read in the lines of their games.

The lines of games that tests run were printed by real servers with real players; those of the
others are as their communities quote them.
"""

from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.linepatterns import linear
from tests.games.test_shipped_types import shipped

Line = tuple[str, dict[str, str]]
"""A line, and what it tells."""

MINECRAFT: Final = "[12:34:56] [Server thread/INFO]: "
FORGE: Final = "[12Nov2026 10:22:33.123] [Server thread/INFO] [net.minecraft.server/]: "
LUANTI: Final = "2026-11-24 22:34:37: ACTION[Server]: "
SQUID: Final = "November 24th 2026, 22:34:37 [INFO]: "
DDNET: Final = "2026-11-24 22:34:37 I chat: "
TEEWORLDS: Final = "[2026-11-24 22:34:37]"
PIQUE: Final = "2026-11-24T22:34:37+0000 [piqueserver.player#info] "
WESNOTH: Final = "20261124 22:34:37 info server: "
BZFLAG: Final = "2026-11-24 22:34:37"
KART: Final = "Tue Nov 24 22:34:37 2026 [info   ] ServerLobby: "
SEVEN: Final = "2026-11-24T22:34:37 123.456 INF "
UNREAL: Final = "[2026.11.24-22.34.37:123][  0]"
SOURCE: Final = "L 11/24/2026 - 22:34:37: "


def joins(line: str, name: str = "probebot") -> Line:
    """A line that tells of a name."""
    return line, {"name": name}


def says(line: str, text: str = "hello", name: str = "probebot") -> Line:
    """A line of chat."""
    return line, {"name": name, "text": text}


lines: Final[dict[str, tuple[Line, Line, Line | None]]] = {
    "flying-squid": (
        joins(SQUID + "probebot (127.0.0.1) connected"),
        joins(SQUID + "probebot disconnected"),
        says(SQUID + "<probebot> hello"),
    ),
    "openttd": (
        joins("*** probebot has joined the game (Client #2)"),
        joins("*** probebot has left the game (connection lost)"),
        says("[All] probebot: hello"),
    ),
    "freeciv": (
        joins("3: probebot has connected from localhost."),
        joins("3: Lost connection: probebot from localhost (client disconnected)."),
        says("<probebot> hello"),
    ),
    "luanti": (
        joins(LUANTI + "probebot [127.0.0.1] joins game. List of players: probebot"),
        joins(LUANTI + "probebot leaves game. List of players: "),
        says(LUANTI + "CHAT: <probebot> hello"),
    ),
    "openarena": (
        joins(r'broadcast: print "probebot^7 entered the game\n"'),
        joins(r'broadcast: print "probebot^7 disconnected\n"'),
        says("say: probebot: hello"),
    ),
    "armagetron": (
        joins("[1] probebot entered the game."),
        joins("[0] Spectator probebot left."),
        says("[1] probebot: hello"),
    ),
    "ddnet": (
        joins(DDNET + "*** 'probebot' entered and joined the game"),
        joins(DDNET + "*** 'probebot' has left the game (Kicked (be nice))"),
        says(DDNET + "0:-2:probebot: hello"),
    ),
    "teeworlds": (
        joins(TEEWORLDS + "[game]: team_join player='0:probebot' team=0"),
        joins(TEEWORLDS + "[game]: leave player='0:probebot'"),
        says(TEEWORLDS + "[chat]: 0:-2:probebot: hello"),
    ),
    "piqueserver": (
        joins(PIQUE + "probebot (IP 127.0.0.1, ID 0) entered the game!"),
        joins(PIQUE + "probebot disconnected!"),
        says(PIQUE + "<probebot> hello"),
    ),
    "bzflag": (
        joins(f'Player probebot [0] has joined from 127.0.0.1 at {BZFLAG} with token "NONE"'),
        joins(f"Player probebot [0] removed at {BZFLAG}: Disconnected"),
        says("Player probebot [0] -> All: hello"),
    ),
    "wesnoth": (
        joins(WESNOTH + "127.0.0.1\tprobebot\thas logged on"),
        joins(WESNOTH + "127.0.0.1\tprobebot\thas logged off"),
        says(WESNOTH + "127.0.0.1\t<probebot> hello"),
    ),
    "mumble": (
        joins("<W>2026-11-24 22:34:37.123 1 => <1:probebot(-1)> Authenticated"),
        joins("<W>2026-11-24 22:34:37.123 1 => <1:probebot(-1)> Connection closed: gone [1]"),
        None,
    ),
    "supertuxkart": (
        joins(KART + "New player probebot with online id 0 from 127.0.0.1."),
        joins(KART + "probebot disconnected"),
        None,
    ),
    "minecraft-vanilla": (
        joins(MINECRAFT + "probebot joined the game"),
        joins(MINECRAFT + "probebot left the game"),
        says(MINECRAFT + "[Not Secure] <probebot> hello"),
    ),
    "minecraft-neoforge": (
        joins(FORGE + "probebot joined the game"),
        joins(FORGE + "probebot left the game"),
        says(FORGE + "<probebot> hello"),
    ),
    "minecraft-bedrock": (
        joins("[2026-11-24 22:34:37:123 INFO] Player connected: Probe Bot, xuid: 123", "Probe Bot"),
        joins(
            "[2026-11-24 22:34:37:123 INFO] Player disconnected: Probe Bot, xuid: 123, pfid: 1",
            "Probe Bot",
        ),
        None,
    ),
    "velocity": (
        joins("[22:34:37 INFO]: [connected player] probebot (/127.0.0.1:50000) has connected"),
        joins("[22:34:37 INFO]: [connected player] probebot (/127.0.0.1:50000) has disconnected"),
        None,
    ),
    "terraria": (
        joins("probebot has joined."),
        joins(": probebot has left."),
        says("<probebot> hello"),
    ),
    "factorio": (
        joins("2026-11-24 22:34:37 [JOIN] probebot joined the game"),
        joins("2026-11-24 22:34:37 [LEAVE] probebot left the game"),
        says("2026-11-24 22:34:37 [CHAT] probebot: hello"),
    ),
    "team-fortress-2": (
        joins(SOURCE + '"probebot<2><[U:1:1]><>" entered the game'),
        joins(SOURCE + '"probebot<2><[U:1:1]><Red>" disconnected (reason "Disconnect by user.")'),
        says(SOURCE + '"probebot<2><[U:1:1]><Red>" say "hello"'),
    ),
    "rust": (
        joins("127.0.0.1:50000/76561198000000000/probebot joined [linux/76561198000000000]"),
        joins("127.0.0.1:50000/76561198000000000/probebot disconnecting: disconnect"),
        says("[CHAT] probebot[76561198000000000] : hello"),
    ),
    "7-days-to-die": (
        joins(SEVEN + "GMSG: Player 'probebot' joined the game"),
        joins(SEVEN + "GMSG: Player 'probebot' left the game"),
        says(SEVEN + "Chat (from 'Steam_7656', entity id '171', to 'Global'): 'probebot': hello"),
    ),
    "ark": (
        joins(UNREAL + "2026.11.24_22.34.37: probebot joined this ARK!"),
        joins(UNREAL + "2026.11.24_22.34.37: probebot left this ARK!"),
        None,
    ),
    "palworld": (
        joins("[2026-11-24 22:34:37] [LOG] probebot joined the server. (User id: steam_7656)"),
        joins("[2026-11-24 22:34:37] [LOG] probebot left the server. (User id: steam_7656)"),
        says("[2026-11-24 22:34:37] [CHAT] <probebot> hello"),
    ),
    "dont-starve-together": (
        joins("[00:05:00]: [Join Announcement] probebot"),
        joins("[00:05:00]: [Leave Announcement] probebot"),
        says("[00:05:00]: [Say] (KU_abc) probebot: hello"),
    ),
}
"""Of each game: a player comes, goes, says hello."""


class LinesTests(SynchronousTestCase):
    """Who comes, goes and speaks."""

    def test_lines(self) -> None:
        """Lines that the games print are read, and each by the pattern that it is for only."""
        types = shipped()
        for name, samples in lines.items():
            players = types[name].players
            assert players is not None, name
            patterns = dict(players.patterns)
            for kind, sample in zip(("join", "leave", "chat"), samples, strict=True):
                if sample is None:
                    self.assertNotIn(kind, patterns, name)
                    continue
                line, told = sample
                fitting = {
                    key: found.groupdict()
                    for key, pattern in patterns.items()
                    if (found := linear(pattern).search(line)) is not None
                }
                self.assertEqual(fitting, {kind: told}, f"{name}: {line}")

    def test_forged(self) -> None:
        """What a player says is never taken for one who comes or goes."""
        types = shipped()
        for name, (join, leave, chat) in lines.items():
            players = types[name].players
            assert players is not None
            if chat is None:
                continue
            patterns = dict(players.patterns)
            for forged, _ in (join, leave):
                for text in (
                    forged,
                    forged.split("]: ")[-1],
                    forged.partition(": ")[2],
                    f"] {forged}",
                ):
                    # A name that leaves more room where its length is bounded, too.
                    for player in ("probebot", "x"):
                        line = chat[0].replace("hello", text).replace("probebot", player)
                        for kind in ("join", "leave"):
                            found = linear(patterns[kind]).search(line)
                            self.assertIsNone(found, f"{name}: {line}")

    def test_openttd(self) -> None:
        """OpenTTD tells of a kick in another way where it has a reason, and of new names."""
        players = shipped()["openttd"].players
        assert players is not None
        patterns = dict(players.patterns)
        leave, rename = linear(patterns["leave"]), linear(patterns["rename"])
        for line, name in (
            ("*** ann has left the game (kicked by server)", "ann"),
            ("*** ann was kicked. Reason: (be (nice))", "ann"),
            ("*** ann was kicked. Reason: ()", "ann"),
            # Joins of those who have chosen such names.
            ("*** a has left the game (x has joined the game (Client #3)", None),
            ("*** a has left the game (x) has joined the game (Client #3)", None),
            ("*** a was kicked. Reason: ( has joined the game (Client #3)", None),
        ):
            found = leave.search(line)
            self.assertEqual(found and found["name"], name, line)
        found = rename.search("*** ann has changed their name to bob b")
        self.assertEqual(found and found.groupdict(), {"name": "ann", "to": "bob b"})
        self.assertLess(list(patterns).index("rename"), list(patterns).index("leave"))

    def test_bzflagNames(self) -> None:
        """Names of BZFlag may hold brackets, but nothing that makes a line say something else."""
        players = shipped()["bzflag"].players
        assert players is not None
        join, leave = (linear(dict(players.patterns)[kind]) for kind in ("join", "leave"))
        joined, left = lines["bzflag"][0][0], lines["bzflag"][1][0]
        for name in ("ann [XY]", "[XY] ann", "ann]", "a] [b] [c", "x" * 31):
            for pattern, line in ((join, joined), (leave, left)):
                found = pattern.search(line.replace("probebot", name))
                self.assertEqual(found and found["name"], name)
        for name in (
            "eve [9] has joined from 1",
            "eve [9] removed at 2026-11-24",
            "eve [9] -> All:",
        ):
            for line in (joined, left):
                for pattern in (join, leave):
                    self.assertIsNone(pattern.search(line.replace("probebot", name)))

    def test_actions(self) -> None:
        """No name that could hold a second command or a quote has an action."""
        for name, definition in shipped().items():
            if definition.players is None:
                continue
            for action in definition.players.actions:
                allowed = linear(action.allow)
                for player in ('x";quit', "x;quit", "a\nb", "", "x'", "$x", "`x`", "x\\"):
                    self.assertFalse(allowed.fullmatch(player), f"{name} {action.name} {player}")
