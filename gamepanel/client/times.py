"""
Points in time as a person writes them in a shell.
"""

import re
import time
from datetime import datetime
from typing import Final

import click

_AGO: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:s|min|m|h|d|w))+")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h|d|w)")
_SECONDS: Final = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


def pointInTime(text: str) -> float:
    """
    So long ago (C{10m}, C{1h30m}, C{2d}), a date with or without a time, or seconds since the
    epoch, as seconds since the epoch.

    @raise BadParameter: when it is none of them.
    """
    found = _since(text)
    if found is None or found < 0:
        raise click.BadParameter(f"{text}: must be like 10m, 2h, 3d or 2026-01-31T18:00")
    return found


def _since(text: str) -> float | None:
    if _AGO.fullmatch(text):
        return time.time() - sum(float(n) * _SECONDS[unit] for n, unit in _PART.findall(text))
    if re.fullmatch(r"\d{9,11}(\.\d+)?", text):
        return float(text)
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
