"""
Whether a moment of a schedule has come: a function of what clocks showed.
"""

from typing import Final, Literal

from attrs import frozen

lateSeconds: Final = 60.0
"""A daemon that is late by no more than this does what was due in any case."""


@frozen
class Clocks:
    """
    What clocks showed at one moment.

    @ivar wall: Unix seconds (CLOCK_REALTIME), which people and programs set.
    @ivar elapsed: seconds since the host has started (CLOCK_BOOTTIME), which nobody sets and which
        go on while it sleeps.
    """

    wall: float
    elapsed: float


Skipped = Literal["late", "set forward"]
"""Why a moment is skipped: too much time has passed; the clock was set past it."""


@frozen
class Verdict:
    """
    What becomes of a schedule.

    @ivar runs: whether it runs now.
    @ivar skipped: why it does not, although its moment is over; None where it runs or waits.
    @ivar since: its next moment is the first one later than this, in Unix seconds; None: it
        stays as it is.
    """

    runs: bool = False
    skipped: Skipped | None = None
    since: float | None = None


def due(moment: float, done: float, within: float, before: Clocks | None, now: Clocks) -> Verdict:
    """
    Whether a schedule is due.

    @param moment: when it is due next, in Unix seconds.
    @param done: L{Verdict.since} of when it last ran, so that nothing up to there runs again
        should the clock be set back; 0 if it never ran.
    @param within: how late it may run, in seconds, after the daemon was away or the host slept.
    @param before: when that was last asked; None if not since the daemon was started.
    @param now: when it is asked.
    """
    # What the wall clock would show if nobody had set it.
    unset = now.wall if before is None else before.wall + (now.elapsed - before.elapsed)
    if now.wall < moment or moment <= done:
        isSetBack = before is None or now.wall < unset - lateSeconds
        return Verdict(since=max(now.wall, done) if isSetBack or moment <= done else None)
    if moment > unset and now.wall - unset > lateSeconds:
        return Verdict(skipped="set forward", since=now.wall)
    if min(unset, now.wall) - moment > max(within, lateSeconds):
        return Verdict(skipped="late", since=now.wall)
    return Verdict(runs=True, since=now.wall)
