"""
Reads what is between the commands of a shell script.
"""

import re
from collections.abc import Callable
from typing import Final

from gamepanel.games.importing.shell import (
    BadShell,
    Literal,
    Redirect,
    Script,
    Word,
)
from gamepanel.games.importing.shellwords import Words

_REDIRECT: Final = re.compile(r"([0-9]*|\{[A-Za-z_]\w*\})(&>>|&>|>>|>&|>\||>|<<<|<<-|<<|<&|<>|<)")

_COMMENT: Final = re.compile(r"#[^\n]*")


class Reader:
    """
    What is between the commands: blanks, comments, words, redirections, here-documents.
    """

    def __init__(self, text: str, inner: Callable[[str], Script]) -> None:
        """
        @param inner: reads the script in a substitution.
        """
        self._words = Words(text, inner)

    def _skip(self, newlines: bool = False) -> None:
        words = self._words
        while words.at < len(words.text):
            if words.peek(2) == "\\\n":
                words.at += 2
            elif (
                words.peek() in " \t"
                or (newlines and words.peek() == ";")
                or (words.peek() == "\n" and newlines)
            ):
                words.at += 1
            elif match := _COMMENT.match(words.text, words.at):
                words.at = match.end()
            else:
                return

    def _keyword(self) -> str:
        """The word or operator that comes, if it closes something."""
        match = re.compile(r"[a-z]+|[{}()!]|;;&|;;|;&").match(self._words.text, self._words.at)
        found = match.group() if match else ""
        following = self._words.text[self._words.at + len(found) : self._words.at + len(found) + 1]
        if found.isalpha() and following not in ("", " ", "\t", "\n", ";", "&", "|", ")", "<", ">"):
            return ""
        return found

    def _expect(self, keyword: str) -> None:
        self._skip(newlines=keyword != ")")
        if keyword == ")":
            self._skip(newlines=True)
        if self._keyword() != keyword:
            raise BadShell(f"{keyword} is missing")
        self._words.at += len(keyword)

    def _wordHere(self) -> Word:
        before = self._words.at
        word = self._words.word()
        if self._words.at == before:
            raise BadShell(f"unexpected {self._words.peek()}")
        return word

    def _source(self, start: int) -> str:
        return self._words.text[start : self._words.at]

    def _value(self) -> Word:
        if self._words.peek() == "(":
            start = self._words.at
            self._words.balanced("(", ")", 0)
            return Word((), self._source(start))
        return self._words.word()

    def _test(self) -> list[Word]:
        """The words up to C{]]}, in which operators of lists have no such meaning."""
        words = self._words
        found: list[Word] = []
        while True:
            self._skip(newlines=True)
            if words.at >= len(words.text):
                raise BadShell("]] is missing")
            if words.peek(2) == "]]":
                words.at += 2
                found.append(Word((Literal("]]"),), "]]"))
                return found
            found.append(words.word(" \t\n"))

    def _redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while True:
            self._skip()
            redirect = self._redirect()
            if redirect is None:
                return tuple(found)
            found.append(redirect)

    def _redirect(self) -> Redirect | None:
        words = self._words
        match = _REDIRECT.match(words.text, words.at)
        if match is None or words.text[match.start(2) :][:2] in ("<(", ">("):
            return None
        words.at = match.end()
        self._skip()
        if match[2] in ("<<", "<<-"):
            return Redirect("<<", match[1], self._document(match[2] == "<<-"))
        return Redirect(match[2], match[1], words.word())

    def _document(self, stripTabs: bool) -> Word:
        """
        The text of a here-document: the lines behind the one in which it is asked for.
        """
        words = self._words
        mark = words.word()
        end = mark.plain if mark.plain is not None else mark.source
        raw = mark.source != end
        line = words.text.find("\n", words.at)
        if line < 0:
            raise BadShell("a here-document is missing")
        lines: list[str] = []
        at = line + 1
        while True:
            following = words.text.find("\n", at)
            one = words.text[at : following if following >= 0 else len(words.text)]
            one = one.lstrip("\t") if stripTabs else one
            at = following + 1 if following >= 0 else len(words.text)
            if one == end or one.strip() == end:
                break
            lines.append(one + "\n")
            if following < 0:
                break
        # The lines are taken out, so that nothing reads them as commands.
        words.text = words.text[: line + 1] + words.text[at:]
        text = "".join(lines)
        return Word((Literal(text, True),), text) if raw else words.quotedText(text)
