"""
Templates of PufferPanel, versions 2 and 3.
"""

import re
from typing import Any, Final

from gamepanel.games.importing import (
    console,
    options,
    pufferconsole,
    pufferstart,
    puffervariables,
    startup,
)
from gamepanel.games.importing.conditions import FileThere
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.declared import Table, Usage
from gamepanel.games.importing.eggs import Built, NotImported, minecraftTerms, settled
from gamepanel.games.importing.program import NoCommand, Start, interpreted, searchPath
from gamepanel.games.importing.pufferoperations import Operations
from gamepanel.games.importing.pufferstart import Candidate
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.state import State, described
from gamepanel.games.importing.text import Text, words
from gamepanel.games.importing.variables import Variables

_IMAGE: Final = re.compile(r"(?:jdk|jre|temurin|java|corretto|zulu)[:_-]?(?:jdk-?)?(\d{1,2})\b")
_INHERITED: Final = re.compile(r"[:;]?\$(?:\{\w+\}|\w+)[:;]?")
"""A variable of a shell in one of the environment, where no shell looks at it."""

_ours: Final = words(
    "java unzip zip tar curl wget git xz gzip bzip2 steamcmd bash sh chmod mkdir mv cp rm"
)
"""Programs that no server needs beside its type: what they do install steps do, mostly."""

_maxVersion: Final = 40
"""Of Java, so that no year is taken for one."""

newestJava: Final = "21"
"""The version of Java where a template names none."""


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
        declared = puffervariables.declared(document)
        flags = puffervariables.flags(document, declared)
        self._variables = Variables(declared, usage, notes, given={})
        self._files = Files(self._variables, notes)
        self._state = State(variables=self._variables, notes=notes)
        self._operations = Operations(self._state, self._variables, self._files)
        self._operations.flags = flags

    def build(self) -> Built:
        title = options.line(str(self._document.get("display") or self._document.get("name") or ""))
        self._operations.run(_operations(self._document.get("install")))
        self._before()
        start = self._start()
        for path, source in self._state.seeds.items():
            self._files.seed(path, source)
        for path, lines in self._state.lines.items():
            self._files.setLines(path, lines)
        hasEula = self._operations.hasEula and self._variables.find("eula") is not None
        if hasEula:
            self._files.set("eula.txt", "properties", "eula", "{eula}")
        steps = self._steps(start)
        pufferconsole.leaveRest(self._document, self._notes)
        self._system()
        self._images()
        found = self._options(hasEula)
        hasPort = any(option["type"] == "port" for option in found)
        table: Table = {
            "title": (title or "Imported")[:200],
            "description": options.line(str(self._document.get("description") or ""))[:600],
            "needs": self._needs(start),
            "tags": ["minecraft"] if "minecraft" in str(self._document.get("type")) else [],
            "tested": False,
            "machines": self._machines(steps),
            "options": found,
            "run": self._runTable(start),
            "console": start.console,
            "query": pufferconsole.query(self._document, hasPort, self._notes),
            "restart": pufferconsole.restart(self._run),
            "stop": self._stop(),
            "files": self._files.tables,
            "install": steps,
        }
        return Built(title or "Imported", table)

    def _before(self) -> None:
        """What is done before each start is done at each install."""
        before = _operations(self._run.get("pre"))
        if before:
            self._notes.leave(
                "startup", "run.pre", "is done at each install, not before each start", False
            )
            done = list(self._state.steps)
            self._operations.isEachStart = True
            self._operations.run(before)
            # What brings a game up to date is done once.
            more = self._state.steps[len(done) :]
            self._state.steps[len(done) :] = [step for step in more if step not in done]
        for operation in _operations(self._run.get("post")):
            kind = operation.get("type") if isinstance(operation, dict) else None
            self._notes.leave(
                "startup",
                f"run.post: {operation}",
                "nothing is done after the end",
                kind not in ("console", "sleep"),
            )

    def _system(self) -> None:
        """What the host must be."""
        requirements = self._document.get("requirements")
        system = requirements.get("os") if isinstance(requirements, dict) else None
        if isinstance(system, str) and system.strip() and "linux" not in system.lower():
            self._notes.leave("startup", f"requirements.os: {system}", "is not for Linux")

    def _needs(self, start: Start) -> list[str]:
        """Programs of the host: what is started, and what else must be there."""
        requirements = self._document.get("requirements")
        given = requirements.get("binaries") if isinstance(requirements, dict) else None
        found = list(start.needs)
        for name in given[:20] if isinstance(given, list) else []:
            isPlain = isinstance(name, str) and re.fullmatch(r"[\w.+-]{1,64}", name)
            if isPlain and name not in _ours and name not in found:
                found.append(name)
        return found

    def _images(self) -> None:
        """Say that there are no containers, where a template has nothing else."""
        given = self._document.get("supportedEnvironments")
        places = [self._document.get("environment"), *(given if isinstance(given, list) else [])]
        kinds = [place for place in places if isinstance(place, dict) and place.get("type")]
        if any(place["type"] != "docker" for place in kinds):
            return
        for image in dict.fromkeys(str(place.get("image") or "") for place in kinds):
            if image and not _IMAGE.search(image):
                why = "there are no containers here; programs are the host's"
                self._notes.leave("image", image, why, False)

    def _start(self) -> Start:
        found = pufferstart.candidates(self._run, self._operations.condition, self._notes)
        if not found:
            raise NotImported("it has no start command for a host without containers")
        chosen = found[0]
        start = self._read(chosen.command)
        if chosen.case is not None and len(found) > 1:
            start, chosen = self._either(start, chosen, found[1])
        directory = self._operations.path(self._run.get("workingDirectory"))
        if directory != "." and "{" not in directory:
            start.directory = directory
        variables = self._run.get("environmentVars")
        for name, value in list((variables if isinstance(variables, dict) else {}).items())[:100]:
            self._environment(start, str(name), self._operations.text(value))
        start.console |= pufferconsole.console(
            self._run, chosen.stdin, self._operations.text, self._variables, self._notes
        )
        return start

    def _read(self, command: str) -> Start:
        """What a command starts."""
        self._operations.runtime = None
        shell = self._operations.shell(" ".join(command.split()))
        if self._operations.runtime is not None:
            self._java(self._operations.runtime)
        reader = startup.Startup(self._variables, self._notes, self._state.globs, self._state.java)
        reader.locals.update(
            {name: value for name, value in self._state.values.items() if isinstance(value, Text)}
        )
        try:
            return reader.read(shell)
        except NoCommand as error:
            return self._plain(command, error)

    def _either(self, start: Start, chosen: Candidate, other: Candidate) -> tuple[Start, Candidate]:
        """The first of two commands in its case, else the other."""
        case, second = chosen.case, self._read(other.command)
        assert case is not None
        path = self._operations.path(case.path) if isinstance(case, FileThere) else ""
        merged = pufferstart.merged(start.command, second.command, case, path)
        if merged is not None:
            second.command = merged
            return second, other
        if isinstance(case, FileThere) and not case.isThere:
            # As it is at first.
            return start, chosen
        why = f"{path} is there" if isinstance(case, FileThere) else case.name
        pufferstart.leave(chosen.command, why, self._notes)
        return second, other

    def _plain(self, command: str, error: NoCommand) -> Start:
        """
        A command that is none of a game's, such as one that only waits: its words.

        @raise NotImported: if a shell is needed for it.
        """
        if not re.fullmatch(r"[\w./ -]+", command.strip()):
            raise NotImported(str(error)) from error
        program, *words = command.split()
        return Start(command=[program, *words], needs=[] if "/" in program else [program])

    def _environment(self, start: Start, name: str, value: Text) -> None:
        parts = [_INHERITED.sub("", one) if isinstance(one, str) else one for one in value.pieces]
        clean = searchPath(name, Text.of(*parts))
        if re.fullmatch(r"[A-Za-z_]\w*", name) and (clean or not value):
            start.environment[name] = self._variables.use(clean)

    def _java(self, version: Text) -> None:
        """The Java that the command asks for: by its name, or by the image for containers."""
        self._state.java = True
        if not any("java" in step for step in self._state.steps):
            given = version or Text.of(self._imageJava())
            self._state.steps.insert(0, {"java": self._variables.use(given)})

    def _imageJava(self) -> str:
        """The version of Java in the image for containers."""
        places = (self._document.get("supportedEnvironments"), self._document.get("environment"))
        found = [int(number) for number in _IMAGE.findall(str(places))]
        return str(max((one for one in found if one < _maxVersion), default=newestJava))

    def _steps(self, start: Start) -> list[Table]:
        steps = list(self._state.steps)
        steps += start.stepsAfter(steps)
        java = [step for step in steps if "java" in step]
        if "{java_program}" in str(steps + start.command) and not java:
            steps.insert(0, {"java": self._imageJava()})
        steps.sort(key=lambda step: "java" not in step)
        for step in steps:
            self._notes.take("install", described(step))
        return steps

    def _machines(self, steps: list[Table]) -> list[str]:
        requirements = self._document.get("requirements")
        arch = str(requirements.get("arch") or "") if isinstance(requirements, dict) else ""
        wanted = [
            machine
            for machine, names in (("x86_64", ("amd64", "x86_64")), ("aarch64", ("arm64",)))
            if any(name in arch for name in names)
        ]
        isSteam = any("steamcmd" in step for step in steps)
        return ["x86_64"] if isSteam else wanted if len(wanted) == 1 else []

    def _options(self, hasEula: bool) -> list[Table]:
        found = [
            table
            for table in options.tables(self._variables, self._notes)
            if table["name"] != "eula" or not hasEula
        ]
        found.sort(key=lambda table: table["name"] != "port")
        if hasEula:
            found.insert(0, minecraftTerms())
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


def _operations(given: Any) -> list[Any]:
    """Operations, which the first templates have one level deeper."""
    if isinstance(given, dict):
        given = given.get("commands")
    return given if isinstance(given, list) else []
