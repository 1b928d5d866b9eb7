"""
The command C{gamepanel}: everything that the API can do, from a shell.

Exit statuses: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 no access, 70 a bug, 130
interrupted.
"""

import os
import sys
from io import TextIOWrapper
from typing import Any

import click

import gamepanel
from gamepanel.client.menu import Menu
from gamepanel.client.shell import Shell, common, take


@click.group(cls=Menu, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gamepanel.__version__, prog_name="gamepanel")
@common
@click.pass_context
def main(context: click.Context, /, **options: Any) -> None:
    """
    Look after game servers.

    Log in once with `gamepanel login URL`; all else then goes to that daemon. Scripts set
    GAMEPANEL_URL and GAMEPANEL_TOKEN instead, and add --json for output that is made for
    programs.

    \b
    gamepanel login https://panel.example.org
    gamepanel create luanti world -o port=30000 --start
    gamepanel console world

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
    context.obj = Shell()
    take(context.obj, options)
