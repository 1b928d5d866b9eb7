"""
Which backups of a server rules keep.
"""

from collections.abc import Collection
from datetime import datetime, tzinfo

from msgspec import Struct

from gamepanel.backups.values import Backup


class Retention(Struct, frozen=True):
    """
    @ivar last: so many of the newest are kept.
    @ivar daily: the newest of each of so many of the last days that have one.
    @ivar weekly: the newest of each of so many of the last weeks (ISO 8601) that have one.
    """

    last: int = 5
    daily: int = 7
    weekly: int = 4

    def expired(self, backups: Collection[Backup], zone: tzinfo | None = None) -> list[int]:
        """
        Numbers of the backups that no rule keeps, oldest first. The newest and locked ones stay;
        neither locked, incomplete nor damaged ones take the place of another.

        @param backups: all of a server.
        @param zone: of days and weeks; None for the host's.
        """
        if not (self.last or self.daily or self.weekly):
            return []
        newestFirst = sorted(backups, key=lambda each: (each.at, each.backup), reverse=True)
        days, weeks = set[tuple[int, ...]](), set[tuple[int, ...]]()
        whole, found = 0, list[int]()
        for number, each in enumerate(newestFirst):
            if each.locked:
                continue
            isKept = number == 0 or whole < self.last
            if each.complete and not each.damaged:
                whole += 1
                at = datetime.fromtimestamp(each.at, zone)
                for kept, period, most in (
                    (days, (at.year, at.month, at.day), self.daily),
                    (weeks, tuple(at.isocalendar()[:2]), self.weekly),
                ):
                    if period not in kept and len(kept) < most:
                        kept.add(period)
                        isKept = True
            if not isKept:
                found.append(each.backup)
        return found[::-1]
