"""
The start commands of PufferPanel's templates, of which some are for certain cases only.
"""

from collections.abc import Callable
from typing import Any, Final

from attrs import frozen

from gamepanel.games.importing.conditions import FileThere, Outcome
from gamepanel.games.importing.declared import Condition
from gamepanel.games.importing.report import Notes
from gamepanel.games.importing.startwords import Element

maxCommands: Final = 50
"""So many commands of a template are looked at."""


@frozen
class Candidate:
    """
    A command that may be started.

    @ivar stdin: how lines come to what it starts, if it says so.
    @ivar case: when it is started; None if always.
    """

    command: str
    stdin: object
    case: FileThere | Condition | None


def candidates(
    run: dict[str, Any], outcomeOf: Callable[[object], Outcome], notes: Notes
) -> list[Candidate]:
    """
    The commands, the first that may be started first; what comes behind one that is always
    started is left out.
    """
    given = run.get("command")
    if isinstance(given, list):
        commands = [one for one in given[:maxCommands] if isinstance(one, dict)]
        # Where none of those fits that have a condition, it is the first without one.
        commands.sort(key=lambda one: bool(one.get("if")) is False)
        return _chosen([one for one in commands if one.get("command")], outcomeOf, notes)
    if isinstance(given, str) and given.strip():
        return [Candidate(given, None, None)]
    program, arguments = run.get("program"), run.get("arguments")
    if isinstance(program, str):
        words = arguments if isinstance(arguments, list) else [arguments or ""]
        return [Candidate(" ".join([program, *(str(word) for word in words)]), None, None)]
    return []


def _chosen(
    commands: list[dict[str, Any]], outcomeOf: Callable[[object], Outcome], notes: Notes
) -> list[Candidate]:
    found: list[Candidate] = []
    for one in commands:
        outcome, command = outcomeOf(one.get("if")), str(one["command"])
        if outcome is False:
            continue
        if outcome is None:
            notes.leave("startup", f"if {one.get('if')}", "this can't be told before", False)
        if outcome in (True, None):
            return [*found, Candidate(command, one.get("stdin"), None)]
        if isinstance(outcome, FileThere | Condition) and not found:
            found.append(Candidate(command, one.get("stdin"), outcome))
        else:
            leave(command, one.get("if"), notes)
    return found


def leave(command: str, case: object, notes: Notes) -> None:
    """Say that a command is not started."""
    notes.leave("startup", f"{command} (if {case})", "only one command can be started")


def merged(
    first: list[Element], second: list[Element], case: FileThere | Condition, path: str
) -> list[Element] | None:
    """
    A command that is one or another: what both have at their beginning and end, and between
    what differs.

    @param case: when it is the first.
    @param path: of the file that must be there, or must not.

    @return: None where that can't be said.
    """
    shortest = min(len(first), len(second))
    before = next((at for at in range(shortest) if first[at] != second[at]), shortest)
    left = shortest - before
    after = next((at for at in range(left) if first[-1 - at] != second[-1 - at]), left)
    there = first[before : len(first) - after]
    away = second[before : len(second) - after]
    isThere = case.isThere if isinstance(case, FileThere) else case.isSet
    if not isThere:
        there, away = away, there
    if before == 0 or not there or any(not isinstance(one, str) for one in (*there, *away)):
        return None
    if isinstance(case, Condition):
        element: dict[str, Any] = {"when": case.name, "add": there}
    else:
        element = {"newest": path, "add": there}
    if away:
        element["otherwise"] = away
    return [*first[:before], element, *first[len(first) - after :]]
