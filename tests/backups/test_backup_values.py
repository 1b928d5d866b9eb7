"""What backups hold, and which of them are kept."""

from datetime import UTC, datetime
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.backups.retention import Retention
from gamepanel.backups.selection import Restored, Selection, selection
from gamepanel.backups.values import Backup

DAY = 86_400.0

noon = datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp()
"""A Monday."""


class SelectionTests(SynchronousTestCase):
    """Which files are taken."""

    def test_everything(self) -> None:
        """Without globs everything is."""
        self.assertTrue(Selection().selects("world/level.dat"))
        self.assertTrue(Selection().enters("world"))

    def test_included(self) -> None:
        """With some, what they cover is; directories in which that may be are entered."""
        given = Selection(include=("world*", "conf/*.json"))
        self.assertTrue(given.selects("world_nether/DIM/region.mca"))
        self.assertTrue(given.selects("conf/a.json"))
        self.assertFalse(given.selects("conf"))
        self.assertFalse(given.selects("conf/a.txt"))
        self.assertTrue(given.enters("conf"))
        self.assertTrue(given.enters("world/region"))
        self.assertFalse(given.enters("logs"))

    def test_excluded(self) -> None:
        """What is excluded is not taken though it is included, nor entered."""
        given = Selection(include=("world",), exclude=("world/logs", "**/*.tmp"))
        self.assertFalse(given.selects("world/logs/latest.log"))
        self.assertFalse(given.selects("world/a/b.tmp"))
        self.assertTrue(given.selects("world/a/b.dat"))
        self.assertFalse(given.enters("world/logs"))

    def test_settings(self) -> None:
        """A glob stands on each line of a setting; an empty one leaves it to the type."""
        given = selection(" world \n\nconf\n", "", Selection(("all",), ("logs",)))
        self.assertEqual(given, Selection(("world", "conf"), ("logs",)))

    def test_restored(self) -> None:
        """Of what was taken, a restore may take some paths only, and what is below them."""
        given = Restored(Selection(exclude=("world/logs",)), ("world",))
        self.assertTrue(given.selects("world"))
        self.assertTrue(given.selects("world/level.dat"))
        self.assertFalse(given.selects("world/logs/a"))
        self.assertFalse(given.selects("world2"))


class RetentionTests(SynchronousTestCase):
    """Which backups go."""

    def expired(self, ats: list[float], rules: Retention, **others: Any) -> list[int]:
        """
        Numbers of those that go, of some made at these times.

        @param others: by C{b} and a number: what else is so of that one.
        """
        made = [
            Backup(number, "s", "t", at, **others.get(f"b{number}", {}))
            for number, at in enumerate(ats, 1)
        ]
        return rules.expired(made, UTC)

    def test_last(self) -> None:
        """So many of the newest stay, the oldest are told first."""
        ats = [noon + 60 * number for number in range(5)]
        self.assertEqual(self.expired(ats, Retention(2, 0, 0)), [1, 2, 3])

    def test_daily(self) -> None:
        """The newest of each of the last days that have one stays; days without do not count."""
        ats = [noon, noon + 60, noon + DAY, noon + 5 * DAY, noon + 5 * DAY + 60]
        self.assertEqual(self.expired(ats, Retention(0, 3, 0)), [1, 4])

    def test_weekly(self) -> None:
        """Weeks begin on Monday."""
        ats = [noon - DAY, noon, noon + 6 * DAY, noon + 7 * DAY]
        self.assertEqual(self.expired(ats, Retention(0, 0, 2)), [1, 2])

    def test_none(self) -> None:
        """Without any rule nothing goes."""
        self.assertEqual(self.expired([noon] * 9, Retention(0, 0, 0)), [])

    def test_locked(self) -> None:
        """Locked ones stay, and take no other's place."""
        ats = [noon + 60 * number for number in range(4)]
        found = self.expired(ats, Retention(1, 0, 0), b1={"locked": True}, b4={"locked": True})
        self.assertEqual(found, [2])

    def test_newest(self) -> None:
        """The newest stays, whatever it is."""
        ats = [noon, noon + 60]
        self.assertEqual(self.expired(ats, Retention(0, 1, 0), b2={"complete": False}), [])

    def test_incomplete(self) -> None:
        """Incomplete and damaged ones push out no others."""
        ats = [noon + 60 * number for number in range(6)]
        whole = {"b3": {"damaged": True}, "b5": {"complete": False}}
        self.assertEqual(self.expired(ats, Retention(2, 0, 0), **whole), [1, 2, 3])
