"""
The command that starts the game, and what is around it.
"""

import re
from collections.abc import Sequence
from typing import Final

from attrs import define, field

from gamepanel.games.importing.arguments import Arguments
from gamepanel.games.importing.declared import Table, Variable
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.shell import (
    BadShell,
    Literal,
    Pipeline,
    Simple,
    Word,
)
from gamepanel.games.importing.startwords import Element, Unsayable
from gamepanel.games.importing.text import Ref, Text, words
from gamepanel.games.importing.variables import Variables

_filters: Final = words("tee grep sed awk cat ts stdbuf unbuffer cut tr egrep")
"""Commands that only show less, or differently, of what the game prints."""

_BACKGROUND: Final = {
    "redis-server": (("--daemonize", "yes"),),
    "mongod": (("--fork",),),
}
"""What sends servers to the background, where nobody would see that they run."""

_windows: Final = frozenset(["wine", "wine64", "wine-staging", "proton", "protontricks"])

_windowsProgram: Final = re.compile(r"\.(?:exe|bat|cmd)$", re.IGNORECASE)

_HEAP: Final = re.compile(r"-XX:(?:MaxRAMPercentage|MaxRAMFraction)=.*")
_FLAG: Final = re.compile(r"[-+][^{}\s]*")
_SETTERS: Final = frozenset({"+set", "+seta", "+sets", "-set", "--set", "-s", "-server_set"})


class NoCommand(Exception):
    """Nothing can be started; the text says why."""


@define
class Start:
    """
    What C{[run]} and C{needs} say.

    @ivar command: its elements.
    @ivar environment: variables that the command itself sets.
    @ivar needs: programs of the host.
    @ivar console: what C{[console]} says.
    @ivar once: install steps of programs that make a file before the first start.
    """

    command: list[Element] = field(factory=list)
    directory: str = "."
    environment: dict[str, str] = field(factory=dict)
    needs: list[str] = field(factory=list)
    console: Table = field(factory=dict)
    once: list[Table] = field(factory=list)

    def stepsAfter(self, steps: Sequence[Table]) -> list[Table]:
        """Those of C{once} that make what none of these steps makes."""
        made = {glob for step in steps if "run" in step for glob in step.get("keep", ())}
        return [step for step in self.once if not made & set(step["keep"])]


@define
class Found:
    """
    A command that may be the game.

    @ivar background: whether the shell does not wait for it.
    @ivar makes: the file without which it is run only.
    """

    simple: Simple
    pipeline: Pipeline
    background: bool
    makes: Text | None = None


class Program:
    """
    Makes C{[run]} of the command that starts the game.
    """

    def __init__(
        self, variables: Variables, notes: Notes, globs: dict[str, str], java: bool
    ) -> None:
        """
        @param globs: files that other names stand for.
        @param java: whether there is a step that gets Java.
        """
        self._variables = variables
        self._notes = notes
        self._java = java
        self._arguments = Arguments(variables, notes, globs)
        self._start = Start()

    def _assign(self, simple: Simple, isExported: bool) -> None:
        for name, word in simple.assignments:
            try:
                value = self._arguments.text(word)
            except Unsayable:
                self._notes.leave("startup", f"{name}={word.source}", "needs a shell")
                continue
            self._arguments.locals[name] = value
            if isExported and re.fullmatch(r"[A-Za-z_]\w*", name) and value:
                self._start.environment[name] = self._variables.use(searchPath(name, value))

    def _export(self, simple: Simple) -> None:
        for word in simple.words[1:]:
            match = re.match(r"([A-Za-z_]\w*)=", word.source)
            if match is None:
                value = self._arguments.locals.get(word.source)
                if value is not None and value:
                    self._start.environment[word.source] = self._variables.use(value)
                continue
            first, *rest = word.parts
            assert isinstance(first, Literal)
            parts = (Literal(first.text.partition("=")[2], first.quoted), *rest)
            inner = Word(parts, word.source[match.end() :])
            self._assign(Simple(((match[1], inner),), (), (), simple.source), isExported=True)

    def _isAssignment(self, wrapper: str, word: Word) -> bool:
        return wrapper == "env" and re.match(r"[A-Za-z_]\w*=", word.source) is not None

    def _isOnce(self, found: Found) -> bool:
        """Whether a program that only makes a file is run by an install step."""
        if found.makes is None or len(found.pipeline.commands) > 1:
            return False
        try:
            words = [e for word in found.simple.words for e in self._arguments.elements(word)]
        except (Unsayable, BadShell):
            return False
        run = [word for word in self._tuned(words) if isinstance(word, str)]
        path = re.sub(r"^(?:\./|\{directory\}/)", "", self._variables.use(found.makes))
        if len(run) < len(words) or path.startswith("/") or ".." in path.split("/"):
            return False
        self._start.once.append({"run": run, "keep": [path]})
        return True

    def _surroundings(self, found: Found) -> None:
        """Pipes and redirections around the game."""
        for command in found.pipeline.commands[1:]:
            names = (
                [command.words[0].source] if isinstance(command, Simple) and command.words else []
            )
            harmless = bool(names) and names[0] in _filters
            self._notes.leave(
                "startup", f"| {command.source}", "a pipe needs a shell", matters=not harmless
            )
        for redirect in found.simple.redirects:
            target = redirect.target.source
            if target in ("/dev/null", "&1", "1", "2", "/dev/stdout", "/dev/stdin") or (
                redirect.operator in (">&", "<&")
            ):
                continue
            matters = redirect.operator in ("<", "<<<", "<<")
            self._notes.leave(
                "startup",
                f"{redirect.operator} {target}",
                "what the game prints goes to its console",
                matters,
            )

    def _cd(self, simple: Simple) -> None:
        try:
            given = self._arguments.text(simple.words[1]) if len(simple.words) > 1 else Text()
        except Unsayable:
            given = Text.of("/")
        if given.pieces[:1] == (Ref("directory"),):
            given = Text.of(".", *given.pieces[1:])
            self._start.directory = "."
        text = given.plain
        path = None if text is None else "/".join(p for p in text.split("/") if p not in ("", "."))
        if path is None or ".." in path.split("/") or (text or "").startswith("/"):
            self._notes.leave("startup", simple.source, "this directory can't be told")
            return
        current = "" if self._start.directory == "." else self._start.directory
        self._start.directory = "/".join(p for p in (current, path) if p) or "."

    def _follow(self, simple: Simple) -> None:
        """What is shown of a file that the game writes belongs to its console."""
        found = None
        for word in simple.words[1:]:
            if word.source.startswith("-") or word.source.isdecimal():
                continue
            try:
                found = self._arguments.text(word)
            except Unsayable:
                found = None
        path = None if found is None else self._variables.use(found).removeprefix("./").strip("/")
        if path and ".." not in path.split("/") and "*" not in path:
            self._start.console["follow"] = path
            self._notes.take("console", f"shows what is written into {path}")
        else:
            self._notes.leave("startup", simple.source, "this file can't be told")

    def _tuned(self, elements: list[Element]) -> list[Element]:
        """Java's share of the memory of a container is that of the server here."""
        if not (isinstance(elements[0], str) and elements[0].rsplit("/", 1)[-1] == "java"):
            return self._firstPath(elements)
        if self._java:
            elements = ["{java_program}", *elements[1:]]
        hasHeap = any(isinstance(e, str) and e.startswith("-Xmx") for e in elements)
        for index, element in enumerate(elements):
            if isinstance(element, str) and _HEAP.fullmatch(element):
                self._notes.take("startup", f"-Xmx for {element}: there is no container")
                self._variables.need("memory")
                elements[index] = "-Xmx{memory}M"
                if hasHeap:
                    del elements[index]
                break
        return elements

    def _inFront(self, elements: list[Element]) -> list[Element]:
        """Arguments without such as would send a server to the background."""
        name = elements[0].rsplit("/", 1)[-1] if isinstance(elements[0], str) else ""
        for away in _BACKGROUND.get(name, ()):
            for index in range(1, len(elements) - len(away) + 1):
                if tuple(elements[index : index + len(away)]) == away:
                    elements = [*elements[:index], *elements[index + len(away) :]]
                    break
        return elements

    def _firstPath(self, elements: list[Element]) -> list[Element]:
        first = elements[0]
        if isinstance(first, dict) and "newest" in first:
            add = [f"{{directory}}/{text}" if text == "{newest}" else text for text in first["add"]]
            return [{**first, "add": add}, *elements[1:]]
        if isinstance(first, str) and first.startswith("/usr/local/bin/"):
            first = first.rsplit("/", 1)[-1]
        if first == "python":
            # Containers have it; Debian calls it python3.
            first = "python3"
        return [first, *elements[1:]]

    def _needs(self) -> None:
        first = self._start.command[0]
        programs = [first] if isinstance(first, str) else []
        words = [element for element in self._start.command if isinstance(element, str)]
        if programs and programs[0] == "xvfb-run":
            for word in words[1:]:
                if not word.startswith("-"):
                    programs.append(word)
                    break
        for program in programs:
            if "/" not in program and "{" not in program:
                self._start.needs.append(program)
        windows = [word for word in words if word.rsplit("/", 1)[-1] in _windows]
        windows = windows or [word for word in words[:1] if _windowsProgram.search(word)]
        if windows:
            self._notes.leave(
                "startup", " ".join(words)[:120], "a program for Windows: it needs Wine or Proton"
            )


def interpreted(command: list[Element], steps: Sequence[Table]) -> list[Element]:
    """
    A command whose program is a script that install steps write: what is written is not
    executable, so its interpreter is started.
    """
    first = command[0]
    path = first.removeprefix("./") if isinstance(first, str) else None
    for step in steps:
        if path is None or step.get("write") != path:
            continue
        match = re.match(r"#!\s*(\S+)[ \t]*(\S*)", str(step["text"]))
        if match is None:
            return ["sh", *command]
        name = match[2] if match[1].endswith("/env") else match[1].rsplit("/", 1)[-1]
        return ["sh" if name == "ash" else name, *command]
    return command


def searchPath(name: str, value: Text) -> Text:
    """A search path, in which ./ was the server's directory."""
    if not name.endswith("PATH") and name != "LD_PRELOAD":
        return value
    text = "".join(piece if isinstance(piece, str) else "\0" for piece in value.pieces)
    if "\0" in text:
        return value
    steps = [step for step in re.split(r"[:\s]", text) if step and not step.startswith("$")]
    return Text.of(":".join(steps))


def _isArguments(variable: Variable) -> bool:
    """Whether what can be chosen are arguments by themselves."""
    choices = [choice for choice in variable.rules.choices or () if choice]
    return bool(choices) and all(choice.startswith(("-", "+")) for choice in choices)


def paired(elements: list[Element], variables: Variables) -> list[Element]:
    """
    A flag before a value that may be empty goes with it: an argument that is empty is left
    out, and the flag would take the next for its value.
    """
    found: list[Element] = []
    for element in elements:
        name = re.fullmatch(r"\{(\w+)\}", element) if isinstance(element, str) else None
        variable = variables.named(name[1]) if name is not None else None
        last = found[-1] if found else None
        mayBeEmpty = (
            variable is not None
            and not variable.rules.isNumber
            and not variables.isTruth(variable)
            and not _isArguments(variable)
            and not (variable.rules.required and variables.value(variable))
        )
        if not (mayBeEmpty and isinstance(last, str) and len(found) > 1) or variable is None:
            found.append(element)
            continue
        before = found[-2] if len(found) > 2 else None
        if isinstance(before, str) and before in _SETTERS and not _FLAG.fullmatch(last):
            found[-2:] = [{"when": variable.name, "add": [before, last, element]}]
        elif _FLAG.fullmatch(last):
            found[-1:] = [{"when": variable.name, "add": [last, element]}]
        else:
            found.append(element)
    return found
