"""
Patterns that are searched in what games print: in linear time, since players choose what
stands there, and all of a game at once.

RE2 does that; it is imported when a pattern is first compiled.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

maxPatternBytes: Final = 1024 * 1024
"""A compiled pattern takes no more memory."""

fallbackBytes: Final = 512
"""Of a line, no more is shown to a pattern that RE2 refuses: time may grow fast with it."""

lenient: Final = frozenset({"ready"})
"""Patterns that may be such as RE2 refuses, since there were types with them before."""

_ALONE: Final = re.compile(r"\\[AzC]|\(\?[A-Za-z-]*m")
"""What means something else among other lines: ends of the text, and flags for them."""


class Unsupported(Exception):
    """RE2 refuses a pattern; the text says why."""


def linear(pattern: str) -> Any:
    """
    A pattern, compiled by RE2.

    @raise Unsupported: when it has a group that looks around or refers back, say, or would
        take too much memory.
    """
    import re2

    options = re2.Options()
    # Else it writes to our stderr.
    options.log_errors = False
    options.max_mem = maxPatternBytes
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise Unsupported(text or "it can't be compiled") from error


class LinePatterns:
    """
    The patterns of a game.
    """

    def __init__(self, patterns: Mapping[str, str]) -> None:
        """
        @param patterns: by name, in the order in which they count where several fit one
            line. What RE2 refuses is searched by C{re} if it is L{lenient}, else never.
        """
        self._searches: dict[str, Callable[[str], bool]] = {}
        isLinear = True
        for name, pattern in patterns.items():
            try:
                compiled = linear(pattern)
            except Unsupported:
                isLinear = False
                if name in lenient:
                    self._searches[name] = _bounded(re.compile(pattern))
                continue
            self._searches[name] = _search(compiled)
        self._any = _union(tuple(patterns.values())) if isLinear else None

    def mayBeIn(self, lines: str) -> bool:
        """
        Whether one of the patterns may fit one of these lines. It mostly says no if none
        does, and never if one does; and costs one search for all lines and all patterns.
        """
        return bool(self._searches) and (self._any is None or self._any(lines))

    def find(self, line: str) -> str | None:
        """The name of the first pattern that fits a line, if one does."""
        return next((name for name, search in self._searches.items() if search(line)), None)

    def fits(self, name: str, line: str) -> bool:
        """Whether the pattern of a name, if there is one, fits a line."""
        search = self._searches.get(name)
        return search is not None and search(line)


def _search(compiled: Any) -> Callable[[str], bool]:
    return lambda text: compiled.search(text) is not None


def _bounded(compiled: re.Pattern[str]) -> Callable[[str], bool]:
    def search(text: str) -> bool:
        short = text.encode(errors="replace")[:fallbackBytes].decode(errors="ignore")
        return compiled.search(short) is not None

    return search


def _union(patterns: tuple[str, ...]) -> Callable[[str], bool] | None:
    """
    One search for all patterns in many lines. What a pattern finds in a line it finds there
    also among others, as long as ^ and $ stand for the ends of lines.

    @return: None where a pattern means the ends of the text.
    """
    if any(_ALONE.search(pattern) for pattern in patterns):
        return None
    try:
        return _search(linear("|".join(f"(?m:{pattern})" for pattern in patterns)))
    except Unsupported:
        return None
