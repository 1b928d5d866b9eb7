"""
The command that opens the page.
"""

import click

from gamepanel.client.arguments import maybeServer
from gamepanel.client.shell import Shell, running


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
    if printOnly or not _opened(url):
        shell.write(url + "\n")


def _opened(url: str) -> bool:
    import webbrowser

    return webbrowser.open(url)
