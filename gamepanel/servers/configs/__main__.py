"""
The worker: C{python -m gamepanel.servers.configs}. It reads tasks, one a line, and prints
answers, and ends when its stdin ends. It is the daemon's user, reads nothing of a game
itself, and imports the library of a format when that is first needed; each task is done by
a child that it forks, so that starting Python is paid for once.

Most tasks take some hundredths of a second. Those that take longer have places of their own:
however many servers have files that were made to be costly, others wait for a moment only.
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
from gamepanel.process.rights import dieWith
from gamepanel.servers.configs.child import answerOf, begin, maxAnswerBytes
from gamepanel.servers.configs.perform import Task

maxQuick: Final = 3
"""So many tasks are done at a time of which nobody knows yet how long they take."""

maxCostly: Final = 2
"""And so many that take longer than L{quickSeconds}."""

quickSeconds: Final = 0.5
"""A task that takes longer makes way for others: where it has no place then, it is begun anew."""

patience: Final = 15.0
"""A task that takes longer, in seconds, is ended: some file systems wait for ever."""


@dataclass
class Child:
    """
    @ivar asked: number of its task, and that.
    @ivar end: when it has to be done (monotonic seconds).
    @ivar said: what it has said so far.
    @ivar isCostly: whether it has one of the places for what takes long.
    @ivar isLate: whether it was ended since it took too long.
    @ivar isPutOff: whether that was to make way for others.
    """

    asked: tuple[int, Task]
    pid: int
    end: float
    isCostly: bool
    said: bytes = b""
    isLate: bool = False
    isPutOff: bool = False


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
        self._costly: deque[tuple[int, Task]] = deque()
        self._children: dict[int, Child] = {}
        self._known: set[str] = set()

    def run(self) -> None:
        """Do all tasks."""
        while self._isOpen or self._waiting or self._costly or self._children:
            while self._waiting and self._count(isCostly=False) < maxQuick:
                self._begin(self._waiting.popleft(), isCostly=False)
            while self._costly and self._count(isCostly=True) < maxCostly:
                self._begin(self._costly.popleft(), isCostly=True)
            for key, _ in self._selector.select(self._left()):
                self._read(key.fd)
            self._endLate()

    def _count(self, isCostly: bool) -> int:
        return sum(child.isCostly == isCostly for child in self._children.values())

    def _begin(self, asked: tuple[int, Task], isCostly: bool) -> None:
        for file in asked[1]["files"]:
            self._learn(file["format"])
        pid, descriptor = begin(asked[1])
        end = time.monotonic() + (patience if isCostly else quickSeconds)
        self._children[descriptor] = Child(asked, pid, end, isCostly)
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
            if child.end > now or child.isLate:
                continue
            if not child.isCostly and self._count(isCostly=True) < maxCostly:
                child.isCostly, child.end = True, child.end + patience - quickSeconds
            else:
                child.isLate, child.isPutOff = True, not child.isCostly
                child.end = now + patience
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
        if child.isPutOff and status != 0:
            # Each file is written as a whole, so nothing of it is in the way of the next attempt.
            self._costly.append(child.asked)
            return
        number, task = child.asked
        self._tell(json.dumps([number, answerOf(task, child.said, status, child.isLate)]))


if __name__ == "__main__":
    dieWith(int(sys.argv[1]))
    Worker(0, partial(print, flush=True)).run()
