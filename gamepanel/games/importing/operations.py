"""
Install operations of PufferPanel's templates: one table. Each becomes lines of a shell, which are
read as an install script is; or steps, where they say which server of Minecraft is meant.
"""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final

from gamepanel.games.importing import bash, cel, loaders, scripts
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.scope import Known, Scope
from gamepanel.games.importing.text import Ref, Text, filled
from gamepanel.games.importing.variables import Table, Variables

Operation = dict[str, Any]

maxOperations: Final = 100
"""Operations of a template that count."""

_PLACEHOLDER: Final = re.compile(
    r"\$\{\s*([\w.-]+)\s*\}|\{\{\s*\.Data\.([\w-]+)[^{}]*\}\}|\{\{\s*\.([\w]+)\s*\}\}"
)
_QUOTED: Final = re.compile(r"'([^'\"`\\]*\$\{[^'\"`\\]*)'")
_RUNTIME: Final = re.compile(
    r"(?P<before>^|[\s;&|('\"])(?:\$\{java\}|(?P<name>java|node|npm)"
    r"(?P<version>\d{1,2}|\$\{[\w-]+\})?)(?=\s)"
)
"""A program of C{javadl} or C{nodejsdl}, whose version is a part of its name."""

_inPlace: Final = frozenset(("steamcmd", "run"))
"""Steps that work in the server's directory, of which a script sees nothing."""

_PAPER: Final = re.compile(
    r"https?://(?:api\.)?papermc\.io/(?:api/)?(?:v2/projects/(\w+)/versions/([^/]+)/builds/([^/]+)"
    r"/downloads/[^/]+|v1/(\w+)/([^/]+)/([^/]+)/download)"
)
"""Downloads of PaperMC's first ways to get it, which are given up."""

_PURPUR: Final = re.compile(
    r"^\"https?://(?:api\.pl3x\.net/v2|purpur\.pl3x\.net/api/v1)/purpur/(.*/download).*\"$"
)
"""The same of Purpur."""

_BOOTSTRAP: Final = (
    "mkdir -p steamcmd",
    "curl -sSL -o /tmp/steamcmd.tar.gz "
    "https://steamcdn-a.akamaihd.net/client/installer/steamcmd_linux.tar.gz",
    "tar -xzf /tmp/steamcmd.tar.gz -C steamcmd",
)
"""SteamCMD itself, as eggs get it."""

_STEAMCMD: Final = "./steamcmd/steamcmd.sh +force_install_dir /mnt/server"

_ours: Final = {"rootdir": "directory", "uuid": "server", "serverid": "server", "id": "server"}
"""What templates call the directory and the server, in small letters."""


class Operations:
    """
    Makes steps of operations.

    @ivar values: what operations have set.
    @ivar java: the version of Java that is asked for; empty where none is named, None without Java.
    @ivar hasEula: whether the terms of Minecraft are agreed to in a file.
    @ivar environment: values that commands read, by the names that they have there.
    @ivar needs: programs of the host.
    """

    def __init__(self, variables: Variables, files: Files, withScripts: bool) -> None:
        self._variables = variables
        self._files = files
        self._notes = variables.notes
        self._withScripts = withScripts
        self._lines: list[str] = []
        self._guard: Known = True
        self._isLater = False
        self.steps: list[Table] = []
        self.values: dict[str, Text] = {}
        self.java: Text | None = None
        self.hasEula = False
        self.environment: dict[str, Text] = {}
        self.needs: list[str] = []

    def run(self, operations: list[Any]) -> None:
        """@param operations: as a template has them."""
        self._lines += self.lines(operations)
        self._flush()

    def lines(self, operations: list[Any], isLater: bool = False) -> list[str]:
        """
        The lines of a shell that operations become.

        @param isLater: whether they are run at each start, when files may be there.
        """
        found: list[str] = []
        self._isLater, hasRun = isLater, False
        for operation in operations[:maxOperations]:
            if not isinstance(operation, dict):
                continue
            kind, condition = str(operation.get("type")), operation.get("if")
            try:
                test = cel.test(condition, self.parameter)
            except cel.Unread:
                self._leave(f"{kind}, if {condition}", "this can't be told before")
                continue
            # What a program has made may be moved; else nothing is there at first.
            isOpen = isLater or (kind == "move" and hasRun)
            hasRun = hasRun or kind == "command"
            self._guard = None if isOpen and "-e " in test else self.known(test)
            if self._guard is False:
                continue
            use = _operations.get(kind)
            if use is None:
                if kind not in _ignored:
                    self._leave(kind, "this operation has no step")
                continue
            self._lines, before = found, self._lines
            lines = use(self, operation)
            found, self._lines = self._lines, before
            if lines and self._guard is not True:
                lines = [f"if {test}; then", *lines, "fi"]
            found += lines
        return found

    def _flush(self) -> None:
        """Make steps of the lines so far."""
        text = "\n".join(self._lines) + "\n"
        self._lines = []
        if text.strip():
            found = scripts.read(text, "bash", self._variables, self._withScripts, self.environment)
            isSeen = not any(step.keys() & _inPlace for step in self.steps)
            if not isSeen and any("script" in step for step in found.steps):
                self._leave("its script", "it does not see what steps before it have installed")
            self.steps += found.steps
            self.needs += found.needs
            if found.usesJava and self.java is None:
                self.java = Text()

    def _leave(self, what: str, why: str, matters: bool = True) -> None:
        self._notes.leave("install", what, why, matters)

    # Texts

    def known(self, test: str) -> Known:
        """What a test of a shell comes to, as far as it can be told now."""
        if not test:
            return True
        return self.scope().condition(bash.parse(f"{test}\n").root.children[0])

    def scope(self) -> Scope:
        """What parameters of a shell stand for."""
        return Scope(self._variables, self.environment)

    def named(self, name: str) -> Text | None:
        """What a name stands for."""
        found = self.values.get(name) or self._variables.text(name)
        if found is None:
            alike = [one.env for one in self._variables if one.env.lower() == name.lower()]
            found = self._variables.text(alike[0]) if len(alike) == 1 else None
        if found is None and name.lower() in _ours:
            return Text.of(Ref(_ours[name.lower()]))
        return found

    def text(self, given: object) -> Text:
        """A text in which C{${NAME}} stands for values."""

        def value(match: re.Match[str]) -> Text:
            found = self.named(match[1] or match[2] or match[3])
            return self._variables.orNothing(found, "options", match.group())

        return filled(_PLACEHOLDER, given if isinstance(given, str) else str(given or ""), value)

    def parameter(self, name: str) -> str | None:
        """A value as a shell reads it from its environment."""
        value = self.named(name)
        return None if value is None else f'"{self._shown(value)}"'

    def _shown(self, text: Text) -> str:
        """A text between double quotes of a shell."""
        parts: list[str] = []
        for piece in text.pieces:
            if isinstance(piece, Ref):
                self.environment[f"V_{piece.name}"] = Text.of(piece)
                parts.append(f"${{V_{piece.name}}}")
            else:
                parts.append(re.sub(r"([\\\"$`])", r"\\\1", piece))
        return "".join(parts)

    def _word(self, given: object, isPath: bool = True) -> str:
        """One argument of a command, in which C{*} of a path stays a glob."""
        text = given if isinstance(given, Text) else self.text(given)
        shown = self._shown(text)
        if isPath:
            shown = re.sub(r"^(?:\$\{V_directory\}|\./|/)+", "", shown) or "."
            shown = shown.replace("*", '"*"')
        return f'"{shown}"'.replace('""', "") or '""'

    def shell(self, text: str) -> str:
        """A command whose placeholders are parameters of a shell."""

        def program(match: re.Match[str]) -> str:
            name = match["name"] or "java"
            if name == "java" and self.java is None:
                self.java = self.text(match["version"] or "")
            return f"{match['before']}{name}"

        def parameter(match: re.Match[str]) -> str:
            value = self.text(match.group())
            plain = value.plain
            if plain is not None:
                return plain if plain == "*" else shlex.quote(plain) if plain else ""
            return self._shown(value)

        # Values are put in before quotes are looked at.
        text = _QUOTED.sub(r'"\1"', _RUNTIME.sub(program, text))
        return _PLACEHOLDER.sub(parameter, text)

    # Operations

    def _download(self, operation: Operation) -> list[str]:
        given = operation.get("files")
        lines: list[str] = []
        for file in given if isinstance(given, list) else [given]:
            url = self.text(file)
            old = _PAPER.fullmatch(str(file))
            if old is not None:
                project, version, build = (one for one in old.groups() if one is not None)
                found = {"mc": self.text(version), "build": self.text(build)}
                self._load("PaperMC", found, {"project": project, "jar": f"{project}-x.jar"})
                why = "this address is given up; it is had from fill.papermc.io"
                self._leave(str(file), why, False)
                continue
            if not re.match(r"https?://", url.head) and url.only is None:
                self._leave(str(file), "its address is none of http or https")
                continue
            link = _PURPUR.sub(r'"https://api.purpurmc.org/v2/purpur/\1"', self._word(url, False))
            lines.append(f"curl -fsSL -o {self._word(self._fileName(url))} {link}")
        return lines

    def _fileName(self, url: Text) -> Text:
        """The name of a file; if its address is an option, that which it has at first."""
        variable = self._variables.behind(url)
        source = url if variable is None else Text.of(variable.default)
        tail: list[str | Ref] = []
        for piece in source.pieces:
            if isinstance(piece, str) and "?" in piece:
                tail.append(piece.partition("?")[0])
                break
            tail.append(piece)
        name = re.sub(r"^.*/(?=.)", "", Text.of(*tail).template.rstrip("/"))
        packed = re.search(r"github\.com/[\w.-]+/([\w.-]+)/archive/", source.template)
        if packed is not None and not name.startswith(packed[1]):
            name = f"{packed[1]}-{name.removeprefix('v')}"
        return Text.read(name or "download")

    def _extract(self, operation: Operation) -> list[str]:
        source, to = operation.get("source"), self._word(operation.get("destination") or ".")
        archive, isZip = self._word(source), str(source).endswith((".zip", ".jar"))
        made = [] if isZip or to == '"."' else [f"mkdir -p {to}"]
        unpack = f"unzip -o {archive} -d {to}" if isZip else f"tar -xf {archive} -C {to}"
        return [*made, unpack, f"rm -f {archive}"]

    def _move(self, operation: Operation) -> list[str]:
        source, target = str(operation.get("source") or ""), operation.get("target")
        if self.steps and str(self.steps[-1].get("to")).endswith("-x.jar"):
            to = self._variables.use(self.text(target))
            self.steps[-1]["to"] = to.removeprefix("./").lstrip("/")
            return []
        last = self._lines[-1] if self._lines else ""
        named = re.match(r'curl -fsSL -o ("[^".]+") ', last)
        start = named[1] if named is not None and "*" in source else self._word(source)
        end = self._word(target)
        return [f"mv {start} {end}/" if str(target).endswith("/") else f"mv {start} {end}"]

    def _mkdir(self, operation: Operation) -> list[str]:
        return [f"mkdir -p {self._word(operation.get('target'))}"]

    def _writefile(self, operation: Operation) -> list[str]:
        path, text = str(operation.get("target") or ""), self.text(operation.get("text"))
        path = path.removeprefix("./").lstrip("/")
        if path == "eula.txt" and self._variables.find("eula") is not None:
            self.hasEula = True
            return []
        lines = [line for line in text.template.splitlines() if line and line[0] not in "#!"]
        pairs = [re.match(r"([\w.-]+)=(.*)", line) for line in lines]
        if path.endswith(".properties") and self._guard is True and "{" not in path and all(pairs):
            self._variables.use(text)
            for name in text.names:
                if (variable := self._variables.named(name)) is not None:
                    # As it stands there it is written as such files are.
                    variable.default = _unescaped(variable.default)
            for pair in pairs:
                if pair is not None:
                    self._files.set(path, "properties", pair[1], pair[2])
            return []
        body = self._shown(text).replace('\\"', '"')
        end = "END_OF_FILE" if "END_OF_FILE" not in body else "END_OF_THIS_FILE"
        if not body:
            return [f"touch {self._word(path)}"]
        return [f"cat > {self._word(path)} << {end}", body.rstrip("\n"), end]

    def _command(self, operation: Operation) -> list[str]:
        given = operation.get("commands")
        lines = given if isinstance(given, list) else [given]
        return [
            self.shell(bash.unwrapped(line.strip()))
            for line in lines
            if isinstance(line, str) and line.strip()
        ]

    def _steam(self, operation: Operation) -> list[str]:
        app = self._default(operation.get("appId"))
        if not re.fullmatch(r"[1-9]\d{0,8}", app):
            self._leave("steamgamedl", "which application of Steam it is can't be told")
            return []
        user = self._word(operation.get("username") or "anonymous", False)
        more = operation.get("extraArgs")
        extra = " ".join(map(str, more)) if isinstance(more, list) else str(more or "")
        beta = re.search(r"-(?:beta|branch)\s+(\S+)", extra)
        branch = self._word(beta[1] if beta is not None else operation.get("branch"), False)
        words = [_STEAMCMD, f"+login {user}"]
        words += ["+@sSteamCmdForcePlatformType windows"] if "-os windows" in extra else []
        words += [f"+app_update {app}", f"-beta {branch}" if branch != '""' else "", "+quit"]
        lines = [*_BOOTSTRAP, " ".join(filter(None, words)), "rm -rf steamcmd"]
        if not self._isLater:
            return lines
        if "steamcmd" not in str(self.steps):
            # What is done before each start has been done at the install, mostly.
            self._lines, before = lines, self._lines
            self._flush()
            self._lines = before
        return []

    def _default(self, given: object) -> str:
        text = self.text(given)
        variable = self._variables.behind(text)
        return (variable.default if variable is not None else text.plain or "").strip()

    def _java(self, operation: Operation) -> list[str]:
        self.java = self.text(operation.get("version"))
        return []

    def _alter(self, operation: Operation) -> list[str]:
        file, search = self._word(operation.get("file")), str(operation.get("search") or "")
        isRegex = operation.get("regex") is True
        new = self._shown(self.text(operation.get("replace")))
        change = "s/$ENV{S}/$ENV{R}/g" if isRegex else "s/\\Q$ENV{S}\\E/$ENV{R}/g"
        return [f'S={shlex.quote(search)} R="{new}" perl -pi -e {shlex.quote(change)} {file}']

    # Servers of Minecraft

    def _load(self, title: str, versions: dict[str, Text], names: dict[str, str]) -> None:
        steps = loaders.steps(title, versions, names, self._variables)
        self._emit(steps, f"it installs {title}")

    def _emit(self, steps: list[Table], why: str) -> None:
        """Add steps behind what the lines so far become."""
        self._flush()
        if self._guard is None and not self._isLater:
            self._leave(why, "it depends on more than a step can ask for")
            return
        if isinstance(self._guard, tuple):
            key, name = "when" if self._guard[1] else "unless", self._guard[0]
            # Those that have another condition only look up a version.
            steps = [step if key in step else {**step, key: name} for step in steps]
        # What is done before each start has been done at the install, mostly.
        self.steps += [step for step in steps if step not in self.steps]
        if self._notes.became is None:
            self._notes.become("recognised", why)

    def _loader(self, operation: Operation) -> list[str]:
        kind = str(operation.get("type"))
        loader = loaders.byOperation[kind]
        versions = {key: self.text(operation.get(name)) for key, name in loader.given.items()}
        if kind == "paperdl" and not versions["mc"]:
            versions["mc"] = self.text(operation.get("version"))
        project = str(operation.get("project") or operation.get("software") or "paper")
        target = str(operation.get("target") or loader.jar).removeprefix("./").lstrip("/")
        if not re.fullmatch("[a-z]+", project) or not re.fullmatch(r"[\w./${}+-]+", target):
            self._leave(f"{kind} {project}", "this project or file is not known")
            return []
        to = self._variables.use(self.text(target))
        self._load(loader.title, versions, {"jar": to, "project": project})
        output = str(operation.get("outputVariable") or "opForgeVersion")
        self.values[output] = Text.of("*")
        return []

    def _resolve(self, operation: Operation) -> list[str]:
        output = str(operation.get("outputVariable") or "opForgeVersion")
        self.values[output] = self.text(operation.get("version")) or Text.of("*")
        return []


def _unescaped(value: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = int(match[1][1:], 16) if len(match[1]) > 1 else 0
        if code:
            return match[0] if 0xD800 <= code < 0xE000 else chr(code)
        return {"n": "\n", "t": "\t", "r": ""}.get(match[1], match[1])

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|.)", character, value)


_ignored: Final = frozenset(("stdin", "sleep", "console", "dockerpull", "nodejsdl"))

_operations: Final[Mapping[str, Callable[[Operations, Operation], list[str]]]] = {
    "download": Operations._download,
    "extract": Operations._extract,
    "move": Operations._move,
    "mkdir": Operations._mkdir,
    "writefile": Operations._writefile,
    "steamgamedl": Operations._steam,
    "javadl": Operations._java,
    "alterfile": Operations._alter,
    "command": Operations._command,
    "resolveforgeversion": Operations._resolve,
    "resolveneoforgeversion": Operations._resolve,
    **dict.fromkeys(loaders.byOperation, Operations._loader),
}
