"""Tests of what is next in a run, of each kind of step, also after a restart of the daemon."""

from typing import Any

from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.schedules.runs import (
    Await,
    Begin,
    Give,
    Over,
    Run,
    Seen,
    blocked,
    failing,
    following,
    passed,
    resumed,
)
from gamepanel.wire.schedules import DAY, Step

command = Step(command="save")
wait = Step(wait=100)
start, stop = Step(power="start"), Step(power="stop")
restart, kill = Step(power="restart"), Step(power="kill")
backup, update = Step(backup="nightly"), Step(update=True)
countdown = Step(command="say {time} {seconds} {x}", countdown=[120, 60, 1])
after = Step(command="after")


def run(*steps: Step, **more: Any) -> Run:
    """A run of these steps that has begun at 1,000 and whose step has not."""
    return Run("ann", 1, steps, "time", 1000.0, 1000.0, **more)


def begun(*steps: Step, **more: Any) -> Run:
    """The same; its first step has begun at 1,000, while the run 7 of the game went on."""
    return run(*steps, **{"begunAt": 1000.0, "game": 7.0, **more})


def seen(now: float = 1001.0, state: Any = "running", game: Any = 7.0, **more: Any) -> Seen:
    """What is known: the run 7 of the game goes on."""
    return Seen(now, state, game, **more)


class FollowingTests(SynchronousTestCase):
    def goesOn(self, before: Run, now: Seen) -> None:
        """The step is over, and the one behind it begins."""
        found = following(before, now)
        assert isinstance(found, Begin), found
        self.assertEqual((found.run.step, found.run.failed), (1, ""))

    def fails(self, before: Run, now: Seen, why: str) -> None:
        """The step fails, and so does the run."""
        found = following(before, now)
        assert isinstance(found, Over), found
        self.assertEqual((found.result, found.detail), ("failed", f"Step 1: {why}"))

    def waits(self, before: Run, now: Seen, until: float | None = None) -> None:
        """Nothing is to be done yet."""
        found = following(before, now)
        assert isinstance(found, Await), found
        if until is not None:
            self.assertEqual(found.until, until)

    def test_begins(self) -> None:
        """A step is stored with the run of the game that goes on, before it acts."""
        for step in (command, wait, start, stop, restart, kill, backup, update, countdown):
            found = following(run(step), seen(1005.0, game=8.0))
            expected = Begin(replace(run(step), begunAt=1005.0, game=8.0))
            self.assertEqual(found, expected)

    def test_over(self) -> None:
        """Behind the last step a run is over."""
        found = following(begun(command), seen())
        assert isinstance(found, Over), found
        self.assertEqual((found.result, found.detail), ("ok", ""))

    def test_steps(self) -> None:
        """Each kind of step is over when it is, and not before."""
        self.goesOn(begun(command, after), seen())
        self.waits(begun(wait, after), seen(1099.0), 1100.0)
        self.goesOn(begun(wait, after), seen(1100.0))
        for state in ("starting", "stopping"):
            self.waits(begun(start, after), seen(state=state))
        self.goesOn(begun(start, after), seen())
        self.waits(begun(restart, after), seen(game=7.0))
        self.goesOn(begun(restart, after), seen(game=8.0))
        for step in (stop, kill):
            self.waits(begun(step, after), seen())
            self.waits(begun(step, after), seen(state="stopping"))
            for state in ("stopped", "crashed", "failed"):
                self.goesOn(begun(step, after), seen(state=state, game=None))
            # Somebody has started it again.
            self.goesOn(begun(step, after), seen(state="starting", game=8.0))
        for step in (backup, update):
            self.waits(begun(step, after, job=3), seen(job="queued"))
            self.waits(begun(step, after, job=3), seen(job="running"))
            self.goesOn(begun(step, after, job=3), seen(job="done"))

    def test_failures(self) -> None:
        """Each kind of step fails when it can't be done any more."""
        for step in (start, restart):
            for state in ("stopped", "crashed", "failed", "waiting"):
                why = "The server has ended before it was running."
                self.fails(begun(step, after), seen(state=state, game=None), why)
        self.fails(begun(kill), seen(1000 + 3601), "The server does not end.")
        failed = seen(job="failed", jobError="The disk is full.")
        self.fails(begun(backup, job=3), failed, "The job 3 has failed: The disk is full.")
        self.fails(begun(backup, job=3), seen(job="cancelled"), "The job 3 was cancelled.")
        found = following(begun(wait), seen(1000 + DAY + 1))
        assert isinstance(found, Over), found
        self.assertEqual(found.result, "failed")

    def test_countdown(self) -> None:
        """It begins at its first number, ends at 0, and fills in what is left."""
        before, lines = begun(countdown, after), []
        for now in (1000.0, 1060.0, 1119.0):
            found = following(before, seen(now))
            assert isinstance(found, Give), found
            lines.append(found.line)
            before = found.run
            self.waits(before, seen(now))
        expected = ["say 2 minutes 120 {x}", "say 1 minute 60 {x}", "say 1 second 1 {x}"]
        self.assertEqual(lines, expected)
        self.waits(before, seen(1119.5), 1120.0)
        self.goesOn(before, seen(1120.0))

    def test_always(self) -> None:
        """Behind a failure only what is always done is; the run stays failed."""
        always = Step(power="start", always=True)
        found = following(failing(run(command, after, always), "No.", 1001.0), seen())
        assert isinstance(found, Begin), found
        self.assertEqual(found.run.step, 2)
        over = following(passed(found.run, 1002.0), seen())
        assert isinstance(over, Over), over
        self.assertEqual((over.result, over.detail), ("failed", "Step 1: No."))

    def test_countdownOfEndedGame(self) -> None:
        """A countdown has failed when its game ends in its middle, also where another began."""
        given = following(begun(countdown), seen())
        assert isinstance(given, Give), given
        for game in (None, 99.0):
            over = following(given.run, seen(game=game))
            assert isinstance(over, Over), over
            self.assertEqual(over.result, "failed")
            self.assertIn("The game has ended during the countdown.", over.detail)

    def test_longerThanADay(self) -> None:
        """It has failed; what is always done is done, in an hour more."""
        always, late = Step(power="start", always=True), 1001.0 + DAY
        down = seen(late, state="stopped", game=None)
        for before in (
            begun(wait, after, always),
            run(backup, after, always),
            begun(after, always),
        ):
            found = following(before, down)
            assert isinstance(found, Begin), found
            self.assertEqual(found.run.current, always)
            self.assertEqual(found.run.failed, "It took longer than a day.")
        starting = replace(begun(always), since=late)
        self.waits(starting, seen(late + 3599, state="starting", game=8.0))
        over = following(starting, seen(late + 3601, state="starting", game=8.0))
        assert isinstance(over, Over), over
        self.assertEqual((over.result, over.detail), ("failed", "It took longer than a day."))

    def test_cancelled(self) -> None:
        """What is cancelled ends where it is, and nothing is done always."""
        always = Step(power="start", always=True)
        for before in (run(wait, always), begun(wait, always), begun(backup, always, job=3)):
            found = following(replace(before, cancelled="Why."), seen(job="running"))
            assert isinstance(found, Over), found
            self.assertEqual((found.result, found.detail), ("cancelled", "Why."))

    def test_blocked(self) -> None:
        """A step that finds something in its way is tried again, for an hour."""
        before = blocked(begun(update, after), 1001.0)
        self.waits(before, seen(1003.0), 1031.0)
        found = following(before, seen(1031.0))
        self.assertIsInstance(found, Begin)
        self.fails(
            blocked(begun(update), 4601.0), seen(4631.0), "Something was in its way for an hour."
        )

    def test_startOfStopping(self) -> None:
        """A server that ends is started behind that."""
        self.waits(run(start), seen(state="stopping"))


class ResumedTests(SynchronousTestCase):
    """The daemon was killed before a step acted, or behind that; another has taken over."""

    def next(self, before: Run, now: Seen) -> Any:
        """What the next daemon does."""
        return following(resumed(before, now, now.now - 60), now)

    def test_notBegun(self) -> None:
        """A step that was not stored as begun is begun."""
        for step in (command, wait, start, stop, restart, kill, backup, update, countdown):
            self.assertIsInstance(self.next(run(step), seen()), Begin)

    def test_command(self) -> None:
        """A command may have been given: it goes on behind it."""
        self.assertEqual(self.next(begun(command, after), seen()).run.step, 1)

    def test_startAndStop(self) -> None:
        """They are asked for again, which is harmless."""
        for step, state, game in (
            *((start, "stopped", None), (start, "running", 7.0)),
            *((stop, "running", 7.0), (stop, "stopped", None)),
        ):
            found = self.next(begun(step, after), seen(state=state, game=game))
            self.assertEqual((type(found), found.run.step), (Begin, 0))

    def test_restartAndKill(self) -> None:
        """They are asked for again only while the same run of the game goes on."""
        for step in (restart, kill):
            self.assertEqual(self.next(begun(step, after), seen()).run.step, 0)
        self.assertEqual(self.next(begun(restart, after), seen(game=8.0)).run.step, 1)
        waiting = self.next(begun(restart, after), seen(state="starting", game=8.0))
        self.assertIsInstance(waiting, Await)
        dead = seen(state="stopped", game=None)
        self.assertEqual(self.next(begun(kill, after), dead).run.step, 1)
        # It rested before, and nobody knows whether it was started.
        found = self.next(begun(restart, game=None), dead)
        self.assertIsInstance(found, Begin)

    def test_jobs(self) -> None:
        """The job that was stored with the step is waited for; without one it is made."""
        for step in (backup, update):
            waiting = self.next(begun(step, after, job=3), seen(job="running"))
            self.assertIsInstance(waiting, Await)
            done = self.next(begun(step, after, job=3), seen(job="done"))
            self.assertEqual(done.run.step, 1)
            again = self.next(begun(step, after), seen())
            self.assertEqual((type(again), again.run.step), (Begin, 0))

    def test_wait(self) -> None:
        """It goes on to the end that it had."""
        self.assertEqual(self.next(begun(wait, after), seen(1090.0)).until, 1100.0)
        self.assertEqual(self.next(begun(wait, after), seen(1300.0)).run.step, 1)

    def test_countdown(self) -> None:
        """It has failed; what is always done is done."""
        always = Step(power="start", always=True)
        found = self.next(begun(countdown, restart, always), seen())
        self.assertEqual(found.run.step, 2)
        self.assertIn("restarted during the countdown", found.run.failed)

    def test_away(self) -> None:
        """After more than ten minutes every step has failed."""
        always = Step(power="start", always=True)
        for step in (command, wait, start, stop, restart, kill, backup, update, countdown):
            for before in (run(step, after, always), begun(step, after, always, job=3)):
                found = following(resumed(before, seen(2000.0), 1369.0), seen(2000.0, job="done"))
                assert isinstance(found, Begin), found
                self.assertEqual(found.run.step, 2)
                self.assertIn("The daemon was away for", found.run.failed)

    def test_awayAlways(self) -> None:
        """A step that is always done is done then, too, but nothing twice."""
        down = seen(5000.0, state="stopped", game=None)
        for before in (begun(Step(power="start", always=True)), run(Step(wait=5, always=True))):
            found = following(resumed(before, down, 1000.0), down)
            assert isinstance(found, Begin), found
            self.assertIn("The daemon was away for", found.run.failed)
        given = following(resumed(begun(Step(command="x", always=True)), down, 1000.0), down)
        assert isinstance(given, Over), given
        self.assertEqual(given.result, "failed")
