"""
What a start will do: worked out first, as a value, and then done.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from gamepanel.base.errors import BadRequest, Problem, SpawnFailed, problem, shortage
from gamepanel.disk import confined
from gamepanel.games.arguments import BadArgument, arguments, asText
from gamepanel.games.configfiles import Value
from gamepanel.games.definition import (
    ConfigFile,
    ServerType,
    SetValue,
    seenAt,
    templatesIn,
    typedFormats,
)
from gamepanel.games.globs import Glob
from gamepanel.games.machine import machineValues
from gamepanel.process.launch import Account, Launch, environment
from gamepanel.servers.channels.wiring import Wiring, wiring
from gamepanel.servers.configs.perform import FileTask, Reason
from gamepanel.servers.configs.worker import ConfigFiles, refusals
from gamepanel.servers.settings import Settings, randomPassword
from gamepanel.wire.causes import because
from gamepanel.wire.values import OptionValue


class Plan(Struct, frozen=True):
    """
    All that a start will do.

    @ivar launch: the process.
    @ivar files: what to set in configuration files.
    @ivar wiring: how its console is reached.
    """

    launch: Launch
    files: tuple[FileTask, ...]
    wiring: Wiring


def plan(
    definition: ServerType,
    server: str,
    home: str,
    settings: Settings,
    path: str,
    account: Account | None,
    variables: Mapping[str, str] = {},
) -> Plan:
    """
    What to do to start a server. This looks for files in its directory: call it in a thread.

    @param home: its directory.
    @param path: PATH of its process.
    @param variables: of its last install, by their names.

    @raise SpawnFailed: when a value would pass for an option of the program, or it can't be
        known which file is the newest of some.
    """
    values = placeholderValues(definition, settings, server, home, variables)
    values.update(_passwordsForNow(definition, values))
    texts = {name: asText(value) for name, value in values.items()}
    try:
        command = arguments(definition, values, _newest(definition, home, texts))
    except BadArgument as error:
        raise SpawnFailed(because("bad_value", option=error.name, why=error.cause)) from error
    own = {
        name: definition.template(text).expand(texts)
        for name, text in definition.run.environment.items()
    }
    if not command:
        raise SpawnFailed(because("command_empty"))
    directory = os.path.normpath(os.path.join(home, definition.run.directory))
    files = tuple(_fileTask(definition, file, values) for file in definition.files)
    fixed = environment(server, path, home, os.environ)
    launch = Launch(command, fixed, own, directory, account)
    return Plan(launch, files, wiring(definition, texts))


def placeholderValues(
    definition: ServerType,
    settings: Settings,
    server: str,
    home: str,
    variables: Mapping[str, str] = {},
) -> dict[str, Any]:
    """
    All that placeholders of a server stand for, by their names.

    @param variables: of its last install, by their names; an option of the same name counts.
    """
    return {
        **variables,
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


def _newest(definition: ServerType, home: str, texts: Mapping[str, str]) -> dict[Glob, str]:
    """The newest file of each glob in the command for which there is one."""
    found = {}
    for pattern in definition.globs(texts):
        try:
            path = confined.newest(home, pattern)
        except confined.TooMany as error:
            where = {"pattern": str(pattern), "directory": str(error)}
            raise SpawnFailed(
                because("newest_file_hidden", **where, most=confined.maxEntries)
            ) from error
        except OSError as error:
            raise shortage(error) or SpawnFailed(
                because("newest_file_unknown", pattern=str(pattern), error=error.strerror)
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


def checkStart(home: str, planned: Plan, definition: ServerType) -> None:
    """
    Check that the process can be started: its directory and its program are there. This
    waits for the disk: call it in a thread.

    @raise SpawnFailed: saying what is missing.
    """
    if not confined.directoryExists(home, definition.run.directory):
        raise SpawnFailed(because("directory_missing", directory=definition.run.directory))
    if findProgram(planned.launch) is None:
        program = planned.launch.arguments[0]
        if os.path.isfile(os.path.join(home, program)):
            raise SpawnFailed(because("program_not_executable", program=program))
        hint = definition.hint or None
        raise SpawnFailed(because("program_missing", program=program, hint=hint))


def _fileTask(definition: ServerType, file: ConfigFile, values: Mapping[str, Any]) -> FileTask:
    """What is to be set in a file, and what it begins as."""
    changes = {key: _setting(definition, file, value, values) for key, value in file.set.items()}
    root = None if file.seed is None else seenAt(definition.run, file.seed)
    return FileTask(
        path=file.path, format=file.format, changes=changes, seed=file.seed, seedRoot=root
    )


async def checkUsable(
    configs: ConfigFiles, definition: ServerType, settings: Settings, where: str
) -> None:
    """
    Check that a server can be started with these values: each configuration file can
    hold what will be written into it, and none passes for an option of the program.

    @param where: the field of the request that has the options.

    @raise BadRequest: naming the options whose values are of no use.
    @raise Busy: when that can't be found out now.
    """
    # Whatever the directory is called, but not /, which all others are below.
    values = placeholderValues(definition, settings, "id", "/directory")
    tasks = [_fileTask(definition, file, values) for file in definition.files]
    refused = await refusals(configs, tasks)
    problems = (
        *_uselessArguments(definition, values, where),
        *(
            problem
            for file, reasons in zip(definition.files, refused, strict=False)
            for problem in _uselessIn(definition, file, reasons, where)
        ),
    )
    if problems:
        raise BadRequest(problems=problems)


def _uselessArguments(
    definition: ServerType, values: Mapping[str, Any], where: str
) -> Iterator[Problem]:
    globs = definition.globs({name: asText(value) for name, value in values.items()})
    for newest in ({}, dict.fromkeys(globs, "file")):
        try:
            arguments(definition, values, newest)
        except BadArgument as error:
            yield problem((where, error.name), error.cause)
            break


def _uselessIn(
    definition: ServerType, file: ConfigFile, reasons: Mapping[str, Reason], where: str
) -> Iterator[Problem]:
    """The options whose values a file can't hold, from the keys that it refuses."""
    for key, reason in reasons.items():
        names = {
            name for text in templatesIn(file.set[key]) for name in definition.template(text).names
        }
        for name in sorted(names & definition.optionsByName.keys()):
            yield problem((where, name), because("file_cant_hold", file=file.path, why=reason))
