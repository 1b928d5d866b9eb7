"""
What can be said of a server at one moment: a value, and how it comes about.
"""

from attrs import frozen

from gamepanel.servers.basics import Basics
from gamepanel.servers.current import CurrentRun
from gamepanel.servers.files.life import Run
from gamepanel.servers.process.usage import Usage
from gamepanel.servers.restart import recent
from gamepanel.servers.status import Status


@frozen
class View:
    """
    What can be said of a server at one moment.

    @ivar readIndex: end of its log.
    @ivar run: the current run, or the last.
    @ivar alive: whether that run goes on.
    @ivar pid: the game's own process, while it is alive and known.
    @ivar crashes: how many crashes count now.
    @ivar window: for how long each counts, in seconds; None when there are none.
    @ivar usage: what its processes used when last looked at, while it is alive.
    """

    status: Status
    readIndex: int
    run: Run | None
    alive: bool
    pid: int | None
    crashes: int
    window: float | None
    usage: Usage | None


def view(
    basics: Basics, status: Status, readIndex: int, run: Run | None, current: CurrentRun
) -> View:
    """
    What can be said of a server now.

    @param readIndex: end of its log.
    @param run: the current run, or the last.
    """
    alive = current.game is not None
    window = basics.policy().window if status.crashes else 0.0
    crashes = len(recent(status.crashes, basics.kernel.uptime(), window))
    return View(
        status,
        readIndex,
        run,
        alive,
        run.pid if alive and run is not None else None,
        crashes,
        window if crashes else None,
        None if current.shim is None else basics.context.usage(current.shim),
    )
