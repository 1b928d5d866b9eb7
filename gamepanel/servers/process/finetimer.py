"""
Pauses that are not whole milliseconds, by a timer of the kernel, see C{timerfd_create(2)}.

The reactor waits by C{epoll_wait(2)}: for whole milliseconds, and rather for one more than for one
less. Where two are meant, that is much.
"""

import ctypes
import os
from bisect import insort
from collections.abc import Callable
from itertools import count
from time import monotonic
from typing import Any, Final

from twisted.internet.interfaces import IReactorFDSet
from twisted.logger import Logger

from gamepanel.servers.process.descriptor import WatchedDescriptor

togetherSeconds: Final = 0.0003
"""What is due so soon is called, too, so that consoles come to be read in the same turn."""

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
    A timer of the kernel that the reactor watches.
    """

    def __init__(self, reactor: IReactorFDSet, isDue: Callable[[], None]) -> None:
        """
        @param isDue: called when it is due, until it is set anew.

        @raise OSError: when the kernel gives none.
        """
        descriptor = _library.timerfd_create(_clockMonotonic, os.O_NONBLOCK | os.O_CLOEXEC)
        if descriptor == -1:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        self._isDue = isDue
        # Made once, for each time that it is set.
        self._setting = _Setting()
        self._reference = ctypes.byref(self._setting)
        try:
            super().__init__(reactor, descriptor)
        except OSError:
            os.close(descriptor)
            raise

    def doRead(self) -> None:
        """It is due."""
        self._isDue()

    def set(self, moment: float) -> None:
        """
        Have it due at a moment, and not before.

        @param moment: of the monotonic clock, in seconds.
        """
        setting: Any = self._setting
        setting.atSeconds, setting.atNanoseconds = divmod(int(moment * 1e9), 10**9)
        _library.timerfd_settime(self._descriptor, _absolute, self._reference, None)


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
        # When, in which order, what; the next one first.
        self._pending: list[tuple[float, int, Callable[[], object]]] = []
        self._alarm: _Alarm | None = None
        self._isCalling = False

    def after(self, pause: float, call: Callable[[], object]) -> Callable[[], None]:
        """
        Call a function later, or up to L{togetherSeconds} sooner.

        @param pause: after so many seconds.

        @return: takes that back, before it is called.

        @raise OSError: when the kernel gives no timer.
        """
        if self._alarm is None or self._alarm.fileno() == -1:
            self._alarm = _Alarm(self._reactor, self._call)
        due = (self._seconds() + pause, next(self._numbers), call)
        insort(self._pending, due)
        if self._pending[0] is due:
            self._setAlarm()

        def takeBack() -> None:
            self._pending.remove(due)
            self._setAlarm()

        return takeBack

    def _setAlarm(self) -> None:
        if self._isCalling or self._alarm is None:
            # It is set when all have been called.
            return
        if self._pending:
            self._alarm.set(self._pending[0][0])
        else:
            self._alarm.close()
            self._alarm = None

    def _call(self) -> None:
        end = self._seconds() + togetherSeconds
        self._isCalling = True
        try:
            # Whoever is called may take back others.
            while self._pending and self._pending[0][0] <= end:
                _, _, call = self._pending.pop(0)
                try:
                    call()
                except Exception:
                    self._log.failure("what was to be done after a pause has failed")
        finally:
            self._isCalling = False
            self._setAlarm()
