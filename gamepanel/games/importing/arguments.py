"""
Words of a start command, as elements of C{command}: each is one argument, whatever its
values hold.
"""

import re
import shlex
from typing import Any, Final

from gamepanel.games.importing.conditions import (
    FileThere,
    Outcome,
)
from gamepanel.games.importing.declared import Condition
from gamepanel.games.importing.shell import (
    If,
    Literal,
    Parameter,
    Script,
    Simple,
    Substitution,
    Word,
)
from gamepanel.games.importing.shellparser import parse
from gamepanel.games.importing.startwords import Element, Unsayable, Words
from gamepanel.games.importing.text import Ref, Text

_FREE: Final = re.compile(
    r"ARG|FLAG|PARAM|EXTRA|ADDITIONAL|OPTION|STARTUP|COMMAND|JVM|CUSTOM|_CMD", re.I
)
"""Names of variables in which people write whole arguments."""


class Arguments(Words):
    """
    Makes elements of words.

    @ivar locals: variables that the start command itself has set.
    @ivar globs: files that other names stand for.
    """

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
        if (split := self._unglued(word)) is not None:
            return split
        if (either := self._eitherWay(word)) is not None:
            return either
        text = self.text(word)
        if not text and not any(isinstance(part, Literal) and part.quoted for part in word.parts):
            return []
        text = _unquoted(text, word)
        if (plain := text.plain) is not None:
            # Java finds arguments in @FILE.
            prefix = "@" if plain.startswith("@") else ""
            known = self.globs.get(plain.removeprefix(prefix).removeprefix("./"))
            if known is not None:
                return [_newest(prefix + known, [])]
            if _hasGlob(word):
                return [_newest(plain, [])]
        return [self._variables.use(text)]

    def _glued(self, part: Substitution) -> Text:
        """
        What a substitution within a word stands for.

        @raise Unsayable: when that depends on an option.
        """
        simple = list(part.script.simple())
        if len(simple) == 1 and [word.source for word in simple[0].words] == ["pwd"]:
            return Text.of(Ref("directory"))
        found = self._chosen(part.script)
        if all(isinstance(element, str) and "{" not in element for element in found):
            return Text.of(" ".join(str(element) for element in found))
        raise Unsayable("$( ) within a word")

    def _unglued(self, word: Word) -> list[Element] | None:
        """
        A word at whose end a substitution prints further words: C{a$( ... printf ' -b')}.

        @return: None where there is none such.
        """
        for index, part in enumerate(word.parts):
            if not isinstance(part, Substitution) or index == 0:
                continue
            printed = [w for s in part.script.simple() for w in s.words if " " in w.source]
            if not any(re.match(r"[\"']?\s", w.source) for w in printed[-1:]):
                return None
            before, after = Word(word.parts[:index], ""), Word(word.parts[index + 1 :], "")
            found = [*self.elements(before), *self._chosen(part.script)]
            return [*found, *self.elements(after)] if after.parts else found
        return None

    def _eitherWay(self, word: Word) -> list[Element] | None:
        """
        A word in which a substitution prints something only when an option is set, or is not:
        the whole word in both ways.

        @return: None where there is none such.
        """
        for index, part in enumerate(word.parts):
            if not isinstance(part, Substitution) or not _isTested(part):
                continue
            printed = self._chosen(part.script)
            if len(printed) != 1 or not isinstance(printed[0], dict) or "when" not in printed[0]:
                continue
            element = printed[0]
            before, after = self.text(Word(word.parts[:index], "")), word.parts[index + 1 :]
            rest = self.text(Word(after, ""))
            ways: list[list[Element]] = [
                [self._variables.use(_unquoted(Text.of(before, _textOf(texts), rest), word))]
                for texts in (element["add"], element.get("otherwise", []))
            ]
            return _depending(element["when"], *ways)
        return None

    def _several(self, part: Parameter) -> list[Element] | None:
        """A variable in which any number of arguments may stand: those of its default."""
        local = self.locals.get(part.name)
        variable = (
            self._variables.find(part.name)
            if local is None
            else self._variables.named(local.only or "")
        )
        if variable is None or variable.rules.choices is not None:
            return None
        default = variable.default.strip()
        isFree = _FREE.search(variable.env) is not None and not variable.rules.isNumber
        isArgument = default.startswith(("-", "+")) and not variable.rules.isNumber
        if not (isFree or isArgument or self._isCommand(variable.env, default)):
            return None
        try:
            found = shlex.split(default)
        except ValueError:
            raise Unsayable(f"{part.name}: {default}") from None
        self._variables.spread(variable.env)
        self._notes.leave(
            "startup",
            f"{{{{{variable.env}}}}}",
            "any number of arguments in one value needs a shell; its default is in the command, "
            "where others can be written",
            matters=False,
        )
        return [text.replace("{", "{{").replace("}", "}}") for text in found]

    def _isCommand(self, env: str, default: str) -> bool:
        return " -" in default and self._variables.find(env) is not None

    def _alternative(self, part: Parameter) -> list[Element]:
        """C{${NAME:+...}}: what is there only if NAME is set."""
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
            return _depending(outcome.name, self._words(there), self._words(away))
        raise Unsayable("a test that can't be made without a shell")


def _isTested(part: Substitution) -> bool:
    """Whether what is printed depends on a test."""
    statements = part.script.statements
    return len(statements) == 1 and (
        bool(statements[0].rest) or isinstance(statements[0].first.commands[0], If)
    )


def _depending(name: str, there: list[Element], away: list[Element]) -> list[Element]:
    """Arguments that depend on whether an option is set."""
    if there == away:
        return there
    found: dict[str, Any] = {"when": name, "add": there}
    if away:
        found["otherwise"] = away
    return [found]


def _textOf(templates: list[str]) -> Text:
    """What templates say, one behind the other."""
    pieces = re.split(r"(?<!\{)\{(\w+)\}", " ".join(templates))
    return Text.of(
        *(
            Ref(piece) if index % 2 else piece.replace("{{", "{").replace("}}", "}")
            for index, piece in enumerate(pieces)
        )
    )


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
