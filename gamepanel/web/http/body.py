"""
JSON as strict as it can be read: what two readers could understand differently is refused.
"""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from attrs import frozen

from gamepanel.errors import BadRequest, Problem

maxDepth: Final = 8
maxInteger: Final = 2**53 - 1


class _Refused(ValueError):
    """Raised inside the reader; its text is for people."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Refused("is there twice in one object")
    return result


def _integer(digits: str) -> int:
    if len(digits) > 17 or not -maxInteger <= int(digits) <= maxInteger:
        raise _Refused("is an integer beyond 2^53 - 1")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number) or abs(number) > maxInteger:
        raise _Refused("is a number beyond 2^53 - 1")
    return number


def _constant(name: str) -> Any:
    raise _Refused("is a number that JSON does not have")


_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)


@frozen
class _Bad:
    """What stands in the place of something that is refused."""

    detail: str


def _marking(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def readOrMark(text: str) -> Any:
        try:
            return read(text)
        except _Refused as error:
            return _Bad(str(error))

    return readOrMark


def _objectOrMark(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        result[name] = _Bad("is there twice in one object") if name in result else value
    return result


_markingDecoder: Final = json.JSONDecoder(
    object_pairs_hook=_objectOrMark,
    parse_int=_marking(_integer),
    parse_float=_marking(_float),
    parse_constant=_marking(_constant),
)
"""Reads all, and marks what is refused, so that it can be pointed at; slower than the other."""


def parse(body: bytes) -> dict[str, Any]:
    """
    The object that a body holds.

    @raise BadRequest: when it is no JSON, no object, or doubtful: a name twice, a
        lone surrogate or a NUL in a string, numbers that not every reader
        can hold, more than L{maxDepth} levels. It points at what is doubtful.
    """
    try:
        text = body.decode("utf-8")
        try:
            value = _decoder.decode(text)
        except _Refused:
            _inspect(_markingDecoder.decode(text), 1, ())
            raise
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    # Each of these can only be there if these bytes are.
    if b"\\u" in body or body.count(b"[") + body.count(b"{") > maxDepth:
        _inspect(value, 1, ())
    return value


def _doubtful(field: tuple[str, ...], detail: str) -> BadRequest:
    return BadRequest("The body is doubtful.", (Problem(field, detail),))


def _inspect(value: object, depth: int, field: tuple[str, ...]) -> None:
    if isinstance(value, _Bad):
        raise _doubtful(field, value.detail)
    if isinstance(value, str):
        _inspectText(value, field)
    elif isinstance(value, dict | list):
        if depth > maxDepth:
            raise _doubtful(field, f"nests deeper than {maxDepth}")
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            _inspectText(str(name), field)
            _inspect(member, depth + 1, (*field, str(name)))


def _inspectText(text: str, field: tuple[str, ...]) -> None:
    if "\0" in text:
        raise _doubtful(field, "has a NUL in a string")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _doubtful(field, "has half a character (a lone surrogate) in a string")
