"""
Limits that the kernel enforces, by a real daemon and real games.

C{make test-vm} runs this in a virtual machine, whose kernel has control groups with their
controllers wherever it runs; elsewhere it ends what it has begun, but may find no controllers.
"""

import atexit
import json
import os
import pwd
from pathlib import Path
from typing import Any, ClassVar, Final

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, Refused, need

MiB: Final = 1024 * 1024

user: Final = "games"
"""The user that games run as: one that Debian has."""

hog: Final = "read -r go; exec python3 -c 'kept = [bytearray(1 << 20) for _ in range(1000)]'"
"""A game that takes up a thousand MiB as soon as it is told to."""

bomb: Final = "bomb() { bomb | bomb & }; echo up; bomb; exec sleep 1000"
"""A game that doubles until it can't."""

busy: Final = "echo up; while :; do :; done"


class LimitTests(SynchronousTestCase):
    """All with one daemon, since its start takes long in there."""

    daemon: ClassVar[Daemon] = Daemon(options=("--allow-generic", "--server-user", user))
    client: ClassVar[Client]

    def setUp(self) -> None:
        """Start it, if it is not there yet."""
        if self.daemon.process is None:
            type(self).client = self.daemon.start()
            atexit.register(self.daemon.cleanUp)

    def create(self, id: str, script: str, **settings: int) -> None:
        """A server that runs a script, with these limits."""
        self.client("server_create", type="shell", server=id, options={"script": script})
        self.client("server_settings", server=id, settings={"restart": "never", **settings})
        self.client("server_start", server=id)
        self.client.until(id, "running")

    def events(self, id: str, *kinds: str) -> list[dict[str, Any]]:
        """What has happened of these kinds."""
        found: list[dict[str, Any]] = self.client("event_list", server=id, kinds=kinds)["events"]
        return found

    def processes(self) -> list[psutil.Process]:
        """All of the games' user."""
        uid = pwd.getpwnam(user).pw_uid
        # It leaves out what ends meanwhile.
        running = psutil.process_iter(["uids"])
        return [each for each in running if each.info["uids"].real == uid]

    def statistics(self, id: str, file: str) -> dict[str, int]:
        """What the kernel counts of a game."""
        pid = self.client("server_status", server=id)["pid"]
        with open(f"/proc/{pid}/cgroup") as groups:
            group = groups.read().strip().partition("0::")[2]
        with open(f"/sys/fs/cgroup{group}/{file}") as lines:
            return {name: int(value) for name, value in map(str.split, lines)}

    def runOut(self, id: str) -> None:
        """Tell it to take up more than it may, and see what is told of that."""
        self.client("server_cmd", server=id, command="go")
        status = self.client.until(id, "crashed")
        self.assertEqual((status["exit"]["code"], status["exit"]["signal"]), (137, "KILL"))
        self.assertIn("more than its limit of 64 MiB", status["exit"]["reason"])
        (event,) = self.client.wait(lambda: self.events(id, "out_of_memory"), "the event")
        self.assertEqual(event["data"], {"limit": 64 * MiB})

    def test_memory(self) -> None:
        """A game that uses more memory than it may is ended, and nothing else is."""
        self.create("next", "exec cat")
        self.create("hog", hog, memoryLimit=64)
        self.runOut("hog")
        self.assertEqual(self.client("server_status", server="next")["status"], "running")
        self.client("server_force_kill", server="next")

    def test_nextDaemon(self) -> None:
        """The limit outlives the daemon that set it, and the next one tells what follows."""
        self.create("heir", hog, memoryLimit=64)
        self.daemon.kill()
        token = self.client.token
        type(self).client = self.daemon.start(login=False)
        self.client.token = token
        self.runOut("heir")

    def test_forkBomb(self) -> None:
        """A game that makes processes without end comes to its limit, and is killed with all."""
        self.create("bomb", bomb, processLimit=30)
        self.client.wait(lambda: self.statistics("bomb", "pids.events")["max"], "the limit")
        self.assertLessEqual(len(self.processes()), 30)
        self.client("server_force_kill", server="bomb")
        self.client.until("bomb", "stopped")
        self.client.wait(lambda: not self.processes(), "the end of them all")

    def test_cpu(self) -> None:
        """A game gets no more of a core than it may."""
        self.create("busy", busy, cpuLimit=20)
        look = lambda: self.statistics("busy", "cpu.stat")["nr_throttled"]  # noqa: E731
        self.client.wait(look, "the limit")
        self.client("server_force_kill", server="busy")
        self.client.until("busy", "stopped")

    def test_nextStart(self) -> None:
        """A limit counts from the next start on, and can be taken away."""
        self.create("later", "exec cat")
        self.client("server_settings", server="later", settings={"processLimit": 7})
        self.assertEqual(self.most("later"), "max")
        self.client("server_restart", server="later")
        self.client.wait(lambda: self.most("later") == "7", "the limit")
        self.client("server_settings", server="later", settings={"processLimit": 0})
        self.client("server_restart", server="later")
        self.client.wait(lambda: self.most("later") == "max", "the end of the limit")
        self.client("server_force_kill", server="later")

    def most(self, id: str) -> str:
        """How many processes it may have."""
        pid = self.client.until(id, "running")["pid"]
        try:
            with open(f"/proc/{pid}/cgroup") as groups:
                group = groups.read().strip().partition("0::")[2]
            with open(f"/sys/fs/cgroup{group}/pids.max") as most:
                return most.read().strip()
        except OSError:
            return ""

    def test_disk(self) -> None:
        """A game that has filled its directory is not started again as long as it is full."""
        script = "read -r go; head -c 3M /dev/zero >large; echo filled; exec sleep 1000"
        self.create("full", script)
        self.client("server_cmd", server="full", command="go")
        self.client.untilLog("full", "filled")
        self.client("server_force_kill", server="full")
        self.client.until("full", "stopped")
        # Not before: where measuring takes long, it is only done again minutes later.
        self.client("server_settings", server="full", settings={"diskLimit": 2})
        refused = self.assertRaises(Refused, self.client, "server_start", server="full")
        self.assertEqual((refused.status, refused.code), (507, "quota_exceeded"))
        self.client("server_settings", server="full", settings={"diskLimit": 0})
        self.client("server_start", server="full")
        self.client.until("full", "running")
        self.client("server_force_kill", server="full")
        self.client.until("full", "stopped")

    def test_installing(self) -> None:
        """What installs a server has twice the limits of that, and is killed with all it has."""
        types = Path(self.daemon.state, "types")
        types.mkdir(exist_ok=True)
        # Braces of its own are doubled in a type.
        script = "bomb() {{ bomb | bomb & }}; bomb; exec sleep 1000"
        (types / "bombing.toml").write_text(
            'title = "x"\ndescription = "y"\n[limits]\nprocesses = 20\n'
            f"[[install]]\nrun = {json.dumps(['/bin/sh', '-c', script])}\n"
            '[run]\ncommand = ["cat"]\n'
        )
        job = self.client("server_create", type="bombing", server="bombing")["job"]
        self.client.wait(lambda: len(self.processes()) > 10, "the bomb")
        self.assertLessEqual(len(self.processes()), 40)
        self.client("job_cancel", job=job)
        self.client.wait(lambda: not self.processes(), "the end of them all")

    def isCreated(self) -> bool:
        """Make a server, unless the worker could not begin in time: this machine is slow."""
        try:
            self.client("server_create", type="openttd", server="trains", options={})
        except Refused as error:
            self.assertEqual(error.code, "busy")
            return False
        return True

    def test_openttd(self) -> None:
        """A real game runs within limits, and saves when it is stopped."""
        need("openttd")
        self.client.wait(self.isCreated, "a worker that looks at its configuration files")
        limits = {"memoryLimit": 512, "cpuLimit": 100, "processLimit": 50}
        self.client("server_settings", server="trains", settings=limits)
        self.client("server_start", server="trains")
        self.client.until("trains", "running")
        self.assertGreater(self.statistics("trains", "memory.stat")["anon"], MiB)
        self.client("server_stop", server="trains")
        self.assertEqual(self.client.until("trains", "stopped")["exit"]["code"], 0)
        self.assertEqual(self.events("trains", "out_of_memory"), [])
        self.assertFalse(any(os.path.exists(f"/proc/{each.pid}") for each in self.processes()))
