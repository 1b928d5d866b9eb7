"""
What 50 patterns of people cost a console of 100,000 lines in a second, beside none; and how long
hostile ones hold up others at the most.
"""

import random
import time
from collections.abc import Callable, Mapping
from typing import Final

from gamepanel.console.linepatterns import compiledOnce
from gamepanel.console.lines import LineSearch
from gamepanel.console.linetriggers import LineTriggers
from tests.console.test_lines import newRing

lineCount: Final = 100_000

ready: Final = (("ready", r"^\[Server\] Done \([0-9.]+s\)$"),)

ordinary: Final = {
    number: rf"^\[[0-9:]+\] \[Server thread/INFO\]: (?P<who>\w+) has done thing {number}$"
    for number in range(50)
}

hostile: Final = {number: f"(?:a|b)*a(?:a|b){{{150 + number}}}c" for number in range(50)}


def searched(data: bytes, patterns: Mapping[int, str]) -> tuple[float, float, int, int]:
    """
    A search in some lines: its CPU time and that of its longest piece in seconds, how many lines
    were found, and how many bytes were left out.
    """
    ring, found = newRing(2 * len(data)), list[str]()
    search = LineSearch(compiledOnce(ready), frozenset(), 0)
    if patterns:
        search.triggers = LineTriggers(patterns, lambda number, line: found.append(line), 0)
    ring.append(data)
    begin = last = time.thread_time()
    longest = 0.0
    for _ in search.pieces(ring):
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    return time.thread_time() - begin, longest, len(found), search.lost


def lines(tell: Callable[[str], object] = print) -> None:
    """Print what was measured."""
    chosen = random.Random(1)
    plain = b"".join(
        b"[12:34:56] [Server thread/INFO]: Player%d moved to %d, %d, %d\n"
        % tuple(chosen.randrange(1000) for _ in range(4))
        for _ in range(lineCount)
    )
    letters = "".join(chosen.choices("ab", k=4095))
    short = b"".join(letters[begin : begin + 99].encode() + b"\n" for begin in range(0, 3900, 99))
    for name, data, patterns in (
        ("100,000 lines, no patterns", plain, {}),
        ("100,000 lines, 50 patterns", plain, ordinary),
        ("100,000 lines, one found in 100", plain, {**ordinary, 50: "Player7 |Player77[0-9] "}),
        ("hostile, lines of 99 bytes", short * 100, hostile),
        ("hostile, lines of 4,095 bytes", (letters.encode() + b"\n") * 100, hostile),
    ):
        took, longest, found, lost = min(searched(data, patterns) for _ in range(3))
        tell(
            f"{name:32} {1000 * took:7.1f} ms of CPU for {len(data)} bytes, longest piece "
            f"{1000 * longest:5.1f} ms, {found} found, {lost} bytes left out"
        )


if __name__ == "__main__":
    lines()
