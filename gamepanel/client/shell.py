"""
What all commands share: a reactor to run on, an output for people or programs, and what is
said when something goes wrong.
"""

import asyncio
import os
import re
import signal
import stat
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from typing import Any, Final, TypeVar

import click
import msgspec
from attrs import define, field
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ReactorNotRunning
from twisted.python.failure import Failure

from gamepanel.client.advice import advice
from gamepanel.client.api import Panel
from gamepanel.client.failures import BadAnswer, ClientError, NewerDaemon, Unreachable
from gamepanel.client.panels import NotLoggedIn, choose, load
from gamepanel.client.terminal import clean, wantsColours
from gamepanel.errors import PanelError
from gamepanel.wire.codes import ErrorCode

T = TypeVar("T")

done: Final = 0
refused: Final = 1
usage: Final = 2
unreachable: Final = 3
noAccess: Final = 4
bug: Final = 70
interrupted: Final = 130

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_COMMANDING: Final = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_ACCESS: Final[frozenset[ErrorCode]] = frozenset(
    ("token_missing", "token_invalid", "forbidden", "invalid_credentials")
)


class Failed(Exception):
    """
    Something has not come to be, although the daemon did what it was asked; the text says what.
    """


class AlreadyReported(Exception):
    """
    Errors that the user has been told of.

    @ivar errors: of which things.
    """

    def __init__(self, errors: Sequence[Exception]) -> None:
        super().__init__(*errors)
        self.errors = errors


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
        return await Panel.connect(known.urls, token=known.token, certificates=known.certificates)

    def show(self, answer: Struct, render: Callable[[], None]) -> None:
        """Print an answer, as it is for programs, or as people like it."""
        if self.json:
            self.write(_escaped(msgspec.json.encode(answer).decode()) + "\n")
        else:
            render()

    def write(self, text: str) -> None:
        """Print something to be read; if nobody reads any more, what was begun goes on."""
        with unbroken():
            click.echo(text, nl=False)

    def trouble(self, name: str, error: PanelError | Failed) -> None:
        """Say what is wrong with one of several things."""
        if isinstance(error, Failed):
            _say(str(error))
        else:
            _say(f"{name}: {' '.join(advice(error))}")

    async def whileRead(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something without an end for as long as somebody reads our output (C{| head})."""
        working = Deferred.fromCoroutine(work)
        isUnread = False

        def unread() -> None:
            nonlocal isUnread
            isUnread = True
            loop.remove_reader(sys.stdout.fileno())
            _forgetOutput()
            working.cancel()

        loop = asyncio.get_event_loop()
        if _isPipe(sys.stdout):
            # The writing end of a pipe is only ever "readable" when nobody reads it any more.
            loop.add_reader(sys.stdout.fileno(), unread)
        try:
            with unbroken():
                await working
        except CancelledError:
            if not isUnread:
                raise

    def say(self, sentence: str) -> None:
        """Tell a person something, beside the output proper."""
        if not self.json:
            click.echo(clean(sentence), err=True)

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print a table; for programs that cut columns, plain when it is no terminal."""
        if not self.console.is_terminal:
            self.write("".join("\t".join(map(clean, row)) + "\n" for row in rows))
            return
        table = Table(box=None, pad_edge=False, header_style="dim")
        for title in titles:
            table.add_column(title, overflow="fold")
        for row in rows:
            table.add_row(*(styled(clean(cell)) for cell in row))
        self.console.print(table)


def _escaped(document: str) -> str:
    """JSON in which nothing is left that a terminal could obey."""
    return _COMMANDING.sub(lambda match: f"\\u{ord(match[0]):04x}", document)


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
        _checkText(parameters.values())
        context.exit(execute(work(shell, **parameters)))

    return common(command)


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all have."""
    named = click.option(
        *("--panel", "panel_name"),
        metavar="NAME",
        help="Which daemon is meant.",
        shell_complete=panelNames,
    )
    asJson = click.option("--json", is_flag=True, help="Print what the API answers.")
    return named(asJson(command))


def panelNames(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The names of daemons that begin so, for the shell's completion."""
    with suppress(ClientError):
        return [name for name in load().panels if name.startswith(begun)]
    return []


def _checkText(parameters: Iterable[object]) -> None:
    """
    @raise UsageError: when an argument is not UTF-8, which JSON could not hold.
    """
    for parameter in parameters:
        for text in parameter if isinstance(parameter, tuple) else (parameter,):
            if isinstance(text, str) and not text.isascii() and _SURROGATE.search(text):
                raise click.UsageError(f"{text!r}: must be UTF-8")


def firstLine(file: Any) -> str:
    """
    What stands in a file that is given for a secret.

    @raise UsageError: when it is no text.
    """
    try:
        return str(file.readline().rstrip("\r\n"))
    except UnicodeDecodeError:
        raise click.UsageError(f"{file.name}: must be UTF-8") from None


def ask(question: Callable[..., T], *arguments: Any, **more: Any) -> T:
    """
    Ask a person something with one of click's questions.

    @raise Abort: when they press Ctrl-C, which the reactor would only take note of.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return question(*arguments, err=True, **more)
    finally:
        signal.signal(signal.SIGINT, before)


def execute(work: Coroutine[Any, Any, None], quiet: bool = False) -> int:
    """
    Run a coroutine on a reactor, and say what went wrong.

    @param quiet: whether nothing is said.

    @return: the exit status.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    from twisted.internet import asyncioreactor

    asyncioreactor.install(loop)
    from twisted.internet import reactor as installed

    reactor: Any = installed
    statuses: list[int] = []

    def ended(result: object) -> None:
        error = result.value if isinstance(result, Failure) else None
        statuses.append(done if error is None else bug if quiet else _status(error))
        reactor.callLater(0, _stop, reactor)

    def begin() -> None:
        worked = Deferred.fromCoroutine(work).addBoth(ended)
        # What is interrupted may have something to put in order.
        reactor.addSystemEventTrigger("before", "shutdown", worked.cancel)

    reactor.callWhenRunning(begin)
    reactor.run()
    _flush()
    return statuses[0] if statuses else interrupted


@contextmanager
def unbroken() -> Iterator[None]:
    """Nobody may be reading what is printed here any more."""
    try:
        yield
    except BrokenPipeError:
        _forgetOutput()


def _isPipe(stream: Any) -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(stream.fileno()).st_mode)
    except (OSError, ValueError):
        return False


def _stop(reactor: Any) -> None:
    with suppress(ReactorNotRunning):
        reactor.stop()


def _flush() -> None:
    """Write what is left."""
    with unbroken():
        sys.stdout.flush()


def _forgetOutput() -> None:
    # Python would try again when it ends, and complain.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _status(error: BaseException | None) -> int:
    """Say what went wrong, and what to do about it."""
    match error:
        case CancelledError() | KeyboardInterrupt() | click.Abort():
            return interrupted
        case click.ClickException():
            error.show()
            return error.exit_code
        case PanelError():
            return _refusal(error)
        case AlreadyReported():
            return max(map(_rank, error.errors))
        case Failed():
            _say(str(error))
            return refused
        case NotLoggedIn():
            _say(str(error))
            return noAccess
        case Unreachable():
            _say(f"{error} Is the daemon running, and is this its address?")
            return unreachable
        case BadAnswer() | NewerDaemon():
            _say(str(error))
            return unreachable
        case ClientError():
            _say(str(error))
            return usage
        case OSError():
            _say(f"output: {error.strerror}.")
            return refused
        case _:
            traceback.print_exception(error)
            return bug


def _refusal(error: PanelError) -> int:
    for sentence in advice(error):
        _say(sentence)
    return _rank(error)


def _rank(error: Exception) -> int:
    """The exit status that tells of this."""
    return noAccess if isinstance(error, PanelError) and error.code in _ACCESS else refused


def _say(sentence: str) -> None:
    click.echo(f"gamepanel: {clean(sentence)}", err=True)
