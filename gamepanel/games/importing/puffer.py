"""Templates of PufferPanel, versions 2 and 3."""

import re
from typing import Any, Final

from gamepanel.games.importing import building, cel, console, images, options, rules, startup
from gamepanel.games.importing.building import Built
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.foreign import fields, items, plain
from gamepanel.games.importing.operations import Operations
from gamepanel.games.importing.report import Notes, NotImported
from gamepanel.games.importing.startup import Start
from gamepanel.games.importing.text import Text, words
from gamepanel.games.importing.variables import Table, Usage, Variable, Variables

newestJava: Final = "21"
"""The version of Java where a template names none."""

maxCommands: Final = 20
"""Start commands of a template that are looked at."""

_ours: Final = words(
    "java unzip zip tar curl wget git xz gzip bzip2 steamcmd bash sh chmod mkdir mv cp rm"
)
"""Programs that no server needs beside its type: what they do install steps do, mostly."""

_kinds: Final = {
    "rcon": "rcon",
    "rconws": "rcon-web",
    "rcon-ws": "rcon-web",
    "rcon_ws": "rcon-web",
    "telnet": "telnet",
}
_here: Final = ("", "0.0.0.0", "127.0.0.1", "localhost", "::", "::1")  # noqa: S104
"""Addresses of this host, which needs none."""


def formatOf(document: dict[str, Any]) -> str | None:
    """The format of a template; None if it is none."""
    body = document.get("pufferd", document)
    isTemplate = isinstance(body, dict) and isinstance(body.get("run"), dict)
    isTemplate = isTemplate and isinstance(body.get("data", {}), dict)
    return "PufferPanel" if isTemplate and "scripts" not in document else None


def build(document: dict[str, Any], notes: Notes, withScripts: bool) -> Built:
    """@raise NotImported: when it can't be."""
    body = document.get("pufferd", document)
    return building.settled(
        lambda usage, notes: _Template(body, usage, notes, withScripts).build(), notes
    )


class _Template:
    def __init__(
        self, document: dict[str, Any], usage: Usage, notes: Notes, withScripts: bool
    ) -> None:
        self._document = document
        self._notes = notes
        self._run: dict[str, Any] = document["run"]
        self._requirements = fields(document.get("requirements"))
        self._variables = Variables(_declared(document), usage, notes, given={})
        self._files = Files(self._variables)
        self._operations = Operations(self._variables, self._files, withScripts)

    def build(self) -> Built:
        self._operations.run(_operations(self._document.get("install")))
        start = self._start()
        hasEula = self._operations.hasEula
        if hasEula:
            self._files.set("eula.txt", "properties", "eula", "{eula}")
        usesJava = start.usesJava or self._operations.java is not None
        table: Table = {
            "title": self._document.get("display") or self._document.get("name"),
            "description": self._document.get("description"),
            "needs": self._needs(start),
            "tags": ["minecraft"] if "minecraft" in str(self._document.get("type")) else [],
            "tested": False,
            "machines": self._machines(self._operations.steps),
            "run": building.run(start, start.environment),
            "console": start.console | self._console(),
            "restart": _restart(self._run),
            "stop": console.stopSteps(
                self._run.get("stop"), self._notes, self._run.get("stopCode")
            ),
            "files": self._files.tables,
            "install": building.steps(self._operations.steps, usesJava, self._java, self._notes),
        }
        built = building.finished(table, self._variables, hasEula)
        hasPort = any(one["type"] == "port" for one in built.table["options"])
        built.table["query"] = self._query(hasPort)
        self._leaveRest()
        return built

    # What is started

    def _start(self) -> Start:
        given = self._run.get("command")
        program = self._run.get("program")
        if isinstance(given, list):
            commands = [one for one in given[:maxCommands] if isinstance(one, dict)]
        elif isinstance(given, str) and given.strip():
            commands = [{"command": given}]
        elif isinstance(program, str):
            more = self._run.get("arguments")
            rest = more if isinstance(more, list) else [more or ""]
            commands = [{"command": " ".join([program, *map(str, rest)])}]
        else:
            commands = []
        before = self._operations.lines(_operations(self._run.get("pre")), isLater=True)
        text = self._chosen([one for one in commands if one.get("command")])
        text = "\n".join([*before, text])
        start = startup.read(text, self._operations.scope(), {})
        given = self._operations.text(self._run.get("workingDirectory")).plain or ""
        steps = [step for step in given.split("/") if step not in ("", ".")]
        if steps and ".." not in steps:
            start.directory = "/".join(steps)
        for name, value in list(fields(self._run.get("environmentVars")).items())[:100]:
            # No shell looks at what it is told to add to.
            own = (name, f"${name}", f"${{{name}}}")
            parts = [part for part in plain(value).split(":") if part not in own]
            found = self._operations.text(":".join(parts))
            if name == "PATH":
                why = "programs are found where this host has them"
                self._notes.leave("startup", f"PATH={value}", why, False)
            elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", str(name)) and (found or not value):
                start.environment[str(name)] = self._variables.use(found)
        return start

    def _chosen(self, commands: list[dict[str, Any]]) -> str:
        """The text that starts it: a shell decides where it depends on something."""
        cases: list[str] = []
        # Where none of those fits that have a condition, it is the first without one.
        for one in sorted(commands, key=lambda one: not one.get("if")):
            try:
                test = cel.test(one.get("if"), self._operations.parameter)
                known: Any = self._operations.known(test)
            except cel.Unread:
                why = "this can't be told before"
                self._notes.leave("startup", f"if {one['if']}", why, False)
                test, known = "", True
            isLater = "-e " in test
            if known is False and not isLater:
                continue
            text = self._operations.shell(" ".join(str(one["command"]).split()))
            if known is True and not isLater:
                self._stdin = one.get("stdin")
                return f"if {' elif '.join(cases)} else {text}; fi" if cases else text
            cases.append(f"{test}; then {text};")
        if not cases:
            raise NotImported("it has no start command for a host without containers")
        return f"if {' elif '.join(cases)} fi"

    def _needs(self, start: Start) -> list[str]:
        """Programs of the host: what is started, and what else must be there."""
        found = [*start.needs, *self._operations.needs]
        for name in items(self._requirements.get("binaries"))[:20]:
            isPlain = isinstance(name, str) and re.fullmatch(r"[\w.+-]{1,64}", name)
            if isPlain and name not in _ours:
                found.append(name)
        return list(dict.fromkeys(name for name in found if name != "java"))[:40]

    # What is installed

    def _java(self) -> str:
        version = self._operations.java or Text()
        places = (self._document.get("supportedEnvironments"), self._document.get("environment"))
        found = images.javaVersions([str(places)])
        isVersion = version.only or re.fullmatch(r"[1-9]\d?", version.plain or "")
        chosen = version if isVersion else Text.of(found[-1] if found else newestJava)
        return self._variables.use(chosen)

    def _machines(self, steps: list[Table]) -> list[str]:
        arch = str(self._requirements.get("arch") or "")
        wanted = [
            machine
            for machine, names in (("x86_64", ("amd64", "x86_64")), ("aarch64", ("arm64",)))
            if any(name in arch for name in names)
        ]
        return ["x86_64"] if building.isOfSteam(steps) else wanted if len(wanted) == 1 else []

    # The console

    def _console(self) -> Table:
        table: Table = {}
        given = self._stdin if isinstance(self._stdin, dict) else self._run.get("stdin")
        if isinstance(given, dict):
            table |= self._input(given)
        output = fields(self._run.get("stdout"))
        if output.get("type") == "file":
            name = self._operations.text(output.get("file") or output.get("path")).plain or ""
            if name and not name.startswith("/") and ".." not in name.split("/"):
                table["follow"] = name.removeprefix("./").replace("{", "{{").replace("}", "}}")
                self._notes.take("console", f"shows what is written into {name}")
            else:
                self._notes.leave("console", f"stdout: {output}", "this file can't be told")
        return table

    _stdin: object = None

    def _input(self, given: dict[str, Any]) -> Table:
        wanted = str(given.get("type") or "stdin").lower()
        if wanted in ("stdin", "standard"):
            return {}
        kind, text = _kinds.get(wanted), self._operations.text
        port, password = text(given.get("port")), text(given.get("password"))
        if kind is None or not port or not (password or kind == "telnet"):
            why = "this console is not known" if kind is None else "its port or password is missing"
            self._notes.leave("console", f"stdin: {wanted}", why)
            return {}
        table: Table = {"kind": kind, "port": self._variables.use(port)}
        if (port.plain or "").isdecimal():
            table["port"] = int(port.plain or 0)
        if password:
            table["password"] = self._variables.use(password)
            if kind == "telnet":
                table["login"] = "(?i)password"
        address = text(given.get("ip"))
        variable = self._variables.behind(address)
        if (variable.default if variable is not None else address.plain or "") not in _here:
            table["host"] = self._variables.use(address)
        self._notes.take("console", f"takes commands by {kind}")
        return table

    def _query(self, hasPort: bool) -> Table:
        kind = str(fields(self._document.get("query")).get("type") or "")
        if kind == "minecraft" and hasPort:
            self._notes.take("console", "asks for players as Minecraft's clients do")
            return {"protocol": "minecraft"}
        if kind:
            self._notes.leave("console", f"query: {kind}", "this query is not known", False)
        return {}

    def _leaveRest(self) -> None:
        """Name what PufferPanel does beside these."""
        for operation in _operations(self._run.get("post")):
            kind = fields(operation).get("type")
            why, matters = "nothing is done after the end", kind not in ("console", "sleep")
            self._notes.leave("startup", f"run.post: {operation}", why, matters)
        system = self._requirements.get("os")
        if isinstance(system, str) and system.strip() and "linux" not in system.lower():
            self._notes.leave("startup", f"requirements.os: {system}", "is not for Linux")
            self._notes.isWindows = "windows" in system.lower()
        if self._document.get("uninstall"):
            self._notes.leave("file", "uninstall", "a server that is deleted needs none", False)
        keep = fields(self._document.get("keepAlive"))
        if keep.get("command") and keep.get("frequency"):
            what = f"keepAlive: {keep['command']} every {keep['frequency']}"
            self._notes.leave("console", what, "a schedule can do that")
        if self._document.get("tasks"):
            self._notes.leave("file", "tasks", "a schedule can do that", False)


def _restart(run: dict[str, Any]) -> Table:
    table: Table = {}
    if run.get("autorestart") is True:
        table["policy"] = "always"
    code = run.get("expectedExitCode")
    if isinstance(code, int) and not isinstance(code, bool) and 0 < code < 256:
        table["clean_exit_codes"] = [0, code]
    return table


def _operations(given: Any) -> list[Any]:
    """Operations, which the first templates have one level deeper."""
    return items(given.get("commands") if isinstance(given, dict) else given)


def _declared(document: dict[str, Any]) -> list[Variable]:
    """The variables of a template."""
    headings = {
        str(name): options.line(str(group.get("display") or ""))
        for group in map(fields, items(document.get("groups")))
        for name in items(group.get("variables"))
    }
    found: list[Variable] = []
    for env, given in fields(document.get("data")).items():
        variable = _variable(str(env)[:200], given if isinstance(given, dict) else {"value": given})
        variable.group = headings.get(variable.env) or None
        found.append(variable)
    return found


def _variable(env: str, given: dict[str, Any]) -> Variable:
    kind = str(given.get("type") or "string")
    text = plain(given.get("value"))
    found = rules.Rules(required=given.get("required") is True, integer=kind == "integer")
    choices = given.get("options")
    if kind == "option" or (kind == "string" and choices):
        values = [
            str(one.get("value")) if isinstance(one, dict) else str(one) for one in items(choices)
        ]
        found.choices = tuple(dict.fromkeys(values)) or None
        # Nothing is one of them, too.
        found.required = found.required and "" not in values
    if kind == "string" and re.fullmatch(r"-\d{1,15}", text) and not choices:
        # Else it would pass for an option of the program.
        found.integer = True
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
