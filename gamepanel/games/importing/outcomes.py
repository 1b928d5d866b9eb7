"""
What conditions of install scripts come to.
"""

import re

from gamepanel.games.importing.branches import (
    Branches,
    nameOf,
    tests,
)
from gamepanel.games.importing.conditions import (
    Checked,
    Outcome,
    Test,
    both,
    either,
    opposite,
)
from gamepanel.games.importing.documents import Document
from gamepanel.games.importing.expansion import Expansion
from gamepanel.games.importing.shell import (
    Command,
    Group,
    Pipeline,
    Script,
    Simple,
    Word,
)
from gamepanel.games.importing.state import State, Value
from gamepanel.games.importing.text import Text


class Outcomes(Branches):
    """
    Finds what conditions of a script come to.
    """

    def __init__(self, state: State, expansion: Expansion) -> None:
        super().__init__(state)
        self._expansion = expansion

    def _command(self, command: Command) -> None:
        raise NotImplementedError

    def _fits(self, value: Value, pattern: Word) -> Outcome:
        if pattern.source == "*":
            return True
        plain = pattern.plain
        if not isinstance(value, Text) or plain is None:
            return None
        if value.plain is not None:
            expression = re.escape(plain).replace(r"\*", ".*").replace(r"\?", ".")
            return re.fullmatch(expression, value.plain, re.DOTALL) is not None
        name = value.only
        if name is None or name in self._state.settled:
            return plain == "x86_64" if name == "machine" else None
        variable = self._state.variables.named(name)
        if variable is None:
            return {"machine": "x86_64", "arch_alt": "amd64"}.get(name) == plain
        return self._state.variables.equals(variable.env, plain)

    def _condition(self, condition: Script) -> Outcome:
        found: Outcome = True
        for statement in condition.statements:
            found = self._outcome(statement.first)
            for operator, pipeline in statement.rest:
                more = self._outcome(pipeline)
                if (found is None) is not (more is None):
                    unknown = statement.first if found is None else pipeline
                    self._state.leave(
                        unknown.source, "whether this is so can't be told; it is passed over", False
                    )
                found = both(found, more) if operator == "&&" else either(found, more)
        return found

    def _isTest(self, pipeline: Pipeline) -> bool:
        return len(pipeline.commands) == 1 and nameOf(pipeline.commands[0]) in tests

    def _outcome(self, pipeline: Pipeline) -> Outcome:
        command = pipeline.commands[0]
        found: Outcome
        if isinstance(command, Group) and len(pipeline.commands) == 1:
            found = self._condition(command.body)
        elif self._isTest(pipeline):
            assert isinstance(command, Simple)
            test = Test(self._state.variables, self._state.settled.__contains__, self._value)
            found = test.command(command)
        elif len(pipeline.commands) > 1 or nameOf(command) in (
            "grep",
            "compgen",
            "find",
            "diff",
            "cmp",
            "pgrep",
            "ls",
        ):
            found = None
        else:
            # A command that is expected to work.
            self._command(command)
            found = True
        return opposite(found) if pipeline.negated else found

    def _value(self, word: Word) -> Text | Checked | None:
        value = self._expansion.value(word)
        if isinstance(value, Document):
            name = next((name for name, known in self._state.values.items() if known is value), "")
            if not value.expression or not name or name.startswith("file:"):
                # Something is there.
                return Text.of("?")
            made = self._state.assign(self._state.nameFor(name), value, word.source)
            self._state.values[name] = made
            return made
        return value
