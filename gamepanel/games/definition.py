"""
A type of game server: how it is set up, started, known to be ready, and stopped.

L{parse} turns the text of a TOML file into a L{ServerType}, and checks all that
can be checked before a server of it exists.
"""

import glob
import itertools
import math
import posixpath
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from gamepanel.games.template import BadTemplate, Template
from gamepanel.games.xmlpath import BadPath, Path
from gamepanel.wire.values import OptionKind, OptionValue

maxTextLength: Final = 4096
"""How many characters a value may have where its option sets no bound."""

daemonSettings: Final = frozenset(
    {
        "description",
        "autostart",
        "restart",
        "restartFirstDelay",
        "restartMaxDelay",
        "restartGiveUpAfter",
        "restartWindow",
    }
)
"""Settings of every server, whose names no option may have."""

fixedPlaceholders: Final = ("server", "directory")
"""What a placeholder can name beside the options; no option may have such a name."""

Machine = Literal["x86_64", "aarch64"]
"""Kinds of machines that types know of."""

machineNames: Final[Mapping[str, tuple[str, str]]] = {
    "x86_64": ("x64", "amd64"),
    "aarch64": ("aarch64", "arm64"),
}
"""What vendors call each kind in their file names."""


def machineValues(machine: str) -> dict[str, str]:
    """
    What placeholders can name of the machine. These came later than the first types, so an
    option of such a name takes its place.

    @param machine: as uname(2) has it.
    """
    arch, alternative = machineNames.get(machine, (machine, machine))
    return {"machine": machine, "arch": arch, "arch_alt": alternative}


newestPlaceholder: Final = "newest"
"""What a placeholder can name where a type looks for the newest file."""

generatedCharacters: Final = string.ascii_letters + string.digits
"""Of which passwords are made."""


class BadDefinition(Exception):
    """A type file that does not fit; the text says where and why."""


class BadValue(Exception):
    """A value that an option does not take; the text says why, without the value."""


class BadArgument(BadValue):
    """
    A value that would pass for an option of the program.

    @ivar name: of the option that has it.
    """

    def __init__(self, name: str) -> None:
        super().__init__("must not begin with - here")
        self.name = name


class _Table(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, dict=True):
    """A table of a type file; unknown keys are errors."""


class Follows(_Table, frozen=True):
    """
    What the number of a port follows from.

    @ivar of: name of another port.
    @ivar plus: how much is added to its number.
    """

    of: str
    plus: int


class Option(_Table, frozen=True):
    """
    Something about a server that people can set.

    @ivar name: how placeholders and the API call it.
    @ivar type: what kind of value it takes.
    @ivar protocol: for ports: which of the two it occupies.
    @ivar default: its value where none is given.
    @ivar required: whether it must have a value.
    @ivar readonly: whether it can be set at creation only.
    @ivar minLength: in characters.
    @ivar maxLength: in characters.
    @ivar pattern: regular expression for the whole value.
    @ivar generate: for passwords: so many random letters and digits where none is given.
    @ivar follows: for ports: which other it follows; it can't be set then.
    @ivar hint: what C{pattern} wants, for people.
    @ivar group: heading below which a form shows it, with others.
    @ivar advanced: whether a form may keep it out of the way of newcomers.
    @ivar accept: address of terms that whoever creates the server must accept by this.
    """

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}\Z")]
    type: OptionKind
    title: str = ""
    description: str = ""
    protocol: Literal["udp", "tcp", "both"] = "both"
    default: OptionValue | None = None
    required: bool = False
    readonly: bool = False
    minLength: Annotated[int, Meta(ge=0)] | None = msgspec.field(default=None, name="min_length")
    maxLength: Annotated[int, Meta(ge=1)] | None = msgspec.field(default=None, name="max_length")
    pattern: str | None = None
    choices: tuple[OptionValue, ...] | None = None
    unit: str | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    generate: Annotated[int, Meta(ge=8, le=256)] | None = None
    follows: Follows | None = msgspec.field(default=None, name="port")
    hint: str | None = None
    group: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    advanced: bool = False
    accept: Annotated[str, Meta(pattern=r"^https?://[^\s]+\Z")] | None = None

    @cached_property
    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the greatest value, for numbers."""
        if self.type == "port":
            return (1 if self.minimum is None else self.minimum), (
                65535 if self.maximum is None else self.maximum
            )
        return self.minimum, self.maximum

    def check(self, value: object) -> OptionValue:
        """
        @return: the value.

        @raise BadValue: when this option does not take it.
        """
        _checks[self.type](self, value)
        assert isinstance(value, str | int | float)
        if self.choices is not None and value not in self.choices:
            raise BadValue("must be one of " + ", ".join(str(choice) for choice in self.choices))
        return value


def _checkText(option: Option, value: object) -> None:
    if not isinstance(value, str):
        raise BadValue("must be a string")
    if "\0" in value:
        raise BadValue("must not hold a NUL")
    if option.type != "text" and ("\n" in value or "\r" in value):
        raise BadValue("must be one line")
    if len(value) < (option.minLength or 0):
        raise BadValue(f"must have at least {option.minLength} characters")
    longest = maxTextLength if option.maxLength is None else option.maxLength
    if len(value) > longest:
        raise BadValue(f"must have at most {longest} characters")
    if option.pattern is not None and not re.fullmatch(option.pattern, value):
        wanted = f"must match {option.pattern}" if option.hint is None else option.hint
        raise BadValue(wanted)


def _checkNumber(option: Option, value: object) -> None:
    whole = option.type != "number"
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise BadValue("must be a whole number" if whole else "must be a number")
    least, greatest = option.bounds
    if not -(2**53) < value < 2**53:
        raise BadValue("must be within 2^53")
    if least is not None and value < least:
        raise BadValue(f"must be at least {least}")
    if greatest is not None and value > greatest:
        raise BadValue(f"must be at most {greatest}")


def _checkBoolean(option: Option, value: object) -> None:
    if not isinstance(value, bool):
        raise BadValue("must be true or false")
    if option.accept is not None and not value:
        raise BadValue(f"must be true: the terms at {option.accept} have to be accepted")


_checks: dict[OptionKind, Callable[[Option, object], None]] = {
    "string": _checkText,
    "text": _checkText,
    "password": _checkText,
    "enum": _checkText,
    "integer": _checkNumber,
    "number": _checkNumber,
    "port": _checkNumber,
    "boolean": _checkBoolean,
}


class WhenSet(_Table, frozen=True):
    """
    Arguments that are left out unless an option is true or non-empty.

    @ivar when: name of the option.
    """

    when: str
    add: tuple[str, ...]


class Newest(_Table, frozen=True):
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


class Run(_Table, frozen=True):
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


class StopStep(_Table, frozen=True):
    """
    One thing to try so that a server stops.

    @ivar command: a line for its console.
    @ivar signal: or a signal for its group, without SIG.
    @ivar patience: seconds to wait for the end before the next step.
    """

    command: str | None = None
    signal: Literal["INT", "TERM", "HUP", "QUIT"] | None = None
    patience: Annotated[float, Meta(ge=0, le=3600)] = 15.0


class RestartRules(_Table, frozen=True):
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


class ConfigFile(_Table, frozen=True):
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


class ServerType(_Table, frozen=True):
    """
    A type of game server, as its TOML file says it.

    @ivar needs: programs that must be found on the child's PATH.
    @ivar hint: what to tell the operator when they are not.
    @ivar icon: name of the sign that a page shows for it.
    @ivar tags: words by which people look for it.
    @ivar tested: whether somebody has run it in tests.
    @ivar machines: kinds of machines that its programs run on.
    @ivar stop: tried in order; killing everything always follows the last.
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

    @cached_property
    def optionsByName(self) -> Mapping[str, Option]:
        """Its options, by their names."""
        return {option.name: option for option in self.options}

    @cached_property
    def placeholders(self) -> frozenset[str]:
        """All that a placeholder may name."""
        return frozenset((*self.optionsByName, *fixedPlaceholders, *machineValues("")))

    @cached_property
    def ready(self) -> re.Pattern[str] | None:
        """The compiled expression of its ready line."""
        return None if self.run.ready is None else re.compile(self.run.ready)

    @property
    def failed(self) -> str | None:
        """The expression of a line that says that the start has failed."""
        return self.run.failed

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

    def template(self, text: str) -> Template:
        """Parse a text with this type's placeholders; it was checked when the type was loaded."""
        return Template.parse(text, self.placeholders)

    def newestTemplate(self, text: str) -> Template:
        """The same of a text that may name the newest file, too."""
        return Template.parse(text, self.placeholders | {newestPlaceholder})

    def globs(self, texts: Mapping[str, str]) -> Iterator[str]:
        """
        The globs whose newest file its command wants to know.

        @param texts: what placeholders stand for; no character of theirs has a meaning there.
        """
        for element in self.run.elements:
            if isinstance(element, Newest):
                yield self.globOf(element, texts)

    def globOf(self, element: Newest, texts: Mapping[str, str]) -> str:
        """The glob of one such element."""
        literal = {name: glob.escape(text) for name, text in texts.items()}
        return self.template(element.newest).expand(literal)


def parse(text: str) -> ServerType:
    """
    The type that a TOML file describes.

    @raise BadDefinition: when it does not fit.
    """
    try:
        definition = msgspec.toml.decode(text, type=ServerType)
    except msgspec.MsgspecError as error:
        raise BadDefinition(str(error)) from error
    except RecursionError as error:
        raise BadDefinition("it is nested too deeply") from error
    for check in _wholeChecks:
        check(definition)
    return definition


def _checkOptions(definition: ServerType) -> None:
    seen: set[str] = set()
    for index, option in enumerate(definition.options):
        where = f"options[{index}] ({option.name})"
        if option.name in seen:
            raise BadDefinition(f"{where}: there are two of this name")
        if option.name in daemonSettings or option.name in fixedPlaceholders:
            raise BadDefinition(f"{where}: this name is the daemon's own")
        seen.add(option.name)
        _checkOption(option, where)
        if option.follows is not None:
            _checkFollows(definition, option, option.follows, where)


def _checkFollows(definition: ServerType, option: Option, follows: Follows, where: str) -> None:
    leader = definition.optionsByName.get(follows.of)
    if leader is None or leader.type != "port" or leader.follows is not None:
        raise BadDefinition(f"{where}.port.of: {follows.of} is no port with a number of its own")
    if follows.plus == 0 or abs(follows.plus) > 65534:
        raise BadDefinition(f"{where}.port.plus: must lead to another port")
    for key, given in (
        ("default", option.default is not None),
        ("required", option.required),
        ("readonly", option.readonly),
        ("choices", option.choices is not None),
        ("minimum", option.minimum is not None),
        ("maximum", option.maximum is not None),
    ):
        if given:
            raise BadDefinition(f"{where}: {key} does not go with a port that follows another")


def _checkOption(option: Option, where: str) -> None:
    isText = _checks[option.type] is _checkText
    isNumber = _checks[option.type] is _checkNumber
    for key, given, fits in (
        ("min_length", option.minLength, isText),
        ("max_length", option.maxLength, isText),
        ("pattern", option.pattern, isText),
        ("minimum", option.minimum, isNumber),
        ("maximum", option.maximum, isNumber),
        ("choices", option.choices, option.type != "boolean"),
        ("generate", option.generate, option.type == "password"),
        ("port", option.follows, option.type == "port"),
        ("hint", option.hint, option.pattern is not None),
        ("accept", option.accept, option.type == "boolean"),
    ):
        if given is not None and not fits:
            lack = f"type {option.type}" if key != "hint" else "an option without a pattern"
            raise BadDefinition(f"{where}: {key} does not go with {lack}")
    if option.accept is not None and option.default is not None:
        raise BadDefinition(f"{where}: accept does not go with a default")
    if option.pattern is not None:
        _compile(option.pattern, f"{where}.pattern")
    if option.type == "enum" and not option.choices:
        raise BadDefinition(f"{where}: an enum needs choices")
    for choice in option.choices or ():
        _checkGiven(option, choice, f"{where}.choices")
    if option.default is not None:
        _checkGiven(option, option.default, f"{where}.default")
    if option.generate is not None:
        _checkGenerate(option, option.generate, where)


def _checkGenerate(option: Option, length: int, where: str) -> None:
    if option.default is not None:
        raise BadDefinition(f"{where}: generate does not go with a default")
    characters = generatedCharacters
    # Each character at each place, since which will come there is left to chance.
    for shift in range(len(characters)):
        example = "".join(characters[(shift + n) % len(characters)] for n in range(length))
        _checkGiven(option, example, f"{where}.generate")


def _checkGiven(option: Option, value: OptionValue, where: str) -> None:
    try:
        option.check(value)
    except BadValue as error:
        raise BadDefinition(f"{where}: {error}") from error


def _compile(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise BadDefinition(f"{where}: not a regular expression: {error}") from error


def _checkLine(pattern: str, where: str) -> None:
    """Check a pattern that a player could forge if it fitted in the middle of a line."""
    if not pattern.startswith("^"):
        raise BadDefinition(f"{where}: must begin with ^")
    _compile(pattern, where)


def _checkRun(definition: ServerType) -> None:
    run = definition.run
    if run.ready is not None:
        _compile(run.ready, "run.ready")
    if run.failed is not None:
        _checkLine(run.failed, "run.failed")
    if run.needsPort and definition.mainPort is None:
        raise BadDefinition("run.needs_port: there is no option of type port")
    _checkInside(run.directory, "run.directory")
    for index, element in enumerate(run.elements):
        _checkElement(definition, element, f"run.command[{index}]")
    for path in run.sees:
        if not path.startswith("/") or posixpath.normpath(path) != path or "\0" in path:
            raise BadDefinition(f"run.sees: {path} must be an absolute path without . and ..")
    for name, text in run.environment.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name == "GAMEPANEL_SERVER":
            raise BadDefinition(f"run.environment: {name} can not be set")
        _checkTemplate(definition, text, f"run.environment.{name}")


def _checkElement(definition: ServerType, element: Element, where: str) -> None:
    if isinstance(element, str):
        _checkTemplate(definition, element, where)
    elif isinstance(element, WhenSet):
        if element.when not in definition.optionsByName:
            raise BadDefinition(f"{where}.when: {element.when} names no option")
        for text in element.add:
            _checkTemplate(definition, text, f"{where}.add")
    else:
        _checkNewest(definition, element, where)


def _checkNewest(definition: ServerType, element: Newest, where: str) -> None:
    if newestPlaceholder in definition.optionsByName:
        raise BadDefinition(f"{where}: {{{newestPlaceholder}}} is the name of an option, too")
    _checkTemplate(definition, element.newest, f"{where}.newest")
    _checkFilePath(element.newest, f"{where}.newest")
    if "**" in element.newest:
        raise BadDefinition(f"{where}.newest: ** is not possible, a * is within one directory")
    for text in element.add:
        try:
            definition.newestTemplate(text)
        except BadTemplate as error:
            raise BadDefinition(f"{where}.add: {error}") from error
    for text in element.otherwise:
        _checkTemplate(definition, text, f"{where}.otherwise")


def _checkStop(definition: ServerType) -> None:
    for index, step in enumerate(definition.stop):
        if (step.command is None) == (step.signal is None):
            raise BadDefinition(f"stop[{index}]: needs either a command or a signal")
        if step.command is not None:
            _checkTemplate(definition, step.command, f"stop[{index}].command")


def _checkFiles(definition: ServerType) -> None:
    for index, file in enumerate(definition.files):
        _checkFilePath(file.path, f"files[{index}].path")
        if file.seed is not None:
            _checkSeed(definition, file.seed, f"files[{index}].seed")
        for key, value in file.set.items():
            where = f"files[{index}].set.{key}"
            _checkSetValue(file.format, value, where)
            for text in templatesIn(value):
                _checkTemplate(definition, text, where)
            _checkKey(definition, file, key, where)


def _checkSeed(definition: ServerType, seed: str, where: str) -> None:
    if not seed.startswith("/"):
        _checkFilePath(seed, where)
    elif posixpath.normpath(seed) != seed or "\0" in seed or seenAt(definition.run, seed) is None:
        raise BadDefinition(f"{where}: must be in the server's directory or below one of run.sees")


def seenAt(run: Run, path: str) -> str | None:
    """The directory of L{Run.sees} that an absolute path is below, if there is one."""
    return next((seen for seen in run.sees if path.startswith(seen.rstrip("/") + "/")), None)


def _checkSetValue(format: Format, value: SetValue, where: str) -> None:
    if not isinstance(value, str) and format not in typedFormats:
        raise BadDefinition(f"{where}: {format} holds text only")
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, float) and not math.isfinite(part):
            raise BadDefinition(f"{where}: {part} is no number")


def _checkKey(definition: ServerType, file: ConfigFile, key: str, where: str) -> None:
    if file.format == "ini" and "." not in key:
        raise BadDefinition(
            f"{where}: an ini key needs its section; write .{key} if it stands before all sections"
        )
    if file.format == "lines":
        _checkLineKey(definition, key, str(file.set[key]), where)
    if file.format == "xml":
        try:
            Path.parse(key)
        except BadPath as error:
            raise BadDefinition(f"{where}: {error}") from error


def _isLiteral(piece: str | tuple[str]) -> bool:
    return isinstance(piece, str)


def _checkLineKey(definition: ServerType, key: str, text: str, where: str) -> None:
    pieces = definition.template(text).pieces
    literal = "".join(str(piece) for piece in itertools.takewhile(_isLiteral, pieces))
    if not key.strip() or key.splitlines() != [key] or not literal.startswith(key):
        raise BadDefinition(f"{where}: the line must begin with its key, or it is not found again")


def _checkTemplate(definition: ServerType, text: str, where: str) -> None:
    try:
        definition.template(text)
    except BadTemplate as error:
        raise BadDefinition(f"{where}: {error}") from error


def _checkInside(path: str, where: str) -> None:
    if path.startswith("/") or ".." in path.split("/") or "\0" in path or not path:
        raise BadDefinition(f"{where}: must stay inside the server's directory")


def _checkFilePath(path: str, where: str) -> None:
    _checkInside(path, where)
    if path.rsplit("/", 1)[-1] in ("", "."):
        raise BadDefinition(f"{where}: must be that of a file")


_wholeChecks: Sequence[Callable[[ServerType], None]] = (
    _checkOptions,
    _checkRun,
    _checkStop,
    _checkFiles,
)


def asText(value: OptionValue | None) -> str:
    """How a value stands in a command line or a text file; nothing for no value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def arguments(
    definition: ServerType, values: Mapping[str, Any], newest: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """
    The program and arguments that start a server.

    @param values: of options, and of C{server} and C{directory}.
    @param newest: the newest file of each of L{ServerType.globs} for which there is one.

    @raise BadArgument: when a value would pass for an option of the program.
    """
    texts = {name: asText(value) for name, value in values.items()}
    result: list[str] = []
    for template, known in _chosen(definition, values, texts, newest or {}):
        argument = template.expand(known)
        leader = template.leader(known)
        if argument.startswith("-") and leader is not None:
            _refuseDash(definition, leader)
        # An empty argument that stands so in the type is meant.
        if argument or not template.pieces:
            result.append(argument)
    return tuple(result)


def _chosen(
    definition: ServerType,
    values: Mapping[str, Any],
    texts: Mapping[str, str],
    newest: Mapping[str, str],
) -> Iterator[tuple[Template, Mapping[str, str]]]:
    """The templates of all arguments that are not left out, each with what it may name."""
    for element in definition.run.elements:
        if isinstance(element, str):
            yield definition.template(element), texts
        elif isinstance(element, WhenSet):
            if _isSet(values.get(element.when)):
                yield from ((definition.template(text), texts) for text in element.add)
        elif file := newest.get(definition.globOf(element, texts)):
            known = {**texts, newestPlaceholder: file}
            yield from ((definition.newestTemplate(text), known) for text in element.add)
        else:
            yield from ((definition.template(text), texts) for text in element.otherwise)


def _isSet(value: OptionValue | None) -> bool:
    """Whether a value is true or non-empty; a number always is."""
    return not (value is None or value is False or value == "")


def _refuseDash(definition: ServerType, name: str) -> None:
    option = definition.optionsByName.get(name)
    if option is None or _checks[option.type] is not _checkNumber:
        raise BadArgument(name)
