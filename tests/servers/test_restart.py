"""How a server ended, and what follows: tables."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.process.runfiles import Exit
from gamepanel.servers.restart import (
    Decision,
    GiveUp,
    Policy,
    StayDown,
    TryAgain,
    decide,
    floored,
    recent,
)
from gamepanel.wire.causes import because


def tooOften(count: int, window: float) -> GiveUp:
    """It is given up since it has ended so often within so many seconds."""
    return GiveUp(because("ended_too_often", count=count, window=window))


class ExitTests(SynchronousTestCase):
    def test_signals(self) -> None:
        """A code beyond 128 that is a signal's is told by its name."""
        for code, signal, words in (
            (0, None, "exit code 0"),
            (7, None, "exit code 7"),
            (128, None, "exit code 128"),
            (143, "TERM", "signal TERM"),
            (137, "KILL", "signal KILL"),
            (139, "SEGV", "signal SEGV"),
            (255, None, "exit code 255"),
            (None, None, "exit code unknown"),
        ):
            self.assertEqual((Exit(code).signal, str(Exit(code))), (signal, words))


class DecideTests(SynchronousTestCase):
    def test_table(self) -> None:
        """What each policy does about each end."""
        never = Policy(policy="never")
        onFailure = Policy(policy="on-failure", cleanExitCodes=(0, 143))
        always = Policy(policy="always")
        brief = Policy(firstDelay=2, maxDelay=10, giveUpAfter=4, window=90)
        told = because("never_restarted")
        table: list[tuple[Policy, int | None, int, Decision]] = [
            (never, 0, 1, StayDown()),
            (never, 1, 1, GiveUp(told)),
            (never, None, 1, GiveUp(told)),
            (onFailure, 0, 1, StayDown()),
            (onFailure, 143, 1, StayDown()),
            (onFailure, 1, 1, TryAgain(2)),
            (onFailure, 137, 1, TryAgain(2)),
            (onFailure, None, 1, TryAgain(2)),
            (always, 0, 1, TryAgain(2)),
            (always, 1, 2, TryAgain(4)),
            (brief, 1, 2, TryAgain(4)),
            (brief, 1, 3, TryAgain(8)),
            (brief, 1, 4, tooOften(4, 90)),
            (brief, 1, 9, tooOften(9, 90)),
            (Policy(giveUpAfter=1), 1, 1, tooOften(1, 600)),
            (Policy(giveUpAfter=999), 1, 500, TryAgain(300)),
            (Policy(firstDelay=0, giveUpAfter=9), 1, 8, TryAgain(0)),
            (
                Policy(giveUpAfter=1, window=3600),
                1,
                1,
                tooOften(1, 3600),
            ),
        ]
        for policy, code, count, expected in table:
            crashes = [float(at) for at in range(count)]
            self.assertEqual(decide(policy, Exit(code), crashes, 0), expected, (policy, code))

    def test_failedStart(self) -> None:
        """Where the start has failed no exit code is clean."""
        self.assertEqual(decide(Policy(), Exit(0), [1.0], 0, isFailure=True), TryAgain(2))
        self.assertEqual(
            decide(Policy(policy="never"), Exit(0), [1.0], 0, isFailure=True),
            GiveUp(because("never_restarted")),
        )

    def test_jitter(self) -> None:
        """The delay is moved by a fifth at the most, and never beyond the longest."""
        policy = Policy(firstDelay=10, maxDelay=11)
        for jitter, delay in ((-1, 8.0), (-0.5, 9.0), (0, 10.0), (1, 11.0)):
            self.assertEqual(decide(policy, Exit(1), [0.0], jitter), TryAgain(delay))

    def test_recent(self) -> None:
        """Crashes before the window are forgotten; the one at its edge is."""
        self.assertEqual(recent((1, 40, 41, 99), 100, 60), (41, 99))

    def test_floor(self) -> None:
        """A restart is at least 1 s after the last start; what was before the host is none."""
        for delay, sinceStart, expected in (
            (0.0, 0.0, 1.0),
            (0.0, 0.25, 0.75),
            (0.5, 0.25, 0.75),
            (0.0, 1.0, 0.0),
            (2.0, 0.0, 2.0),
            (0.0, 9.0, 0.0),
            (0.0, None, 0.0),
            (0.0, -500.0, 0.0),
        ):
            self.assertEqual(floored(delay, sinceStart), expected, (delay, sinceStart))

    def test_nonsenseIsRefused(self) -> None:
        """A policy that can't be is refused when it is made."""
        self.assertRaises(ValueError, Policy, firstDelay=-1)
        self.assertRaises(ValueError, Policy, giveUpAfter=0)
        self.assertRaises(ValueError, Policy, window=0)
