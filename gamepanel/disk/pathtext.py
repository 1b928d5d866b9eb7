"""
Paths as text that JSON can hold.

A path is any bytes; what of it is not UTF-8 Python keeps as surrogates, which JSON refuses. Here a
zero byte, which is in no path, and two digits stand for each.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_ODD: Final = re.compile("[\udc80-\udcff]")

_ESCAPE: Final = re.compile("\0([0-9a-f]{2})")


def isText(path: str) -> bool:
    """Whether a path is UTF-8, so that it can be written down as it is."""
    return _ODD.search(path) is None


def storable(value: Any) -> Any:
    """
    A value of lists, mappings and paths as one that JSON can hold; a path that is UTF-8 stays as
    it is.
    """
    return _each(value, _escaped)


def _escaped(path: str) -> str:
    # That is known without looking at it, and most are.
    return path if path.isascii() else _ODD.sub(lambda odd: f"\0{ord(odd[0]) & 0xFF:02x}", path)


def restored(value: Any) -> Any:
    """What L{storable} was given."""
    return _each(value, lambda path: _ESCAPE.sub(lambda odd: chr(0xDC00 | int(odd[1], 16)), path))


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(key): _each(each, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_each(each, change) for each in value]
    return value
