"""What tests of install steps share: a bench to perform them on, and archives."""

import io
import os
import shutil
import socket
import tarfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.installing import decodeSteps
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.process.sandbox import scriptDirectory, scriptHome, scriptTemporary
from gamepanel.worker.steps import running
from gamepanel.worker.steps.perform import perform
from gamepanel.worker.steps.requesting import Patience, Requests
from gamepanel.worker.steps.running import Ended, Order, ProgramsOfOther
from gamepanel.worker.steps.shared import Shared
from gamepanel.worker.steps.task import Outcome, Secrets, Task
from gamepanel.worker.steps.task import Sources as Where
from tests.sources import Sources

usual = Patience(head=20.0, document=20.0, stall=20.0, pause=0.0, freeBytes=0)

quick = evolve(usual, document=0.3, stall=0.3, tries=2)
"""For sources that hang: nobody has to wait for them long."""


@frozen
class ProgramsHere:
    """
    Runs programs as children of this process: of one that is not confined.

    @ivar path: their PATH.
    @ivar bench: where they work.
    @ivar prefix: what comes before the arguments of each.
    """

    path: str
    bench: "Bench"
    prefix: tuple[str, ...] = ()

    @property
    def areIsolated(self) -> bool:
        """See L{running.Programs}."""
        return bool(self.prefix)

    def run(self, order: Order, heard: Callable[[bytes], None] | None = None) -> Ended:
        """See L{running.Programs}."""
        ours, its = socket.socketpair()
        surroundings = running.Surroundings(
            *(lambda: self.prefix, self.bench.directory),
            *(running.environmentOf(self.path, self.bench.directory), self.bench.staging),
        )
        thread = threading.Thread(target=running.serve, args=(its, surroundings))
        thread.start()
        try:
            return ProgramsOfOther(ours, self.areIsolated).run(order, heard)
        finally:
            ours.close()
            thread.join()


class Bench:
    """Where steps work in tests."""

    def __init__(self, root: str, requests: Requests) -> None:
        self.staging, self.directory = os.path.join(root, "staged"), os.path.join(root, "server")
        self.scripts: Mapping[str, str] = {
            scriptDirectory: self.staging,
            scriptHome: os.path.join(root, "script"),
            scriptTemporary: os.path.join(root, "temporary"),
        }
        for path in (self.staging, self.directory):
            os.makedirs(path)
        self.settled: list[list[str]] = []
        self.shared = Shared(os.path.join(root, "shared"), "x86_64", requests)

    def settle(self) -> None:
        """Move all that is staged."""
        self.settled.append(listing(self.staging))
        shutil.copytree(self.staging, self.directory, dirs_exist_ok=True)
        shutil.rmtree(self.staging)
        os.mkdir(self.staging)


def listing(directory: str) -> list[str]:
    """Paths of all files in a directory, sorted."""
    return sorted(
        os.path.relpath(os.path.join(current, name), directory)
        for current, _, files in os.walk(directory)
        for name in files
    )


def zipOf(files: Mapping[str, bytes]) -> bytes:
    """A zip with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarOf(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz with these files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o755 if "/bin/" in name else 0o644
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


class StepsTestCase(SynchronousTestCase):
    """
    Steps are performed against sources on this host.
    """

    def setUp(self) -> None:
        # A process that is forked shall have one thread only.
        self.sources = Sources(isStarted=self._testMethodName != "test_forked")
        self.addCleanup(self.sources.close)
        self.root = os.path.abspath(self.mktemp())
        self.told: list[Progress] = []
        self.report = Report(lambda progress: self.told.append(replace(progress, where="")))
        self.paused: list[float] = []
        self.patience = usual
        self.options: dict[str, Any] = {}
        self.path = "/nowhere"
        self.secrets = Secrets()
        self.files = Path(self.root)

    def requests(self, **more: Any) -> Requests:
        """What asks the sources."""
        where = Where(self.sources.mirrors, (), "me@a.example")
        return Requests(where, patience=self.patience, sleep=self.paused.append, **more)

    def perform(self, *steps: Mapping[str, Any]) -> Outcome:
        """Perform steps, in a place of their own."""
        requests = self.requests()
        if not os.path.exists(self.root):
            self.bench = Bench(self.root, requests)
        task = Task(
            *("cave", "x86_64", self.path, self.options),
            secrets=self.secrets,
            programs=ProgramsHere(self.path, self.bench, self.confinement()),
        )
        return perform(decodeSteps(steps), task, self.bench, self.report, requests)

    def confinement(self) -> tuple[str, ...]:
        """The sandbox of programs."""
        return ()

    def refused(self, *steps: Mapping[str, Any]) -> str:
        """Why steps fail; nothing is staged then."""
        failure = self.assertRaises(Failed, self.perform, *steps)
        self.assertEqual(listing(self.bench.staging), [])
        return str(failure)

    def staged(self, path: str) -> bytes:
        """What is in a staged file."""
        return Path(self.bench.staging, path).read_bytes()

    def download(self, *replies: Any, **more: Any) -> Mapping[str, Any]:
        """A step that downloads what is answered so."""
        url = self.sources.put("https://files.example/game.zip", *replies)
        return {"download": url, "to": "game.zip", **more}
