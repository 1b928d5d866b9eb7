"""Tests of whether a moment of a schedule has come."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.schedules.due import Clocks, Verdict, due

HOUR = 3600.0


def asked(
    moment: float,
    before: tuple[float, float] | None,
    now: tuple[float, float],
    *,
    within: float = 0.0,
    done: float = 0.0,
) -> Verdict:
    """A verdict; clocks as wall and elapsed."""
    return due(moment, done, within, None if before is None else Clocks(*before), Clocks(*now))


class DueTests(SynchronousTestCase):
    """A schedule is due at 10,000; the wall clock showed 9,990 when the host had run for 100 s."""

    before = (9990.0, 100.0)

    def test_waits(self) -> None:
        """Before its moment nothing happens, and the moment stays."""
        self.assertEqual(asked(10000, self.before, (9999.9, 109.9)), Verdict())

    def test_punctual(self) -> None:
        """At its moment it runs, and what is next is later than now."""
        for now in ((10000.0, 110.0), (10003.0, 113.0)):
            expected = Verdict(runs=True, since=now[0])
            self.assertEqual(asked(10000, self.before, now), expected)

    def test_late(self) -> None:
        """A daemon that is late by up to a minute runs it in any case; beyond, C{within} says."""
        for late, within, runs in (
            *((60.0, 0.0, True), (61.0, 0.0, False), (60.0, 30.0, True)),
            *((HOUR, HOUR, True), (HOUR + 1, HOUR, False)),
        ):
            now = (10000 + late, 110 + late)
            verdict = asked(10000, self.before, now, within=within)
            expected = Verdict(runs, None if runs else "late", now[0])
            self.assertEqual(verdict, expected, (late, within))

    def test_away(self) -> None:
        """A daemon that was away knows of no clocks before: the wall clock counts."""
        for late, within, runs in ((20.0, 0.0, True), (HOUR, 0.0, False), (HOUR, HOUR, True)):
            verdict = asked(10000, None, (10000 + late, 5.0), within=within)
            expected = Verdict(runs, None if runs else "late", 10000 + late)
            self.assertEqual(verdict, expected, (late, within))

    def test_awayBefore(self) -> None:
        """After it was away, what is next is counted anew: the clock may have been set back."""
        self.assertEqual(asked(10000, None, (9000, 5.0), done=8000), Verdict(since=9000))
        self.assertEqual(asked(10000, None, (9000, 5.0), done=9500), Verdict(since=9500))

    def test_setForward(self) -> None:
        """A clock that is set forward past the moment skips it, whatever C{within} is."""
        for within in (0.0, 86400.0):
            verdict = asked(10000, self.before, (9995 + HOUR, 105.0), within=within)
            self.assertEqual(verdict, Verdict(skipped="set forward", since=9995 + HOUR))

    def test_setForwardShortOfIt(self) -> None:
        """A clock that is set forward to before the moment changes nothing."""
        verdict = asked(10000 + HOUR, self.before, (9995 + HOUR, 105.0))
        self.assertEqual(verdict, Verdict())

    def test_corrected(self) -> None:
        """A clock that is corrected by less than a minute skips nothing."""
        verdict = asked(10000, self.before, (10045.0, 105.0))
        self.assertEqual(verdict, Verdict(runs=True, since=10045))

    def test_dueBeforeSet(self) -> None:
        """What would have come by itself is not skipped, should the clock be set as well."""
        verdict = asked(10000, self.before, (10002 + HOUR, 112.0))
        self.assertEqual(verdict, Verdict(runs=True, since=10002 + HOUR))

    def test_sleep(self) -> None:
        """While the host sleeps elapsed time goes on, so the clock is not taken to be set."""
        now = (9990 + HOUR, 100 + HOUR)
        self.assertEqual(asked(10000, self.before, now).skipped, "late")
        self.assertTrue(asked(10000, self.before, now, within=HOUR).runs)

    def test_sleptAndSet(self) -> None:
        """
        One that sleeps while its clock is set forward is late by what has elapsed, and by no more.
        """
        now = (9990 + 10 * HOUR, 100 + HOUR)
        self.assertTrue(asked(10000, self.before, now, within=HOUR).runs)
        self.assertEqual(asked(10000 + 5 * HOUR, self.before, now).skipped, "set forward")

    def test_setBack(self) -> None:
        """After the clock was set back, what has run does not run again, and what has not does."""
        back = (9995 - HOUR, 105.0)
        # It has run at 9,000: nothing up to there, also of what it stood for, runs again.
        self.assertEqual(asked(10000, self.before, back, done=9000), Verdict(since=9000))
        self.assertEqual(asked(10000, self.before, back, done=5000), Verdict(since=9995 - HOUR))
        # Past its moment by the elapsed time, but clocks do not show it yet.
        self.assertEqual(
            asked(10000, self.before, (10005 - HOUR, 115.0), done=9000), Verdict(since=9000)
        )

    def test_setBackALittle(self) -> None:
        """A small correction backwards counts nothing anew: the moment is just waited for."""
        self.assertEqual(asked(10000, self.before, (9970.0, 111.0), done=9990), Verdict())

    def test_neverTwice(self) -> None:
        """A moment up to which all was done does not run, whatever has led to it."""
        verdict = asked(10000, self.before, (10000.0, 110.0), done=10000)
        self.assertEqual(verdict, Verdict(since=10000))

    def test_walk(self) -> None:
        """
        A schedule that is due each 100 s, on clocks that are set to and fro: no moment runs twice,
        and each that is reached by elapsed time runs once.
        """
        wall, elapsed, done, moment = 1000.0, 0.0, 0.0, 1100.0
        before, ran = Clocks(wall, elapsed), list[float]()
        steps = {50: 500.0, 120: -500.0, 200: -90.0, 300: 7000.0, 301: -7000.0, 400: 30.0}
        for step in range(600):
            wall, elapsed = wall + 10 + steps.get(step, 0), elapsed + 10
            now = Clocks(wall, elapsed)
            verdict = due(moment, done, 0, before, now)
            if verdict.runs:
                ran.append(moment)
                done = wall
            if verdict.since is not None:
                moment = (verdict.since // 100 + 1) * 100
            before = now
        self.assertEqual(len(ran), len(set(ran)))
        self.assertEqual(ran, sorted(ran))
        reached = {each * 100.0 for each in range(11, int(wall // 100) + 1)}
        self.assertEqual(reached - set(ran), {1600.0, 1700.0, 1800.0, 1900.0, 2000.0})
