"""
What commands of an install script print.
"""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from gamepanel.games.importing.documents import Document, Untold
from gamepanel.games.importing.links import link
from gamepanel.games.importing.pipes import Pipes
from gamepanel.games.importing.shell import Pipeline, Script, Simple, Word
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.wordoptions import (
    curlLong,
    curlValues,
    split,
    wgetLong,
    wgetValues,
)

_machine: Final = {
    "uname -m": "machine",
    "arch": "machine",
    "dpkg --print-architecture": "arch_alt",
}
"""Commands that name the kind of machine, and our names for what they print."""


_RANDOM: Final = re.compile(
    r"/dev/u?random|/random/uuid|^(?:openssl rand|uuidgen|pwgen)\b"
    r"|^(?:date|echo \"?\$\{?RANDOM)[^|]*\|\s*(?:sha\d+sum|md5sum|base64)"
)
"""Pipelines that print something which nobody can guess."""


class Printing:
    """
    Finds what commands print.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._pipes = Pipes(state, self.value)

    def value(self, word: Word) -> Value:
        """What a word stands for; None if that is not known."""
        raise NotImplementedError

    def _tail(self, value: Text) -> Text:
        """The name of a file that is at an address."""
        name = self._state.fileName(value)
        pieces = re.split(r"\{(\w+)\}", name)
        return Text.of(*(Ref(p) if index % 2 else p for index, p in enumerate(pieces)))

    def random(self, pipeline: Pipeline) -> Text | None:
        """The option for what is made at random; None if this makes nothing so."""
        if _RANDOM.search(pipeline.source) is None:
            return None
        return Text.of(Ref(self._state.variables.secret))

    def printed(self, script: Script) -> Value:
        """What a substitution prints; None if that is not known."""
        if len(script.statements) != 1:
            return None
        statement = script.statements[0]
        if statement.rest:
            return self._chosen(script)
        return self.pipeline(statement.first)

    def _chosen(self, script: Script) -> Value:
        """C{$( [ ... ] && echo A || echo B )}, of the kind of machine mostly."""
        statement = script.statements[0]
        first = statement.first.source
        printed = [self.pipeline(pipeline) for _, pipeline in statement.rest]
        texts = [value.plain if isinstance(value, Text) else None for value in printed]
        if re.search(r"uname -m|\barch\b|print-architecture", first):
            if texts[:2] == ["amd64", "arm64"]:
                return Text.of(Ref("arch_alt"))
            if texts[:2] == ["x64", "aarch64"]:
                return Text.of(Ref("arch"))
            self._state.variables.usage.machine = True
            return printed[0]
        return None

    def pipeline(self, pipeline: Pipeline) -> Value:
        """What a pipeline prints; None if that is not known."""
        commands = pipeline.commands
        first = commands[0]
        if not isinstance(first, Simple) or not first.words:
            return None
        if (made := self.random(pipeline)) is not None:
            return made
        if pipeline.source in _machine:
            return Text.of(Ref(_machine[pipeline.source]))
        if first.words[0].source == "file":
            # Archives are told apart by what is in them.
            return Text.of("gzip")
        try:
            value = self._source(first)
            rest = [command for command in commands[1:] if isinstance(command, Simple)]
            if len(rest) < len(commands) - 1:
                return None
            return self._through(value, rest)
        except (Untold, ValueError) as error:
            if isinstance(error, Untold):
                self._state.values[" untold"] = Text.of(str(error)[:200])
            return None

    def _through(self, value: Value, commands: Sequence[Simple]) -> Value:
        """What commands make of a value, one behind the other."""
        page = value
        try:
            for command in commands:
                value = self._pipes.then(value, command)
        except Untold:
            if not isinstance(page, Document):
                raise
            return link(page, commands, self._template)
        return value

    def _template(self, word: Word) -> str:
        value = self.value(word)
        if not isinstance(value, Text):
            raise Untold(word.source)
        return self._state.use(value)

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
        if plain in self._state.functions:
            return self._called(plain, words)
        if plain in ("cat", "jq", "grep", "zgrep", "egrep", "awk", "sed", "head"):
            return self._ofFile(command, words)
        raise Untold(command.source)

    def _called(self, name: str, words: list[Word]) -> Value:
        """What a function prints that is only a pipeline; its text says so alone."""
        for index, value in enumerate([self.value(word) for word in words], 1):
            self._state.values[str(index)] = value
        body = self._state.functions[name]
        nested = any(
            command.words and command.words[0].source in self._state.functions
            for command in body.simple()
        )
        return None if nested else self.printed(body)

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
        asksWhere = "url_effective" in command.source or {"I", "head"} & options.keys()
        if asksWhere and isinstance(url, Text):
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
