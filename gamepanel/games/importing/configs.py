"""What eggs set in config files, as C{[[files]]} of a type."""

import re
from collections.abc import Mapping
from typing import Any, Final

from gamepanel.games.definition import Format
from gamepanel.games.importing.foreign import fields, plain
from gamepanel.games.importing.text import Text, filled, located
from gamepanel.games.importing.variables import Table, Variables
from gamepanel.games.xmlpath import BadPath, Path

placeholder: Final = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")
"""What eggs have for a value."""

_ENV: Final = re.compile(
    r"(?:(?:server\.(?:build\.)?)?env(?:ironment)?\.)?([A-Za-z_][A-Za-z0-9_]*)"
)

_parsers: Final[Mapping[str, Format]] = {
    "properties": "properties",
    "file": "lines",
    "yaml": "yaml",
    "yml": "yaml",
    "json": "json",
    "ini": "ini",
    "xml": "xml",
    "toml": "toml",
}

_interface: Final = frozenset({"config.docker.interface", "config.docker.network.interface"})


class _Unsayable(Exception):
    """Something that a type file has no way to say; the text says why."""


class _Unknown(_Unsayable):
    """A variable that the file itself does not have: a mistake of its author."""


def envOf(name: str) -> str | None:
    """
    The variable that a placeholder of an egg names.

    @return: None for one that is not known.
    """
    if re.search(r"\.default\.port$|^allocations?\.port$", name):
        return "SERVER_PORT"
    if re.search(r"\.default\.ip$", name):
        return "SERVER_IP"
    if re.search(r"\.(?:memory|memory_limit)$", name):
        return "SERVER_MEMORY"
    if name in ("server.uuid", "uuid"):
        return "P_SERVER_UUID"
    match = _ENV.fullmatch(name)
    return None if match is None else match[1]


def expand(text: str, variables: Variables) -> Text:
    """
    A text in which C{{{NAME}}} stands for values.

    @raise _Unsayable: when one is not known.
    """

    def value(match: re.Match[str]) -> Text:
        if match[1] in _interface:
            return Text.of("127.0.0.1")
        env = envOf(match[1])
        found = None if env is None else variables.text(env)
        if found is None:
            raise _Unknown(f"{match[1]} is no variable of this egg")
        return found

    return located(filled(placeholder, text, value))


class Files:
    """The config files of a type."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables
        self._notes = variables.notes
        self._tables: dict[str, Table] = {}
        self.install: list[Table] = []

    @property
    def tables(self) -> list[Table]:
        """As a type file has them."""
        return [table for table in self._tables.values() if table["set"]]

    def read(self, config: Any) -> None:
        """@param config: C{config.files} of an egg."""
        for path, given in list(fields(config).items())[:100]:
            self._file(str(path), given)

    def set(self, path: str, format: Format, key: str, value: object) -> None:
        """A key is set."""
        table = self._tables.setdefault(path, {"path": path, "format": format, "set": {}})
        table["set"][key] = value

    def _file(self, path: str, given: Any) -> None:
        clean = _cleanPath(path)
        parser, find = fields(given).get("parser"), fields(given).get("find")
        format = _parsers.get(str(parser).lower())
        if clean is None or "{" in path:
            self._notes.leave("files", path, "its path is none inside the server's directory")
            return
        if format is None or not isinstance(find, dict):
            self._notes.leave("files", f"{path}: {parser}", "this kind of file is not known")
            return
        if format == "yaml" and self._listeners(clean, find):
            return
        count = 0
        for key, value in list(find.items())[:500]:
            try:
                count += self._key(clean, format, str(key), value)
            except _Unknown as error:
                self._notes.leave("files", f"{path}: {key}: {value}", str(error), matters=False)
            except _Unsayable as error:
                self._notes.leave("files", f"{path}: {key}: {value}", str(error))
        if count:
            self._notes.take("files", f"{clean} ({format}): {count} keys")

    def _key(self, path: str, format: Format, key: str, value: Any) -> int:
        if isinstance(value, dict):
            # Texts that are replaced where others stood: of Docker's network mostly.
            self._notes.leave(
                "files", f"{path}: {key}", "replaces some values of it only", matters=False
            )
            return 0
        text = expand(_constant(value), self._variables)
        if any("\n" in piece for piece in text.pieces if isinstance(piece, str)):
            raise _Unsayable("its value has more than one line")
        key, text = _keyOf(format, key, text)
        existing = self._tables.get(path, {"set": {}, "format": format})
        if existing["format"] != format or key in existing["set"]:
            return 0
        if format in ("json", "yaml", "toml") and (known := text.plain) is not None:
            isTyped = value is not None and not isinstance(value, str)
            self.set(path, format, key, value if isTyped else _typed(known))
        else:
            self.set(path, format, key, self._variables.use(text))
        return 1

    def _listeners(self, path: str, find: dict[str, Any]) -> bool:
        """
        The list of listeners of BungeeCord and its kin, of which the first is set. Lines say
        that as long as the file has this list, so it is written once.
        """
        found = {str(key): value for key, value in find.items() if str(key).startswith("listeners")}
        known = {"listeners[0].query_port": "- query_port:", "listeners[0].host": "  host:"}
        if "listeners[0].host" not in found or not found.keys() <= known.keys():
            return False
        lines = ["listeners:"]
        for name, start in known.items():
            given = found.get(name, "25577")
            text = expand(_constant(given), self._variables)
            line = Text.of(f"{start} ", text)
            lines.append(line.template)
            self.set(path, "lines", start, self._variables.use(line))
        self.install.append({"write": path, "text": "\n".join(lines) + "\n", "keep": [path]})
        self._notes.take("files", f"{path}: address and port of the first listener")
        for key in find:
            if key not in found:
                self._notes.leave("files", f"{path}: {key}", "is another list or map", False)
        return True


def _cleanPath(path: str) -> str | None:
    steps = [step for step in path.replace("/home/container/", "/").split("/") if step != "."]
    clean = "/".join(step for step in steps if step)
    isBad = ".." in steps or "\0" in path or not clean or path.endswith("/")
    return None if isBad or not clean.isprintable() else clean


def _constant(value: Any) -> str:
    if isinstance(value, str | int | float | None):
        return plain(value)
    raise _Unsayable("its value is a list")


def _typed(text: str) -> object:
    """A constant in a file whose values have types."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?(?:0|[1-9]\d{0,14})", text):
        return int(text)
    return text.replace("{", "{{").replace("}", "}}")


def _keyOf(format: Format, key: str, text: Text) -> tuple[str, Text]:
    """
    A key as a type file writes it.

    @raise _Unsayable: when it can't be written so.
    """
    if format == "lines":
        return _lineKey(key, text), text
    if format == "ini":
        match = re.fullmatch(r"\[([^\]]+)\]\.(.+)", key)
        if match is not None:
            section, name = match[1], match[2]
            return (f"[{section}].{name}" if "." in section else f"{section}.{name}"), text
        return (key if "." in key else f".{key}"), text
    if format == "xml":
        return _xmlKey(key, text)
    if format in ("json", "yaml", "toml") and re.search(r"\[|\]|\*|(?:^|\.)\d+(?:\.|$)", key):
        raise _Unsayable("the key leads into a list")
    return key, text


def _lineKey(key: str, text: Text) -> str:
    head = text.head
    if not head.startswith(key) or not key.strip():
        # The line is found again by its own beginning.
        match = re.match(r"\s*(?:[\w.$/<-]+(?:[ ]+[\w.\"=-]+)?)", head)
        if match is None or not key.strip():
            raise _Unsayable("the line does not begin with its key, so it is not found again")
        key = match.group()
    if key.splitlines() != [key]:
        raise _Unsayable("the key is not one line")
    return key


def _xmlKey(key: str, text: Text) -> tuple[str, Text]:
    path = key if "/" in key or "[" in key else key.replace(".", "/")
    match = re.fullmatch(r"\[(\w+)='(.*)'\]", text.template)
    if match is not None:
        path = f"{path}/@{match[1]}"
        text = Text.of(
            *(
                piece.removeprefix(f"[{match[1]}='").removesuffix("']")
                if isinstance(piece, str)
                else piece
                for piece in text.pieces
            )
        )
    try:
        Path.parse(path)
    except BadPath as error:
        raise _Unsayable(str(error)) from error
    return path, text
