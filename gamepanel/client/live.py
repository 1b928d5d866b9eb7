"""
The part of running a command that needs a reactor.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from gamepanel.client.reports import interrupted
from gamepanel.client.terminal import forgetOutput, isPipe, unbroken


def install() -> Any:
    """A reactor on a new loop of asyncio's, which the console needs."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)
    from twisted.internet import reactor

    return reactor


def run(
    reactor: Any, work: Coroutine[Any, Any, None], ended: Callable[[BaseException | None], int]
) -> int:
    """
    Run a coroutine to its end; see L{gamepanel.client.runtime.execute}.
    """
    statuses: list[int] = []

    def over(result: object) -> None:
        statuses.append(ended(result.value if isinstance(result, Failure) else None))
        reactor.callLater(0, _stop, reactor)

    def begin() -> None:
        worked = Deferred.fromCoroutine(work).addBoth(over)
        # What is interrupted may have something to put in order.
        reactor.addSystemEventTrigger("before", "shutdown", worked.cancel)

    reactor.callWhenRunning(begin)
    reactor.run()
    return statuses[0] if statuses else interrupted


def _stop(reactor: Any) -> None:
    with suppress(ReactorNotRunning):
        reactor.stop()


async def whileRead(work: Coroutine[Any, Any, None]) -> None:
    """Do something without an end for as long as somebody reads our output (C{| head})."""
    working = Deferred.fromCoroutine(work)
    isUnread = False

    def unread() -> None:
        nonlocal isUnread
        isUnread = True
        loop.remove_reader(sys.stdout.fileno())
        forgetOutput()
        working.cancel()

    loop = asyncio.get_event_loop()
    if isPipe(sys.stdout):
        # The writing end of a pipe is only ever "readable" when nobody reads it any more.
        loop.add_reader(sys.stdout.fileno(), unread)
    try:
        with unbroken():
            await working
    except CancelledError:
        if not isUnread:
            raise
