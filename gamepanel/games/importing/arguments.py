"""
Words of a start command, as elements of C{command}: each is one argument, whatever its
values hold.
"""

import re
import shlex
from typing import Any, Final

from gamepanel.games.importing.conditions import (
    Checked,
    FileThere,
    Outcome,
    Test,
    Value,
    opposite,
)
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.shell import (
    If,
    Literal,
    Parameter,
    Pipeline,
    Script,
    Simple,
    Substitution,
    Word,
)
from gamepanel.games.importing.text import Text
from gamepanel.games.importing.variables import Condition, Variables

Element = str | dict[str, Any]

_FREE: Final = re.compile(
    r"ARG|FLAG|PARAM|EXTRA|ADDITIONAL|OPTION|STARTUP|COMMAND|JVM|CUSTOM|_CMD", re.I
)
"""Names of variables in which people write whole arguments."""

_WRITERS: Final = frozenset({"echo", "printf"})


class Unsayable(Exception):
    """Something that needs a shell; the text says what."""


class Arguments:
    """
    Makes elements of words.

    @ivar locals: variables that the start command itself has set.
    @ivar globs: files that other names stand for.
    """

    def __init__(self, variables: Variables, notes: Notes, globs: dict[str, str]) -> None:
        self._variables = variables
        self._notes = notes
        self.locals: dict[str, Text] = {}
        self.globs = globs

    def text(self, word: Word) -> Text:
        """
        The one text that a word stands for.

        @raise Unsayable: when a shell must say.
        """
        parts: list[str | Text] = []
        for part in word.parts:
            if isinstance(part, Literal):
                parts.append(part.text)
            elif isinstance(part, Parameter):
                parts.append(self._parameter(part))
            else:
                raise Unsayable("$( )")
        return Text.of(*parts).replace("/home/container", ".").replace("/mnt/server", ".")

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

    def elements(self, word: Word) -> list[Element]:
        """
        The arguments that a word becomes.

        @raise Unsayable: when a shell must say.
        """
        match word.parts:
            case (Substitution(script=script, quoted=False),):
                return self._chosen(script)
            case (Parameter() as part,) if part.operation.startswith((":+", "+")):
                return self._alternative(part)
            case (Parameter(quoted=False) as part,):
                if (several := self._several(part)) is not None:
                    return several
        if any(isinstance(part, Substitution) for part in word.parts):
            raise Unsayable(word.source)
        text = self.text(word)
        if not text and not any(isinstance(part, Literal) and part.quoted for part in word.parts):
            return []
        text = _unquoted(text, word)
        if (plain := text.plain) is not None:
            known = self.globs.get(plain.removeprefix("./"))
            if known is not None:
                return [_newest(known, [])]
            if _hasGlob(word):
                return [_newest(plain, [])]
        return [self._variables.use(text)]

    def _several(self, part: Parameter) -> list[Element] | None:
        """A variable in which any number of arguments may stand: those of its default."""
        variable = self._variables.find(part.name)
        if variable is None or part.name in self.locals or variable.rules.choices is not None:
            return None
        default = variable.default.strip()
        isFree = _FREE.search(part.name) is not None and not variable.rules.isNumber
        if not (isFree or default.startswith(("-", "+")) or self._isCommand(variable.env, default)):
            return None
        try:
            found = shlex.split(default)
        except ValueError:
            raise Unsayable(f"{part.name}: {default}") from None
        self._notes.leave(
            "startup",
            f"{{{{{part.name}}}}}",
            "any number of arguments in one value needs a shell; its default is in the command, "
            "where others can be written",
            matters=False,
        )
        return [text.replace("{", "{{").replace("}", "}}") for text in found]

    def _isCommand(self, env: str, default: str) -> bool:
        return " -" in default and self._variables.find(env) is not None

    def _alternative(self, part: Parameter) -> list[Element]:
        """C{${NAME:+...}}: what is there only if NAME is set."""
        from gamepanel.games.importing.shell import parse

        script = parse("echo " + part.operation.lstrip(":").lstrip("+"))
        words = next(iter(script.simple())).words[1:]
        return self._when(self._variables.isSet(part.name), words, ())

    def _chosen(self, script: Script) -> list[Element]:
        """C{$( [ ... ] && echo ... )} and its kin."""
        if len(script.statements) != 1:
            raise Unsayable("$( ) with several commands")
        statement = script.statements[0]
        command = statement.first.commands[0]
        if len(statement.first.commands) == 1 and isinstance(command, If) and not statement.rest:
            return self._if(command)
        outcome = self._outcome(statement.first)
        yes: tuple[Word, ...] = ()
        no: tuple[Word, ...] = ()
        for operator, pipeline in statement.rest:
            if (more := self._test(pipeline)) is not None and operator == "&&" and not yes:
                from gamepanel.games.importing.conditions import both

                outcome = both(outcome, more)
            elif operator == "&&":
                yes = self._printed(pipeline)
            else:
                no = self._printed(pipeline)
        if not statement.rest and isinstance(command, Simple):
            return self._words(self._printed(statement.first))
        return self._when(outcome, yes, no)

    def _if(self, command: If) -> list[Element]:
        (condition, body), *rest = command.branches
        if condition is None or len(rest) > 1 or (rest and rest[0][0] is not None):
            raise Unsayable("if with elif")
        outcome = self._outcomeOf(condition)
        return self._when(outcome, self._body(body), self._body(rest[0][1]) if rest else ())

    def _body(self, script: Script) -> tuple[Word, ...]:
        if len(script.statements) != 1 or script.statements[0].rest:
            raise Unsayable("if with several commands")
        return self._printed(script.statements[0].first)

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
        while words and words[0].source in ("-n", "-e", "-ne", "-en", "%s", '"%s"', "'%s'", "--"):
            words.pop(0)
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

    def _when(self, outcome: Outcome, yes: tuple[Word, ...], no: tuple[Word, ...]) -> list[Element]:
        if isinstance(outcome, bool):
            return self._words(yes if outcome else no)
        if isinstance(outcome, FileThere):
            path = outcome.path.plain
            there, away = (yes, no) if outcome.isThere else (no, yes)
            if path is None or outcome.isDirectory:
                raise Unsayable("a test of a directory")
            glob = self.globs.get(path.removeprefix("./"))
            add = [_named(element, path, glob is not None) for element in self._words(there)]
            otherwise = self._words(away)
            return [{"newest": glob or path, "add": add, "otherwise": otherwise}]
        if isinstance(outcome, Condition):
            there, away = (yes, no) if outcome.isSet else (no, yes)
            if not away:
                added = self._words(there)
                return [{"when": outcome.name, "add": added}] if added else []
            raise Unsayable("arguments for when an option is not set")
        raise Unsayable("a test that can't be made without a shell")


def _named(element: Element, path: str, isGlob: bool) -> str:
    text = str(element)
    return text.replace(path, "{newest}") if isGlob else text


def _newest(glob: str, otherwise: list[Element]) -> Element:
    """The newest file that fits a glob, with what stands before its path."""
    match = re.match(r"(@|-[\w.:-]+=)?(?:\./)?", glob)
    assert match is not None
    prefix = match[1] or ""
    rest = glob[match.end() :].replace("{", "{{").replace("}", "}}")
    found: dict[str, Any] = {"newest": rest, "add": [f"{prefix}{{newest}}"]}
    if otherwise:
        found["otherwise"] = otherwise
    return found


def _hasGlob(word: Word) -> bool:
    return any(
        isinstance(part, Literal)
        and not part.quoted
        and ("*" in part.text or re.search(r"\[[^\]/]+\]", part.text) is not None)
        and not part.text.startswith(("-", "?"))
        for part in word.parts
    ) and ("/" in word.source or "." in word.source)


def _unquoted(text: Text, word: Word) -> Text:
    """
    Without escaped quotes around it: the panels take them away when they read the command
    a second time.
    """
    return text.replace('"', "") if '\\"' in word.source else text
