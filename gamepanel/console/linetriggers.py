"""
Patterns of people, searched in what a game prints beside those of its type: they come and go while
it runs, and whatever they are, they take no more than a share of a processor, in short pieces.

RE2 takes a time that is linear in the line and in the pattern, which may still be milliseconds for
one line: 3 ns for each byte and instruction were measured.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, Self

from twisted.logger import Logger

from gamepanel.console.linepatterns import linear, searchOfAll

maxTriggerBytes: Final = 64 * 1024
"""A compiled pattern of people takes no more memory."""

togetherInstructions: Final = 750
"""
Patterns are searched together as long as they have no more instructions together: a search that is
as slow as RE2 gets takes 16 ms then.
"""

textBytes: Final = 4096
"""So much is searched at once; and of a line no more."""

cpuShare: Final = 0.1
"""Part of a processor that the patterns of one server may take. Lines beyond it are left out."""

burstSeconds: Final = 0.25
"""Processor time that they may take at once, if they took none for a while."""


@lru_cache(1024)
def triggerPattern(pattern: str) -> Any:
    """
    A pattern of people, compiled once however often it is used.

    @raise gamepanel.console.linepatterns.Unsupported: when RE2 refuses it, or it takes more than
        L{maxTriggerBytes}; the text says why.
    """
    return linear(pattern, maxTriggerBytes)


pieceSeconds: Final = 0.002
"""After so much processor time others have their turn."""

_chatPattern = lru_cache(64)(linear)


@lru_cache(256)
def _together(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """Whether one of some patterns may fit one of some lines; always where that can't be told."""
    return searchOfAll(patterns) or bool


class LineTriggers:
    """
    The patterns of people for one server.

    @ivar index: up to where in the log lines were searched.
    @ivar chat: the pattern by which the type knows what players say: such a line never matches.
    """

    _log = Logger()

    def __init__(
        self,
        patterns: Mapping[int, str],
        found: Callable[[int, str], None],
        index: int,
        cpu: Callable[[], float] = time.thread_time,
        uptime: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        @param patterns: by a number of whoever wants their lines; see L{triggerPattern}.
        @param found: called with that number and a line that the pattern fits.
        @param cpu: processor time in seconds, as C{uptime}.
        """
        self.index = index
        self.chat: str | None = None
        self._isOver = False
        self._found = found
        self._cpu, self._uptime = cpu, uptime
        self._left, self._at = burstSeconds, uptime()
        self._sinceYield = 0.0
        # Patterns that are searched together, those of each by their numbers.
        self._groups: list[tuple[Callable[[str], bool], dict[int, Any]]] = []
        group, size = dict[int, str](), 0
        for number, pattern in patterns.items():
            instructions = triggerPattern(pattern).programsize
            if group and size + instructions > togetherInstructions:
                self._add(group)
                group, size = {}, 0
            group[number], size = pattern, size + instructions
        if group:
            self._add(group)

    def _add(self, group: Mapping[int, str]) -> None:
        compiled = {number: triggerPattern(pattern) for number, pattern in group.items()}
        self._groups.append((_together(tuple(group.values())), compiled))

    def pieces(self, data: bytes, begin: int, cleaned: Callable[[bytes], str]) -> Iterator[int]:
        """
        Search some lines, and tell of those that fit. What was searched before is left out.

        @param begin: index of the first byte in the log.
        @param cleaned: the text of lines.

        @return: after each piece of work, how many bytes were left out since it had to take too
            long.
        """
        start, end = max(self.index - begin, 0), len(data)
        if 0 < start < end and data[start - 1 : start] != b"\n":
            start = data.find(b"\n", start) + 1 or end
        while start < end and not self._isOver:
            most = start + textBytes
            behind = end if most >= end else data.rfind(b"\n", start, most) + 1
            if not behind:
                # The beginning of a line that is longer.
                behind = data.find(b"\n", most) + 1 or end
            self.index, size = begin + behind, behind - start
            text, start = data[start : min(behind, most)], behind
            if self._mayGoOn():
                yield from self._inText(text, cleaned)
            else:
                yield size
        if not self._isOver:
            self.index = max(self.index, begin + end)

    def replaced(self, patterns: Mapping[int, str], found: Callable[[int, str], None]) -> Self:
        """Other patterns in their place, which go on where these have come to."""
        other = type(self)(patterns, found, self.index, self._cpu, self._uptime)
        other.chat, other._left, other._at = self.chat, self._left, self._at
        self._isOver = True
        return other

    def _inText(self, data: bytes, cleaned: Callable[[bytes], str]) -> Iterator[int]:
        text, lines = cleaned(data), list[str]()
        for mayBeIn, patterns in self._groups:
            if self._timed(mayBeIn, text):
                # Those of the daemon are empty here.
                lines = lines or [line for line in map(cleaned, data.split(b"\n")) if line]
                for line in lines:
                    if self._timed(mayBeIn, line):
                        yield from self._inLine(line, patterns)
            if self._sinceYield > pieceSeconds:
                self._sinceYield = 0.0
                yield 0

    def _inLine(self, line: str, patterns: Mapping[int, Any]) -> Iterator[int]:
        for number, pattern in patterns.items():
            if self._timed(pattern.search, line) and not self._isChat(line):
                try:
                    self._found(number, line)
                except Exception:
                    self._log.failure("a line can't be told")
            if self._sinceYield > pieceSeconds:
                self._sinceYield = 0.0
                yield 0

    def _timed(self, search: Callable[[str], Any], text: str) -> bool:
        begin = self._cpu()
        found = search(text)
        took = self._cpu() - begin
        self._left -= took
        self._sinceYield += took
        return bool(found)

    def _isChat(self, line: str) -> bool:
        return self.chat is not None and _chatPattern(self.chat).search(line) is not None

    def _mayGoOn(self) -> bool:
        now = self._uptime()
        self._left = min(self._left + (now - self._at) * cpuShare, burstSeconds)
        self._at = now
        return self._left > 0
