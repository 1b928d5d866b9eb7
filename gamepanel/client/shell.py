"""
What all commands share: a reactor to run on, an output for people or programs, and what is
said when something goes wrong.
"""

import asyncio
import os
import stat
import sys
import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Final

import click
import msgspec
from attrs import define, field
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from gamepanel.client.api import Panel
from gamepanel.client.connection import ClientError
from gamepanel.client.panels import NotLoggedIn, choose
from gamepanel.client.terminal import clean, wantsColours
from gamepanel.errors import PanelError

done: Final = 0
refused: Final = 1
unreachable: Final = 3
noAccess: Final = 4
bug: Final = 70
interrupted: Final = 130

_ACCESS: Final = frozenset(("token_missing", "token_invalid", "forbidden", "invalid_credentials"))


class Failed(Exception):
    """
    Something has not come to be, although the daemon did what it was asked; the text says what.
    """


def _console() -> Console:
    """Our output, as it wants to be written to."""
    if wantsColours():
        return Console(highlight=False, soft_wrap=True)
    return Console(highlight=False, soft_wrap=True, color_system=None)


@define
class Shell:
    """
    The setting of a command.

    @ivar name: of the daemon, if one was named.
    @ivar json: whether the output is for programs.
    """

    name: str | None = None
    json: bool = False
    console: Console = field(factory=lambda: _console())

    async def panel(self) -> Panel:
        """The daemon that is meant."""
        known = choose(self.name)
        return await Panel.connect(known.url, token=known.token, certificates=known.certificates)

    def show(self, answer: Struct, render: Callable[[], None]) -> None:
        """Print an answer, as it is for programs, or as people like it."""
        if self.json:
            click.echo(msgspec.json.encode(answer))
        else:
            render()

    def say(self, sentence: str) -> None:
        """Tell a person something, beside the output proper."""
        if not self.json:
            click.echo(clean(sentence), err=True)

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; for programs that cut columns, plain when it is no terminal."""
        if not self.console.is_terminal:
            for row in rows:
                click.echo("\t".join(clean(cell) for cell in row))
            return
        table = Table(box=None, pad_edge=False, header_style="dim")
        for title in titles:
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*(styled(clean(cell)) for cell in row))
        self.console.print(table)


STYLES: Final = {
    "running": "green",
    "starting": "yellow",
    "stopping": "yellow",
    "installing": "yellow",
    "waiting": "yellow",
    "crashed": "bold red",
    "failed": "bold red",
    "stopped": "dim",
}
"""How the states of servers are shown."""


def styled(cell: str) -> Any:
    """A cell, coloured if it is a state; never read as markup."""
    from rich.text import Text

    return Text(cell, style=STYLES.get(cell, ""))


Work = Callable[..., Coroutine[Any, Any, None]]


def running(work: Work) -> Callable[..., None]:
    """
    Make a coroutine function a command: it gets the L{Shell} first, then its parameters.
    """

    @wraps(work)
    def command(**parameters: Any) -> None:
        context = click.get_current_context()
        shell = context.find_object(Shell) or Shell()
        shell.json = parameters.pop("json", False)
        shell.name = parameters.pop("panel_name", None) or shell.name
        context.exit(execute(work(shell, **parameters)))

    named = click.option("--panel", "panel_name", metavar="NAME", help="Which daemon is meant.")
    asJson = click.option("--json", is_flag=True, help="Print what the API answers.")
    return named(asJson(command))


def execute(work: Coroutine[Any, Any, None]) -> int:
    """
    Run a coroutine on a reactor, and say what went wrong.

    @return: the exit status.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)
    from twisted.internet import reactor as installed

    reactor: Any = installed
    statuses: list[int] = []

    def unread() -> None:
        # As with "| head": whoever read it has enough.
        loop.remove_reader(sys.stdout.fileno())
        _forgetOutput()
        statuses.append(done)
        _stop(reactor)

    if _isPipe(sys.stdout):
        # The writing end of a pipe is only ever "readable" when nobody reads it any more.
        loop.add_reader(sys.stdout.fileno(), unread)

    def ended(result: object) -> None:
        statuses.append(_status(result.value) if isinstance(result, Failure) else done)
        reactor.callLater(0, _stop, reactor)

    def begin() -> None:
        Deferred.fromCoroutine(work).addBoth(ended)

    reactor.callWhenRunning(begin)
    reactor.run()
    _flush()
    return statuses[0] if statuses else interrupted


def _isPipe(stream: Any) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _stop(reactor: Any) -> None:
    with suppress(ReactorNotRunning):
        reactor.stop()


def _flush() -> None:
    """Write what is left; nobody may be reading any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forgetOutput()


def _forgetOutput() -> None:
    # Python would try again when it ends, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _status(error: BaseException | None) -> int:
    """Say what went wrong, and what to do about it."""
    if isinstance(error, BrokenPipeError):
        # Whoever read it has enough.
        _forgetOutput()
        return done
    if isinstance(error, CancelledError | KeyboardInterrupt | click.Abort):
        return interrupted
    if isinstance(error, click.ClickException):
        error.show()
        return error.exit_code
    if isinstance(error, PanelError):
        return _refusal(error)
    if isinstance(error, Failed):
        _say(str(error))
        return refused
    if isinstance(error, NotLoggedIn):
        _say(str(error))
        return noAccess
    if isinstance(error, ClientError):
        _say(str(error))
        return unreachable
    traceback.print_exception(error)
    return bug


def _refusal(error: PanelError) -> int:
    _say(error.detail)
    for problem in error.problems:
        _say(f"  {problem.pointer.lstrip('/')}: {problem.detail}")
    if error.code in ("token_missing", "token_invalid"):
        _say("Log in again: gamepanel login URL")
    return noAccess if error.code in _ACCESS else refused


def _say(sentence: str) -> None:
    click.echo(f"gamepanel: {clean(sentence)}", err=True)
