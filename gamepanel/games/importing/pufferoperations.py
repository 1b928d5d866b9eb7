"""
Install operations of PufferPanel's templates.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final

from gamepanel.games.importing import minecraft, script
from gamepanel.games.importing.commands import Commands
from gamepanel.games.importing.conditions import All, FileThere
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.declared import Condition, Table, Usage
from gamepanel.games.importing.downloads import literal
from gamepanel.games.importing.expansion import Expansion
from gamepanel.games.importing.partly import addLine
from gamepanel.games.importing.puffertexts import Texts
from gamepanel.games.importing.shell import BadShell
from gamepanel.games.importing.state import State
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.variables import Variables

maxOperations: Final = 100
"""So many operations of a template count."""


class Operations(Texts):
    """
    Makes steps of operations.
    """

    def __init__(self, state: State, variables: Variables, files: Files, usage: Usage) -> None:
        super().__init__(state, variables)
        self._files = files
        self._usage = usage
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
            path = self._state.path(outcome.path)
            self._state.missing = (*missing, path or "")
            outcome = not outcome.isThere
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

    def _path(self, given: object) -> str:
        text = self.text(given)
        if text.head.startswith("/") and not text.head.startswith(("/pufferpanel", "/mnt/server")):
            # Of the server's directory.
            text = Text.of(".", text)
        path = self._state.path(text)
        return path or "."

    def _download(self, operation: dict[str, Any]) -> None:
        given = operation.get("files")
        for file in given if isinstance(given, list) else [given]:
            url = self.text(file)
            if not re.match(r"https?://", url.head) and url.only is None:
                self._state.leave(str(file), "its address is none of http or https")
                continue
            name = self._state.fileName(url)
            self._commands.add(url, name, str(file))

    def _extract(self, operation: dict[str, Any]) -> None:
        source = self._path(operation.get("source"))
        where = self._path(operation.get("destination") or ".")
        self._commands.unpackAt(source, where, f"extract {source}")

    def _move(self, operation: dict[str, Any]) -> None:
        target = str(operation.get("target") or "")
        self._commands.move(self._path(operation.get("source")), self._path(target), target, "move")

    def _mkdir(self, operation: dict[str, Any]) -> None:
        path = self._path(operation.get("target"))
        if path != ".":
            self._state.emit({"directory": self._state.useExpression(path)}, f"mkdir {path}")

    def _writefile(self, operation: dict[str, Any]) -> None:
        path, text = self._path(operation.get("target")), self.text(operation.get("text"))
        if path == "eula.txt" or (path.endswith(".properties") and self._properties(path, text)):
            return
        step: Table = {
            "write": self._state.useExpression(path),
            "text": self._state.use(text),
            "keep": [literal(path)],
        }
        self._state.emit(step, f"writefile {path}")

    def _alterfile(self, operation: dict[str, Any]) -> None:
        """A line that is changed from its beginning on is set; nothing else can be said."""
        path = self._path(operation.get("file") or operation.get("target"))
        search, replace = str(operation.get("search") or ""), self.text(operation.get("replace"))
        begun = re.fullmatch(r"\^?([\w.-]+[ ]?[=:]?[ ]?)(?:\.\*|\S*)\$?", search)
        isWhole = operation.get("regex") is True and search.rstrip("$").endswith(".*")
        if begun is None or not isWhole or not replace.head.startswith(begun[1].strip()):
            self._state.leave(f"alterfile {path}: {search}", "changes a part of a file")
        elif not addLine(self._state, path, replace):
            self._state.leave(f"alterfile {path}: {search}", "no line that can be set")

    def _sponge(self, operation: dict[str, Any]) -> None:
        kind = str(operation.get("spongeType") or "spongevanilla").lower()
        if kind != "spongevanilla":
            self._state.leave(f"spongedl {kind}", "Sponge for Forge has no step")
            return
        wanted, version = (
            self.text(operation.get(key)) for key in ("minecraftVersion", "spongeVersion")
        )
        isRecommended = operation.get("recommended") is True
        self._several(minecraft.sponge(wanted, version, isRecommended), "server.jar")

    def _properties(self, path: str, text: Text) -> bool:
        """A file of which each line sets a key is set before each start."""
        lines: list[list[str | Ref]] = [[]]
        for piece in text.pieces:
            if isinstance(piece, Ref):
                lines[-1].append(piece)
                continue
            first, *more = piece.split("\n")
            lines[-1].append(first)
            lines += [[one] for one in more]
        pairs: list[tuple[str, Text]] = []
        for parts in lines:
            whole = Text.of(*parts)
            if not whole:
                continue
            match = re.match(r"([\w.-]+)=", whole.head)
            if match is None or "{" in path:
                return False
            start = whole.pieces[0]
            assert isinstance(start, str)
            pairs.append((match[1], Text.of(start[match.end() :], *whole.pieces[1:])))
        for key, value in pairs:
            self._files.set(path, "properties", key, self._variables.use(value))
        return True

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
        if user and user.plain not in ("", "anonymous"):
            step["account"] = True
        self._state.emit(step, f"steamgamedl {plain}")

    def _java(self, operation: dict[str, Any]) -> None:
        version = self.text(operation.get("version"))
        self._state.java = True
        self._state.values["java version"] = version
        if version.only is not None or re.fullmatch(r"\d{1,2}", version.plain or ""):
            self._state.emit({"java": self._state.use(version)}, "javadl")

    def _several(self, steps: list[Table], to: str = "") -> None:
        for step in steps:
            for value in step.values():
                if isinstance(value, str):
                    self._state.useExpression(value)
            for name in {**step.get("let", {}), **step.get("match", {})}:
                self._state.settled.add(name)
            self._state.emit(step, str(step))
        if to and self._state.steps:
            self._state.downloads[to] = self._state.steps[-1]
            self._state.made.add(to)

    def _version(self, operation: dict[str, Any], key: str = "version") -> Text:
        """A version; where C{latest} was the default of its variable, empty is."""
        text = self.text(operation.get(key))
        variable = self._variables.named(text.only) if text.only else None
        if variable is not None and variable.default.lower() == "latest":
            self._variables.checked(variable.name)
            if variable.env in self._usage.empty:
                self._several([minecraft.latestOf(variable.name)])
        return text

    def _mojang(self, operation: dict[str, Any]) -> None:
        to = self._path(operation.get("target") or "server.jar")
        self._several(minecraft.mojang(self._version(operation), to), to)

    def _paper(self, operation: dict[str, Any]) -> None:
        to = self._path(operation.get("target") or "server.jar")
        project = str(operation.get("project") or operation.get("software") or "paper")
        if not re.fullmatch(r"[a-z]+", project):
            self._state.leave(f"paperdl {project}", "this project is not known")
            return
        self._several(minecraft.paper(project, self._version(operation), to), to)

    def _fabric(self, operation: dict[str, Any]) -> None:
        to = self._path(operation.get("target") or "fabric-installer.jar")
        self._several(minecraft.fabric(to), to)

    def _forge(self, operation: dict[str, Any]) -> None:
        to = self._path(operation.get("target") or "forge-installer.jar")
        version = self.text(operation.get("version"))
        if not version or version.plain == "latest":
            wanted = self.text(operation.get("minecraftVersion"))
            name = self._variables.freeName("forge_version")
            self._several(minecraft.forgeVersion(wanted, name))
            version = Text.of(Ref(name))
        self._several(minecraft.forge(version, to), to)

    def _forgeVersion(self, operation: dict[str, Any]) -> None:
        name = self._output(operation)
        wanted = self.text(operation.get("minecraftVersion"))
        self._several(minecraft.forgeVersion(wanted, name))

    def _neoforge(self, operation: dict[str, Any]) -> None:
        to = self._path(operation.get("target") or "neoforge-installer.jar")
        version = self.text(operation.get("version"))
        if not version or version.plain == "latest":
            name = self._variables.freeName("neoforge_version")
            self._several(minecraft.neoforgeVersion(name))
            version = Text.of(Ref(name))
        self._several(minecraft.neoforge(version, to), to)

    def _neoforgeVersion(self, operation: dict[str, Any]) -> None:
        self._several(minecraft.neoforgeVersion(self._output(operation)))

    def _output(self, operation: dict[str, Any]) -> str:
        """The variable that an operation sets."""
        given = str(operation.get("outputVariable") or "version")
        name = self._state.nameFor(given)
        self._state.values[given] = Text.of(Ref(name))
        return name

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
    "spongedl": Operations._sponge,
    "alterfile": Operations._alterfile,
    "forgedl": Operations._forge,
    "resolveforgeversion": Operations._forgeVersion,
    "neoforgedl": Operations._neoforge,
    "resolveneoforgeversion": Operations._neoforgeVersion,
    "command": Operations._command,
    "sleep": Operations._nothing,
    "console": Operations._nothing,
    "dockerpull": Operations._nothing,
    "nodejsdl": Operations._nothing,
}
