"""
What a schedule does, and when: values, and what is wrong with them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from gamepanel.base.errors import PanelError, Problem, problem
from gamepanel.servers.channels.channel import maxCommandBytes
from gamepanel.servers.server import GameServer
from gamepanel.store.schedules import ScheduleRow
from gamepanel.wire.causes import because
from gamepanel.wire.schedules import Step, When
from gamepanel.wire.values import Only, Right, TriggerEvent

maxOfServer: Final = 50
"""Schedules of a server."""

holding: Final[frozenset[TriggerEvent]] = frozenset(
    ("emptied", "crashed", "given_up", "hung", "stopped", "ready")
)
"""Events of which it can be said later whether they still hold."""

searched: Final[dict[TriggerEvent, str]] = {
    "line": "line",
    "chat": "text",
    "player_joined": "name",
    "player_left": "name",
}
"""Events that take a pattern, and the field of their data that it is searched in."""


class Knows(Protocol):
    """Tells what conditions ask that the server itself does not know."""

    async def isOutdated(self, server: GameServer) -> bool:
        """
        Whether a newer version of a server's game is known.

        @raise PanelError: when nobody can say.
        """

    def backedUpAt(self, server: GameServer) -> float:
        """When the last whole backup of a server began, Unix time in seconds; 0: never."""


class Plan(Struct, frozen=True):
    """
    What people have said of a schedule; see L{gamepanel.wire.schedules.ScheduleInfo}.
    """

    name: str
    when: When
    steps: Sequence[Step]
    only: Only | Sequence[Only] = "always"
    enabled: bool = True

    @classmethod
    def of(cls, row: ScheduleRow) -> "Plan":
        """The plan of a schedule that is stored."""
        return msgspec.convert(row.plan, cls)

    def stored(self) -> dict[str, Any]:
        """The same as it is stored."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        return found

    @property
    def conditions(self) -> Sequence[Only]:
        """What must hold, all of it."""
        return (self.only,) if isinstance(self.only, str) else self.only

    @property
    def rights(self) -> Iterator[Right]:
        """The rights that it takes to do it."""
        yield "settings"
        yield from map(rightFor, self.steps)


def rightFor(step: Step) -> Right:
    """The right that a step wants."""
    if step.command is not None:
        return "command"
    if step.power is not None:
        return "power"
    return "view" if step.wait is not None else "settings" if step.update else "backup"


def problemsOf(
    plan: Plan, checkMoments: Callable[[When], object], checkPattern: Callable[[str], object]
) -> Iterator[Problem]:
    """
    What is wrong with a plan that its types do not say.

    @param checkMoments: raises a ValueError, with a sentence for people, where a cron line or a
        time zone is wrong.
    @param checkPattern: likewise of a pattern.
    """
    yield from problemsOfWhen(plan.when, checkMoments, checkPattern)
    for number, step in enumerate(plan.steps):
        yield from _problemsOfStep(step, ("steps", str(number)))


def problemsOfWhen(
    when: When, checkMoments: Callable[[When], object], checkPattern: Callable[[str], object]
) -> Iterator[Problem]:
    """What is wrong with the times of a plan, or its event; see L{problemsOf}."""
    if when.cron is None and when.event is None:
        yield problem(("when",), because("cron_or_event"))
        return
    ofOther = ("event", "after", "pattern") if when.cron is not None else ("timezone", "within")
    for name in ofOther:
        if getattr(when, name) is not None:
            other = "event" if when.cron is None else "cron"
            yield problem(("when", name), because("excludes", other=other))
    if when.cron is not None:
        yield from _failing(("when", "cron"), "cron_wrong", checkMoments, when)
        return
    if when.after and when.event not in holding:
        yield problem(("when", "after"), because("not_with_event"))
    if when.pattern is None:
        if when.event == "line":
            yield problem(("when", "pattern"), because("is_missing"))
    elif when.event not in searched:
        yield problem(("when", "pattern"), because("not_with_event"))
    else:
        yield from _failing(("when", "pattern"), "pattern_wrong", checkPattern, when.pattern)


def _failing(
    field: tuple[str, ...], code: str, check: Callable[[Any], object], value: Any
) -> Iterator[Problem]:
    try:
        check(value)
    except ValueError as error:
        yield problem(field, because(code, why=str(error)))


def _problemsOfStep(step: Step, path: tuple[str, ...]) -> Iterator[Problem]:
    kinds = ("command", "power", "backup", "update", "wait")
    given = [name for name in kinds if getattr(step, name) is not None]
    if step.countdown is not None:
        if "command" not in given:
            yield problem((*path, "command"), because("is_missing"))
        given = ["countdown", *(name for name in given if name != "command")]
        pairs = zip(step.countdown, step.countdown[1:], strict=False)
        if any(later >= earlier for earlier, later in pairs):
            yield problem((*path, "countdown"), because("not_descending"))
    if step.command is not None and len(step.command.encode()) > maxCommandBytes:
        yield problem((*path, "command"), because("too_many_bytes", most=maxCommandBytes))
    if len(given) != 1:
        yield problem(path, because("one_kind_of_step"))
    if step.update is False:
        yield problem((*path, "update"), because("must_be_true"))


async def missing(conditions: Sequence[Only], server: GameServer, knows: Knows) -> str:
    """
    The first condition that does not hold, in a sentence for people; empty where all hold.
    """
    state, players = server.status.state, server.players
    for condition in conditions:
        match condition:
            case "running" if state != "running":
                return "The server was not running."
            case "stopped" if state not in ("stopped", "crashed", "failed"):
                return "The server was not stopped."
            case "empty" if state != "running" or players is None or players.online:
                return "The server was not empty, or that was not known."
            case "outdated":
                try:
                    if not await knows.isOutdated(server):
                        return "No newer version was known."
                except PanelError as error:
                    return f"Nobody could say whether there is a newer version: {error.detail}"
            case "used":
                ended = server.endedAt or (0.0 if server.run is None else server.run.startedAt)
                if server.shim is None and ended <= knows.backedUpAt(server):
                    return "It had not run since its last backup."
    return ""


def holds(pending: Mapping[str, Any], server: GameServer) -> bool:
    """
    Whether what an event has told still holds.

    @param pending: its kind, and when the run of the game began that it was about.
    """
    run, state = server.run, server.status.state
    if (None if run is None else run.startedAt) != pending.get("game"):
        return False
    match pending.get("event"):
        case "emptied":
            return state == "running" and server.players is not None and not server.players.online
        case "crashed":
            return state in ("crashed", "waiting", "failed")
        case "given_up":
            return state in ("crashed", "failed")
        case "hung":
            return run is not None and run.silentSince is not None
        case "stopped":
            return state == "stopped"
    return state == "running"
