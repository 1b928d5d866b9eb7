"""
Downloads and archives of install scripts.
"""

import fnmatch
import posixpath
import re
from collections.abc import Callable, Sequence

from gamepanel.games.importing.declared import Table
from gamepanel.games.importing.documents import Document
from gamepanel.games.importing.shell import Literal, Parameter, Simple, Word
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Text
from gamepanel.games.importing.wordoptions import (
    curlLong,
    curlValues,
    split,
    tarLong,
    wgetLong,
    wgetValues,
)

Expand = Callable[[Word], Value]


class Downloads:
    """
    Makes steps of downloads, and of the unpacking of archives.
    """

    def __init__(self, state: State, expand: Expand) -> None:
        self._state = state
        self._expand = expand

    def path(self, word: Word) -> str | None:
        """The path that a word stands for."""
        value = self._expand(word)
        return self._state.path(value) if isinstance(value, Text) else None

    def _plainWords(self, words: Sequence[Word]) -> list[Word]:
        return [word for word in words if not word.source.startswith("-")]

    def _curl(self, command: Simple, words: Sequence[Word]) -> None:
        given, urls = split(words, curlValues, curlLong)
        if "head" in given or "I" in given:
            return
        if {"d", "data", "X", "T", "F"} & given.keys() and given.get("X") is not None:
            self._state.leave(command.source, "more than a plain download")
            return
        target = given.get("o") or given.get("output")
        for redirect in command.redirects:
            if redirect.operator in (">", ">|", ">>") and redirect.descriptor in ("", "1"):
                target = redirect.target
        isNamed = "O" in given or "remote-name" in given
        for word in urls:
            if target is None and not isNamed:
                # It is only shown.
                continue
            self._download(word, target, command.source, None)

    def _wget(self, command: Simple, words: Sequence[Word]) -> None:
        given, urls = split(words, wgetValues, wgetLong)
        if "spider" in given:
            return
        target = given.get("O") or given.get("output-document")
        folder = given.get("P") or given.get("directory-prefix")
        if target is not None and target.source == "-":
            return
        for word in urls:
            self._download(word, target, command.source, folder)

    def _download(self, url: Word, target: Word | None, source: str, folder: Word | None) -> None:
        value = self._expand(url)
        if isinstance(value, Document):
            name = self._state.variables.freeName("url")
            parameter = url.parts[0] if len(url.parts) == 1 else None
            if isinstance(parameter, Parameter):
                name = self._state.nameFor(parameter.name)
            value = self._state.assign(name, value, source)
            if isinstance(parameter, Parameter):
                self._state.values[parameter.name] = value
        if not isinstance(value, Text) or not value:
            self._state.leave(source, "its address can't be told")
            return
        head = value.head
        if "steamcmd" in head and head.endswith((".tar.gz", ".zip")):
            # The daemon brings its own.
            path = None if target is None else self.path(target)
            self._state.archives.append(path or self._state.fileName(value))
            return
        if head and "://" not in head and "." in head.partition("/")[0]:
            value = Text.of("https://", value)
        elif head and not re.match(r"https?://", head):
            self._state.leave(source, "its address is none of http or https")
            return
        if target is not None:
            path = self.path(target)
        else:
            where = Text() if folder is None else self._expand(folder)
            base = self._state.path(where) if isinstance(where, Text) else None
            path = None if base is None else posixpath.join(base, self._state.fileName(value))
            path = None if path is None else posixpath.normpath(path)
        if path == "./dev/null" or (path or "").endswith("/dev/null"):
            return
        if path is None or path == ".":
            self._state.leave(source, "the path of its file can't be told")
            return
        self.add(value, path, source)

    def add(self, url: Text, path: str, source: str) -> None:
        """Download a file."""
        state = self._state
        step: Table = {"download": state.url(url), "to": path}
        self._used(path)
        if path in state.missing or (state.missing and state.directory):
            step["keep"] = [literal(path)]
        if state.emit(step, source):
            state.downloads[path] = state.steps[-1]
            state.made.add(path)
            state.values[f"file:{path}"] = Document(url)

    def _used(self, path: str) -> None:
        self._state.useExpression(path)

    def _decompress(self, command: Simple, words: Sequence[Word]) -> None:
        """C{unxz a.tar.xz}: what is unpacked afterwards is the same archive."""
        names = self._plainWords(words)
        path = self.path(names[0]) if names else None
        ending = re.fullmatch(r"(.+\.tar)\.\w+", path or "")
        if path is None or ending is None or path not in self._state.downloads:
            self._state.leave(command.source, "only archives are unpacked")
            return
        self._state.compressed[ending[1]] = path

    def _archive(self, word: Word) -> str | None:
        path = self.path(word)
        if path is None:
            return None
        path = self._state.compressed.get(path, path)
        if path in self._state.downloads:
            return path
        if f"{path}.zip" in self._state.downloads:
            # As unzip does.
            return f"{path}.zip"
        if "*" in path:
            fitting = fnmatch.filter(list(self._state.downloads), path)
            return fitting[-1] if fitting else path
        if (name := takeNameless(self._state)) is not None:
            # The file whose name only its server knows.
            step = self._state.downloads.pop(name)
            step["to"] = path
            self._state.downloads[path] = step
        return path

    def _unzip(self, command: Simple, words: Sequence[Word]) -> None:
        given, names = split(words, frozenset("dx"), {})
        if not names or "l" in given or "p" in given:
            return
        only = [word.plain for word in names[1:] if word.plain is not None]
        self._unpack(command, names[0], given.get("d"), 0, only)

    def _sevenZip(self, command: Simple, words: Sequence[Word]) -> None:
        names = self._plainWords(words)
        folder = next((word for word in words if word.source.startswith("-o")), None)
        where = None
        if folder is not None and folder.plain is not None:
            where = Word((Literal(folder.plain[2:]),), folder.plain[2:])
        if len(names) < 2 or names[0].source not in ("x", "e"):
            self._state.leave(command.source, "this use of it has no step")
            return
        archive = self._archive(names[1])
        if archive is not None and archive.endswith((".7z", ".rar")):
            self._state.leave(command.source, "archives of this kind are not unpacked")
            return
        self._unpack(command, names[1], where, 0, [])

    def _tar(self, command: Simple, words: Sequence[Word]) -> None:
        words = list(words)
        if words and re.fullmatch(r"[a-zA-Z]*x[a-zA-Z]*", words[0].source):
            first = "-" + words[0].source
            words[0] = Word((Literal(first),), first)
        # Some write a long option with one mark.
        words = [
            Word(word.parts, f"-{word.source}") if word.source.startswith("-strip") else word
            for word in words
        ]
        given, names = split(words, frozenset("fCIT"), tarLong)
        if not ({"x", "extract", "get"} & given.keys()) or "c" in given:
            # Archives of what is there are kept for later, mostly.
            isBackup = bool({"c", "create", "t", "list"} & given.keys())
            self._state.leave(command.source, "this use of it has no step", not isBackup)
            return
        archive = given.get("f") or given.get("file")
        folder = given.get("C") or given.get("directory")
        strip = given.get("strip-components") or given.get("strip")
        number = "" if strip is None else strip.plain or ""
        count = int(number) if re.fullmatch(r"[0-9]{1,2}", number) else 0
        if archive is None and names:
            archive = names.pop(0)
        if archive is None or archive.source == "-":
            self._state.leave(command.source, "its archive can't be told")
            return
        only = [word.plain for word in names if word.plain is not None]
        self._unpack(command, archive, folder, min(count, 16), only)

    def _unpack(
        self, command: Simple, archive: Word, folder: Word | None, strip: int, only: Sequence[str]
    ) -> None:
        state = self._state
        path = self._archive(archive)
        where = state.path(Text()) if folder is None else self.path(folder)
        if path is not None and re.search(r"steamcmd[\w.-]*\.(?:tar\.gz|zip)$", path):
            return
        if path is None or where is None or path in state.archives:
            if path is None or path not in state.archives:
                state.leave(command.source, "which archive it unpacks can't be told")
            return
        self.unpackAt(path, where, command.source, strip, only)

    def unpackAt(
        self, path: str, where: str, source: str, strip: int = 0, only: Sequence[str] = ()
    ) -> None:
        """Unpack an archive into a directory."""
        state = self._state
        if "*" in path:
            fitting = fnmatch.filter(list(state.downloads), path)
            if not fitting and state.unpacked is None:
                state.leave(source, "which archive it unpacks can't be told")
                return
            # An archive may come out of another.
            path = fitting[-1] if fitting else path
        step: Table = {"unpack": state.useExpression(path), "to": where}
        if strip:
            step["strip"] = strip
        wanted = [name.removeprefix("./") for name in only if ".." not in name]
        if strip:
            # What is wanted is looked for after that.
            rest = ["/".join(name.split("/")[strip:]) for name in wanted]
            wanted = rest if all(rest) else []
        if wanted:
            step["only"] = [f"{name}**" if name.endswith("/") else name for name in wanted]
        if state.emit(step, source):
            state.archives.append(path)
            state.downloads.pop(path, None)
            state.unpacked = state.steps[-1]


def literal(path: str) -> str:
    """A glob that fits one path; a placeholder in it stands for anything."""
    return re.sub(r"\{\w+\}", "*", path.replace("{{", "[{]").replace("}}", "[}]"))


def takeNameless(state: State) -> str | None:
    """
    The path of the last download whose name only its server knows, if nothing has used it.
    """
    while state.nameless:
        path = state.nameless.pop()
        step = state.downloads.get(path)
        if step is None or step not in state.steps:
            continue
        later = state.steps[state.steps.index(step) + 1 :]
        if any("run" in one or path in str(one) for one in later):
            continue
        return path
    return None
