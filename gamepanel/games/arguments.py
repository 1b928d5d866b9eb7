"""
The command line that starts a server.
"""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from gamepanel.games.definition import ServerType, WhenSet, newestPlaceholder
from gamepanel.games.globs import Glob
from gamepanel.games.option import BadValue
from gamepanel.games.template import Template
from gamepanel.wire.causes import because
from gamepanel.wire.values import OptionValue


class BadArgument(BadValue):
    """
    A value that would pass for an option of the program, or name a program of the host.

    @ivar name: of the option that has it.
    """

    def __init__(self, name: str, code: str = "leading_dash") -> None:
        super().__init__(because(code))
        self.name = name


def asText(value: OptionValue | None) -> str:
    """How a value stands in a command line or a text file; nothing for no value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def isSet(value: OptionValue | None) -> bool:
    """Whether a value is true or non-empty; a number always is."""
    return not (value is None or value is False or value == "")


def arguments(
    definition: ServerType, values: Mapping[str, Any], newest: Mapping[Glob, str] | None = None
) -> tuple[str, ...]:
    """
    The program and arguments that start a server.

    @param values: of options, and of C{server} and C{directory}.
    @param newest: the newest file of each of L{ServerType.globs} for which there is one.

    @raise BadArgument: when a value would pass for an option of the program, or lets the program be
        another than one in the server's directory.
    """
    texts = {name: asText(value) for name, value in values.items()}
    result: list[str] = []
    for template, known in _chosen(definition, values, texts, newest or {}):
        argument = template.expand(known)
        if not result:
            _checkProgram(definition, template, argument, values)
        leader = template.leader(known)
        if argument.startswith("-") and leader is not None:
            _refuseDash(definition, leader)
        # An empty argument that stands so in the type is meant.
        if argument or not template.pieces:
            result.append(argument)
    return tuple(result)


def _chosen(
    definition: ServerType,
    values: Mapping[str, Any],
    texts: Mapping[str, str],
    newest: Mapping[Glob, str],
) -> Iterator[tuple[Template, Mapping[str, str]]]:
    """The templates of all arguments that are not left out, each with what it may name."""
    for element in definition.run.elements:
        if isinstance(element, str):
            yield definition.template(element), texts
        elif isinstance(element, WhenSet):
            chosen = element.add if isSet(values.get(element.when)) else element.otherwise
            yield from ((definition.template(text), texts) for text in chosen)
        elif file := newest.get(definition.globOf(element, texts)):
            known = {**texts, newestPlaceholder: file}
            yield from ((definition.newestTemplate(text), known) for text in element.add)
        else:
            yield from ((definition.template(text), texts) for text in element.otherwise)


def _checkProgram(
    definition: ServerType, program: Template, path: str, values: Mapping[str, Any]
) -> None:
    """
    A value that people may set must not name any program of the host, or another server's file,
    which an isolated game would be shown: what it may be is what the type says, or a path in the
    server's directory.

    @raise BadArgument: naming the option that lets it be something else.
    """
    free = [
        name
        for name in sorted(program.names & definition.optionsByName.keys())
        if (option := definition.optionsByName[name]).choices is None
        and values.get(name) != option.default
    ]
    if not free:
        return
    home = posixpath.normpath(values["directory"])
    whole = posixpath.normpath(posixpath.join(home, definition.run.directory, path))
    if "/" not in path or not whole.startswith(f"{home}/"):
        raise BadArgument(free[0], "not_in_directory")


def _refuseDash(definition: ServerType, name: str) -> None:
    option = definition.optionsByName.get(name)
    if option is None or not option.isNumber:
        raise BadArgument(name)
