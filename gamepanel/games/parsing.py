"""
Turns the text of a TOML file into a L{ServerType}, and checks all that can be checked
before a server of it exists.
"""

import itertools
import math
import posixpath
import re
from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from gamepanel.games.definition import (
    BadDefinition,
    ConfigFile,
    Element,
    Format,
    Newest,
    ServerType,
    SetValue,
    WhenSet,
    daemonSettings,
    fixedPlaceholders,
    isShell,
    newestPlaceholder,
    seenAt,
    templatesIn,
    typedFormats,
)
from gamepanel.games.installchecks import checkSteps
from gamepanel.games.installing import BadStep
from gamepanel.games.linechecks import checkLine, checkPattern, checkPlayers, checkUnforged
from gamepanel.games.machine import machineValues
from gamepanel.games.option import (
    BadValue,
    Follows,
    Option,
    generatedCharacters,
)
from gamepanel.games.query import queryProblems
from gamepanel.games.template import BadTemplate
from gamepanel.games.xmlpath import BadPath, Path
from gamepanel.wire.values import OptionValue


def parse(text: str) -> ServerType:
    """
    The type that a TOML file describes.

    @raise BadDefinition: when it does not fit.
    """
    try:
        definition = msgspec.toml.decode(text, type=ServerType)
    except RecursionError as error:
        raise BadDefinition("it is nested too deeply") from error
    except (msgspec.MsgspecError, ValueError) as error:
        # The latter for a number that is too long for Python.
        raise BadDefinition(str(error)) from error
    for check in _wholeChecks:
        check(definition)
    # Without all that the checks have made of it: of most types nobody ever asks for that.
    return replace(definition, run=replace(definition.run))


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
    isText = option.isText
    isNumber = option.isNumber
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
        ("address", option.address, option.type == "string"),
        ("accept", option.accept, option.type == "boolean"),
    ):
        if given is not None and not fits:
            lack = f"type {option.type}" if key != "hint" else "an option without a pattern"
            raise BadDefinition(f"{where}: {key} does not go with {lack}")
    if option.accept is not None and option.default is not None:
        raise BadDefinition(f"{where}: accept does not go with a default")
    if option.pattern is not None:
        checkPattern(option.pattern, f"{where}.pattern")
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


def _checkInstall(definition: ServerType) -> None:
    try:
        fixed = (*fixedPlaceholders, *machineValues(""))
        checkSteps(definition.steps, definition.optionsByName, fixed)
    except BadStep as error:
        raise BadDefinition(str(error)) from error


def _checkRun(definition: ServerType) -> None:
    run = definition.run
    if run.ready is not None:
        checkLine(run.ready, "run.ready")
    if run.failed is not None:
        checkUnforged(run.failed, "run.failed")
    if run.needsPort and definition.mainPort is None:
        raise BadDefinition("run.needs_port: there is no option of type port")
    _checkInside(run.directory, "run.directory")
    for index, element in enumerate(run.elements):
        _checkElement(definition, element, f"run.command[{index}]")
    if isShell(run):
        _checkShell(definition, run.elements[2:3])
    for path in run.sees:
        if not path.startswith("/") or posixpath.normpath(path) != path or "\0" in path:
            raise BadDefinition(f"run.sees: {path} must be an absolute path without . and ..")
    for name, text in run.environment.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name == "GAMEPANEL_SERVER":
            raise BadDefinition(f"run.environment: {name} can not be set")
        _checkTemplate(definition, text, f"run.environment.{name}")


def _checkShell(definition: ServerType, text: Sequence[Element]) -> None:
    if not text or not isinstance(text[0], str):
        raise BadDefinition("run.command[2]: bash -c needs a text")
    for name in sorted(definition.template(text[0]).names):
        raise BadDefinition(
            f"run.command[2]: {{{name}}} would be read by the shell; give it in run.environment"
        )


def _checkElement(definition: ServerType, element: Element, where: str) -> None:
    if isinstance(element, str):
        _checkTemplate(definition, element, where)
    elif isinstance(element, WhenSet):
        if element.when not in definition.optionsByName:
            raise BadDefinition(f"{where}.when: {element.when} names no option")
        for text in element.add:
            _checkTemplate(definition, text, f"{where}.add")
        for text in element.otherwise:
            _checkTemplate(definition, text, f"{where}.otherwise")
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


def _checkConsole(definition: ServerType) -> None:
    console = definition.console
    problem = console.problem()
    if problem is not None:
        raise BadDefinition(problem)
    for key, text in console.templates:
        _checkTemplate(definition, text, f"console.{key}")
        if key in ("follow", "path"):
            _checkFilePath(text, f"console.{key}")
    for key, pattern in console.patterns:
        checkLine(pattern, f"console.{key}")


def _checkQuery(definition: ServerType) -> None:
    if definition.query is not None:
        placeholders, options = definition.placeholders, definition.optionsByName
        for problem in queryProblems(definition.query, placeholders, options):
            raise BadDefinition(f"query.{problem}")


def _checkBackup(definition: ServerType) -> None:
    rules = definition.backup
    for key in ("before", "after"):
        for text in getattr(rules, key):
            _checkTemplate(definition, text, f"backup.{key}")
    if rules.ask is not None:
        _checkTemplate(definition, rules.ask, "backup.ask")
    if rules.until is not None:
        checkUnforged(rules.until, "backup.until")
    for key in ("until", "ask", "after"):
        if getattr(rules, key) and not rules.before:
            raise BadDefinition(f"backup.{key}: needs backup.before")
    if rules.ask is not None and rules.until is None:
        raise BadDefinition("backup.ask: needs backup.until")
    for key in ("include", "exclude"):
        for text in getattr(rules, key):
            _checkFilePath(text, f"backup.{key}")


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
    _checkInstall,
    _checkRun,
    _checkStop,
    _checkFiles,
    _checkConsole,
    _checkQuery,
    checkPlayers,
    _checkBackup,
)
