"""
Operations of PufferPanel's templates that get servers of Minecraft.
"""

import re
from collections.abc import Callable
from typing import Any

from gamepanel.games.importing import minecraft
from gamepanel.games.importing.declared import Table, newestWords
from gamepanel.games.importing.puffertexts import Texts
from gamepanel.games.importing.text import Ref, Text

Operation = dict[str, Any]


class MinecraftOperations(Texts):
    """
    Makes steps of operations for Minecraft.
    """

    def steps(self, steps: list[Table], to: str = "") -> None:
        """
        Add steps.

        @param to: the file that the last downloads.
        """
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

    def _orNewest(self, given: Text, free: str, make: Callable[[str], list[Table]]) -> Text:
        """
        A version; where none is given, or a word for the newest, that is looked up.

        @param free: a name for a variable that holds the newest.
        @param make: makes the steps that look it up, into the variable of a name.
        """
        variable = self._variables.named(given.only) if given.only is not None else None
        if variable is not None and variable.default.lower() in ("", *newestWords):
            isSet = self._variables.checked(variable.name)
            guards = self._state.guards
            self._state.guards = self._state.guard(isSet.opposite)
            self.steps(make(variable.name))
            self._state.guards = guards
            return given
        if given and (given.plain or "x").lower() not in newestWords:
            return given
        name = self._variables.freeName(free)
        self.steps(make(name))
        return Text.of(Ref(name))

    def _mojang(self, operation: Operation) -> None:
        to = self.path(operation.get("target") or "server.jar")
        given = self.text(operation.get("version"))
        if given.only is not None:
            given = self._orNewest(given, "mojang_version", minecraft.newestMojang)
        self.steps(minecraft.mojang(given, to), to)

    def _paper(self, operation: Operation) -> None:
        to = self.path(operation.get("target") or "server.jar")
        project = str(operation.get("project") or operation.get("software") or "paper")
        if not re.fullmatch(r"[a-z]+", project):
            self._state.leave(f"paperdl {project}", "this project is not known")
            return
        given = self.text(operation.get("minecraftVersion") or operation.get("version"))
        version = self._orNewest(
            given, "paper_version", lambda name: minecraft.newestPaper(project, name)
        )
        build = self.text(operation.get("build"))
        self.steps(minecraft.paper(project, version, to, build), to)

    def _moved(self, url: Text, to: str) -> bool:
        """
        A download from where it is no more.

        @return: whether it is one; then its steps are there.
        """
        found = minecraft.oldPaper(url)
        if found is None:
            return False
        project, version, build = found
        self.steps(minecraft.paper(project, version, to, build), to)
        self._state.leave(
            url.template, "this address is given up; it is had from fill.papermc.io", False
        )
        return True

    def _fabric(self, operation: Operation) -> None:
        to = self.path(operation.get("target") or "fabric-installer.jar")
        self.steps(minecraft.fabric(to), to)

    def _forge(self, operation: Operation) -> None:
        to = self.path(operation.get("target") or "forge-installer.jar")
        wanted = self.text(operation.get("minecraftVersion"))
        version = self._orNewest(
            self.text(operation.get("version")),
            "forge_version",
            lambda name: minecraft.forgeVersion(wanted, name),
        )
        self.steps(minecraft.forge(version, to), to)
        self._output(operation, version)

    def _neoforge(self, operation: Operation) -> None:
        to = self.path(operation.get("target") or "neoforge-installer.jar")
        wanted = self.text(operation.get("minecraftVersion"))
        version = self._orNewest(
            self.text(operation.get("version")),
            "neoforge_version",
            lambda name: minecraft.neoforgeVersion(name, wanted),
        )
        self.steps(minecraft.neoforge(version, to), to)
        self._output(operation, version)

    def _resolve(self, operation: Operation) -> None:
        """The version that is installed: it is looked for at each start."""
        given = self.text(operation.get("version"))
        self._output(operation, given or Text.of("*"))

    def _output(self, operation: Operation, value: Text) -> None:
        """Set the variable that an operation sets."""
        name = str(operation.get("outputVariable") or "opForgeVersion")
        self._state.values[name] = value

    def _sponge(self, operation: Operation) -> None:
        kind = str(operation.get("spongeType") or "spongevanilla").lower()
        if kind not in ("spongevanilla", "spongeforge"):
            self._state.leave(f"spongedl {kind}", "this kind of Sponge is not known")
            return
        wanted = self.text(operation.get("minecraftVersion"))
        if (variable := self._variables.named(wanted.only or "")) is not None:
            wanted = self._orNewest(wanted, variable.name, minecraft.newestMojang)
        recommended = operation.get("recommended") is True
        version = self._orNewest(
            self.text(operation.get("spongeVersion")),
            "sponge_version",
            lambda name: minecraft.spongeVersion(kind, wanted, name, recommended),
        )
        self._spongeFiles(kind, version, "mods/spongeforge.jar")

    def _spongeForge(self, operation: Operation) -> None:
        release = self.text(operation.get("releaseType"))
        if (variable := self._variables.named(release.only or "")) is not None:
            self._variables.fix(variable.env)
            release = Text.of(variable.default)
        isRecommended = release.plain != "latest"
        self.steps(minecraft.spongeVersion("spongeforge", Text(), "sponge_version", isRecommended))
        self._spongeFiles("spongeforge", Text.of(Ref("sponge_version")), "mods/_aaspongeforge.jar")

    def _spongeFiles(self, kind: str, version: Text, to: str) -> None:
        if kind == "spongevanilla":
            self.steps(minecraft.sponge(kind, version, "server.jar"), "server.jar")
            return
        self.steps(minecraft.sponge(kind, version, to), to)
        forge = minecraft.forge(Text.of(Ref("sponge_forge")), "forge-installer.jar")
        self.steps([*minecraft.spongesForge(version), *forge], "forge-installer.jar")
