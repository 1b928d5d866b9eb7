"""
The moments of a cron line in a time zone, also around changes of the clocks.

cronsim reads the fields, and knows the dates. It and zoneinfo are imported when a line is first
parsed.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import inf
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from cronsim import CronSim

maxCharacters: Final = 500
"""Longest cron line; one that lists every number of each field has 360."""

_RANGE_OF_ONE: Final = re.compile(r"\b0*(\w+)-0*\1/\d+\b")
"""C{5-5/2}, which is 5; cronsim takes it for C{5/2}."""

_ZONE: Final = re.compile(r"[A-Za-z][\w+-]*(/[A-Za-z][\w+-]*){0,2}", re.ASCII)
"""Name of a time zone: nothing that would leave the directory of zones."""


class HostZone(tzinfo):
    """The time zone of this process, as the C library has it from C{TZ} or C{/etc/localtime}."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        """Offset of local time from UTC, at a local time."""
        return None if at is None else at.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, at: datetime | None) -> timedelta | None:
        """Not known."""
        return None

    def tzname(self, at: datetime | None) -> str | None:
        """Abbreviation of the zone, at a local time."""
        return None if at is None else at.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, at: datetime) -> datetime:
        """The local time at a time of UTC."""
        return datetime.fromtimestamp(at.replace(tzinfo=UTC).timestamp()).replace(tzinfo=self)


@frozen
class Moments:
    """
    The moments of a cron line.

    @ivar _cron: the five fields, in capital letters.
    @ivar _zone: that the fields are in.
    """

    _cron: str
    _zone: tzinfo

    def after(self, moment: float) -> float:
        """
        The first moment that is later than this one, in Unix seconds as it is.

        As in Debian's cron, a line whose minute or hour begins with C{*} follows elapsed time: what
        a change of the clocks skips is left out, what it doubles comes twice. Else a time that is
        skipped comes once, at the first moment behind the gap, and one that is doubled comes the
        first time only.
        """
        from cronsim import CronSim

        now = datetime.fromtimestamp(moment // 1, self._zone)
        minute, hour, *_ = self._cron.split()
        if minute.startswith("*") or hour.startswith("*"):
            return self._elapsing(now)
        # Where a time is doubled, it also gives such as are over.
        moments = map(datetime.timestamp, CronSim(self._cron, now))
        return next(at for at in moments if at > moment)

    def _elapsing(self, now: datetime) -> float:
        """
        The first moment later than this one that the fields fit, whatever clocks did between.

        cronsim goes through local time without a zone here: with one it leaves out times behind a
        change by half an hour, and takes a midnight that is skipped for one that is not.
        """
        from cronsim import CronSim

        offset = now.utcoffset() or timedelta()
        # Where local time comes twice, and this is the first time: what is over comes again.
        again = (now.replace(fold=1).utcoffset() or timedelta()) - offset
        local, found = now.replace(tzinfo=None, fold=0), inf
        for each in CronSim(self._cron, local + again):
            both = (each.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
            at = [every.timestamp() for every in both if _exists(every)]
            found = min([found, *(every for every in at if every > now.timestamp())])
            if each > local and found < inf:
                return found
        raise AssertionError("a date that never comes")


def _exists(at: datetime) -> bool:
    """Whether clocks show a local time, so that it is not in a gap."""
    return at == at.astimezone(UTC).astimezone(at.tzinfo)


def parsed(cron: str, timezone: str | None) -> Moments:
    """
    The moments of a cron line.

    @param cron: minute, hour, day, month and weekday.
    @param timezone: name of the time zone, as C{Europe/Berlin}; None for the host's.

    @raise ValueError: when the line or the zone is wrong; the text is a sentence for people.
    """
    from cronsim import CronSim, CronSimError

    if len(cron.split()) != 5:
        raise ValueError("A cron line has five fields: minute, hour, day, month, weekday.")
    if len(cron) > maxCharacters or not cron.isascii():
        raise ValueError(f"A cron line has at most {maxCharacters} characters, all of ASCII.")
    fields = _RANGE_OF_ONE.sub(r"\1", cron.upper()).split()
    if re.search(r"\bLW?/", fields[2]):
        raise ValueError("The day of the month in the cron line is wrong.")
    line = " ".join(fields)
    try:
        simulated = CronSim(line, datetime(2000, 1, 1))
    except CronSimError as error:
        # "Bad day-of-month", also of a day that none of the months has.
        name = str(error).removeprefix("Bad ").replace("day-of-", "day of the ")
        raise ValueError(f"The {name} in the cron line is wrong.") from None
    if not _comes(simulated):
        raise ValueError("The cron line names a date that never comes.")
    return Moments(line, _zone(timezone))


def _comes(cron: "CronSim") -> bool:
    """
    Whether a line has a date. cronsim looks at each day of fifty years for it; but there are only
    28 kinds of months, by length and first weekday, and each comes within 28 years.
    """
    seen = set[tuple[int, int]]()
    for year in range(2000, 2028):
        for month in cron.months:
            kind = monthrange(year, month)
            if kind not in seen:
                seen.add(kind)
                if any(cron.match_day(date(year, month, day + 1)) for day in range(kind[1])):
                    return True
    return False


def _zone(name: str | None) -> tzinfo:
    from zoneinfo import ZoneInfo

    if name is None:
        return HostZone()
    # A directory of zones is an OSError, an unknown name a KeyError, a damaged file a ValueError.
    try:
        if _ZONE.fullmatch(name):
            return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        pass
    raise ValueError("There is no time zone of this name.")
