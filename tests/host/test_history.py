"""What servers and the host used: gathered, kept, told."""

from typing import Any

import psutil
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.host.history import History, Reading, intervalFor, lookSeconds, maxSamples
from gamepanel.host.system import DiskWatch, Host, HostUsage, cpuSeconds
from gamepanel.store import Store
from gamepanel.store.samples import DAY, MINUTE, QUARTER, Sample, host
from gamepanel.store.servers import ServerRow
from tests.support import ImmediateTransactions, memoryStore

GB = 2**30


def usage(cpuPercent: float | None = 50.0, diskFree: int = 9 * GB) -> HostUsage:
    """What some host has and uses."""
    return HostUsage(
        cpuPercent, 2, (0.1, 0.2, 0.3), 2 * GB, 8 * GB, diskFree, 10 * GB, 100.0, GB // 20
    )


class IntervalTests(SynchronousTestCase):
    def test_intervals(self) -> None:
        """However long the time, it is told in at most 500 intervals of those that are stored."""
        for seconds, interval in (
            (60, MINUTE),
            (3600, MINUTE),
            (500 * MINUTE, MINUTE),
            (500 * MINUTE + 1, 2 * MINUTE),
            (DAY, 3 * MINUTE),
            (2 * DAY, 6 * MINUTE),
            (2 * DAY + 1, QUARTER),
            (60 * DAY, 12 * QUARTER),
        ):
            self.assertEqual(intervalFor(seconds), interval, seconds)
            self.assertLessEqual(-(-seconds // interval), maxSamples)


class TableTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.transactions = ImmediateTransactions()
        self.store = Store(self.transactions)

    def add(self, now: int, *samples: Sample) -> None:
        self.successResultOf(self.store.samples.addSamples(samples, now))

    def read(self, creation: int, since: int, until: int, interval: int) -> list[Sample]:
        return self.successResultOf(
            self.store.samples.readSamples(creation, since, until, interval)
        )

    def test_minutes(self) -> None:
        """Minutes come back as they were, of the server that is asked for."""
        samples = [Sample(1, 60, 10.0, 100, 3), Sample(1, 120, 20.0, 50), Sample(2, 60, 1.0, 1)]
        self.add(180, *samples)
        self.assertEqual(self.read(1, 0, 180, 60), samples[:2])
        self.assertEqual(self.read(1, 0, 120, 60), samples[:1])
        self.assertEqual(
            self.read(1, 0, 240, 120),
            [samples[0].__class__(1, 0, 10.0, 100, 3), Sample(1, 120, 20.0, 50)],
        )

    def test_means(self) -> None:
        """An interval has the mean of the CPU, the maximum of the rest, the least free disk."""
        self.add(300, Sample(host, 0, 10.0, 100, 3, 9), Sample(host, 60, 20.0, 50, 5, 7))
        [one] = self.read(host, 0, 120, 120)
        self.assertEqual(one, Sample(host, 0, 15.0, 100, 5, 7))

    def test_quarters(self) -> None:
        """Of each quarter of an hour there is one sample, however many minutes it had."""
        for minute in range(20):
            self.add(minute * 60, Sample(1, minute * 60, float(minute), minute))
        first, second = self.read(1, 0, 2 * QUARTER, QUARTER)
        self.assertEqual(first, Sample(1, 0, 7.0, 14))
        self.assertEqual(second, Sample(1, QUARTER, 17.0, 19))

    def test_dropped(self) -> None:
        """Minutes are kept for two days, quarters of an hour for 60."""
        self.add(0, Sample(1, 0, 1.0, 1))
        self.add(2 * DAY + MINUTE, Sample(1, 2 * DAY, 1.0, 1))
        self.assertEqual([each.at for each in self.read(1, 0, 3 * DAY, MINUTE)], [2 * DAY])
        self.assertEqual([each.at for each in self.read(1, 0, 3 * DAY, QUARTER)], [0, 2 * DAY])
        self.add(60 * DAY + QUARTER, Sample(1, 60 * DAY, 1.0, 1))
        self.assertEqual([each.at for each in self.read(1, 0, QUARTER, QUARTER)], [])

    def test_removed(self) -> None:
        """What a destroyed server used is forgotten."""
        for id in ("a", "b"):
            row = ServerRow(id, "shell", "", {}, {})
            self.successResultOf(self.store.servers.addServer(row, None, ()))
        self.add(60, Sample(1, 0, 1.0, 1), Sample(2, 0, 1.0, 1))
        self.successResultOf(self.store.servers.removeServer("a"))
        self.assertEqual(self.read(1, 0, 60, 60), [])
        self.assertEqual(len(self.read(2, 0, 60, 60)), 1)


class HistoryTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.store, _ = memoryStore()
        self.readings = [Reading(1, 0.0, 100)]
        self.usage = usage(None)
        self.counted = 0
        self.history = History(
            *(self.clock, self.store.samples, lambda: 1_800_000_000 + self.clock.seconds()),
            *(self.count, lambda: self.readings, lambda: self.usage),
        )
        self.addCleanup(self.history.end)

    def count(self) -> Deferred[None]:
        self.counted += 1
        return succeed(None)

    def told(self, creation: int, seconds: float = 120) -> list[Any]:
        """CPU and memory of each interval."""
        interval, samples = self.successResultOf(
            Deferred.fromCoroutine(self.history.read(creation, seconds))
        )
        self.assertEqual(interval, 60)
        return [(each.cpuPercent, each.memoryBytes) for each in samples]

    def pass_(self, looks: int, cpuSeconds: float) -> None:
        """Let some looks pass, in each of which the server uses so much."""
        for _ in range(looks):
            [reading] = self.readings
            self.readings = [Reading(1, reading.cpuSeconds + cpuSeconds, reading.memoryBytes)]
            self.clock.advance(lookSeconds)

    def test_minute(self) -> None:
        """Once a minute the mean of the CPU and the maximum of the memory are stored."""
        self.history.begin()
        self.usage = usage(50.0)
        self.pass_(3, 3.0)
        self.readings = [Reading(1, 9.0, 700)]
        self.assertEqual(self.told(1), [(None, None), (None, None)])
        # The look in which another minute has begun is the first of that.
        self.clock.advance(lookSeconds)
        self.assertEqual(self.told(1), [(20.0, 100), (None, None)])
        self.assertEqual(self.told(host), [(50.0, 2 * GB), (None, None)])

    def test_players(self) -> None:
        """The most who played at once in a minute are stored, nothing where that is not known."""
        self.history.begin()
        for online in (None, 3, 1):
            self.readings = [Reading(1, 0.0, 100, online), Reading(2, 0.0, 100)]
            self.clock.advance(lookSeconds)
        self.clock.pump([lookSeconds] * 2)
        for creation, most in ((1, 3), (2, None)):
            _, samples = self.successResultOf(
                Deferred.fromCoroutine(self.history.read(creation, 120))
            )
            self.assertEqual(samples[0].players, most)

    def test_stopped(self) -> None:
        """While a server does not run there are no figures; a new run begins at nothing."""
        self.history.begin()
        self.pass_(4, 3.0)
        self.readings = []
        self.clock.pump([lookSeconds] * 4)
        self.readings = [Reading(1, 0.0, 50)]
        self.clock.pump([lookSeconds] * 4)
        self.pass_(4, 1.5)
        figures = self.told(1, 300)
        self.assertIn((None, None), figures)
        self.assertNotIn(None, [memory for cpu, memory in figures if cpu is not None])
        self.assertTrue(all(cpu is None or 0 <= cpu <= 100 for cpu, _ in figures), figures)

    def test_end(self) -> None:
        """After the end nobody looks."""
        self.history.begin()
        self.history.end()
        counted = self.counted
        self.clock.advance(100)
        self.assertEqual(self.counted, counted)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_failure(self) -> None:
        """A look that fails is logged, and does not end the looking."""
        self.usage = "nothing of the kind"  # type: ignore[assignment]
        self.history.begin()
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)
        self.clock.advance(lookSeconds)
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)


class DiskTests(SynchronousTestCase):
    def test_events(self) -> None:
        """It is told once that a disk is low, and once that it is fine, with space in between."""
        watch = DiskWatch(10)
        seen = [watch.seen(free) for free in (30, 10, 9, 5, 12, 19, 20, 15, 9)]
        low, fine = "disk_low", "disk_fine"
        self.assertEqual(seen, [None, None, low, None, None, None, fine, None, low])


def busySeconds() -> float:
    """What all cores have done since the host started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


class HostTests(SynchronousTestCase):
    def test_look(self) -> None:
        """The machine has what the kernel says; its CPU is known a second after the first look."""
        machine = Host("/")
        self.assertIsNone(machine.look().cpuPercent)
        found = machine.look()
        memory, own = psutil.virtual_memory(), psutil.Process().memory_info().rss
        self.assertEqual(found.memoryTotal, memory.total)
        used = memory.total - memory.available
        self.assertLess(abs(found.memoryBytes - used), memory.total / 10)
        self.assertLess(abs(found.daemonBytes - own), own / 10)
        self.assertGreater(found.memoryTotal, found.memoryBytes)
        self.assertGreater(found.diskTotal, found.diskFree)
        self.assertGreater(found.daemonBytes, 2**20)
        self.assertGreaterEqual(found.cores, 1)

    def test_oneMeasure(self) -> None:
        """What the cores do is told over a second or more, whoever asks and however often."""
        now, busy = 100.0, 5.0
        machine = Host("/", lambda: now, lambda: busy)
        told = []
        for step in range(400):
            # One core and a half, asked every ten milliseconds.
            now, busy = 100 + step / 100, 5 + 1.5 * step / 100
            told.append(machine.cpuPercent())
        self.assertEqual(set(told[:100]), {None})
        self.assertEqual(set(told[100:]), {150.0})
        now, busy = 164.0, busy + 3.0
        self.assertEqual(machine.cpuPercent(), 7.4)
        self.assertEqual(machine.cpuPercent(), 7.4)

    def test_cpu(self) -> None:
        """What the cores have done is what psutil sums up, without what they were idle."""
        before, seconds, after = busySeconds(), cpuSeconds(), busySeconds()
        # In hundredths of a second.
        self.assertTrue(before - 0.02 <= seconds <= after + 0.02, (before, seconds, after))
