"""Conditions of PufferPanel's templates (of CEL, what they use of it), as tests of a shell."""

import re
import shlex
from collections.abc import Callable
from typing import Final

maxLength: Final = 2000
"""Characters of a condition; a longer one is not read."""

maxDepth: Final = 20
"""Brackets and negations that may stand in each other."""

_fixed: Final = {
    "env": ("host", "standard", "tty", "standart"),
    "os": ("linux",),
    "core:os": ("linux",),
    "arch": ("amd64", "x86_64"),
    "core:arch": ("amd64", "x86_64"),
    "success": ("true",),
}
"""What conditions of templates know of the host."""

_LITERAL: Final = r"'[^'\\]*'|\"[^\"\\]*\"|-?[\w.:-]+"
_COMPARED: Final = re.compile(rf"({_LITERAL})\s*(==|!=)\s*({_LITERAL})")
_AMONG: Final = re.compile(rf"([\w:-]+)\s+in\s+\[((?:\s*(?:{_LITERAL})\s*,?)*)\]")
_SIZE: Final = re.compile(
    r"(?:size\(\s*([\w-]+)\s*\)|([\w-]+)\.size\(\s*\)|has\(\s*([\w-]+)\s*\))\s*(?:(==|!=|>)\s*0)?"
)
_FILE: Final = re.compile(r"file_exists\((.*)\)", re.DOTALL)

Named = Callable[[str], str | None]
"""A variable as a shell has it, in double quotes; None if there is none of this name."""


class Unread(Exception):
    """This is more than what templates use."""


def test(condition: object, named: Named) -> str:
    """
    A command of a shell that ends with 0 where a condition holds; empty if it always does.

    @raise Unread: if that can't be told.
    """
    if not isinstance(condition, str) or not condition.strip():
        return ""
    if len(condition) > maxLength:
        raise Unread
    return _read(condition, named, 0)


def _read(text: str, named: Named, depth: int) -> str:
    text = text.strip()
    if depth > maxDepth or not text:
        raise Unread
    for operator in ("||", "&&"):
        parts = _split(text, operator)
        if len(parts) > 1:
            return (
                "{ " + f" {operator} ".join(_read(one, named, depth + 1) for one in parts) + "; }"
            )
    if text.startswith("(") and text.endswith(")"):
        return _read(text[1:-1], named, depth + 1)
    if text.startswith("!"):
        inner = _read(text[1:], named, depth + 1)
        return inner[2:] if inner.startswith("! ") else f"! {inner}"
    if match := _FILE.fullmatch(text):
        parts = [_value(part.strip(), named) for part in match[1].split("+")]
        return f"[ -e {''.join([parts[0].lstrip('/'), *parts[1:]])} ]"
    if match := _SIZE.fullmatch(text):
        value = named(match[1] or match[2] or match[3])
        operator = "-z" if match[4] == "==" else "-n"
        return f"[ {operator} {value} ]" if value else "false"
    if match := _COMPARED.fullmatch(text):
        return _compared(match[1], match[2] == "==", match[3], named)
    if match := _AMONG.fullmatch(text):
        found = [_compared(match[1], True, one, named) for one in re.findall(_LITERAL, match[2])]
        return "{ " + " || ".join(found or ["false"]) + "; }"
    if re.fullmatch(r"[\w:-]+", text):
        return text if text in ("true", "false") else _compared(text, True, "'true'", named)
    raise Unread


def _compared(left: str, isEqual: bool, right: str, named: Named) -> str:
    if named(left) is None and left not in _fixed:
        left, right = right, left
    if left in _fixed:
        return "true" if (_plain(right) in _fixed[left]) is isEqual else "false"
    value = named(left)
    if value is None:
        if _plain(left) != left or _plain(right) == right:
            return "true" if (_plain(left) == _plain(right)) is isEqual else "false"
        raise Unread
    if named(right) is not None:
        raise Unread
    return f"[ {value} {'==' if isEqual else '!='} {shlex.quote(_plain(right))} ]"


def _value(text: str, named: Named) -> str:
    value = named(text) if re.fullmatch(r"[A-Za-z_][\w-]*", text) else None
    if value is None and not re.fullmatch(_LITERAL, text):
        raise Unread
    return value or shlex.quote(_plain(text))


def _plain(text: str) -> str:
    return text[1:-1] if text[:1] in "'\"" else text


def _split(text: str, operator: str) -> list[str]:
    """Its parts between operators that stand in no brackets and no quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif depth == 0 and at >= start and text.startswith(operator, at):
            parts.append(text[start:at])
            start = at + 2
        if depth < 0:
            raise Unread
    if depth or quote:
        raise Unread
    return [*parts, text[start:]]
