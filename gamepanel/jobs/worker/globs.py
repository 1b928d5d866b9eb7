"""
Which paths a glob of a type file means.
"""

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=256)
def _expression(glob: str) -> re.Pattern[str]:
    parts = []
    for word in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", glob.strip("/")):
        match word:
            case "**/":
                parts.append("(?:[^/]+/)*")
            case "**":
                parts.append(".*")
            case "*":
                parts.append("[^/]*")
            case "?":
                parts.append("[^/]")
            case _:
                parts.append(re.escape(word))
    return re.compile("".join(parts) + r"(?:/.*)?", re.DOTALL)


def fits(path: str, globs: Iterable[str]) -> bool:
    """
    Whether a path is meant by one of some globs, or lies in a directory that is.

    @param path: relative, with slashes between its names.
    @param globs: in which C{*} and C{?} stay within one name, and C{**} does not.
    """
    return any(_expression(glob).fullmatch(path) for glob in globs)
