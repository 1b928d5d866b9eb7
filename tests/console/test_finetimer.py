"""Pauses that are not whole milliseconds."""

import gc
import os
import re
import select
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any
from unittest.mock import Mock

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gamepanel.base.threads import alike
from gamepanel.console.finetimer import FineTimer, _Alarm, leastRest, togetherSeconds
from gamepanel.events.journal import Journal
from gamepanel.games.catalogue import Catalogue
from gamepanel.servers.host import HostContext, HostSetup
from tests.fakes import Watching
from tests.support import ConfigsHere, atOnce, memoryStore, patience

reactor: Any = installed

limit = 5_000
"""So long an alarm is waited for, in milliseconds."""


class FineTimerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = monotonic()
        watching: Any = Watching()
        self.watching = watching
        self.timer = FineTimer(watching, lambda: self.now)
        self.called: list[str] = []
        # How late we are ourselves on a busy machine is seen only where a test asks for it.
        self.isLate, times = False, _Alarm.timesSince

        def timesSince(alarm: _Alarm) -> int:
            count = times(alarm)
            return count if self.isLate else 1

        self.patch(_Alarm, "timesSince", timesSince)
        self.addCleanup(lambda: [alarm.close() for alarm in list(self.watching.watched)])

    def after(self, pause: float, name: str) -> Callable[[], None]:
        """Have this called."""
        return self.timer.after(pause, lambda: self.called.append(name))

    def isDue(self, wait: int = limit) -> bool:
        """Whether the kernel says that something is due."""
        (alarm,) = self.watching.watched
        poll = select.poll()
        poll.register(alarm, select.POLLIN)
        return bool(poll.poll(wait))

    def call(self, passed: float) -> None:
        """The reactor finds that something is due when so much time has passed."""
        self.assertTrue(self.isDue())
        self.now += passed
        (alarm,) = self.watching.watched
        alarm.doRead()

    def test_inOrder(self) -> None:
        """What is to be called sooner is, and the timer is given back when nothing is left."""
        self.assertEqual(self.watching.watched, set())
        for pause, name in ((0.003, "c"), (0.001, "a"), (0.002, "b")):
            self.after(pause, name)
        (alarm,) = self.watching.watched
        for passed, called in ((0.001, "a"), (0.001, "ab"), (0.001, "abc")):
            self.call(passed)
            self.assertEqual("".join(self.called), called)
        self.assertEqual((alarm.fileno(), self.watching.watched), (-1, set()))

    def test_notBefore(self) -> None:
        """Until then nothing wakes up the reactor, nor for what was due and has been called."""
        self.after(60, "b")
        self.assertFalse(self.isDue(0))
        self.after(0.001, "a")
        self.call(0.001)
        self.assertFalse(self.isDue(0))
        self.assertEqual(self.called, ["a"])

    def test_fine(self) -> None:
        """The kernel waits for as long as was asked for, not for whole milliseconds."""
        self.after(60.0004, "a")
        (alarm,) = self.watching.watched
        said = Path(f"/proc/self/fdinfo/{alarm.fileno()}").read_text()
        left = re.search(r"^it_value: \((\d+), (\d+)\)$", said, re.MULTILINE)
        assert left is not None
        passed = monotonic() - self.now
        seconds = int(left[1]) + int(left[2]) / 1e9
        self.assertLessEqual(seconds, 60.0004)
        self.assertGreaterEqual(seconds, 60.0004 - passed - 1e-6)

    def test_stopped(self) -> None:
        """When the reactor has dropped the timer, it takes another."""
        self.after(60, "a")
        (alarm,) = self.watching.watched
        alarm.connectionLost(Failure(ConnectionDone()))
        self.after(0, "b")
        self.call(0)
        self.assertEqual(self.called, ["b"])
        # Also for what is due before what comes then.
        self.after(60, "c")
        (alarm,) = self.watching.watched
        alarm.connectionLost(Failure(ConnectionDone()))
        moments = self.counted()
        self.after(120, "d")
        self.assertEqual(self.isDue(0), False)
        self.assertEqual(moments, [60])

    def test_worse(self) -> None:
        """What the reactor is to find itself leaves all as it was."""

        def stop() -> None:
            raise SystemExit

        self.timer.after(0, stop)
        self.after(0, "a")
        self.assertRaises(SystemExit, self.call, 0)
        self.call(0)
        self.assertEqual((self.called, self.watching.watched), (["a"], set()))

    def test_notWatched(self) -> None:
        """A timer that the reactor does not take is given back."""
        # What other tests have left must not be closed in between.
        gc.collect()
        before = set(os.listdir("/proc/self/fd"))
        self.patch(Watching, "addReader", Mock(side_effect=OSError))
        self.assertRaises(OSError, self.after, 0, "a")
        self.assertEqual(set(os.listdir("/proc/self/fd")), before)

    def test_together(self) -> None:
        """What is due hardly later is called, too."""
        self.after(0.001, "a")
        self.after(0.001 + togetherSeconds * 0.9, "b")
        self.after(0.001 + togetherSeconds * 1.1, "c")
        self.call(0.001)
        self.assertEqual(self.called, ["a", "b"])

    def test_takenBack(self) -> None:
        """What is taken back is not called, and wakes up nobody."""
        takeBack = self.after(0, "a")
        self.after(60, "b")
        self.assertTrue(self.isDue())
        takeBack()
        self.assertFalse(self.isDue(0))
        takeBack = self.after(0, "a")
        self.timer.after(-1, lambda: takeBack())
        self.call(0)
        self.assertEqual(self.called, [])
        self.assertFalse(self.isDue(0))
        self.after(1, "c")()
        self.assertEqual(len(self.watching.watched), 1)

    def test_onlyTakenBack(self) -> None:
        """When all is taken back the timer is given back."""
        self.after(60, "a")()
        self.assertEqual(self.watching.watched, set())

    def test_again(self) -> None:
        """What is called may have itself called again: for that the same timer is kept."""
        self.timer.after(0.001, lambda: self.after(0.001, "again"))
        (alarm,) = self.watching.watched
        descriptor = alarm.fileno()
        self.call(0.001)
        self.assertEqual((self.watching.watched, alarm.fileno()), ({alarm}, descriptor))
        self.call(0.001)
        self.assertEqual(self.called, ["again"])

    def counted(self) -> list[float]:
        """The moments that the kernel's timer is set to from now on, counted from now."""
        begin, moments, setAlarm = self.now, list[float](), _Alarm.set

        def set(alarm: _Alarm, moment: float, every: float) -> None:
            moments.append(round(moment - begin, 6))
            setAlarm(alarm, moment, every)

        self.patch(_Alarm, "set", set)
        return moments

    def test_pace(self) -> None:
        """
        What is called again and again comes as often, however long it takes, and the kernel is told
        only once; but some of each pause is left for others.
        """
        moments, takes, pause = self.counted(), 0.0005, 0.002

        def again() -> None:
            self.called.append("a")
            self.now += takes
            self.timer.after(pause, again)

        self.timer.after(pause, again)
        for _ in range(3):
            self.call(0.002 - takes if self.called else 0.002)
        self.assertEqual(moments, [0.002])
        takes = 0.0019
        self.call(0.0015)
        # At 9.9 ms it has been called, which was to be at 8.
        self.assertEqual(moments[1:], [0.0099 + 0.002 * leastRest])
        takes, pause = 0.0001, 0.003
        self.call(0.0015)
        self.assertEqual(moments[2:], [0.0114 + 0.003])
        self.assertEqual(self.called, ["a"] * 5)

    def test_near(self) -> None:
        """The kernel is told of another moment only if that is not near enough to the next one."""
        moments, pauses = self.counted(), [0.00195, 0.0018, 0.002, 0.0024]

        def again() -> None:
            if pauses:
                self.timer.after(pauses.pop(0), again)

        self.timer.after(0.002, again)
        for passed, count in ((0.002, 1), (0.002, 2), (0.0018, 2), (0.0018, 3)):
            self.call(passed)
            self.assertEqual(len(moments), count)
        self.assertEqual(moments, [0.002, 0.0058, 0.01])

    def test_missed(self) -> None:
        """Where the reactor was busy for long, the next call is a pause after the last was due."""
        moments, pause = self.counted(), 0.05
        self.isLate = True
        self.timer.after(pause, lambda: self.after(pause, "again"))
        while monotonic() < self.now + 3 * pause:
            select.select((), (), (), pause)
        self.call(3 * pause)
        self.assertEqual(moments, [pause])
        self.call(limit)
        self.assertEqual(self.called, ["again"])

    def test_setAnew(self) -> None:
        """When the reactor comes to what the timer has told, that may have been taken back."""
        takeBack = self.after(0, "a")
        self.after(60, "b")
        self.assertTrue(self.isDue())
        takeBack()
        (alarm,) = self.watching.watched
        alarm.doRead()
        self.assertEqual(self.called, [])

    def test_fails(self) -> None:
        """What fails is logged, and keeps nothing else from being called."""
        self.timer.after(0, lambda: 1 // 0)
        self.after(0, "a")
        self.call(0)
        self.assertEqual(self.called, ["a"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class RealTimerTests(TestCase):
    timeout = 4 * patience

    async def test_reactor(self) -> None:
        """The reactor is woken up when it is time and not before, and watches nothing else then."""
        # A reactor that has just begun to run begins to watch some things of its own.
        await deferLater(reactor, 0)
        timer, before = FineTimer(reactor), set(reactor.getReaders())
        for pause in (0.0017, 0.0004):
            due: Deferred[None] = Deferred()
            begin = monotonic()
            timer.after(pause, partial(due.callback, None))
            self.assertEqual(len(set(reactor.getReaders()) - before), 1)
            await due
            self.assertGreaterEqual(monotonic() - begin, pause - togetherSeconds)
            # Pauses that begin in a call count from when the timer went off.
            await deferLater(reactor, 0)
        self.assertEqual(set(reactor.getReaders()) - before, set())

    def test_ofServers(self) -> None:
        """Consoles of servers are read again by it."""
        clock: Any = reactor
        store, _ = memoryStore()
        context = HostContext(
            *(clock, alike(atOnce), Catalogue(())),
            *(Journal(reactor, store, lambda: 0.0), ConfigsHere()),
            HostSetup(self.mktemp(), os.defpath),
        )
        before = set(reactor.getReaders())
        takeBack = context.readings.after(0.0017, lambda: None)
        self.assertEqual(len(set(reactor.getReaders()) - before), 1)
        takeBack()
