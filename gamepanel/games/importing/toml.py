"""Writes type files."""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from gamepanel.games.importing.variables import Table

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def write(table: Table, comments: Iterable[str]) -> str:
    """
    The text of a type file.

    @param table: plain values first, then tables and arrays of tables.
    @param comments: lines for its beginning.
    """
    lines = [f"# {' '.join(comment.split())}" for comment in comments]
    tables: list[str] = []
    for key, value in table.items():
        if isinstance(value, dict):
            tables += ["", f"[{_key(key)}]", *_pairs(value)]
        elif isinstance(value, list) and value and all(isinstance(part, dict) for part in value):
            for part in value:
                # The environment of a script gets lines of its own.
                inner = part.get("environment") if key == "install" else None
                plain = {name: one for name, one in part.items() if one is not inner}
                tables += ["", f"[[{_key(key)}]]", *_pairs(plain)]
                if inner is not None:
                    tables += [f"[{_key(key)}.environment]", *_pairs(inner)]
        elif value not in ([], {}, None):
            lines.append(f"{_key(key)} = {_value(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _pairs(table: Table) -> list[str]:
    return [f"{_key(key)} = {_value(value, key)}" for key, value in table.items()]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any, key: str = "") -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        parts = [_value(part) for part in value]
        line = ", ".join(parts)
        if len(line) < 80:
            return f"[{line}]"
        return "[\n" + "".join(f"    {part},\n" for part in parts) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    return _text(value)


def _text(text: str) -> str:
    lines = text.split("\n")
    isShown = all(line.replace("\t", "").isprintable() for line in lines)
    if len(lines) > 2 and isShown and "'''" not in text and not text.endswith("'"):
        return f"'''\n{text}'''"
    isPlain = text.isprintable() and "'" not in text
    if isPlain and ("\\" in text or '"' in text):
        return f"'{text}'"
    escaped = json.dumps(text, ensure_ascii=False)
    return re.sub(r"[\x7f-\x9f\ud800-\udfff\u2028\u2029]", _escape, escaped)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    # A half of a pair is no character.
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"
