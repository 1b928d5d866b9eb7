"""
What is known while an install script is looked through: values of its variables, files that
it has downloaded, and the steps so far.
"""

import posixpath
import re
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from attrs import define, field

from gamepanel.games.importing.conditions import Checked
from gamepanel.games.importing.declared import Condition, Table
from gamepanel.games.importing.documents import Document
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.shell import Script
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.variables import Variables

maxSteps: Final = 200
"""So many steps a type gets."""

outside: Final = ".import"
"""Where files are kept that a script has elsewhere than in the server's directory."""

_ROOTS: Final = ("/mnt/server", "/home/container", "/pufferpanel", "$HOME", "~", "{directory}")

Value = Text | Document | Checked | None
"""Of a variable; None for one that is not known."""


@define
class State:
    """
    @ivar values: of the script's variables.
    @ivar directory: where it is, relative to the server's directory.
    @ivar guards: options on which what is done now depends.
    @ivar missing: files without which what is done now is done only.
    @ivar made: files that it has made.
    @ivar downloads: steps that download, by the paths of their files.
    @ivar archives: paths of archives that were unpacked.
    @ivar lines: lines that are set in files, by their paths and what they begin with.
    @ivar configured: what is set in files at each start, by their paths.
    @ivar compressed: archives as they are downloaded, by their paths without compression.
    @ivar nameless: paths of downloads whose names only their servers know.
    @ivar absent: files that can't be there, unless an earlier version has left them.
    @ivar globs: files that other names stand for.
    @ivar away: paths of the server's files that are elsewhere meanwhile, by where they are.
    @ivar settled: variables of install steps.
    @ivar partial: variables of install steps that are not known in every case, and their names
        in the script.
    @ivar environment: variables that the script names.
    @ivar hints: what addresses end with, by the variables of install steps.
    @ivar java: whether it runs Java.
    """

    variables: Variables
    notes: Notes
    values: dict[str, Value] = field(factory=dict)
    directory: str = ""
    guards: tuple[Condition, ...] = ()
    missing: tuple[str, ...] = ()
    steps: list[Table] = field(factory=list)
    made: set[str] = field(factory=set)
    downloads: dict[str, Table] = field(factory=dict)
    archives: list[str] = field(factory=list)
    unpacked: Table | None = None
    compressed: dict[str, str] = field(factory=dict)
    nameless: list[str] = field(factory=list)
    absent: set[str] = field(factory=set)
    globs: dict[str, str] = field(factory=dict)
    away: dict[str, str] = field(factory=dict)
    seeds: dict[str, str] = field(factory=dict)
    lines: dict[str, dict[str, str]] = field(factory=dict)
    configured: dict[str, frozenset[str]] = field(factory=dict)
    settled: set[str] = field(factory=set)
    names: dict[str, str] = field(factory=dict)
    partial: dict[str, str] = field(factory=dict)
    functions: dict[str, Script] = field(factory=dict)
    environment: set[str] = field(factory=set)
    hints: dict[str, str] = field(factory=dict)
    java: bool = False

    def leave(self, what: str, why: str, matters: bool = True) -> None:
        """Something has no step."""
        self.notes.leave("install", what, why, matters)

    def guard(self, condition: Condition | tuple[Condition, ...]) -> tuple[Condition, ...]:
        """The guards with one more."""
        more = condition if isinstance(condition, tuple) else (condition,)
        return tuple(dict.fromkeys((*self.guards, *more)))

    def emit(self, step: Table, source: str) -> bool:
        """
        Add a step.

        @return: whether it could be.
        """
        when = [guard.name for guard in self.guards if guard.isSet]
        unless = [guard.name for guard in self.guards if not guard.isSet]
        if len(unless) > 1 and len(when) < 2 and self.variables.drop(unless[0]):
            # The next time it is known to be empty.
            return False
        if len(when) > 1 or len(unless) > 1:
            self.leave(source, "it depends on more options than a step can")
            return False
        for name in [name for name in self.partial if f"{{{name}}}" in str(list(step.values()))]:
            shellName = self.partial.pop(name)
            # Repositories with a login are named elsewhere.
            isLogin = source.startswith("git clone")
            self.leave(source, f"{shellName} can't be told in every case", not isLogin)
        if len(self.steps) >= maxSteps:
            self.leave(source, f"there are more than {maxSteps} steps")
            return False
        step = dict(step)
        for key, names in (("when", when), ("unless", unless)):
            if names:
                step[key] = names[0]
                self.variables.need(names[0])
        if step not in self.steps[-1:]:
            self.steps.append(step)
        return True

    def use(self, text: Text) -> str:
        """A text as a step writes it."""
        for name in text.names - self.settled:
            self.variables.use(Text.of(Ref(name)))
        return text.template

    def useExpression(self, expression: str) -> str:
        """The same of an expression."""
        self.use(Text(tuple(Ref(name) for name in re.findall(r"(?<!\{)\{(\w+)\}", expression))))
        return expression

    # Variables of install steps

    def assign(self, name: str, value: Value, source: str) -> Text | None:
        """
        Make a variable of an install step.

        @return: its value; None if that can't be known.
        """
        if isinstance(value, Checked) or value is None:
            return None
        if isinstance(value, Document):
            whole = self.variables.freeName(f"{name}_whole") if value.cut else name
            done = self.emit(self._fetch(whole, value), source)
            if value.cut:
                done = self.emit({"match": {name: [f"{{{whole}}}", value.cut]}}, source)
        elif value.only == name:
            return value
        elif not value:
            # Nothing is what a variable is that no step has set.
            self.settled.add(name)
            return Text.of(Ref(name))
        else:
            done = self.emit({"match": {name: [self.use(value), "^(.*)$"]}}, source)
        if not done:
            return None
        self.settled.add(name)
        if isinstance(value, Document) and re.search(r"\w\.[A-Za-z]\w*$", value.literal):
            self.hints[name] = value.literal
        return Text.of(Ref(name))

    def _fetch(self, name: str, document: Document) -> Table:
        step: Table = {"fetch": self.url(document.url)}
        if document.isText:
            step["as"] = "text"
        step["let"] = {name: self.useExpression(document.final or "@")}
        return step

    def nameFor(self, shellName: str) -> str:
        """The name of the install step's variable for one of the script."""
        if shellName not in self.names:
            variable = self.variables.find(shellName)
            isFree = variable is None or self.variables.constant(variable) is not None
            assert isFree or variable is not None
            self.names[shellName] = (
                self.variables.freeName(shellName) if variable is None or isFree else variable.name
            )
        return self.names[shellName]

    def url(self, text: Text) -> str:
        """
        An address as a step writes it: values in it are encoded, so one that is more than a
        part must be the whole.
        """
        if text.only is None and (self._isWhole(text) or not _host(text)):
            found = self.assign(self.variables.freeName("url"), text, text.template)
            if found is not None:
                text = found
        return self.use(text)

    def _isWhole(self, text: Text) -> bool:
        for name in text.names - self.settled:
            variable = self.variables.named(name)
            if variable is not None and "/" in variable.default:
                return True
        return False

    # Paths

    def path(self, text: Text) -> str | None:
        """
        The path of a file relative to the server's directory, as a template; C{.} for that
        itself.

        @return: None for one that can't be known.
        """
        joined = text.template
        for root in _ROOTS:
            if joined == root or joined.startswith(f"{root}/"):
                joined = "/" + joined[len(root) :].lstrip("/")
                break
        else:
            if joined.startswith("/"):
                joined = f"/{outside}{posixpath.normpath(joined)}"
            else:
                joined = f"/{self.directory}/{joined}"
        path = posixpath.normpath(joined).lstrip("/")
        return path or "."

    def fileName(self, url: Text) -> str:
        """The name of the file that is at an address."""
        url = _unasked(url)
        last = url.pieces[-1] if url.pieces else ""
        tail: list[str | Ref] = []
        for piece in reversed(url.pieces):
            if isinstance(piece, str) and "/" in piece:
                tail.insert(0, piece.rpartition("/")[2])
                break
            tail.insert(0, piece)
        text = Text.of(*tail)
        plain = text.plain
        if plain is not None:
            name = unquote(urlsplit(plain).path) or "index.html"
            return name.replace("{", "{{").replace("}", "}}")
        if url.only in self.hints:
            return self.hints[url.only or ""]
        if url.only is not None or not isinstance(last, str | Ref):
            return f"{outside}-{url.only}"
        return text.template


def _unasked(url: Text) -> Text:
    """An address without what is asked for there."""
    parts: list[str | Ref] = []
    for piece in url.pieces:
        if isinstance(piece, str) and "?" in piece:
            return Text.of(*parts, piece.partition("?")[0])
        parts.append(piece)
    return url


def _host(text: Text) -> bool:
    return re.match(r"https?://[^/?#{}]+(?:[/?#]|$)", text.head) is not None


def needed(steps: list[Table], rest: str) -> list[Table]:
    """
    The steps without those that only find out what no later one names.

    @param rest: what else may name it.
    """
    found: list[Table] = []
    for step in reversed(steps):
        names = step.get("let") or step.get("match") or ()
        if not names or any(f"{{{name}}}" in rest for name in names):
            found.append(step)
            rest += str(list(step.values()))
    return found[::-1]


def described(step: Table) -> str:
    """What a step does, for people."""
    key = next(iter(step))
    value: Any = step[key]
    if isinstance(value, dict):
        return f"{key} {', '.join(value)}"
    if isinstance(value, list):
        return f"{key} {' '.join(map(str, value))}"
    more = f" to {step['to']}" if "to" in step else ""
    return f"{key} {value}{more}"
