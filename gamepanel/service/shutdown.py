"""
Asks systemd, when the daemon is told to end, whether the whole host goes down, and how much time
there is.
"""

import os
import re
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct
from twisted.internet.defer import TimeoutError
from twisted.logger import Logger

from gamepanel.base.collecting import collect

log = Logger()

booted: Final = "/run/systemd/system"
"""This directory is there on hosts that systemd has booted, see C{sd_booted(3)}."""

askSeconds: Final = 5.0
"""Timeout of each question."""

spareSeconds: Final = 10.0
"""So much is left of the time for an end when what still runs is killed."""

unitName: Final = re.compile(rb"^.*/([^/\n]+\.service)(?:/[^\n]*)?$", re.MULTILINE)
"""The innermost service in C{/proc/self/cgroup}."""

timeSpan: Final = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|min|h|d|w|month|y)(?=\s|$)")
"""A part of a time span as systemd writes it, see C{systemd.time(7)}."""

unitSeconds: Final = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "month": 2629800.0,
    "y": 31557600.0,
}


def secondsOf(span: str) -> float | None:
    """
    A time span as systemd writes it, C{1min 30s} for example, in seconds; None where it has no
    bound.
    """
    found = timeSpan.findall(span)
    return sum(float(count) * unitSeconds[unit] for count, unit in found) if found else None


class Systemd(Struct, frozen=True):
    """
    The service manager of the host.

    @ivar booted: the directory that is there where systemd has booted the host.
    @ivar groups: the file that names the control groups of this process.
    @ivar program: its command.
    """

    reactor: Any
    booted: str = booted
    groups: str = "/proc/self/cgroup"
    program: str = "systemctl"

    async def isHostGoingDown(self) -> bool:
        """Whether the host shuts down or boots anew; false where that can't be known."""
        return await self._ask("is-system-running") == "stopping"

    async def stopSeconds(self) -> float | None:
        """
        For how long games may take to stop: what our unit has as its C{TimeoutStopSec}, without
        L{spareSeconds}; None where there is no bound, or none is known.
        """
        with open(self.groups, "rb") as groups:
            found = unitName.search(groups.read())
        if found is None:
            return None
        unit = os.fsdecode(found[1])
        span = await self._ask("show", "--value", "--property=TimeoutStopUSec", unit)
        seconds = secondsOf(span)
        return None if seconds is None else max(seconds - spareSeconds, 0.0)

    async def _ask(self, *arguments: str) -> str:
        """What its command answers; nothing where there is none."""
        if not os.path.isdir(self.booted):
            return ""
        command: Sequence[str] = ("/usr/bin/env", self.program, *arguments)
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        try:
            asked = collect(self.reactor, command, environment)
            # It ends with 1 where the system is not simply running.
            output = await asked.addTimeout(askSeconds, self.reactor)
            said, complaint = output.said, output.complained
        except (TimeoutError, OSError) as error:
            said, complaint = b"", str(error).encode()
        if not said.strip():
            log.warn(
                "systemd can't be asked whether the host goes down: {reason}",
                reason=complaint.decode(errors="replace").strip(),
            )
        return said.decode(errors="replace").strip()
