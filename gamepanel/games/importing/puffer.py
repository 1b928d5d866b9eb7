"""
Templates of PufferPanel, versions 2 and 3.
"""

import re
from typing import Any, Final

from gamepanel.games.importing import console, options, rules, startup
from gamepanel.games.importing.conditions import FileThere
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.declared import Table, Usage, Variable
from gamepanel.games.importing.eggs import Built, NotImported, eulaAddress, settled
from gamepanel.games.importing.program import NoCommand, Start, interpreted, searchPath
from gamepanel.games.importing.pufferoperations import Operations
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.state import State, described
from gamepanel.games.importing.text import Text, nameOf
from gamepanel.games.importing.variables import Variables

_JAVA: Final = re.compile(r"^(?:\$\{java\}|java)(\d{1,2}|\$\{[\w-]+\})?(?=\s)")
_channels: Final = {
    "stdin": "stdin",
    "telnet": "telnet",
    "rcon": "rcon",
    "rconws": "rcon-web",
}
"""Kinds of consoles."""

_IMAGE: Final = re.compile(r"(?:openjdk|temurin|java)[:_-]?(?:jdk-?)?(\d{1,2})")


def formatOf(document: dict[str, Any]) -> str | None:
    """The format of a template; None if it is none."""
    body = document.get("pufferd", document)
    isTemplate = isinstance(body, dict) and isinstance(body.get("run"), dict)
    isTemplate = isTemplate and isinstance(body.get("data", {}), dict)
    return "PufferPanel" if isTemplate and "scripts" not in document else None


def build(document: dict[str, Any], notes: Notes) -> Built:
    """
    @raise NotImported: when it can't be.
    """
    body = document.get("pufferd", document)
    return settled(lambda usage, notes: _Template(body, usage, notes).build(), notes)


class _Template:
    def __init__(self, document: dict[str, Any], usage: Usage, notes: Notes) -> None:
        self._document = document
        self._notes = notes
        self._usage = usage
        self._run: dict[str, Any] = document["run"]
        self._variables = Variables(_declared(document), usage, notes, given={})
        self._files = Files(self._variables, notes)
        self._state = State(variables=self._variables, notes=notes)
        self._operations = Operations(self._state, self._variables, self._files, usage)

    def build(self) -> Built:
        title = options.line(str(self._document.get("display") or self._document.get("name") or ""))
        self._operations.run(self._document.get("install"))
        self._before()
        start = self._start()
        for path, source in self._state.seeds.items():
            self._files.seed(path, source)
        for path, lines in self._state.lines.items():
            self._files.setLines(path, lines)
        hasEula = self._variables.find("eula") is not None
        if hasEula:
            self._files.set("eula.txt", "properties", "eula", "{eula}")
        steps = self._steps(start)
        found = self._options(hasEula)
        table: Table = {
            "title": (title or "Imported")[:200],
            "description": options.line(str(self._document.get("description") or ""))[:600],
            "needs": start.needs,
            "tags": ["minecraft"] if "minecraft" in str(self._document.get("type")) else [],
            "tested": False,
            "machines": self._machines(steps),
            "options": found,
            "run": self._runTable(start),
            "console": start.console,
            "query": self._query(found),
            "restart": self._restart(),
            "stop": self._stop(),
            "files": self._files.tables,
            "install": steps,
        }
        return Built(title or "Imported", table)

    def _before(self) -> None:
        """What is done before each start is done at each install."""
        before = self._run.get("pre")
        if isinstance(before, list) and before:
            self._notes.leave(
                "startup", "run.pre", "is done at each install, not before each start", False
            )
            self._operations.run(before)
        after = self._run.get("post")
        for operation in after if isinstance(after, list) else []:
            self._notes.leave("startup", f"run.post: {operation}", "nothing is done after the end")

    def _command(self) -> str:
        given = self._run.get("command")
        if isinstance(given, list):
            for one in given[:50]:
                if not isinstance(one, dict):
                    continue
                outcome = self._operations.condition(one.get("if"))
                if isinstance(outcome, FileThere):
                    outcome = not outcome.isThere
                if outcome in (True, None):
                    return str(one.get("command") or "")
            raise NotImported("none of its start commands is for a host without containers")
        if isinstance(given, str):
            return given
        program = self._run.get("program")
        arguments = self._run.get("arguments")
        if isinstance(program, str):
            words = arguments if isinstance(arguments, list) else []
            return " ".join([program, *(str(word) for word in words)])
        raise NotImported("it has no start command")

    def _start(self) -> Start:
        text = " ".join(self._command().split("\n")).strip()
        isJava = _JAVA.match(text)
        if isJava is not None:
            self._java(isJava[1])
            text = "java" + text[isJava.end() :]
        reader = startup.Startup(self._variables, self._notes, self._state.globs, self._state.java)
        reader.locals.update(
            {name: value for name, value in self._state.values.items() if isinstance(value, Text)}
        )
        try:
            shell = self._operations.shell(text)
            reader.locals.update(
                {n: value for n, value in self._state.values.items() if isinstance(value, Text)}
            )
            start = reader.read(shell)
        except NoCommand as error:
            raise NotImported(str(error)) from error
        self._channel(start)
        directory = self._state.path(self._operations.text(self._run.get("workingDirectory")))
        if directory not in (".", None) and "{" not in (directory or ""):
            start.directory = directory or "."
        variables = self._run.get("environmentVars")
        for name, value in list((variables if isinstance(variables, dict) else {}).items())[:100]:
            if re.fullmatch(r"[A-Za-z_]\w*", str(name)):
                found = searchPath(str(name), self._operations.text(value))
                start.environment[str(name)] = self._variables.use(found)
        return start

    def _channel(self, start: Start) -> None:
        """How the console is reached."""
        given = self._run.get("stdin")
        channel: dict[str, Any] = given if isinstance(given, dict) else {}
        kind = _channels.get(str(channel.get("type") or "stdin"))
        texts = {
            key: self._variables.use(self._operations.text(channel.get(key)))
            for key in ("port", "password")
        }
        if kind is None or (kind != "stdin" and not texts["port"]):
            self._notes.leave("console", f"stdin: {channel}", "this console is not known")
        elif kind != "stdin":
            isSecret = bool(texts["password"])
            start.console.update({"kind": kind, "port": texts["port"]})
            start.console.update({"password": texts["password"]} if isSecret else {})
            if kind == "telnet" and isSecret:
                start.console["login"] = "(?i)password"
            self._notes.take("console", f"takes commands by {kind}")
        given = self._run.get("stdout")
        file = given.get("file") if isinstance(given, dict) else None
        if isinstance(file, str) and file and ".." not in file:
            start.console["follow"] = self._variables.use(self._operations.text(file))
            self._notes.take("console", f"shows what is written into {file}")

    def _restart(self) -> Table:
        """When an end is no crash."""
        code = self._run.get("expectedExitCode")
        isCode = isinstance(code, int) and not isinstance(code, bool) and 0 < code < 256
        return {"clean_exit_codes": [0, code]} if isCode else {}

    def _query(self, found: list[Table]) -> Table:
        """What the panel asks the game for who plays."""
        given = self._document.get("query")
        kind = given.get("type") if isinstance(given, dict) else None
        hasPort = any(table["type"] == "port" for table in found)
        return {"protocol": "minecraft"} if kind == "minecraft" and hasPort else {}

    def _java(self, given: str | None) -> None:
        """The Java that the command asks for: by its name, or by the image for containers."""
        if any("java" in step for step in self._state.steps):
            self._state.java = True
            return
        version = self._operations.text(given) if given else Text()
        if not version:
            images = _IMAGE.findall(str(self._document.get("supportedEnvironments")))
            version = Text.of(max(images, key=int) if images else "21")
        self._state.java = True
        self._state.steps.insert(0, {"java": self._variables.use(version)})

    def _steps(self, start: Start) -> list[Table]:
        steps = list(self._state.steps)
        java = [step for step in steps if "java" in step]
        if "{java_program}" in str(steps + start.command) and not java:
            steps.insert(0, {"java": "21"})
        steps.sort(key=lambda step: "java" not in step)
        for step in steps:
            self._notes.take("install", described(step))
        return steps

    def _machines(self, steps: list[Table]) -> list[str]:
        requirements = self._document.get("requirements")
        arch = requirements.get("arch") if isinstance(requirements, dict) else None
        isSteam = any("steamcmd" in step for step in steps)
        return ["x86_64"] if isSteam or arch == "amd64" else []

    def _options(self, hasEula: bool) -> list[Table]:
        found = [
            table
            for table in options.tables(self._variables, self._notes)
            if table["name"] != "eula" or not hasEula
        ]
        found.sort(key=lambda table: table["name"] != "port")
        if hasEula:
            found.insert(
                0,
                {
                    "name": "eula",
                    "title": "I accept the terms of Minecraft",
                    "type": "boolean",
                    "accept": eulaAddress,
                },
            )
        for table in found:
            self._notes.take("options", f"{table['name']} ({table['type']})")
        return found

    def _runTable(self, start: Start) -> Table:
        run: Table = {"command": interpreted(start.command, self._state.steps)}
        if start.directory != ".":
            run["directory"] = start.directory
        if start.environment:
            run["environment"] = start.environment
        return run

    def _stop(self) -> list[Table]:
        code = self._run.get("stopCode")
        return console.stopSteps(self._run.get("stop"), self._notes, code)


def _declared(document: dict[str, Any]) -> list[Variable]:
    data = document.get("data")
    groups = document.get("groups")
    headings: dict[str, str] = {}
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, dict) and isinstance(group.get("variables"), list):
            for name in group["variables"]:
                headings[str(name)] = options.line(str(group.get("display") or ""))
    taken: set[str] = set()
    found: list[Variable] = []
    for env, given in (data if isinstance(data, dict) else {}).items():
        if not isinstance(given, dict):
            given = {"value": given}
        variable = _variable(str(env)[:200], given)
        variable.name = nameOf(variable.env, taken)
        variable.group = headings.get(variable.env) or None
        taken.add(variable.name)
        found.append(variable)
    return found


def _variable(env: str, given: dict[str, Any]) -> Variable:
    kind = str(given.get("type") or "string")
    value = given.get("value")
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    found = rules.Rules(required=given.get("required") is True, integer=kind == "integer")
    if kind == "option":
        choices = given.get("options")
        values = [
            str(one.get("value")) if isinstance(one, dict) else str(one)
            for one in (choices if isinstance(choices, list) else [])
        ]
        found.choices = tuple(dict.fromkeys(values)) or None
    if kind == "integer" and not re.fullmatch(r"-?\d{0,15}", text):
        found.integer = False
    return Variable(
        env=env,
        title=str(given.get("display") or ""),
        description=str(given.get("desc") or ""),
        default=text.replace("\0", ""),
        rules=found,
        kind=kind if kind in ("boolean", "integer") else "string",
        hidden=given.get("internal") is True,
        editable=given.get("userEdit") is not False,
    )
