"""
The worker: C{python -m gamepanel.servers.configs}. It reads tasks, one a line, and prints
answers, and ends when its stdin ends. It is the daemon's user, reads nothing of a game
itself, and imports the library of a format when that is first needed; each task is done by
a child that it forks, so that starting Python is paid for once.
"""

import json
import os
import selectors
import signal
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from gamepanel.games.configfiles import edit
from gamepanel.servers.configs.child import answerOf, begin, dieWith, maxAnswerBytes
from gamepanel.servers.configs.perform import Task

maxChildren: Final = 4
"""So many tasks are done at a time."""

patience: Final = 15.0
"""A task that takes longer, in seconds, is ended: some file systems wait for ever."""


@dataclass
class Child:
    """
    @ivar number: of its task.
    @ivar end: when it has to be done (monotonic seconds).
    @ivar said: what it has said so far.
    """

    number: int
    task: Task
    pid: int
    end: float
    said: bytes = b""
    isLate: bool = False


class Worker:
    """Does tasks until there are no more."""

    def __init__(self, tasks: int, tell: Callable[[str], object]) -> None:
        """
        @param tasks: descriptor on which tasks come.
        @param tell: called with each answer, a line.
        """
        self._tasks = tasks
        self._tell = tell
        self._selector = selectors.DefaultSelector()
        self._selector.register(tasks, selectors.EVENT_READ)
        self._isOpen = True
        self._unread = b""
        self._waiting: deque[tuple[int, Task]] = deque()
        self._children: dict[int, Child] = {}
        self._known: set[str] = set()

    def run(self) -> None:
        """Do all tasks."""
        while self._isOpen or self._waiting or self._children:
            while self._waiting and len(self._children) < maxChildren:
                self._begin(*self._waiting.popleft())
            for key, _ in self._selector.select(self._left()):
                self._read(key.fd)
            self._endLate()

    def _begin(self, number: int, task: Task) -> None:
        for file in task["files"]:
            self._learn(file["format"])
        pid, descriptor = begin(task)
        self._children[descriptor] = Child(number, task, pid, time.monotonic() + patience)
        self._selector.register(descriptor, selectors.EVENT_READ)

    def _learn(self, format: str) -> None:
        """Import what a format needs, once for all children."""
        if format not in self._known:
            self._known.add(format)
            # Whatever it is, the task will meet it, too, and tell.
            with suppress(Exception):
                edit(format, "", {})  # type: ignore[arg-type]

    def _left(self) -> float | None:
        """Seconds until a child is late."""
        if not self._children:
            return None
        return max(min(child.end for child in self._children.values()) - time.monotonic(), 0)

    def _endLate(self) -> None:
        now = time.monotonic()
        for child in self._children.values():
            if child.end <= now and not child.isLate:
                child.isLate, child.end = True, now + patience
                os.kill(child.pid, signal.SIGKILL)

    def _read(self, descriptor: int) -> None:
        data = os.read(descriptor, 65536)
        if descriptor == self._tasks:
            self._take(data)
            return
        child = self._children[descriptor]
        child.said += data
        if not data or len(child.said) > maxAnswerBytes:
            self._over(descriptor, child)

    def _take(self, data: bytes) -> None:
        if not data:
            self._isOpen = False
            self._selector.unregister(self._tasks)
        *lines, self._unread = (self._unread + data).split(b"\n")
        self._waiting.extend(json.loads(line) for line in lines)

    def _over(self, descriptor: int, child: Child) -> None:
        self._selector.unregister(descriptor)
        os.close(descriptor)
        del self._children[descriptor]
        if len(child.said) > maxAnswerBytes:
            os.kill(child.pid, signal.SIGKILL)
        _, status = os.waitpid(child.pid, 0)
        answer = answerOf(child.task, child.said, status, child.isLate)
        self._tell(json.dumps([child.number, answer]))


if __name__ == "__main__":
    dieWith(int(sys.argv[1]))
    Worker(0, partial(print, flush=True)).run()
