"""
The command C{gamepanel}: everything that the API can do, from a shell.

Exit statuses: 0 done, 1 refused, 2 wrong usage, 3 unreachable, 4 no access, 70 a bug, 130
interrupted.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Final

import click
import msgspec

import gamepanel
from gamepanel.client.reports import Subject, done, interrupted, report
from gamepanel.client.shell import Shell, common, take
from gamepanel.client.terminal import flush, unbroken

_table: Final[dict[str, Any]] = msgspec.json.decode(
    (Path(__file__).parent / "commands.json").read_bytes()
)

sections: Final[dict[str, dict[str, str]]] = _table["sections"]
"""Where each command is, below C{gamepanel.client}, in the order of the help."""

aliases: Final[dict[str, str]] = _table["aliases"]
"""Other names of commands, which people bring along from elsewhere."""

_places: Final = {name: place for found in sections.values() for name, place in found.items()}


class Menu(click.Group):
    """
    The group of all commands: each is imported when it is called, and each error told in one way.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = _places.get(aliases.get(cmd_name, cmd_name))
        if place is None:
            return None
        module, _, name = place.partition(".")
        found: click.Command = getattr(import_module(f"gamepanel.client.{module}"), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of a name; where there is none, one with a name like it is proposed."""
        wanted = args[0]
        if wanted and not wanted.startswith("-") and self.get_command(ctx, wanted) is None:
            near = get_close_matches(wanted, [*_places, *aliases], 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"No such command '{wanted}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, _places))
        for title, names in sections.items():
            with formatter.section(title):
                formatter.write_dl(list(self._rows(ctx, names, width)))

    def _rows(
        self, ctx: click.Context, names: Sequence[str] | dict[str, str], width: int
    ) -> Iterator[tuple[str, str]]:
        for name in names:
            command = self.get_command(ctx, name)
            assert command is not None
            other = [alias for alias, meant in aliases.items() if meant == name]
            also = f" (also: {', '.join(other)})" if other else ""
            yield name.ljust(width), command.get_short_help_str(70) + also

    def main(self, args: Sequence[str] | None = None, *more: Any, **how: Any) -> Any:
        if not how.get("standalone_mode", True):
            return super().main(args, *more, **how)
        words = sys.argv[1:] if args is None else list(args)
        sys.exit(self._status(words, *more, **{**how, "standalone_mode": False}))

    def _main_shell_completion(self, *arguments: Any) -> None:
        # Called at each start; it returns at once where nothing is to be completed.
        if "_GAMEPANEL_COMPLETE" in os.environ:
            import gamepanel.client.bash  # noqa: F401
        super()._main_shell_completion(*arguments)

    def _status(self, words: Sequence[str], *more: Any, **how: Any) -> int:
        try:
            with unbroken():
                found = super().main(list(words), *more, **how)
        except click.Abort:
            return interrupted
        except click.exceptions.NoArgsIsHelpError as error:
            # What it says is the whole help, which stays as it is laid out.
            error.show()
            return error.exit_code
        except (click.ClickException, OSError) as error:
            # The latter where what was printed could not be written.
            flush()
            return report(error, Subject(), "--json" in words)
        unwritten = flush()
        if unwritten is not None:
            return report(unwritten, Subject(), "--json" in words)
        return found if isinstance(found, int) else done


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
