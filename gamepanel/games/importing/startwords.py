"""
Words and conditions of a start command.
"""

import re
from typing import Any, Final

from gamepanel.games.importing.conditions import (
    Checked,
    Outcome,
    Test,
    Value,
    opposite,
)
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.shell import (
    Literal,
    Parameter,
    Pipeline,
    Script,
    Simple,
    Substitution,
    Word,
)
from gamepanel.games.importing.text import Text, located
from gamepanel.games.importing.variables import Variables

Element = str | dict[str, Any]

_WRITERS: Final = frozenset({"echo", "printf"})


class Unsayable(Exception):
    """Something that needs a shell; the text says what."""


_path: Final = "/usr/local/bin:/usr/bin:/bin"
"""What a search path is added to; that of the daemon can't be told."""


class Words:
    """
    Finds what words of a start command stand for, and what its conditions come to.
    """

    def __init__(self, variables: Variables, notes: Notes, globs: dict[str, str]) -> None:
        self._variables = variables
        self._notes = notes
        self.locals: dict[str, Text] = {"PATH": Text.of(_path)}
        self.globs = globs

    def text(self, word: Word) -> Text:
        """
        The one text that a word stands for.

        @raise Unsayable: when a shell must say.
        """
        parts: list[str | Text] = []
        for part in word.parts:
            if isinstance(part, Literal):
                isHome = not part.quoted and part is word.parts[0]
                isHome = isHome and re.match(r"~(?:/|$)", part.text) is not None
                parts.append(f"/home/container{part.text[1:]}" if isHome else part.text)
            elif isinstance(part, Parameter):
                parts.append(self._parameter(part))
            else:
                parts.append(self._glued(part))
        return located(Text.of(*parts)).replace("/mnt/server", ".")

    def _parameter(self, part: Parameter) -> Text:
        default = re.fullmatch(r":?-(.*)", part.operation, re.DOTALL)
        if part.operation and default is None:
            raise Unsayable(f"${{{part.name}{part.operation}}}")
        found = self.locals.get(part.name)
        if found is None:
            from gamepanel.games.importing.configs import envOf

            found = self._variables.text(envOf(part.name) or part.name)
        if found is None and default is not None:
            found = Text.of(default[1].strip("\"'"))
        # What is not set is empty.
        return Text() if found is None else found

    def _outcomeOf(self, condition: Script) -> Outcome:
        if len(condition.statements) != 1:
            return None
        statement = condition.statements[0]
        from gamepanel.games.importing.conditions import both, either

        found = self._outcome(statement.first)
        for operator, pipeline in statement.rest:
            more = self._outcome(pipeline)
            found = both(found, more) if operator == "&&" else either(found, more)
        return found

    def _outcome(self, pipeline: Pipeline) -> Outcome:
        found = self._test(pipeline)
        command = pipeline.commands[0]
        if found is None and isinstance(command, Simple) and len(command.words) == 1:
            # if {{ENABLED}}; then
            found = self._truth(command.words[0])
        return opposite(found) if pipeline.negated else found

    def _truth(self, word: Word) -> Outcome:
        match word.parts:
            case (Parameter(name=name),):
                return self._variables.equals(name, "true")
        return {"true": True, "false": False}.get(word.source)

    def _test(self, pipeline: Pipeline) -> Outcome:
        command = pipeline.commands[0]
        if len(pipeline.commands) != 1 or not isinstance(command, Simple) or not command.words:
            return None
        if command.words[0].source not in ("[", "[[", "test"):
            return None
        return Test(self._variables, lambda name: False, self._value).command(command)

    def _value(self, word: Word) -> Value | Checked:
        try:
            return self.text(word)
        except Unsayable:
            return None

    def _printed(self, pipeline: Pipeline) -> tuple[Word, ...]:
        command = pipeline.commands[0]
        if len(pipeline.commands) != 1 or not isinstance(command, Simple) or not command.words:
            raise Unsayable(pipeline.source)
        name, *words = command.words
        if name.source not in _WRITERS:
            raise Unsayable(pipeline.source)
        while words and words[0].source in ("-n", "-e", "-ne", "-en", "--"):
            words.pop(0)
        if words and words[0].plain == "%s":
            # Of printf: what follows is printed without anything between.
            parts = tuple(part for word in words[1:] for part in word.parts)
            return (Word(parts, " ".join(word.source for word in words[1:])),)
        return tuple(words)

    def _words(self, words: tuple[Word, ...]) -> list[Element]:
        """What was printed is taken apart at blanks, as a shell does."""
        found: list[Element] = []
        for word in words:
            pieces: list[Text] = [Text()]
            inQuotes = False
            for piece in self.text(word).pieces:
                if not isinstance(piece, str):
                    pieces[-1] = Text.of(pieces[-1], piece)
                    continue
                for character in piece:
                    if character in "\"'" and len(word.parts) > 0:
                        inQuotes = not inQuotes
                    elif character.isspace() and not inQuotes:
                        pieces.append(Text())
                    else:
                        pieces[-1] = Text.of(pieces[-1], character)
            found += [self._variables.use(piece) for piece in pieces if piece]
        return found

    def _glued(self, part: Substitution) -> Text:
        raise NotImplementedError
