"""Tests of the moments of cron lines."""

import os
import subprocess
import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.schedules.cron import maxCharacters, parsed

BERLIN, SANTIAGO, LORD_HOWE, HAVANA, CAIRO = (
    "Europe/Berlin",
    "America/Santiago",
    "Australia/Lord_Howe",
    "America/Havana",
    "Africa/Cairo",
)


def moments(cron: str, zone: str, begin: str, count: int = 3) -> list[str]:
    """The next moments of a line, as local times with their offset, after a local time."""
    known, found = ZoneInfo(zone), []
    line, moment = parsed(cron, zone), datetime.fromisoformat(begin).replace(tzinfo=known)
    at = moment.timestamp()
    for _ in range(count):
        at = line.after(at)
        found.append(f"{datetime.fromtimestamp(at, known):%m-%d %H:%M%z}"[:-2])
    return found


class FieldTests(SynchronousTestCase):
    """What a line may say. 2026-01-01 is a Thursday."""

    table: tuple[tuple[str, list[str]], ...] = (
        ("0 4 * * 1-5", ["01-01 04:00", "01-02 04:00", "01-05 04:00"]),
        ("5/20 0 * * *", ["01-01 00:05", "01-01 00:25", "01-01 00:45"]),
        ("5-59/20 0 * * *", ["01-01 00:05", "01-01 00:25", "01-01 00:45"]),
        ("5-5/2 0 * * *", ["01-01 00:05", "01-02 00:05", "01-03 00:05"]),
        ("0 0 L * *", ["01-31 00:00", "02-28 00:00", "03-31 00:00"]),
        ("0 0 LW * *", ["01-30 00:00", "02-27 00:00", "03-31 00:00"]),
        ("0 0 * * 5L", ["01-30 00:00", "02-27 00:00", "03-27 00:00"]),
        ("0 0 * * FRI#2", ["01-09 00:00", "02-13 00:00", "03-13 00:00"]),
        ("0 0 * * 0", ["01-04 00:00", "01-11 00:00", "01-18 00:00"]),
        ("0 0 * * 7", ["01-04 00:00", "01-11 00:00", "01-18 00:00"]),
        ("0 0 * jUL,Aug sun", ["07-05 00:00", "07-12 00:00", "07-19 00:00"]),
        ("0 0 1 jul/2 *", ["07-01 00:00", "09-01 00:00", "11-01 00:00"]),
        # Either day will do; both must fit where a field of them begins with a star.
        ("0 0 13 * MON", ["01-05 00:00", "01-12 00:00", "01-13 00:00"]),
        ("0 0 */12 * MON", ["04-13 00:00", "05-25 00:00", "06-01 00:00"]),
        ("0 0 13 * */5", ["02-13 00:00", "03-13 00:00", "09-13 00:00"]),
        ("\t0,30  0 1 1 * ", ["01-01 00:30", "01-01 00:00", "01-01 00:30"]),
    )

    def test_fields(self) -> None:
        """Lists, ranges, steps, names, last days, and how the two fields of days go together."""
        for line, expected in self.table:
            found = moments(line, "UTC", "2026-01-01T00:00")
            self.assertEqual([each[:-3] for each in found], expected, line)

    refused = (
        *("", "0 4 * *", "0 0 4 * * *", "@daily", "0 4 * * * echo", "0 4 * * 5-1", "60 4 * * *"),
        *("0 24 * * *", "0 4 0 * *", "0 4 32 * *", "0 4 * 13 *", "0 4 * * 8", "*/0 4 * * *"),
        *("1,,2 4 * * *", "-1 4 * * *", "1- 4 * * *", "/5 4 * * *", "5/ 4 * * *", "1-2-3 4 * * *"),
        *("0 4 L/2 * *", "0 4 LW/2 * *", "0 4 15W * *", "0 4 * * L", "0 4 * * FRI#6", "H 4 * * *"),
        *(
            "0 4 ? * *",
            "0 4 * * FRI#2-3",
            "0 L * * *",
            "٣ 4 * * *",
            "0 4 * * fr\u0131",
            "0 4 * * ²L",
        ),
        "9" * 5000 + " 4 * * *",
        ",".join(["0"] * maxCharacters) + " 4 * * *",
    )

    def test_refused(self) -> None:
        """Lines that are none are refused, each with a sentence."""
        for line in self.refused:
            error = self.assertRaises(ValueError, parsed, line, "UTC")
            self.assertRegex(str(error), r"^(The|A) (.* )?cron line .*\.$", line[:50])

    def test_never(self) -> None:
        """A date that never comes is refused; one that is rare is not."""
        never = ("0 4 30 2 *", "0 4 31 2,4,6 *", "0 4 */31 * MON#3", "0 4 LW * */7")
        for line in never:
            self.assertRaises(ValueError, parsed, line, "UTC")
        for line, year in (("0 4 29 2 */7", 2032), ("0 4 * 2 MON#5", 2044), ("0 4 30 2 1", 2026)):
            at = parsed(line, "UTC").after(datetime(2026, 1, 1).timestamp())
            self.assertEqual(datetime.fromtimestamp(at).year, year, line)

    def test_later(self) -> None:
        """A moment is later than the one that is asked about, also by less than a second."""
        line = parsed("* * * * *", "UTC")
        for moment, expected in ((0.0, 60.0), (59.999, 60.0), (60.0, 120.0), (60.001, 120.0)):
            self.assertEqual(line.after(moment), expected)

    def test_cost(self) -> None:
        """
        Neither the next twenty moments of the rarest lines nor a refusal take long: nine and a half
        milliseconds were measured at most. The limit is for loaded machines.
        """
        begin = time.process_time()
        for line in ("0 4 29 2 */7", "*/59 * 29 2 MON#5", "* 23 * 2 MON#5", "0 0 31 12 *"):
            times, at = parsed(line, BERLIN), 2e9
            for _ in range(20):
                at = times.after(at)
        for line in ("* * */31 * MON#3", "0 0 LW * */7"):
            self.assertRaises(ValueError, parsed, line, BERLIN)
        self.assertLess(time.process_time() - begin, 0.4)


class ZoneTests(SynchronousTestCase):
    """Which time zones there are."""

    def test_refused(self) -> None:
        """What is no name of a zone is refused, a path above all."""
        for name in (
            *("", "Nowhere", "Europe/Nowhere", "Europe", "europe berlin", "/etc/localtime"),
            *("../zoneinfo/UTC", "Europe/../UTC", "Europe/", "./UTC", "Europe//Berlin", "UTC\n"),
            *("zone.tab", "UTC\0", "Zürich", "\udcff", "x" * 5000, "a/b/c/d", "~", ":UTC"),
        ):
            error = self.assertRaises(ValueError, parsed, "0 4 * * *", name)
            self.assertEqual(str(error), "There is no time zone of this name.", name)

    def test_names(self) -> None:
        """Also names of more than one part are known."""
        for name in ("UTC", "Etc/GMT+1", "America/Argentina/Buenos_Aires", "GB-Eire", "EST5EDT"):
            parsed("0 4 * * *", name)

    def test_host(self) -> None:
        """Without a name it is the zone of the host, in whatever form that is set."""
        before = os.environ.get("TZ")

        def restore() -> None:
            os.environ.pop("TZ", None)
            if before is not None:
                os.environ["TZ"] = before
            time.tzset()

        self.addCleanup(restore)
        for zone in (BERLIN, "CET-1CEST,M3.5.0,M10.5.0/3"):
            os.environ["TZ"] = zone
            time.tzset()
            host = parsed("30 2 * * *", None), parsed("*/30 2 * * *", None)
            named = (
                parsed("30 2 * * *", BERLIN),
                parsed("*/30 2 * * *", BERLIN),
            )
            for one, other in zip(host, named, strict=True):
                for begin in ("2026-03-27T12:00:00+00:00", "2026-10-23T12:00:00+00:00"):
                    at = datetime.fromisoformat(begin).timestamp()
                    for _ in range(6):
                        self.assertEqual(one.after(at), other.after(at))
                        at = one.after(at)

    def test_noFiles(self) -> None:
        """A host without files of zones has those of tzdata."""
        script = (
            "import sys, zoneinfo\nzoneinfo.reset_tzpath([])\n"
            "from gamepanel.schedules.cron import parsed\n"
            "assert 'cronsim' not in sys.modules\n"
            "print(parsed('0 4 * * *', 'Europe/Berlin').after(0.0))"
        )
        said = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        self.assertEqual(said.stdout, b"10800.0\n", said.stderr)


class ClockChangeTests(SynchronousTestCase):
    """
    Nights in which clocks are set. Berlin: 2 to 3 in March, 3 to 2 in October. Santiago: midnight
    to 1, and midnight to 23 of the day before. Lord Howe: 2 to half past 2, and 2 to half past 1.
    Havana: midnight to 1, and 1 to midnight, in 2025, since in 2026 it depends on how new what is
    known of zones is. Cairo: midnight to 1, and midnight to 23.
    """

    table = (
        # Skipped: once, at the first moment behind the gap.
        (BERLIN, "30 2 * * *", "03-28T12:00", "03-29 03:00+02, 03-30 02:30+02"),
        (SANTIAGO, "0 0 * * *", "09-05T12:00", "09-06 01:00-03, 09-07 00:00-03"),
        (LORD_HOWE, "5 2 * * *", "10-03T12:00", "10-04 02:30+11, 10-05 02:05+11"),
        (HAVANA, "0 0 8,9 3 *", "03-07T12:00", "03-08 01:00-04, 03-09 00:00-04"),
        (CAIRO, "59 0 * * FRI", "04-23T12:00", "04-24 01:00+03, 05-01 00:59+03"),
        # Together with another that is due then, and with another that is skipped.
        (BERLIN, "0 2,3 * * *", "03-28T12:00", "03-29 03:00+02, 03-30 02:00+02"),
        (BERLIN, "0,30 2 * * *", "03-28T12:00", "03-29 03:00+02, 03-30 02:00+02"),
        (HAVANA, "0,5 0,1 * * *", "03-07T12:00", "03-08 01:00-04, 03-08 01:05-04"),
        # Doubled: the first time only.
        (BERLIN, "30 2 * * *", "10-24T12:00", "10-25 02:30+02, 10-26 02:30+01"),
        (SANTIAGO, "30 23 * * *", "04-04T12:00", "04-04 23:30-03, 04-05 23:30-04"),
        (LORD_HOWE, "45 1 * * *", "04-04T12:00", "04-05 01:45+11, 04-06 01:45+10"),
        (HAVANA, "30 0 * * *", "2025-11-01T12:00", "11-02 00:30-04, 11-03 00:30-05"),
        (CAIRO, "0 23 * * *", "10-29T12:00", "10-29 23:00+03, 10-30 23:00+02"),
        (BERLIN, "50 2,3 * * *", "10-25T02:55", "10-25 03:50+01, 10-26 02:50+01"),
        # Elapsed time: what is skipped is left out.
        (BERLIN, "*/30 2 * * *", "03-28T12:00", "03-30 02:00+02, 03-30 02:30+02"),
        (BERLIN, "30 * * * *", "03-29T00:45", "03-29 01:30+01, 03-29 03:30+02"),
        (BERLIN, "0 */2 * * *", "03-28T23:00", "03-29 00:00+01, 03-29 04:00+02"),
        (SANTIAGO, "*/30 0 * * *", "09-05T12:00", "09-07 00:00-03, 09-07 00:30-03"),
        (HAVANA, "*/30 0 8,9 3 *", "03-07T12:00", "03-09 00:00-04, 03-09 00:30-04"),
        (HAVANA, "*/30 1 * * SUN", "03-07T12:00", "03-08 01:00-04, 03-08 01:30-04"),
        (LORD_HOWE, "15 * * * *", "10-04T01:00", "10-04 01:15+10, 10-04 03:15+11"),
        (LORD_HOWE, "*/20 3 * * *", "10-03T12:00", "10-04 03:00+11, 10-04 03:20+11"),
        # Elapsed time: what is doubled comes twice.
        (BERLIN, "30 * * * *", "10-25T02:00", "10-25 02:30+02, 10-25 02:30+01"),
        (BERLIN, "*/30 2 * * *", "10-25T02:15", "10-25 02:30+02, 10-25 02:00+01"),
        (LORD_HOWE, "45 * * * *", "04-05T01:00", "04-05 01:45+11, 04-05 01:45+10"),
        (LORD_HOWE, "*/20 2 * * *", "04-04T12:00", "04-05 02:00+10, 04-05 02:20+10"),
        (HAVANA, "0 * * * *", "2025-11-01T23:30", "11-02 00:00-04, 11-02 00:00-05"),
        (CAIRO, "*/40 23 29 10 *", "10-29T23:30", "10-29 23:40+03, 10-29 23:00+02"),
        (SANTIAGO, "* 23 4 4 *", "04-04T23:59", "04-04 23:00-04, 04-04 23:01-04"),
    )

    def test_nights(self) -> None:
        """Each line comes in each of these nights as it should."""
        for zone, line, begin, expected in self.table:
            found = moments(line, zone, begin if begin.startswith("20") else f"2026-{begin}", 2)
            self.assertEqual(", ".join(found), expected, (zone, line))

    def test_second(self) -> None:
        """Nothing that was due the first time is due again, wherever in the night it is asked."""
        berlin = ZoneInfo(BERLIN)
        line = parsed("15,45 2 * * *", BERLIN)
        begin = datetime(2026, 10, 25, 2, tzinfo=berlin).timestamp() - 1
        found = {line.after(begin + minute * 60) for minute in range(180)}
        said = [f"{datetime.fromtimestamp(at, berlin):%d %H:%M %z}" for at in sorted(found)]
        self.assertEqual(said, ["25 02:15 +0200", "25 02:45 +0200", "26 02:15 +0100"])

    def test_definition(self) -> None:
        """
        For each minute around each change, a line that follows elapsed time is due when clocks show
        what it says, and only then.
        """
        for zone, day in (
            *((BERLIN, "2026-03-29"), (BERLIN, "2026-10-25")),
            *((SANTIAGO, "2026-09-06"), (SANTIAGO, "2026-04-05")),
            *((LORD_HOWE, "2026-10-04"), (LORD_HOWE, "2026-04-05")),
            *((HAVANA, "2026-03-08"), (HAVANA, "2026-11-01")),
            *((CAIRO, "2026-04-24"), (CAIRO, "2026-10-30")),
        ):
            known = ZoneInfo(zone)
            begin = datetime.fromisoformat(f"{day}T00:00+00:00").timestamp() - 86400 / 2
            every = [begin + 60 * number for number in range(1, 36 * 60)]
            shown = [(at, datetime.fromtimestamp(at, known)) for at in every]
            for fields, minutes, hours in (
                ("*/20 *", {0, 20, 40}, set(range(24))),
                ("*/14 1,3,23", {0, 14, 28, 42, 56}, {1, 3, 23}),
                ("15 */2", {15}, set(range(0, 24, 2))),
                ("45 */1", {45}, set(range(24))),
                ("* 0,2", set(range(60)), {0, 2}),
            ):
                line, found, at = parsed(f"{fields} * * *", zone), [], begin
                expected = [
                    at for at, clock in shown if clock.minute in minutes and clock.hour in hours
                ]
                while (at := line.after(at)) <= every[-1]:
                    found.append(at)
                self.assertEqual(found, expected, (zone, day, fields))
