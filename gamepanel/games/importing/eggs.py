"""
Eggs of Pterodactyl and Pelican.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from gamepanel.games.importing import (
    console,
    foreign,
    minecraft,
    options,
    rules,
    script,
    startup,
    steam,
)
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.declared import Table, Usage, Variable
from gamepanel.games.importing.program import NoCommand, Start, interpreted
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.state import State, described, needed, outside
from gamepanel.games.importing.variables import Variables

versions: Final = ("PTDL_v1", "PTDL_v2", "PLCN_v1", "PLCN_v2", "PLCN_v3")
"""Formats of eggs."""

_JAVA: Final = re.compile(r"(?:java_?|jdk-?|jre-?|temurin:|openjdk[:_-]?(?:java)?)(\d{1,2})", re.I)


def minecraftTerms() -> Table:
    """The option by which somebody accepts the terms of Minecraft, as a type file has it."""
    return {
        "name": "eula",
        "title": "I accept the terms of Minecraft",
        "type": "boolean",
        "accept": "https://aka.ms/MinecraftEULA",
    }


class NotImported(Exception):
    """A file of which no type can be made; the text says why."""


@frozen
class Built:
    """
    @ivar table: what the type file says.
    """

    title: str
    table: Table


def formatOf(document: dict[str, Any]) -> str | None:
    """The format of an egg; None if it is none."""
    meta = document.get("meta")
    version = meta.get("version") if isinstance(meta, dict) else None
    if isinstance(version, str) and version in versions:
        return version
    if isinstance(version, str):
        raise NotImported(f"the format {version[:40]!r} is not known")
    return "PTDL_v1" if "startup" in document and "scripts" in document else None


def build(document: dict[str, Any], notes: Notes) -> Built:
    """
    @raise NotImported: when it can't be.
    """
    return settled(lambda usage, notes: _Egg(document, usage, notes).build(), notes)


def settled(build: Callable[[Usage, Notes], Built], notes: Notes) -> Built:
    """
    What a file is made into, once it is known what its variables are used for: that is so only
    when everything has been looked at.

    @param build: makes it by what is known of that, and adds to it.
    """
    usage = Usage()
    for _ in range(4):
        before = usage.known
        build(usage, Notes())
        if before == usage.known:
            break
    return build(usage, notes)


class _Egg:
    def __init__(self, document: dict[str, Any], usage: Usage, notes: Notes) -> None:
        self._document = document
        self._notes = notes
        self._images = _images(document)
        features = document.get("features")
        self._features = features if isinstance(features, list) else []
        config = document.get("config")
        self._config: dict[str, Any] = config if isinstance(config, dict) else {}
        declared = [
            _variable(given)
            for given in _list(document.get("variables"))
            if isinstance(given, dict) and given.get("env_variable")
        ]
        self._variables = Variables(declared, usage, notes, self._usualPort())

    def _usualPort(self) -> int | None:
        if "eula" in self._features:
            return 25565
        return 27015 if "SRCDS_APPID" in str(self._document.get("variables")) else None

    def _inner(self, key: str) -> Any:
        try:
            return foreign.inner(self._config.get(key))
        except foreign.Unreadable as error:
            self._notes.leave(
                "console" if key == "startup" else "files", f"config.{key}", str(error)
            )
            return {}

    def build(self) -> Built:
        title = options.line(str(self._document.get("name") or "")) or "Imported"
        files = Files(self._variables, self._notes)
        files.read(self._inner("files"))
        state = State(variables=self._variables, notes=self._notes)
        state.configured = {
            table["path"]: frozenset(table.get("set", ())) for table in files.tables
        }
        self._install(state)
        for path, source in state.seeds.items():
            files.seed(path, source)
        for path, lines in state.lines.items():
            files.setLines(path, lines)
        java = self._java()
        start = self._start(state, java)
        self._eula(files)
        run = self._run(start, state)
        steps = self._steps(state, start, java, files)
        ready = console.ready(console.doneOf(self._inner("startup")), self._notes)
        if ready is not None:
            run["ready"] = ready
        if "port" in self._variables.asked and ready is not None:
            run["needs_port"] = False
        table: Table = {
            "title": title[:200],
            "description": options.line(str(self._document.get("description") or ""))[:600],
            "needs": start.needs,
            "tags": self._tags(steps),
            "tested": False,
            "machines": ["x86_64"] if self._isPicky(steps) else [],
            "options": list(self._options(java)),
            "run": run,
            "console": start.console,
            "stop": console.stopSteps(self._config.get("stop"), self._notes),
            "files": files.tables,
            "install": steps,
        }
        self._reportImages(java)
        return Built(title, table)

    def _isPicky(self, steps: list[Table]) -> bool:
        """Whether it runs on the most common kind of machine only."""
        return self._variables.usage.machine or any("steamcmd" in step for step in steps)

    def _install(self, state: State) -> None:
        scripts = self._document.get("scripts")
        installation = scripts.get("installation") if isinstance(scripts, dict) else None
        text = installation.get("script") if isinstance(installation, dict) else None
        if not isinstance(text, str) or not text.strip():
            return
        if not any(known(state, text) for known in minecraft.installers):
            script.read(state, text)

    def _start(self, state: State, java: list[str]) -> Start:
        given = self._document.get("startup")
        commands = self._document.get("startup_commands")
        if isinstance(commands, dict) and commands:
            given, *others = commands.values()
            for other in others:
                self._notes.leave("startup", str(other), "is another start command", False)
        if not isinstance(given, str) or not given.strip():
            raise NotImported("it has no start command")
        reader = startup.Startup(self._variables, self._notes, state.globs, bool(java))
        try:
            return reader.read(given)
        except NoCommand as error:
            raise NotImported(str(error)) from error

    def _run(self, start: Start, state: State) -> Table:
        run: Table = {"command": interpreted(start.command, state.steps)}
        if start.directory != ".":
            run["directory"] = start.directory
        known = frozenset(state.environment) | steam.variables
        environment = startup.environment(self._variables, start, known)
        if environment:
            run["environment"] = environment
        return run

    def _steps(self, state: State, start: Start, java: list[str], files: Files) -> list[Table]:
        named = f"{start.command}{files.tables}"
        steps = needed([*state.steps, *files.install], named)
        steps += start.stepsAfter(steps)
        uses = state.java or any("{java_program}" in str(e) for e in start.command)
        if uses:
            version = "{java_version}" if java else "21"
            if java:
                self._variables.need("java_version")
            steps.insert(0, {"java": version})
        if any(str(value).startswith(f"{outside}/") for step in steps for value in step.values()):
            steps.append({"remove": outside})
        for step in steps:
            self._notes.take("install", described(step))
        return steps

    def _options(self, java: list[str]) -> list[Table]:
        found = list(options.tables(self._variables, self._notes))
        if "java_version" in self._variables.asked and java:
            found.append(
                {
                    "name": "java_version",
                    "title": "Version of Java",
                    "type": "enum",
                    "choices": java,
                    "default": max(java, key=int),
                    "required": True,
                    "advanced": True,
                }
            )
        if "eula" in self._features:
            found.insert(0, minecraftTerms())
        for table in found:
            self._notes.take("options", f"{table['name']} ({table['type']})")
        return found

    def _eula(self, files: Files) -> None:
        if "eula" in self._features:
            files.set("eula.txt", "properties", "eula", "{eula}")

    def _java(self) -> list[str]:
        found = {match[1] for image in self._images for match in _JAVA.finditer(image)}
        return sorted((version for version in found if 7 < int(version) < 100), key=int)

    def _tags(self, steps: list[Table]) -> list[str]:
        tags = [str(tag).lower() for tag in _list(self._document.get("tags"))]
        tags += ["minecraft"] if "eula" in self._features else []
        tags += ["steam"] if any("steamcmd" in step for step in steps) else []
        fitting = (tag for tag in tags if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", tag))
        return list(dict.fromkeys(fitting))[:16]

    def _reportImages(self, java: list[str]) -> None:
        for image in self._images:
            if not _JAVA.search(image):
                self._notes.leave(
                    "image", image, "there are no containers here; programs are the host's", False
                )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _images(document: dict[str, Any]) -> list[str]:
    for key in ("docker_images", "images", "image"):
        value = document.get(key)
        if isinstance(value, dict) and value:
            return [str(image) for image in value.values()][:50]
        if isinstance(value, list) and value:
            return [str(image) for image in value][:50]
        if isinstance(value, str) and value:
            return [value]
    return []


def _variable(given: dict[str, Any]) -> Variable:
    default = given.get("default_value")
    text = (
        ""
        if default is None
        else str(default).lower()
        if isinstance(default, bool)
        else str(default)
    )
    viewable = _truth(given.get("user_viewable", True))
    editable = _truth(given.get("user_editable", True))
    return Variable(
        env=str(given["env_variable"])[:200],
        title=str(given.get("name") or ""),
        description=str(given.get("description") or ""),
        default=text.replace("\r\n", "\n").replace("\0", ""),
        rules=rules.read(given.get("rules")),
        hidden=not viewable and not editable,
        editable=editable,
    )


def _truth(value: object) -> bool:
    return value not in (False, 0, None, "0", "false", "")
