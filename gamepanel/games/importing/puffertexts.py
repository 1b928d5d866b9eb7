"""
Texts and conditions of PufferPanel's templates.
"""

import re
import shlex
from typing import Final

from gamepanel.games.importing.conditions import FileThere, Outcome, both, either, opposite
from gamepanel.games.importing.state import State
from gamepanel.games.importing.text import Ref, Text
from gamepanel.games.importing.variables import Variables

_PLACEHOLDER: Final = re.compile(
    r"\$\{\s*([\w.-]+)\s*\}|\{\{\s*\.Data\.([\w-]+)[^{}]*\}\}|\{\{\s*\.([\w]+)\s*\}\}"
)
_EXISTS: Final = re.compile(r"file_exists\(\s*['\"]([^'\"]+)['\"]\s*\)")
_ATOM: Final = re.compile(r"([A-Za-z_][\w-]*)\s*(==|!=)\s*(?:'([^']*)'|\"([^\"]*)\"|(\w+))")

_MEMBER: Final = re.compile(r"([A-Za-z_][\w-]*)\s+in\s+\[([^\]]*)\]")

maxCondition: Final = 1000
"""Characters of a condition that is looked at."""

_fixed: Final = {"env": ("host", "standard", "tty"), "os": ("linux",), "arch": ("amd64", "x86_64")}
"""What conditions of templates know of the host."""


class Texts:
    """
    What texts and conditions of templates stand for.
    """

    def __init__(self, state: State, variables: Variables) -> None:
        self._state = state
        self._variables = variables

    def text(self, given: object) -> Text:
        """A text in which C{${NAME}} stands for values."""
        parts: list[str | Text] = []
        source, at = given if isinstance(given, str) else str(given or ""), 0
        for match in _PLACEHOLDER.finditer(source):
            parts.append(source[at : match.start()])
            parts.append(self._named(match[1] or match[2] or match[3]))
            at = match.end()
        return Text.of(*parts, source[at:])

    def _named(self, name: str) -> Text:
        known = {"rootDir": "directory", "uuid": "server", "serverId": "server", "id": "server"}
        value = self._state.values.get(name)
        if isinstance(value, Text):
            return value
        found = self._variables.text(name)
        if found is not None:
            return found
        return Text.of(Ref(known[name])) if name in known else Text()

    def shell(self, text: str) -> str:
        """A command whose placeholders are parameters of a shell."""

        def parameter(match: re.Match[str]) -> str:
            value = self._named(match[1] or match[2] or match[3])
            name = value.only
            if name is None:
                return shlex.quote(value.plain or "") if value.plain else ""
            env = f"V_{name}"
            self._state.values[env] = value
            return f"${{{env}}}"

        return _PLACEHOLDER.sub(parameter, text)

    def condition(self, given: object) -> Outcome:
        """What a condition of a template comes to."""
        if not isinstance(given, str) or not given.strip():
            return True
        if len(given) > maxCondition:
            return None
        found: Outcome = False
        for alternative in _apart(given, "||"):
            every: Outcome = True
            for atom in _apart(alternative, "&&"):
                every = both(every, self._atom(atom.strip()))
            found = either(found, every)
        return found

    def _atom(self, atom: str) -> Outcome:
        if atom.startswith("(") and atom.endswith(")"):
            return self.condition(atom[1:-1]) if atom[1:-1].strip() else None
        member = _MEMBER.fullmatch(atom)
        if member is not None:
            found: Outcome = False
            for value in re.findall(r"'([^']*)'|\"([^\"]*)\"", member[2]):
                found = either(found, self._atom(f"{member[1]} == '{value[0] or value[1]}'"))
            return found
        if atom.startswith("!") and not atom.startswith("!="):
            inner = atom[1:].strip()
            whole = inner.startswith("(") and inner.endswith(")")
            return opposite(self._atom(inner[1:-1].strip() if whole else inner))
        file = _EXISTS.fullmatch(atom)
        if file is not None:
            return FileThere(Text.of(file[1]), True)
        match = _ATOM.fullmatch(atom)
        if match is None:
            if atom in ("success", "true"):
                return True
            return self._variables.equals(atom, "true") if re.fullmatch(r"[\w-]+", atom) else None
        name, value = match[1], next(text for text in match.groups()[2:] if text is not None)
        found = value in _fixed[name] if name in _fixed else self._variables.equals(name, value)
        return opposite(found) if match[2] == "!=" else found


def _apart(text: str, mark: str) -> list[str]:
    """The parts between a mark that stands outside of brackets."""
    parts, depth = [""], 0
    for piece in re.split(rf"({re.escape(mark)}|[()])", text):
        if piece == mark and depth == 0:
            parts.append("")
            continue
        depth += (piece == "(") - (piece == ")")
        parts[-1] += piece
    return parts
