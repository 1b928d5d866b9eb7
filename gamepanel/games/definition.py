"""
A type of game server: how it is set up, started, known to be ready, and stopped.

L{gamepanel.games.parsing.parse} makes one of the text of a TOML file.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from gamepanel.games.console import Console
from gamepanel.games.globs import Glob
from gamepanel.games.installing import Script, Step, decodeSteps, variablesOf
from gamepanel.games.machine import Machine, machineValues
from gamepanel.games.option import Option, Table
from gamepanel.games.players import Players
from gamepanel.games.query import Query
from gamepanel.games.template import Template

daemonSettings: Final = frozenset(
    {
        "description",
        "tags",
        "autostart",
        "restart",
        "restartFirstDelay",
        "restartMaxDelay",
        "restartGiveUpAfter",
        "restartWindow",
        "restartWhenHung",
    }
)
"""Settings of every server, whose names no option may have."""

fixedPlaceholders: Final = ("server", "directory")
"""What a placeholder can name beside the options; no option may have such a name."""

newestPlaceholder: Final = "newest"
"""What a placeholder can name where a type looks for the newest file."""


class BadDefinition(Exception):
    """A type file that does not fit; the text says where and why."""


class WhenSet(Table, frozen=True):
    """
    Arguments that depend on whether an option is true or non-empty.

    @ivar when: name of the option.
    @ivar add: the arguments if it is.
    @ivar otherwise: the arguments if it is not.
    """

    when: str
    add: tuple[str, ...]
    otherwise: tuple[str, ...] = ()


class Newest(Table, frozen=True):
    """
    Arguments that name the newest file of some.

    @ivar newest: which: a glob relative to the server's directory.
    @ivar add: the arguments, in which C{{newest}} is that file's path relative to the
        server's directory.
    @ivar otherwise: the arguments where there is none.
    """

    newest: str
    add: tuple[str, ...]
    otherwise: tuple[str, ...] = ()


Element = str | WhenSet | Newest
"""Of a command."""


def _decodeElement(value: object, where: str) -> Element:
    """
    An element of a command. Tables are told apart by the key that each kind must have.
    """
    if isinstance(value, str):
        return value
    isNewest = isinstance(value, dict) and "newest" in value
    kind: type[Newest | WhenSet] = Newest if isNewest else WhenSet
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadDefinition(f"{where}: {error}") from error


class Run(Table, frozen=True):
    """
    What is started.

    @ivar command: program and arguments.
    @ivar directory: where it starts, inside the server's own directory.
    @ivar environment: variables beside those that every child gets.
    @ivar user: name of the user it runs as, where the daemon is root.
    @ivar ready: regular expression of the line that says that players can come.
    @ivar readyWithin: seconds after which that is overdue.
    @ivar failed: regular expression of a line that says that the start has failed.
    @ivar sees: directories of the host that it may read when it is isolated.
    @ivar needsPort: whether a process of the server must hold its main port soon after the
        ready line; None leaves it to L{ServerType.needsPort}.
    """

    command: Annotated[tuple[str | dict[str, Any], ...], Meta(min_length=1)]
    directory: str = "."
    environment: dict[str, str] = {}
    user: str | None = None
    ready: str | None = None
    readyWithin: Annotated[float, Meta(gt=0)] = msgspec.field(default=120.0, name="ready_within")
    failed: str | None = None
    needsPort: bool | None = msgspec.field(default=None, name="needs_port")
    sees: tuple[str, ...] = ()

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """The elements of the command."""
        return tuple(
            _decodeElement(element, f"run.command[{index}]")
            for index, element in enumerate(self.command)
        )


def isShell(run: Run) -> bool:
    """
    Whether a command is a text for bash: a value in its environment may come to name any program.
    """
    return run.command[:2] == ("bash", "-c")


class StopStep(Table, frozen=True):
    """
    One thing to try so that a server stops.

    @ivar command: a line for its console.
    @ivar signal: or a signal for its group, without SIG.
    @ivar patience: seconds to wait for the end before the next step.
    """

    command: str | None = None
    signal: Literal["INT", "TERM", "HUP", "QUIT"] | None = None
    patience: Annotated[float, Meta(ge=0, le=3600)] = 15.0


class RestartRules(Table, frozen=True):
    """
    The type's values for L{gamepanel.servers.restart.Policy}, in seconds.
    """

    policy: Literal["never", "on-failure", "always"] = "on-failure"
    cleanExitCodes: tuple[Annotated[int, Meta(ge=0, le=255)], ...] = msgspec.field(
        default=(0,), name="clean_exit_codes"
    )
    firstDelay: Annotated[float, Meta(ge=0, le=3600)] = msgspec.field(
        default=2.0, name="first_delay"
    )
    maxDelay: Annotated[float, Meta(ge=0, le=86400)] = msgspec.field(
        default=300.0, name="max_delay"
    )
    giveUpAfter: Annotated[int, Meta(ge=1, le=1000)] = msgspec.field(
        default=5, name="give_up_after"
    )
    window: Annotated[float, Meta(ge=1, le=86400)] = 600.0


Format = Literal["properties", "ini", "json", "yaml", "toml", "lines", "xml"]

typedFormats: Final = ("json", "yaml", "toml")
"""Formats whose values have types; in the others all are text."""

SetValue = str | bool | int | float | tuple[str | bool | int | float, ...]
"""What a type sets a key to; texts, also those in an array, are templates."""


class ConfigFile(Table, frozen=True):
    """
    A file of the game that is written before each start.

    @ivar path: inside the server's directory.
    @ivar set: keys, dotted to reach into sections and nested values, and their values.
    @ivar seed: what it is a copy of as long as it is not there: a path in the server's
        directory, or an absolute one below what L{Run.sees} names.
    """

    path: str
    format: Format
    set: dict[str, SetValue] = {}
    seed: str | None = None


def templatesIn(value: SetValue) -> tuple[str, ...]:
    """All texts in what a key is set to."""
    values = value if isinstance(value, tuple) else (value,)
    return tuple(text for text in values if isinstance(text, str))


class LimitRules(Table, frozen=True):
    """
    The type's values of the settings that limit a server; 0 where there is no limit.

    @ivar memory: in MiB.
    @ivar cpu: in per cent of a core.
    @ivar processes: how many processes and threads.
    @ivar disk: in MiB.
    """

    memory: Annotated[int, Meta(ge=0, le=16_777_216)] = 0
    cpu: Annotated[int, Meta(ge=0, le=102_400)] = 0
    processes: Annotated[int, Meta(ge=0, le=4_194_304)] = 0
    disk: Annotated[int, Meta(ge=0, le=2**30)] = 0


class BackupRules(Table, frozen=True):
    """
    What a backup holds, and how a game is kept from saving while it is made.

    @ivar include: globs of what is taken; everything if there are none.
    @ivar exclude: globs of what is not.
    @ivar before: lines for its console, so that it holds still; none: that is not asked of it.
    @ivar until: regular expression of the line by which it says that it does.
    @ivar ask: a line that is sent again each second until that has come.
    @ivar patience: seconds after which the copy begins all the same.
    @ivar after: lines by which it goes on.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    until: str | None = None
    ask: str | None = None
    patience: Annotated[float, Meta(gt=0, le=3600)] = 30.0
    after: tuple[str, ...] = ()


class ServerType(Table, frozen=True):
    """
    A type of game server, as its TOML file says it.

    @ivar needs: programs that must be found on the child's PATH.
    @ivar hint: what to tell the operator when they are not.
    @ivar icon: name of the sign that a page shows for it.
    @ivar tags: words by which people look for it.
    @ivar tested: whether somebody has run it in tests.
    @ivar machines: kinds of machines that its programs run on.
    @ivar stop: tried in order; killing everything always follows the last.
    @ivar console: how it takes commands.
    @ivar query: how its servers are asked whether they are well; None: they are not.
    @ivar install: what brings the files of its game, as tables; see L{steps}.
    @ivar players: how to know who plays; None where nobody can.
    @ivar backup: what its backups hold.
    """

    title: Annotated[str, Meta(min_length=1)]
    run: Run
    description: str = ""
    homepage: str = ""
    needs: tuple[str, ...] = ()
    hint: str = ""
    icon: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,31}\Z")] | None = None
    tags: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,31}\Z")], ...],
        Meta(max_length=16),
    ] = ()
    tested: bool = True
    machines: Annotated[tuple[Machine, ...], Meta(min_length=1)] = ("x86_64", "aarch64")
    options: tuple[Option, ...] = ()
    stop: tuple[StopStep, ...] = (StopStep(signal="TERM", patience=15.0),)
    restart: RestartRules = RestartRules()
    files: tuple[ConfigFile, ...] = ()
    limits: LimitRules = LimitRules()
    console: Console = Console()
    query: Query | None = None
    install: tuple[dict[str, Any], ...] = ()
    players: Players | None = None
    backup: BackupRules = BackupRules()

    @cached_property
    def optionsByName(self) -> Mapping[str, Option]:
        """Its options, by their names."""
        return {option.name: option for option in self.options}

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """
        What brings the files of its game, in order.

        @raise BadStep: when the type was not checked, and one of them does not fit.
        """
        return decodeSteps(self.install)

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """All that a placeholder may name; the variables of its install steps are among them."""
        fixed = (*fixedPlaceholders, *machineValues(""))
        return frozenset((*self.optionsByName, *fixed, *variablesOf(self.steps)))

    @cached_property
    def mainPort(self) -> str | None:
        """The name of the option by which players reach it: its first port, if it has any."""
        return next((option.name for option in self.options if option.type == "port"), None)

    @cached_property
    def needsPort(self) -> bool:
        """
        Whether one of the server's processes must hold the main port soon after the ready
        line: unless the type says otherwise, where there are a port and such a line.
        """
        if self.run.needsPort is None:
            return self.mainPort is not None and self.run.ready is not None
        return self.run.needsPort

    @cached_property
    def hasScript(self) -> bool:
        """Whether a script installs it, which is run isolated only."""
        return any(isinstance(step, Script) for step in self.steps)

    @cached_property
    def hasShell(self) -> bool:
        """Whether its command is a text for bash, which is run isolated only."""
        return isShell(self.run)

    def template(self, text: str) -> Template:
        """Parse a text with this type's placeholders; it was checked when the type was loaded."""
        return Template.parse(text, self.placeholders)

    def newestTemplate(self, text: str) -> Template:
        """The same of a text that may name the newest file, too."""
        return Template.parse(text, self.placeholders | {newestPlaceholder})

    def globs(self, texts: Mapping[str, str]) -> Iterator[Glob]:
        """
        The globs whose newest file its command wants to know.

        @param texts: what placeholders stand for; no character of theirs has a meaning there.
        """
        for element in self.run.elements:
            if isinstance(element, Newest):
                yield self.globOf(element, texts)

    def globOf(self, element: Newest, texts: Mapping[str, str]) -> Glob:
        """The glob of one such element."""
        return Glob.parse(self.template(element.newest), texts)


def seenAt(run: Run, path: str) -> str | None:
    """The directory of L{Run.sees} that an absolute path is below, if there is one."""
    return next((seen for seen in run.sees if path.startswith(seen.rstrip("/") + "/")), None)
