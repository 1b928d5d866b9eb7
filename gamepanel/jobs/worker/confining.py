"""
The sandbox of the programs that install something, which are of people who publish packages.
"""

import os
import subprocess
from collections.abc import Callable
from typing import Any, Final

import msgspec
from attrs import evolve

from gamepanel.servers.process.sandbox import Sandbox, programPrefix

probeSeconds: Final = 20.0
"""An attempt takes some milliseconds; it has failed when it takes longer than this."""


def confinement(given: Any, isOther: bool, say: Callable[[str], None]) -> tuple[str, ...]:
    """
    What comes before the arguments of each program; empty if that sees all that its user may. To
    be called as that user, when the directories are there that may be written to.

    @param given: what it sees, as L{gamepanel.servers.installtask.installTask} has it, or None.
    @param isOther: whether this is another user than the daemon's, who has found out only what
        that one can do: not every host lets others have a sandbox.
    @param say: tells people a line, when there is none for that reason.
    """
    if given is None:
        return ()
    sandbox = msgspec.convert(given, Sandbox)
    prefix = programPrefix(evolve(sandbox, readable=tuple(filter(_isOpen, sandbox.readable))))
    lack = _attempt(prefix) if isOther else None
    if lack is not None:
        say(f"Programs are not isolated here, only their user's rights keep them: {lack}")
        return ()
    return tuple(prefix)


def _isOpen(path: str) -> bool:
    """Whether one may see a file, if it is there: bubblewrap does nothing if one of them is not."""
    try:
        os.stat(path)
    except PermissionError:
        return False
    except OSError:
        return True
    return True


def _attempt(prefix: list[str]) -> str | None:
    """Why a program that does nothing can't be isolated, if it can't."""
    try:
        done = subprocess.run(
            [*prefix, "/bin/true"],
            cwd="/",
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=probeSeconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    said = done.stderr.decode(errors="replace").strip().partition("\n")[0]
    return said or f"exit code {done.returncode}"
