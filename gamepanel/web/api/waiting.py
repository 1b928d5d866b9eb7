"""
Waiting for something to happen, for one client.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.accounts.rights import Session, SessionEvent
from gamepanel.base.errors import AuthUnavailable, TokenInvalid


def cancel(timer: IDelayedCall | None) -> None:
    """Let a timer not fire, if it has not yet."""
    if timer is not None and timer.active():
        timer.cancel()


T = TypeVar("T")


def nextEvent(
    session: Session | None,
    clock: IReactorTime,
    seconds: float,
    *listens: Callable[[Callable[[T], None]], Callable[[], object]],
) -> Deferred[T | Literal["changed", "timeout"]]:
    """
    @param session: of the client; other rights of its user end the wait, too.
    @param seconds: how long to wait at the most.
    @param listens: each calls what it is given with what happens, until the function is called
        that it returns.

    @return: fires with what came first; cancelling it ends the wait. It fails with
        L{TokenInvalid} when the token ends, and with L{AuthUnavailable} when nobody knows any more
        whether it is good.
    """
    undo: list[Callable[[], object]] = []

    def settle(outcome: T | Literal["changed", "timeout"]) -> None:
        stop()
        result.callback(outcome)

    def told(event: SessionEvent) -> None:
        if event == "changed":
            settle(event)
            return
        stop()
        result.errback(TokenInvalid() if event == "ended" else AuthUnavailable(retryAfter=1))

    def stop() -> None:
        for end in undo:
            end()
        undo.clear()

    result: Deferred[T | Literal["changed", "timeout"]] = Deferred(lambda _: stop())
    undo += [listen(settle) for listen in listens]
    if session is not None:
        undo.append(session.watch(told))
    timer = clock.callLater(seconds, lambda: settle("timeout"))
    undo.append(lambda: cancel(timer))
    return result
