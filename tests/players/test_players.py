"""Who plays: from what games print, over ends of games and of the daemon; what can be done."""

import json
import os
import random
import time
import urllib.request
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from attrs import define, field
from twisted.internet.task import Clock, Cooperator
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.hub import Hub
from gamepanel.console.consolefile import timesOf
from gamepanel.console.lines import maxLineBytes, pieceBytes
from gamepanel.console.ring import Ring, headerBytes, tell
from gamepanel.players.roster import Answer, Means, Watch
from gamepanel.servers.server import Presence
from gamepanel.servers.serverlog import ConsoleSearch
from gamepanel.servers.storedlife import Run
from gamepanel.store.players import KnownPlayers, PlayerNews, PlayerRow, Searched
from tests.client.test_command import CommandCase
from tests.support import Client, Daemon, Refused, patience

patterns = {
    "join": r"^\* (?P<name>.+) joins$",
    "leave": r"^\* (?P<name>.+) leaves$",
    "chat": r"^<(?P<name>[^>]+)> (?P<text>.*)$",
}


@define
class FakeLog:
    """The log of a server, as far as it matters."""

    server: Any = None
    matchers: Hub[None] = field(factory=Hub)
    told: list[str] = field(factory=list)

    @property
    def ring(self) -> Ring:
        """See L{gamepanel.servers.serverlog.ServerLog}."""
        ring: Ring = self.server.ring
        return ring

    @property
    def isOpen(self) -> bool:
        """See L{gamepanel.servers.serverlog.ServerLog}."""
        return not self.server.logEnded

    def tell(self, text: str) -> None:
        """See L{gamepanel.servers.serverlog.ServerLog}."""
        self.told.append(text)


@define(eq=False)
class FakeServer:
    """A server whose game prints what the test says."""

    directory: str
    id: str = "a"
    creation: int = 1
    ring: Ring = field(factory=lambda: Ring.format(memoryview(bytearray(headerBytes + 1_000_000))))
    run: Run | None = None
    runs: Hub[None] = field(factory=Hub)
    log: FakeLog = field(factory=FakeLog)
    endedAt: float | None = None
    logEnded: bool = True
    unusable: str | None = None
    begun: float = 0.0
    shown: list[Presence | None] = field(factory=list)
    search: Any = None

    def begin(self, lines: dict[str, str] = patterns) -> None:
        """A run begins."""
        at = self.ring.position
        self.begun += 1.0
        self.run = Run("boot", at, self.begun, 1.0, "/h", (), None, 9.0, players=lines)
        self.logEnded, self.endedAt = False, None
        self.runs.tell(None)

    def print(self, text: str | bytes) -> None:
        """The game prints something."""
        self.ring.append(text if isinstance(text, bytes) else text.encode())
        self.log.matchers.tell(None)

    def end(self, at: float = 99.0) -> None:
        """The run ends."""
        self.logEnded, self.endedAt = True, at
        self.runs.tell(None)

    def show(self, players: Presence | None) -> None:
        """See L{gamepanel.servers.server.GameServer}."""
        self.shown.append(players)


class FakeSink:
    """Takes news, and puts them together as the store does."""

    isFull = False

    def __init__(self) -> None:
        self.news: list[PlayerNews] = []

    def take(self, news: PlayerNews) -> None:
        """See L{gamepanel.players.roster.Sink}."""
        self.news.append(news)

    def events(self) -> list[str]:
        """What has happened, to be read."""
        return [
            " ".join([event.kind, *map(str, event.data.values())])
            for news in self.news
            for event in news.events
        ]

    def stored(self, count: int) -> tuple[KnownPlayers | None, list[str]]:
        """What is stored after so many transactions, and the events among that."""
        there: dict[str, PlayerRow] = {}
        events: list[str] = []
        for news in self.news[:count]:
            there |= {row.name: row for row in news.players}
            events += [" ".join([e.kind, *map(str, e.data.values())]) for e in news.events]
        if not count:
            return None, []
        rows = [row for row in there.values() if row.since is not None]
        return KnownPlayers(self.news[count - 1].searched, rows), events


class WatchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock, self.sink = Clock(), FakeSink()
        self.slices = Cooperator(lambda: lambda: True, lambda work: self.clock.callLater(0, work))
        self.server = FakeServer(os.path.abspath(self.mktemp()))
        os.mkdir(self.server.directory)

    def watch(self, known: KnownPlayers | None = None, sink: FakeSink | None = None) -> Watch:
        """Follow the server."""
        means = Means(self.clock, sink or self.sink, lambda: 50.0)
        server = cast(Any, self.server)
        server.log.server = server
        server.search = ConsoleSearch(
            cast(Any, self.clock), self.slices, server.log, server, server.runs
        )
        watch = Watch(server, means, known)
        self.addCleanup(watch.end)
        return watch

    def work(self) -> None:
        """Let all be searched."""
        for _ in range(500):
            self.clock.advance(0)

    def test_lines(self) -> None:
        """Lines make events and the roster, which is shown; what is no such line makes none."""
        self.watch()
        self.server.begin()
        self.work()
        self.assertEqual(self.server.shown[-1], Presence(0, None, (), 1.0))
        self.server.print("* ann joins\n<ann> * bob joins\n* bob jo")
        self.server.print("ins\r\n\x1b[1m* c\u200eid joins\x1b[0m\n<x> hi\n* ann leaves\n")
        self.work()
        self.assertEqual(
            self.sink.events(),
            [
                *("player_joined ann", "chat ann * bob joins", "player_joined bob"),
                *("player_joined cid", "chat x hi", "player_left ann"),
            ],
        )
        self.assertEqual(self.server.shown[-1], Presence(2, None, ("bob", "cid"), 50.0))
        self.assertEqual(self.sink.news[-1].searched.index, self.server.ring.position)

    def test_renamed(self) -> None:
        """Who has another name is there by that, also where it reads like a leave."""
        self.watch()
        self.server.begin({"rename": r"^\* (?P<name>\S+) is (?P<to>.+)$", **patterns})
        self.server.print("* ann joins\n* ann is bob\n* eve is x\n* bob is * ann leaves\n")
        self.work()
        expected = ["player_joined ann", "player_left ann", "player_joined bob"]
        expected += ["player_left bob", "player_joined * ann leaves"]
        self.assertEqual(self.sink.events(), expected)

    def test_ends(self) -> None:
        """At the end of a run all leave, also who came on its last line, that is not whole."""
        self.watch()
        self.server.begin()
        self.server.print("* ann joins\n* bob joins")
        self.server.end(99.0)
        self.work()
        names = [
            f"{kind} {name}" for kind in ("player_joined", "player_left") for name in ("ann", "bob")
        ]
        self.assertEqual(self.sink.events(), names)
        self.assertEqual(self.sink.news[-1].events[-1].at, 99.0)
        self.assertIsNone(self.server.shown[-1])

    def test_runs(self) -> None:
        """A run that begins before the last one was searched to its end is another run."""
        self.watch()
        self.server.begin()
        self.work()
        self.server.print("x\n" * pieceBytes + "* ann joins\n* bob")
        self.server.end()
        self.server.begin()
        self.server.print(" joins\n* ann joins\n")
        self.work()
        self.assertEqual(
            self.sink.events(), ["player_joined ann", "player_left ann", "player_joined ann"]
        )
        self.server.end()
        self.work()
        self.assertEqual(self.sink.events()[3:], ["player_left ann"])

    def test_silentRun(self) -> None:
        """A run that begins where the last one did, since that has printed nothing, counts."""
        self.watch()
        for _ in range(2):
            self.server.begin()
            self.work()
            self.server.end()
            self.work()
        self.server.begin()
        self.server.print("* ann joins\n")
        self.work()
        self.assertEqual(self.sink.events(), ["player_joined ann"])

    def test_nothingToSearch(self) -> None:
        """A type that says nothing of players has none, and its log is not looked at."""
        self.watch()
        self.server.begin({})
        self.work()
        self.assertEqual(len(self.server.log.matchers), 0)
        self.assertEqual(self.server.shown[-1], None)
        self.server.end()
        self.work()
        self.assertEqual(self.sink.events(), [])

    def test_answers(self) -> None:
        """Answers count while a run goes on."""
        watch = self.watch()
        watch.answered(Answer(1, 8, ["ann"], 2.0, 2.0))
        self.server.begin({})
        self.work()
        watch.answered(Answer(1, 8, ["ann"], 3.0, 3.0))
        self.assertEqual(self.server.shown[-1], Presence(1, 8, ("ann",), 3.0))
        self.server.end()
        watch.answered(Answer(1, 8, ["bob"], 4.0, 4.0))
        self.work()
        self.assertEqual(self.sink.events(), ["player_joined ann", "player_left ann"])

    def test_longLine(self) -> None:
        """However long a line is, it is one: nothing behind its beginning is a line."""
        self.watch()
        self.server.begin()
        long = b"<ann> " + b"x" * (3 * pieceBytes)
        self.server.print(long + b"\r* bob joins\x0b* bob joins\xe2\x80\xa8* bob joins\n")
        self.server.print("* cid joins\n")
        self.work()
        first, *rest = self.sink.events()
        self.assertEqual(first, "chat ann " + "x" * (maxLineBytes - len("<ann> ")))
        self.assertEqual(rest, ["player_joined cid"])

    def test_anyMoment(self) -> None:
        """
        Whenever the daemon dies, the next one finds what is not stored, and nothing twice: what
        both have stored is what one would have.
        """
        noise = b"<ann> " + b"long" * 3000 + b"\n" + b"noise\n" * 4000
        pieces = [
            b"* ann joins\n" + noise,
            b"* bob joins\n<bob> * cid joins\n* ann le",
            b"aves\n" + noise + b"* dan joins\n",
        ]
        self.watch()
        self.server.begin()
        for piece in pieces:
            self.server.print(piece)
            self.work()
        self.server.end()
        self.work()
        whole = self.sink.events()
        self.assertGreaterEqual(len(self.sink.news), 5)
        self.assertEqual(len(whole), 9)
        for count in range(len(self.sink.news) + 1):
            known, before = self.sink.stored(count)
            sink = FakeSink()
            self.server.runs = Hub()
            self.watch(known, sink)
            self.server.runs.tell(None)
            self.work()
            self.assertEqual(before + sink.events(), whole, count)

    def test_times(self) -> None:
        """What was printed while nobody looked has the times at which it was read."""
        times = timesOf(self.server.directory)
        ring = self.server.ring
        for at, line in ((10.0, "* ann joins\n"), (20.0, "<ann> hi\n"), (30.0, "* bob joins\n")):
            times._clock, times._now, times._noted = (lambda: 0.0), partial(float, at), -1e9
            times.note(ring.position)
            ring.append(line.encode())
        self.server.run = Run("boot", 0, 1.0, 1.0, "/h", (), None, 9.0, players=patterns)
        self.server.logEnded = False
        watch = self.watch()
        self.server.runs.tell(None)
        self.work()
        self.server.print("* cid joins\n")
        self.work()
        found = [event.at for news in self.sink.news for event in news.events]
        self.assertEqual(found, [10.0, 20.0, 30.0, 50.0])
        self.assertEqual(watch._marks, ())

    def test_anotherRunMeanwhile(self) -> None:
        """Who was there in a run that an earlier daemon has not searched to its end leaves."""
        self.server.begin()
        self.server.print("* ann joins\n* bob joins\n")
        self.server.end()
        self.server.begin()
        self.server.print("* cid joins\n")
        known = KnownPlayers(Searched(0, 12), [PlayerRow("ann", 1.0, 1.0)])
        self.watch(known)
        self.server.runs.tell(None)
        self.work()
        self.assertEqual(
            self.sink.events(),
            ["player_joined bob", "player_left ann", "player_left bob", "player_joined cid"],
        )

    def test_lostRecord(self) -> None:
        """Where nobody knows of a run any more, nobody is there; unusable files say nothing."""
        known = KnownPlayers(Searched(0, 12), [PlayerRow("ann", 1.0, 1.0)])
        self.server.unusable = "why"
        self.watch(known)
        self.server.runs.tell(None)
        self.work()
        self.assertEqual(self.sink.events(), [])
        self.server.unusable = None
        self.server.runs.tell(None)
        self.assertEqual(self.sink.events(), ["player_left ann"])

    def test_lost(self) -> None:
        """What came too fast to be searched is told in the console, at most once a minute."""
        self.server.ring = Ring.format(memoryview(bytearray(headerBytes + 8192)))
        self.watch()
        self.server.begin()
        for _ in range(5):
            for _ in range(9):
                self.server.print("x" * 4000 + "\n")
            self.work()
        self.server.print("* ann joins\n")
        self.work()
        self.assertEqual(self.sink.events(), ["player_joined ann"])
        self.assertEqual(len(self.server.log.told), 1)
        self.assertRegex(self.server.log.told[0], r"^\d{5} bytes of this console came too fast")
        self.clock.advance(60)
        self.server.print("x\n")
        self.work()
        self.assertEqual(len(self.server.log.told), 2)

    def test_told(self) -> None:
        """Lines that the daemon writes into the console are not the game's."""
        self.watch()
        self.server.begin()
        tell(self.server.ring, b"* eve joins\n")
        self.server.print("* ann joins\n")
        self.work()
        self.assertEqual(self.sink.events(), ["player_joined ann"])

    def test_broken(self) -> None:
        """A bug in the search is logged; it goes on with what is printed next."""
        self.watch()
        self.server.begin()
        self.work()
        search: Any = self.server.search.search
        good, search.patterns = search.patterns, None
        self.server.print("x\n")
        self.work()
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)
        search.patterns = good
        self.server.print("* ann joins\n")
        self.work()
        self.assertEqual(self.sink.events(), ["player_joined ann"])


gameType = """
title = "Arena"
[[options]]
name = "word"
title = "Word"
type = "string"
default = "out"
[run]
command = ["/bin/sh", "-c", "exec sh ./game"]
[[stop]]
signal = "TERM"
patience = 5
[players]
join = '^\\* (?P<name>.+) joins$'
leave = '^\\* (?P<name>.+) leaves$'
chat = '^<(?P<name>[^>]+)> (?P<text>.*)$'
[[players.actions]]
name = "kick"
title = "Kick"
command = "kick {player} {word}"
allow = '[a-z0-9]{1,16}'
"""

echo = 'while IFS= read -r line; do printf "%s\\n" "$line"; done'
"""A game that prints what it is told."""


class DaemonTests(SynchronousTestCase):
    """A real daemon, and a game that prints what the tests want."""

    def setUp(self) -> None:
        self.daemon = Daemon()
        self.addCleanup(self.daemon.cleanUp)
        types = Path(self.daemon.state, "types")
        types.mkdir(mode=0o755, exist_ok=True)
        (types / "arena.toml").write_text(gameType)
        self.client = self.daemon.start()

    def make(self, script: str) -> None:
        """A server whose game is a script."""
        self.client("server_create", type="arena", server="a")
        game = Path(self.daemon.state, "servers", "a", "files", "game")
        game.write_text(script)
        game.chmod(0o755)
        self.client("server_start", server="a")
        self.client.until("a", "running")

    def say(self, *lines: str) -> None:
        """Let an echoing game print some lines."""
        for line in lines:
            self.client("server_cmd", server="a", command=line)

    def events(self, client: Client | None = None) -> list[str]:
        """What players did, in its order."""
        found = (client or self.client)("event_list", server="a", after=0, limit=1000)["events"]
        return [
            " ".join([event["kind"], *map(str, event["data"].values())])
            for event in found
            if event["kind"] in ("player_joined", "player_left", "chat", "emptied", "dropped")
        ]

    def untilEvents(self, *expected: str) -> None:
        """Wait for these events, and no others."""
        self.client.wait(lambda: len(self.events()) >= len(expected), f"{expected}")
        self.assertEqual(self.events(), list(expected))

    def players(self) -> Any:
        """Who plays, as the status has it."""
        return self.client("server_status", server="a")["players"]

    def test_seen(self) -> None:
        """Joins, chat and leaves are events; status, list and history know who is there."""
        self.make(echo)
        self.client.wait(lambda: self.players() is not None, "players")
        self.assertEqual((self.players()["online"], self.players()["names"]), (0, []))
        self.say("* ann joins", "<ann> * bob joins", "* \U0001f411 joins", "* ann leaves")
        expected = ["player_joined ann", "chat ann * bob joins", "player_joined \U0001f411"]
        self.untilEvents(*expected, "player_left ann")
        self.assertEqual(self.players()["names"], ["\U0001f411"])
        [server] = self.client("server_list")["servers"]
        self.assertEqual(server["players"], self.players())
        found = self.client("player_list", server="a")
        names = [(each["name"], each["online"], each["since"] is None) for each in found["players"]]
        self.assertEqual(names, [("\U0001f411", True, False), ("ann", False, True)])
        self.assertEqual(found["actions"], [{"name": "kick", "title": "Kick"}])
        self.say("* \U0001f411 leaves")
        self.client.wait(lambda: self.events()[-1] == "emptied", "the last one's leave")
        self.client("server_stop", server="a")
        self.client.until("a", "stopped")
        self.assertIsNone(self.players())
        self.assertEqual(self.client("player_list", server="a")["actions"], [])
        self.client("server_destroy", server="a", deleteFiles=True)

    def test_leaveFirst(self) -> None:
        """
        Whoever was there when a run ends has left before its end is told, in numbers and in time,
        and so are those counted that are beyond the rate, also of 500 players.
        """
        count = 500
        self.make(
            f"seq -f '* p%.0f joins' {count}; read -r line; "
            f"seq -f '* p%.0f leaves' 3; echo '* late joins'; exit $line"
        )
        self.client("server_settings", server="a", settings={"restart": "never"})
        for ask, end in ("server_restart", "stopped"), ("server_cmd", "crashed"):
            self.client.wait(lambda: (self.players() or {}).get("online") == count, "them")
            newest = self.client("event_list", limit=1)["newest"]
            self.client(ask, server="a", **({"command": "7"} if ask == "server_cmd" else {}))
            events: list[Any] = []
            while end not in (kinds := [each["kind"] for each in events]):
                asked = {"after": events[-1]["event"] if events else newest, "wait": 10}
                events += self.client("event_list", server="a", limit=1000, **asked)["events"]
            ended = events[kinds.index(end)]
            players = [each for each in events if each["kind"] in ("player_left", "dropped")]
            self.assertTrue(all(each["event"] < ended["event"] for each in players), kinds)
            self.assertTrue(all(each["at"] <= ended["at"] for each in players))
            self.assertNotIn("emptied", kinds)
            gone = sum(each["data"].get("count", 1) for each in players)
            # What is dropped of the last to come is told with them.
            self.assertGreaterEqual(gone, count)

    def test_streamOfARestart(self) -> None:
        """
        A stream tells each status of a restart once: nothing is repeated, a start comes with its
        process, and what is known of players does not get lost again.
        """
        slow = gameType.replace("[run]", "[run]\nready = '^up$'")
        Path(self.daemon.state, "types", "arena.toml").write_text(slow)
        self.make("sleep 0.3; echo up; exec cat")
        self.say("* ann joins")
        self.client.wait(lambda: (self.players() or {}).get("online") == 1, "ann")
        request = urllib.request.Request(
            f"{self.daemon.base}server_log_stream?server=a",
            headers={"Authorization": f"Bearer {self.client.token}"},
        )
        told: list[Any] = []
        with urllib.request.urlopen(request, timeout=patience) as stream:
            while [each["status"] for each in told].count("running") < 2:
                if stream.readline() == b"event: status\n":
                    told.append(json.loads(stream.readline().removeprefix(b"data: ")))
                    if len(told) == 1:
                        self.client("server_restart", server="a")
        found = [each["status"] for each in told]
        self.assertEqual([*dict.fromkeys(found)], ["running", "stopping", "starting"])
        self.assertLessEqual(len(told), 6, told)
        for each in told:
            for name in ("readIndex", "uptime", "usage"):
                del each[name]
        self.assertEqual([each for each, next in pairwise(told) if each == next], [])
        starts = [each for each in told if each["status"] == "starting"]
        self.assertEqual([each for each in starts if each["pid"] is None], [])
        new = [each["players"] is None for each in told if each["pid"] == told[-1]["pid"]]
        self.assertEqual(new, sorted(new, reverse=True))

    def test_actions(self) -> None:
        """An action becomes the type's command; other names are refused; all is written down."""
        self.make(echo)
        self.client("player_action", server="a", action="kick", player="ann")
        self.client.untilLog("a", "kick ann out\n")
        for action, player, place in (
            ("kick", "ann;quit", "player"),
            ("kick", "ann\n", "player"),
            ("kick", "Ann", "player"),
            ("kick", 'x";quit', "player"),
            ("ban", "ann", "action"),
        ):
            with self.assertRaises(Refused) as caught:
                self.client("player_action", server="a", action=action, player=player)
            problem = caught.exception.problem
            self.assertEqual((caught.exception.status, caught.exception.code), (400, "bad_request"))
            self.assertIn(place, json.dumps(problem["errors"]))
        entries = self.client("audit_log", limit=20)["entries"]
        found = [(e["target"], e["result"]) for e in entries if e["action"] == "player_action"]
        self.assertEqual(found[-1], ("kick ann", "ok"))
        self.assertEqual(found[0], ("ban ann", "bad_request"))
        self.assertIn(("kick ann\N{REPLACEMENT CHARACTER}", "bad_request"), found)
        self.client("user_create", username="eve", password="a meadow full of sheep", servers={})
        eve = Client(self.daemon.base)
        eve.login("eve", "a meadow full of sheep")
        for servers, code in (({}, "no_such_server"), ({"a": ["view", "power"]}, "forbidden")):
            self.client("user_update", username="eve", servers=servers)
            with self.assertRaises(Refused) as caught:
                eve("player_action", server="a", action="kick", player="ann")
            self.assertEqual(caught.exception.code, code)
        self.client("server_stop", server="a")
        self.client.until("a", "stopped")
        with self.assertRaises(Refused) as caught:
            self.client("player_action", server="a", action="kick", player="ann")
        self.assertEqual(caught.exception.code, "not_running")

    def test_killed(self) -> None:
        """
        Over C{kill -9} at any moment each join is told once, in its order: what was printed
        meanwhile is read from the log. Who is there is known again, and leaves at the end.
        """
        count = 40
        self.make(
            f'i=0; while [ $i -lt {count} ]; do i=$((i+1)); echo "* p$i joins"; echo noise; '
            "sleep 0.08; done; exec cat"
        )
        for _ in range(3):
            time.sleep(random.uniform(0, 0.5))
            self.daemon.kill()
            self.client = self.daemon.start()
        joined = [f"player_joined p{number + 1}" for number in range(count)]
        self.untilEvents(*joined)
        self.assertEqual(self.players()["online"], count)
        self.daemon.kill()
        os.kill(self.pid(), 9)
        self.client = self.daemon.start()
        self.client.until("a", "crashed", "waiting", "starting", "running", "failed")
        left = [f"player_left p{number + 1}" for number in range(count)]
        self.client.wait(lambda: len(self.events()) >= 2 * count, "leaves")
        found = self.events()[: 2 * count]
        # Those who came in the same moment may leave in any order.
        self.assertEqual((found[:count], sorted(found[count:])), (joined, sorted(left)))

    def pid(self) -> int:
        """Of the game, while no daemon is there."""
        life = json.loads(Path(self.daemon.state, "servers", "a", "life").read_text())
        return int(life["run"]["pid"])

    def test_fast(self) -> None:
        """
        Joins among 200,000 lines that a game prints as fast as it can, and lines of 1 MB, are
        found at most once each, in their order, and always when there is time for that; nothing
        else is one. The daemon answers meanwhile.
        """
        emoji = "\U0001f411" * 64
        noise = "seq 20000 | sed 's/^/<> a line that says nothing of players /'"
        long = "head -c 1000000 /dev/zero | tr '\\0' x"
        self.make(
            f"read -r x; i=0; while [ $i -lt 10 ]; do i=$((i+1)); {noise}; "
            f'echo "* p$i joins"; {long}; echo "* eve joins"; done; '
            f'{long}; printf "\\r* eve joins\\033[1m\\n"; echo "* {emoji} joins"; exec cat'
        )
        self.say("go")
        last = f"player_joined {emoji}"
        self.client.wait(lambda: last in self.events(), "the last join", 4 * patience)
        expected = [*(f"player_joined p{number + 1}" for number in range(10)), last]
        found = self.events()
        self.assertEqual(found, [each for each in expected if each in found])
        self.assertIn(emoji, self.players()["names"])

    def test_flood(self) -> None:
        """A game that floods its console with joins has its events dropped, and told how many."""
        self.make('i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo "* p$i joins"; done; exec cat')
        self.client.wait(lambda: self.events() and "dropped" in self.events()[-1], "an end")
        *joined, last = self.events()
        self.assertEqual(len(joined) + int(last.split()[1]), 400)
        self.assertGreaterEqual(len(joined), 100)
        self.assertEqual(self.players()["online"], 400)


class CommandTests(CommandCase):
    """The commands C{players} and C{player}, and what others tell of players."""

    def test_commands(self) -> None:
        """Who plays is listed, and an action is taken by its name."""
        (Path(self.daemon.state, "types") / "arena.toml").write_text(gameType)
        self.logIn()
        self.ok("create", "arena", "a")
        self.ok("create", "shell", "b")
        Path(self.daemon.state, "servers", "a", "files", "game").write_text(echo)
        self.ok("start", "a", "--wait")
        for line in ("* ann joins", "* bob joins", "* ann leaves"):
            self.ok("cmd", "a", line)
        self.admin.wait(lambda: self.ok("players").endswith("\tbob\n"), "who is there")
        self.assertEqual(self.ok("players"), "a\t1\tbob\n")
        bob, ann = (line.split("\t") for line in self.ok("players", "a").splitlines())
        self.assertEqual((bob[0], bob[2], ann[0], ann[1]), ("bob", "now", "ann", ""))
        self.assertEqual(len(self.ok("players", "a", "--online").splitlines()), 1)
        cells = [line.split("\t") for line in self.ok("ls").splitlines()]
        self.assertEqual([(row[0], row[3]) for row in cells], [("a", "1"), ("b", "")])
        self.assertIn("players\t1: bob\n", self.ok("status", "a"))
        self.assertEqual(json.loads(self.ok("player", "kick", "a", "bob", "--json")), {})
        self.admin.untilLog("a", "kick bob out\n")
        for arguments, status, said in (
            (("ban", "a", "bob"), 2, "no action ban; there are: kick"),
            (("kick", "a", "b b"), 1, "not possible with a player of this name"),
            (("kick", "b", "bob"), 1, "not running"),
        ):
            found = self.execute("player", *arguments)
            self.assertEqual((found[0], said in found[2]), (status, True), found)
