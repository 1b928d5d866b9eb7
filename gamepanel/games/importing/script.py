"""
Looks through an install script without running anything, and makes steps of what it would do
on an empty directory.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from gamepanel.games.importing.branches import (
    Branch,
    Over,
    isQuiet,
    prefixes,
    tests,
)
from gamepanel.games.importing.commands import Commands, outputOf
from gamepanel.games.importing.conditions import (
    Outcome,
    both,
    either,
    opposite,
)
from gamepanel.games.importing.expansion import Expansion
from gamepanel.games.importing.piped import Piped
from gamepanel.games.importing.shell import (
    BadShell,
    Case,
    Command,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Script,
    Simple,
    Statement,
    Word,
)
from gamepanel.games.importing.shellparser import parse
from gamepanel.games.importing.state import State
from gamepanel.games.importing.text import Text

maxCommands: Final = 3000
"""So many commands of a script are looked at."""


maxCalls: Final = 20
"""How deeply functions may call each other."""


class Walk(Piped):
    """
    Goes through one script.
    """

    def __init__(self, state: State) -> None:
        super().__init__(state, Expansion(state))
        self._commands = Commands(state, self._expansion.value)
        self._count = 0
        self._depth = 0

    def run(self, text: str) -> None:
        """
        @raise BadShell: when the script can't be read.
        """
        with suppress(Over):
            self._script(parse(text))

    def _script(self, script: Script) -> None:
        for statement in script.statements:
            self._statement(statement)

    def _statement(self, statement: Statement) -> None:
        if not statement.rest:
            self._pipeline(statement.first)
            return
        outcome = self._outcome(statement.first)
        branches: list[tuple[Outcome, Pipeline]] = []
        for operator, pipeline in statement.rest:
            wanted = outcome if operator == "&&" else opposite(outcome)
            if self._isTest(pipeline):
                more = self._outcome(pipeline)
                join = both if operator == "&&" else either
                outcome = join(outcome, more)
                continue
            branches.append((wanted, pipeline))
            if outcome is None:
                outcome = True
        for wanted, pipeline in branches:
            script = Script((Statement(pipeline, (), False, pipeline.source),))
            if wanted is None and isQuiet(script):
                continue
            self._branches([Branch(wanted, script, statement.source)])

    def _pipeline(self, pipeline: Pipeline) -> None:
        first = pipeline.commands[0]
        self._count += 1
        if self._count > maxCommands:
            self._state.leave(pipeline.source, "the script is too long")
            raise Over
        last = pipeline.commands[-1]
        redirect = outputOf(last) if isinstance(last, Simple) else None
        made = self._expansion.random(pipeline) if redirect is not None else None
        if redirect is not None and made is not None:
            self._commands.print(redirect, made, pipeline.source)
        elif len(pipeline.commands) > 1:
            self._piped(pipeline)
        else:
            self._command(first)

    def _command(self, command: Command) -> None:
        if isinstance(command, Simple):
            self._simple(command)
        elif isinstance(command, If):
            self._if(command)
        elif isinstance(command, Case):
            self._case(command)
        elif isinstance(command, Loop):
            self._loop(command)
        elif isinstance(command, Group):
            directory = self._state.directory
            self._script(command.body)
            if command.subshell:
                self._state.directory = directory
        elif isinstance(command, Function):
            self._state.functions[command.name] = command.body

    def _if(self, command: If) -> None:
        branches: list[Branch] = []
        for condition, body in command.branches:
            outcome: Outcome = True
            source = "else"
            if condition is not None:
                outcome = self._condition(condition)
                source = " ".join(statement.source for statement in condition.statements)
            branches.append(Branch(outcome, body, source))
        self._branches(branches)

    def _case(self, command: Case) -> None:
        value = self._expansion.value(command.word)
        branches: list[Branch] = []
        for patterns, body in command.arms:
            outcome: Outcome = False
            for pattern in patterns:
                outcome = either(outcome, self._fits(value, pattern))
            branches.append(Branch(outcome, body, f"case {command.word.source}"))
        self._branches(branches)

    def _loop(self, command: Loop) -> None:
        if command.kind != "for" or not command.words:
            if not isQuiet(command.body):
                self._state.leave(command.source, "a loop has no step")
            return
        values = [self._expansion.value(word) for word in command.words]
        texts = [value.plain if isinstance(value, Text) else None for value in values]
        if any(text is None or "*" in text for text in texts) or len(texts) > 30:
            if not isQuiet(command.body):
                self._state.leave(command.source, "a loop has no step")
            return
        for text in texts:
            for one in (text or "").split():
                self._state.values[command.name] = Text.of(one)
                self._script(command.body)

    def _simple(self, command: Simple) -> None:
        for name, word in command.assignments:
            self._assign(name, word, command)
        words = list(command.words)
        while words and words[0].source in prefixes:
            words.pop(0)
            while words and words[0].source.startswith("-"):
                words.pop(0)
        if not words:
            return
        name = words[0].source
        if name in self._state.functions:
            self._call(name, words[1:])
        elif name in ("export", "local", "declare", "readonly", "typeset"):
            self._declare(words[1:], command)
        elif name == "exit":
            raise Over
        elif name in ("su", "runuser", "sudo", "gosu") and (inner := _asUser(words)) is not None:
            self._script(inner)
        elif name not in tests and name != "return":
            self._commands.run(command, words)
            if len(words) > 1:
                self._state.values["_"] = self._expansion.value(words[-1])

    def _assign(self, name: str, word: Word, command: Simple) -> None:
        value = self._expansion.value(word)
        plain = name.removesuffix("+")
        if plain == "IFS":
            return
        if name.endswith("+"):
            old = self._state.values.get(plain)
            isText = isinstance(old, Text) and isinstance(value, Text)
            value = Text.of(old, value) if isText else None  # type: ignore[arg-type]
        self._state.values[plain] = value

    def _declare(self, words: Sequence[Word], command: Simple) -> None:
        for word in words:
            match = re.match(r"([A-Za-z_]\w*)=", word.source)
            if match is None:
                continue
            inner = next(iter(parse(word.source).simple()), None)
            if inner is not None and inner.assignments:
                self._assign(match[1], inner.assignments[0][1], command)

    def _call(self, name: str, words: Sequence[Word]) -> None:
        if self._depth >= maxCalls:
            self._state.leave(name, "functions that call each other too deeply")
            return
        for index, word in enumerate(words, 1):
            self._state.values[str(index)] = self._expansion.value(word)
        self._depth += 1
        try:
            self._script(self._state.functions[name])
        finally:
            self._depth -= 1


def _asUser(words: Sequence[Word]) -> Script | None:
    """The script that C{su USER -c} is given."""
    for index, word in enumerate(words[:-1]):
        if word.source in ("-c", "--command", "-lc"):
            plain = words[index + 1].plain
            return None if plain is None else parse(plain)
    return None


def read(state: State, text: str) -> None:
    """
    Make steps of a script.
    """
    try:
        Walk(state).run(text)
    except (BadShell, RecursionError) as error:
        state.leave(text[:200], f"the script can't be read: {error}")
