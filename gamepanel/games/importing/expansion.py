"""
What words of an install script stand for.
"""

import posixpath
import re
from typing import Final

from gamepanel.games.importing.documents import Document, Untold, withoutV
from gamepanel.games.importing.pipes import Pipes
from gamepanel.games.importing.shell import (
    Literal,
    Parameter,
    Pipeline,
    Script,
    Simple,
    Substitution,
    Word,
)
from gamepanel.games.importing.shellparser import parse
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.wordoptions import (
    curlLong,
    curlValues,
    split,
    wgetLong,
    wgetValues,
)

_constants: Final = {"?": "0", "PWD": "", "BASH_VERSION": "5", "USER": "container", "#": "0"}

_machine: Final = {
    "uname -m": "machine",
    "arch": "machine",
    "dpkg --print-architecture": "arch_alt",
}
"""Commands that name the kind of machine, and our names for what they print."""


class Expansion:
    """
    Finds what words stand for.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._pipes = Pipes(state, self.value)

    def value(self, word: Word) -> Value:
        """What a word stands for; None if that is not known."""
        if len(word.parts) == 1:
            return self._part(word.parts[0])
        parts: list[Text] = []
        for part in word.parts:
            value = self._part(part)
            if isinstance(value, Document):
                name = self._nameOf(part)
                value = self._state.assign(name, value, word.source)
                if isinstance(part, Parameter) and value is not None:
                    self._state.values[part.name] = value
            if not isinstance(value, Text):
                return None
            parts.append(value)
        return Text.of(*parts)

    def _nameOf(self, part: object) -> str:
        if isinstance(part, Parameter):
            return self._state.nameFor(part.name)
        return self._state.variables.freeName("value")

    def _part(self, part: Literal | Parameter | Substitution) -> Value:
        if isinstance(part, Literal):
            return Text.of(part.text)
        if isinstance(part, Parameter):
            return self._parameter(part)
        return self.printed(part.script)

    def _parameter(self, part: Parameter) -> Value:
        value = self._plainParameter(part.name)
        if not part.operation:
            return value
        if part.name == "((":
            return None
        if isinstance(value, Document):
            value = self._state.assign(self._nameOf(part), value, part.name)
            if value is not None:
                self._state.values[part.name] = value
        if not isinstance(value, Text):
            return None
        return self._operated(part, value)

    def _plainParameter(self, name: str) -> Value:
        state = self._state
        state.environment.add(name)
        if name in state.values:
            return state.values[name]
        found = state.variables.text(name)
        if found is not None:
            return found
        if name in _constants:
            return Text.of(_constants[name])
        # What is not set is empty.
        return None if name in ("((", "!", "RANDOM", "") else Text()

    def _operated(self, part: Parameter, value: Text) -> Value:
        operation = part.operation
        default = re.fullmatch(r":?[-=](.*)", operation, re.DOTALL)
        if default is not None:
            return self._defaulted(part, value, default[1])
        if operation.startswith((":+", "+")):
            return None
        if operation in ("##*/", "##*\\/"):
            return Text.of(self._state.fileName(value)) if not value.names else self._tail(value)
        plain = value.plain
        if plain is None:
            return _shortened(self._state, part, value)
        return _trimmed(plain, operation)

    def _tail(self, value: Text) -> Text:
        """The name of a file that is at an address."""
        name = self._state.fileName(value)
        pieces = re.split(r"\{(\w+)\}", name)
        return Text.of(*(Ref(p) if index % 2 else p for index, p in enumerate(pieces)))

    def _defaulted(self, part: Parameter, value: Text, default: str) -> Value:
        if not value:
            return self._parsed(default)
        name = value.only
        variable = self._state.variables.named(name) if name is not None else None
        if name is None or name in self._state.settled or variable is None:
            return value
        isSet = self._state.variables.isSet(variable.env)
        if isinstance(isSet, bool):
            return value if isSet else self._parsed(default)
        other = self._parsed(default)
        if not isinstance(other, Text) or isSet is None or not other:
            return value
        before = self._state.guards
        self._state.guards = self._state.guard(isSet.opposite)
        made = self._state.assign(name, other, f"${{{part.name}{part.operation}}}")
        self._state.guards = before
        if made is not None:
            self._state.values[part.name] = made
        return made or value

    def _parsed(self, text: str) -> Value:
        first = next(iter(parse(f"x {text}").simple()), None)
        if first is None or len(first.words) < 2:
            return Text()
        return self.value(first.words[1])

    # What commands print

    def printed(self, script: Script) -> Value:
        """What a substitution prints; None if that is not known."""
        if len(script.statements) != 1:
            return None
        statement = script.statements[0]
        if statement.rest:
            return self._chosen(script)
        return self._pipeline(statement.first)

    def _chosen(self, script: Script) -> Value:
        """C{$( [ ... ] && echo A || echo B )}, of the kind of machine mostly."""
        statement = script.statements[0]
        first = statement.first.source
        printed = [self._pipeline(pipeline) for _, pipeline in statement.rest]
        texts = [value.plain if isinstance(value, Text) else None for value in printed]
        if re.search(r"uname -m|\barch\b|print-architecture", first):
            if texts[:2] == ["amd64", "arm64"]:
                return Text.of(Ref("arch_alt"))
            if texts[:2] == ["x64", "aarch64"]:
                return Text.of(Ref("arch"))
            self._state.variables.usage.machine = True
            return printed[0]
        return None

    def _pipeline(self, pipeline: Pipeline) -> Value:
        commands = pipeline.commands
        first = commands[0]
        if not isinstance(first, Simple) or not first.words:
            return None
        if pipeline.source in _machine:
            return Text.of(Ref(_machine[pipeline.source]))
        if first.words[0].source == "file":
            # Archives are told apart by what is in them.
            return Text.of("gzip")
        try:
            value = self._source(first)
            for command in commands[1:]:
                if not isinstance(command, Simple):
                    return None
                value = self._pipes.then(value, command)
        except (Untold, ValueError) as error:
            if isinstance(error, Untold):
                self._state.values[" untold"] = Text.of(str(error)[:200])
            return None
        return value

    def _source(self, command: Simple) -> Value:
        """What the first command of a pipeline prints."""
        name, *words = command.words
        plain = name.source.rsplit("/", 1)[-1]
        here = next((r for r in command.redirects if r.operator == "<<<"), None)
        if here is not None:
            return self._pipes.then(self.value(here.target), command)
        if plain in ("echo", "printf"):
            return self._echoed(words)
        if plain == "eval":
            inner = Simple((), tuple(words), (), command.source)
            return self._source(inner) if words else None
        if plain in ("ls", "find", "true", "false", ":"):
            # The directory is empty; the others print nothing in any case.
            return Text()
        if plain == "pwd":
            return Text.of(posixpath.normpath(f"/mnt/server/{self._state.directory}"))
        if "://" in name.source:
            # No command: quotes of Markdown, say.
            return Text()
        if plain in ("curl", "wget"):
            return self._fetched(command, words)
        if plain == "basename" and words:
            value = self.value(words[0])
            if isinstance(value, Document) and value.expression == "tag_name":
                return value
            return self._tail(value) if isinstance(value, Text) else None
        if plain in ("cat", "jq", "grep", "zgrep", "egrep", "awk", "sed", "head"):
            return self._ofFile(command, words)
        raise Untold(command.source)

    def _echoed(self, words: list[Word]) -> Value:
        while words and re.fullmatch(r"-[neE]+|['\"]?%s(?:\\n)?['\"]?", words[0].source):
            words = words[1:]
        if len(words) == 1:
            return self.value(words[0])
        parts: list[Text | str] = []
        for word in words:
            value = self.value(word)
            if not isinstance(value, Text):
                return None
            parts += [" ", value] if parts else [value]
        return Text.of(*parts)

    def _fetched(self, command: Simple, words: list[Word]) -> Value:
        if command.words[0].source.endswith("curl"):
            options, urls = split(words, curlValues, curlLong)
        else:
            options, urls = split(words, wgetValues, wgetLong)
        url = self.value(urls[0]) if urls else None
        if "url_effective" in command.source and isinstance(url, Text):
            # The page of the newest release leads to that of its tag.
            newest = re.fullmatch(
                r"https://github\.com/([^/]+/[^/]+/releases/latest)/?", url.template
            )
            if newest is not None:
                url = url.replace("https://github.com/", "https://api.github.com/repos/")
                return Document(url, "tag_name")
        if {"I", "head", "w", "d", "data", "spider", "F"} & options.keys():
            raise Untold(command.source)
        if isinstance(url, Document):
            url = self._state.assign(self._state.variables.freeName("url"), url, command.source)
        if not isinstance(url, Text) or not url:
            raise Untold(command.source)
        return Document(url)

    def _ofFile(self, command: Simple, words: list[Word]) -> Value:
        """A command that reads a file which was downloaded before."""
        for index in range(len(words) - 1, -1, -1):
            value = self.value(words[index])
            path = self._state.path(value) if isinstance(value, Text) and value else None
            document = self._state.values.get(f"file:{path}")
            if isinstance(document, Document):
                self._unneeded(path or "")
                rest = (command.words[0], *words[:index], *words[index + 1 :])
                if rest[0].source == "cat":
                    return document
                return self._pipes.then(document, Simple((), rest, (), command.source))
        raise Untold(command.source)

    def _unneeded(self, path: str) -> None:
        """A document that is only read is no file of the server's."""
        step = self._state.downloads.pop(path, None)
        if step in self._state.steps:
            self._state.steps.remove(step)


def _shortened(state: State, part: Parameter, value: Text) -> Value:
    """What is left of a value that is known only when a step is done."""
    operation = part.operation
    name = value.only
    variable = state.variables.named(name) if name is not None else None
    if operation == "^^" and variable is not None and name not in state.settled:
        # Its choices may be in capitals anyway.
        choices = variable.rules.choices or ()
        return value if choices and all(one == one.upper() for one in choices) else None
    pattern = _shortening(operation)
    if pattern is None:
        return None
    made = state.variables.freeName(f"{part.name.lower()}_short")
    if not state.emit({"match": {made: [state.use(value), pattern]}}, part.name):
        return None
    state.settled.add(made)
    return Text.of(Ref(made))


def _shortening(operation: str) -> str | None:
    """A regular expression for what an operation leaves."""
    if operation in ("#v", "/v/", "##v", "/#v/", "#'v'", '#"v"'):
        return withoutV
    start = re.fullmatch(r":([1-9])", operation)
    if start is not None:
        return f"^{'.' * int(start[1])}(.*)$"
    match = re.fullmatch(r"(%%?|##?)(\*?)([-_.+/@])(\*?)", operation)
    if match is None or (match[2] == "*") is not (match[1][0] == "#") or match[2] == match[4]:
        return None
    other = f"[^{re.escape(match[3])}]*"
    return {
        "%%": f"^({other})",
        "%": f"^(.*?)(?:{re.escape(match[3])}{other})?$",
        "#": f"^(?:{other}{re.escape(match[3])})?(.*)$",
        "##": f"({other})$",
    }[match[1]]


def _trimmed(plain: str, operation: str) -> Value:
    """What C{${NAME#...}} and its kin make of a known text."""
    match = re.fullmatch(r"(##?|%%?)(.*)", operation, re.DOTALL)
    if match is not None:
        wanted = re.escape(match[2].strip("\"'")).replace(r"\*", ".*").replace(r"\?", ".")
        spans = range(len(plain) + 1)
        fromStart = match[1][0] == "#"
        fitting = [
            n for n in spans if re.fullmatch(wanted, plain[:n] if fromStart else plain[n:], re.S)
        ]
        if not fitting:
            return Text.of(plain)
        isLong = len(match[1]) == 2
        at = max(fitting) if fromStart == isLong else min(fitting)
        return Text.of(plain[at:] if fromStart else plain[:at])
    match = re.fullmatch(r"//?([^/]+)/(.*)", operation, re.DOTALL)
    if match is not None and not re.search(r"[*?\[]", match[1]):
        count = -1 if operation.startswith("//") else 1
        return Text.of(plain.replace(match[1].replace("\\", ""), match[2], count))
    if operation in (",,", "^^"):
        return Text.of(plain.lower() if operation == ",," else plain.upper())
    return None
