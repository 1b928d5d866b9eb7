"""
The standby reader: reads what the games print while no daemon is there.

A game whose pipe is full waits. So beside each daemon sleeps one such process, until the daemon
is gone, however that came; then it takes what all games and jobs print into their rings, exactly
as the daemon does, until the next daemon kills it. It writes rings and their checkpoints, and
nothing else.

It is a program of its own, plain Python that has imported all it needs before it waits: so it is
small, and an upgrade of what it was started from does not hurt it. It knows no more of the state
directory than where runs are and which of them are open.
"""

import _thread
import errno
import json
import os
import select
import sys
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, Final

from gamepanel.console.consolefile import openConsole, synchronize
from gamepanel.console.fifo import (
    enlarge,
    hasWriter,
    openPipe,
    readBytes,
)
from gamepanel.console.readerlock import (
    isStillThere,
    openReader,
    tellHolder,
    tryReader,
    waitForReader,
)
from gamepanel.console.ring import DamagedConsole, readInto, waiting
from gamepanel.process.proc import bootId

restSeconds: Final = 0.001
"""How long pipes may gather output, unless one of them would be full before."""

syncSeconds: Final = 1.0
"""How often the disk gets the logs that have grown."""

endSeconds: Final = 1.0
"""So long a daemon that has ended may have the lock: children have it, too, until they execute."""

lookSeconds: Final = 0.25
"""How often it is looked whether one of these is due, while any is to be done."""

idleSeconds: Final = 60.0
"""How often it is looked whether the state directory is still there, while nothing is printed."""

retrySeconds: Final = 1.0
"""How long output is left in its pipe when its log could not be used."""


def openRuns(state: str, boot: str) -> Iterator[str]:
    """
    The directories of all servers and jobs that have a run which was not over when the daemon
    was last there.

    @param boot: the C{bootId} of the host: what ran before it restarted does not any more.
    """
    # See gamepanel.servers.storedlife and gamepanel.jobs.files for what is in there.
    for directory in _entries(os.path.join(state, "servers")):
        record = _load(os.path.join(directory, "life"))
        run = record.get("run")
        if isinstance(run, dict) and run.get("boot") == boot and not run.get("over"):
            yield directory
    for directory in _entries(os.path.join(state, "jobs")):
        if _load(os.path.join(directory, "run")).get("boot") == boot:
            yield directory


def _entries(root: str) -> list[str]:
    try:
        return [os.path.join(root, name) for name in os.listdir(root)]
    except OSError:
        return []


def _load(path: str) -> dict[str, Any]:
    """What a small file holds; nothing where it is missing or damaged."""
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


class Output:
    """
    What one server or job prints.

    @ivar directory: where its files are.
    @ivar descriptor: the reading end of its pipe.
    """

    def __init__(self, directory: str) -> None:
        """
        @raise OSError: when its files can't be used.
        @raise DamagedConsole: when its log is none.
        """
        self.directory = directory
        self._ring = openConsole(directory)
        self.descriptor = openPipe(_pipe(directory), os.O_RDONLY)
        # More than this makes it too full to be left alone for a moment.
        self._much = min(enlarge(self.descriptor) // 2, readBytes)

    def take(self) -> tuple[int, bool]:
        """
        Take in what waits, up to L{readBytes}.

        @return: how much that was, and whether so much comes that the next look must be soon.

        @raise OSError: when its log can't be written; it still waits then.
        """
        ready = min(waiting(self.descriptor), readBytes)
        if not ready:
            return 0, False
        return readInto(self._ring, self.descriptor, ready), ready >= self._much

    def synchronize(self) -> None:
        """
        Let the disk have the log as it is now.

        @raise OSError: when it does not take it.
        """
        synchronize(self.directory, self._ring, isOpen=True)

    def close(self) -> None:
        """Close the pipe."""
        os.close(self.descriptor)


def _pipe(directory: str) -> str:
    return os.path.join(directory, "stdout")


class Reader:
    """
    Reads what all open runs print. What can't be used is tried again each second, and keeps no
    other waiting.
    """

    def __init__(
        self, directories: Collection[str], isAllowed: Callable[[], bool] = lambda: True
    ) -> None:
        """
        @param directories: of the runs.
        @param isAllowed: whether nobody else may read.
        """
        self._isAllowed = isAllowed
        self._unopened = list(directories)
        self._outputs: dict[int, Output] = {}
        self._stuck: list[Output] = []
        self._grown: set[Output] = set()
        self._isSyncing = False
        self._poll = select.epoll()
        self._nextRetry = self._nextSync = 0.0

    def run(self) -> None:
        """Read until no run is open any more, or somebody else may read."""
        self._retry()
        while (self._outputs or self._stuck or self._unopened) and self._isAllowed():
            self.look()
        while self._isSyncing:
            time.sleep(restSeconds)
        self._synchronize(tuple(self._grown))

    def look(self) -> None:
        """Wait for output or the next thing to do, and do it."""
        hasPlans = self._grown or self._stuck or self._unopened
        isFast = tookAny = False
        ready = self._poll.poll(lookSeconds if hasPlans else idleSeconds)
        for descriptor, event in ready if self._isAllowed() else ():
            took, isMuch = self._takeFrom(self._outputs[descriptor], event)
            tookAny, isFast = tookAny or took, isFast or isMuch
        now = time.monotonic()
        if now >= self._nextRetry and (self._stuck or self._unopened):
            self._retry()
        if now >= self._nextSync and self._grown and not self._isSyncing:
            self._syncAside()
        if tookAny and not isFast:
            time.sleep(restSeconds)

    def _takeFrom(self, output: Output, event: int) -> tuple[bool, bool]:
        try:
            size, isMuch = output.take()
        except OSError:
            self._poll.unregister(output.descriptor)
            del self._outputs[output.descriptor]
            self._stuck.append(output)
            return False, False
        if size:
            self._grown.add(output)
        elif event & select.EPOLLHUP:
            # Nobody is left who could print.
            self._forget(output)
        return bool(size), isMuch

    def _forget(self, output: Output) -> None:
        self._poll.unregister(output.descriptor)
        del self._outputs[output.descriptor]
        output.close()

    def _retry(self) -> None:
        """Try what can't be used again."""
        self._nextRetry = time.monotonic() + retrySeconds
        stuck, self._stuck = self._stuck, []
        for output in stuck:
            self._watch(output)
        unopened, self._unopened = self._unopened, []
        for directory in unopened:
            try:
                if hasWriter(_pipe(directory)):
                    self._watch(Output(directory))
            except (OSError, DamagedConsole):
                self._unopened.append(directory)

    def _watch(self, output: Output) -> None:
        self._outputs[output.descriptor] = output
        self._poll.register(output.descriptor, select.EPOLLIN)

    def _syncAside(self) -> None:
        """Let the disk have what has grown, in a thread: it may be slow."""
        self._nextSync = time.monotonic() + syncSeconds
        grown, self._grown = self._grown, set()
        self._isSyncing = True
        try:
            _thread.start_new_thread(self._syncInThread, (grown,))
        except RuntimeError:
            # The host allows no more threads.
            self._syncInThread(grown)

    def _syncInThread(self, outputs: Collection[Output]) -> None:
        try:
            self._synchronize(outputs)
        finally:
            self._isSyncing = False

    def _synchronize(self, outputs: Collection[Output]) -> None:
        for output in outputs:
            try:
                output.synchronize()
            except OSError:
                self._grown.add(output)


def _tryLonger(lock: int) -> bool:
    """Take the lock if nobody has it but a daemon that is just ending; whether it is ours now."""
    end = time.monotonic() + endSeconds
    while not tryReader(lock):
        if time.monotonic() > end:
            return False
        time.sleep(restSeconds)
    return True


def main(state: str, daemon: int) -> None:
    """
    Wait until the daemon is gone, and then read until no run is open.

    @param state: path of the state directory.
    @param daemon: number of the process that has started this one.
    """
    try:
        lock, boot = openReader(state), bootId()
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        # Nothing can be kept on such a disk, and the daemon tells of that itself.
        sys.exit(os.EX_IOERR)
    if not tryReader(lock):
        if os.getppid() == daemon:
            waitForReader(lock)
        elif not _tryLonger(lock):
            # Somebody else reads: with a standby of its own.
            return
    tellHolder(lock, boot)
    Reader(list(openRuns(state, boot)), lambda: isStillThere(lock, state)).run()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
