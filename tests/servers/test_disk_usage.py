"""What servers take of the disk: measured, bounded, and told."""

import os
import shutil
import subprocess
import tempfile
from typing import Any, cast

from attrs import define
from twisted.internet import reactor as installed
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from gamepanel.base.collecting import Collecting, collect, maxBytes
from gamepanel.base.errors import QuotaExceeded
from gamepanel.process.yielding import yielding
from gamepanel.servers.diskusage import DiskUsage, MiB, bounded, freshSeconds, measured
from gamepanel.store.events import NewEvent
from tests.fakes import FakeSink
from tests.servers.test_recovery import SlowDisk
from tests.support import atOnce, needMounts, patience


@define
class Server:
    """A server with a limit."""

    creation: int
    diskLimit: int = 10 * MiB
    isRunning: bool = True

    @property
    def id(self) -> str:
        return f"s{self.creation}"

    @property
    def home(self) -> str:
        return f"/s/{self.creation}"


class DiskUsageTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        reactor: Any = self.clock
        self.reactor = reactor
        self.sink = FakeSink()
        self.running: list[tuple[str, Deferred[int]]] = []
        self.disk = DiskUsage(self.reactor, atOnce, self.sink, lambda: 1000.0, self.measure)
        self.servers = [Server(1), Server(2), Server(3, diskLimit=0)]
        self.disk.begin(lambda: [(each, each.isRunning) for each in self.servers])

    def measure(self, path: str) -> Deferred[int]:
        """A process begins to look."""
        found: Deferred[int] = Deferred()
        self.running.append((path, found))
        return found

    def finish(self, size: int, seconds: float = 0.0) -> str:
        """It has found so much, after so long; where."""
        self.clock.advance(seconds)
        [(path, found)] = self.running
        self.running = []
        found.callback(size)
        return path

    def events(self) -> list[NewEvent]:
        return self.sink.store()

    def check(self, server: Server, limit: int | None = None) -> Deferred[None]:
        return Deferred.fromCoroutine(self.disk.check(server, limit))

    def test_oneAfterTheOther(self) -> None:
        """Each that has a limit, never two at a time."""
        self.assertEqual(self.running, [])
        self.clock.advance(30)
        self.assertEqual([self.finish(1), self.finish(1)], ["/s/1", "/s/2"])
        self.assertEqual(self.running, [])

    def test_used(self) -> None:
        """What was found is known, of a server without a limit nothing."""
        self.clock.advance(30)
        self.finish(5)
        self.assertEqual([self.disk.usedBy(each) for each in self.servers], [5, None, None])

    def test_again(self) -> None:
        """Again after 30 s, or 20 times what it took."""
        self.servers = [Server(1)]
        self.clock.advance(30)
        self.finish(1, seconds=5)
        self.clock.pump([30] * 3)
        self.assertEqual(self.running, [])
        self.clock.advance(30)
        self.finish(1)
        self.clock.advance(30)
        self.assertEqual(len(self.running), 1)

    def test_told(self) -> None:
        """A game that runs is told of once, and again when it was below its limit meanwhile."""
        self.servers = [Server(1), Server(2, isRunning=False)]
        sizes = (11 * MiB, 12 * MiB, 9 * MiB, 11 * MiB)
        for size in sizes:
            self.clock.advance(30)
            self.finish(size)
            self.finish(size)
        told = self.events()
        self.assertEqual(
            [(each.kind, each.server, each.creation) for each in told],
            [("disk_limit", "s1", 1)] * 2,
        )
        self.assertEqual(told[0].data, {"limit": 10 * MiB, "used": 11 * MiB})

    def test_start(self) -> None:
        """A server that was never measured is measured before it may start."""
        [server, *_] = self.servers
        waiting = self.check(server)
        self.assertNoResult(waiting)
        self.finish(10 * MiB)
        self.successResultOf(waiting)
        # So it is before each start, if not just before; unless that takes long: then what is known
        # is enough.
        self.clock.advance(freshSeconds - 1)
        self.successResultOf(self.check(server))
        self.clock.advance(1)
        waiting = self.check(server)
        self.finish(10 * MiB, seconds=2)
        self.successResultOf(waiting)
        self.clock.advance(freshSeconds)
        self.successResultOf(self.check(server))

    def test_manyAtOnce(self) -> None:
        """Many that ask while a server is measured share one look after that."""
        [server, *_] = self.servers
        first = self.check(server)
        others = [self.check(server) for _ in range(3)]
        self.finish(11 * MiB, seconds=0.5)
        self.failureResultOf(first, QuotaExceeded)
        self.finish(MiB, seconds=0.5)
        for each in others:
            self.successResultOf(each)
        self.assertEqual(self.running, [])

    def test_written(self) -> None:
        """What is written for people counts, also while nothing is measured."""
        [server, *_] = self.servers
        waiting = self.check(server)
        self.finish(9 * MiB)
        self.successResultOf(waiting)
        self.disk.grew(server, 2 * MiB)
        waiting = self.check(server)
        self.finish(11 * MiB)
        self.failureResultOf(waiting, QuotaExceeded)

    def test_refused(self) -> None:
        """One that is over its limit is measured anew, since somebody may have made room."""
        [server, *_] = self.servers
        waiting = self.check(server)
        self.finish(11 * MiB)
        failure = self.failureResultOf(waiting, QuotaExceeded)
        self.assertIn("takes 11 MiB", failure.value.detail)
        waiting = self.check(server)
        self.finish(MiB)
        self.successResultOf(waiting)

    def test_forgotten(self) -> None:
        """When much has been written, it is measured anew, however long that takes."""
        [server, *_] = self.servers
        waiting = self.check(server)
        self.finish(MiB, seconds=2)
        self.successResultOf(waiting)
        self.disk.forget(server)
        waiting = self.check(server)
        self.finish(11 * MiB)
        self.failureResultOf(waiting, QuotaExceeded)

    def test_another(self) -> None:
        """It can be checked against another limit than its own, such as one that it is to have."""
        for server, limit, isOver in (
            (self.servers[0], 12 * MiB, False),
            (self.servers[0], 10 * MiB, True),
            (self.servers[2], 10 * MiB, True),
        ):
            waiting = self.check(server, limit)
            self.finish(11 * MiB)
            if isOver:
                self.failureResultOf(waiting, QuotaExceeded)
            else:
                self.successResultOf(waiting)
        self.successResultOf(self.check(self.servers[0], 0))

    def test_noLimit(self) -> None:
        """Without a limit nothing is measured."""
        self.successResultOf(self.check(self.servers[2]))
        self.assertEqual(self.running, [])

    def test_unknown(self) -> None:
        """What can't be measured is in nobody's way, and is tried again."""
        [server, *_] = self.servers
        waiting = self.check(server)
        self.running.pop()[1].errback(ValueError("no"))
        self.successResultOf(waiting)

    def test_end(self) -> None:
        """At the end nothing is begun any more."""
        self.disk.end()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.disk = DiskUsage(self.reactor, atOnce, self.sink, lambda: 1000.0, self.measure)
        self.disk.begin(lambda: [(each, each.isRunning) for each in self.servers])
        self.clock.advance(30)
        self.disk.end()
        self.finish(1)
        self.assertEqual((self.running, self.clock.getDelayedCalls()), ([], []))


class MeasuredTests(TestCase):
    timeout = 4 * patience

    async def test_size(self) -> None:
        """What the disk has of a directory: files with two names once, links not followed."""
        place = self.mktemp()
        os.makedirs(f"{place}/a")
        with open(f"{place}/a/b", "wb") as file:
            file.write(b"x" * 3 * MiB)
        os.link(f"{place}/a/b", f"{place}/c")
        os.symlink("/usr", f"{place}/usr")
        reactor: Any = installed
        found = await measured(reactor, deferToThread, place)
        self.assertGreaterEqual(found, 3 * MiB)
        self.assertLess(found, 4 * MiB)

    async def test_mounted(self) -> None:
        """What is mounted in it is no part of it, however it is called."""
        needMounts()
        place = os.path.abspath(f"{self.mktemp()} [1]")
        mounted = f"{place}/a*\\ b\udcff"
        os.makedirs(mounted)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", mounted], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", mounted], check=True)
        for path in (f"{mounted}/file", f"{place}/a1"):
            with open(path, "wb") as file:
                file.write(b"x" * 3 * MiB)
        reactor: Any = installed
        self.assertLess(await measured(reactor, deferToThread, place), 4 * MiB)

    async def test_overlay(self) -> None:
        """In an overlay files may say that they are of another device than their directory."""
        needMounts()
        place, above = os.path.abspath(self.mktemp()), tempfile.mkdtemp(dir="/dev/shm")
        self.addCleanup(shutil.rmtree, above)
        for path in (f"{place}/lower", f"{place}/home", f"{above}/upper", f"{above}/work"):
            os.makedirs(path)
        layers = f"lowerdir={place}/lower,upperdir={above}/upper,workdir={above}/work,xino=off"
        mount = ["mount", "-t", "overlay", "-o", layers, "overlay", f"{place}/home"]
        if subprocess.run(mount).returncode:
            raise SkipTest("this kernel has no overlays")
        self.addCleanup(subprocess.run, ["umount", "--lazy", f"{place}/home"], check=True)
        with open(f"{place}/home/file", "wb") as file:
            file.write(b"x" * 3 * MiB)
        reactor: Any = installed
        self.assertGreaterEqual(await measured(reactor, deferToThread, f"{place}/home"), 3 * MiB)

    async def test_links(self) -> None:
        """Links above it are followed in the thread, since what they lead to may hang."""
        place, held = self.mktemp(), SlowDisk()
        for name in ("small", "large"):
            os.makedirs(f"{place}/{name}/files")
        with open(f"{place}/large/files/file", "wb") as file:
            file.write(b"x" * 3 * MiB)
        os.symlink("small", f"{place}/server")
        reactor: Any = installed
        found = Deferred.fromCoroutine(measured(reactor, held.inThread, f"{place}/server/files"))
        os.unlink(f"{place}/server")
        os.symlink("large", f"{place}/server")
        held.go()
        self.assertGreaterEqual(await found, 3 * MiB)

    def test_priority(self) -> None:
        """What measures yields to games, but never waits until nobody else wants the disk."""
        said = [
            subprocess.run([*yielding, *command], capture_output=True, text=True, check=True).stdout
            for command in (("nice",), ("ionice",))
        ]
        self.assertEqual(said, ["19\n", "best-effort: prio 7\n"])

    async def test_complaints(self) -> None:
        """Of what a program says, and complains of, no more is kept than wanted."""
        script = "yes complaint | head -c 300000 >&2; cat; echo end"
        given = b"3\t" + b"x" * 300_000
        reactor: Any = installed
        output = await collect(reactor, ["/bin/sh", "-c", script], {"PATH": "/bin"}, given)
        self.assertEqual(output.said, given[:maxBytes])
        self.assertEqual(len(output.complained), maxBytes)

    async def test_given(self) -> None:
        """Who waits no longer for a program ends it."""
        gone: Deferred[None] = Deferred()

        class Endless(Collecting):
            def processEnded(self, reason: Failure) -> None:
                super().processEnded(reason)
                gone.callback(None)

        endless, reactor = Endless(), cast(Any, installed)
        reactor.spawnProcess(endless, "/bin/cat", ["cat", "/dev/zero"])
        endless.ended.cancel()
        with self.assertRaises(CancelledError):
            await endless.ended
        await gone

    def test_bounded(self) -> None:
        """What measures may take only so much of a processor."""
        command = [*bounded, "/bin/sh", "-c", "ulimit -t"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, "300\n")

    async def test_missing(self) -> None:
        """What is not there can't be measured."""
        reactor: Any = installed
        with self.assertRaises(ValueError):
            await measured(reactor, deferToThread, self.mktemp())
