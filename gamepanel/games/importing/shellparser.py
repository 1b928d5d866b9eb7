"""
Reads the commands of a shell script; see L{gamepanel.games.importing.shell}.
"""

import re
from collections.abc import Callable
from typing import Final

from gamepanel.games.importing.shell import (
    Arithmetic,
    BadShell,
    Case,
    Command,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Redirect,
    Script,
    Simple,
    Statement,
    Word,
    maxDepth,
)
from gamepanel.games.importing.shellreader import Reader

_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=")
_COPROC: Final = re.compile(r"coproc[ \t]+(?:\w+[ \t]+(?=[({]))?")
_FUNCTION: Final = re.compile(r"(?:function[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*(?:\(\)|(?=\{\s))")
_FUNCTION_WORD: Final = re.compile(r"function[ \t]+([A-Za-z_][\w.-]*)[ \t\n]*(?:\(\))?[ \t\n]*")
_closing: Final = frozenset(
    ("then", "else", "elif", "fi", "do", "done", "esac", "}", ")", ";;", ";&", ";;&")
)


maxLength: Final = 256 * 1024
"""Characters of a script; a longer one is not read."""


def parse(text: str) -> Script:
    """
    What a script says.

    @raise BadShell: when it is no script that this knows.
    """
    if len(text) > maxLength:
        raise BadShell(f"it has more than {maxLength} characters")
    return Parser(text.replace("\r\n", "\n").replace("\r", "\n")).whole()


class Parser(Reader):
    """
    Reads one script.
    """

    def __init__(self, text: str, depth: int = 0) -> None:
        if depth > maxDepth:
            raise BadShell("it is nested too deeply")
        self._depth = depth
        super().__init__(text, self._inner)

    def whole(self) -> Script:
        """
        @raise BadShell: when it can't be read.
        """
        script = self._list()
        if self._words.at < len(self._words.text):
            raise BadShell(f"unexpected {self._keyword() or self._words.peek()}")
        return script

    def _inner(self, source: str) -> Script:
        return Parser(source, self._depth + 1).whole()

    def _list(self) -> Script:
        self._depth += 1
        if self._depth > maxDepth:
            raise BadShell("it is nested too deeply")
        statements: list[Statement] = []
        while True:
            self._skipBetween()
            if self._words.at >= len(self._words.text) or self._keyword() in _closing:
                break
            statements.append(self._statement())
        self._depth -= 1
        return Script(tuple(statements))

    def _skipBetween(self) -> None:
        while True:
            before = self._words.at
            self._skip()
            if self._words.peek() == "\n" or (
                self._words.peek() == ";" and self._words.peek(2) not in (";;", ";&")
            ):
                self._words.at += 1
            if self._words.at == before:
                return

    def _statement(self) -> Statement:
        start = self._words.at
        first = self._pipeline()
        rest: list[tuple[str, Pipeline]] = []
        while True:
            self._skip()
            operator = self._words.peek(2)
            if operator not in ("&&", "||"):
                break
            self._words.at += 2
            self._skip(newlines=True)
            rest.append((operator, self._pipeline()))
        source = self._words.text[start : self._words.at].strip()
        background = self._words.peek() == "&"
        if background:
            self._words.at += 1
        return Statement(first, tuple(rest), background, source)

    def _pipeline(self) -> Pipeline:
        start = self._words.at
        negated = False
        while self._words.peek() == "!" and self._words.peek(2)[1:] in (" ", "\t", "\n"):
            negated = not negated
            self._words.at += 1
            self._skip()
        commands = [self._command()]
        while True:
            self._skip()
            if self._words.peek() != "|" or self._words.peek(2) == "||":
                break
            self._words.at += 2 if self._words.peek(2) == "|&" else 1
            self._skip(newlines=True)
            commands.append(self._command())
        source = self._words.text[start : self._words.at].strip()
        return Pipeline(tuple(commands), negated, source)

    def _command(self) -> Command:
        words = self._words
        self._skip()
        start = words.at
        if (beside := _COPROC.match(words.text, start)) is not None:
            words.at = beside.end()
            return self._command()
        compound = self._compounds().get(self._keyword())
        if words.peek(2) == "((":
            words.balanced("(", ")", 0)
            return Arithmetic(words.text[start : words.at])
        if compound is not None:
            command = compound(start)
            self._redirects()
            return command
        function = _FUNCTION_WORD.match(words.text, start) or _FUNCTION.match(words.text, start)
        if function is not None:
            words.at = function.end()
            self._skip(newlines=True)
            inner = self._command()
            body = inner.body if isinstance(inner, Group) else _single(inner)
            return Function(function.group(1), body, words.text[start : words.at])
        return self._simple(start)

    def _compounds(self) -> dict[str, Callable[[int], Command]]:
        return {
            "if": self._if,
            "case": self._case,
            "for": self._for,
            "select": self._for,
            "while": self._while,
            "until": self._while,
            "{": self._group,
            "(": self._group,
        }

    def _if(self, start: int) -> Command:
        self._words.at += 2
        branches: list[tuple[Script | None, Script]] = []
        while True:
            condition = self._list()
            self._expect("then")
            branches.append((condition, self._list()))
            keyword = self._keyword()
            if keyword not in ("elif", "else", "fi"):
                raise BadShell("fi is missing")
            self._words.at += len(keyword)
            if keyword == "else":
                branches.append((None, self._list()))
                self._expect("fi")
            if keyword != "elif":
                return If(tuple(branches), self._source(start))

    def _case(self, start: int) -> Command:
        words = self._words
        words.at += 4
        self._skip()
        word = words.word()
        self._expect("in")
        arms: list[tuple[tuple[Word, ...], Script]] = []
        while True:
            self._skip(newlines=True)
            if self._keyword() == "esac":
                words.at += 4
                return Case(word, tuple(arms), self._source(start))
            if words.peek() == "(":
                words.at += 1
            patterns: list[Word] = []
            while True:
                self._skip()
                before = words.at
                patterns.append(words.word())
                self._skip()
                mark = words.peek()
                words.at += 1
                if mark == ")":
                    break
                if mark != "|" or words.at == before:
                    raise BadShell("a pattern of case is not closed")
            arms.append((tuple(patterns), self._list()))
            keyword = self._keyword()
            if keyword in (";;", ";&", ";;&"):
                words.at += len(keyword)
            elif keyword != "esac":
                raise BadShell("esac is missing")

    def _for(self, start: int) -> Command:
        words = self._words
        kind = self._keyword()
        words.at += len(kind)
        self._skip()
        listed: list[Word] = []
        if words.peek(2) == "((":
            words.balanced("(", ")", 0)
            name = ""
        else:
            name = words.word().source
            self._skip(newlines=True)
            if self._keyword() == "in":
                words.at += 2
                self._skip()
                while words.peek() not in ("\n", ";", ""):
                    listed.append(self._wordHere())
                    self._skip()
        self._expect("do")
        body = self._list()
        self._expect("done")
        return Loop(kind, name, tuple(listed), body, self._source(start))

    def _while(self, start: int) -> Command:
        kind = self._keyword()
        self._words.at += len(kind)
        self._list()
        self._expect("do")
        body = self._list()
        self._expect("done")
        return Loop(kind, "", (), body, self._source(start))

    def _group(self, start: int) -> Command:
        opening = self._words.peek()
        self._words.at += 1
        body = self._list()
        self._expect("}" if opening == "{" else ")")
        return Group(body, opening == "(", self._source(start))

    def _simple(self, start: int) -> Command:
        words = self._words
        assignments: list[tuple[str, Word]] = []
        found: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            self._skip()
            if redirect := self._redirect():
                redirects.append(redirect)
                continue
            if words.peek() in ("", "\n", ";", "&", "|", ")"):
                break
            match = _ASSIGNMENT.match(words.text, words.at)
            if match is not None and not found:
                words.at = match.end()
                assignments.append((match[1] + match[2], self._value()))
                continue
            found.append(self._wordHere())
            if found[0].source == "[[" and len(found) == 1:
                found += self._test()
        if not (assignments or found or redirects):
            raise BadShell(f"unexpected {words.peek() or 'end'}")
        return Simple(tuple(assignments), tuple(found), tuple(redirects), self._source(start))


def _single(command: Command) -> Script:
    pipeline = Pipeline((command,), False, command.source)
    return Script((Statement(pipeline, (), False, command.source),))
