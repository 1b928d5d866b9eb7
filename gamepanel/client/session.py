"""
The commands for logging in and out.
"""

import re
import sys
from typing import Any, Final

import click
import msgspec

from gamepanel.client import panels
from gamepanel.client.api import Panel
from gamepanel.client.caller import baseOf, isLoopback
from gamepanel.client.failures import Elsewhere, Unreachable
from gamepanel.client.panels import Known
from gamepanel.client.shell import (
    Shell,
    ask,
    firstLine,
    panelNames,
    running,
)
from gamepanel.client.terminal import clean
from gamepanel.errors import TokenInvalid, TokenMissing
from gamepanel.wire.authentication import LoggedIn
from gamepanel.wire.message import Done

_HOST: Final = re.compile(
    r"(?:\[[0-9a-fA-F:.]+\]|localhost|[^/:@]+\.[^/:@]+|[^/:@]+(?=:\d))(?::\d+)?(?:/.*)?"
)


def addressOf(text: str) -> str:
    """
    A base URL of what a person has typed: without a scheme it is https, and http on this host.

    @raise ClientError: when it is no address.
    """
    if "://" not in text and _HOST.fullmatch(text):
        text = f"http://{text}" if isLoopback(f"http://{text}") else f"https://{text}"
    return baseOf(text)


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
    """
    Log in to the daemon at URL, and remember it.

    \b
    gamepanel login https://panel.example.org
    gamepanel login 127.0.0.1:8080 -u admin
    """
    known = Known(url=addressOf(url), certificates=certificates)
    name = shell.name or known.url.partition("://")[2].rstrip("/")
    answer = await _logIn(shell, name, known, username, password_file)
    shell.show(answer or Done(), lambda: None)


async def _logIn(
    shell: Shell, name: str, known: Known, username: str | None, passwordFile: Any
) -> LoggedIn | None:
    """Log in to a daemon, and remember it by a name."""
    panel = await shell.at(known)
    connection = panel.connection
    others = [*connection.bases, *connection.elsewhere]
    known.others = [base for base in others if base != known.url]
    known.instance = connection.instance
    answer: LoggedIn | None = None
    if panel.config.auth == "password":
        answer = await _logInAs(shell, panel, username, passwordFile)
        known.username, known.token = answer.username, answer.accessToken
    elif panel.config.auth == "url":
        if panel.config.authUrl:
            shell.say(f"Get a token at {panel.config.authUrl}")
        known.token = connection.token = _secret("Token", passwordFile)
        known.username = (await panel.whoami()).username
    remembered = panels.load()
    remembered.panels[name] = known
    remembered.default = name
    panels.save(remembered)
    shell.say(f"You are {known.username or 'anonymous'} at {connection.base} ({name}).")
    return answer


async def logInElsewhere(shell: Shell, known: Known, error: Elsewhere) -> None:
    """
    A daemon may only be reached where its token must not go: ask, and log in anew there.

    @raise Elsewhere: when nobody can be asked, or they do not want to.
    """
    name = _nameOf(known)
    if name is None or shell.json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise error
    shell.say(str(error))
    for url in map(clean, error.urls):
        question = f"It was said to be at {url}, too, where others may listen. Log in there anew?"
        if ask(click.confirm, question):
            there = msgspec.structs.replace(known, url=url, token=None, instance="", others=[])
            await _logIn(shell, name, there, known.username, None)
            return
    raise error


def _nameOf(known: Known) -> str | None:
    """The name by which a daemon is remembered, if it is."""
    found = [name for name, each in panels.load().panels.items() if each == known]
    return found[0] if found else None


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
@running
async def listPanels(shell: Shell, chosen: str | None) -> None:
    """The daemons that you have logged in to; with NAME, that one is meant from now on."""
    known = panels.load()
    if chosen is not None:
        if chosen not in known.panels:
            raise click.UsageError(f"{chosen}: nobody has logged in as that")
        known.default = chosen
        panels.save(known)
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
    rows += [["role", word] for word in ("admin", "create") if getattr(user, word)]
    servers = {} if user.admin else user.servers
    rows += [[id, ", ".join(rights)] for id, rights in servers.items()]
    shell.show(user, lambda: shell.table(("", ""), rows))
