"""
Text from a daemon on a terminal, where it may have colours and never commands anything; and tables,
for people and for programs that cut columns.
"""

import os
import re
import stat
import sys
import time
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

_maxPending: Final = 4096
"""A sequence that is longer than this is none; what follows its start is text."""

_SEQUENCE: Final = re.compile(
    r"""
      \x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])    # CSI (ECMA-48, 5.4)
    | \x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)               # OSC, DCS, SOS, PM, APC
    | \x1b[ -/]*[0-OQ-WYZ\\`-~]                             # other escapes
    | [\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]                # controls, but TAB and line feed
    | [\u202a-\u202e\u2066-\u2069]                          # what turns the reading direction
    | \x1b                                                 # an escape that begins nothing
    """,
    re.VERBOSE,
)
_UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z")


class Filter:
    """
    Lets text and colours through, in whatever pieces they come.
    """

    def __init__(self, colours: bool) -> None:
        """
        @param colours: whether those are let through, too.
        """
        self._colours = colours
        self._pending = ""

    def feed(self, text: str) -> str:
        """What is fit to be shown of the next piece."""
        text = self._pending + text
        unfinished = _UNFINISHED.search(text)
        self._pending = ""
        if unfinished is not None and len(unfinished[0]) <= _maxPending:
            text, self._pending = text[: unfinished.start()], unfinished[0]
        return _SEQUENCE.sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        isColour = match["final"] == "m" and not match["parameters"].strip("0123456789:;")
        return match[0] if isColour and self._colours else ""

    def feedLine(self, text: str) -> str:
        """What is fit to be shown of a text that stands for itself, on one line."""
        return " ".join(self.feed(text).split("\n"))


def clean(text: str) -> str:
    """A name or a sentence of somebody's, for one line."""
    return Filter(colours=False).feedLine(text)


def wantsColours() -> bool:
    """Whether our output goes to somebody who wants them (U{https://no-color.org})."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


STYLES: Final = {
    "running": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "installing": "yellow",
    "waiting": "yellow",
    "crashed": "bold red",
    "failed": "bold red",
    "stopped": "dim",
}
"""How the states of servers are shown."""

_leastSpace: Final = 20
"""Where the last column has fewer columns of a terminal, the terminal may break it as it likes."""

_codes: Final = {"dim": "2", "green": "32", "yellow": "33", "bold red": "1;31"}


def cell(text: str) -> str:
    """A text of somebody's that stays in its column."""
    return clean(text).replace("\t", " ")


def at(seconds: float | None) -> str:
    """A point in time, given in seconds since the epoch; nothing for None."""
    return "" if seconds is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def amount(size: float) -> str:
    """A number of bytes for people."""
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} bytes" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


def plain(rows: Sequence[Sequence[str]]) -> str:
    """Lines with TABs between columns, without titles."""
    return "".join("\t".join(map(cell, row)) + "\n" for row in rows)


def aligned(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    colours: bool,
    columns: int | None = None,
    cuts: bool = False,
) -> str:
    """
    Columns below their titles, with states coloured.

    @param columns: how many the terminal has; None: as many as one likes. What does not fit stands
        in the last column on further lines, an address on a line of its own.
    @param cuts: whether it is left out instead.
    """
    shown = [[cell(text) for text in row] for row in rows]
    lines = [list(titles), *shown] if any(titles) else shown
    widths = [max((width(line[n]) for line in lines), default=0) for n in range(len(titles))]
    indent = sum(widths[:-1]) + len(widths) - 1
    space = None if columns is None else columns - indent
    if space is not None and space >= _leastSpace:
        lines = [each for line in lines for each in _fitted(line, space, indent, cuts)]
        widths[-1] = min(widths[-1], space)
    styles = iter(["dim"] if any(titles) else [])
    return "".join(_line(line, widths, colours, next(styles, None)) for line in lines)


def _fitted(line: Sequence[str], space: int, indent: int, cuts: bool) -> Iterator[list[str]]:
    *before, last = line
    if cuts and width(last) > space:
        yield [*before, f"{_begin(last, space - 1).rstrip()}\u2026"]
        return
    while width(last) > space:
        word, _, rest = last.partition(" ")
        if "://" in word and width(word) > space:
            # A terminal opens an address only where it is in one piece: it begins further left,
            # and one that is wider than the terminal is the terminal's to wrap.
            if any(before):
                yield [*before, ""]
            start = max(indent + space - width(word), 0)
            yield [" " * start + word, *[""] * len(before)]
            before, last = [""] * len(before), rest.lstrip()
            continue
        begin = _begin(last, space)
        # A word that is longer than a line is broken.
        if last[len(begin)] != " " and " " in begin:
            begin = begin.rpartition(" ")[0]
        yield [*before, begin.rstrip()]
        before, last = [""] * len(before), last[len(begin) :].lstrip()
    if last or not line[-1]:
        yield [*before, last]


def _begin(text: str, space: int) -> str:
    """As much of a text as fits."""
    if text.isascii():
        return text[:space]
    taken = 0
    for at, character in enumerate(text):
        taken += _width(character)
        if taken > space:
            return text[:at]
    return text


def _line(line: Sequence[str], widths: Sequence[int], colours: bool, style: str | None) -> str:
    parts = list(_padded(line, widths, colours, style))
    return " ".join(parts).rstrip() + "\n"


def _padded(
    line: Sequence[str], widths: Sequence[int], colours: bool, style: str | None
) -> Iterator[str]:
    for text, wanted in zip(line, widths, strict=True):
        code = _codes.get(style or STYLES.get(text, "")) if colours and text else None
        space = " " * (wanted - width(text))
        yield f"{text}{space}" if code is None else f"\x1b[{code}m{text}\x1b[0m{space}"


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def _width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


@contextmanager
def unbroken() -> Iterator[None]:
    """Nobody may be reading what is printed here any more."""
    try:
        yield
    except BrokenPipeError:
        forgetOutput()


def isPipe(stream: Any) -> bool:
    """Whether a stream leads to another program."""
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def flush() -> OSError | None:
    """
    Write what is left.

    @return: why that can't be done, as where a disk is full; nothing is written any more then.
    """
    try:
        with unbroken():
            sys.stdout.flush()
    except OSError as error:
        forgetOutput()
        return error
    return None


def forgetOutput() -> None:
    """Write nothing any more."""
    # Python would try again when it ends, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
