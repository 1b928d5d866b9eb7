"""
Finds out which version of a game is newest: C{python -m gamepanel.worker.versions}.

It runs in a process of its own, as the daemon's user, since what sources say costs memory, and
downloads nothing but what they say. It reads a L{Question} and writes an L{Answer}, as JSON.
"""

import hashlib
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
from msgspec import Struct

from gamepanel.games.installing import decodeSteps
from gamepanel.jobs.report import Failed, Report
from gamepanel.process.launch import Account, Launch
from gamepanel.process.sandbox import Sandbox
from gamepanel.process.seen import Visible
from gamepanel.wire.causes import Cause, because
from gamepanel.wire.decoding import undecodable
from gamepanel.wire.values import OptionValue
from gamepanel.worker.confining import confine, confineSharing, programsOf
from gamepanel.worker.install import preload
from gamepanel.worker.privileges import become
from gamepanel.worker.steps.newest import newest
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.shared import Shared
from gamepanel.worker.steps.sharing import beginSharing
from gamepanel.worker.steps.task import Bringer, Task, givenSources

maxKept = 4 * 1024 * 1024
"""A larger document is not kept."""


class Question(Struct):
    """
    What is asked.

    @ivar type: name of the type.
    @ivar account: numbers of the user and the group to do it as; None: who we are.
    @ivar steps: install steps of the type, as its file has them.
    @ivar options: values with which the newest is asked for.
    @ivar machine: kind of this machine, as uname(2) has it.
    @ivar path: PATH of the programs that are run.
    @ivar sources: see L{givenSources}.
    @ivar shared: absolute path of the directory of what all servers share.
    @ivar cache: absolute path of the directory of what was read before, in the state directory.
    @ivar isIsolated: whether programs are isolated.
    """

    type: str
    account: tuple[int, int] | None
    steps: tuple[dict[str, Any], ...]
    options: dict[str, OptionValue | None]
    machine: str
    path: str
    sources: dict[str, Any]
    shared: str
    cache: str
    isIsolated: bool = False


class Answer(Struct):
    """
    What came of it.

    @ivar available: the newest version; None where the steps do not say.
    @ivar before: what it was when this was asked last.
    @ivar error: why it can't be told, for people.
    """

    available: str | None = None
    before: str | None = None
    error: Cause | None = None


class _Kept(Struct):
    url: str
    tag: str
    data: bytes


class _Documents(dict[str, tuple[str, bytes]]):
    """What was read before, in files; see L{gamepanel.worker.steps.newest.Documents}."""

    def __init__(self, directory: str) -> None:
        super().__init__()
        self._directory = directory

    def _path(self, url: str) -> str:
        return os.path.join(self._directory, hashlib.sha256(url.encode()).hexdigest())

    def get(self, url: str, default: Any = None) -> Any:
        """What was read at an address."""
        with suppress(OSError, *undecodable), open(self._path(url), "rb") as file:
            kept = msgspec.msgpack.decode(file.read(), type=_Kept)
            if kept.url == url:
                return kept.tag, kept.data
        return default

    def __setitem__(self, url: str, found: tuple[str, bytes]) -> None:
        tag, data = found
        if not tag or len(data) > maxKept:
            return
        with suppress(OSError):
            put(self._path(url), msgspec.msgpack.encode(_Kept(url, tag, data)))


def put(path: str, data: bytes) -> None:
    """
    Put a file in the place of what is there, in one step.

    @raise OSError: when it can't be written.
    """
    new = f"{path}.{os.getpid()}"
    with open(new, "wb") as file:
        file.write(data)
    os.rename(new, path)


def _exchange(cache: str, type: str, available: str | None) -> str | None:
    """
    Put down what is newest of a type.

    @return: what was when this was asked last.
    """
    path, before = os.path.join(cache, f"newest-{type}"), None
    with suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        before = file.read(maxKept) or None
    if available != before:
        put(path, (available or "").encode())
    return before


class _Place:
    """Where SteamCMD works; nothing is installed."""

    def __init__(self, directory: str, shared: Bringer) -> None:
        self.staging = self.directory = directory
        self.scripts: Mapping[str, str] = {}
        self.shared = shared

    def settle(self) -> None:
        """There is nothing to move."""


def _sandbox(question: Question, home: str) -> Sandbox:
    """What SteamCMD sees."""
    account = None if question.account is None else Account(*question.account, None)
    launch = Launch(("/bin/sh",), {"PATH": question.path, "HOME": home}, {}, home, account)
    visible = Visible(os.path.dirname(question.cache))
    return visible.installing(launch, (), ("steamcmd",), question.shared, home)


def answer(question: Question) -> Answer:
    """Find out what is asked."""
    steam = os.path.join(question.cache, "steam")
    try:
        steps = decodeSteps(question.steps)
        preload(steps)
        os.makedirs(steam, mode=0o700, exist_ok=True)
        sources, secrets = givenSources(question.sources)
        requests = Requests(sources, secrets.githubToken)
        shared = Shared(question.shared, question.machine, requests)
        account = question.account
        if account is not None:
            for path in (question.cache, steam):
                os.chown(path, *account, follow_symlinks=False)
        sandbox, state = _sandbox(question, steam), os.path.dirname(question.cache)
        bringer = beginSharing(
            shared, lambda: confineSharing(shared.root, sandbox.readable, state, print)
        )
        place = _Place(steam, bringer)
        given = msgspec.to_builtins(sandbox) if question.isIsolated else None
        programs = programsOf(
            given,
            None if account is None else Account(*account, None),
            steps,
            question.path,
            steam,
            steam,
        )
        become(account)
        confine(sandbox.readable, (question.cache,), state, print)
        task = Task(
            "newest",
            question.machine,
            question.path,
            question.options,
            sources,
            secrets,
            programs,
        )
        report = Report(lambda progress: None)
        documents = _Documents(question.cache)
        found = newest(steps, task, place, report, documents, requests)
        return Answer(found, _exchange(question.cache, question.type, found))
    except Failed as error:
        return Answer(error=error.cause)
    except OSError as error:
        return Answer(error=because("system_error", error=error.strerror or type(error).__name__))


def main() -> None:
    """Answer what is asked on stdin."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    out = os.dup(1)
    # What is told on the way, and by programs, is no answer.
    os.dup2(2, 1)
    with open(out, "wb") as file:
        file.write(msgspec.json.encode(answer(question)))


if __name__ == "__main__":
    main()
