"""The stored stream of events: numbered, bounded, told once it is on the disk."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from typing import Any, cast

from attrs import Factory, define
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import NoSpace
from gamepanel.base.hub import Hub
from gamepanel.events import journal
from gamepanel.events.journal import Journal, batchSeconds, retrySeconds
from gamepanel.store import Store
from gamepanel.store.database import connect
from gamepanel.store.events import EventFilter, EventRow, Kept, NewEvent, insertEvents
from gamepanel.store.migrating import migrate, migrations
from gamepanel.store.players import PlayerNews
from tests.support import ImmediateTransactions


def event(kind: str = "ready", creation: int | None = 1, **more: Any) -> NewEvent:
    """Some event of a server, or of the daemon."""
    server = None if creation is None else f"s{creation}"
    return NewEvent(1000.0, server, creation, kind, {"by": None}, **more)


class HubTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.hub: Hub[str] = Hub()
        self.heard: list[tuple[str, str]] = []

    def hear(self, name: str) -> Any:
        """A listener that remembers."""
        return lambda event: self.heard.append((name, event))

    def test_order(self) -> None:
        """All are told, in the order in which they came, until they leave."""
        end = self.hub.listen(self.hear("a"))
        self.hub.listen(self.hear("b"))
        self.hub.tell("x")
        end()
        end()
        self.hub.tell("y")
        self.assertEqual(self.heard, [("a", "x"), ("b", "x"), ("b", "y")])
        self.assertEqual(len(self.hub), 1)

    def test_failure(self) -> None:
        """One that fails is logged, and the others are told all the same."""

        def fails(event: str) -> None:
            raise ZeroDivisionError

        self.hub.listen(fails)
        self.hub.listen(self.hear("b"))
        self.hub.tell("x")
        self.assertEqual(self.heard, [("b", "x")])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_removedMeanwhile(self) -> None:
        """One that another has removed while all are being told is not told any more."""
        ends: list[Any] = []
        self.hub.listen(lambda event: ends[0]())
        ends.append(self.hub.listen(self.hear("b")))
        self.hub.tell("x")
        self.assertEqual(self.heard, [])

    def test_next(self) -> None:
        """Somebody waits for one event; cancelled, for none."""
        first, second = self.hub.next(), self.hub.next()
        second.addErrback(lambda _: None)
        second.cancel()
        self.hub.tell("x")
        self.assertEqual(self.successResultOf(first), "x")
        self.assertFalse(self.hub)


class TableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.store = Store(ImmediateTransactions())

    def add(self, *events: NewEvent, trim: Kept | None = None) -> list[EventRow]:
        return self.successResultOf(self.store.events.addEvents(events, trim))

    def numbers(self, wanted: EventFilter, after: int = 0, limit: int = 100) -> list[int]:
        rows = self.successResultOf(self.store.events.readEvents(wanted, after, limit))
        return [row.event for row in rows]

    def test_numbers(self) -> None:
        """They count from one, without a gap, and never anew, whatever has been dropped."""
        self.assertEqual([row.event for row in self.add(event(), event())], [1, 2])
        self.add(trim=Kept(0, 0, 0))
        self.assertEqual(self.numbers(EventFilter()), [])
        self.assertEqual([row.event for row in self.add(event())], [3])

    def test_once(self) -> None:
        """What is handed in again is not stored again, even when it has been dropped since."""
        self.add(event(number=1), event(number=2), event(number=1, creation=2))
        self.add(trim=Kept(0, 0, 0))
        [row] = self.add(event(number=1), event(number=2), event("crashed", number=3))
        self.assertEqual((row.event, row.kind), (4, "crashed"))

    def test_read(self) -> None:
        """Events come back as they were, behind a number, those that are wanted."""
        self.add(event(), event("chat", 2, isCrowd=True), event("daemon_started", None))
        everything = self.successResultOf(self.store.events.readEvents(EventFilter(), 0, 9))
        self.assertEqual(
            [(row.event, row.server, row.creation, row.kind) for row in everything],
            [(1, "s1", 1, "ready"), (2, "s2", 2, "chat"), (3, None, None, "daemon_started")],
        )
        self.assertEqual(everything[0].data, {"by": None})
        self.assertEqual(self.numbers(EventFilter(), 1, 1), [2])
        self.assertEqual(self.numbers(EventFilter(creations=[1, 2])), [1, 2])
        self.assertEqual(self.numbers(EventFilter(creations=[])), [])
        self.assertEqual(self.numbers(EventFilter(kinds=["chat"])), [2])
        self.assertEqual(self.numbers(EventFilter(creations=[1], kinds=["chat"])), [])
        newest = self.successResultOf(self.store.events.readNewestEvents(EventFilter(), 2))
        self.assertEqual([row.event for row in newest], [2, 3])

    def test_filter(self) -> None:
        """A filter says the same of a row as the store does."""
        rows = self.add(event(), event("chat", 2), event("daemon_started", None))
        for wanted in (
            EventFilter(),
            EventFilter(creations=[1]),
            EventFilter(creations=[]),
            EventFilter(kinds=["chat", "daemon_started"]),
            EventFilter(creations=[2], kinds=["chat"]),
        ):
            taken = [row.event for row in rows if wanted.takes(row)]
            self.assertEqual(taken, self.numbers(wanted), wanted)

    def test_bounds(self) -> None:
        """Players' events are kept apart: many of them push out no others, nor those elsewhere."""
        self.add(event(), event(), event("stopped"))
        self.add(*[event("chat", 1, isCrowd=True) for _ in range(5)])
        self.add(event("chat", 2, isCrowd=True), trim=Kept(2, 4, 3))
        self.assertEqual(self.numbers(EventFilter()), [2, 3, 6, 7, 8, 9])
        self.assertEqual(self.successResultOf(self.store.events.oldestEvent()), 2)
        self.add(event("chat", 1, isCrowd=True), trim=Kept(2, 4, 2))
        self.assertEqual(self.numbers(EventFilter(kinds=["chat"])), [8, 9, 10])


class MigrationTests(SynchronousTestCase):
    def test_creations(self) -> None:
        """Each server that was there before gets a number of its own, which no new one gets."""
        with closing(connect(":memory:")) as connection:
            for statements in migrations[:3]:
                connection.executescript(statements)
            connection.execute("PRAGMA user_version = 3")
            columns = "(id, type, description, own, options)"
            for id in ("b", "a"):
                connection.execute(
                    f"INSERT INTO servers {columns} VALUES (?, 'shell', '', '{{}}', '{{}}')", (id,)
                )
            connection.commit()
            migrate(connection)
            self.assertEqual(
                connection.execute("SELECT id, creation FROM servers ORDER BY id").fetchall(),
                [("a", 1), ("b", 2)],
            )
            counter = "SELECT value FROM counters WHERE name = 'creation'"
            self.assertEqual(connection.execute(counter).fetchone(), (2,))


@define(slots=False)
class SlowStore:
    """Stores events when it is told to; otherwise as the real one."""

    connection: sqlite3.Connection
    begun: list[tuple[Sequence[NewEvent], Deferred[list[EventRow]]]] = Factory(list)
    error: Exception | None = None

    def __attrs_post_init__(self) -> None:
        self.events = self.players = self

    def addEvents(self, events: Sequence[NewEvent], trim: Kept | None) -> Deferred[list[EventRow]]:
        if self.error is not None:
            return fail(self.error)
        later: Deferred[list[EventRow]] = Deferred()
        self.begun.append((events, later))
        return later

    def addPlayerNews(
        self, events: Sequence[NewEvent], news: Sequence[PlayerNews], trim: Kept | None
    ) -> Deferred[list[EventRow]]:
        return self.addEvents(events, trim)

    def finish(self) -> None:
        """Store what has been begun first."""
        events, later = self.begun.pop(0)
        later.callback(insertEvents(self.connection.cursor(), events))

    def readEvents(self, wanted: EventFilter, after: int, limit: int) -> Deferred[list[EventRow]]:
        return Store(ImmediateTransactions(self.connection)).events.readEvents(wanted, after, limit)

    def readNewestEvents(self, wanted: EventFilter, limit: int) -> Deferred[list[EventRow]]:
        return Store(ImmediateTransactions(self.connection)).events.readNewestEvents(wanted, limit)

    def oldestEvent(self) -> Deferred[int]:
        return Store(ImmediateTransactions(self.connection)).events.oldestEvent()


class JournalTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.connection = connect(":memory:")
        self.addCleanup(self.connection.close)
        migrate(self.connection)
        self.clock = Clock()
        self.store = SlowStore(self.connection)
        self.journal = Journal(self.clock, cast(Store, self.store), lambda: 1000.0)
        self.heard: list[int] = []
        self.journal.listen(lambda rows: self.heard.extend(row.event for row in rows))

    def test_storedFirst(self) -> None:
        """Nobody is told before it is stored; then all are, before who recorded it goes on."""
        stored = self.journal.record(event())
        stored.addCallback(lambda _: self.assertEqual(self.heard, [1]))
        self.clock.advance(batchSeconds)
        self.assertNoResult(stored)
        self.assertEqual(self.heard, [])
        self.store.finish()
        self.successResultOf(stored)
        self.assertEqual((self.journal.oldest, self.journal.newest), (1, 1))

    def test_batches(self) -> None:
        """What comes close together is stored together; what comes meanwhile, next, in order."""
        for _ in range(3):
            self.journal.record(event())
        self.clock.advance(batchSeconds)
        self.journal.record(event("stopped"))
        self.clock.advance(1)
        self.assertEqual([len(events) for events, _ in self.store.begun], [3])
        self.store.finish()
        self.clock.advance(batchSeconds)
        self.assertEqual([len(events) for events, _ in self.store.begun], [1])
        self.store.finish()
        self.assertEqual(self.heard, [1, 2, 3, 4])

    def test_full(self) -> None:
        """When the store can't take them they wait, and come in order, once each."""
        self.store.error = NoSpace()
        stored = self.journal.record(event(number=1))
        self.clock.advance(batchSeconds)
        self.assertNoResult(stored)
        self.store.error = None
        self.journal.record(event(number=2))
        self.clock.advance(retrySeconds)
        self.store.finish()
        self.assertEqual(self.heard, [1, 2])
        self.successResultOf(stored)

    def test_tooMany(self) -> None:
        """Of too many that wait the oldest are lost, nobody waits for them, and the log tells."""
        self.patch(journal, "maxWaiting", 3)
        lossy = Journal(self.clock, cast(Store, self.store), lambda: 1000.0)
        self.store.error = NoSpace()
        waiting = [lossy.record(event(number=number)) for number in (1, 2, 3)]
        self.clock.advance(batchSeconds)
        waiting += [lossy.record(event(number=number)) for number in (4, 5)]
        for lost in waiting[:2]:
            self.successResultOf(lost)
        self.store.error = None
        with capturedLogs() as said:
            self.clock.advance(retrySeconds)
            self.store.finish()
        for stored in waiting[2:]:
            self.successResultOf(stored)
        self.assertEqual([each["count"] for each in said if "lost" in each["log_format"]], [2])

    def test_read(self) -> None:
        """A page says behind which number to ask on."""
        for _ in range(3):
            self.journal.record(event())
        self.clock.advance(batchSeconds)
        self.store.finish()

        def read(wanted: EventFilter, after: int | None, limit: int) -> tuple[list[int], int]:
            page = self.successResultOf(
                Deferred.fromCoroutine(self.journal.read(wanted, after, limit))
            )
            self.assertEqual(page.oldest, 1)
            return [row.event for row in page.events], page.newest

        self.assertEqual(read(EventFilter(), None, 2), ([2, 3], 3))
        self.assertEqual(read(EventFilter(), 0, 2), ([1, 2], 2))
        self.assertEqual(read(EventFilter(), 2, 2), ([3], 3))
        self.assertEqual(read(EventFilter(creations=[]), 0, 2), ([], 3))
        self.assertEqual(read(EventFilter(), 99, 2), ([], 3))

    def test_readAtOnce(self) -> None:
        """What has happened is read also where it is stored only now, or waits for that."""
        read = partial(self.journal.read, EventFilter(), None, 9)
        self.journal.record(event())
        self.clock.advance(batchSeconds)
        self.journal.record(event())
        reading = Deferred.fromCoroutine(read())
        self.store.finish()
        self.assertNoResult(reading)
        self.clock.advance(batchSeconds)
        self.store.finish()
        page = self.successResultOf(reading)
        self.assertEqual(([row.event for row in page.events], page.newest), ([1, 2], 2))

    def test_readWhenFull(self) -> None:
        """A reader waits once for a store that can't take any, and the next do not."""
        self.store.error = NoSpace()
        self.journal.record(event())
        reading = Deferred.fromCoroutine(self.journal.read(EventFilter(), None, 9))
        self.clock.advance(batchSeconds)
        self.assertEqual(self.successResultOf(reading).events, [])
        reading = Deferred.fromCoroutine(self.journal.read(EventFilter(), None, 9))
        self.assertEqual(self.successResultOf(reading).events, [])

    def test_end(self) -> None:
        """The end of the daemon waits until all is stored, and for no timer."""
        self.journal.record(event())
        ended = Deferred.fromCoroutine(self.journal.end())
        self.journal.record(event())
        self.assertNoResult(ended)
        self.store.finish()
        self.clock.advance(0)
        self.store.finish()
        self.successResultOf(ended)
        self.assertEqual(self.heard, [1, 2])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_endWhenFull(self) -> None:
        """It does not wait for a store that can't take them."""
        self.store.error = NoSpace()
        self.journal.record(event(number=1))
        self.journal.tell("disk_low", {"free": 1})
        with capturedLogs() as said:
            self.successResultOf(Deferred.fromCoroutine(self.journal.end()))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        # A server's own wait in its record for the next daemon.
        self.assertEqual([each["count"] for each in said if "lost" in each["log_format"]], [1])
