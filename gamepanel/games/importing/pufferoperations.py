"""
Install operations of PufferPanel's templates.
"""

import fnmatch
import re
import shlex
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

from gamepanel.games.importing import minecraft, pufferfiles, script
from gamepanel.games.importing.commands import Commands
from gamepanel.games.importing.conditions import All, FileThere
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.declared import Condition, Table
from gamepanel.games.importing.downloads import literal, takeNameless
from gamepanel.games.importing.expansion import Expansion
from gamepanel.games.importing.partly import changeLine
from gamepanel.games.importing.pufferminecraft import MinecraftOperations
from gamepanel.games.importing.shell import BadShell
from gamepanel.games.importing.state import State
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.variables import Variables

_PACKED: Final = re.compile(
    r"https?://github\.com/[\w.-]+/(?P<name>[\w.-]+)/archive/(?:refs/(?:heads|tags)/v?)?"
    r"(?P<ref>[\w.{}-]+?)\.(?P<kind>zip|tar\.gz)"
)
"""What is in a repository, packed by GitHub, which says how the file is called."""

_LISTED: Final = re.compile(
    r"^((?:python3? -m )?pip3? install)( (?:-r|--requirement) [\w./${}-]+)$"
)
"""Packages that a file lists."""

maxOperations: Final = 100
"""So many operations of a template count."""


class Operations(MinecraftOperations):
    """
    Makes steps of operations.

    @ivar hasEula: whether the terms of Minecraft are agreed to in a file.
    @ivar isEachStart: whether it is for what is done before each start.
    """

    def __init__(self, state: State, variables: Variables, files: Files) -> None:
        super().__init__(state, variables)
        self._files = files
        self.hasEula = False
        self.isEachStart = False
        self._commands = Commands(state, Expansion(state).value)

    def run(self, operations: Any) -> None:
        """
        @param operations: as a template has them.
        """
        for operation in operations[:maxOperations] if isinstance(operations, list) else []:
            if isinstance(operation, dict):
                self._one(operation)

    def _one(self, operation: dict[str, Any]) -> None:
        outcome = self.condition(operation.get("if"))
        kind = str(operation.get("type"))
        guards, missing = self._state.guards, self._state.missing
        if isinstance(outcome, FileThere):
            # Nothing is there at first.
            self._state.missing = (*missing, self.path(outcome.path))
            # But what is set in a file is set whenever it is there.
            outcome = not outcome.isThere or kind == "alterfile"
        if outcome is False:
            self._state.missing = missing
            return
        if isinstance(outcome, Condition | All):
            conditions = (outcome,) if isinstance(outcome, Condition) else outcome.conditions
            self._state.guards = self._state.guard(conditions)
        elif outcome is None:
            self._state.leave(f"{kind}, if {operation.get('if')}", "this can't be told before")
            self._state.missing = missing
            return
        use = _operations.get(kind)
        if use is None:
            self._state.leave(kind, "this operation has no step")
        else:
            use(self, operation)
        self._state.guards, self._state.missing = guards, missing

    def _download(self, operation: dict[str, Any]) -> None:
        given = operation.get("files")
        for file in given if isinstance(given, list) else [given]:
            url = minecraft.newPurpur(self.text(file))
            if not re.match(r"https?://", url.head) and url.only is None:
                self._state.leave(str(file), "its address is none of http or https")
                continue
            name = self._fileName(url)
            if "steamcmd" in url.head and name.endswith((".tar.gz", ".zip")):
                # The daemon brings its own.
                self._state.archives.append(name)
                continue
            if not self._moved(url, name):
                self._commands.add(url, name, str(file))
            if not re.search(r"\.\w+$", name) or name == "index.html":
                self._state.nameless.append(name)

    def _fileName(self, url: Text) -> str:
        """The name of a file; if its address is an option, that which it has at first."""
        packed = _PACKED.fullmatch(url.template)
        if packed is not None:
            return f"{packed['name']}-{packed['ref']}.{packed['kind']}"
        variable = self._variables.named(url.only) if url.only is not None else None
        if variable is None or "/" not in variable.default:
            return self._state.fileName(url)
        name = self._state.fileName(Text.of(variable.default))
        for other in self._variables:
            # Its name may be an option, too.
            if other.default == name and self._variables.constant(other) is None:
                return self._state.use(Text.of(Ref(other.name)))
        return name

    def _extract(self, operation: dict[str, Any]) -> None:
        source = self.path(operation.get("source"))
        where = self.path(operation.get("destination") or ".")
        self._commands.unpackAt(source, where, f"extract {source}")

    def _move(self, operation: dict[str, Any]) -> None:
        source, target = self.path(operation.get("source")), str(operation.get("target") or "")
        known = [*self._state.downloads, *self._state.made]
        isKnown = source in known or fnmatch.filter(known, source)
        if not isKnown and (name := takeNameless(self._state)) is not None:
            # The file whose name only its server knows.
            source = name
        self._commands.move(source, self.path(target), target, f"move {source}")

    def _mkdir(self, operation: dict[str, Any]) -> None:
        path = self.path(operation.get("target"))
        if path != "." and not path.startswith(("steamcmd", ".steam")):
            self._state.made.add(path)
            self._state.emit({"directory": self._state.useExpression(path)}, f"mkdir {path}")

    def _writefile(self, operation: dict[str, Any]) -> None:
        path, text = self.path(operation.get("target")), self.text(operation.get("text"))
        if path == "eula.txt" and self._variables.find("eula") is not None:
            self.hasEula = True
            return
        isSettable = "{" not in path and not self._state.guards and bool(text)
        if isSettable and path.endswith(".properties") and self._properties(path, text):
            return
        if isSettable and self.isEachStart and self._settings(path, text):
            return
        step: Table = {"write": path, "text": self._state.use(text), "keep": [literal(path)]}
        self._state.emit(step, f"writefile {path}")

    def _properties(self, path: str, text: Text) -> bool:
        """A file of which each line sets a key is set before each start."""
        pairs = pufferfiles.properties(text)
        for key, value in pairs or ():
            variable = self._variables.named(value.only) if value.only is not None else None
            if variable is not None:
                # As it stands there it is written as such files are.
                variable.default = pufferfiles.unescaped(variable.default)
            self._files.set(path, "properties", key, self._variables.use(value))
        return pairs is not None

    def _settings(self, path: str, text: Text) -> bool:
        """What is written before each start is set then, where that can be said."""
        keys = pufferfiles.jsonKeys(text, self._isTyped)
        lines = pufferfiles.lines(text) if keys is None else None
        if keys is None and lines is None:
            return False
        # What an installation writes there is the same.
        self._state.steps[:] = [step for step in self._state.steps if step.get("write") != path]
        for key, value in (keys or {}).items():
            self._files.set(path, "json", key, self._used(value))
        if lines is not None:
            used = {key: self._variables.use(line) for key, line in lines.items()}
            self._files.setLines(path, used)
        return True

    def _isTyped(self, name: str) -> bool:
        variable = self._variables.named(name)
        if variable is None:
            return False
        isNumber = variable.rules.isNumber or self._variables.isPort(variable)
        return isNumber or self._variables.isTruth(variable)

    def _used(self, value: object) -> object:
        if isinstance(value, list):
            return [self._used(one) for one in value]
        return self._variables.use(value) if isinstance(value, Text) else value

    def _steam(self, operation: dict[str, Any]) -> None:
        text = self.text(operation.get("appId"))
        variable = self._variables.named(text.only) if text.only else None
        if variable is not None and self._variables.fix(variable.env):
            text = Text.of(variable.default)
        plain = (text.plain or "").strip()
        if not re.fullmatch(r"[1-9]\d{0,8}", plain):
            self._state.leave("steamgamedl", "which application of Steam it is can't be told")
            return
        step: Table = {"steamcmd": int(plain)}
        user = self.text(operation.get("username"))
        named = self._variables.named(user.only) if user.only else None
        if (user.plain if named is None else named.default) not in ("", "anonymous"):
            step["account"] = True
        if branch := self.text(operation.get("branch")):
            step["beta"] = self._state.use(branch)
        arguments = operation.get("extraArgs")
        given = [str(one) for one in arguments] if isinstance(arguments, list) else [str(arguments)]
        for option, value in pairwise(" ".join(given).split()):
            if option in ("-beta", "-branch"):
                step["beta"] = self._state.use(self.text(value))
            if option == "-os" and value == "windows":
                step["platforms"] = ["windows"]
        self._state.emit(step, f"steamgamedl {plain}")

    def _java(self, operation: dict[str, Any]) -> None:
        version = self.text(operation.get("version"))
        self._state.java = True
        self._state.values["java version"] = version
        if version.only is not None or re.fullmatch(r"\d{1,2}", version.plain or ""):
            self._state.emit({"java": self._state.use(version)}, "javadl")

    def _alter(self, operation: dict[str, Any]) -> None:
        """A line that is changed from its beginning on is set before each start."""
        path = self.path(operation.get("file"))
        search, new = str(operation.get("search") or ""), self.text(operation.get("replace"))
        isLines = operation.get("regex") is True
        plain = all(isinstance(piece, Ref) or "\\" not in piece for piece in new.pieces)
        end, begin = "\x01", "" if search.startswith("^") else "^"
        command = Text.of(f"s{end}{begin}{search}{end}", new, end)
        if not (isLines and plain and changeLine(self._state, path, command)):
            # One that need not be there lacks nothing at first.
            matters = path not in self._state.missing
            self._state.leave(f"alterfile {path}: {search}", "changes a part of a file", matters)

    def _curseforge(self, operation: dict[str, Any]) -> None:
        self._state.leave("curseforge", "CurseForge gives files only to those who have its key")

    def _stdin(self, operation: dict[str, Any]) -> None:
        given = operation.get("command")
        self._state.leave(f"stdin {given}", "the game does not run while it is installed", False)

    def _command(self, operation: dict[str, Any]) -> None:
        given = operation.get("commands")
        for line in given if isinstance(given, list) else [given]:
            if not isinstance(line, str) or not line.strip():
                continue
            text = line.strip()
            try:
                words = shlex.split(text)
            except ValueError:
                words = []
            if len(words) > 2 and words[0] in ("sh", "bash") and words[1] in ("-c", "-lc"):
                # Within quotes these are escaped for the shell that is not there.
                text = re.sub(r"\\([$`])", r"\1", words[2])
            # A panel's user has packages of its own; a server has them in its directory.
            text = _LISTED.sub(r"\1 --target .\2", text)
            try:
                script.read(self._state, self.shell(text))
            except BadShell as error:
                self._state.leave(text, str(error))

    def _nothing(self, operation: dict[str, Any]) -> None:
        """Something that needs no step."""


_operations: Final[Mapping[str, Callable[[Operations, dict[str, Any]], None]]] = {
    "download": Operations._download,
    "extract": Operations._extract,
    "move": Operations._move,
    "mkdir": Operations._mkdir,
    "writefile": Operations._writefile,
    "steamgamedl": Operations._steam,
    "javadl": Operations._java,
    "mojangdl": Operations._mojang,
    "paperdl": Operations._paper,
    "fabricdl": Operations._fabric,
    "forgedl": Operations._forge,
    "resolveforgeversion": Operations._resolve,
    "neoforgedl": Operations._neoforge,
    "resolveneoforgeversion": Operations._resolve,
    "spongedl": Operations._sponge,
    "spongeforgedl": Operations._spongeForge,
    "alterfile": Operations._alter,
    "curseforge": Operations._curseforge,
    "stdin": Operations._stdin,
    "command": Operations._command,
    "sleep": Operations._nothing,
    "console": Operations._nothing,
    "dockerpull": Operations._nothing,
    "nodejsdl": Operations._nothing,
}
