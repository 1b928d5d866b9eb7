"""
What the install steps of a type need of the host.
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from gamepanel.games.installing import Fetch, Npm, Pip, Script, SteamCmd, Step

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


class Host(Struct, frozen=True):
    """
    What a host has that steps may need.

    @ivar machine: what it is, as uname(2) has it.
    @ivar hasProgram: whether a program is on the PATH of children.
    @ivar exists: whether a file is there.
    @ivar loads: whether a module of Python can be loaded.
    @ivar isolation: what it lacks to isolate a server, if anything.
    """

    machine: str
    hasProgram: Callable[[str], bool]
    exists: Callable[[str], bool]
    loads: Callable[[str], bool]
    isolation: Need | None = None


def missingOf(steps: Sequence[Step], host: Host) -> tuple[Need, ...]:
    """What a host lacks."""
    needs: list[Need] = []
    for step in steps:
        if step.machine not in (None, host.machine):
            continue
        match step:
            case Fetch(form="jq") if not host.loads("jq"):
                needs.append(Need("the library jq of Python", "pip install jq"))
            case Pip(python=version):
                program = f"python{version or 3}"
                if not host.hasProgram(program):
                    needs.append(Need(program, "apt install python3 python3-venv"))
            case Script(shell=program):
                if not host.hasProgram(program):
                    needs.append(Need(program, f"apt install {program}"))
                if host.isolation is not None:
                    needs.append(host.isolation)
            case Npm():
                needs += [
                    Need(program, "apt install nodejs npm")
                    for program in ("node", "npm")
                    if not host.hasProgram(program)
                ]
            case SteamCmd():
                if host.machine != "x86_64":
                    needs.append(Need(f"a machine of x86_64 (this is {host.machine})"))
                elif not any(host.exists(path) for path in loaders):
                    what = "the loader of 32-bit programs (ld-linux.so.2)"
                    needs.append(Need(what, "apt install lib32gcc-s1"))
    return tuple(dict.fromkeys(needs))
