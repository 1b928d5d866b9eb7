"""
Restart policy: whether a server that ended by itself is started again, after what restart delay
(a backoff), and when to give up. Functions of numbers.
"""

from collections.abc import Sequence
from typing import Final, Literal

from attrs import field, frozen, validators
from msgspec import Struct

from gamepanel.base.backoff import backoff
from gamepanel.process.runfiles import Exit
from gamepanel.wire.causes import Cause, because

Rule = Literal["never", "on-failure", "always"]


@frozen
class Policy:
    """
    When a server that ended by itself is started again. All times in seconds.

    @ivar policy: whether at all.
    @ivar cleanExitCodes: codes that are no failure.
    @ivar firstDelay: before the first restart; doubled for each crash in the window.
    @ivar maxDelay: no delay is longer.
    @ivar giveUpAfter: how many crashes in the window are too many.
    @ivar window: older crashes are forgotten.
    """

    policy: Rule = "on-failure"
    cleanExitCodes: tuple[int, ...] = (0,)
    firstDelay: float = field(default=2.0, validator=validators.ge(0))
    maxDelay: float = field(default=300.0, validator=validators.ge(0))
    giveUpAfter: int = field(default=5, validator=validators.ge(1))
    window: float = field(default=600.0, validator=validators.gt(0))


class StayDown(Struct, frozen=True):
    """It is not restarted, and that is well."""


class TryAgain(Struct, frozen=True):
    """
    It is to be restarted.

    @ivar delay: after how many seconds.
    """

    delay: float


class GiveUp(Struct, frozen=True):
    """
    It is not restarted although it failed.

    @ivar why: for people.
    """

    why: Cause


Decision = StayDown | TryAgain | GiveUp


def recent(crashes: Sequence[float], now: float, window: float) -> tuple[float, ...]:
    """Those points in time that lie less than C{window} seconds before C{now}."""
    return tuple(at for at in crashes if now - at < window)


def isClean(policy: Policy, exit: Exit) -> bool:
    """Whether an end that nobody asked for is none to worry about."""
    return exit.code in policy.cleanExitCodes


def decide(
    policy: Policy,
    exit: Exit,
    crashes: Sequence[float],
    jitter: float,
    isFailure: bool = False,
) -> Decision:
    """
    What to do about a server that ended by itself.

    @param crashes: when it ended so within the window, this time included.
    @param jitter: of the backoff, from -1 to 1.
    @param isFailure: whether no exit code is clean, since it had not been ready before, say.
    """
    clean = isClean(policy, exit) and not isFailure
    if policy.policy == "never":
        return StayDown() if clean else GiveUp(because("never_restarted"))
    if policy.policy == "on-failure" and clean:
        return StayDown()
    count = len(crashes)
    if count >= policy.giveUpAfter:
        return GiveUp(because("ended_too_often", count=count, window=policy.window))
    return TryAgain(backoff(count - 1, policy.firstDelay, policy.maxDelay, jitter))


restartFloor: Final = 1.0
"""No automatic restart comes sooner after the last start, in seconds, whatever the settings say."""


def floored(delay: float, sinceStart: float | None) -> float:
    """
    The delay before an automatic restart, in seconds, so that a game that ends at once
    does not keep the host busy with starting it.

    @param delay: what the settings say.
    @param sinceStart: seconds since the last start; None if there was none since the host
        started, and negative where that start was before the host's.
    """
    if sinceStart is None or sinceStart < 0:
        return delay
    return max(delay, restartFloor - sinceStart)
