"""
Arguments and options that several commands have.
"""

from typing import Final

import click

from gamepanel.client import completions

server = click.argument("server", metavar="ID", shell_complete=completions.serverIds)
servers = click.argument(
    "servers",
    metavar="ID…",
    nargs=-1,
    required=True,
    shell_complete=completions.serverIds,
)
someServers = click.argument(
    "servers", metavar="[ID]…", nargs=-1, shell_complete=completions.serverIds
)
maybeServer = click.argument(
    "server", metavar="[ID]", required=False, shell_complete=completions.serverIds
)
everyServer: Final = click.option("--all", "-a", "every", is_flag=True, help="All servers.")

withTimeout: Final = click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="How long --wait waits at most.",
)
