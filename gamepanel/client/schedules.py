"""
The commands for schedules of servers.
"""

import time
from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any, Final

import click
import msgspec
from attrs import evolve
from click.shell_completion import CompletionItem

from gamepanel.base.errors import NoSuchSchedule
from gamepanel.client import schedulewords
from gamepanel.client.api import Panel
from gamepanel.client.arguments import (
    limited,
    maybeSchedule,
    maybeServer,
    schedule,
    server,
    someSchedules,
    withTimeout,
    withYes,
)
from gamepanel.client.properties import inEditor
from gamepanel.client.schedulewords import duration, isForgeable, sentence, step
from gamepanel.client.shell import Failed, Shell, ask, common, running, take
from gamepanel.client.statuses import pollSeconds
from gamepanel.client.terminal import at, clean
from gamepanel.client.values import BadText
from gamepanel.wire.message import Done
from gamepanel.wire.schedules import RunInfo, ScheduleInfo


@click.group()
@common
@click.pass_context
def schedules(context: click.Context, /, **common: Any) -> None:
    """
    Do things at times, or after something has happened. Each schedule has a number N.

    \b
    gamepanel schedules create world nightly --cron "0 4 * * mon-fri" --do restart
    gamepanel schedules ls world
    gamepanel schedules run 3 --wait
    """
    take(context.ensure_object(Shell), common)


_titles: Final = ("SCHEDULE", "SERVER", "NAME", "NEXT", "", "WHAT")
_runTitles: Final = ("RUN", "BEGAN", "ENDED", "BY", "RESULT", "")


def _row(found: ScheduleInfo) -> tuple[str, ...]:
    state, detail = "", ""
    if found.last is not None:
        state, detail = found.last.result, found.last.detail
    if not found.enabled:
        state = "disabled"
    if found.run is not None:
        state, detail = f"step {found.run.step + 1}", ""
    what = sentence(msgspec.to_builtins(found)) + (f" ({detail})" if detail else "")
    return str(found.schedule), found.server, found.name, at(found.nextAt), state, what


async def _found(shell: Shell, panel: Panel, number: int) -> ScheduleInfo:
    """
    A schedule; hints are about its server from then on.

    @raise NoSuchSchedule: when there is none of this number that may be seen.
    """
    for each in (await panel.scheduleList()).schedules:
        if each.schedule == number:
            shell.subject = evolve(shell.subject, server=each.server)
            return each
    raise NoSuchSchedule()


def _tell(shell: Shell, changed: ScheduleInfo) -> None:
    """Say what a schedule is now, and what is doubtful about it."""

    def tell() -> None:
        off = "" if changed.enabled else " It is disabled."
        due = "" if changed.nextAt is None else f" Next: {at(changed.nextAt)}."
        what = sentence(msgspec.to_builtins(changed))
        shell.say(f"Schedule {changed.schedule} of {changed.server}, {what}.{off}{due}")

    shell.show(changed, tell)
    if isForgeable(msgspec.to_builtins(changed.when)):
        shell.say("The pattern does not begin with ^: what a player says could fit it, too.")


@schedules.command()
@maybeServer
@running
async def ls(shell: Shell, server: str | None) -> None:
    """Schedules of a server ID, or of all: when each is due next, and what it does then."""
    found = await (await shell.panel()).scheduleList(server=server)
    shell.show(found, lambda: shell.table(_titles, [_row(each) for each in found.schedules]))


def _zones(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    from zoneinfo import available_timezones

    found = sorted(available_timezones())
    return [CompletionItem(name) for name in found if name.startswith(begun)]


def _kinds(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    return [CompletionItem(word) for word in schedulewords.kinds if word.startswith(begun)]


_times: Final = (
    click.option("--cron", metavar="FIELDS", help='When: five fields, such as "0 4 * * 1-5".'),
    click.option(
        "--timezone",
        metavar="ZONE",
        help="Of --cron, such as Europe/Berlin; by default the daemon's.",
        shell_complete=_zones,
    ),
    click.option(
        "--within",
        type=duration,
        metavar="DURATION",
        help="Do it as late as this where the daemon was away at its time.",
    ),
)
_described: Final = (
    *_times,
    click.option("--on", "event", metavar="EVENT", help="When: an event such as emptied, or line."),
    click.option(
        "--after", type=duration, metavar="DURATION", help="So long after it, if it still holds."
    ),
    click.option("--pattern", metavar="RE2", help="What the line, chat or player's name must fit."),
    click.option(
        "--only",
        metavar="WORD,…",
        help="Only if all of these hold: running, stopped, empty, outdated, used.",
    ),
    click.option(
        "--do",
        "steps",
        metavar="STEP",
        type=step,
        multiple=True,
        help="restart, start, stop, kill, backup NOTE, update, wait 30s, command LINE, or "
        "countdown 10m,1m,10s LINE; several are done in their order. `always start`: also "
        "when an earlier one has failed.",
        shell_complete=_kinds,
    ),
    click.option(
        "--file",
        type=click.File("rb"),
        help="JSON with name, when, only, enabled and steps as the API has them; - is stdin.",
    ),
)


def _options(options: tuple[Any, ...]) -> Callable[[Any], Any]:
    return lambda command: reduce(lambda inner, option: option(inner), reversed(options), command)


_parts: Final = {"cron": ("cron", "timezone", "within"), "event": ("event", "after", "pattern")}
_fields: Final = ("name", "when", "only", "enabled", "steps")


def _read(text: str | bytes) -> dict[str, Any]:
    """
    What a text says of a schedule; what only the daemon sets is left out.

    @raise BadText: when it is no JSON object.
    """
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise BadText(f"This is no JSON object: {error}.") from error
    return {name: found[name] for name in _fields if name in found}


def _known(found: ScheduleInfo) -> dict[str, Any]:
    """What can be set of a schedule, as JSON."""
    known = msgspec.json.decode(msgspec.json.encode(found))
    return {name: known[name] for name in _fields}


def _when(given: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    When a schedule is due by the options; an empty one takes its part away.

    @raise UsageError: when they do not go together.
    """
    new = {name: given[name] for names in _parts.values() for name in names if name in given}
    new = {name: value for name, value in new.items() if value is not None}
    isOther = any(kind in new and kind not in before for kind in _parts)
    merged = new if isOther else {**before, **new}
    if merged and not any(kind in merged and merged.keys() <= {*_parts[kind]} for kind in _parts):
        raise click.UsageError(
            "--cron goes with --timezone and --within, --on with --after and --pattern"
        )
    return {name: value for name, value in merged.items() if value != ""}


def _wanted(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """
    What the options say of a schedule.

    @param before: what is known of it.
    """
    found: dict[str, Any] = {}
    if given["file"] is not None:
        try:
            found = _read(given["file"].read())
        except BadText as error:
            raise click.UsageError(f"{given['file'].name}: {error}") from None
    known = found.get("when") or before.get("when") or {}
    if (when := _when(given, known)) != known:
        found["when"] = when
    if given["name"] is not None:
        found["name"] = given["name"]
    if given["only"] is not None:
        found["only"] = given["only"].split(",")
    if given["steps"]:
        found["steps"] = list(given["steps"])
    return found


@schedules.command()
@server
@click.argument("name", required=False)
@_options(_described)
@click.option("--disabled", is_flag=True, help="Do not do it yet.")
@running
async def create(shell: Shell, server: str, disabled: bool, **given: Any) -> None:
    """
    Make a schedule for a server.

    \b
    gamepanel schedules create world mondays --cron "0 12 * * mon" --only used --do backup
    gamepanel schedules create world left --on emptied --after 5m --do backup
    gamepanel schedules create world still --cron "0 6 * * sun" --do stop --do backup --do start
    """
    wanted = _wanted(given, {})
    if not {"name", "when", "steps"} <= wanted.keys():
        raise click.UsageError("needs NAME, --cron or --on, and --do; or a --file with all of it")
    if disabled:
        wanted["enabled"] = False
    _tell(shell, await (await shell.panel()).scheduleCreate(server, **wanted))


@schedules.command()
@schedule
@click.option("--name", help="Another name.")
@_options(_described)
@running
async def edit(shell: Shell, schedule: int, **given: Any) -> None:
    """
    Change what the options say, or without any all of it, as JSON in your editor (VISUAL or
    EDITOR). With your rights it is done from then on.

    An empty --timezone, --within, --after or --pattern takes that away; --do takes the place of
    all steps.
    """
    panel = await shell.panel()
    before = _known(await _found(shell, panel, schedule))
    if wanted := _wanted(given, before):
        _tell(shell, await panel.scheduleUpdate(schedule, **wanted))
        return

    async def save(edited: str) -> bool:
        read = _read(edited)
        wanted = {name: value for name, value in read.items() if value != before[name]}
        if wanted:
            _tell(shell, await panel.scheduleUpdate(schedule, **wanted))
        return bool(wanted)

    await inEditor(shell, msgspec.json.format(msgspec.json.encode(before)).decode(), ".json", save)


def _enabling(name: str, help: str, isEnabled: bool) -> None:
    """Make a command that enables schedules, or disables them."""

    @schedules.command(name, help=help)
    @someSchedules
    @running
    async def command(shell: Shell, schedules: tuple[int, ...]) -> None:
        panel = await shell.panel()
        for number in schedules:
            _tell(shell, await panel.scheduleUpdate(number, enabled=isEnabled))


_enabling("enable", "Let schedules be done again, with your rights.", True)
_enabling("disable", "Let schedules rest; what runs of them ends before its next step.", False)


@schedules.command()
@schedule
@click.option("--wait", is_flag=True, help="Wait until it is over; ends with 1 if it is not done.")
@withTimeout
@running
async def run(shell: Shell, schedule: int, wait: bool, timeout: float) -> None:
    """Do it now, with your rights, also what is disabled or has a condition that does not hold."""
    shell.subject = evolve(shell.subject, schedule=str(schedule))
    panel = await (shell.live() if wait else shell.panel())
    answer = await panel.scheduleRun(schedule)
    if not wait:
        shell.show(answer, lambda: shell.say(f"Schedule {schedule} runs."))
        return
    over = await _over(panel, schedule, time.monotonic() + timeout)
    shell.show(over, lambda: shell.say(f"Schedule {schedule}: {over.result}."))
    if over.result != "ok":
        raise Failed(f"Schedule {schedule} {over.result}: {over.detail}")


async def _over(panel: Panel, number: int, end: float) -> RunInfo:
    """
    The run of a schedule that has just begun, when it is over.

    @param end: how long to wait at most, as C{time.monotonic} has it.

    @raise Failed: when it is not over by then.
    """
    from twisted.internet.task import deferLater

    before = None
    while True:
        [ours] = (await panel.scheduleRuns(number, before=before, limit=1)).runs
        if ours.endedAt is not None:
            return ours
        # Newer ones are skipped as long as it goes on.
        before = ours.run + 1
        if time.monotonic() > end:
            raise Failed(f"It still runs; look again: gamepanel schedules runs {number}")
        await deferLater(panel.clock, pollSeconds)


@schedules.command()
@schedule
@running
async def cancel(shell: Shell, schedule: int) -> None:
    """End what runs of a schedule before its next step; a job that it waits for goes on."""
    shell.subject = evolve(shell.subject, schedule=str(schedule))
    answer = await (await shell.panel()).scheduleCancel(schedule)
    shell.show(answer, lambda: shell.say(f"Schedule {schedule} ends before its next step."))


def _runRow(found: RunInfo) -> tuple[str, ...]:
    result = found.result or f"step {found.step + 1}"
    times = at(found.startedAt), at(found.endedAt)
    return str(found.run), *times, found.trigger, result, found.detail


@schedules.command()
@schedule
@click.option("--before", type=click.IntRange(min=0), help="Only runs with smaller numbers.")
@limited(100)
@running
async def runs(shell: Shell, schedule: int, before: int | None, limit: int) -> None:
    """The last runs of a schedule, newest first, also those that were skipped."""
    found = await (await shell.panel()).scheduleRuns(schedule, before=before, limit=limit)
    shell.show(found, lambda: shell.table(_runTitles, [_runRow(each) for each in found.runs]))


@schedules.command()
@maybeSchedule
@_options(_times)
@click.option("--count", "-n", type=click.IntRange(1, 20), default=5, show_default=True)
@running
async def preview(shell: Shell, schedule: int | None, count: int, **given: Any) -> None:
    """
    The next times of a schedule, or of what the options say.

    \b
    gamepanel schedules preview --cron "0 4 * * sun" --timezone Europe/Berlin
    """
    panel = await shell.panel()
    known = {} if schedule is None else _known(await _found(shell, panel, schedule))["when"]
    when: Any = _when(given, known)
    if "cron" not in when:
        raise click.UsageError("needs --cron, or N of a schedule that has one")
    found = await panel.schedulePreview(when, count=count)
    shell.show(found, lambda: shell.table(("",), [(at(time),) for time in found.times]))


@schedules.command()
@someSchedules
@withYes
@running
async def rm(shell: Shell, schedules: tuple[int, ...], yes: bool) -> None:
    """Delete schedules; what runs of them ends before its next step."""
    panel = await shell.panel()
    found = [await _found(shell, panel, number) for number in schedules]
    doomed = "; ".join(f"{each.name} of {each.server}" for each in found)
    if not yes and not ask(click.confirm, clean(f"Delete {doomed}?")):
        raise Failed("Nothing was deleted.")
    for number in schedules:
        await panel.scheduleDelete(number)
        shell.say(f"Schedule {number} is deleted.")
    shell.show(Done(), lambda: None)
