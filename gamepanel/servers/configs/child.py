"""
A child of the worker: does one task, as the game's user, within limits.
"""

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import gamepanel
from gamepanel.games.cannothold import CannotHold
from gamepanel.process import rights
from gamepanel.process.landlock import confine
from gamepanel.servers.configs.perform import Answer, Failed, Reason, Task, perform, tooCostly

MiB: Final = 1024 * 1024

memoryBytes: Final = 256 * MiB
"""Address space of a child."""

cpuSeconds: Final = 5
"""So long a child may work."""

limits: Final = {
    resource.RLIMIT_AS: memoryBytes,
    resource.RLIMIT_CPU: cpuSeconds,
    resource.RLIMIT_FSIZE: MiB,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 32,
    resource.RLIMIT_NPROC: 0,
}
"""What a child may use; it starts no other process."""

maxAnswerBytes: Final = MiB
"""A child that says more than this is none of ours."""


def imported() -> set[str]:
    """Where Python finds modules, and they what they are linked with; not the checkout's state."""
    package = str(Path(gamepanel.__file__).parent)
    others = {"", "/", os.path.dirname(package)}
    places = {sys.prefix, sys.base_prefix, package} | {*sys.path} - others
    return places | {"/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/nix/store"}


def begin(task: Task) -> tuple[int, int]:
    """
    Let a child do a task.

    @return: number of the child, and the descriptor that it tells on how it goes: a dot for
        each file that it begins, and then its answer, as JSON.
    """
    ours, its = os.pipe()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        try:
            _do(task, its, parent)
        finally:
            os._exit(1)
    os.close(its)
    return pid, ours


def _do(task: Task, out: int, parent: int) -> None:
    _keepOnly(out)
    _confine(task)
    _become(task["user"], parent)
    answer = perform(task, lambda: os.write(out, b"."))
    with os.fdopen(out, "wb") as file:
        file.write(json.dumps(answer).encode())
    os._exit(0)


def _keepOnly(descriptor: int) -> None:
    """Close what is for the worker itself: also its other children's ends."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, 4096)


def _confine(task: Task) -> None:
    """
    Keep of the disk the server's directory, the samples of its files, and what Python imports.
    Where games run as root so does this: then nothing else keeps a hole in a parser of YAML from
    the host. What a kernel does not let us give up stays.
    """
    home = task["home"]
    samples = {
        os.path.realpath(path)
        for file in task["files"]
        for path in (file["seed"], file["seedRoot"])
        if path is not None and file["seedRoot"] is not None
    }
    with suppress(OSError):
        confine(imported() | samples, () if home is None else (home,), "")


def _become(user: tuple[int, int, str | None] | None, parent: int) -> None:
    """
    Give up what a task does not need. Others of that user could trace us and so use what we
    have open, were we dumpable; C{setuid} may make us so.
    """
    for limit, most in limits.items():
        least = rights.allowed(limit, most)
        # A second more, so that it ends by the signal that says why.
        more = least + (limit == resource.RLIMIT_CPU and least == most)
        resource.setrlimit(limit, (least, more))
    rights.gainNothing()
    rights.hide()
    os.umask(0o077)
    if user is not None:
        rights.become(*user)
    rights.dieWith(parent)


def answerOf(task: Task, said: bytes, status: int, isLate: bool) -> Answer:
    """
    What came of a task whose child has ended.

    @param said: all that it has said.
    @param status: see C{wait(2)}.
    @param isLate: whether it was ended since it took too long.
    """
    text = said.lstrip(b".")
    if status == 0:
        try:
            answer: Answer = json.loads(text)
            return Answer(failed=answer["failed"], refused=answer["refused"])
        except (ValueError, LookupError, TypeError, RecursionError):
            pass
    code = os.waitstatus_to_exitcode(status)
    reason: Reason = CannotHold("worker_ended", code=code).reason
    if isLate or code == -signal.SIGXCPU:
        reason = tooCostly
    begun = max(len(said) - len(text), 1)
    path = task["files"][min(begun, len(task["files"])) - 1]["path"]
    return Answer(failed=Failed(path=path, reason=reason, errno=None), refused=[])
