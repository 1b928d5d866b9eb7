"""Install scripts: recognised as a whole, else one step C{script} that quotes them."""

import re
from collections.abc import Mapping
from typing import Any, Final

from attrs import define, field

from gamepanel.games.importing import bash, loaders, recipe
from gamepanel.games.importing.bash import Tree, Unfit, source
from gamepanel.games.importing.text import Text
from gamepanel.games.importing.variables import Table, Variables
from gamepanel.games.installing import isReserved

_shells: Final = frozenset({"", "bash", "sh", "ash", "dash"})


@define
class Install:
    """
    What C{[[install]]} and C{needs} say.

    @ivar names: variables that the script names.
    @ivar globs: files that other names stand for in the start command.
    """

    steps: list[Table] = field(factory=list)
    needs: list[str] = field(factory=list)
    names: frozenset[str] = frozenset()
    globs: dict[str, str] = field(factory=dict)
    usesJava: bool = False


def read(
    text: str,
    shell: str,
    variables: Variables,
    withScripts: bool,
    values: Mapping[str, Text] | None = None,
) -> Install:
    """
    @param shell: the program that runs it there.
    @param withScripts: whether there may be a step C{script}.
    @param values: of variables that the script has besides.
    """
    notes = variables.notes
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    install = Install(names=_named(text, variables))
    name = shell.split(" ")[0].rsplit("/", 1)[-1]
    if name not in _shells:
        notes.become(None, f"it is a script of {shell}")
        notes.leave("install", f"a script of {shell}", "only bash and its kin are run")
        return install
    try:
        tree = bash.parse(text)
    except Unfit as error:
        notes.become(None, f"its script can't be read: {error}")
        notes.leave("install", "its script", f"can't be read: {error}")
        return install
    if not any(True for _ in bash.commands(tree.root)):
        return install
    asked, empty, given = variables.asked, dict(variables.usage.empty), dict(values or {})
    try:
        _recognise(install, tree, text, variables, given)
    except Unfit as error:
        variables.forget(asked)
        variables.usage.empty = empty
        why = f"{error}"
        notes.become("script" if withScripts else None, why)
        if withScripts:
            _quote(install, tree, text, variables, given)
        else:
            left = f"scripts are left out; no recipe knows it: {why}"
            notes.leave("install", "its script", left)
    return install


def _recognise(
    install: Install, tree: Tree, text: str, variables: Variables, values: dict[str, Text]
) -> None:
    """@raise Unfit: for a script that no recipe knows."""
    notes, asked, unfit = variables.notes, variables.asked, None
    loader = loaders.find(text)
    try:
        loader = loader and loaders.read(loader, tree, text, variables)
    except Unfit as error:
        loader, unfit = None, error
    if loader is None:
        variables.forget(asked)
        try:
            found = recipe.read(tree, variables, dict(values))
        except Unfit as error:
            raise unfit or error from None
        if found.app is not None:
            notes.become("recognised", f"SteamCMD installs {found.app}")
        elif found.release is not None:
            notes.become("recognised", f"it gets a release of {found.release}")
        elif found.steps:
            notes.become("recognised", "it downloads files, and does little else")
        install.steps = found.steps
        install.usesJava = "{java_program}" in str(found.steps)
        return
    notes.become("recognised", f"it installs {loader.title}")
    spare = variables.find("DL_PATH") or variables.find("DOWNLOAD_URL")
    if spare is not None:
        notes.leave("options", spare.env, "a jar of one's own is put into the directory", False)
    install.steps, install.globs = list(loader.steps), loader.globs


def _quote(
    install: Install, tree: Tree, text: str, variables: Variables, values: dict[str, Text]
) -> None:
    notes = variables.notes
    if tree.hasErrors:
        why = "parts of it are no bash; it is quoted as it is"
        notes.leave("install", "its script", why, False)
    environment: dict[str, str] = {}
    own = bash.assigned(tree.root)
    for env in sorted((bash.names(tree.root) | install.names) - {"HOME"}):
        if env in values:
            environment[env] = variables.use(values[env])
            continue
        value = variables.shell(env) if variables.find(env) or env in variables.given else None
        if value is None:
            continue
        if isReserved(env) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", env):
            if env not in own:
                notes.leave("install", env, "a script can't be given a variable of this name")
            continue
        environment[env] = value
    programs = bash.programs(tree.root)
    install.usesJava = "java" in programs
    install.needs = [name for name in programs if name not in ("java", "steamcmd")][:30]
    step: Table = {"script": text if text.endswith("\n") else text + "\n"}
    if any("steamcmd" in source(node) for name, node in bash.commands(tree.root) if "/" in name):
        step["patience"] = 4 * 3600
    if environment:
        step["environment"] = environment
    install.steps = [step]


def _named(text: str, variables: Variables) -> frozenset[str]:
    """The variables that a script names, also in parts that can't be read."""
    found = set(re.findall(r"[A-Za-z_]\w*", text))
    return frozenset(variable.env for variable in variables if variable.env in found)


def described(step: Table) -> str:
    """What a step does, for people."""
    key = next(iter(step))
    value: Any = step[key]
    if key == "script":
        return f"script of {len(value.splitlines())} lines"
    if isinstance(value, dict):
        return f"{key} {', '.join(value)}"
    if isinstance(value, list):
        return f"{key} {' '.join(map(str, value))}"
    more = f" to {step['to']}" if "to" in step else ""
    return f"{key} {value}{more}"
