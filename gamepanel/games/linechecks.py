"""
Checks the patterns of a type that are searched in console lines, before a server of it exists.
"""

import re
from collections.abc import Collection

from gamepanel.console.linepatterns import Unsupported, fallbackBytes, isAnchored, linear
from gamepanel.games.definition import BadDefinition, ServerType
from gamepanel.games.players import lineGroups, playerPlaceholder
from gamepanel.games.template import BadTemplate, Template


def checkPattern(pattern: str, where: str) -> None:
    """
    Check a pattern that C{re} will search for.

    @raise BadDefinition: when it is none.
    """
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadDefinition(f"{where}: not a regular expression: {error}") from error


def checkLine(pattern: str, where: str, groups: Collection[str] = ()) -> None:
    """
    Check a pattern of console lines. Most that C{re} takes RE2 takes, too, so nobody imports
    that for it.

    @param groups: names of groups that it must have.

    @raise BadDefinition: when neither takes it, or a group is missing.
    """
    try:
        checkPattern(pattern, where)
        named = re.compile(pattern).groupindex
    except BadDefinition:
        try:
            named = linear(pattern).groupindex
        except Unsupported:
            raise BadDefinition(f"{where}: not a regular expression") from None
    for group in groups:
        if group not in named:
            raise BadDefinition(f"{where}: needs a group (?P<{group}>…)")


def checkUnforged(pattern: str, where: str, groups: Collection[str] = ()) -> None:
    """
    Check a pattern that a player could forge if it fitted in the middle of a line.

    @param groups: names of groups that it must have.

    @raise BadDefinition: when it fits there, or is none.
    """
    if not pattern.startswith("^"):
        raise BadDefinition(f"{where}: must begin with ^")
    checkLine(pattern, where, groups)
    if not isAnchored(pattern):
        raise BadDefinition(f"{where}: must begin with ^ in all its alternatives: ^(?:a|b)")


def checkPlayers(definition: ServerType) -> None:
    """
    Check what a type says of players.

    @raise BadDefinition: when it can't work.
    """
    players = definition.players
    if players is None:
        return
    for kind, pattern in players.patterns:
        checkUnforged(pattern, f"players.{kind}", lineGroups[kind])
    if players.actions and playerPlaceholder in definition.optionsByName:
        raise BadDefinition(f"players.actions: {{{playerPlaceholder}}} names an option, too")
    names = definition.placeholders | {playerPlaceholder}
    seen: set[str] = set()
    for index, action in enumerate(players.actions):
        where = f"players.actions[{index}] ({action.name})"
        if action.name in seen:
            raise BadDefinition(f"{where}: there are two of this name")
        seen.add(action.name)
        checkLine(action.allow, f"{where}.allow")
        try:
            template = Template.parse(action.command, names)
        except BadTemplate as error:
            raise BadDefinition(f"{where}.command: {error}") from error
        if playerPlaceholder not in template.names:
            raise BadDefinition(f"{where}.command: needs {{{playerPlaceholder}}}")


def lineProblem(definition: ServerType) -> str | None:
    """
    What RE2 has against the patterns of console lines of a type that works all the same. The
    types that are shipped are known to have none: so nobody imports RE2 for them at once.

    @raise BadDefinition: when it can't work.
    """
    run, players = definition.run, definition.players
    strict = {} if run.failed is None else {"run.failed": run.failed}
    if players is not None:
        strict |= {f"players.{kind}": pattern for kind, pattern in players.patterns}
        for action in players.actions:
            strict[f"players.actions ({action.name}).allow"] = action.allow
    for where, pattern in strict.items():
        try:
            linear(pattern)
        except Unsupported as error:
            raise BadDefinition(f"{where}: RE2 refuses it: {error}") from error
    if run.ready is not None:
        try:
            linear(run.ready)
        except Unsupported as error:
            return (
                f"run.ready: RE2 refuses it ({error}), so only the first {fallbackBytes} bytes "
                "of each line are searched"
            )
    return None
