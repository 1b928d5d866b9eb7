"""When a game counts as hung, and when it does not: no time passes here."""

from itertools import pairwise
from typing import Any, cast

import msgspec
from attrs import Factory, define
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.client.statuses import row
from gamepanel.games.parsing import parse
from gamepanel.games.query import Asking
from gamepanel.host.system import isOverloaded, memoryPressure
from gamepanel.players.queries.messages import Answer, Reply
from gamepanel.players.queries.process import ChildAsker, Replied
from gamepanel.players.queries.service import Health, Queries
from gamepanel.servers.settings import Settings
from gamepanel.servers.view import traceOf, viewOf
from gamepanel.wire.server import ServerStatus
from tests.servers.test_game_server import GameServerCase

definition = """
title = "A game"
[[options]]
name = "port"
type = "port"
default = 8303
[run]
command = ["/bin/cat"]
ready = '^READY$'
needs_port = false
[[stop]]
command = "quit"
patience = 30
[query]
protocol = "mumble"
every = 15
hung_after = 120
"""


class HealthTests(SynchronousTestCase):
    def test_never(self) -> None:
        """A game that has never answered does not hang, and nothing is said of it."""
        health = Health(120)
        for at in range(0, 3600, 15):
            self.assertIsNone(health.missed(at, at + 5))
        self.assertEqual((health.responds, health.isHung), (None, False))

    def test_hung(self) -> None:
        """After an answer and so much silence it hangs, is told once, and answers again."""
        health = Health(120)
        self.assertIsNone(health.answered(10))
        told = [health.missed(at, at + 5) for at in range(25, 205, 15)]
        self.assertEqual(told, [None] * 7 + [125] + [None] * 4)
        self.assertEqual((health.responds, health.silentSince), (False, 10))
        self.assertEqual(health.answered(240), 230)
        self.assertEqual((health.responds, health.isHung), (True, False))
        self.assertIsNone(health.answered(255))

    def test_seldom(self) -> None:
        """Silence is not what lies between two queries: three of them must have had no answer."""
        health = Health(5)
        health.answered(0)
        self.assertEqual([health.missed(at, at) for at in (100, 200, 300)], [None, None, 300])

    def test_disturbed(self) -> None:
        """What may have another reason does not count: silence counts anew."""
        health = Health(120)
        health.answered(0)
        for at in range(15, 110, 15):
            health.missed(at, at + 5)
        health.disturbed()
        told = [health.missed(at, at + 5) for at in range(1000, 1150, 15)]
        self.assertEqual(told, [None] * 8 + [125, None])

    def test_off(self) -> None:
        """0 seconds are never."""
        health = Health(0)
        health.answered(0)
        self.assertEqual({health.missed(at, at + 5) for at in range(15, 9999, 15)}, {None})
        self.assertIs(health.responds, False)


class LoadTests(SynchronousTestCase):
    def test_pressure(self) -> None:
        """The pressure of memory is what the kernel says of the last ten seconds."""
        text = (
            "some avg10=60.00 avg60=0.00 avg300=0.00 total=5\n"
            "full avg10=21.50 avg60=0.00 avg300=0.00 total=2\n"
        )
        self.assertEqual((memoryPressure(text), memoryPressure("")), (21.5, 0))
        self.assertIn(isOverloaded(), (True, False))


@define(eq=False)
class FakeAsker:
    """
    Asks nobody.

    @ivar asked: what it was to ask, with who waits for what comes of it.
    @ivar asks: whether it would.
    """

    asked: list[tuple[Asking, Replied]] = Factory(list)
    asks: bool = True
    looks: int = 0
    isClosed: bool = False

    def ask(self, asking: Asking, replied: Replied) -> bool:
        if self.asks:
            self.asked.append((asking, replied))
        return self.asks

    def look(self) -> None:
        self.looks += 1

    def close(self) -> None:
        self.isClosed = True


class QueriesCase(GameServerCase):
    """Tests with one server whose game is asked."""

    def setUp(self) -> None:
        super().setUp()
        self.context.definition_ = parse(definition)
        self.asker = FakeAsker()
        self.isOverloaded = False
        self.answers: list[Any] = []
        self.last = 0
        self.queries = self.anotherAsking()
        self.addCleanup(lambda: self.queries.end())

    def anotherAsking(self) -> Queries:
        """Who asks, in the next daemon."""
        queries = Queries(
            *(self.reactor, lambda: [self.server], cast(ChildAsker, self.asker), self.uptime),
            *(lambda: 1000.0 + self.uptime(), lambda: 0.0, lambda: self.isOverloaded),
        )
        queries.answered.listen(self.answers.append)
        queries.begin()
        return queries

    def uptime(self) -> float:
        """The clock goes on while nobody has a turn."""
        return self.kernel.uptime + self.reactor.seconds()

    def reply(self, answer: Answer | None = None, took: float = 0.01, **more: Any) -> None:
        """Something comes of all questions."""
        asked, self.asker.asked = self.asker.asked, []
        for _, replied in asked:
            replied(Reply(1, took, answer, **more))

    def missed(self, seconds: float, wait: float = 5.0) -> None:
        """So long no question is answered."""
        end = self.uptime() + seconds
        while self.uptime() < end:
            self.advance(1)
            if self.asker.asked:
                for _ in range(int(wait)):
                    self.advance(1)
                self.reply(took=wait)

    def answered(self) -> None:
        """The next question is answered."""
        while not self.asker.asked:
            self.advance(1)
        self.reply(Answer(1, 2, None))

    def events(self) -> list[tuple[str, Any]]:
        """What has happened since it ran. The store takes each event once, by its number."""
        stored = [event for event in self.context.events.store() if event.number is not None]
        found = [(each.kind, each.data) for each in stored if (each.number or 0) > self.last]
        self.last = max([self.last, *(each.number or 0 for each in stored)])
        return [each for each in found if each[0] not in ("starting", "ready")]

    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events()]

    @property
    def responds(self) -> bool | None:
        return viewOf(self.server).responds


class QueriesTests(QueriesCase):
    def test_asked(self) -> None:
        """A game is asked once it is ready, never more often than its type says."""
        self.server.start()
        self.game.begin(77)
        self.missed(60)
        self.assertEqual(self.asker.asked, [])
        self.game.print(b"READY\n")
        times = []
        for _ in range(60):
            self.advance(1)
            if self.asker.asked:
                times.append(self.reactor.seconds())
                self.reply(Answer(0))
        self.assertEqual([b - a for a, b in pairwise(times)], [15.0] * 3)

    def test_pending(self) -> None:
        """Nobody asks again before something has come of a question."""
        self.run_()
        for _ in range(90):
            self.advance(1)
        self.assertEqual(len(self.asker.asked), 1)
        asking = self.asker.asked[0][0]
        self.assertEqual((asking.host, asking.port, asking.protocol), ("127.0.0.1", 8303, "mumble"))

    def test_nobody(self) -> None:
        """Nothing is asked where the type does not say how, or can't, or after the end."""
        self.context.definition_ = parse(definition.partition("[query]")[0])
        self.run_()
        self.advance(60)
        self.assertEqual((self.asker.asked, self.responds), ([], None))

    def test_noPort(self) -> None:
        """A game whose port has no number is not asked."""
        self.context.definition_ = parse(definition.replace("default = 8303", ""))
        self.run_()
        self.advance(60)
        self.assertEqual(self.asker.asked, [])

    def test_refused(self) -> None:
        """A game at an address that is none of this host is asked no more in this run."""
        self.run_()
        self.advance(1)
        self.reply(isRefused=True)
        self.advance(3000)
        self.assertEqual((self.asker.asked, self.responds), ([], None))

    def test_responds(self) -> None:
        """Nothing is said before the first answer of a run, then what the last query has shown."""
        self.run_()
        seen = [self.responds]
        self.missed(20)
        seen.append(self.responds)
        self.answered()
        seen.append(self.responds)
        self.missed(20)
        seen.append(self.responds)
        self.game.exit(0)
        self.settle()
        seen.append(self.responds)
        self.run_()
        seen.append(self.responds)
        self.assertEqual(seen, [None, None, True, False, None, None])
        server, answer = self.answers[0]
        self.assertIs(server, self.server)
        self.assertEqual((answer.online, answer.max, answer.names), (1, 2, None))
        self.assertGreaterEqual(answer.at, answer.asked)

    def test_names(self) -> None:
        """Names are handed on only where they are all that there are."""
        text = definition.replace('"mumble"', '"ddnet"')
        for lines, expected in (("", None), ("names = true\n", ("a", "b"))):
            self.context.definition_ = parse(text + lines)
            self.run_()
            while not self.asker.asked:
                self.advance(1)
            self.reply(Answer(2, 8, ("a", "b")))
            self.assertEqual(self.answers[-1][1].names, expected)
            self.game.exit(0)
            self.settle()

    def test_told(self) -> None:
        """A listener of the server is told when it answers no more, and only then."""
        self.run_()
        self.answered()
        told: list[object] = []
        self.server.happens.listen(told.append)
        before = traceOf(self.server)
        self.answered()
        self.answered()
        self.assertEqual(told, [])
        self.missed(20)
        self.missed(20)
        self.assertEqual(len(told), 1)
        self.assertNotEqual(traceOf(self.server), before)

    def test_hung(self) -> None:
        """A game that has answered and then is silent for so long is told of, and its return."""
        self.run_()
        self.missed(600)
        self.assertEqual(self.events(), [])
        self.answered()
        self.missed(110)
        self.assertEqual(self.events(), [])
        self.missed(30)
        ((kind, data),) = self.events()
        self.assertEqual(kind, "hung")
        self.assertTrue(120 <= data["seconds"] < 150, data)
        self.missed(600)
        self.assertEqual(self.events(), [])
        self.answered()
        ((kind, data),) = self.events()
        self.assertEqual((kind, self.state, self.responds), ("responding", "running", True))
        self.assertTrue(600 < data["seconds"] < 1000, data)

    def test_busy(self) -> None:
        """A game that is busy for a minute is not told of."""
        self.run_()
        self.answered()
        self.missed(60)
        self.answered()
        self.missed(60)
        self.answered()
        self.assertEqual(self.events(), [])

    def test_daemonStopped(self) -> None:
        """Time in which the daemon has no turns counts for nothing, whatever comes after."""
        self.run_()
        self.answered()
        self.missed(100)
        for _ in range(5):
            while not self.asker.asked:
                self.advance(1)
            self.kernel.uptime += 300
            # The reply has come meanwhile, but nobody knows when.
            self.reply(took=5.0)
            self.missed(60)
        self.assertEqual(self.events(), [])
        self.missed(150)
        self.assertEqual(self.kinds(), ["hung"])

    def test_childLate(self) -> None:
        """A child that has its turns late says nothing of a game."""
        for took, pause in ((6.5, 0), (5.0, 2)):
            self.run_()
            self.answered()
            for _ in range(40):
                while not self.asker.asked:
                    self.advance(1)
                for _ in range(5 + pause):
                    self.advance(1)
                self.reply(took=took)
            self.assertEqual((self.events(), self.responds), ([], True), took)
            self.game.exit(0)
            self.settle()
            self.context.events.store()

    def test_noChild(self) -> None:
        """A child that dies, or can't be started, says nothing of a game."""
        self.run_()
        self.answered()
        for _ in range(30):
            while not self.asker.asked:
                self.advance(1)
            for _, replied in self.asker.asked:
                replied(None)
            self.asker.asked.clear()
        self.asker.asks = False
        self.missed(600)
        self.asker.asks = True
        self.missed(60)
        self.assertEqual(self.events(), [])

    def test_overloaded(self) -> None:
        """On a host that has too much to do no game hangs."""
        self.run_()
        self.answered()
        self.isOverloaded = True
        self.missed(900)
        self.assertEqual((self.events(), self.responds), ([], True))
        self.isOverloaded = False
        self.missed(100)
        self.assertEqual(self.events(), [])
        self.missed(60)
        self.assertEqual(self.kinds(), ["hung"])

    def test_daemonAway(self) -> None:
        """The next daemon knows that the game has answered in this run, and that it hung."""
        self.run_()
        self.answered()
        self.missed(100)
        self.nextDaemon()
        self.assertIsNone(self.responds)
        self.missed(100)
        self.assertEqual(self.events(), [])
        self.missed(60)
        self.assertEqual(self.kinds(), ["hung"])
        self.nextDaemon()
        self.missed(300)
        self.assertEqual(self.events(), [])
        self.answered()
        ((kind, data),) = self.events()
        self.assertEqual(kind, "responding")
        self.assertGreater(data["seconds"], 400)
        self.nextDaemon()
        self.missed(60)
        self.answered()
        self.assertEqual(self.events(), [])

    def nextDaemon(self) -> None:
        self.queries.end()
        self.assertTrue(self.asker.isClosed)
        self.kernel.uptime += 500
        self.takeOver()
        self.asker = FakeAsker()
        self.queries = self.anotherAsking()

    def test_nextRun(self) -> None:
        """What one run has answered counts for no other."""
        self.run_()
        self.answered()
        self.game.exit(0)
        self.settle()
        self.context.events.store()
        self.run_()
        self.missed(600)
        self.assertEqual(self.events(), [])

    def test_lateReply(self) -> None:
        """What comes of a question after the run has ended is not heard."""
        self.run_()
        self.answered()
        while not self.asker.asked:
            self.advance(1)
        self.game.exit(0)
        self.settle()
        self.reply(Answer(5))
        self.assertEqual(len(self.answers), 1)

    def test_looks(self) -> None:
        """It is looked whether the child hangs, but not right after a stop of the daemon."""
        before = self.asker.looks
        self.advance(1)
        self.assertEqual(self.asker.looks, before + 1)
        self.kernel.uptime += 60
        self.advance(1)
        self.assertEqual(self.asker.looks, before + 1)

    def test_ends(self) -> None:
        """After the end nobody is asked, and nothing waits."""
        self.queries.end()
        self.run_()
        self.advance(60)
        self.assertEqual(self.asker.asked, [])


class RestartTests(QueriesCase):
    def setUp(self) -> None:
        super().setUp()
        self.server.change(Settings(own={"restartWhenHung": True}))

    def hang(self) -> None:
        """It runs, answers, and then no more."""
        self.run_()
        self.answered()
        for _ in range(40):
            self.missed(15)
            if any(event.kind == "hung" for event, _ in self.context.events.recorded):
                return
        self.fail("it has not hung")

    def test_restarted(self) -> None:
        """A game that hangs is stopped as its type says; that is a crash, whatever its code."""
        self.hang()
        self.assertEqual((self.state, self.kinds()), ("stopping", ["hung", "stopping"]))
        self.game.exit(0)
        self.settle()
        (crashed, about), (waiting, _) = self.events()
        self.assertEqual((crashed, waiting, about["code"]), ("crashed", "waiting", 0))
        self.assertIn("its game gave no answer for 1", about["reason"])
        self.assertEqual((self.state, viewOf(self.server).crashes), ("waiting", 1))
        self.advance(3)
        self.assertEqual((self.state, len(self.kernel.games)), ("starting", 2))

    def test_killed(self) -> None:
        """One that can't even stop is killed in the end, as any other."""
        self.hang()
        self.advance(31)
        self.settle()
        self.assertEqual((self.state, viewOf(self.server).crashes), ("waiting", 1))
        ended = viewOf(self.server).status.ended
        assert ended is not None
        self.assertIn("signal KILL", str(ended.reason))

    def test_unset(self) -> None:
        """Without the setting it is only told of."""
        self.server.change(Settings())
        self.hang()
        self.assertEqual((self.state, self.kinds()), ("running", ["hung"]))

    def test_askedToStop(self) -> None:
        """Whoever stops it meanwhile has it stopped: that is no crash."""
        for act in (self.server.stop, self.server.terminate):
            self.hang()
            act("x")
            self.game.exit(0)
            self.settle()
            self.assertEqual((self.state, viewOf(self.server).crashes), ("stopped", 0))
            self.assertEqual(self.kinds()[-1], "stopped")

    def test_never(self) -> None:
        """Where nothing is to be restarted it has crashed for good."""
        self.server.change(Settings(own={"restartWhenHung": True, "restart": "never"}))
        self.hang()
        self.game.exit(0)
        self.settle()
        self.assertEqual(self.kinds()[-2:], ["crashed", "given_up"])
        self.assertEqual(self.state, "crashed")

    def test_daemonAway(self) -> None:
        """The next daemon goes on with it."""
        self.hang()
        self.takeOver()
        self.game.exit(0)
        self.settle()
        self.assertEqual((self.state, viewOf(self.server).crashes), ("waiting", 1))


class CommandTests(SynchronousTestCase):
    def test_news(self) -> None:
        """The command says of a server that its game does not answer; what else it says stays."""
        known: dict[str, Any] = {
            "server": "a",
            "type": "t",
            "description": "Mine",
            "status": "running",
            "readIndex": 0,
            "runIndex": 0,
            "pid": 7,
            "startedAt": 1,
            "uptime": 1,
            "exit": None,
            "usage": None,
            "restarts": {"count": 0, "window": None, "nextAt": None, "givenUp": None},
        }
        for responds, status, expected in (
            (None, "running", "Mine"),
            (True, "running", "Mine"),
            (False, "running", "not answering"),
            (False, "stopping", "Mine"),
        ):
            about = {**known, "responds": responds, "status": status}
            found = msgspec.convert(about, ServerStatus)
            self.assertEqual(row(found)[-1], expected, (responds, status))
