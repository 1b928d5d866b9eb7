"""Who is there: what follows from lines and answers, as tables; how it goes to be stored."""

from collections.abc import Sequence
from typing import Any, cast

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import NoSpace
from gamepanel.events.journal import Journal, batchSeconds, fullWaiting, retrySeconds
from gamepanel.players.roster import (
    Allowance,
    Answer,
    Happening,
    Means,
    Pending,
    Roster,
    burst,
    droppedSeconds,
    floodSeconds,
    maxNameCharacters,
    maxRows,
    maxThere,
    partMissing,
)
from gamepanel.servers.server import Presence
from gamepanel.store import Store
from gamepanel.store.events import EventRow, Kept, NewEvent
from gamepanel.store.players import (
    KnownPlayers,
    PlayerNews,
    PlayerRow,
    Searched,
    keptPlayers,
    loadPlayers,
)
from gamepanel.store.servers import ServerRow
from tests.support import memoryStore


def brief(happened: Sequence[Happening]) -> list[str]:
    """Kinds and names, to be read."""
    return [f"{each.kind} {each.data.get('name', '')}".strip() for each in happened]


class RosterTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.roster = Roster()
        self.roster.began(1.0, linesTell=True)

    def test_lines(self) -> None:
        """Who comes and goes does so once; the last one who goes leaves it empty."""
        roster = self.roster
        for act, given, expected in (
            (roster.joined, ("ann", 2.0), ["player_joined ann"]),
            (roster.joined, ("ann", 3.0), []),
            (roster.left, ("bob", 3.0), []),
            (roster.joined, ("bob", 4.0), ["player_joined bob"]),
            (roster.said, ("cid", "hi", 5.0), ["chat cid"]),
            (roster.said, ("", "hi", 5.0), []),
            (roster.joined, ("", 5.0), []),
            (roster.left, ("ann", 5.0), ["player_left ann"]),
            (roster.left, ("bob", 6.0), ["player_left bob", "emptied"]),
            (roster.left, ("bob", 7.0), []),
            (roster.joined, ("bob", 8.0), ["player_joined bob"]),
        ):
            call: Any = act
            self.assertEqual(brief(call(*given)), expected, given)
        self.assertEqual(roster.presence, Presence(1, None, ("bob",), 8.0))
        self.assertEqual(roster.said("bob", "x", 9.0)[0].data, {"name": "bob", "text": "x"})

    def test_renamed(self) -> None:
        """Who has another name has left under the old one and come under the new one."""
        roster = self.roster
        roster.joined("ann", 2.0)
        for name, to, expected in (
            ("bob", "cid", []),
            ("ann", "bob", ["player_left ann", "player_joined bob"]),
            ("bob", "bob", ["player_left bob", "player_joined bob"]),
            ("bob", "", ["player_left bob", "emptied"]),
        ):
            self.assertEqual(brief(roster.renamed(name, to, 3.0)), expected)
        roster.joined("ann", 4.0)
        roster.joined("bob", 5.0)
        self.assertEqual(brief(roster.renamed("ann", "bob", 6.0)), ["player_left ann"])
        self.assertEqual(roster.presence, Presence(1, None, ("bob",), 6.0))

    def test_ended(self) -> None:
        """When a run ends whoever is there leaves, and it is not called empty."""
        for name in ("ann", "bob"):
            self.roster.joined(name, 2.0)
        happened = self.roster.ended(9.0)
        self.assertEqual(brief(happened), ["player_left ann", "player_left bob"])
        self.assertEqual({each.at for each in happened}, {9.0})
        self.assertEqual(self.roster.ended(9.0), ())

    def test_bounds(self) -> None:
        """Long names are cut, and no more are there than can be."""
        long = "🐑" * 64
        self.roster.joined(long, 2.0)
        self.assertEqual(list(self.roster.there), [long])
        self.roster.joined("x" * 5000, 2.0)
        self.assertEqual(brief(self.roster.left("x" * 9000, 3.0)), ["player_left " + "x" * 256])
        self.assertEqual(maxNameCharacters, 256)
        for number in range(maxThere + 5):
            self.roster.joined(str(number), 3.0)
        self.assertEqual(len(self.roster.there), maxThere)
        for number in range(3 * maxThere):
            self.roster.left("0", 4.0)
            self.roster.joined(f"x{number}", 4.0)
            self.roster.left(f"x{number}", 4.0)
        self.assertLessEqual(len(self.roster._gone), maxThere)

    def test_queryBesideLines(self) -> None:
        """Where lines say who is there, an answer says only how many can be."""
        self.roster.joined("ann", 2.0)
        self.assertEqual(self.roster.answered(Answer(7, 8, None, 3.0, 3.1)), ())
        self.assertEqual(self.roster.presence, Presence(1, 8, ("ann",), 3.1))

    def test_queryAlone(self) -> None:
        """Where only answers tell, they say how many; none after some is empty."""
        roster = Roster()
        roster.began(1.0, linesTell=False)
        self.assertIsNone(roster.presence)
        for online, expected in ((0, []), (2, []), (1, []), (0, ["emptied"]), (0, [])):
            happened = roster.answered(Answer(online, 8, None, 2.0, 2.5))
            self.assertEqual(brief(happened), expected)
            self.assertEqual(roster.presence, Presence(online, 8, None, 2.5))
        roster.ended(3.0)
        self.assertIsNone(roster.presence)

    def test_names(self) -> None:
        """Names in answers make joins and leaves, each once, in any order with lines."""
        roster = self.roster

        def answer(online: int, names: list[str], asked: float) -> list[str]:
            return brief(roster.answered(Answer(online, 8, names, asked, asked + 0.5)))

        self.assertEqual(answer(1, ["ann"], 2.0), ["player_joined ann"])
        self.assertEqual(brief(roster.joined("ann", 2.6)), [])
        # Missing once is not enough, and what was asked before she came does not count.
        self.assertEqual(answer(0, [], 2.4), [])
        self.assertEqual(answer(0, [], 3.0), [])
        self.assertEqual(answer(1, ["ann"], 4.0), [])
        self.assertEqual(answer(0, [], 5.0), [])
        self.assertEqual(answer(0, [], 6.0), ["player_left ann", "emptied"])
        # With fewer names than players nobody is missing.
        roster.joined("bob", 7.0)
        for asked in (8.0, 9.0, 10.0):
            self.assertEqual(answer(1, [], asked), [])
        # An answer to what was asked before he went does not bring him back.
        self.assertEqual(brief(roster.left("bob", 11.0)), ["player_left bob", "emptied"])
        self.assertEqual(answer(1, ["bob"], 10.9), [])
        self.assertEqual(answer(1, ["bob"], 12.0), ["player_joined bob"])

    def test_many(self) -> None:
        """
        Where an answer names fewer than play, that many play as it says; who is not named for long
        is not there any more.
        """
        roster = Roster()
        roster.began(1.0, linesTell=False)
        names = [f"player{number}" for number in range(256)]
        happened = roster.answered(Answer(500, 1000, names, 2.0, 2.5))
        self.assertEqual(len(happened), 256)
        self.assertEqual(roster.presence, Presence(500, 1000, tuple(names), 2.5))
        for asked in map(float, range(3, 3 + partMissing - 1)):
            self.assertEqual(roster.answered(Answer(500, 1000, names[1:], asked, asked)), [])
        happened = roster.answered(Answer(499, 1000, names[1:], 60.0, 60.0))
        self.assertEqual(brief(happened), ["player_left player0"])
        self.assertEqual(roster.presence, Presence(499, 1000, tuple(names[1:]), 60.0))
        # Then all are named again.
        for asked in (61.0, 62.0):
            roster.answered(Answer(2, 1000, names[:2], asked, asked))
        self.assertEqual(roster.presence, Presence(2, 1000, ("player1", "player0"), 62.0))

    def test_restored(self) -> None:
        """Who was there when the daemon went away is there, and comes not again."""
        self.roster.restore("ann", 0.5)
        self.assertEqual(brief(self.roster.joined("ann", 2.0)), [])
        self.assertEqual(brief(self.roster.left("ann", 3.0)), ["player_left ann", "emptied"])


class AllowanceTests(SynchronousTestCase):
    def test_rate(self) -> None:
        """A hundred at once, ten a second after that; a clock that is set back adds nothing."""
        allowance = Allowance()
        self.assertEqual(sum(allowance.take(1000.0) for _ in range(300)), burst)
        self.assertEqual(sum(allowance.take(1001.0) for _ in range(300)), 10)
        self.assertEqual(sum(allowance.take(900.0) for _ in range(300)), 0)
        self.assertEqual(sum(allowance.take(901.0) for _ in range(300)), 10)
        self.assertEqual(sum(allowance.take(9000.0) for _ in range(300)), burst)


class FakeSink:
    """Takes news."""

    isFull = False

    def __init__(self) -> None:
        self.news: list[PlayerNews] = []

    def take(self, news: PlayerNews) -> None:
        """See L{gamepanel.players.roster.Sink}."""
        self.news.append(news)


class PendingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock, self.sink = Clock(), FakeSink()
        self.means = Means(self.clock, self.sink, lambda: 1000.0)
        self.pending = Pending("a", 1, self.means, None)
        self.pending.moved(10)

    def kinds(self) -> list[str]:
        return [event.kind for news in self.sink.news for event in news.events]

    def test_together(self) -> None:
        """What was found goes with how far was searched, when all before that was found."""
        self.pending.take([Happening("player_joined", 5.0, {"name": "ann"})])
        self.assertEqual(self.sink.news, [])
        self.pending.settle(20, True)
        [news] = self.sink.news
        self.assertEqual(news.searched, Searched(10, 20, True))
        self.assertEqual(news.players, (PlayerRow("ann", 5.0, 5.0),))
        [event] = news.events
        self.assertEqual(
            event, NewEvent(5.0, "a", 1, "player_joined", {"name": "ann"}, isCrowd=True)
        )

    def test_unsettled(self) -> None:
        """What was found in a part that was not searched to its end is not stored at the end."""
        self.pending.settle(20)
        self.pending.take([Happening("chat", 5.0, {"name": "ann", "text": ""})])
        self.pending.end()
        self.assertEqual(self.kinds(), [])

    def test_dropped(self) -> None:
        """What is too much is counted and told once, when it has become quiet."""
        self.pending.take([Happening("chat", 5.0, {"name": "ann", "text": ""})] * 250)
        self.pending.settle(20)
        self.clock.advance(floodSeconds)
        self.pending.settle(21)
        self.assertEqual(self.kinds(), ["chat"] * 100)
        self.assertEqual(self.sink.news[-1].searched.dropped, 150)
        self.clock.advance(droppedSeconds)
        event = self.sink.news[-1].events[-1]
        self.assertEqual((event.kind, event.data, event.isCrowd), ("dropped", {"count": 150}, True))
        self.assertEqual(self.sink.news[-1].searched.dropped, 0)
        self.clock.advance(9)
        self.assertEqual(self.kinds().count("dropped"), 1)

    def test_droppedOnAndOn(self) -> None:
        """Where it does not become quiet, it is told once a minute."""
        for second in range(150):
            self.pending.take([Happening("chat", 5.0, {"name": "ann", "text": ""})] * 200)
            self.pending.settle(20 + second)
            self.clock.advance(1)
        self.assertEqual(self.kinds().count("dropped"), 2)

    def test_droppedBefore(self) -> None:
        """What an earlier daemon has dropped and not told of is told."""
        known = KnownPlayers(Searched(0, 5, False, 7), ())
        Pending("a", 1, self.means, known)
        self.clock.advance(droppedSeconds)
        self.assertEqual(self.sink.news[-1].events[0].data, {"count": 7})

    def test_flood(self) -> None:
        """Thousands who come and go are bounded; who was stored as there is not forgotten."""
        known = KnownPlayers(Searched(10, 10), (PlayerRow("ann", 1.0, 1.0),))
        pending = Pending("a", 1, self.means, known)
        pending.take([Happening("player_left", 5.0, {"name": "ann"})])
        for number in range(3 * maxRows):
            pending.take([Happening("player_joined", 5.0, {"name": str(number)})])
            pending.take([Happening("player_left", 5.0, {"name": str(number)})])
        self.clock.advance(floodSeconds)
        pending.settle(99)
        rows = {row.name: row for row in self.sink.news[-1].players}
        self.assertLessEqual(len(rows), maxRows + 1)
        self.assertGreaterEqual(len(rows), keptPlayers)
        self.assertIsNone(rows["ann"].since)
        self.assertIn(str(3 * maxRows - 1), rows)
        pending.end()


class FakeStore:
    """Stores news when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[PlayerNews], list[str], Deferred[Any]]] = []
        self.events = self.players = self
        self.outcome: Any = None

    def addPlayerNews(
        self, events: Sequence[NewEvent], news: Sequence[PlayerNews], trim: Any
    ) -> Deferred[Any]:
        """See L{gamepanel.store.players.PlayerTables}."""
        done: Deferred[Any] = Deferred() if self.outcome is None else self.outcome()
        self.asked.append((list(news), [event.kind for event in events], done))
        return done


class JournalTests(SynchronousTestCase):
    """News of players go to be stored in their order with all else that happens."""

    def setUp(self) -> None:
        self.clock, self.store = Clock(), FakeStore()
        self.journal = Journal(self.clock, cast(Store, self.store), self.clock.seconds)
        self.told: list[Any] = []
        self.journal.listen(self.told.append)

    def news(self, index: int, events: int = 1) -> PlayerNews:
        """Some news."""
        return PlayerNews(
            1, Searched(0, index), [NewEvent(1.0, "a", 1, "chat", {}, isCrowd=True)] * events
        )

    def test_order(self) -> None:
        """What comes together is stored together, in its order."""
        self.journal.take(self.news(1))
        stopped = self.journal.record(NewEvent(2.0, "a", 1, "stopped", {}, 7))
        self.journal.take(self.news(2, 0))
        self.clock.advance(batchSeconds)
        [(news, kinds, done)] = self.store.asked
        self.assertEqual([each.searched.index for each in news], [1, 2])
        self.assertEqual(kinds, ["chat", "stopped"])
        self.assertNoResult(stopped)
        row = EventRow(1, 1.0, "a", 1, "chat", {})
        self.store.events.oldestEvent = lambda: succeed(1)  # type: ignore[attr-defined]
        done.callback([row])
        self.successResultOf(stopped)
        self.assertEqual(self.told, [[row]])

    def test_full(self) -> None:
        """What can't be stored is tried again, in its order."""
        self.store.outcome = lambda: fail(NoSpace())
        self.journal.take(self.news(1))
        self.clock.advance(batchSeconds)
        self.journal.take(self.news(2))
        self.store.outcome = Deferred
        self.clock.advance(retrySeconds)
        indexes = [[each.searched.index for each in asked[0]] for asked in self.store.asked]
        self.assertEqual(indexes, [[1], [1, 2]])
        self.assertFalse(self.journal.isFull)
        self.journal.take(self.news(3, fullWaiting + 1))
        self.assertTrue(self.journal.isFull)

    def test_end(self) -> None:
        """What can't be stored at the end the next daemon finds in the consoles again."""
        self.store.outcome = lambda: fail(NoSpace())
        self.journal.take(self.news(1))
        ended = Deferred.fromCoroutine(self.journal.end())
        with capturedLogs() as said:
            self.clock.advance(0)
        self.successResultOf(ended)
        self.assertEqual([each for each in said if "lost" in each.get("log_format", "")], [])
        self.assertEqual(self.clock.getDelayedCalls(), [])


class StoreTests(SynchronousTestCase):
    """What is stored, in the tables of the store."""

    def setUp(self) -> None:
        self.store, self.connection = memoryStore()
        self.store.servers.addServer(ServerRow("a", "t", "", {}, {}), None, ())

    def add(self, *news: PlayerNews, trim: Kept | None = None) -> list[Any]:
        """Store some news."""
        events = [event for each in news for event in each.events]
        return self.successResultOf(self.store.players.addPlayerNews(events, news, trim))

    def test_loaded(self) -> None:
        """What was stored together is loaded: how far was searched, and who is there."""
        self.assertEqual(loadPlayers(self.connection), {})
        event = NewEvent(1.0, "a", 1, "player_joined", {"name": "ann"}, isCrowd=True)
        rows = (PlayerRow("bob", 2.0, 2.0), PlayerRow("ann", 1.0, 1.0), PlayerRow("cid", None, 3.0))
        [stored] = self.add(PlayerNews(1, Searched(5, 9, True, 4), [event], rows))
        self.assertEqual((stored.kind, stored.data), ("player_joined", {"name": "ann"}))
        known = loadPlayers(self.connection)[1]
        self.assertEqual(known.searched, Searched(5, 9, True, 4))
        self.assertEqual([row.name for row in known.there], ["ann", "bob"])
        found = self.successResultOf(self.store.players.readPlayers(1))
        self.assertEqual([row.name for row in found], ["bob", "ann", "cid"])
        self.add(PlayerNews(1, Searched(5, 99), [], (PlayerRow("bob", None, 9.0),)))
        known = loadPlayers(self.connection)[1]
        self.assertEqual((known.searched.index, len(known.there)), (99, 1))

    def test_kept(self) -> None:
        """The newest thousand are kept, and whoever is there."""
        there = PlayerRow("there", 0.5, 0.5)
        gone = [PlayerRow(str(number), None, float(number)) for number in range(keptPlayers + 50)]
        self.add(PlayerNews(1, Searched(0, 1), [], (there, *gone)))
        count = self.connection.execute("SELECT count(*) FROM players").fetchone()
        self.assertEqual(count, (keptPlayers + 1,))
        found = self.successResultOf(self.store.players.readPlayers(1))
        self.assertEqual((len(found), found[0]), (keptPlayers, there))

    def test_trimmed(self) -> None:
        """Of players' events the newest of a server are kept."""
        event = NewEvent(1.0, "a", 1, "chat", {}, isCrowd=True)
        self.add(PlayerNews(1, Searched(0, 1), [event] * 9), trim=Kept(5, 25, 4))
        count = self.connection.execute("SELECT count(*) FROM events").fetchone()
        self.assertEqual(count, (4,))

    def test_removed(self) -> None:
        """With a server goes what is stored of its players, and nothing comes after that."""
        news = PlayerNews(1, Searched(0, 1), [], (PlayerRow("ann", 1.0, 1.0),))
        self.add(news)
        self.successResultOf(self.store.servers.removeServer("a"))
        for _ in range(2):
            for table in ("players", "playerSearches"):
                rows = self.connection.execute(f"SELECT * FROM {table}").fetchall()
                self.assertEqual(rows, [])
            self.add(news)
