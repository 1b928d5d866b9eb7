"""
What a type of server needs of the host.
"""

import os
import shutil
from functools import partial
from importlib import import_module

from gamepanel.base.errors import SpawnFailed
from gamepanel.games.definition import ServerType
from gamepanel.games.installneeds import Host, Need, missingOf
from gamepanel.wire.causes import because


def missingPrograms(definition: ServerType, path: str, machine: str) -> list[str]:
    """
    What a type, or what installs it, needs and this host lacks: mostly programs that are not
    on this PATH.

    @param machine: what this one is, as uname(2) has it; if none of the type's programs
        runs on such a one, that is missing, too.
    """
    missing = [program for program in definition.needs if not _has(program, path)]
    missing += [need.what for need in _ofSteps(definition, path, machine)]
    if machine not in definition.machines:
        missing.insert(0, f"a machine of {' or '.join(definition.machines)} (this is {machine})")
    return list(dict.fromkeys(missing))


def hintOf(definition: ServerType, path: str, machine: str) -> str:
    """
    How what is missing can be had: what the type says, else what is known of its install steps.
    """
    if definition.hint:
        return definition.hint
    hints = (need.hint for need in _ofSteps(definition, path, machine))
    return "; ".join(dict.fromkeys(hint for hint in hints if hint))


def _has(program: str, path: str) -> bool:
    return shutil.which(program, path=path) is not None


def _ofSteps(definition: ServerType, path: str, machine: str) -> tuple[Need, ...]:
    has = partial(_has, path=path)
    return missingOf(definition.steps, Host(machine, has, os.path.exists, _loads))


def _loads(module: str) -> bool:
    """Whether a module can be loaded: its own library may lack another one."""
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def checkNeeds(definition: ServerType, path: str) -> None:
    """
    Check that the host has what a type needs.

    @param path: PATH of children.

    @raise SpawnFailed: when it lacks something; it says how that is installed, if that is known.
    """
    machine = os.uname().machine
    missing = missingPrograms(definition, path, machine)
    if missing:
        hint = hintOf(definition, path, machine) or None
        raise SpawnFailed(because("lacks_programs", programs=missing, hint=hint))
