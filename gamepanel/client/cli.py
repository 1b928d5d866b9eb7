"""
The command C{gamepanel}: everything that the API can do, from a shell.

Exit statuses: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 no access, 70 a bug, 130
interrupted.
"""

import os
import re
import shlex
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from io import TextIOWrapper
from typing import Any, Final

import click
import msgspec

import gamepanel
from gamepanel.client import logs, panels, statuses
from gamepanel.client.api import Panel
from gamepanel.client.failures import ClientError, Unreachable
from gamepanel.client.panels import Known
from gamepanel.client.people import audit, passwd, passwordFile, users
from gamepanel.client.shell import (
    Failed,
    Shell,
    Told,
    ask,
    execute,
    firstLine,
    panelNames,
    running,
)
from gamepanel.client.values import parse, shown, value
from gamepanel.errors import PanelError, TokenInvalid, TokenMissing
from gamepanel.wire.authentication import LoggedIn
from gamepanel.wire.message import Done
from gamepanel.wire.properties import Property
from gamepanel.wire.server import NewStatus
from gamepanel.wire.values import usernamePattern


def _completed(
    ask: Callable[[Panel], Awaitable[Iterable[str]]],
) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Completion for the shell by what the daemon knows; by nothing if it can't be asked."""

    def complete(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
        found: list[str] = []

        async def work() -> None:
            root = context.find_root().params.get("panel_name")
            panel = await Shell(context.params.get("panel_name") or root).panel()
            found.extend(await ask(panel))

        execute(work(), quiet=True)
        return [name for name in found if name.startswith(begun)]

    return complete


async def _serverIds(panel: Panel) -> Iterable[str]:
    return [server.server for server in (await panel.serverList()).servers]


async def _typeNames(panel: Panel) -> Iterable[str]:
    return [type.type for type in (await panel.types()).types]


serverIds = _completed(_serverIds)
typeNames = _completed(_typeNames)
server = click.argument("server", metavar="ID", shell_complete=serverIds)
servers = click.argument(
    "servers", metavar="ID…", nargs=-1, required=True, shell_complete=serverIds
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gamepanel.__version__, prog_name="gamepanel")
@click.option(
    *("--panel", "panel_name"),
    metavar="NAME",
    help="Which daemon is meant.",
    shell_complete=panelNames,
)
@click.pass_context
def main(context: click.Context, panel_name: str | None) -> None:
    """
    Look after game servers.

    Log in once with `gamepanel login URL`; all else then goes to that daemon. Scripts set
    GAMEPANEL_URL and GAMEPANEL_TOKEN instead, and add --json for output that is made for
    programs.

    Exit status: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 no access, 70 a bug of
    this command, 130 interrupted.
    """
    for stream in ("stdout", "stderr"):
        output = getattr(sys, stream)
        if output is None:
            # Closed by whoever has started us.
            setattr(sys, stream, open(os.devnull, "w"))  # noqa: SIM115
        elif isinstance(output, TextIOWrapper):
            output.reconfigure(errors="replace")
    context.obj = Shell(panel_name)


# Logging in.


@main.command()
@click.argument("url")
@click.option("--username", "-u", help="Whom to log in as; asked for if it is not given.")
@click.option(
    "--password-file",
    type=click.File(encoding="utf-8"),
    help="Holds the password, in its first line; - is stdin.",
)
@click.option(
    "--certificates",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="Trust these (PEM) instead of those that the host trusts.",
)
@running
async def login(
    shell: Shell, url: str, username: str | None, password_file: Any, certificates: str | None
) -> None:
    """Log in to the daemon at URL, and remember it."""
    panel = await Panel.connect(url, certificates=certificates)
    url = url.rstrip("/") + "/"
    others = [base for base in panel.connection.bases if base != url]
    known = Known(url=url, others=others, certificates=certificates)
    answer: LoggedIn | None = None
    if panel.config.auth == "password":
        answer = await _logInAs(shell, panel, username, password_file)
        known.username, known.token = answer.username, answer.accessToken
    elif panel.config.auth == "url":
        if panel.config.authUrl:
            shell.say(f"Get a token at {panel.config.authUrl}")
        known.token = panel.connection.token = _secret("Token", password_file)
        known.username = (await panel.whoami()).username
    remembered = panels.load()
    name = shell.name or url.partition("://")[2].rstrip("/")
    remembered.panels[name] = known
    remembered.default = name
    panels.save(remembered)
    shell.say(f"You are {known.username or 'anonymous'} at {panel.connection.base} ({name}).")
    shell.show(answer or Done(), lambda: None)


async def _logInAs(shell: Shell, panel: Panel, username: str | None, passwordFile: Any) -> LoggedIn:
    name = username or _ask("User name")
    password = _secret("Password", passwordFile)
    if shell.json or passwordFile is not None or not sys.stderr.isatty():
        return await panel.login(name, password)
    with click.progressbar(length=8, label="Proof of work", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(1)

        return await panel.login(name, password, progress)


def _ask(what: str) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what}: must be given where nobody can be asked")
    return str(ask(click.prompt, what))


def _secret(what: str, file: Any) -> str:
    if file is not None:
        return firstLine(file)
    if not sys.stdin.isatty():
        raise click.UsageError(f"{what}: needs --password-file where nobody can be asked")
    return str(ask(click.prompt, what, hide_input=True))


@main.command()
@running
async def logout(shell: Shell) -> None:
    """End the session, and forget the daemon."""
    known = panels.choose(shell.name)
    answer = Done()
    try:
        panel = await shell.panel()
        if panel.config.auth != "noauth":
            answer = await panel.logout()
    except (TokenInvalid, TokenMissing):
        pass
    except Unreachable as error:
        shell.say(f"{error} The session there goes on until it ends by itself.")
    remembered = panels.load()
    for name in [n for n, k in remembered.panels.items() if k == known]:
        del remembered.panels[name]
        if remembered.default == name:
            remembered.default = next(iter(remembered.panels), None)
    panels.save(remembered)
    then = f" From now on {remembered.default} is meant." if remembered.default else ""
    shell.show(answer, lambda: shell.say(f"Logged out of {known.url}.{then}"))


@main.command("panels")
@click.argument("chosen", metavar="[NAME]", required=False, shell_complete=panelNames)
@click.option("--json", "asJson", is_flag=True, help="Print them for programs.")
@click.pass_obj
def listPanels(shell: Shell, chosen: str | None, asJson: bool) -> None:
    """The daemons that you have logged in to; with NAME, that one is meant from now on."""
    try:
        known = panels.load()
        if chosen is not None:
            if chosen not in known.panels:
                raise click.UsageError(f"{chosen}: nobody has logged in as that")
            known.default = chosen
            panels.save(known)
    except ClientError as error:
        raise click.UsageError(str(error)) from error
    shell.json = asJson
    rows = [
        ("*" if name == known.default else "", name, each.username or "", " ".join(each.urls))
        for name, each in known.panels.items()
    ]
    shell.show(known.withoutTokens(), lambda: shell.table(("", "NAME", "USER", "AT"), rows))


@main.command()
@running
async def whoami(shell: Shell) -> None:
    """Who you are there, and what you may do."""
    panel = await shell.panel()
    user = await panel.whoami()
    rows = [["user", user.username], ["at", panel.connection.base]]
    rows += [["may", word] for word in ("admin", "create") if getattr(user, word)]
    rows += [[id, ", ".join(rights)] for id, rights in user.servers.items()]
    shell.show(user, lambda: shell.table(("", ""), rows))


# Servers.


@main.command()
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
        shell.show(one, lambda: _properties(shell, one.options))


def _properties(shell: Shell, properties: Sequence[Property]) -> None:
    rows = [
        (
            p.name,
            shown(p),
            ("required " if p.required else "") + ("at creation only" if p.readonly else ""),
            p.description or p.title,
        )
        for p in properties
    ]
    shell.table(("NAME", "VALUE", "", ""), rows)


@main.command()
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


@main.command()
@server
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--delete-files", is_flag=True, help="Delete its files, too; else they move aside.")
@running
async def destroy(shell: Shell, server: str, yes: bool, delete_files: bool) -> None:
    """Remove a server that does not run."""
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("--yes is needed where nobody can be asked")
        what = f"{server} and all its files" if delete_files else server
        if not ask(click.confirm, f"Remove {what}?"):
            raise Failed("Nothing was removed.")
    answer = await (await shell.panel()).serverDestroy(server, deleteFiles=delete_files)
    shell.show(answer, lambda: shell.say(f"{server} is gone."))


@main.command()
@running
async def ls(shell: Shell) -> None:
    """All servers."""
    found = await (await shell.panel()).serverList()
    rows = [(s.server, s.type, s.status, s.description) for s in found.servers]
    shell.show(found, lambda: shell.table(("ID", "TYPE", "STATUS", ""), rows))


@main.command()
@click.argument("server", metavar="[ID]", required=False, shell_complete=serverIds)
@click.option("--watch", "-w", is_flag=True, help="Go on until Ctrl-C.")
@running
async def status(shell: Shell, server: str | None, watch: bool) -> None:
    """All about a server, or about all."""
    panel = await shell.panel()
    if watch:
        await shell.whileRead(statuses.watch(shell, panel, server))
    elif server is None:
        found = await panel.serverStatuses()
        shell.show(found, lambda: statuses.table(shell, found))
    else:
        one = await panel.serverStatus(server)
        shell.show(one, lambda: statuses.details(shell, one))


async def _each(
    shell: Shell,
    ids: tuple[str, ...],
    act: Callable[[Panel, str], Awaitable[NewStatus]],
    settled: tuple[str, ...] | None,
    timeout: float,
) -> None:
    """
    Do something with several servers. One that refuses does not hold up the others.

    @param settled: wait for one of these states; None: do not wait.
    @param timeout: how long to wait for all of them, in seconds.
    """
    panel = await shell.panel()
    trouble: list[Exception] = []
    begun: dict[str, NewStatus] = {}
    for id in ids:
        try:
            begun[id] = await act(panel, id)
        except PanelError as error:
            shell.trouble(id, error)
            trouble.append(error)
    end = time.monotonic() + timeout
    for id, answer in begun.items():
        try:
            if settled is not None:
                state = await statuses.until(panel, id, settled, end, shell.say)
                answer = msgspec.structs.replace(answer, status=state)
            shell.show(answer, partial(shell.say, f"{id}: {answer.status}"))
        except (PanelError, Failed) as error:
            shell.trouble(id, error)
            trouble.append(error)
    if trouble:
        raise Told(trouble)


withTimeout: Final = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long --wait waits at most.",
)


def _power(name: str, help: str, settled: tuple[str, ...], method: str) -> None:
    """Make a command of one of the ways to start or stop a server."""

    @main.command(name, help=help)
    @servers
    @click.option("--wait", is_flag=True, help="Wait until it has come to be.")
    @withTimeout
    @running
    async def command(shell: Shell, servers: tuple[str, ...], wait: bool, timeout: float) -> None:
        await _each(
            shell,
            servers,
            lambda panel, id: getattr(panel, method)(id),
            settled if wait else None,
            timeout,
        )


_power("start", "Start servers.", ("running",), "serverStart")
_power("stop", "Stop servers as their types say.", statuses.atRest, "serverStop")
_power("restart", "Stop servers, and start them again.", ("running",), "serverRestart")


@main.command()
@servers
@click.option("--force", is_flag=True, help="SIGKILL to every process of it, instead of SIGTERM.")
@click.option("--wait", is_flag=True, help="Wait until it has ended.")
@withTimeout
@running
async def kill(
    shell: Shell, servers: tuple[str, ...], force: bool, wait: bool, timeout: float
) -> None:
    """End servers by a signal."""
    await _each(
        shell,
        servers,
        lambda panel, id: panel.serverForceKill(id) if force else panel.serverKill(id),
        statuses.atRest if wait else None,
        timeout,
    )


@main.command()
@server
@click.argument("pairs", metavar="[name=value]…", nargs=-1)
@running
async def settings(shell: Shell, server: str, pairs: tuple[str, ...]) -> None:
    """What is set for a server, after setting some of it anew. `name=` is the default again."""
    panel = await shell.panel()
    found = await panel.serverSettings(server)
    if pairs:
        found = await panel.serverSettings(server, parse(pairs, found.settings))
    shell.show(found, lambda: _properties(shell, found.settings))


# The console.


@main.command()
@server
@click.option("--follow", "-f", is_flag=True, help="Go on with what comes.")
@click.option("--from", "start", type=click.IntRange(min=0), help="Begin at this index.")
@click.option("--tail", type=click.IntRange(min=0), help="Begin with so many lines.")
@click.option("--raw", is_flag=True, help="The very bytes, with all that they do to a terminal.")
@running
async def log(
    shell: Shell, server: str, follow: bool, start: int | None, tail: int | None, raw: bool
) -> None:
    """
    The console of a server. Of control sequences only colours are let through; what was
    overrun is told on stderr.
    """
    if start is not None and tail is not None:
        raise click.UsageError("--from and --tail exclude each other")
    panel = await shell.panel()
    await shell.whileRead(logs.show(shell, panel, server, start, tail, follow, raw))


@main.command()
@server
@click.argument("line")
@running
async def cmd(shell: Shell, server: str, line: str) -> None:
    """Type a LINE into the console of a server."""
    answer = await (await shell.panel()).serverCmd(server, line)
    shell.show(answer, lambda: None)


@main.command()
@server
@running
async def console(shell: Shell, server: str) -> None:
    """The console of a server to look at and to type into. Ctrl-] leaves; the server lives on."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("console needs a terminal; there are `log -f` and `cmd`, too")
    from gamepanel.client.dialogue import hold

    await hold(await shell.panel(), server)


main.add_command(users)
main.add_command(audit)
main.add_command(passwd)


@main.command("reset-password")
@click.argument("username", metavar="USER")
@click.option(
    "--state",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    help="The daemon's state directory. [default: gamepanel in the user's state directory]",
)
@passwordFile
def resetPassword(username: str, state: str | None, password_file: Any) -> None:
    """
    On the host of a daemon that does not run: give USER another password, and let them in.

    A disabled user is enabled. Where no administrator could log in, they become one. Their
    sessions end. Without --password-file a password is made and shown once.
    """
    from gamepanel.local.passwords import NotReset, OtherOwner, reset
    from gamepanel.state import defaultState

    if not re.match(usernamePattern, username):
        raise click.UsageError("USER: must be the name of a user")
    password = None if password_file is None else firstLine(password_file)
    try:
        done = reset(state or defaultState(), username, password)
    except OtherOwner as error:
        # As root it would leave files that the daemon could not use.
        again = shlex.join(["runuser", "-u", error.owner, "--", *sys.argv])
        raise click.ClickException(f"{error}: {again}") from error
    except NotReset as error:
        raise click.ClickException(f"{error}.") from error
    also = f" The user is now {' and '.join(done.changes)}." if done.changes else ""
    click.echo(f"{username} has a new password; all their sessions have ended.{also}", err=True)
    if done.password is not None:
        click.echo(done.password)
    if done.file is not None:
        click.echo(f"It stands in {done.file}, too, until it is changed.", err=True)


@main.command()
@click.argument("shell_name", metavar="bash|zsh|fish", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell_name: str) -> None:
    """
    A script for completion in a shell, such as: eval "$(gamepanel completion bash)"
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell_name)
    assert kind is not None
    click.echo(kind(main, {}, "gamepanel", "_GAMEPANEL_COMPLETE").source())
