"""
What the install steps of a type need of the host.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from gamepanel.games.installing import Npm, Pip, SteamCmd, Step

loaders: Final = ("/lib/ld-linux.so.2", "/usr/lib/ld-linux.so.2", "/lib32/ld-linux.so.2")
"""Where the loader of 32-bit programs may be, without which SteamCMD does not start."""


class Need(Struct, frozen=True):
    """
    Something that lacks.

    @ivar what: for people.
    @ivar hint: how to get it; empty where it can't be had.
    """

    what: str
    hint: str = ""


def missingOf(
    steps: Sequence[Step],
    machine: str,
    hasProgram: Callable[[str], bool],
    exists: Callable[[str], bool],
) -> tuple[Need, ...]:
    """
    What this host lacks.

    @param machine: what this one is, as uname(2) has it.
    @param hasProgram: whether a program is on the PATH of children.
    @param exists: whether a file is there.
    """
    needs: list[Need] = []
    for step in steps:
        if step.machine not in (None, machine):
            continue
        match step:
            case Pip(python=version):
                program = f"python{version or 3}"
                if not hasProgram(program):
                    needs.append(Need(program, "apt install python3 python3-venv"))
            case Npm():
                needs += [
                    Need(program, "apt install nodejs npm")
                    for program in ("node", "npm")
                    if not hasProgram(program)
                ]
            case SteamCmd():
                if machine != "x86_64":
                    needs.append(Need(f"a machine of x86_64 (this is {machine})"))
                elif not any(exists(path) for path in loaders):
                    what = "the loader of 32-bit programs (ld-linux.so.2)"
                    needs.append(Need(what, "apt install lib32gcc-s1"))
    return tuple(dict.fromkeys(needs))
