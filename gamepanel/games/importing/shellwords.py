"""
Reads the words of a shell script.
"""

import re
from collections.abc import Callable
from typing import Final

from gamepanel.games.importing.shell import (
    BadShell,
    Literal,
    Parameter,
    Part,
    Script,
    Substitution,
    Word,
)

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_ARRAY: Final = re.compile(r"[A-Za-z_]\w*\+?=")
_ENDS: Final = " \t\n;&|<>()"
"""What ends a word outside of quotes."""


class Words:
    """
    A place in a text, from which words are read.

    @ivar text: the whole script.
    @ivar at: the place.
    """

    def __init__(self, text: str, inner: Callable[[str], Script]) -> None:
        """
        @param inner: reads the script in a substitution.
        """
        self.text = text
        self.at = 0
        self._inner = inner

    def peek(self, length: int = 1) -> str:
        """The next characters, which stay."""
        return self.text[self.at : self.at + length]

    def word(self, ends: str = _ENDS) -> Word:
        """
        The word that begins here.

        @param ends: characters that end it.
        """
        start = self.at
        parts: list[Part] = []
        while self.at < len(self.text):
            character = self.peek()
            if character == "(" and _ARRAY.fullmatch(self.text, start, self.at):
                # Of local, declare and their like; one that stands alone is read elsewhere.
                parts.append(Literal(self.balanced("(", ")", 0)))
                continue
            if character == "(" and self.text[start : self.at][-1:] in tuple("!@+*?"):
                # A pattern of bash: !(a|b).
                parts.append(Literal(self.balanced("(", ")", 0)))
                continue
            if character in ends and not self._isProcess():
                break
            if character == "\\":
                parts.append(Literal(self.text[self.at + 1 : self.at + 2].replace("\n", ""), True))
                self.at += 2
            elif character == "'":
                parts.append(Literal(self._until("'", 1), True))
            elif character == '"':
                self.at += 1
                parts += self._inQuotes()
            elif self.peek(2) == "$'":
                self.at += 1
                parts.append(Literal(_unescape(self._until("'", 1)), True))
            elif character in "$`":
                parts += self._expansion(quoted=False)
            elif self._isProcess():
                parts.append(Literal(self.balanced("(", ")", 1)))
            else:
                parts.append(Literal(self._run(ends + "\\'\"$`")))
        return Word(_joined(parts), self.text[start : self.at])

    def quotedText(self, text: str) -> Word:
        """The text of a here-document, in which only parameters and substitutions count."""
        inner = Words(text, self._inner)
        return Word(_joined(inner._inQuotes(isHere=True)), text)

    def _isProcess(self) -> bool:
        return self.peek(2) in ("<(", ">(")

    def _run(self, stops: str) -> str:
        start = self.at
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] not in stops:
            self.at += 1
        return self.text[start : self.at]

    def _until(self, end: str, skip: int) -> str:
        self.at += skip
        close = self.text.find(end, self.at)
        if close < 0:
            raise BadShell(f"a {end} is not closed")
        found = self.text[self.at : close]
        self.at = close + len(end)
        return found

    def _inQuotes(self, isHere: bool = False) -> list[Part]:
        """The parts up to the closing quote, whose opening one was read."""
        parts: list[Part] = []
        while self.at < len(self.text):
            character = self.peek()
            if character == '"' and not isHere:
                self.at += 1
                return parts
            if character == "\\":
                escaped = self.text[self.at + 1 : self.at + 2]
                kept = "" if escaped in '$`"\\' else "\\"
                parts.append(Literal("" if escaped == "\n" else kept + escaped, True))
                self.at += 2
            elif character in "$`":
                parts += self._expansion(quoted=True)
            else:
                parts.append(Literal(self._run("\\$`" if isHere else '\\"$`'), True))
        if not isHere:
            raise BadShell('a " is not closed')
        return parts

    def _expansion(self, quoted: bool) -> list[Part]:
        if self.peek() == "`":
            source = self._until("`", 1).replace("\\`", "`").replace("\\$", "$")
            return [Substitution(self._inner(source), quoted)]
        if self.peek(3) == "$((":
            start = self.at
            self.at += 1
            self.balanced("(", ")", 0)
            return [Parameter("((", self.text[start : self.at], quoted)]
        if self.peek(2) == "$(":
            self.at += 1
            source = self.balanced("(", ")", 0)[1:-1]
            return [Substitution(self._inner(source), quoted)]
        if self.peek(2) == "${":
            self.at += 1
            return [self._braced(self.balanced("{", "}", 0)[1:-1], quoted)]
        match = _NAME.match(self.text, self.at + 1)
        if match is None:
            self.at += 1
            return [Literal("$", quoted)]
        self.at = match.end()
        return [Parameter(match.group(), "", quoted)]

    def _braced(self, inside: str, quoted: bool) -> Part:
        inside = inside.strip() if "." in inside else inside
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", inside):
            return Parameter(inside, "", quoted)
        match = _NAME.match(inside)
        if match is None or inside.startswith(("#", "!")):
            return Parameter("", inside, quoted)
        return Parameter(match.group(), inside[match.end() :], quoted)

    def balanced(self, opening: str, closing: str, skip: int) -> str:
        """
        The text up to where a bracket is closed, with it; quotes hide brackets.

        @param skip: how many characters to pass over first.
        """
        start = self.at
        self.at += skip
        depth = 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "\\":
                self.at += 1
            elif character == "'" and opening == "(":
                self._until("'", 1)
                continue
            elif character == '"' and opening == "(":
                self.at += 1
                self._skipQuotes()
                continue
            elif character == opening:
                depth += 1
            elif character == closing:
                depth -= 1
                if depth == 0:
                    self.at += 1
                    return self.text[start : self.at]
            self.at += 1
        raise BadShell(f"a {opening} is not closed")

    def _skipQuotes(self) -> None:
        while self.at < len(self.text) and self.text[self.at] != '"':
            if self.text[self.at] == "\\":
                self.at += 1
            elif self.peek(2) == "$(":
                self.balanced("(", ")", 1)
                continue
            self.at += 1
        if self.at >= len(self.text):
            raise BadShell('a " is not closed')
        self.at += 1


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    result: list[Part] = []
    for part in parts:
        last = result[-1] if result else None
        if isinstance(part, Literal) and isinstance(last, Literal) and part.quoted == last.quoted:
            result[-1] = Literal(last.text + part.text, part.quoted)
        else:
            result.append(part)
    return tuple(result)


def _unescape(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r")
