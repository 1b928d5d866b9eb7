"""
What a start will do: worked out first, as a value, and then done.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import frozen

from gamepanel.errors import BadRequest, Problem, SpawnFailed, pointerTo, shortage
from gamepanel.games.configfiles import CannotHold, Value, edit
from gamepanel.games.definition import BadArgument, ConfigFile, ServerType, arguments, asText
from gamepanel.servers import beneath
from gamepanel.servers.launch import Account, Launch, environment
from gamepanel.servers.settings import Settings


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
    What to do to start a server.

    @param home: its directory.
    @param path: PATH of its process.

    @raise SpawnFailed: when a value would pass for an option of the program.
    """
    values: dict[str, Any] = {
        **settings.optionValues(definition),
        "server": server,
        "directory": home,
    }
    texts = {name: asText(value) for name, value in values.items()}
    try:
        command = arguments(definition, values)
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


def _setting(
    definition: ServerType, file: ConfigFile, text: str, values: Mapping[str, Any]
) -> Value:
    """What a key is to be set to: of the option's own type where the file's format has types."""
    template = definition.template(text)
    only = template.only
    if only is not None and file.format in ("json", "yaml", "toml"):
        value: Value | None = values.get(only)
        return "" if value is None else value
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
    if not beneath.directoryExists(home, definition.run.directory):
        raise SpawnFailed(f"The directory {definition.run.directory} of the server is missing.")
    if findProgram(planned.launch) is None:
        if os.path.isfile(os.path.join(home, planned.launch.arguments[0])):
            raise SpawnFailed(f"{planned.launch.arguments[0]} may not be executed.")
        hint = f" ({definition.hint})" if definition.hint else ""
        raise SpawnFailed(f"The program {planned.launch.arguments[0]} was not found{hint}.")
    for file, changes in planned.files:
        try:
            before = beneath.readText(home, file.path)
            after = edit(file.format, before, changes)
            if after != before:
                beneath.writeText(home, file.path, after, planned.launch.account)
        except OSError as error:
            if lack := shortage(error):
                raise lack from error
            reason = error.strerror or str(error)
            raise SpawnFailed(f"{file.path} can't be written: {reason}.") from error
        except (CannotHold, UnicodeDecodeError) as error:
            reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise SpawnFailed(f"{file.path} can't be written: {reason}.") from error


def checkUsable(definition: ServerType, settings: Settings, where: str) -> None:
    """
    Check that a server can be started with these values: each configuration file can
    hold what will be written into it, and none passes for an option of the program.

    @param where: pointer to the options in the request.

    @raise BadRequest: naming the options whose values are of no use.
    """
    problems = tuple(_useless(definition, settings, where))
    if problems:
        raise BadRequest(problems=problems)


def _useless(definition: ServerType, settings: Settings, where: str) -> Iterator[Problem]:
    values = settings.optionValues(definition)
    try:
        arguments(definition, {**values, "server": "id", "directory": "/"})
    except BadArgument as error:
        yield Problem(pointerTo(where, error.name), str(error))
    for file in definition.files:
        for key, text in file.set.items():
            names = definition.template(text).names
            try:
                edit(file.format, "", {key: _setting(definition, file, text, values)})
            except CannotHold as error:
                for name in names & values.keys():
                    yield Problem(pointerTo(where, name), f"{file.path}: {error}")
