"""
Schedules in words: steps as people type them, and sentences that tell of a schedule.

Both are about JSON as the API has it: what a newer daemon adds is shown as it came.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import click

from gamepanel.client.durations import seconds, typed

kinds: Final = (
    "always",
    "command",
    "start",
    "stop",
    "restart",
    "kill",
    "backup",
    "update",
    "wait",
    "countdown",
)
"""The words with which a step can begin."""


def duration(text: str) -> int:
    """
    A duration, in whole seconds.

    @raise BadParameter: when it is none.
    """
    found = int(text) if re.fullmatch("[0-9]{1,9}", text) else seconds(text)
    if found is None or found != int(found):
        raise click.BadParameter(f"{text}: must be like 30s, 10m or 1h30m")
    return int(found)


def step(text: str) -> dict[str, Any]:
    """
    A step as people type it, such as C{countdown 10m,1m say Restart in {time}}.

    @raise BadParameter: when it is none.
    """
    kind, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    match kind:
        case "always" if rest:
            return {**step(rest), "always": True}
        case "command" if rest:
            return {"command": rest}
        case "start" | "stop" | "restart" | "kill" if not rest:
            return {"power": kind}
        case "backup":
            return {"backup": rest}
        case "update" if not rest:
            return {"update": True}
        case "wait" if rest:
            return {"wait": duration(rest)}
        case "countdown" if " " in rest:
            numbers, _, line = rest.partition(" ")
            return {"countdown": [*map(duration, numbers.split(","))], "command": line.strip()}
    raise click.BadParameter(
        f"{text}: must be like restart, backup NOTE, update, wait 30s, command LINE or "
        "countdown 10m,1m,10s LINE; `always` may stand before it"
    )


def toldStep(found: Mapping[str, Any]) -> str:
    """A step as it is typed; a line that is not to be seen is C{…}."""
    line = found.get("command") or "…"
    match found:
        case {"countdown": [*numbers]}:
            told = f"countdown {','.join(map(typed, numbers))} {line}"
        case {"power": str(power)}:
            told = power
        case {"backup": str(note)}:
            told = f"backup {note}".strip()
        case {"update": _}:
            told = "update"
        case {"wait": int(wait) | float(wait)}:
            told = f"wait {typed(wait)}"
        case {"command": _}:
            told = f"command {line}"
        case _:
            told = ", ".join(map(str, found))
    return f"always {told}" if found.get("always") else told


_DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAILY: Final = re.compile(
    r"(\d{1,2}) +(\d{1,2}) +\* +\* +(\*|(?:[0-7]|[A-Z]{3})(?:[-,](?:[0-7]|[A-Z]{3}))*)",
    re.IGNORECASE | re.ASCII,
)


def _times(cron: str) -> str:
    """When the times of a cron line are."""
    daily = _DAILY.fullmatch(cron.strip())
    if daily is None:
        return f"at {cron}"
    minute, hour, days = daily.groups()
    named = re.sub("[0-7]", lambda day: _DAYS[int(day[0])], days).title()
    return f"{'daily' if days == '*' else named} at {hour:0>2}:{minute:0>2}"


def toldWhen(when: Mapping[str, Any]) -> str:
    """When a schedule is due."""
    if "cron" in when:
        zone = f" {when['timezone']}" if when.get("timezone") else ""
        within = f", within {typed(when['within'])}" if when.get("within") else ""
        return f"{_times(when['cron'])}{zone}{within}"
    pattern = f" {when['pattern']}" if when.get("pattern") else ""
    after = f", {typed(when['after'])} later" if when.get("after") else ""
    return f"on {when.get('event', 'something')}{pattern}{after}"


def sentence(found: Mapping[str, Any]) -> str:
    """When a schedule is due, under what condition, and what it does then."""
    only = found["only"]
    words: Iterable[str] = (only,) if isinstance(only, str) else only
    wanted = " and ".join(word for word in words if word != "always")
    condition = f", if {wanted}" if wanted else ""
    steps = "; ".join(map(toldStep, found["steps"]))
    return f"{toldWhen(found['when'])}{condition}: {steps}"


def isForgeable(when: Mapping[str, Any]) -> bool:
    """Whether a pattern may fit behind the beginning of a line, such as what a player says."""
    pattern = re.sub(r"^\(\?[a-zA-Z]+\)", "", when.get("pattern") or "")
    return when.get("event") == "line" and not pattern.startswith(("^", r"\A"))
