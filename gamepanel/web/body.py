"""
JSON as strict as it can be read: what two readers could understand differently is refused.
"""

import json
from math import isfinite
from typing import Any, Final

from gamepanel.errors import BadRequest

maxDepth: Final = 8
maxInteger: Final = 2**53 - 1


class _Refused(ValueError):
    """Raised inside the reader; its text is for people."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise _Refused("The body has a name twice in one object.")
    return result


def _integer(digits: str) -> int:
    if len(digits) > 17 or not -maxInteger <= int(digits) <= maxInteger:
        raise _Refused("The body has an integer beyond 2^53 - 1.")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not isfinite(number) or abs(number) > maxInteger:
        raise _Refused("The body has a number beyond 2^53 - 1.")
    return number


def _constant(name: str) -> Any:
    raise _Refused("The body has a number that JSON does not have.")


_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
)


def parse(body: bytes) -> dict[str, Any]:
    """
    The object that a body holds.

    @raise BadRequest: when it is no JSON, no object, or doubtful: a name twice, a
        lone surrogate or a NUL in a string, numbers that not every reader
        can hold, more than L{maxDepth} levels.
    """
    try:
        value = _decoder.decode(body.decode("utf-8"))
    except _Refused as error:
        raise BadRequest(str(error)) from None
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON in UTF-8.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    # Each of these can only be there if these bytes are.
    if b"\\u" in body or body.count(b"[") + body.count(b"{") > maxDepth:
        _inspect(value, 1)
    return value


def _inspect(value: object, depth: int) -> None:
    if isinstance(value, str):
        _inspectText(value)
    elif isinstance(value, dict):
        _inspectDepth(depth)
        for name, member in value.items():
            _inspectText(name)
            _inspect(member, depth + 1)
    elif isinstance(value, list):
        _inspectDepth(depth)
        for member in value:
            _inspect(member, depth + 1)


def _inspectDepth(depth: int) -> None:
    if depth > maxDepth:
        raise BadRequest(f"The body nests deeper than {maxDepth}.")


def _inspectText(text: str) -> None:
    if "\0" in text:
        raise BadRequest("The body has a NUL in a string.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise BadRequest("The body has half a character (a lone surrogate) in a string.")
