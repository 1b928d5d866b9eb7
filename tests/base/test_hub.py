"""Single flight and coalescing."""

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.hub import Coalesced, SingleFlight


class SingleFlightTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.flight: SingleFlight[int] = SingleFlight()
        self.runs: list[Deferred[int]] = []

    def work(self) -> Deferred[int]:
        """Begin a run."""
        self.runs.append(Deferred())
        return self.runs[-1]

    def test_shared(self) -> None:
        """Calls during a run share its result; a call after it begins another."""
        first, second = self.flight(self.work), self.flight(self.work)
        self.assertEqual((len(self.runs), len(self.flight), None in self.flight), (1, 1, True))
        self.runs[0].callback(17)
        self.assertEqual((self.successResultOf(first), self.successResultOf(second)), (17, 17))
        self.assertEqual((len(self.flight), None in self.flight), (0, False))
        self.assertNoResult(self.flight(self.work))
        self.assertEqual(len(self.runs), 2)

    def test_keys(self) -> None:
        """Another key has another run."""
        first, second = self.flight(self.work, "a"), self.flight(self.work, "b")
        self.runs[1].callback(2)
        self.assertNoResult(first)
        self.assertEqual(self.successResultOf(second), 2)
        self.assertEqual(("a" in self.flight, "b" in self.flight), (True, False))

    def test_failure(self) -> None:
        """All fail as the run does, also where it can't even begin."""
        waiting = [self.flight(self.work) for _ in range(2)]
        self.runs[0].errback(OSError())
        for each in waiting:
            self.failureResultOf(each, OSError)
        self.failureResultOf(self.flight(lambda: self.fail("it can't")), self.failureException)
        self.assertEqual(len(self.flight), 0)

    def test_cancelled(self) -> None:
        """One who leaves takes the result from nobody else."""
        first, second = self.flight(self.work), self.flight(self.work)
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.runs[0].callback(17)
        self.assertEqual(self.successResultOf(second), 17)

    def test_ended(self) -> None:
        """One can wait for the end of a run, however it ends, and begins none by that."""
        self.successResultOf(self.flight.ended())
        self.assertEqual(self.runs, [])
        running = self.flight(self.work)
        first, second = self.flight.ended(), self.flight.ended()
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.assertNoResult(second)
        self.runs[0].errback(OSError())
        self.failureResultOf(running, OSError)
        self.successResultOf(second)

    def test_cancel(self) -> None:
        """A run can be cancelled; those who wait for it are not told."""
        self.flight.cancel()
        waiting, ended = self.flight(self.work), self.flight.ended()
        self.flight.cancel()
        self.assertEqual((self.runs[0].called, len(self.flight)), (True, 0))
        self.assertNoResult(waiting)
        self.assertNoResult(ended)

    def test_coroutine(self) -> None:
        """A run may be a coroutine."""

        async def work() -> int:
            return await self.work() + 1

        waiting = self.flight(work)
        self.runs[0].callback(17)
        self.assertEqual(self.successResultOf(waiting), 18)


class CoalescedTests(SynchronousTestCase):
    def test_next(self) -> None:
        """
        Whoever asks while work goes on shares the next with all others, since what goes on
        may have begun too early for them.
        """
        works: list[Deferred[None]] = []

        def work() -> Deferred[None]:
            works.append(Deferred())
            return works[-1]

        coalesced = Coalesced(work)
        first, second, third = coalesced(), coalesced(), coalesced()
        self.assertEqual(len(works), 1)
        works[0].callback(None)
        self.successResultOf(first)
        self.assertNoResult(second)
        second.cancel()
        self.failureResultOf(second)
        self.assertEqual(len(works), 2)
        works[1].errback(OSError())
        self.failureResultOf(third, OSError)
        again = coalesced()
        works[2].callback(None)
        self.successResultOf(again)
