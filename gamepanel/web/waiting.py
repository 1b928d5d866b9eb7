"""
Waiting for something to happen to a server, for one client.
"""

from collections.abc import Callable
from typing import Literal

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

from gamepanel.accounts.tokens import Session, SessionEvent
from gamepanel.servers.server import GameServer
from gamepanel.servers.watchers import Event


def cancel(timer: IDelayedCall | None) -> None:
    """Let a timer not fire, if it has not yet."""
    if timer is not None and timer.active():
        timer.cancel()


Outcome = Event | SessionEvent | Literal["timeout"]
"""What happened to the server or to the client's token; or nothing did in time."""


def nextEvent(
    server: GameServer, session: Session | None, clock: IReactorTime, seconds: float
) -> Deferred[Outcome]:
    """
    @param seconds: how long to wait at the most.

    @return: fires with what came first; cancelling it ends the wait.
    """
    undo: list[Callable[[], object]] = []

    def settle(outcome: Outcome) -> None:
        stop()
        result.callback(outcome)

    def stop() -> None:
        for end in undo:
            end()
        undo.clear()

    result: Deferred[Outcome] = Deferred(lambda _: stop())
    undo.append(server.watchers.add(settle))
    if session is not None:
        undo.append(session.watch(settle))
    timer = clock.callLater(seconds, lambda: settle("timeout"))
    undo.append(lambda: cancel(timer))
    return result
