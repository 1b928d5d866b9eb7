"""What variables of a script hold before it runs, and what its conditions come to."""

import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from gamepanel.games.importing.bash import Unfit, source
from gamepanel.games.importing.text import Text, filled
from gamepanel.games.importing.values import wordText
from gamepanel.games.importing.variables import Variable, Variables, newestWords

if TYPE_CHECKING:
    from tree_sitter import Node

roots: Final = ("/mnt/server", "/home/container")
"""Where the server's directory is in containers."""

_PARAMETER: Final = re.compile(r"\$\{?(\w+)\}?")

Known = bool | tuple[str, bool] | None
"""Whether something is so; that an option is set, or is not; None where it can't be told."""


class Scope:
    """
    The variables of a script.

    @ivar variables: those of the file.
    @ivar values: those that have a value in the script, with it.
    @ivar documents: those that hold a document, with its address.
    @ivar directory: where commands are run, relative to the server's; None outside of it.
    """

    def __init__(self, variables: Variables, values: Mapping[str, Text] = {}) -> None:
        self.variables = variables
        self.values = dict(values)
        self.documents: dict[str, Text] = {}
        self.directory: str | None = ""

    # Values

    def lookup(self, env: str) -> Text | None:
        """The value of a variable; None for one that is not known."""
        if env in self.values:
            return self.values[env]
        return self.variables.text(env)

    def variable(self, env: str) -> Variable | None:
        """The variable of the file whose whole value another has; None where there is none."""
        value = self.values.get(env)
        return self.variables.find(env) if value is None else self.variables.behind(value)

    def text(self, node: "Node", globs: bool = False) -> Text:
        """The one text that a word stands for, as L{wordText} does."""
        return wordText(node, self.lookup, globs)

    def address(self, text: str, absent: Text | None = None) -> Text:
        """
        A text in which C{$NAME} stands for values.

        @param absent: what stands for variables that there are not.

        @raise Unfit: when there is no such variable.
        """

        def value(match: re.Match[str]) -> Text:
            found = self.lookup(match[1]) or absent
            if found is None:
                raise Unfit(text)
            return found

        return filled(_PARAMETER, text, value)

    def path(self, text: Text) -> str | None:
        """Relative to the server's directory; C{.} for that itself, None outside of it."""
        path = text.template
        for root in (*roots, "{directory}"):
            if path == root or path.startswith(f"{root}/"):
                path = "/" + path[len(root) :].lstrip("/")
                break
        else:
            if path.startswith("/"):
                return None
            if self.directory is None:
                return None
            path = f"/{self.directory}/{path}"
        self.variables.use(text)
        return posixpath.normpath(path).lstrip("/") or "."

    # Conditions

    def condition(self, node: "Node") -> Known:
        """What a condition comes to."""
        text = source(node).strip()
        if text in ("true", "false"):
            return text == "true"
        if node.type == "compound_statement":
            return self.condition(node.named_children[0])
        if node.type == "negated_command":
            return opposite(self.condition(node.named_children[0]))
        if node.type == "list":
            left, right = (self.condition(one) for one in node.named_children)
            return joined(left, right, "||" in [child.type for child in node.children])
        match = re.fullmatch(
            r"(?:\[\[?|test) (!)? ?(-[a-z]) \"?([^\"]*?)\"?(?: \]\]?)?", " ".join(text.split())
        )
        if match is not None:
            found = self._test(match[2], match[3])
            return opposite(found) if match[1] else found
        match = re.fullmatch(
            r"(?:\[\[?|test) [\"x]*\$\{?(\w+)\}?[\"x]* (==?|!=|-eq|-ne) [\"']?x?([\w.]*)[\"']?"
            r"(?: \]\]?)?",
            " ".join(text.split()),
        )
        if match is None:
            return None
        found = self._equals(match[1], match[3])
        return opposite(found) if match[2] in ("!=", "-ne") else found

    def _test(self, operator: str, operand: str) -> Known:
        name = re.fullmatch(r"\$\{?(\w+)\}?", operand)
        if operator in ("-z", "-n") and name is not None:
            isEmpty = self._equals(name[1], "")
            return isEmpty if operator == "-z" else opposite(isEmpty)
        if operator in ("-f", "-d", "-e", "-s", "-r", "-x"):
            # Nothing is there at first, but for the directory itself.
            text = re.sub(r"\$\{?(\w+)\}?", lambda m: self._plain(m[1]), operand)
            return operator in ("-d", "-e") and text.rstrip("/") in roots
        return None

    def _plain(self, env: str) -> str:
        value = self.values.get(env)
        return (value.plain if value is not None else None) or "?"

    def _equals(self, env: str, value: str) -> Known:
        known, variable = self.values.get(env), self.variable(env)
        if known is not None and known.only is None:
            return None if known.plain is None else known.plain == value
        if variable is None:
            return value == "" if env not in self.documents else None
        env = variable.env
        constant = self.variables.constant(variable)
        if constant is not None:
            return constant == value
        if value == "" and not self.variables.mayBeEmpty(variable):
            return False
        if value == "" and variable.rules.choices is not None:
            return self.variables.condition(env), False
        if value.lower() in ("", *newestWords) and variable.rules.choices is None:
            if value == "" and variable.default.lower() not in ("", *newestWords):
                return self.variables.condition(env), False
            return self.variables.orNewest(env), False
        if self.variables.rulesTruth(variable) and value in ("0", "1", "true", "false"):
            return self.variables.condition(env), value in ("1", "true")
        return None


def joined(left: Known, right: Known, isOr: bool) -> Known:
    """What two conditions come to together."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, bool):
            return one if one is isOr else other
    return left if left == right else None


def opposite(known: Known) -> Known:
    """The other way round."""
    if isinstance(known, tuple):
        return known[0], not known[1]
    return None if known is None else not known
