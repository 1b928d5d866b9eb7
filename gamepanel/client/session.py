"""
The commands for logging in and out.
"""

import sys
from typing import Any

import click

from gamepanel.client import panels
from gamepanel.client.api import Panel
from gamepanel.client.failures import ClientError, Unreachable
from gamepanel.client.panels import Known
from gamepanel.client.shell import (
    Shell,
    ask,
    firstLine,
    panelNames,
    running,
)
from gamepanel.errors import TokenInvalid, TokenMissing
from gamepanel.wire.authentication import LoggedIn
from gamepanel.wire.message import Done


@click.command()
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


@click.command()
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


@click.command("panels")
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


@click.command()
@running
async def whoami(shell: Shell) -> None:
    """Who you are there, and what you may do."""
    panel = await shell.panel()
    user = await panel.whoami()
    rows = [["user", user.username], ["at", panel.connection.base]]
    rows += [["may", word] for word in ("admin", "create") if getattr(user, word)]
    rows += [[id, ", ".join(rights)] for id, rights in user.servers.items()]
    shell.show(user, lambda: shell.table(("", ""), rows))
