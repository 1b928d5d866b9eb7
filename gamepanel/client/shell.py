"""
What all commands share: the daemon that is meant, and an output for people or programs.
"""

import os
import re
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Final

import click
import msgspec
from attrs import define, evolve, field
from msgspec import Struct

from gamepanel.base.errors import PanelError
from gamepanel.client import tables
from gamepanel.client._blocking import BlockingConnection
from gamepanel.client.advice import Subject, advice, isAboutId
from gamepanel.client.api import Panel
from gamepanel.client.caller import Caller
from gamepanel.client.failures import ClientError, Elsewhere
from gamepanel.client.output import unbroken
from gamepanel.client.panels import Known, choose, load
from gamepanel.client.reports import AlreadyReported, Failed, documentOf, escaped, report, say
from gamepanel.client.runtime import execute, reactor
from gamepanel.client.terminal import clean, wantsColours
from gamepanel.client.values import meant

__all__ = ["AlreadyReported", "Failed", "Shell", "common", "running"]

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


@define
class Shell:
    """
    The setting of a command.

    @ivar name: of the daemon, if one was named.
    @ivar json: whether the output is for programs.
    @ivar format: a template for the output, see L{gamepanel.client.formats}.
    @ivar subject: what the command is about, for hints.
    @ivar reached: the daemon that was asked last.
    """

    name: str | None = None
    json: bool = False
    format: str | None = None
    subject: Subject = field(factory=Subject)
    reached: Panel | None = None

    @property
    def isTerminal(self) -> bool:
        """Whether a person sees the output."""
        return sys.stdout.isatty()

    async def panel(self) -> Panel:
        """The daemon that is meant, for single requests."""
        return await self.at(self._known())

    async def at(self, known: Known) -> Panel:
        """This daemon, for single requests."""
        connection = BlockingConnection(
            known.bases, known.token, known.others, known.instance, known.certificates
        )
        return await self._settled(known, connection, None)

    async def live(self) -> Panel:
        """The daemon that is meant, for a command that goes on for a while; on a reactor."""
        installed = await reactor()
        from gamepanel.client.connection import Connection, newHttp

        known = self._known()
        http, pool = newHttp(installed, known.certificates)
        connection = Connection(
            http, installed, known.bases, known.token, pool, known.others, known.instance
        )
        return await self._settled(known, connection, installed)

    def _known(self) -> Known:
        known = choose(self.name)
        self.subject = evolve(self.subject, url=known.url)
        return known

    async def _settled(self, known: Known, connection: Caller, installed: Any) -> Panel:
        try:
            self.reached = Panel(connection, await connection.settle(), installed)
            return self.reached
        except Elsewhere as error:
            from gamepanel.client.loggingin import logInElsewhere

            await logInElsewhere(self, known, error)
            return await (self.panel() if installed is None else self.live())

    def show(self, answer: Struct, render: Callable[[], None]) -> None:
        """Print an answer, as it is for programs, or as people like it."""
        if self.json or self.format is not None:
            self.put(msgspec.to_builtins(answer))
        else:
            render()

    def put(self, answer: Any) -> None:
        """Print an answer for programs."""
        if self.format is not None:
            from gamepanel.client.formats import lines

            self.write("".join(lines(self.format, answer)))
        else:
            self.write(escaped(msgspec.json.encode(answer).decode()) + "\n")

    def write(self, text: str) -> None:
        """Print something to be read; if nobody reads any more, what was begun goes on."""
        with unbroken():
            click.echo(text, nl=False)

    async def near(self, error: BaseException, subject: Subject) -> Subject:
        """What a command is about, and what may have been meant if that is not there."""
        if self.reached is None or not isAboutId(error):
            return subject
        # Ids have small letters only, and this is about an error: another one is no news.
        with suppress(PanelError, ClientError):
            known = [each.server for each in (await self.reached.serverList()).servers]
            return evolve(subject, near=meant(subject.server.lower(), known))
        return subject

    async def trouble(self, name: str, error: PanelError | Failed) -> dict[str, Any]:
        """Say what is wrong with one of several servers; returns it for programs."""
        subject = await self.near(error, evolve(self.subject, server=name))
        if self.json:
            report(error, subject, True)
        elif isinstance(error, Failed):
            say(str(error))
        else:
            *before, last = advice(error, subject)
            told = [each if each.endswith(".") else f"{each}." for each in before]
            say(" ".join((f"{name}:", *told, last)))
        return documentOf(error, subject)

    def say(self, sentence: str) -> None:
        """Tell a person something, beside the output proper."""
        if not self.json:
            click.echo(clean(sentence), err=True)

    def table(
        self, titles: Sequence[str], rows: Sequence[Sequence[str]], cuts: bool = False
    ) -> None:
        """
        Print a table; for programs that cut columns, plain when it is no terminal.

        @param cuts: whether what does not fit on a line is left out; else it is broken.
        """
        if self.isTerminal:
            self.write(tables.aligned(titles, rows, wantsColours(), _columns(), cuts))
        else:
            self.write(tables.plain(rows))


def _columns() -> int | None:
    """How many columns the terminal has, if it says so."""
    # As shutil does, which takes longer to import than a short command runs.
    with suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    return None


Work = Callable[..., Coroutine[Any, Any, None]]


def running(work: Work) -> Callable[..., None]:
    """
    Make a coroutine function a command: it gets the L{Shell} first, then its parameters.
    """

    @wraps(work)
    def command(**parameters: Any) -> None:
        context = click.get_current_context()
        shell = context.find_object(Shell) or Shell()
        take(shell, parameters)
        given = parameters.get("servers") or (parameters.get("server"),)
        if len(given) == 1 and isinstance(given[0], str):
            shell.subject = evolve(shell.subject, server=given[0])
        checkText(parameters.values())

        def ended(error: BaseException | None) -> int:
            return 0 if error is None else report(error, shell.subject, shell.json)

        context.exit(execute(_tried(shell, work(shell, **parameters)), ended))

    return common(command)


async def _tried(shell: Shell, work: Coroutine[Any, Any, None]) -> None:
    """Do the work; what helps with an error is asked for as long as the daemon can be."""
    try:
        await work
    except PanelError as error:
        shell.subject = await shell.near(error, shell.subject)
        raise


def take(shell: Shell, parameters: dict[str, Any]) -> None:
    """Take the options that all commands have, wherever in the line they stand."""
    shell.json = parameters.pop("json", False) or shell.json
    shell.name = parameters.pop("panel_name", None) or shell.name
    shell.format = parameters.pop("template", None) or shell.format


def common(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that all have."""
    named = click.option(
        "--panel",
        "panel_name",
        metavar="NAME",
        help="Which daemon is meant.",
        shell_complete=panelNames,
    )
    asJson = click.option("--json", is_flag=True, help="Print what the API answers.")
    formatted = click.option(
        "--format",
        "template",
        metavar="TEMPLATE",
        help="Print a line for each thing, such as '{server} {status}'.",
    )
    return named(asJson(formatted(command)))


def panelNames(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The names of daemons that begin so, for the shell's completion."""
    with suppress(ClientError):
        return [name for name in load().panels if name.startswith(begun)]
    return []


def checkText(parameters: Iterable[object]) -> None:
    """
    See that what was given is text.

    @param parameters: arguments, or tuples of some.

    @raise UsageError: when one is not UTF-8, which JSON could not hold.
    """
    for parameter in parameters:
        for text in parameter if isinstance(parameter, tuple) else (parameter,):
            if isinstance(text, str) and not text.isascii() and _SURROGATE.search(text):
                raise click.UsageError(f"{text!r}: must be UTF-8")
