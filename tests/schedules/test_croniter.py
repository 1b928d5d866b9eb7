"""Ten years of cron lines beside PyPI's croniter, each difference explained."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from croniter import croniter
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.schedules.cron import parsed

zones: Final = (
    "Europe/Berlin",
    "America/Santiago",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Cairo",
)

atTimes: Final = (
    *("0 4 * * SUN", "30 2 * 3,10 *", "0 0 * 3,4,9-11 5-7", "30 0 * * SUN", "45 23 * 4,10 *"),
    *("30 1,2,3 * 3,4,10 0", "0 3 L * *", "0 12 13 * FRI", "45 23 1 */3 *", "45 1 * apr,oct *"),
    "5/20 2 * 4,10 0",
)
"""Lines that have a minute and an hour: a time that is skipped comes at the end of the gap."""

elapsing: Final = ("15 */2 * 3,4,9-11 0,5,6", "*/30 0-3 * 3,10 0", "45 * 1-8 4 *")
"""Lines that follow elapsed time."""


def doubled(at: float, zone: ZoneInfo) -> bool:
    """Whether clocks show a moment's time for the second time."""
    return datetime.fromtimestamp(at, zone).fold == 1


def behindGap(at: float, zone: ZoneInfo) -> bool:
    """Whether clocks are set forward at a moment."""
    before, now = (datetime.fromtimestamp(each, zone).utcoffset() for each in (at - 1, at))
    return (now or timedelta()) > (before or timedelta())


class CroniterTests(SynchronousTestCase):
    def differences(self, line: str, zone: ZoneInfo) -> tuple[int, set[float], set[float]]:
        """How many moments there are, those that only we have, and those that only it has."""
        begin, end = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2026, 2036))
        moments, at, ours = parsed(line, zone.key), begin, set[float]()
        while (at := moments.after(at)) < end:
            ours.add(at)
        other, theirs = croniter(line, datetime.fromtimestamp(begin, zone)), set[float]()
        while (at := other.get_next(float)) < end:
            theirs.add(at)
        return len(ours), ours - theirs, theirs - ours

    def test_atTimes(self) -> None:
        """croniter does some of the times twice that come twice; no more differs."""
        for zone in map(ZoneInfo, zones):
            for line in atTimes:
                count, ours, theirs = self.differences(line, zone)
                self.assertGreater(count, 35, (zone, line))
                self.assertEqual(ours, set(), (zone, line))
                for at in theirs:
                    self.assertTrue(doubled(at, zone), (zone, line, at))

    def test_elapsing(self) -> None:
        """croniter does at the end of a gap what is skipped, also for these; no more differs."""
        for zone in map(ZoneInfo, zones):
            for line in elapsing:
                count, ours, theirs = self.differences(line, zone)
                self.assertGreater(count, 300, (zone, line))
                self.assertEqual(ours, set(), (zone, line))
                for at in theirs:
                    self.assertTrue(behindGap(at, zone), (zone, line, at))
