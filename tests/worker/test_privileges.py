"""What processes give up that read what games have written, or ask games."""

import contextlib
import importlib
import json
import os
import resource
import shutil
import tempfile
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.players.queries import renounce as renouncing
from gamepanel.players.queries.renounce import renounce
from gamepanel.process import landlock, rights
from gamepanel.servers.configs import child
from gamepanel.servers.configs.perform import Answer, FileTask, Task
from tests.support import needRoot

nobody: Final = 65_534
"""A user, as whom a game could run."""

_DUMPABLE: Final = 4


class GivenUpTests(SynchronousTestCase):
    def setUp(self) -> None:
        needRoot("be another user")

    def process(self, work: Callable[[], object]) -> int:
        """
        Let a process of nobody do something; it is as if it had been started as that user.

        @return: its number. It goes on until the test is over.
        """
        ready, told = os.pipe()
        goesOn, over = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(over)
                os.setgroups([])
                os.setresgid(nobody, nobody, nobody)
                os.setresuid(nobody, nobody, nobody)
                rights.control(_DUMPABLE, 1)
                work()
                os.write(told, b".")
                os.read(goesOn, 1)
            finally:
                os._exit(0)
        os.close(told)
        self.addCleanup(os.waitpid, pid, 0)
        for descriptor in (ready, goesOn, over):
            self.addCleanup(os.close, descriptor)
        self.assertEqual(os.read(ready, 1), b".")
        return pid

    def isOpen(self, pid: int) -> bool:
        """Whether another process of that user can look into this one."""

        def look() -> None:
            os.readlink(f"/proc/{pid}/fd/0")

        try:
            self.process(look)
        except self.failureException:
            return False
        return True

    def test_root(self) -> None:
        """What asks games for root's daemon is nobody's, and opens nothing but modules."""
        place = Path(tempfile.mkdtemp(prefix="gamepanel-test-"))
        self.addCleanup(shutil.rmtree, place)
        place.chmod(0o755)
        (place / "file").write_text("of the host")
        hasLandlock = landlock.lack() is None
        # Where only root can import, it stays root.
        found = (*Path(os.__file__).parents, *Path(renouncing.__file__).parents)
        user = nobody if all(each.stat().st_mode & 0o001 for each in found) else 0

        def look() -> None:
            renounce()
            # Both come from files only now.
            importlib.import_module("wave")
            "".encode("cp869")
            identity = (os.getresuid(), os.getresgid(), os.getgroups())
            assert identity[:2] == ((user,) * 3, (user,) * 3), identity
            assert user == 0 or not identity[2], identity
            try:
                (place / "file").read_text()
            except PermissionError:
                return
            assert not hasLandlock

        pid = os.fork()
        if pid == 0:
            try:
                look()
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)

    def test_lookedInto(self) -> None:
        """No other process of the same user can look into them."""
        parent = os.getpid()
        self.assertTrue(self.isOpen(self.process(lambda: None)))
        for protect in (lambda: child._become(None, parent), renounce):
            self.assertFalse(self.isOpen(self.process(protect)))

    def test_limits(self) -> None:
        """The kernel limits what they use, and no program helps them to more rights."""
        parent = os.getpid()
        needed = {resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CORE}
        ofFiles = {resource.RLIMIT_CPU, resource.RLIMIT_FSIZE}

        def limited(protect: Callable[[], None], limits: Mapping[int, int]) -> None:
            protect()
            for limit, most in limits.items():
                # -1 would be none.
                assert 0 <= resource.getrlimit(limit)[0] <= most

        for protect, limits, more in (
            (lambda: child._become(None, parent), child.limits, ofFiles),
            (renounce, renouncing.limits, set[int]()),
        ):
            self.assertLessEqual(needed | more, limits.keys())
            pid = self.process(partial(limited, protect, limits))
            with open(f"/proc/{pid}/status") as status:
                self.assertIn("NoNewPrivs:\t1\n", status.read())


class ConfinedTests(SynchronousTestCase):
    def test_files(self) -> None:
        """What parses config files opens its server's directory and their samples, nothing else."""
        if landlock.lack() is not None:
            raise SkipTest(f"{landlock.lack()}")
        place = Path(tempfile.mkdtemp(prefix="gamepanel-test-"))
        self.addCleanup(shutil.rmtree, place)
        for name in ("home/file", "samples/file", "elsewhere/file", "another/file"):
            (place / name).parent.mkdir()
            (place / name).write_text("text")
        (place / "samples/link").symlink_to("../elsewhere/file")

        def look(task: Task, begins: object) -> Answer:
            (place / "home/own").write_text("text")
            readable = []
            for name in ("home/own", "samples/file", "elsewhere/file", "another/file"):
                with contextlib.suppress(PermissionError):
                    (place / name).read_text()
                    readable.append(name)
            return Answer(failed=None, refused=[{"readable": " ".join(readable)}])

        self.patch(child, "perform", look)
        samples = f"{place}/samples"
        file = FileTask(
            path="c", format="ini", changes={}, seed=f"{samples}/link", seedRoot=samples
        )
        pid, told = child.begin(Task(home=f"{place}/home", files=[file], user=None))
        with os.fdopen(told) as said:
            answer = json.loads(said.read())
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        found = answer["refused"][0]["readable"]
        self.assertEqual(found, "home/own samples/file elsewhere/file")
