"""
Durations as people type them: C{30s}, C{10m}, C{1h30m}, C{2d}.
"""

import re
from collections.abc import Iterator
from typing import Final

_WHOLE: Final = re.compile(r"(?:\d{1,9}(?:\.\d{1,9})?(?:s|min|m|h|d|w))+", re.ASCII)
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(s|min|m|h|d|w)", re.ASCII)
_SECONDS: Final = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "min": 60, "s": 1}


def seconds(text: str) -> float | None:
    """A duration in seconds; None for a text that is none."""
    if not _WHOLE.fullmatch(text):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def typed(duration: float) -> str:
    """A duration as it is typed; fractions of a second are left out."""
    return "".join(_parts(int(duration))) or "0s"


def _parts(left: int) -> Iterator[str]:
    for unit in "dhms":
        number, left = divmod(left, _SECONDS[unit])
        if number:
            yield f"{number}{unit}"
