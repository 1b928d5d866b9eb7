"""
Sets keys in the text of a configuration file and leaves the rest alone: order,
comments, and keys that the game wrote itself.

What was written is read back before it is handed out, so that a value is in
the file as exactly itself and has reached no other key, or is refused. A worker does
this, see L{gamepanel.servers.configs}, so little is imported, and libraries when first needed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from gamepanel.games.cannothold import CannotHold

if TYPE_CHECKING:
    from gamepanel.games.definition import Format

Value = str | int | float | bool | list[str | int | float | bool]
"""What a key can be set to; json, yaml and toml files hold other than text, too."""


def edit(format: Format, text: str, changes: Mapping[str, Value]) -> str:
    """
    The text of a file in which some keys have new values.

    @param text: what is in the file now; empty for a new one.
    @param changes: dotted keys and their values.

    @raise CannotHold: when it can not be done without touching anything else.
    """
    _checkCost(format, text)
    try:
        if format in _selfChecking:
            return _selfChecking[format](text, {key: str(value) for key, value in changes.items()})
        write, read = _formats[format]
        before = read(text)
        result = write(text, changes)
        after = read(result)
    except (CannotHold, MemoryError):
        raise
    except Exception as error:
        # Each library has its own family of errors, some of them bare
        # ValueErrors and AttributeErrors; whatever it is, the text does not fit.
        raise CannotHold("not_of_format", format=format, error=type(error).__name__) from error
    for key, value in changes.items():
        if key not in after or _exactly(after[key]) != _exactly(value):
            raise CannotHold("value_not_held", format=format, key=key)
    if _without(changes, before) != _without(changes, after):
        raise CannotHold("changes_others", format=format)
    return result


def _exactly(value: object) -> object:
    """A value that is equal to those of its own type only, unlike 1, 1.0 and true."""
    if isinstance(value, list):
        return [_exactly(part) for part in value]
    return type(value), value


def _without(changes: Mapping[str, Value], values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in changes}


maxKeys: Final = 100_000
"""A file with more is none; YAML's aliases could make a short one endless."""


_costly: Final[Mapping[Format, tuple[re.Pattern[str], int]]] = {
    "yaml": (re.compile(r"[\n,:\[\]{}&*]"), 20_000),
    "toml": (re.compile(r"[\n,=.\[\]{}]"), 20_000),
    "ini": (re.compile(r"\n"), 5_000),
    "properties": (re.compile(r"\\[\r\n]"), 2_000),
}
"""What the time that it takes to read a file grows with, and how many of it are too many."""


def _checkCost(format: Format, text: str) -> None:
    """
    Some libraries take minutes to read what a hostile game can put into a small file.
    """
    if format in _costly:
        token, most = _costly[format]
        if sum(1 for _ in token.finditer(text)) > most:
            raise CannotHold("costs_too_much")


def _flatten(tree: object) -> dict[str, Any]:
    """A tree of tables as one table of dotted keys; lists stay values."""
    flat: dict[str, Any] = {}
    waiting = [("", tree)]
    while waiting:
        prefix, value = waiting.pop()
        if not isinstance(value, Mapping):
            flat[prefix] = value
            continue
        waiting += [(f"{prefix}.{key}" if prefix else str(key), v) for key, v in value.items()]
        if len(flat) + len(waiting) > maxKeys:
            raise CannotHold("too_many_keys", most=maxKeys)
    return flat


def _setIn(tree: Any, key: str, value: Any, newTable: Callable[[], Any]) -> None:
    *path, last = key.split(".")
    for name in path:
        if name not in tree:
            tree[name] = newTable()
        tree = tree[name]
        if not isinstance(tree, Mapping):
            raise CannotHold("leads_through_value", key=key)
    tree[last] = value


def _readProperties(text: str) -> dict[str, Any]:
    import javaproperties

    return dict(javaproperties.loads(text))


def _writeProperties(text: str, changes: Mapping[str, Value]) -> str:
    import javaproperties

    if text and not text.endswith("\n"):
        text += "\n"
    properties = javaproperties.PropertiesFile.loads(text)
    for key, value in changes.items():
        properties[key] = str(value)
    result: str = properties.dumps()
    for key, value in changes.items():
        line = javaproperties.join_key_value(key, str(value))
        result = result.replace(line + "\n", _plainer(line) + "\n")
    return result


def _plainer(line: str) -> str:
    """
    A line without the escapes that Java writes but does not need to read, since
    games that only look alike (Luanti) do not know any.
    """
    key, _, value = line.partition("=")
    return f"{key}=" + re.sub(r"\\(.)", lambda m: m[m[1] in ":=#!"], value)


def _ini(text: str) -> tuple[Any, str]:
    """
    A reader of a file, and the name of the section that was put before its first line,
    so that keys can stand there.
    """
    from configupdater import ConfigUpdater

    # Games repeat keys (OpenTTD's ai_players) and leave values out.
    # A colon may be part of a key (an IPv6 address).
    updater = ConfigUpdater(delimiters=("=",), strict=False, allow_no_value=True)
    # Keys keep their case, as games want it.
    updater.optionxform = str  # type: ignore[method-assign, assignment]
    top = "top"
    while f"[{top}" in text:
        top += "_"
    updater.read_string(f"[{top}]\n{text}")
    return updater, top


def bracketed(section: str) -> str:
    """The name of a section as it stands in a key: in brackets if there is a dot in it."""
    return f"[{section}]" if "." in section else section


def sectionOf(key: str) -> tuple[str, str]:
    """
    The section that a key of an ini file names, and the name in it: C{section.name}, or
    C{[/Script/Engine.GameSession].name} where there are dots in the section's.
    """
    match = re.match(r"\[([^\[\]]+)\]\.", key)
    if match is not None:
        return match[1], key[match.end() :]
    section, _, name = key.partition(".")
    return section, name


def _readIni(text: str) -> dict[str, Any]:
    updater, top = _ini(text)
    return {
        f"{'' if section == top else bracketed(section)}.{key}": option.value or ""
        for section in updater.sections()
        for key, option in updater[section].items()
    }


def _writeIni(text: str, changes: Mapping[str, Value]) -> str:
    updater, top = _ini(text)
    for key, value in changes.items():
        section, name = sectionOf(key)
        if section and not updater.has_section(section):
            updater.add_section(section)
        updater[section or top][name] = str(value)
    return str(updater).removeprefix(f"[{top}]\n")


def _readJson(text: str) -> dict[str, Any]:
    return _flatten(json.loads(text or "{}"))


_JSON_INDENT: Final = re.compile(r"^([ \t]+)\S", re.MULTILINE)

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Half of a character: JSON can hold it as an escape, a file of UTF-8 can't as itself."""


def _writeJson(text: str, changes: Mapping[str, Value]) -> str:
    tree = json.loads(text or "{}")
    if not isinstance(tree, dict):
        raise CannotHold("no_json_object")
    for key, value in changes.items():
        _setIn(tree, key, value, dict)
    indent = _JSON_INDENT.search(text)
    written = json.dumps(tree, indent=indent.group(1) if indent else 2, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", written) + "\n"


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    # Long values stay on one line.
    yaml.width = 2**31
    return yaml


def _plain(value: object) -> object:
    """A scalar, or a list of some, without the classes in which libraries remember its style."""
    if isinstance(value, list):
        return [_plain(part) for part in value]
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _readYaml(text: str) -> dict[str, Any]:
    tree = _yaml().load(text)
    return {key: _plain(value) for key, value in _flatten({} if tree is None else tree).items()}


def _writeYaml(text: str, changes: Mapping[str, Value]) -> str:
    from ruamel.yaml.comments import CommentedMap

    yaml = _yaml()
    tree = yaml.load(text)
    if tree is None:
        tree = CommentedMap()
    for key, value in changes.items():
        _setIn(tree, key, _quoted(value), CommentedMap)
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def _quoted(value: Value) -> Any:
    """A value whose texts are quoted, since readers of YAML 1.1 take a plain no for false."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, list):
        return [_quoted(part) for part in value]
    return DoubleQuotedScalarString(value) if isinstance(value, str) else value


def _readToml(text: str) -> dict[str, Any]:
    import tomlkit

    return _flatten(tomlkit.parse(text).unwrap())


def _writeToml(text: str, changes: Mapping[str, Value]) -> str:
    import tomlkit

    document = tomlkit.parse(text)
    for key, value in changes.items():
        _setIn(document, key, value, tomlkit.table)
    return tomlkit.dumps(document)


_formats: dict[
    Format, tuple[Callable[[str, Mapping[str, Value]], str], Callable[[str], dict[str, Any]]]
] = {
    "properties": (_writeProperties, _readProperties),
    "ini": (_writeIni, _readIni),
    "json": (_writeJson, _readJson),
    "yaml": (_writeYaml, _readYaml),
    "toml": (_writeToml, _readToml),
}


def _editLines(text: str, changes: Mapping[str, str]) -> str:
    from gamepanel.games import linesfile

    return linesfile.edit(text, changes)


def _editXml(text: str, changes: Mapping[str, str]) -> str:
    from gamepanel.games import xmlfile

    return xmlfile.edit(text, changes)


_selfChecking: dict[Format, Callable[[str, Mapping[str, str]], str]] = {
    "lines": _editLines,
    "xml": _editXml,
}
"""Formats that check by themselves that nothing else was changed."""
