"""Three nights in which clocks are set, beside Debian's cron under a clock of its own."""

import os
import re
import signal
import subprocess
from datetime import datetime
from itertools import groupby
from pathlib import Path
from threading import Timer
from typing import Final
from zoneinfo import ZoneInfo

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.schedules.cron import parsed
from tests.support import needFile, needMounts, patience

lines: Final = {
    "fixed": "30 2 * * *",
    "behind": "0 3 * * *",
    "both": "10 1-3 * * 6,7",
    "midnight": "15 0,23 * * *",
    "wild": "*/30 2 * * *",
    "each": "45 * * * *",
    "second": "5 */2 29-31,1-8 * *",
}

nights: Final = (
    ("Europe/Berlin", "2026-03-28 23:50"),
    ("Europe/Berlin", "2026-10-24 23:50"),
    ("America/Havana", "2026-03-07 22:50"),
)

hours: Final = 5
"""So long is each night watched."""

script: Final = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir /run/empty
mount -t tmpfs tmpfs /var/spool/cron
mkdir -m 1730 /var/spool/cron/crontabs
mount --bind /run/empty /etc/cron.d
: > /run/none
mount --bind /run/none /etc/crontab
printf '%s' "$CRONTAB" > /var/spool/cron/crontabs/root
chmod 600 /var/spool/cron/crontabs/root
exec faketime -f "@$BEGIN:00 x400" stdbuf -oL cron -f -x sch,misc
"""
"""Nothing of the host's own is run: cron sees a table of its own, and no other."""


class DebianTests(SynchronousTestCase):
    def ran(self, zone: str, begin: str) -> list[str]:
        """
        What Debian's cron has run in a night, each with the time that clocks showed. What it makes
        up for behind a gap it does for each minute of it, marked C{No wildcard}.
        """
        table = "".join(f"{line} true {name}\n" for name, line in lines.items())
        process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-c", script],
            env={**os.environ, "TZ": zone, "BEGIN": begin, "CRONTAB": table, "LC_ALL": "C"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        limit = Timer(3 * 60 + patience, os.killpg, (process.pid, signal.SIGKILL))
        limit.start()

        def end() -> None:
            limit.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for name in ("faketime_shm", "sem.faketime_sem"):
                Path(f"/dev/shm/{name}_{process.pid}").unlink(missing_ok=True)

        self.addCleanup(end)
        found, clock, target, last = list[str](), "", 0, 0
        assert process.stdout is not None
        self.addCleanup(process.stdout.close)
        for line in process.stdout:
            if match := re.search(r"tick\((\d+),(\d+),.*\)(.*)", line):
                if "No wildcard" not in match[3]:
                    clock = f"{int(match[2]):02}:{int(match[1]):02}"
            elif match := re.search(r"CMD \(true (\w+)\)", line):
                found.append(f"{clock} {match[1]}")
            elif match := re.search(r"TargetTime=(\d+)", line):
                target = int(match[1])
                last = last or target + hours * 3600
                if target > last:
                    # Those of one minute are run in any order.
                    minutes = groupby(found, lambda each: each[:5])
                    return [each for _, minute in minutes for each in sorted(minute)]
        raise AssertionError(f"cron has ended: {found}")

    def test_nights(self) -> None:
        """The same lines run at the same times."""
        needMounts()
        needFile("/usr/sbin/cron", "cron")
        needFile("/usr/lib/*/faketime/libfaketime.so.1", "faketime")
        for zone, begin in nights:
            found = self.ran(zone, begin)
            known = ZoneInfo(zone)
            first = datetime.fromisoformat(begin).replace(tzinfo=known).timestamp()
            expected = []
            for name, line in lines.items():
                moments, at = parsed(line, zone), first
                while (at := moments.after(at)) < first + (hours - 1) * 3600:
                    expected.append((at, f"{datetime.fromtimestamp(at, known):%H:%M} {name}"))
            wanted = [text for _, text in sorted(expected)]
            self.assertGreater(len(wanted), 8)
            self.assertEqual(found[: len(wanted)], wanted, (zone, begin))
