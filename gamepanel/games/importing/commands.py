"""
The commands of install scripts that become steps.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from attrs import evolve

from gamepanel.games.importing.declared import Table
from gamepanel.games.importing.downloads import literal
from gamepanel.games.importing.partly import addLine, changeLine, fileWords, uncomments
from gamepanel.games.importing.placing import Placing
from gamepanel.games.importing.shell import Redirect, Simple, Word
from gamepanel.games.importing.state import Value, outside
from gamepanel.games.importing.text import Ref, Text, located, words

Expand = Callable[[Word], Value]


_noise: Final = words(
    "echo apt apt-get apk yum dnf dpkg chown chgrp chmod sleep ls pwd true : set shopt "
    "unset umask exit return sync find file test clear printf date wait kill trap "
    "dos2unix locale-gen update-ca-certificates adduser useradd usermod groupadd stat "
    "du df env id whoami uname hostname tput alias read local declare readonly shift "
    "ldconfig ulimit pkill add-apt-repository break continue type which command hash tree "
    "wc history time corepack log fatal rmdir"
)
"""Commands that change nothing that a server needs."""


class Commands(Placing):
    """
    Makes steps of simple commands.
    """

    def run(self, command: Simple, words: Sequence[Word]) -> None:
        """
        @param words: of the command, without what is only before it, such as C{sudo}.
        """
        name = self._name(words[0])
        use = _commands.get(name)
        if any("+app_update" in word.source for word in words):
            from gamepanel.games.importing.steam import steamSteps

            steamSteps(self._state, self._expand, words, command.source)
        elif use is not None:
            use(self, command, words[1:])
        elif name in _noise:
            self._noise(name, command, words)
        elif name.startswith(("./", "/")) or "/" in name or name in _runnable:
            self._program(command, words)
        else:
            # The name of an archive is no command of any kind.
            isArchive = re.search(r"\.(?:zip|tar(?:\.\w+)?|7z)$", name) is not None
            self._state.leave(command.source, f"{name} has no step", not isArchive)

    def _name(self, word: Word) -> str:
        value = self._expand(word)
        text = value.template if isinstance(value, Text) else word.source
        if re.fullmatch(r"java(?:\d{1,2}|\{\w+\})", text):
            # Of PufferPanel, which has several.
            return "java"
        return text.removeprefix("/usr/local/bin/").removeprefix("/usr/bin/").removeprefix("/bin/")

    def _noise(self, name: str, command: Simple, words: Sequence[Word]) -> None:
        if name in ("echo", "printf"):
            self._print(command, words[1:])
        elif name == "chmod":
            self._executable(words[1:])

    def _touch(self, command: Simple, words: Sequence[Word]) -> None:
        for word in self._plainWords(words):
            path = self.path(word)
            if path is not None and not path.startswith(outside):
                self._write(path, Text(), command.source, keep=True)

    def _print(self, command: Simple, words: Sequence[Word]) -> None:
        redirect = outputOf(command)
        if redirect is None:
            return
        isEscaped = any(re.fullmatch(r"-[ne]*e[ne]*", word.source) for word in words)
        values: list[Text] = []
        for word in words:
            if re.fullmatch(r"-[neE]+|--", word.source) and not values:
                continue
            value = self._expand(word)
            if not isinstance(value, Text):
                self._state.leave(command.source, "what it writes can't be told")
                return
            values.append(value)
        if command.words[0].source == "printf":
            self.print(redirect, _formatted(values), command.source)
            return
        parts = [part for value in values for part in (" ", value)][1:]
        text = Text.of(*parts, "" if any(w.source == "-n" for w in words) else "\n")
        self.print(redirect, _unescaped(text) if isEscaped else text, command.source)

    def _cat(self, command: Simple, words: Sequence[Word]) -> None:
        redirect = outputOf(command)
        here = next((r for r in command.redirects if r.operator == "<<"), None)
        if redirect is None:
            return
        if here is None:
            self._state.leave(command.source, "what it writes can't be told")
            return
        value = self._expand(here.target)
        if isinstance(value, Text):
            self.print(redirect, value, command.source)
        else:
            self._state.leave(command.source, "what it writes can't be told")

    def _tee(self, command: Simple, words: Sequence[Word]) -> None:
        """C{tee FILE <<END}."""
        here = next((r for r in command.redirects if r.operator == "<<"), None)
        for redirect in copies(command):
            if here is None:
                self._state.leave(command.source, "what it writes can't be told")
                return
            self._cat(evolve(command, redirects=(here, redirect)), ())

    def print(self, redirect: Redirect, text: Text, source: str) -> None:
        """Have a text written to a file, or added to it."""
        path = self.path(redirect.target)
        if path is None:
            self._state.leave(source, "the path of its file can't be told")
        elif path.startswith(outside):
            return
        elif redirect.operator == ">>":
            last = next((s for s in reversed(self._state.steps) if s.get("write") == path), None)
            isComment = re.fullmatch(r"(?:\s*(?:#|//)[^\n]*\n)+", text.template) is not None
            if last is None and (path in self._state.missing or isComment):
                self._write(path, text, source, keep=True)
                return
            if last is not None:
                last["text"] += self._state.use(text)
            elif not addLine(self._state, path, text):
                self._state.leave(source, "nothing can be added to a file that is there")
        else:
            self._write(path, text, source, keep=True)

    def _write(self, path: str, text: Text, source: str, keep: bool) -> None:
        state = self._state
        if path in state.made and not text:
            return
        empty = {"write": path, "text": "", "keep": [literal(path)]}
        if text and empty in state.steps and not state.guards:
            # It was only to be there.
            state.steps.remove(empty)
        self._used(path)
        step: Table = {"write": path, "text": state.use(located(text))}
        if keep:
            # People and games write these, too.
            step["keep"] = [literal(path)]
        if state.emit(step, source):
            state.made.add(path)

    def _cd(self, command: Simple, words: Sequence[Word]) -> None:
        path = self.path(words[0]) if words else "."
        if path is None or "{" in path or "*" in path:
            if path is None or "steam" not in command.source:
                self._state.leave(command.source, "this directory can't be told")
            return
        self._state.directory = "" if path == "." else path

    def _git(self, command: Simple, words: Sequence[Word]) -> None:
        from gamepanel.games.importing.sources import clone

        clone(self._state, self._expand, words, command.source)

    def _program(self, command: Simple, words: Sequence[Word]) -> None:
        from gamepanel.games.importing.sources import program

        program(self._state, self._expand, words, command.source)

    def _sedFile(self, command: Simple, words: Sequence[Word]) -> None:
        if not any(re.match(r"-\w*i|--in-place", word.source) for word in words):
            self._sedCopy(command, words)
            return
        found = fileWords(words)
        path = self.path(found[1]) if found else None
        if path is not None and path.startswith(outside):
            return
        if found is None:
            self._state.leave(command.source, "changes a part of a file")
        else:
            self._changed(path, found[0], command.source)

    def _changed(self, path: str | None, script: Word, source: str) -> None:
        """A file in which C{sed} has changed something."""
        value = self._expand(script)
        if not changeLine(self._state, path, value):
            matters = not uncomments(self._state, path, value)
            self._state.leave(source, "changes a part of a file", matters)

    def _sedCopy(self, command: Simple, words: Sequence[Word]) -> None:
        """C{sed 's/a/b/' FILE >OTHER}: the other is the file, with a line that is set."""
        redirect, found = outputOf(command), fileWords(words)
        if redirect is None:
            return
        target = self.path(redirect.target)
        if target is None or found is None or redirect.operator == ">>":
            self._state.leave(command.source, "what it writes can't be told")
            return
        if target.startswith(outside):
            return
        source = self.path(found[1])
        if source is not None:
            self.move(source, target, redirect.target.source, command.source)
        self._changed(target, found[0], command.source)


def _unescaped(text: Text) -> Text:
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "")


def _formatted(values: Sequence[Text]) -> Text:
    """What C{printf} prints: its format, once for all values, or as often as these need."""
    if not values:
        return Text()
    format, *rest = values
    marks = sum(len(re.findall(r"(?<!%)%[sdib]", p)) for p in format.pieces if isinstance(p, str))
    parts: list[str | Ref | Text] = []
    while True:
        for piece in _unescaped(format).pieces:
            if not isinstance(piece, str):
                parts.append(piece)
                continue
            for index, plain in enumerate(re.split(r"(?<!%)%[sdib]", piece)):
                if index:
                    parts.append(rest.pop(0) if rest else "")
                parts.append(plain.replace("%%", "%"))
        if not rest or not marks:
            return Text.of(*parts)


_nowhere: Final = frozenset({"/dev/null", "&1", "&2", "/dev/stderr", "/dev/stdout"})


def copies(command: Simple) -> list[Redirect]:
    """Where C{tee} writes to, besides its own output."""
    words = [word for word in command.words[1:] if word.source not in (*_nowhere, "-")]
    isMore = any(word.source in ("-a", "--append") for word in words)
    return [
        Redirect(">>" if isMore else ">", "", word)
        for word in words
        if not word.source.startswith("-") and not word.source.endswith((".log", '.log"'))
    ]


def outputOf(command: Simple) -> Redirect | None:
    """Where a command prints to, if that is a file."""
    for redirect in command.redirects:
        isOutput = redirect.operator in (">", ">>", ">|") and redirect.descriptor in ("", "1")
        if isOutput and redirect.target.source not in _nowhere:
            return redirect
    return None


_runnable: Final = words(
    "java npm npx yarn pnpm node python python3 pip pip3 mono dotnet cargo go make cmake php "
    "composer bash sh ash bun deno perl ruby lua gradle mvn box64 wine"
)


_commands: Final[Mapping[str, Callable[[Commands, Simple, Sequence[Word]], None]]] = {
    "curl": Commands._curl,
    "wget": Commands._wget,
    "unzip": Commands._unzip,
    "tar": Commands._tar,
    "bsdtar": Commands._tar,
    "7z": Commands._sevenZip,
    "7za": Commands._sevenZip,
    "7zr": Commands._sevenZip,
    **dict.fromkeys(words("unxz gunzip bunzip2 xz gzip bzip2"), Commands._decompress),
    "mkdir": Commands._mkdir,
    "touch": Commands._touch,
    "rm": Commands._rm,
    "mv": Commands._mv,
    "cp": Commands._cp,
    "rsync": Commands._cp,
    "ln": Commands._ln,
    "cat": Commands._cat,
    "tee": Commands._tee,
    "cd": Commands._cd,
    "git": Commands._git,
    "sed": Commands._sedFile,
}
