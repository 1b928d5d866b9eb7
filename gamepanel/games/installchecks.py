"""
Checks install steps when a type is loaded: all that can be known before values are.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from gamepanel.games import documents, installing, installvalues
from gamepanel.games.template import BadTemplate, Template

reserved: Final = frozenset({"server", "directory", "newest"})
"""Names that no variable may have."""


class _Step:
    """
    A step that is checked.

    @ivar names: what its placeholders may name.
    """

    def __init__(self, names: frozenset[str], where: str) -> None:
        self.names = names
        self.where = where

    def fail(self, key: str, reason: object) -> installing.BadStep:
        """What is wrong with a key of it."""
        return installing.BadStep(f"{self.where}.{key}: {reason}")

    def template(self, key: str, text: str) -> Template:
        """Check a template."""
        try:
            return Template.parse(text, self.names)
        except BadTemplate as error:
            raise self.fail(key, error) from error

    def example(self, template: Template) -> Mapping[str, str]:
        """Some value for each of its placeholders."""
        return dict.fromkeys(template.names, "1")

    def check(
        self, key: str, check: Callable[[Template, Mapping[str, str]], object], text: str
    ) -> None:
        """Check a text that becomes something of a certain form."""
        template = self.template(key, text)
        try:
            check(template, self.example(template))
        except installvalues.Unfit as error:
            raise self.fail(key, error) from error

    def url(self, key: str, text: str) -> None:
        """Check an address."""
        self.check(key, lambda template, _: installvalues.checkUrlTemplate(template), text)

    def path(self, key: str, text: str, isDirectory: bool = False) -> None:
        """Check a path."""
        self.check(
            key, lambda template, values: installvalues.pathOf(template, values, isDirectory), text
        )

    def globs(self, key: str, globs: Collection[str]) -> None:
        """Check globs."""
        for text in globs:
            try:
                installvalues.checkPath(text)
            except installvalues.Unfit as error:
                raise self.fail(key, error) from error

    def regex(self, key: str, pattern: str) -> None:
        """Check a regular expression with one group."""
        try:
            documents.checkRegex(pattern, self.names)
        except documents.BadExpression as error:
            raise self.fail(key, error) from error


def checkSteps(
    steps: tuple[installing.Step, ...], options: Collection[str], fixed: Collection[str]
) -> None:
    """
    @param options: names of the type's options.
    @param fixed: what else its placeholders may name: of the server and the machine.

    @raise BadStep: when one of them can't work.
    """
    names = frozenset((*options, *fixed))
    for index, step in enumerate(steps):
        where = f"install[{index}] ({step.works})"
        for name in (step.when, step.unless):
            if name is not None and name not in options:
                raise installing.BadStep(f"{where}: {name} names no option")
        for name in step.sets:
            if name in reserved:
                raise installing.BadStep(f"{where}: no variable can have the name {name}")
        _checks[type(step)](_Step(names, where), step)
        names |= frozenset(step.sets)


def _fetch(checked: _Step, step: installing.Fetch) -> None:
    checked.url("fetch", step.fetch)
    for name, text in step.let.items():
        key = f"let.{name}"
        if step.form == "text":
            checked.regex(key, text)
            continue
        if step.form == "jq":
            # To compile one may end the process, and opens files: it is done where it is run.
            continue
        template = checked.template(key, text)
        try:
            documents.checkJson(template.expand(checked.example(template)))
        except documents.BadExpression as error:
            raise checked.fail(key, error) from error


def _match(checked: _Step, step: installing.Match) -> None:
    for name, (text, pattern) in step.match.items():
        checked.template(f"match.{name}", text)
        checked.regex(f"match.{name}", pattern)


def _download(checked: _Step, step: installing.Download) -> None:
    checked.url("download", step.download)
    checked.path("to", step.to)
    checked.globs("keep", step.keep)
    for algorithm, text in step.sums.items():
        template = checked.template(algorithm, text)
        if not template.names:
            try:
                installvalues.sumOf(algorithm, template.expand({}))
            except installvalues.Unfit as error:
                raise checked.fail(algorithm, error) from error


def _unpack(checked: _Step, step: installing.Unpack) -> None:
    checked.path("unpack", step.unpack)
    checked.path("to", step.to, isDirectory=True)
    for key, globs in (("only", step.only), ("executable", step.executable), ("keep", step.keep)):
        checked.globs(key, globs)


def _write(checked: _Step, step: installing.Write) -> None:
    checked.path("write", step.write)
    checked.template("text", step.text)
    checked.globs("keep", step.keep)


def _move(checked: _Step, step: installing.Move) -> None:
    checked.path("move", step.move)
    checked.path("to", step.to)


def _remove(checked: _Step, step: installing.Remove) -> None:
    checked.check("remove", installvalues.globOf, step.remove)


def _directory(checked: _Step, step: installing.MakeDirectory) -> None:
    checked.path("directory", step.directory)


def _java(checked: _Step, step: installing.Java) -> None:
    template = checked.template("java", step.java)
    if not template.names and not re.fullmatch("[1-9][0-9]?", step.java):
        raise checked.fail("java", "must be a major version, such as 21")


def _steamcmd(checked: _Step, step: installing.SteamCmd) -> None:
    checked.path("to", step.to, isDirectory=True)
    if step.beta is not None:
        checked.template("beta", step.beta)
    if step.mod is not None:
        checked.template("mod", step.mod)
    if len(set(step.platforms)) < len(step.platforms):
        raise checked.fail("platforms", "one of them is there twice")


def _pip(checked: _Step, step: installing.Pip) -> None:
    for text in step.pip:
        checked.check("pip", installvalues.requirementOf, text)


def _npm(checked: _Step, step: installing.Npm) -> None:
    for text in step.npm:
        checked.check("npm", installvalues.nodePackageOf, text)


def _run(checked: _Step, step: installing.RunProgram) -> None:
    for index, text in enumerate(step.run):
        template = checked.template(f"run[{index}]", text)
        if index == 0 and not template.pieces:
            raise checked.fail("run", "the program has no name")
    for text in step.keep:
        checked.check("keep", installvalues.globOf, text)


def _script(checked: _Step, step: installing.Script) -> None:
    if "\0" in step.script:
        raise checked.fail("script", "no shell reads a NUL")
    for name, text in step.environment.items():
        if installing.isReserved(name):
            raise checked.fail(f"environment.{name}", "it is the shell's own")
        checked.template(f"environment.{name}", text)


def _mrpack(checked: _Step, step: installing.ModrinthPack) -> None:
    checked.url("mrpack", step.mrpack)


_checks: Final[Mapping[type[installing.Step], Callable[[_Step, Any], None]]] = {
    installing.Fetch: _fetch,
    installing.Match: _match,
    installing.Download: _download,
    installing.Unpack: _unpack,
    installing.Write: _write,
    installing.Move: _move,
    installing.Remove: _remove,
    installing.MakeDirectory: _directory,
    installing.Java: _java,
    installing.SteamCmd: _steamcmd,
    installing.Pip: _pip,
    installing.Npm: _npm,
    installing.RunProgram: _run,
    installing.Script: _script,
    installing.ModrinthPack: _mrpack,
}
