"""
The commands for making and removing servers.
"""

import sys
from collections.abc import Sequence
from typing import Any

import click

from gamepanel.client.api import Panel
from gamepanel.client.arguments import server, typeNames, withTimeout
from gamepanel.client.jobs import check, untilOver
from gamepanel.client.shell import (
    Failed,
    Shell,
    ask,
    running,
)
from gamepanel.client.values import parse, shown, value
from gamepanel.wire.properties import Property


@click.command()
@click.argument("type", required=False, shell_complete=typeNames)
@running
async def types(shell: Shell, type: str | None) -> None:
    """What servers can be made of; with TYPE, what can be set for one."""
    panel = await shell.panel()
    if type is None:
        known = await panel.types()
        rows = [(t.type, t.title, t.description) for t in known.types]
        shell.show(known, lambda: shell.table(("TYPE", "TITLE", ""), rows))
        for problem in known.problems or ():
            click.echo(f"{problem.file} is left out: {problem.detail}", err=True)
    else:
        one = await panel.typeOptions(type)
        shell.show(one, lambda: properties(shell, one.options))


def properties(shell: Shell, found: Sequence[Property]) -> None:
    """Print what can be set, and the values that there are."""
    rows = [
        (
            p.name,
            shown(p),
            ("required " if p.required else "") + ("at creation only" if p.readonly else ""),
            p.description or p.title,
        )
        for p in found
    ]
    shell.table(("NAME", "VALUE", "", ""), rows)


@click.command()
@click.argument("type", shell_complete=typeNames)
@click.argument("server", metavar="ID")
@click.option("-o", "options", metavar="name=value", multiple=True, help="Set an option.")
@click.option("--description", default="", help="For people.")
@click.option("--start", is_flag=True, help="Start it at once.")
@running
async def create(
    shell: Shell, type: str, server: str, options: tuple[str, ...], description: str, start: bool
) -> None:
    """Make a server ID of TYPE. What it needs and was not given is asked for."""
    panel = await shell.panel()
    known = (await panel.typeOptions(type)).options
    values = parse(options, known)
    for missing in [p for p in known if p.required and p.value is None and p.name not in values]:
        values[missing.name] = _askFor(missing)
    answer = await panel.serverCreate(type, server, description=description, options=values)
    if start:
        await panel.serverStart(server)
    shell.show(answer, lambda: shell.say(f"{server} is there."))


def _askFor(property: Property) -> Any:
    if not sys.stdin.isatty():
        raise click.UsageError(f"{property.name}: is required; give it with -o {property.name}=…")
    hidden = property.type == "password"
    more = property.accept or property.unit
    note = f" ({more})" if more else ""
    while True:
        text = ask(click.prompt, f"{property.title}{note}", hide_input=hidden)
        try:
            return value(text, property)
        except click.UsageError as error:
            click.echo(error.message, err=True)


@click.command()
@server
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--delete-files", is_flag=True, help="Delete its files, too; else they move aside.")
@click.option("--wait", is_flag=True, help="Wait until its files are deleted.")
@withTimeout
@running
async def destroy(
    shell: Shell, server: str, yes: bool, delete_files: bool, wait: bool, timeout: float
) -> None:
    """Remove a server that does not run. Its files are deleted by a job."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("--yes is needed where nobody can be asked")
        what = f"{server} and all its files" if delete_files else server
        if not ask(click.confirm, f"Remove {what}?"):
            raise Failed("Nothing was removed.")
    panel = await shell.panel()
    answer = await panel.serverDestroy(server, deleteFiles=delete_files)
    if delete_files and wait:
        await _untilDeleted(shell, panel, server, timeout)
    shell.show(answer, lambda: shell.say(f"{server} is gone."))


async def _untilDeleted(shell: Shell, panel: Panel, server: str, timeout: float) -> None:
    found = (await panel.jobList(server=server)).jobs
    for job in [each.job for each in found if each.kind == "delete"][:1]:
        check(await untilOver(shell, panel, job, timeout))


@click.command()
@running
async def ls(shell: Shell) -> None:
    """All servers."""
    found = await (await shell.panel()).serverList()
    rows = [(s.server, s.type, s.status, s.description) for s in found.servers]
    shell.show(found, lambda: shell.table(("ID", "TYPE", "STATUS", ""), rows))
