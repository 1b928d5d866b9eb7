"""
What a type of server needs of the host.
"""

import os
import shutil
from functools import partial
from importlib import import_module

from gamepanel.base.errors import SpawnFailed, Unsupported
from gamepanel.games.definition import ServerType
from gamepanel.games.installneeds import Host, Need, missingOf
from gamepanel.process.isolation import Isolation
from gamepanel.wire.causes import Cause, because


def missingPrograms(
    definition: ServerType, path: str, machine: str, isolation: Isolation | None = None
) -> list[str]:
    """
    What a type, or what installs it, needs and this host lacks: mostly programs that are not
    on this PATH.

    @param machine: what this one is, as uname(2) has it; if none of the type's programs
        runs on such a one, that is missing, too.
    @param isolation: whether games are isolated; None: that counts for nothing.
    """
    missing = [program for program in definition.needs if not _has(program, path)]
    missing += [need.what for need in _others(definition, path, machine, isolation)]
    if machine not in definition.machines:
        missing.insert(0, f"a machine of {' or '.join(definition.machines)} (this is {machine})")
    return list(dict.fromkeys(missing))


def hintOf(
    definition: ServerType, path: str, machine: str, isolation: Isolation | None = None
) -> str:
    """
    How what is missing can be had: what the type says, else what is known of its install steps;
    and how servers are isolated, where it needs that.
    """
    needs = _others(definition, path, machine, isolation)
    hints = [need.hint for need in needs if need.hint]
    if definition.hint:
        lack = _isolationLack(isolation)
        hints = [definition.hint, *([lack.hint] if lack in needs and lack is not None else [])]
    return "; ".join(dict.fromkeys(hints))


def _has(program: str, path: str) -> bool:
    return shutil.which(program, path=path) is not None


def _others(
    definition: ServerType, path: str, machine: str, isolation: Isolation | None
) -> tuple[Need, ...]:
    """All that is no program of the type itself."""
    has, lack = partial(_has, path=path), _isolationLack(isolation)
    needs = missingOf(definition.steps, Host(machine, has, os.path.exists, _loads, lack))
    if definition.hasShell and lack is not None and lack not in needs:
        return (*needs, lack)
    return needs


def _isolationLack(isolation: Isolation | None) -> Need | None:
    if isolation is None or isolation.isOffered:
        return None
    why = _whyNot(isolation)
    hint = "apt install bubblewrap" if why.code == "bubblewrap_missing" else str(why)
    return Need("isolation of servers (bubblewrap)", hint)


def _whyNot(isolation: Isolation) -> Cause:
    return isolation.lack or because("isolation_off")


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


def checkIsolated(
    definition: ServerType, isolation: Isolation, isIsolated: bool, isInstalled: bool
) -> None:
    """
    Check that what is run isolated only is.

    @param isIsolated: whether the server is.
    @param isInstalled: whether it is about installing it; else about its command.

    @raise Unsupported: when it is not.
    """
    if isIsolated or not (definition.hasScript if isInstalled else definition.hasShell):
        return
    why = because("isolation_not_set") if isolation.isOffered else _whyNot(isolation)
    raise Unsupported(
        because("script_isolated_only" if isInstalled else "shell_isolated_only", why=why)
    )
