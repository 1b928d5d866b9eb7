"""
Pauses that are not whole milliseconds, by a timer of the kernel, see C{timerfd_create(2)}.

The reactor waits by C{epoll_wait(2)}: for whole milliseconds, and rather for one more than for one
less. Where two are meant, that is much.
"""

import ctypes
import os
import sys
from bisect import insort
from collections.abc import Callable
from itertools import count
from math import inf
from time import monotonic
from typing import Any, Final

from twisted.internet.interfaces import IReactorFDSet
from twisted.logger import Logger

from gamepanel.process.runfiles import WatchedDescriptor

togetherSeconds: Final = 0.0003
"""What is due so soon is called, too, so that consoles come to be read in the same turn."""

lateSeconds: Final = 0.0001
"""A call may come so late, where that saves setting the timer anew."""

leastRest: Final = 0.75
"""
So much of a pause, less L{togetherSeconds}, lies between a call and the next one of the same,
however late it was.
"""

_clockMonotonic: Final = 1
_absolute: Final = 1

_library: Final = ctypes.CDLL(None, use_errno=True)


class _Setting(ctypes.Structure):
    """C{struct itimerspec}."""

    _fields_ = [
        (name, ctypes.c_long)
        for name in ("everySeconds", "everyNanoseconds", "atSeconds", "atNanoseconds")
    ]


class _Alarm(WatchedDescriptor):
    """
    A timer of the kernel that the reactor watches. It goes off again and again, so that it is set
    anew only when pauses change.

    @ivar wentOff: when it went off last.
    @ivar next: when it goes off next.
    """

    def __init__(self, reactor: IReactorFDSet, isDue: Callable[[], None]) -> None:
        """
        @param isDue: called when it has gone off.

        @raise OSError: when the kernel gives none.
        """
        descriptor = _library.timerfd_create(_clockMonotonic, os.O_NONBLOCK | os.O_CLOEXEC)
        if descriptor == -1:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self._isDue = isDue
        self._every = 0.0
        self.wentOff = self.next = -inf
        # Made once, for each time that it is set.
        self._setting = _Setting()
        self._reference = ctypes.byref(self._setting)
        try:
            super().__init__(reactor, descriptor)
        except OSError:
            os.close(descriptor)
            raise

    def doRead(self) -> None:
        """It has gone off."""
        try:
            times = self.timesSince()
        except BlockingIOError:
            # It has been set anew meanwhile.
            return
        self.wentOff = self.next + (times - 1) * self._every
        self.next = self.wentOff + self._every
        self._isDue()

    def timesSince(self) -> int:
        """
        How often it has gone off since it was asked last.

        @raise BlockingIOError: when it has not.
        """
        return int.from_bytes(os.read(self._descriptor, 8), sys.byteorder)

    def set(self, moment: float, every: float) -> None:
        """
        Have it go off at a moment, and again and again from then on.

        @param moment: of the monotonic clock, in seconds.
        @param every: after so many seconds each time; at least one nanosecond.
        """
        setting: Any = self._setting
        setting.atSeconds, setting.atNanoseconds = divmod(int(moment * 1e9), 10**9)
        setting.everySeconds, setting.everyNanoseconds = divmod(int(every * 1e9), 10**9)
        _library.timerfd_settime(self._descriptor, _absolute, self._reference, None)
        self.next, self._every = moment, every


class FineTimer:
    """
    Calls functions after a pause. Only while there is one to call it has a timer of the kernel.
    """

    _log = Logger()

    def __init__(self, reactor: IReactorFDSet, seconds: Callable[[], float] = monotonic) -> None:
        """
        @param seconds: tells the time of the monotonic clock.
        """
        self._reactor = reactor
        self._seconds = seconds
        self._numbers = count()
        # When, in which order, after which pause, what; the next one first.
        self._pending: list[tuple[float, int, float, Callable[[], object]]] = []
        self._alarm: _Alarm | None = None
        self._isCalling = False

    def after(self, pause: float, call: Callable[[], object]) -> Callable[[], None]:
        """
        Call a function later, or up to L{togetherSeconds} sooner. While something is being called,
        the pause counts from when the timer went off, so that what is called again and again comes
        as often, however long it takes; but see L{leastRest}.

        @param pause: after so many seconds.

        @return: takes that back, before it is called.

        @raise OSError: when the kernel gives no timer.
        """
        alarm, isNew = self._alarm, False
        if alarm is None or alarm.fileno() == -1:
            alarm, isNew = _Alarm(self._reactor, self._call), True
            self._alarm = alarm
        moment = self._seconds()
        if self._isCalling:
            moment = max(moment - pause * (1 - leastRest), alarm.wentOff)
        due = (moment + pause, next(self._numbers), pause, call)
        insort(self._pending, due)
        if isNew or self._pending[0] is due:
            self._setAlarm()

        def takeBack() -> None:
            self._pending.remove(due)
            self._setAlarm()

        return takeBack

    def _setAlarm(self) -> None:
        if self._isCalling or self._alarm is None:
            # It is set when all have been called.
            return
        if not self._pending:
            self._alarm.close()
            self._alarm = None
            return
        moment, _, pause, _ = self._pending[0]
        # Mostly it goes off then by itself.
        if not -togetherSeconds < self._alarm.next - moment < lateSeconds:
            self._alarm.set(moment, max(pause, togetherSeconds))

    def _call(self) -> None:
        end = self._seconds() + togetherSeconds
        self._isCalling = True
        try:
            # Whoever is called may take back others.
            while self._pending and self._pending[0][0] <= end:
                *_, call = self._pending.pop(0)
                try:
                    call()
                except Exception:
                    self._log.failure("what was to be done after a pause has failed")
        finally:
            self._isCalling = False
            self._setAlarm()
