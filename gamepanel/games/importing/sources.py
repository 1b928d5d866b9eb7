"""
Repositories that install scripts clone, and programs that they run.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

from gamepanel.games.importing.declared import Condition
from gamepanel.games.importing.documents import Document
from gamepanel.games.importing.downloads import literal
from gamepanel.games.importing.shell import Parameter, Word
from gamepanel.games.importing.state import State, Value, outside
from gamepanel.games.importing.text import Ref, Text, words

Expand = Callable[[Word], Value]

_GITHUB: Final = re.compile(
    r"(?:(?:https?|git|ssh)://(?:git@)?(?:www\.)?github\.com/|git@github\.com:)"
    r"([\w.-]+)/([\w.-]+?)(?:\.git)?/?$"
)

_NODE_PACKAGE: Final = re.compile(r"(?:@[a-z0-9~-][\w.~-]*/)?[\w.~-]+(?:@[\w.^~-]+)?")

_checks: Final = frozenset(("-version", "--version", "-v", "-V", "version"))

_builders: Final = words("cargo go make cmake gradle mvn composer dotnet bundle")


def clone(state: State, expand: Expand, words: Sequence[Word], source: str) -> None:
    """
    C{git clone} of what is on GitHub: its files, without its history.
    """
    names = [word for word in words if not word.source.startswith("-")]
    if not names or names[0].source != "clone":
        if names and names[0].source in ("pull", "config", "fetch", "init", "remote", "checkout"):
            state.leave(source, "git has no step", names[0].source == "checkout")
        else:
            state.leave(source, "git has no step")
        return
    branch: Text | None = None
    rest: list[Word] = []
    skip = False
    for index, word in enumerate(words[1:], 1):
        if skip:
            skip = False
        elif word.source in ("-b", "--branch") and index + 1 < len(words):
            value = expand(words[index + 1])
            branch = value if isinstance(value, Text) else None
            skip = True
        elif word.source in ("--depth", "-c", "-j", "--filter", "--origin"):
            skip = True
        elif word.source.startswith("--branch="):
            branch = Text.of(word.source.partition("=")[2])
        elif not word.source.startswith("-"):
            rest.append(word)
    address = expand(rest[0]) if rest else None
    for part in rest[0].parts if rest and not isinstance(address, Text) else ():
        # What a script makes of it is mostly only its ending.
        if isinstance(part, Parameter) and (declared := state.variables.find(part.name)):
            address = Text.of(Ref(declared.name))
    plain = address.plain if isinstance(address, Text) else None
    found = _GITHUB.match(plain) if plain is not None else None
    if found is None and _cloneOption(state, address, branch, source):
        return
    if found is None or (branch is not None and "$" in branch.template):
        state.leave(source, "only what is on GitHub can be fetched without git")
        return
    where = Text.of(found[2]) if len(rest) < 2 else expand(rest[1])
    path = state.path(where) if isinstance(where, Text) else None
    if path is None:
        state.leave(source, "the path can't be told")
        return
    ref = Text.of("HEAD") if branch is None or not branch else branch
    url = Text.of(f"https://github.com/{found[1]}/{found[2]}/archive/", ref, ".tar.gz")
    archive = f"{outside}-{found[2]}.tar.gz"
    if state.emit({"download": state.url(url), "to": archive}, source):
        step = {"unpack": archive, "to": path, "strip": 1}
        state.emit(step, source)
        state.unpacked = state.steps[-1]


def _cloneOption(state: State, address: Value, branch: Text | None, source: str) -> bool:
    """
    A repository that an option names.

    @return: whether this is one.
    """
    names = sorted(address.names) if isinstance(address, Text) else []
    found = [name for name in names if re.search(r"git|repo|address|url", name)]
    variable = state.variables.named(found[0]) if found else None
    if variable is None:
        return False
    option, guards = variable.name, state.guards
    given = Condition(option, True)
    mayBeEmpty = not variable.rules.required
    repository, url = state.variables.freeName("git_path"), state.variables.freeName("git_url")
    pattern = r"^(?:https?://)?github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?$"
    archive = f"{outside}-git.tar.gz"
    ref = "HEAD" if branch is None or not branch else state.use(branch)
    state.variables.use(Text.of(Ref(option)))
    if mayBeEmpty:
        state.guards = (given,)
    state.emit({"match": {repository: [f"{{{option}}}", pattern]}}, source)
    state.settled.update((repository, url))
    isMore = mayBeEmpty and not any(guard.isSet for guard in guards)
    state.guards = (*guards, given) if isMore else guards
    whole = f"https://github.com/{{{repository}}}/archive/{ref}.tar.gz"
    state.emit({"match": {url: [whole, "^(.*)$"]}}, source)
    state.emit({"download": f"{{{url}}}", "to": archive}, source)
    if state.emit({"unpack": archive, "to": state.path(Text()) or ".", "strip": 1}, source):
        state.unpacked = state.steps[-1]
    state.guards = guards
    state.leave(source, "only repositories on GitHub that anybody may read", matters=False)
    return True


def program(state: State, expand: Expand, words: Sequence[Word], source: str) -> None:
    """
    A program that a script runs: one that it has just installed, or a package manager in
    its directory.
    """
    texts: list[Text] = []
    for word in words:
        value = expand(word)
        if isinstance(value, Document):
            value = state.assign(state.variables.freeName("value"), value, source)
        if not isinstance(value, Text):
            state.leave(source, "its arguments can't be told")
            return
        if value or word.source in ('""', "''"):
            texts.append(value)
    name = texts[0].template.rsplit("/", 1)[-1]
    name = "java" if re.fullmatch(r"java(?:\d{1,2}|\{\w+\})", name) else name
    arguments = [text.template for text in texts[1:]]
    if name in ("node", "npm", "java", "python", "python3") and set(arguments[:1]) & _checks:
        return
    if name in ("npm", "yarn", "pnpm", "bun"):
        _packages(state, texts, source)
    elif name == "npx":
        _run(state, texts, source)
    elif name in ("pip", "pip3") or arguments[:3] == ["-m", "pip", "install"]:
        _pip(state, texts, source)
    elif name == "java":
        state.java = True
        _run(state, [Text.of("{java_program}"), *texts[1:]], source)
    elif name in _builders:
        state.leave(source, "what is built from source has no step")
    elif name in ("bash", "sh", "ash", "python", "python3", "node", "php", "perl", "mono") or texts[
        0
    ].template.startswith(("./", "/mnt/server", "/home/container")):
        _run(state, texts, source)
    else:
        state.leave(source, "runs a program that is not the game's")


def _packages(state: State, texts: Sequence[Text], source: str) -> None:
    arguments = [text.plain or "" for text in texts[1:]]
    command = next((text for text in arguments if not text.startswith("-")), "")
    names = [text for text in arguments[1:] if text and not text.startswith("-")]
    isGlobal = bool({"-g", "--global", "--location=global"} & set(arguments))
    values = [text for text in texts[2:] if text.only is not None]
    manager = (texts[0].plain or "").rsplit("/", 1)[-1]
    if manager == "npm" and command in ("install", "i") and len(values) == 1 and not names:
        state.emit({"npm": [state.use(values[0])]}, source)
        state.leave(source, "one package only", matters=False)
        return
    isPlain = all(_NODE_PACKAGE.fullmatch(name) for name in names) and bool(names)
    if manager == "npm" and command in ("install", "i", "add") and isPlain and not isGlobal:
        state.emit({"npm": names}, source)
    elif command in ("install", "ci", "i", "") and not isGlobal and not names:
        _run(state, texts, source)
    elif command in ("config", "cache", "set", "init"):
        return
    elif isGlobal:
        state.leave(source, "installs on the host", matters=False)
    elif command in _removals:
        # What a new server has not there is not to be taken away.
        return
    elif command in _managing or (manager != "npm" and command != "dlx" and not values):
        _run(state, texts, source)
    else:
        state.leave(source, "these packages can't be told")


_removals: Final = frozenset({"uninstall", "remove", "rm", "un"})

_managing: Final = words("run build exec update up prune rebuild dedupe audit test")
"""What managers of packages do in the directory of a project."""


def _pip(state: State, texts: Sequence[Text], source: str) -> None:
    arguments = [text.plain or "" for text in texts[1:]]
    arguments = arguments[arguments.index("install") + 1 :] if "install" in arguments else []
    names: list[str] = []
    isHere = any(re.match(r"-t$|--target|--prefix", argument) for argument in arguments)
    values = [text for text in texts[1:] if text.only is not None]
    if isHere and (listed := _listedIn(arguments)) is not None:
        _ensure(state, listed, source)
        state.emit({"run": [*_pipHere, "-r", listed]}, source)
        return
    if isHere and len(values) == 1 and {"-r", "--requirement"} & set(arguments):
        listed = state.use(values[0])
        _ensure(state, listed, source)
        state.emit({"run": [*_pipHere, "-r", listed]}, source)
        return
    if isHere and len(values) == 1:
        state.emit({"run": [*_pipHere, state.use(values[0])]}, source)
        state.leave(source, "one package only", matters=False)
        return
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in ("-t", "--target", "--prefix", "--root", "-c"):
            skip = True
        elif argument in ("-r", "--requirement"):
            state.leave(source, "packages that a file lists have no step")
            return
        elif not argument.startswith("-"):
            names.append(argument)
    wanted = [name for name in names if name not in ("pip", "setuptools", "wheel")]
    if not wanted:
        return
    if all(
        re.fullmatch(r"[A-Za-z0-9][\w.-]*(?:\[[\w,-]+\])?(?:[=~<>!]=?=?[\w.*]+)?", n)
        for n in wanted
    ):
        state.emit({"pip": wanted}, source)
    else:
        state.leave(source, "these packages can't be told")


def _ensure(state: State, listed: str, source: str) -> None:
    """
    Write an empty list of packages, since C{pip} fails without one: before what is unpacked, which
    may have it.
    """
    unpacked = state.unpacked
    if listed in state.made:
        return
    isEmitted = state.emit({"write": listed, "text": "", "keep": [literal(listed)]}, source)
    if isEmitted and unpacked in state.steps[:-1]:
        state.steps.insert(state.steps.index(unpacked), state.steps.pop())


_pipHere: Final = ("python3", "-m", "pip", "install", "--upgrade", "--target", ".")


def _listedIn(arguments: Sequence[str]) -> str | None:
    """The file of packages that pip is given, if that is in the server's directory."""
    for option, following in pairwise(arguments):
        if option in ("-r", "--requirement"):
            path = following.removeprefix("/mnt/server/").removeprefix("./")
            return path if re.fullmatch(r"[\w.-]+", path) else None
    return None


def _run(state: State, texts: Sequence[Text], source: str) -> None:
    run: list[str] = []
    for index, text in enumerate(texts):
        if text.template == "{{java_program}}":
            run.append("{java_program}")
            continue
        clean = text.replace("/mnt/server", ".").replace("/home/container", ".")
        if index == 0 and clean.plain is not None:
            # Containers have their own; Debian calls it python3.
            program = clean.plain.removeprefix("/usr/local/bin/").removeprefix("/usr/bin/")
            clean = Text.of("python3" if program == "python" else program)
        if index == 0 and state.directory and clean.template.startswith("./"):
            clean = Text.of(f"./{state.directory}/", clean.replace("./", ""))
        run.append(state.use(clean))
    if state.directory and state.directory.startswith(outside):
        state.leave(source, "runs outside of the server's directory")
        return
    if state.directory and not run[0].startswith("./"):
        flag = _elsewhere.get(run[0])
        if flag is None:
            state.leave(source, f"runs in {state.directory}; steps run in the server's directory")
            return
        run[1:1] = [flag, state.directory]
    step: dict[str, list[str]] = {"run": run}
    if state.missing:
        step["keep"] = [state.useExpression(path) for path in state.missing]
    state.emit(step, source)


_elsewhere: Final = {"npm": "--prefix", "yarn": "--cwd", "bun": "--cwd", "pnpm": "--dir"}
"""Options of managers of packages that name the directory of the project."""
