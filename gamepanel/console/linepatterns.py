"""
Patterns that are searched in what games print: in linear time, since players choose what
stands there, and all of a game at once.

RE2 does that; it is imported when a pattern is first compiled.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

maxPatternBytes: Final = 1024 * 1024
"""A compiled pattern takes no more memory."""

fallbackBytes: Final = 512
"""Of a line, no more is shown to a pattern that RE2 refuses: time may grow fast with it."""

lenient: Final = frozenset({"ready"})
"""Patterns that may be such as RE2 refuses, since there were types with them before."""

_ALONE: Final = re.compile(r"\\[AzC]|\(\?[A-Za-z-]*m")
"""What means something else among other lines: ends of the text, and flags for them."""


_PIECE: Final = re.compile(
    r"\\Q(?:.*?)(?:\\E|\Z)|\\.|\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\(\?P?<\w+>|.", re.DOTALL
)
"""Parts of a pattern: what is quoted, a class, the beginning of a named group, or a character."""


class Unsupported(Exception):
    """RE2 refuses a pattern; the text says why."""


def linear(pattern: str, maxBytes: int = maxPatternBytes) -> Any:
    """
    A pattern, compiled by RE2.

    @param maxBytes: how much memory it may take.

    @raise Unsupported: when it has a group that looks around or refers back, say, or would
        take too much memory.
    """
    import re2

    options = re2.Options()
    # Else it writes to our stderr.
    options.log_errors = False
    options.max_mem = maxBytes
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise Unsupported(text or "it can't be compiled") from error


def isAnchored(pattern: str) -> bool:
    """Whether a pattern fits at the beginning of a line only, whichever alternative does."""
    pieces, depth = _PIECE.findall(pattern), 0
    if pieces[:1] != ["^"] or (pieces[1:2] and pieces[1] in "*?+{"):
        return False
    for piece in pieces:
        depth += (piece[0] == "(") - (piece == ")")
        if piece == "|" and depth == 0:
            return False
    return True


def _unnamed(pattern: str) -> str:
    """A pattern with no names of groups: no two in one expression may have the same."""
    return "".join(
        "(?:" if piece.startswith(("(?P<", "(?<")) else piece for piece in _PIECE.findall(pattern)
    )


class LinePatterns:
    """
    The patterns of a game.
    """

    def __init__(self, patterns: Mapping[str, str]) -> None:
        """
        @param patterns: by name, in the order in which they count where several fit one
            line. What RE2 refuses is searched by C{re} if it is L{lenient}, else never.
        """
        self._searches: dict[str, Callable[[str], Any]] = {}
        linearOnes: dict[str, str] = {}
        for name, pattern in patterns.items():
            try:
                compiled = linear(pattern)
            except Unsupported:
                if name in lenient:
                    self._searches[name] = _bounded(re.compile(pattern))
                continue
            linearOnes[name] = pattern
            self._searches[name] = compiled.search
        isLinear = len(linearOnes) == len(patterns)
        self._any = searchOfAll(tuple(patterns.values())) if isLinear else None
        self._set = _setOf(tuple(linearOnes.values()))
        self._inSet = tuple(linearOnes)

    def mayBeIn(self, lines: str) -> bool:
        """
        Whether one of the patterns may fit one of these lines. It mostly says no if none
        does, and never if one does; and costs one search for all lines and all patterns.
        """
        return bool(self._searches) and (self._any is None or self._any(lines))

    def find(self, line: str) -> tuple[str, Mapping[str, str]] | None:
        """
        The name of the first pattern that fits a line, and what its named groups hold there; None
        if none fits.
        """
        return next(iter(self.findAll(line)), None)

    def findAll(self, line: str) -> Sequence[tuple[str, Mapping[str, str]]]:
        """
        The names of all patterns that fit a line, in their order, and what their named groups
        hold there. A line that none fits costs one search, however many patterns there are.
        """
        found = []
        for name in self._candidates(line):
            match = self._searches[name](line)
            if match is not None:
                groups = {key: text or "" for key, text in match.groupdict().items()}
                found.append((name, groups))
        return found

    def _candidates(self, line: str) -> Sequence[str]:
        fitting = None if self._set is None else self._set(line)
        if fitting is None:
            return tuple(self._searches)
        isThere = {self._inSet[index] for index in fitting}
        return [name for name in self._searches if name in isThere or name not in self._inSet]

    def fits(self, name: str, line: str) -> bool:
        """Whether the pattern of a name, if there is one, fits a line."""
        search = self._searches.get(name)
        return search is not None and search(line) is not None


def _search(compiled: Any) -> Callable[[str], bool]:
    return lambda text: compiled.search(text) is not None


def _bounded(compiled: re.Pattern[str]) -> Callable[[str], re.Match[str] | None]:
    def search(text: str) -> re.Match[str] | None:
        short = text.encode(errors="replace")[:fallbackBytes].decode(errors="ignore")
        return compiled.search(short)

    return search


def _setOf(patterns: tuple[str, ...]) -> Callable[[str], Sequence[int] | None] | None:
    """
    One search for all patterns in a line, that tells which fit, by their places; or None if it
    can't tell.

    @return: None where there is nothing to gain by it.
    """
    if len(patterns) < 2:
        return None
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = maxPatternBytes
    together = re2.Set.SearchSet(options)
    try:
        # This fits always. When it is not found, RE2 had too little memory to search.
        always = together.Add("")
        for pattern in patterns:
            together.Add(pattern)
        together.Compile()
    except re2.error:
        return None

    def match(line: str) -> Sequence[int] | None:
        found = together.Match(line) or ()
        return [index - 1 for index in found if index != always] if always in found else None

    return match


@lru_cache(256)
def compiledOnce(patterns: tuple[tuple[str, str], ...]) -> LinePatterns:
    """Patterns by their names. Those who give the same share them: servers of one type do."""
    return LinePatterns(dict(patterns))


def searchOfAll(patterns: tuple[str, ...]) -> Callable[[str], bool] | None:
    """
    One search for all patterns in many lines. What a pattern finds in a line it finds there
    also among others, as long as ^ and $ stand for the ends of lines.

    @return: None where a pattern means the ends of the text.
    """
    if any(_ALONE.search(pattern) for pattern in patterns):
        return None
    try:
        return _search(linear("|".join(f"(?m:{_unnamed(pattern)})" for pattern in patterns)))
    except Unsupported:
        return None
