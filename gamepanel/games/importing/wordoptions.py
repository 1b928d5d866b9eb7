"""
Options of commands in install scripts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from gamepanel.games.importing.shell import Word
from gamepanel.games.importing.shellparser import parse

wgetValues: Final = frozenset("OPoUatTwQeiDlAR")

curlValues: Final = frozenset("oAHuXdeTFmCxcbKrEytYzQPDw")
"""Short options of curl that have a value."""


def split(
    words: Sequence[Word], withValue: frozenset[str], long: Mapping[str, bool]
) -> tuple[dict[str, Word | Any], list[Word]]:
    """
    Take options and other words apart.

    @param withValue: short options that have a value.
    @param long: long options that have a value.
    """
    options: dict[str, Any] = {}
    names: list[Word] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        source = word.source
        if source.startswith("--") and len(source) > 2:
            name, mark, value = source[2:].partition("=")
            if mark:
                inner = next(iter(parse("x " + value).simple()), None)
                options[name] = inner.words[1] if inner and len(inner.words) > 1 else None
            else:
                options[name] = rest.pop(0) if long.get(name) and rest else None
        elif source.startswith("-") and len(source) > 1:
            _short(word, rest, withValue, options)
        else:
            names.append(word)
    return options, names


def _short(
    word: Word, rest: list[Word], withValue: frozenset[str], options: dict[str, Any]
) -> None:
    letters = word.source[1:]
    for index, letter in enumerate(letters):
        if letter not in withValue:
            options[letter] = None
            continue
        following = letters[index + 1 :]
        if following:
            inner = next(iter(parse("x " + following).simple()), None)
            options[letter] = inner.words[1] if inner and len(inner.words) > 1 else None
        else:
            options[letter] = rest.pop(0) if rest else None
        return


curlLong: Final = dict.fromkeys(
    (
        "output",
        "header",
        "user-agent",
        "request",
        "data",
        "user",
        "retry",
        "write-out",
        "max-time",
        "proxy",
        "retry-delay",
        "connect-timeout",
        "cookie",
        "referer",
        "output-dir",
        "url",
    ),
    True,
)
wgetLong: Final = dict.fromkeys(
    ("output-document", "directory-prefix", "user-agent", "header", "tries", "timeout"), True
)
tarLong: Final = dict.fromkeys(("directory", "file", "strip-components", "strip"), True)
