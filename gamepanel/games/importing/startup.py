"""
The start command of an egg or template, as C{[run]} of a type.
"""

import re
from typing import Any, Final

from gamepanel.games.importing.conditions import FileThere
from gamepanel.games.importing.configs import envOf
from gamepanel.games.importing.declared import Table
from gamepanel.games.importing.program import Found, NoCommand, Program, Start, paired
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.shell import (
    BadShell,
    Group,
    If,
    Loop,
    Pipeline,
    Script,
    Simple,
    Statement,
    Substitution,
    Word,
)
from gamepanel.games.importing.shellparser import parse
from gamepanel.games.importing.startwords import Element, Unsayable
from gamepanel.games.importing.text import Text, words
from gamepanel.games.importing.variables import Variables

_QUOTED: Final = re.compile(r"'([^'\"$`\\]*\{\{[^'\"$`\\]*)'")
_PLACEHOLDER: Final = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


_helpers: Final = words(
    "tail wait trap kill fg sleep echo printf true clear date cat ls read set ulimit "
    "source . shopt stty jobs disown bg exit return pwd whoami uname id hostname eval : "
    "head"
)
"""Commands beside the game, without which it runs all the same."""


_preparing: Final = words(
    "rm mkdir touch chmod cp mv ln sed awk grep find tee test [ [[ git npm yarn bun pip pip3 "
    "curl wget unzip tar dpkg apt bash-c"
)
"""Commands that change files before the game starts."""


_managers: Final = frozenset({"git", "npm", "yarn", "pnpm", "bun", "pip", "pip3", "["})
"""Programs whose work install steps do."""

_clients: Final = words("redis-cli mysql mariadb mongo mongosh psql mysqladmin")
"""Programs that talk to a server, which is what is started."""

_wrappers: Final = words("exec nohup stdbuf unbuffer time nice ionice sudo command")


_REMOTE: Final = re.compile(
    r"(?:mc)?rcon\s(?:-t\s+(?P<kind>\w+)\s+)?(?:-\w\s+)*?-a\s+(?P<quote>\"?)"
    r"[\w.${}]+?:(?P<port>\$?\{?\w+\}?)(?P=quote)\s+(?:-t\s+(?P<later>\w+)\s+)?"
    r"-p\s+(?P<password>\"[^\"]*\"|[^\s\"';&|)]+)"
)
"""The program C{rcon} of the containers."""


_remoteKinds: Final = {"rcon": "rcon", "web": "rcon-web", "telnet": "telnet"}


def normalize(text: str) -> str:
    """A start command in which all placeholders are parameters of a shell."""

    def parameter(match: re.Match[str]) -> str:
        env = envOf(match[1])
        return match.group() if env is None else f"${{{env}}}"

    # Placeholders stand for values also where a shell's parameters would not.
    text = _QUOTED.sub(lambda match: f'"{match[1]}"', text)
    return _PLACEHOLDER.sub(parameter, text)


class Startup(Program):
    """
    Reads a start command.

    @ivar locals: variables that have a value already.
    """

    def __init__(
        self,
        variables: Variables,
        notes: Notes,
        globs: dict[str, str] | None = None,
        java: bool = False,
    ) -> None:
        """
        @param globs: files that other names stand for.
        @param java: whether there is a step that gets Java.
        """
        super().__init__(variables, notes, globs or {}, java)
        self.locals = self._arguments.locals

    def read(self, text: str) -> Start:
        """
        @raise NoCommand: when it can't be told what is started.
        """
        quoted = re.fullmatch(r'"(\./[^ "]+ [-+].*)"', text.strip(), re.DOTALL)
        if quoted is not None:
            # A shell would take all of it for the name of a program.
            text = quoted[1].replace('\\"', '"')
        found = self._candidates(self._parsed(normalize(text)))
        if not found:
            raise NoCommand("the start command starts no program")
        *others, game = found
        for other in others:
            if not self._isOnce(other):
                self._notes.leave("startup", other.simple.source, "only one program can be started")
        self._program(game)
        self._notes.take("startup", f"starts {self._start.command[0]}")
        return self._start

    def _parsed(self, text: str) -> Script:
        try:
            return parse(text)
        except BadShell as error:
            reason = f"the start command can't be read: {error}"
        try:
            # Quotes that are not closed are a mistake that panels bear.
            script = parse(re.sub(r"[\"'`]", "", text))
        except BadShell as error:
            raise NoCommand(reason) from error
        self._notes.leave("startup", text, f"{reason}; it is read without its quotes")
        return script

    def _candidates(self, script: Script) -> list[Found]:
        found: list[Found] = []
        for statement in script.statements:
            found += self._inStatement(statement)
        return found

    def _inStatement(self, statement: Statement) -> list[Found]:
        found: list[Found] = []
        outcome = self._arguments._outcome(statement.first) if statement.rest else None
        if isinstance(outcome, FileThere) and statement.rest[0][0] == "&&":
            # [ ! -f FILE ] && makes it
            rest = Script((Statement(statement.rest[0][1], statement.rest[1:], False, ""),))
            return self._making(outcome, rest)
        operator = ""
        for operator, pipeline in (("", statement.first), *statement.rest):
            if operator == "||" and found:
                if not self._isHelper(pipeline):
                    self._notes.leave("startup", pipeline.source, "|| needs a shell", False)
                continue
            found += self._inPipeline(pipeline, statement.background)
        return found

    def _making(self, outcome: FileThere, body: Script) -> list[Found]:
        """Commands that are run only where a file is there, or is not."""
        found = self._candidates(body)
        if not outcome.isThere and not outcome.isDirectory:
            for one in found:
                one.makes = outcome.path
        return found

    def _isHelper(self, pipeline: Pipeline) -> bool:
        command = pipeline.commands[0]
        return isinstance(command, Simple) and (
            not command.words or command.words[0].source in _helpers
        )

    def _inPipeline(self, pipeline: Pipeline, background: bool) -> list[Found]:
        first = pipeline.commands[0]
        if isinstance(first, Group):
            return self._group(first, pipeline, background)
        if isinstance(first, If):
            return self._if(first)
        if not isinstance(first, Simple):
            inner = first.body.simple() if isinstance(first, Loop) else ()
            isQuiet = bool(inner) and all(
                simple.words and simple.words[0].source in _helpers | {"nc"} for simple in inner
            )
            if not isQuiet and not self._remote(first.source):
                self._notes.leave("startup", first.source, "needs a shell")
            return []
        return self._simple(first, pipeline, background)

    def _group(self, group: Group, pipeline: Pipeline, background: bool) -> list[Found]:
        names = [simple.words[0].source for simple in group.body.simple() if simple.words]
        if any(name in ("read", "rcon", "mcrcon") for name in names):
            if not self._remote(group.source):
                self._notes.leave("startup", group.source, "a shell takes the lines")
            return []
        return self._candidates(group.body)

    def _if(self, command: If) -> list[Found]:
        inner = [simple for _, body in command.branches for simple in body.simple()]
        if all(simple.words and simple.words[0].source in _helpers for simple in inner):
            return []
        for condition, body in command.branches:
            outcome = True if condition is None else self._arguments._outcomeOf(condition)
            if outcome is True:
                return self._candidates(body)
            if isinstance(outcome, FileThere) and len(command.branches) == 1:
                return self._making(outcome, body)
            if outcome is not False:
                break
        names = {
            simple.words[0].source.rsplit("/", 1)[-1] for simple in inner if simple.words
        } - _helpers
        self._notes.leave("startup", command.source, "if needs a shell", not names <= _managers)
        return []

    def _simple(self, simple: Simple, pipeline: Pipeline, background: bool) -> list[Found]:
        if not simple.words:
            self._assign(simple, isExported=False)
            return []
        name = re.sub(r"^(?:\\|/(?:usr/(?:local/)?)?bin/)", "", simple.words[0].source)
        if name in ("export", "declare", "typeset", "local", "readonly"):
            self._export(simple)
        elif name == "cd":
            self._cd(simple)
        elif name in ("rcon", "mcrcon"):
            self._remote(simple.source)
        elif name in _helpers:
            self._helper(simple)
        elif name in _preparing and not _isGame(simple):
            matters = name not in ("rm", "mkdir", "touch", "chmod", "test", "[", "[[", *_managers)
            self._notes.leave("startup", simple.source, "done before the start", matters)
        elif self._isGame(simple):
            return [Found(simple, pipeline, background)]
        return []

    def _isGame(self, simple: Simple) -> bool:
        """Whether a command may be the game; what only shows its console is not."""
        parts = simple.words[0].parts
        if len(parts) == 1 and isinstance(parts[0], Substitution):
            if not self._remote(simple.source):
                self._notes.leave("startup", simple.source, "needs a shell")
            return False
        name = simple.words[0].source.rsplit("/", 1)[-1]
        if name in _clients:
            self._notes.leave("startup", simple.source, "a client beside the server has no place")
            return False
        return name not in ("nc", "telnet", "mkfifo")

    def _helper(self, simple: Simple) -> None:
        name = simple.words[0].source
        if name == "tail":
            self._follow(simple)
        elif name in ("source", ".", "eval"):
            self._notes.leave("startup", simple.source, "needs a shell")

    def _remote(self, text: str) -> bool:
        """
        A program that takes the lines of the console to the game by RCON.

        @return: whether there is one.
        """
        match = _REMOTE.search(text)
        if match is None or self._start.console.get("kind"):
            return match is not None
        kind = _remoteKinds.get(match["kind"] or match["later"] or "rcon")
        values: list[Text] = []
        for name in ("port", "password"):
            word = next(iter(parse(f"x {match[name]}").simple())).words[1]
            values.append(self._arguments.text(word))
        port, password = (self._variables.use(value) for value in values)
        if kind is None or not port or not password:
            return False
        self._start.console.update(
            {"kind": kind, "port": port, "password": password}
            | ({"login": "(?i)password"} if kind == "telnet" else {})
        )
        self._notes.take("console", f"takes commands by {kind}")
        return True

    def _program(self, found: Found) -> None:
        self._assign(found.simple, isExported=True)
        self._surroundings(found)
        words = list(found.simple.words)
        while words and words[0].source in _wrappers | {"env"}:
            wrapper = words.pop(0).source
            while words and (
                words[0].source.startswith("-") or self._isAssignment(wrapper, words[0])
            ):
                word = words.pop(0)
                if "=" in word.source and not word.source.startswith("-"):
                    self._export(Simple((), (word, word), (), word.source))
        inner = _shellText(words)
        if inner is not None:
            self._inner(inner)
            return
        elements: list[Element] = []
        sources: list[Word] = []
        for word in words:
            try:
                added = self._arguments.elements(word)
            except (Unsayable, BadShell) as error:
                self._notes.leave("startup", word.source, f"needs a shell: {error}")
                continue
            elements += added
            sources += [word] * len(added)
        if not elements:
            raise NoCommand("the start command starts no program")
        elements = self._inFront(self._tuned(elements))
        self._start.command = paired(elements, self._variables)
        self._needs()

    def _inner(self, text: Text) -> None:
        """The command that C{sh -c} is given."""
        plain = text.plain
        if plain is None:
            raise NoCommand("the start command is put together by a shell")
        inner = self._candidates(parse(plain))
        if not inner:
            raise NoCommand("the start command starts no program")
        for other in inner[:-1]:
            self._notes.leave("startup", other.simple.source, "only one program can be started")
        self._program(inner[-1])


def _shellText(words: list[Word]) -> Text | None:
    """What C{sh -c} is given, if this is that."""
    names = [word.source for word in words[:2]]
    if len(words) < 3 or names[0].rsplit("/", 1)[-1] not in ("sh", "bash", "ash", "dash"):
        return None
    plain = words[2].plain
    source = words[2].source
    if names[1] not in ("-c", "-lc", "-ec", "-xc"):
        return None
    if plain is None and source[:1] == '"':
        plain = source[1:-1].replace('\\"', '"').replace("\\$", "$")
    return None if plain is None else Text.of(plain)


def _isGame(simple: Simple) -> bool:
    """Whether a package manager starts the game."""
    words = [word.source.rsplit("/", 1)[-1] for word in simple.words[:2]]
    return words[0] in ("npm", "yarn", "bun") and words[1:] not in (
        *([], ["install"], ["ci"], ["i"]),
        *(["remove"], ["uninstall"]),
    )


def environment(variables: Variables, start: Start, isInstallOnly: frozenset[str]) -> Table:
    """
    The variables that a game is given: those of its command, and such as stand nowhere
    else, which it can only have read from there.
    """
    found: dict[str, Any] = dict(start.environment)
    for variable in variables:
        isUsed = variable.name in variables.asked
        name = variable.env
        if name in found or name in isInstallOnly or not re.fullmatch(r"[A-Za-z_]\w*", name):
            continue
        if name in variables.usage.spread or (isUsed and not name.startswith("LD_")):
            continue
        value = variables.text(name)
        if value is not None and value:
            found[name] = variables.use(value)
    return found
