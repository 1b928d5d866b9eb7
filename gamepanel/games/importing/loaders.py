"""
Install scripts of servers and loaders of Minecraft, recognised by where they ask for versions:
C{loaders.toml} lists them.
"""

import re
from typing import Any, Final

import msgspec

from gamepanel.games.importing.bash import Tree, Unfit, commands
from gamepanel.games.importing.images import builtins, everywhere, stubs
from gamepanel.games.importing.text import Text, tableOf, words
from gamepanel.games.importing.variables import Table, Variables, newestWords

_others: Final = words("githubusercontent.com pelican.dev pterodactyl.io github.com")
"""Hosts of files that these scripts bring beside, which servers make themselves."""

_programs: Final = builtins | everywhere | stubs | words("curl wget jq xmllint java unzip dos2unix")

_jars: Final = ("SERVER_JARFILE", "SERVER_JAR_FILE", "JARFILE", "JAR_FILE")


class Loader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a script installs; C{loaders.toml} says what these mean."""

    title: str
    hosts: frozenset[str]
    versions: dict[str, tuple[str, ...]]
    steps: list[dict[str, Any]]
    marks: str = "$ "
    globs: dict[str, str] = {}
    operation: str = ""
    jar: str = ""
    given: dict[str, str] = {}


_loaders: Final = msgspec.convert(tableOf("loaders")["loader"], tuple[Loader, ...])

byOperation: Final = {each.operation: each for each in _loaders if each.operation}
"""What operations of PufferPanel install, by their names."""


def find(text: str) -> Loader | None:
    """What a script installs, by the addresses that it names; None where it is no loader's."""
    return next((one for one in _loaders if re.search(one.marks, _uncommented(text))), None)


def _uncommented(text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))


def read(loader: Loader, tree: Tree, text: str, variables: Variables) -> Loader:
    """
    The same with the variables of its file in the steps.

    @raise Unfit: for a script that does something else, too.
    """
    addresses = re.findall(r"https?://([\w.-]+)", _uncommented(text))
    hosts = {".".join(host.split(".")[-2:]) for host in addresses}
    if beside := sorted(hosts - loader.hosts - _others):
        raise Unfit(f"it asks {beside[0]}, too")
    for name, _ in commands(tree.root):
        if name and name not in _programs and "/" not in name:
            raise Unfit(f"it runs {name}, too")
    names = {"jar": "server.jar", "installer": "installer.jar", "kind": "recommended"}
    for key, envs in loader.versions.items():
        variable = next((one for env in envs if (one := variables.find(env)) is not None), None)
        if variable is None or variables.constant(variable) is not None:
            raise Unfit(f"it has no variable {envs[0]}")
        names[key] = variables.orNewest(variable.env)
    for env in _jars:
        if (value := variables.text(env)) is not None:
            names["jar"] = variables.use(value)
            break
    build = variables.find("BUILD_TYPE")
    if build is not None and build.default:
        names["kind"] = build.default
    project = variables.find("PROJECT")
    given = re.search(r"^\s*PROJECT=[\"']?([a-z]+)[\"']?\s*$|projects/([a-z]+)", text, re.MULTILINE)
    if project is not None and re.fullmatch("[a-z]+", project.default):
        names["project"] = project.default
    elif given is not None:
        names["project"] = given[1] or given[2]
    elif "<project>" in str(loader.steps):
        raise Unfit("its project can't be told")
    return msgspec.structs.replace(loader, steps=[_filled(step, names) for step in loader.steps])


def steps(
    title: str, versions: dict[str, Text], names: dict[str, str], variables: Variables
) -> list[Table]:
    """
    The steps of a loader that an operation names. What is run of it is told by other operations.

    @param versions: empty ones, and words for the newest, are looked up.
    """
    loader = next(one for one in _loaders if one.title == title)
    found = [step for step in loader.steps if "run" not in step and "remove" not in step]
    known, sought = {"installer": names["jar"], "kind": "recommended", **names}, set()
    for key in loader.versions:
        text = versions.get(key, Text())
        variable = variables.behind(text)
        if variable is not None and variable.default.lower() in ("", *newestWords):
            known[key] = variables.orNewest(variable.env)
        elif not text or (text.plain or "x").lower() in newestWords:
            known[key] = variables.freeName(f"{key}_version")
            sought.add(known[key])
        else:
            # It is known, so nothing has to be looked up.
            found = [step for step in found if step.get("unless") != f"<{key}>"]
            found = [
                {name: one for name, one in step.items() if (name, one) != ("when", f"<{key}>")}
                for step in found
            ]
            found = [_filled(step, {key: variables.use(text)}, r"\{<(\w+)>\}") for step in found]
            known[key] = ""
    filled = [_filled(step, known) for step in found]
    filled = [step for step in filled if step.get("when") not in sought]
    return [
        {key: one for key, one in step.items() if key != "unless" or one not in sought}
        for step in filled
    ]


def _filled(value: Any, names: dict[str, str], pattern: str = r"<(\w+)>") -> Any:
    if isinstance(value, str):
        return re.sub(pattern, lambda match: names.get(match[1], match.group()), value)
    if isinstance(value, list):
        return [_filled(one, names, pattern) for one in value]
    if isinstance(value, dict):
        return {
            _filled(key, names, pattern): _filled(one, names, pattern) for key, one in value.items()
        }
    return value
