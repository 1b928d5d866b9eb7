"""
What a type of server needs of the host.
"""

import os
import shutil

from gamepanel.errors import SpawnFailed
from gamepanel.games.definition import ServerType


def missingPrograms(definition: ServerType, path: str, machine: str) -> list[str]:
    """
    The programs that a type needs and that are not on this PATH.

    @param machine: what this one is, as uname(2) has it; if none of the type's programs
        runs on such a one, that is missing, too.
    """
    missing = [program for program in definition.needs if shutil.which(program, path=path) is None]
    if machine in definition.machines:
        return missing
    return [f"a machine of {' or '.join(definition.machines)} (this is {machine})", *missing]


def checkNeeds(definition: ServerType, path: str) -> None:
    """
    Check that the host has what a type needs.

    @param path: PATH of children.

    @raise SpawnFailed: when it lacks something; it says how that is installed, if the type does.
    """
    missing = missingPrograms(definition, path, os.uname().machine)
    if missing:
        hint = f" Install it like this: {definition.hint}." if definition.hint else ""
        raise SpawnFailed(f"This host lacks {', '.join(missing)}.{hint}")
