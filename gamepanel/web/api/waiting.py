"""
Waiting for something to happen, for one client.
"""

from collections.abc import Callable
from typing import Literal, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.accounts.tokens import Session, SessionEvent


def cancel(timer: IDelayedCall | None) -> None:
    """Let a timer not fire, if it has not yet."""
    if timer is not None and timer.active():
        timer.cancel()


def together(*ends: Callable[[], object]) -> Callable[[], None]:
    """One function that ends all of these."""

    def endAll() -> None:
        for end in ends:
            end()

    return endAll


T = TypeVar("T")


def nextEvent(
    listen: Callable[[Callable[[T], None]], Callable[[], object]],
    session: Session | None,
    clock: IReactorTime,
    seconds: float,
) -> Deferred[T | SessionEvent | Literal["timeout"]]:
    """
    @param listen: calls what it is given with what happens, until the function is called
        that it returns.
    @param seconds: how long to wait at the most.

    @return: fires with what came first; cancelling it ends the wait.
    """
    undo: list[Callable[[], object]] = []

    def settle(outcome: T | SessionEvent | Literal["timeout"]) -> None:
        stop()
        result.callback(outcome)

    def stop() -> None:
        for end in undo:
            end()
        undo.clear()

    result: Deferred[T | SessionEvent | Literal["timeout"]] = Deferred(lambda _: stop())
    undo.append(listen(settle))
    if session is not None:
        undo.append(session.watch(settle))
    timer = clock.callLater(seconds, lambda: settle("timeout"))
    undo.append(lambda: cancel(timer))
    return result
