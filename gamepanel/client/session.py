"""
The commands for logging in and out.
"""

import re
from typing import Any, Final

import click

from gamepanel.base.errors import TokenInvalid, TokenMissing
from gamepanel.client import panels
from gamepanel.client.arguments import maybeServer
from gamepanel.client.caller import baseOf, isLoopback
from gamepanel.client.failures import Unreachable
from gamepanel.client.panels import Known
from gamepanel.client.shell import Shell, logIn, panelNames, running
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
    answer = await logIn(shell, name, known, username, password_file)
    shell.show(answer or Done(), lambda: None)


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


@click.command("open")
@maybeServer
@click.option("--print", "printOnly", is_flag=True, help="Print the address instead.")
@running
async def openPage(shell: Shell, server: str | None, printOnly: bool) -> None:
    """Open the page of the daemon in your browser; with ID, that of a server."""
    panel = await shell.panel()
    if server is not None:
        await panel.serverStatus(server)
    url = panel.connection.base + ("" if server is None else f"#/server/{server}")
    import webbrowser

    if printOnly or not webbrowser.open(url):
        shell.write(url + "\n")
