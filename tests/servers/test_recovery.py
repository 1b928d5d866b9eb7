"""Servers whose files can't be used when the daemon starts, and how they are looked at again."""

import os
from collections.abc import Callable
from typing import Any, Final

from attrs import Factory, define
from twisted.internet.defer import CancelledError, Deferred, execute
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import Busy, NotPermitted, SpawnFailed
from gamepanel.base.threads import alike
from gamepanel.events.journal import Journal
from gamepanel.games.catalogue import Catalogue
from gamepanel.process.containment import Containment
from gamepanel.process.grouping import Groups
from gamepanel.process.members import ProcessTag
from gamepanel.process.usage import Counted
from gamepanel.servers import layout, restore
from gamepanel.servers.directory import Directory
from gamepanel.servers.events import LogGrew, ServerEvent, StatusChanged
from gamepanel.servers.host import HostContext, HostSetup
from gamepanel.servers.registry import Registry
from gamepanel.servers.restore import lookAgainSeconds
from gamepanel.servers.server import GameServer
from gamepanel.store.servers import ServerRow
from tests.support import ConfigsHere, memoryStore

realFind: Final = restore.find


@define
class SlowDisk:
    """Threads that wait until somebody lets them do what they have been given."""

    waiting: list[tuple[Callable[[], Any], Deferred[Any]]] = Factory(list)

    def inThread(self, function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
        result: Deferred[Any] = Deferred()
        self.waiting.append((lambda: function(*arguments), result))
        return result

    def go(self) -> None:
        """Let the first of them do it."""
        function, result = self.waiting.pop(0)
        execute(function).chainDeferred(result)


class LookAgainTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = os.path.abspath(self.mktemp())
        self.place = os.path.join(self.state, "servers", "a")
        self.life = os.path.join(self.place, "life")
        os.makedirs(os.path.dirname(self.place))
        layout.make(self.place, self.place + ".aside", None)
        os.mkdir(self.life)
        self.groups = os.path.join(self.state, "groups")
        self.clock, self.disk = Clock(), SlowDisk()
        reactor: Any = self.clock
        store, _ = memoryStore()
        context = HostContext(
            *(reactor, alike(self.disk.inThread), Catalogue(())),
            *(Journal(self.clock, store, lambda: 0.0), ConfigsHere()),
            HostSetup(self.state, os.defpath, containment=Containment(Groups(self.groups))),
        )
        self.directory = Directory(context, store)
        self.directory.load([ServerRow("a", "shell", "", {}, {})])
        self.server = self.directory.find("a")

    def look(self) -> Deferred[None]:
        return Deferred.fromCoroutine(self.directory.lookAgain(self.server))

    def test_leftAlone(self) -> None:
        """It is failed with the reason, which names no path, and nothing is done to it."""
        self.assertEqual(self.server.status.state, "failed")
        assert self.server.status.ended is not None
        reason = self.server.status.ended.reason
        self.assertEqual(str(reason), "Its files can't be used: Is a directory.")
        self.assertRaises(SpawnFailed, self.server.start)
        self.assertRaises(SpawnFailed, self.server.restart)
        self.assertRaises(NotPermitted, self.server.stop)
        self.assertRaises(NotPermitted, self.server.terminate)
        self.failureResultOf(Deferred.fromCoroutine(self.server.killEverything()), NotPermitted)
        self.assertTrue(os.path.isdir(self.life))

    def test_anything(self) -> None:
        """Whatever its files bring about, it alone is left as it is, until they are mended."""
        os.rmdir(self.life)

        def find(*arguments: object) -> object:
            raise ValueError("embedded null byte")

        def lacking(*arguments: object) -> object:
            raise Busy()

        self.patch(restore, "find", find)
        rows = [ServerRow(id, "shell", "", {}, {}) for id in ("b", "c")]
        for row in rows:
            layout.make(self.place[:-1] + row.id, self.place + ".aside", None)
        self.directory.load(rows)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)
        server = self.directory.find("b")
        self.assertEqual(str(server.unusable), "Its files can't be used: they are damaged.")
        self.clock.advance(lookAgainSeconds)
        while self.disk.waiting:
            self.disk.go()
        self.assertEqual(str(server.unusable), "Its files can't be used: they are damaged.")
        # Of the other server, which had another reason.
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        # What is lacking for a look tells nothing of them, and what is known is not logged again.
        self.patch(restore, "find", lacking)
        self.clock.advance(lookAgainSeconds)
        while self.disk.waiting:
            self.disk.go()
        self.assertEqual(str(server.unusable), "Its files can't be used: they are damaged.")
        self.assertEqual(self.flushLoggedErrors(), [])
        self.patch(restore, "find", realFind)
        self.clock.advance(lookAgainSeconds)
        while self.disk.waiting:
            self.disk.go()
        self.assertEqual((server.status.state, server.unusable), ("stopped", None))

    def test_neverTwice(self) -> None:
        """
        However many ask, and leave, its log is opened once: opening it settles a read that
        was under way, and that may be one of ours.
        """
        told: list[ServerEvent] = []
        self.server.happens.listen(told.append)
        gone = self.look()
        gone.cancel()
        self.failureResultOf(gone, CancelledError)
        first, second = self.look(), self.look()
        self.clock.advance(lookAgainSeconds)
        self.assertEqual(len(self.disk.waiting), 1)
        os.rmdir(self.life)
        self.disk.go()
        self.successResultOf(first)
        self.successResultOf(second)
        self.assertEqual((self.disk.waiting, self.server.unusable), ([], None))
        self.assertEqual(
            (self.server.status.state, told),
            ("stopped", [StatusChanged(self.server.status), LogGrew(0)]),
        )
        self.clock.advance(lookAgainSeconds)
        self.assertEqual((self.disk.waiting, self.look().called), ([], True))

    def test_again(self) -> None:
        """It is looked at every few seconds; as long as nothing changes nobody is told."""
        told: list[ServerEvent] = []
        self.server.happens.listen(told.append)
        since = self.server.status
        for _ in range(3):
            self.clock.advance(lookAgainSeconds)
            self.disk.go()
        self.assertEqual((self.server.status, told), (since, []))
        os.rmdir(self.life)
        self.clock.advance(lookAgainSeconds)
        self.disk.go()
        self.assertIsNone(self.server.unusable)

    def test_leaving(self) -> None:
        """A daemon that ends looks no more, and takes nothing up any more."""
        self.clock.advance(lookAgainSeconds)
        left = Deferred.fromCoroutine(self.directory.leave())
        os.rmdir(self.life)
        self.disk.go()
        self.clock.advance(lookAgainSeconds)
        self.successResultOf(left)
        self.assertIsNotNone(self.server.unusable)
        self.assertEqual((self.disk.waiting, self.clock.getDelayedCalls()), ([], []))

    def makeGroups(self, *names: str) -> None:
        for name in names:
            os.makedirs(os.path.join(self.groups, name))

    def leave(self, jobsRun: bool = False) -> None:
        left = Deferred.fromCoroutine(self.directory.leave(jobsRun=jobsRun))
        self.clock.advance(lookAgainSeconds)
        self.successResultOf(left)

    def test_notYetEntered(self) -> None:
        """
        Control groups that are still empty stay when the daemon ends while a game or a job runs:
        a child that was just spawned has not entered its group yet.
        """
        self.makeGroups("server-a")
        self.leave(jobsRun=True)
        self.assertEqual(os.listdir(self.groups), ["server-a"])
        self.patch(GameServer, "shim", 1)
        self.leave()
        self.assertEqual(os.listdir(self.groups), ["server-a"])
        self.patch(GameServer, "shim", None)
        self.leave()
        self.assertFalse(os.path.exists(self.groups))

    def test_notYetEnteredAtStart(self) -> None:
        """The next daemon removes only empty groups of servers that have no run."""
        self.makeGroups("server-a", "server-b", "job-1")
        tag = ProcessTag("a", frozenset(), None, os.path.join(self.groups, "server-a"))
        self.patch(Registry, "running", lambda registry: [Counted(1, 1, tag)])
        self.directory.load([])
        self.assertEqual(set(os.listdir(self.groups)), {"server-a", "job-1"})
