"""
What all commands share: the daemon that is meant, logging in to it with whoever is there to be
asked, and an output for people or programs.
"""

import os
import re
import signal
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, Final, TypeVar

import click
import msgspec
from attrs import define, evolve, field
from msgspec import Struct

from gamepanel.base.errors import PanelError
from gamepanel.client._blocking import BlockingConnection
from gamepanel.client.api import Panel
from gamepanel.client.caller import Caller
from gamepanel.client.failures import ClientError, Elsewhere
from gamepanel.client.panels import Known, choose, load, save
from gamepanel.client.reports import (
    AlreadyReported,
    Failed,
    Subject,
    advice,
    document,
    escaped,
    isAboutId,
    report,
    say,
)
from gamepanel.client.runtime import execute, reactor
from gamepanel.client.terminal import aligned, clean, plain, unbroken, wantsColours
from gamepanel.client.values import meant
from gamepanel.wire.authentication import LoggedIn

__all__ = ["AlreadyReported", "Failed", "Shell", "common", "running"]

T = TypeVar("T")

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
    @ivar troubles: what has gone wrong with some of several servers.
    """

    name: str | None = None
    json: bool = False
    format: str | None = None
    subject: Subject = field(factory=Subject)
    reached: Panel | None = None
    troubles: list[Exception] = field(factory=list)

    @property
    def isForPrograms(self) -> bool:
        """Whether what the API answers is printed, or a template of it."""
        return self.json or self.format is not None

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
            await logInElsewhere(self, known, error)
            return await (self.panel() if installed is None else self.live())

    def show(self, answer: Struct, render: Callable[[], None]) -> None:
        """Print an answer, as it is for programs, or as people like it."""
        if self.isForPrograms:
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
        """Say what is wrong with one of several servers, and go on; returns it for programs."""
        self.troubles.append(error)
        subject = await self.near(error, evolve(self.subject, server=name))
        if self.json:
            report(error, subject, True)
        elif isinstance(error, Failed):
            say(str(error))
        else:
            *before, last = advice(error, subject)
            told = [each if each.endswith(".") else f"{each}." for each in before]
            say(" ".join((f"{name}:", *told, last)))
        return {"error": document(error, subject)}

    def say(self, sentence: str) -> None:
        """Tell a person something, beside the output proper."""
        if not self.json:
            click.echo(clean(sentence), err=True)

    def away(self, reason: str | None) -> None:
        """Say that the daemon is away, or with None that it is back."""
        self.say("Connected again." if reason is None else f"{reason} Trying again …")

    def table(
        self, titles: Sequence[str], rows: Sequence[Sequence[str]], cuts: bool = False
    ) -> None:
        """
        Print a table; for programs that cut columns, plain when it is no terminal.

        @param cuts: whether what does not fit on a line is left out; else it is broken.
        """
        if self.isTerminal:
            self.write(aligned(titles, rows, wantsColours(), _columns(), cuts))
        else:
            self.write(plain(rows))


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
    if shell.troubles:
        raise AlreadyReported(shell.troubles)


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


def secret(question: str, file: Any, missing: str, **more: Any) -> str:
    """
    A secret: from a file, else a person is asked for it.

    @param file: None where none was given.
    @param missing: what to say where nobody can be asked.
    """
    if file is not None:
        return firstLine(file)
    if not sys.stdin.isatty():
        raise click.UsageError(missing)
    return str(ask(click.prompt, question, hide_input=True, **more))


_missing: Final = "{}: needs --password-file where nobody can be asked"


async def logIn(
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
        known.token = connection.token = secret("Token", passwordFile, _missing.format("Token"))
        known.username = (await panel.whoami()).username
    remembered = load()
    remembered.panels[name] = known
    remembered.default = name
    save(remembered)
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
            await logIn(shell, name, there, known.username, None)
            return
    raise error


def _nameOf(known: Known) -> str | None:
    """The name by which a daemon is remembered, if it is."""
    found = [name for name, each in load().panels.items() if each == known]
    return found[0] if found else None


async def _logInAs(shell: Shell, panel: Panel, username: str | None, passwordFile: Any) -> LoggedIn:
    if username is None and not sys.stdin.isatty():
        raise click.UsageError("User name: must be given where nobody can be asked")
    name = username or ask(click.prompt, "User name")
    password = secret("Password", passwordFile, _missing.format("Password"))
    if shell.json or passwordFile is not None or not sys.stderr.isatty():
        return await panel.login(name, password)
    with click.progressbar(length=8, label="Proof of work", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(1)

        return await panel.login(name, password, progress)
