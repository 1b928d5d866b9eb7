"""Eggs of Pterodactyl and Pelican."""

import re
from typing import Any, Final

from gamepanel.games.importing import (
    building,
    console,
    foreign,
    images,
    options,
    rules,
    scripts,
    startup,
)
from gamepanel.games.importing.building import Built
from gamepanel.games.importing.configs import Files
from gamepanel.games.importing.foreign import fields, items, plain
from gamepanel.games.importing.report import Notes, NotImported
from gamepanel.games.importing.scope import Scope
from gamepanel.games.importing.startup import Start
from gamepanel.games.importing.variables import Table, Usage, Variable, Variables, panelOnly

versions: Final = ("PTDL_v1", "PTDL_v2", "PLCN_v1", "PLCN_v2", "PLCN_v3")
"""Formats of eggs."""


def formatOf(document: dict[str, Any]) -> str | None:
    """The format of an egg; None if it is none."""
    version = fields(document.get("meta")).get("version")
    if isinstance(version, str) and version in versions:
        return version
    if isinstance(version, str):
        raise NotImported(f"the format {version[:40]!r} is not known")
    return "PTDL_v1" if "startup" in document and "scripts" in document else None


def build(document: dict[str, Any], notes: Notes, withScripts: bool) -> Built:
    """@raise NotImported: when it can't be."""
    return building.settled(
        lambda usage, notes: _Egg(document, usage, notes, withScripts).build(), notes
    )


class _Egg:
    def __init__(
        self, document: dict[str, Any], usage: Usage, notes: Notes, withScripts: bool
    ) -> None:
        self._document = document
        self._notes = notes
        self._withScripts = withScripts
        self._images = _images(document)
        self._javas = images.javaVersions(self._images)
        self._features = items(document.get("features"))
        self._config = fields(document.get("config"))
        declared = [
            _variable(given)
            for given in items(document.get("variables"))
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
        files = Files(self._variables)
        files.read(self._inner("files"))
        install = self._install()
        start = self._start(install)
        if "eula" in self._features:
            files.set("eula.txt", "properties", "eula", "{eula}")
        usesJava = start.usesJava or install.usesJava
        given = [*install.steps, *files.install]
        steps = building.steps(given, usesJava, self._java, self._notes)
        table: Table = {
            "title": self._document.get("name"),
            "description": self._document.get("description"),
            "needs": self._needs(start, install),
            "tags": self._tags(steps),
            "tested": False,
            "machines": ["x86_64"] if building.isOfSteam(steps) else [],
            "run": self._run(start, install),
            "console": start.console,
            "stop": console.stopSteps(self._config.get("stop"), self._notes),
            "files": files.tables,
            "install": steps,
        }
        hasJava = self._javas and "java_version" in self._variables.asked
        more = []
        if hasJava:
            javas = {"choices": self._javas, "default": self._javas[-1]}
            more = [options.given("java_version", **javas)]
        hasEula = "eula" in self._features
        built = building.finished(table, self._variables, hasEula, more)
        self._reportImages()
        return built

    def _install(self) -> scripts.Install:
        given = fields(fields(self._document.get("scripts")).get("installation"))
        text, shell = given.get("script"), str(given.get("entrypoint") or "bash")
        if not isinstance(text, str) or not text.strip():
            return scripts.Install()
        return scripts.read(text, shell, self._variables, self._withScripts)

    def _start(self, install: scripts.Install) -> Start:
        given = self._document.get("startup")
        commands = fields(self._document.get("startup_commands"))
        if commands:
            given, *others = commands.values()
            for other in others:
                self._notes.leave("startup", str(other), "is another start command", False)
        if not isinstance(given, str) or not given.strip():
            raise NotImported("it has no start command")
        return startup.read(given, Scope(self._variables), install.globs)

    def _run(self, start: Start, install: scripts.Install) -> Table:
        environment = startup.environment(self._variables, start, install.names | panelOnly)
        run = building.run(start, environment)
        ready = console.ready(fields(self._inner("startup")).get("done"), self._notes)
        if ready is not None:
            run["ready"] = ready
            if "port" in self._variables.asked:
                run["needs_port"] = False
        return run

    def _needs(self, start: Start, install: scripts.Install) -> list[str]:
        found = [*start.needs, *install.needs]
        if not start.isWindows:
            found += images.needs(self._images)
        if start.console or self._javas:
            found = [name for name in found if name != "java"]
        return list(dict.fromkeys(found))[:40]

    def _java(self) -> str:
        if not self._javas:
            return "21"
        self._variables.need("java_version")
        return "{java_version}"

    def _tags(self, steps: list[Table]) -> list[str]:
        tags = [str(tag).lower() for tag in items(self._document.get("tags"))]
        tags += ["minecraft"] if "eula" in self._features else []
        tags += ["steam"] if building.isOfSteam(steps) else []
        fitting = (tag for tag in tags if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", tag))
        return list(dict.fromkeys(fitting))[:16]

    def _reportImages(self) -> None:
        for image in self._images:
            if names := images.needs([image]):
                self._notes.take("image", f"{', '.join(names)} of this host, for {image}")
            elif not images.JAVA.search(image):
                self._notes.leave(
                    "image", image, "there are no containers here; programs are the host's", False
                )


def _images(document: dict[str, Any]) -> list[str]:
    for key in ("docker_images", "images", "image"):
        value = document.get(key)
        found = [value] if isinstance(value, str) and value else items(value)
        if found := found or list(fields(value).values()):
            return [str(image) for image in found][:50]
    return []


def _variable(given: dict[str, Any]) -> Variable:
    viewable = _truth(given.get("user_viewable", True))
    editable = _truth(given.get("user_editable", True))
    return Variable(
        env=str(given["env_variable"])[:200],
        title=str(given.get("name") or ""),
        description=str(given.get("description") or ""),
        default=plain(given.get("default_value")).replace("\r\n", "\n").replace("\0", ""),
        rules=rules.read(given.get("rules")),
        hidden=not viewable and not editable,
        editable=editable,
    )


def _truth(value: object) -> bool:
    return value not in (False, 0, None, "0", "false", "")
