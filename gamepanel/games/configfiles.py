"""
Sets keys in the text of a configuration file and leaves the rest alone: order,
comments, and keys that the game wrote itself.

What was written is read back before it is handed out, so that a value is in
the file as exactly itself and has reached no other key, or is refused. The
libraries are imported when a type first needs one: most daemons never do.
"""

import io
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from gamepanel.games.definition import Format, OptionValue

Value = OptionValue
"""What a key can be set to; properties and ini files hold text only."""


class CannotHold(Exception):
    """A file can't be read, or its format has no way to write a value; the text says which."""


def edit(format: Format, text: str, changes: Mapping[str, Value]) -> str:
    """
    The text of a file in which some keys have new values.

    @param text: what is in the file now; empty for a new one.
    @param changes: dotted keys and their values.

    @raise CannotHold: when it can not be done without touching anything else.
    """
    write, read = _formats[format]
    try:
        before = read(text)
        result = write(text, changes)
        after = read(result)
    except CannotHold:
        raise
    except Exception as error:
        # Each library has its own family of errors, some of them bare
        # ValueErrors and AttributeErrors; whatever it is, the text does not fit.
        raise CannotHold(f"it can't be read as {format}: {type(error).__name__}") from error
    for key, value in changes.items():
        if key not in after or after[key] != value or type(after[key]) is not type(value):
            raise CannotHold(f"{format} can't hold the value of {key}")
    if _without(changes, before) != _without(changes, after):
        raise CannotHold(f"{format} can't hold these values without changing others")
    return result


def _without(changes: Mapping[str, Value], values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in changes}


maxKeys: Final = 100_000
"""A file with more is none; YAML's aliases could make a short one endless."""


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
            raise CannotHold(f"it has more than {maxKeys} keys")
    return flat


def _setIn(tree: Any, key: str, value: Value, newTable: Callable[[], Any]) -> None:
    *path, last = key.split(".")
    for name in path:
        if name not in tree:
            tree[name] = newTable()
        tree = tree[name]
        if not isinstance(tree, Mapping):
            raise CannotHold(f"{key} leads through a value that is no table")
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


def _ini(text: str) -> Any:
    from configupdater import ConfigUpdater

    # Games repeat keys (OpenTTD's ai_players) and leave values out.
    # A colon may be part of a key (an IPv6 address).
    updater = ConfigUpdater(delimiters=("=",), strict=False, allow_no_value=True)
    # Keys keep their case, as games want it.
    updater.optionxform = str  # type: ignore[method-assign, assignment]
    updater.read_string(text)
    return updater


def _readIni(text: str) -> dict[str, Any]:
    updater = _ini(text)
    return {
        f"{section}.{key}": option.value or ""
        for section in updater.sections()
        for key, option in updater[section].items()
    }


def _writeIni(text: str, changes: Mapping[str, Value]) -> str:
    updater = _ini(text)
    for key, value in changes.items():
        section, _, name = key.partition(".")
        if not updater.has_section(section):
            updater.add_section(section)
        updater[section][name] = str(value)
    return str(updater)


def _readJson(text: str) -> dict[str, Any]:
    return _flatten(json.loads(text or "{}"))


_JSON_INDENT: Final = re.compile(r"^([ \t]+)\S", re.MULTILINE)


def _writeJson(text: str, changes: Mapping[str, Value]) -> str:
    tree = json.loads(text or "{}")
    if not isinstance(tree, dict):
        raise CannotHold("it is no JSON object")
    for key, value in changes.items():
        _setIn(tree, key, value, dict)
    indent = _JSON_INDENT.search(text)
    return json.dumps(tree, indent=indent.group(1) if indent else 2, ensure_ascii=False) + "\n"


def _yaml() -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.preserve_quotes = True
    # Long values stay on one line.
    yaml.width = 2**31
    return yaml


def _plain(value: object) -> object:
    """A scalar without the classes in which libraries remember its style."""
    for kind in (bool, int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value


def _readYaml(text: str) -> dict[str, Any]:
    tree = _yaml().load(text)
    return {key: _plain(value) for key, value in _flatten({} if tree is None else tree).items()}


def _writeYaml(text: str, changes: Mapping[str, Value]) -> str:
    from ruamel.yaml.comments import CommentedMap
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    yaml = _yaml()
    tree = yaml.load(text)
    if tree is None:
        tree = CommentedMap()
    for key, value in changes.items():
        # Quoted, since readers of YAML 1.1 take a plain no for false.
        written = DoubleQuotedScalarString(value) if isinstance(value, str) else value
        _setIn(tree, key, written, CommentedMap)
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


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
