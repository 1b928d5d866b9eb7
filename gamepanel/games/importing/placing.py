"""
Files that install scripts move, copy and remove.
"""

import fnmatch
import posixpath
import re
from collections.abc import Sequence
from typing import Final

from gamepanel.games.importing.declared import Table
from gamepanel.games.importing.downloads import Downloads, literal
from gamepanel.games.importing.minecraft import quiltsFolder
from gamepanel.games.importing.shell import Simple, Word
from gamepanel.games.importing.state import State, outside
from gamepanel.games.importing.text import Text

_makers: Final = ("unpack", "run", "steamcmd", "npm", "pip", "mrpack")
"""Steps that make files which they do not name."""

_ARCHIVE: Final = re.compile(r"\.(?:zip|tar|tgz|tbz2?|txz|tar\.\w+|7z|rar|gz|xz|bz2|jar)$", re.I)


class Placing(Downloads):
    """
    Makes steps of what install scripts do with files: moves, copies, links, removals.
    """

    def _mkdir(self, command: Simple, words: Sequence[Word]) -> None:
        for word in self._plainWords(words):
            for path in self._several(word):
                if path in (".", outside) or path.startswith((f"{outside}/", "steamcmd", ".steam")):
                    continue
                if path in self._state.made or path.startswith("steamapps"):
                    continue
                self._state.made.add(path)
                self._used(path)
                self._state.emit({"directory": path}, command.source)

    def _several(self, word: Word) -> list[str]:
        """The paths of a word, with its braces taken apart."""
        path = self.path(word)
        if path is None:
            return []
        match = re.search(r"\{\{([^{}]*,[^{}]*)\}\}", path)
        if match is None:
            return [path]
        parts = match[1].split(",")
        return [path[: match.start()] + part + path[match.end() :] for part in parts]

    def _rm(self, command: Simple, words: Sequence[Word]) -> None:
        for word in self._plainWords(words):
            path = self.path(word)
            if path is None or path.startswith((outside, "steamcmd")) or path in (".", "*"):
                continue
            if path in self._state.archives or self._onlyArchives(path):
                continue
            if path in self._state.missing or not self._isMade(path):
                continue
            self._state.downloads.pop(path, None)
            self._used(path)
            self._state.emit({"remove": path.rstrip("/")}, command.source)

    def _onlyArchives(self, path: str) -> bool:
        return _ARCHIVE.search(path) is not None and bool(
            fnmatch.filter(self._state.archives, path)
        )

    def _isMade(self, path: str) -> bool:
        """Whether it can be there by what was done before, in this run of the script."""
        state = self._state
        return bool(
            state.unpacked is not None or (state.steps and fnmatch.filter(list(state.made), path))
        )

    def _mv(self, command: Simple, words: Sequence[Word]) -> None:
        names = self._plainWords(words)
        if len(names) < 2:
            return
        *sources, last = names
        target = self.path(last)
        for word in sources:
            source = self.path(word)
            if source is None or target is None:
                self._state.leave(command.source, "its paths can't be told")
            else:
                # A directory gets another name where there is none of it.
                isRenamed = len(sources) == 1 and word.source.endswith("/")
                written = last.source.rstrip("/") if isRenamed else last.source
                self.move(source, target, written, command.source)

    def move(self, source: str, target: str, written: str, text: str) -> None:
        """
        Move a file, or files.

        @param written: the target as it was written.
        @param text: of the command.
        """
        state = self._state
        if re.search(r"\.(?:bak|old|orig|backup|back)$", target) or source == target:
            return
        if _isAbsent(state, source) and not target.startswith(outside):
            state.leave(text, "there is no such file at first", False)
            state.absent.add(posixpath.normpath(f"{target}/{posixpath.basename(source)}"))
            state.absent.add(target)
            return
        fitting = (
            [source] if source in state.downloads else fnmatch.filter(list(state.downloads), source)
        )
        isFolder = written.endswith("/") or target in (".",) or target in state.made
        isBack = state.away.get(source) == target
        if isFolder and not isBack and not source.endswith("*"):
            target = posixpath.normpath(posixpath.join(target, posixpath.basename(source)))
        if len(fitting) == 1 and not source.endswith("/*"):
            step = state.downloads.pop(fitting[0])
            isThere = step in state.steps
            later = state.steps[state.steps.index(step) + 1 :] if isThere else []
            isUsed = any(fitting[0] in str(one) for one in later)
            if isThere and not isUsed and "when" not in step:
                step["to"] = target
                if target in state.missing:
                    step["keep"] = [literal(target)]
                state.downloads[target] = step
                state.made.add(target)
                return
        if source.endswith("/*") and self._stripped(source, target):
            return
        if target in state.missing and "*" not in source and "{" not in source + target:
            state.seeds[target] = source
            return
        if "*" in source:
            isMoved = "{" in target and bool(state.steps) and not source.startswith(outside)
            if isMoved and not isFolder:
                self._used(source + target)
                state.emit({"move": source, "to": target}, text)
                return
            if not isFolder and "?" not in source:
                state.globs[target] = source
                return
            state.leave(text, "which files it moves is known only then")
            return
        if source.startswith(outside) or target.startswith(outside):
            if target.startswith(outside) and not self._isMade(source):
                # A file of an earlier run, which is kept like that.
                state.away[target] = source
                return
            if state.away.get(source) == target:
                if state.unpacked is not None and state.unpacked["to"] == ".":
                    state.unpacked.setdefault("keep", []).append(literal(target))
                return
            if target.startswith(outside) or not self._moved(source, target, text):
                state.leave(text, "files outside of the server's directory")
            return
        self._used(source + target)
        if state.emit({"move": source, "to": target}, text):
            state.made.add(target)

    def _stripped(self, source: str, target: str) -> bool:
        """Whether what an archive holds in one directory is only to be one higher."""
        folder = source.removesuffix("/*")
        if posixpath.dirname(folder) == target.removeprefix("."):
            for step in reversed(self._state.steps):
                if step.get("to") == folder and "unpack" in step:
                    step["to"] = target
                    _postpone(self._state, step)
                    return True
                if quiltsFolder(step, folder):
                    return True
        steps = [
            step
            for step in self._state.steps
            if "unpack" in step
            and "strip" not in step
            and (step["to"] == "." or folder.startswith(f"{step['to']}/"))
        ]
        if not steps:
            return False
        step = steps[-1]
        base = step["to"]
        inner = posixpath.relpath(source.removesuffix("/*"), base)
        if (
            inner.startswith("..")
            or inner == "."
            or not (target.startswith((".", base)) or base.startswith(outside))
        ):
            return False
        step["strip"] = min(inner.count("/") + 1, 16)
        step["to"] = target
        _postpone(self._state, step)
        return True

    def _moved(self, folder: str, target: str, text: str) -> bool:
        """Whether a part of what was unpacked elsewhere can be moved here."""
        state = self._state
        isThere = any(
            "unpack" in step and folder.startswith(f"{step['to']}/") for step in state.steps
        )
        if not folder.startswith(f"{outside}/") or not isThere or "*" in folder:
            return False
        made = {"directory": target}
        if made in state.steps:
            state.steps.remove(made)
        state.made.add(target)
        return state.emit({"move": folder, "to": target}, text)

    def _cp(self, command: Simple, words: Sequence[Word]) -> None:
        names = self._plainWords(words)
        if len(names) < 2 or any("steamclient.so" in word.source for word in names):
            return
        target, source = self.path(names[-1]), self.path(names[0])
        if source is None or target is None or len(names) > 2:
            self._state.leave(command.source, "its paths can't be told")
            return
        value = self._expand(names[0])
        isWithin = isinstance(value, Text) and value.template.endswith("/.")
        if source.endswith("/*") or isWithin:
            folder = source.rstrip("/*")
            if not self._stripped(f"{folder}/*", target) and not self._moved(
                folder, target, command.source
            ):
                self._state.leave(command.source, "what it copies is known only then")
            return
        if re.search(r"\.(?:bak|old|orig|backup|back)$", target + source) or "*" in source:
            if "*" in source:
                self._state.leave(command.source, "what it copies is known only then")
            return
        if names[-1].source.endswith("/") or target == "." or target in self._state.made:
            target = posixpath.normpath(posixpath.join(target, posixpath.basename(source)))
        if source.startswith(outside) and self._moved(source, target, command.source):
            return
        if target.startswith(".steam/"):
            # The daemon sees to SteamCMD's own files.
            return
        if "{" in source + target or source.startswith(outside):
            self._state.leave(command.source, "what it copies is known only then")
            return
        isAll = any(re.fullmatch(r"-\w*[rRa]\w*", word.source) for word in words)
        if isAll and "." not in posixpath.basename(source):
            self._state.leave(command.source, "it is moved, not copied", False)
            self.move(source, target, target, command.source)
            return
        self._state.seeds[target] = source

    def _ln(self, command: Simple, words: Sequence[Word]) -> None:
        names = self._plainWords(words)
        if len(names) != 2:
            self._state.leave(command.source, "links have no step")
            return
        source, target = self.path(names[0]), self.path(names[1])
        if source is None or target is None or source.startswith(outside):
            if "steam" not in command.source:
                self._state.leave(command.source, "links have no step")
            return
        if "steamclient" in source:
            return
        self._state.globs[target] = source

    def _executable(self, words: Sequence[Word]) -> None:
        modes = self._plainWords(words)[:1]
        if not modes or not re.search(r"[+=]\w*[xX]|^[0-7]*[1357][0-7]{2}$", modes[0].source):
            return
        for word in self._plainWords(words)[1:]:
            path = self.path(word)
            if path is not None:
                _makeExecutable(self._state, path)


def _makeExecutable(state: State, path: str) -> None:
    for step in state.steps:
        if "download" in step and step["to"] == path:
            step["executable"] = True
    if path in state.downloads:
        return
    if state.unpacked is not None and "{" not in path and path != ".":
        base = state.unpacked["to"]
        inner = posixpath.relpath(path, base) if base != "." else path
        if not inner.startswith(".."):
            globs = state.unpacked.setdefault("executable", [])
            if inner not in globs and len(globs) < 50:
                globs.append(inner)


def _postpone(state: State, step: Table) -> None:
    """What comes to its place only now must not be removed as something older."""
    index = next(at for at, one in enumerate(state.steps) if one is step)
    if any("remove" in later for later in state.steps[index + 1 :]):
        del state.steps[index]
        state.steps.append(step)


def _isAbsent(state: State, path: str) -> bool:
    """Whether no step can have put a file there."""
    if path in state.absent:
        return True
    known = [*state.downloads, *state.made, *state.seeds, *state.globs]
    if path.startswith(outside) or path in known or fnmatch.filter(known, path):
        return False
    return not any(key in step for step in state.steps for key in _makers)
