"""
What a start will do: worked out first, as a value, and then done.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from gamepanel.errors import BadRequest, Problem, SpawnFailed, shortage
from gamepanel.games.arguments import BadArgument, arguments, asText
from gamepanel.games.configfiles import CannotHold, Value, edit
from gamepanel.games.definition import (
    ConfigFile,
    ServerType,
    SetValue,
    seenAt,
    templatesIn,
    typedFormats,
)
from gamepanel.games.machine import machineValues
from gamepanel.servers.files import confined
from gamepanel.servers.process.launch import Account, Launch, environment
from gamepanel.servers.settings import Settings, randomPassword
from gamepanel.wire.values import OptionValue


@frozen
class Plan:
    """
    All that a start will do.

    @ivar launch: the process.
    @ivar files: configuration files, and the values to set in them.
    """

    launch: Launch
    files: tuple[tuple[ConfigFile, Mapping[str, Value]], ...]


def plan(
    definition: ServerType,
    server: str,
    home: str,
    settings: Settings,
    path: str,
    account: Account | None,
) -> Plan:
    """
    What to do to start a server. This looks for files in its directory: call it in a thread.

    @param home: its directory.
    @param path: PATH of its process.

    @raise SpawnFailed: when a value would pass for an option of the program, or it can't be
        known which file is the newest of some.
    """
    values = placeholderValues(definition, settings, server, home)
    values.update(_passwordsForNow(definition, values))
    texts = {name: asText(value) for name, value in values.items()}
    try:
        command = arguments(definition, values, _newest(definition, home, texts))
    except BadArgument as error:
        raise SpawnFailed(f"The value of {error.name} {error}.") from error
    own = {
        name: definition.template(text).expand(texts)
        for name, text in definition.run.environment.items()
    }
    if not command:
        raise SpawnFailed("Its command has become empty.")
    directory = os.path.normpath(os.path.join(home, definition.run.directory))
    files = tuple(
        (file, {key: _setting(definition, file, text, values) for key, text in file.set.items()})
        for file in definition.files
    )
    fixed = environment(server, path, home, os.environ)
    return Plan(Launch(command, fixed, own, directory, account), files)


def placeholderValues(
    definition: ServerType, settings: Settings, server: str, home: str
) -> dict[str, Any]:
    """All that placeholders of a server stand for, by their names."""
    return {
        **machineValues(os.uname().machine),
        **settings.optionValues(definition),
        "server": server,
        "directory": home,
    }


def _passwordsForNow(definition: ServerType, values: Mapping[str, Any]) -> dict[str, str]:
    """
    Random passwords for this start only, where one must be there and is not: a server may be
    older than the option. Some games print one of their own otherwise.
    """
    return {
        option.name: randomPassword(option.generate)
        for option in definition.options
        if option.required and option.generate is not None and not values[option.name]
    }


def _newest(definition: ServerType, home: str, texts: Mapping[str, str]) -> dict[str, str]:
    """The newest file of each glob in the command for which there is one."""
    found = {}
    for pattern in definition.globs(texts):
        try:
            path = confined.newest(home, pattern)
        except confined.TooMany as error:
            raise SpawnFailed(
                f"The newest of {pattern} can't be found: {error} has more than "
                f"{confined.maxEntries} files."
            ) from error
        except OSError as error:
            raise shortage(error) or SpawnFailed(
                f"The newest of {pattern} can't be found: {error.strerror}."
            ) from error
        if path is not None:
            found[pattern] = path
    return found


def _setting(
    definition: ServerType, file: ConfigFile, value: SetValue, values: Mapping[str, Any]
) -> Value:
    """What a key is to be set to: of the option's own type where the file's format has types."""
    if isinstance(value, tuple):
        return [_scalar(definition, file, part, values) for part in value]
    return _scalar(definition, file, value, values)


def _scalar(
    definition: ServerType, file: ConfigFile, value: OptionValue, values: Mapping[str, Any]
) -> OptionValue:
    if not isinstance(value, str):
        return value
    template = definition.template(value)
    only = template.only
    if only is not None and file.format in typedFormats:
        given: OptionValue | None = values.get(only)
        return "" if given is None else given
    return template.expand({name: asText(value) for name, value in values.items()})


def findProgram(launch: Launch) -> str | None:
    """
    Where the program of a launch is, if it is there and may be run.
    """
    program = launch.arguments[0]
    if "/" in program:
        program = os.path.join(launch.directory, program)
    return shutil.which(program, path=launch.path)


def carryOut(home: str, planned: Plan, definition: ServerType) -> None:
    """
    Do what must be done on disk before a start, and check that the process can be started.

    @raise SpawnFailed: saying what is missing.
    @raise NoSpace: when the disk is full.
    """
    if not confined.directoryExists(home, definition.run.directory):
        raise SpawnFailed(f"The directory {definition.run.directory} of the server is missing.")
    if findProgram(planned.launch) is None:
        if os.path.isfile(os.path.join(home, planned.launch.arguments[0])):
            raise SpawnFailed(f"{planned.launch.arguments[0]} may not be executed.")
        hint = f" ({definition.hint})" if definition.hint else ""
        raise SpawnFailed(f"The program {planned.launch.arguments[0]} was not found{hint}.")
    for file, changes in planned.files:
        try:
            _writeFile(home, planned, definition, file, changes)
        except OSError as error:
            if lack := shortage(error):
                raise lack from error
            reason = error.strerror or str(error)
            raise SpawnFailed(f"{file.path} can't be written: {reason}.") from error
        except (CannotHold, UnicodeDecodeError) as error:
            reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise SpawnFailed(f"{file.path} can't be written: {reason}.") from error


def _writeFile(
    home: str,
    planned: Plan,
    definition: ServerType,
    file: ConfigFile,
    changes: Mapping[str, Value],
) -> None:
    before = confined.readText(home, file.path)
    start = before
    if start is None and file.seed is not None:
        start = _seed(home, definition, file.seed)
    after = edit(file.format, start or "", changes)
    if len(after.encode()) > confined.maxFileBytes:
        raise CannotHold(f"it would have more than {confined.maxFileBytes // 1024} KiB")
    if after != (before or ""):
        confined.writeText(home, file.path, after, planned.launch.account)


def _seed(home: str, definition: ServerType, seed: str) -> str:
    """What a file begins as."""
    seen = seenAt(definition.run, seed)
    try:
        if seen is None:
            text = confined.readText(home, seed)
        else:
            root, path = os.path.realpath(seen), os.path.relpath(seed, seen)
            text = confined.readText(root, path, mayBeLinked=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise shortage(error) or CannotHold(f"its sample {seed} can't be read: {reason}") from error
    if text is None:
        raise CannotHold(f"its sample {seed} is missing")
    return text


def checkUsable(definition: ServerType, settings: Settings, where: str) -> None:
    """
    Check that a server can be started with these values: each configuration file can
    hold what will be written into it, and none passes for an option of the program.

    @param where: the field of the request that has the options.

    @raise BadRequest: naming the options whose values are of no use.
    """
    problems = tuple(_useless(definition, settings, where))
    if problems:
        raise BadRequest(problems=problems)


def _useless(definition: ServerType, settings: Settings, where: str) -> Iterator[Problem]:
    values = placeholderValues(definition, settings, "id", "/")
    globs = definition.globs({name: asText(value) for name, value in values.items()})
    for newest in ({}, dict.fromkeys(globs, "file")):
        try:
            arguments(definition, values, newest)
        except BadArgument as error:
            yield Problem((where, error.name), str(error))
            break
    for file in definition.files:
        yield from _uselessIn(definition, file, values, where)


def _uselessIn(
    definition: ServerType, file: ConfigFile, values: Mapping[str, Any], where: str
) -> Iterator[Problem]:
    """
    What can't be written into one file: all of it at once, since values that fit one by
    one may get into each other's way; and then each, to know which it is.
    """
    changes = {key: _setting(definition, file, value, values) for key, value in file.set.items()}
    whole = _refusal(file, changes)
    if whole is None:
        return
    guilty = {
        key: reason
        for key, value in changes.items()
        if (reason := _refusal(file, {key: value})) is not None
    }
    for key, reason in (guilty or dict.fromkeys(changes, whole)).items():
        names = {
            name for text in templatesIn(file.set[key]) for name in definition.template(text).names
        }
        for name in sorted(names & definition.optionsByName.keys()):
            yield Problem((where, name), f"{file.path}: {reason}")


def _refusal(file: ConfigFile, changes: Mapping[str, Value]) -> str | None:
    """Why a file can't hold values, if it can't."""
    try:
        edit(file.format, "", changes)
    except CannotHold as error:
        return str(error)
    return None
