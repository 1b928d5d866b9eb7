"""
Logging in to a daemon, with whoever is there to be asked.
"""

import sys
from typing import Any, Protocol

import click
import msgspec

from gamepanel.client import panels
from gamepanel.client.api import Panel
from gamepanel.client.asking import ask, firstLine
from gamepanel.client.failures import Elsewhere
from gamepanel.client.panels import Known
from gamepanel.client.terminal import clean
from gamepanel.wire.authentication import LoggedIn


class LoginShell(Protocol):
    """The part of L{gamepanel.client.shell.Shell} that this needs."""

    json: bool

    async def at(self, known: Known) -> Panel:
        """This daemon, for single requests."""

    def say(self, sentence: str) -> None:
        """Tell a person something."""


async def logIn(
    shell: LoginShell, name: str, known: Known, username: str | None, passwordFile: Any
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


async def logInElsewhere(shell: LoginShell, known: Known, error: Elsewhere) -> None:
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
            await logIn(shell, name, there, known.username, None)
            return
    raise error


def _nameOf(known: Known) -> str | None:
    """The name by which a daemon is remembered, if it is."""
    found = [name for name, each in panels.load().panels.items() if each == known]
    return found[0] if found else None


async def _logInAs(
    shell: LoginShell, panel: Panel, username: str | None, passwordFile: Any
) -> LoggedIn:
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
