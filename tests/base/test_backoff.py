"""Exponential backoff."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.backoff import backoff


class BackoffTests(SynchronousTestCase):
    def test_delays(self) -> None:
        """Each delay is twice the one before, up to the longest."""
        self.assertEqual([backoff(n, 0.5, 3.0) for n in range(5)], [0.5, 1.0, 2.0, 3.0, 3.0])
        self.assertEqual(backoff(3, 1.0), 8.0)

    def test_manyRetries(self) -> None:
        """However many retries there were, it is a number."""
        self.assertEqual(backoff(10**6, 1.0, 60.0), 60.0)

    def test_jitter(self) -> None:
        """Chance moves it by a fifth, and never beyond the longest."""
        delays = [backoff(1, 5.0, 11.0, jitter) for jitter in (-1.0, 0.0, 1.0)]
        self.assertEqual(delays, [8.0, 10.0, 11.0])
