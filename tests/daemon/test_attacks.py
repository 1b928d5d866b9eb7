"""What a game, or somebody else on the host, may try: each against a real daemon."""

import itertools
import os
import pwd
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.servers.restart import restartFloor
from tests.servers.test_configs import aliases, longKeys
from tests.support import Daemon, Refused, awaitExec, need, needRoot

configType = """
title = "Has a config file"
[run]
command = ["/bin/cat"]
[[files]]
path = "game.{format}"
format = "{format}"
set = {{ "{key}" = "7" }}
"""

MiB = 1024 * 1024

hostile = (
    # Too large.
    ("toml", "a = [" + "[]," * 900_000 + "]\n"),
    ("properties", "k=\\\n" * 100_000),
    ("ini", "[s]\n" + "k=\n" * 100_000),
    # Small enough to be looked at: each would cost much memory or time.
    ("toml", "a = [" + "[]," * 80_000 + "]\n"),
    ("properties", "k=\\\n" * 60_000),
    ("ini", "[s]\n" + "k=\n" * 80_000),
    ("yaml", aliases),
    ("yaml", "a0: &a0 x\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 12))),
    ("json", longKeys),
    ("json", "[" * 200_000),
)
"""Files that are too large, or cost too much, with their formats."""


class AttackCase(SynchronousTestCase):
    def begin(self, *options: str) -> None:
        """Start a daemon."""
        self.daemon = Daemon(("--allow-generic", *options))
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()

    def files(self, server: str = "a") -> Path:
        """The directory of a server's game."""
        return Path(self.daemon.state, "servers", server, "files")

    def create(self, script: str, server: str = "a", **settings: Any) -> None:
        """Make a server that runs a script."""
        self.client("server_create", type="shell", server=server, options={"script": script})
        if settings:
            self.client("server_settings", server=server, settings=settings)

    def run_(self, script: str, server: str = "a", **settings: Any) -> None:
        """Make one, and start it."""
        self.create(script, server, **settings)
        self.client("server_start", server=server)


class AttackTests(AttackCase):
    def setUp(self) -> None:
        self.begin()

    def test_configFiles(self) -> None:
        """A config file that costs too much is a refusal of the start, and costs us nothing."""
        self.run_("while read -r line; do echo got $line; done", "other")
        types = Path(self.daemon.state, "types")
        for format in {format for format, _ in hostile}:
            key = "k" if format == "properties" else "s.k"
            (types / f"{format}.toml").write_text(configType.format(format=format, key=key))
        before = psutil.Process(self.daemon.process.pid).memory_info().rss
        for number, (format, text) in enumerate(hostile):
            server = f"{format}{number}"
            self.client("server_create", type=format, server=server)
            file = self.files(server) / f"game.{format}"
            file.write_text(text)
            with self.assertRaises(Refused, msg=server) as caught:
                self.client("server_start", server=server)
            self.assertEqual(caught.exception.code, "spawn_failed", server)
            self.assertIn(f"game.{format}", caught.exception.problem["detail"])
            self.assertEqual(file.read_text(), text)
            self.client("server_cmd", server="other", command=server)
            self.client.untilLog("other", f"got {server}\n")
        after = psutil.Process(self.daemon.process.pid).memory_info().rss
        self.assertLess(after - before, 64 * MiB)

    def test_manyCostlyFiles(self) -> None:
        """However many servers have files that cost much, a start of another waits for a moment."""
        kind = configType.format(format="yaml", key="s.k")
        (Path(self.daemon.state) / "types" / "yaml.toml").write_text(kind)
        servers = [f"costly{number}" for number in range(10)]
        for server in (*servers, "other"):
            self.client("server_create", type="yaml", server=server)
        for server in servers:
            (self.files(server) / "game.yaml").write_text("a: " + "[" * 8_000)
        with ThreadPoolExecutor(len(servers)) as pool:
            starts = [pool.submit(self.client, "server_start", server=each) for each in servers]
            self.client.wait(
                lambda: all(each.running() or each.done() for each in starts), "all starts"
            )
            self.client("server_start", server="other")
            self.assertLess(sum(each.done() for each in starts), len(starts) // 2)
            # The others end with it.
            self.daemon.kill()
        self.assertTrue(all(each.exception() for each in starts))

    def test_longLine(self) -> None:
        """A long line with blanks in it, which older parsers took minutes for, costs nothing."""
        kind = configType.format(format="ini", key="s.k")
        (Path(self.daemon.state) / "types" / "ini.toml").write_text(kind)
        self.client("server_create", type="ini", server="a")
        file = self.files() / "game.ini"
        file.write_text(f"[s]\nx{' ' * 60_000}x\n")
        self.client("server_start", server="a")
        self.client.until("a", "running")
        self.assertIn("k = 7\n", file.read_text())

    def test_restartFloor(self) -> None:
        """A game that ends at once is started again no sooner than a second after its start."""
        self.run_("exit 1", restart="always", restartFirstDelay=0, restartGiveUpAfter=4)

        def found() -> list[float] | None:
            events = self.client("event_list", server="a", limit=1000)["events"]
            times = [each["at"] for each in events if each["kind"] == "starting"]
            return times if len(times) >= 3 else None

        times = self.client.wait(found, "three starts")
        gaps = [after - before for before, after in itertools.pairwise(sorted(times))]
        self.assertGreater(min(gaps), restartFloor - 0.2)

    def test_askedFor(self) -> None:
        """A start that somebody asks for waits for nothing, however long the next is to wait."""
        self.run_("echo up; read -r line; exit 1", restart="always", restartFirstDelay=600)
        for times in (1, 2):
            self.client("server_cmd", server="a", command="end")
            status = self.client.until("a", "waiting")
            self.assertEqual(status["exit"]["code"], 1)
            self.client("server_start", server="a")
            self.client.until("a", "running")
            self.untilStarts(times + 1)

    def untilStarts(self, count: int) -> None:
        """Until it is told that it was started so often: that is when the events are stored."""

        def starts() -> int:
            events = self.client("event_list", server="a", kinds=["starting"])["events"]
            return len(events)

        self.client.wait(lambda: starts() >= count, "the event of a start")
        self.assertEqual(starts(), count)

    def test_shimAsleep(self) -> None:
        """The shim of a game that has ended while we were away keeps nothing in its memory."""
        self.run_("echo up; read -r line; exit 3")
        self.client.untilLog("a", "up\n")
        child = self.client("server_status", server="a")["pid"]
        shim = psutil.Process(child).parent()
        assert shim is not None
        self.daemon.kill()
        stdin = Path(self.daemon.state, "servers/a/stdin")
        descriptor = os.open(stdin, os.O_WRONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, descriptor)
        os.write(descriptor, b"end\n")
        self.client.wait(lambda: shim.cmdline()[:1] == ["/bin/sleep"], "its sleep")
        wrote = 0
        try:
            while True:
                wrote += os.write(descriptor, b"x" * 4096)
        except BlockingIOError:
            # The pipe is full, since nobody reads it.
            pass
        self.assertGreater(wrote, 0)
        self.assertLess(shim.memory_info().rss, 16 * MiB)
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token
        self.client.wait(
            lambda: self.client("server_status", server="a")["exit"] is not None, "its end"
        )
        self.assertEqual(self.client("server_status", server="a")["exit"]["code"], 3)

    def test_marksOfOthers(self) -> None:
        """A process of another user with the marks of a server neither counts for it nor ends."""
        needRoot("run as others")
        self.run_("echo up; exec cat")
        self.client.untilLog("a", "up\n")
        environment = {"GAMEPANEL_SERVER": "a", "HOME": str(self.files()), "PATH": "/usr/bin:/bin"}
        user = pwd.getpwnam("nobody")
        other = subprocess.Popen(
            ["sleep", "1000"], env=environment, user=user.pw_uid, group=user.pw_gid, extra_groups=[]
        )
        self.addCleanup(other.wait)
        self.addCleanup(other.kill)
        awaitExec(other.pid)
        usage = self.client.wait(lambda: self.client("server_status", server="a")["usage"], "usage")
        self.assertEqual(usage["processes"], 1)
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client("server_start", server="a")
        self.client.until("a", "running")
        self.assertIsNone(other.poll())


class OtherUserTests(AttackCase):
    """Where games have another user."""

    def setUp(self) -> None:
        needRoot("run games as others")
        need("setpriv")
        self.begin("--server-user", "games")

    def test_umask(self) -> None:
        """What a game writes others can neither read nor change, and its group only read."""
        self.run_("echo secret >made; mkdir inner; echo up; exec cat")
        self.client.untilLog("a", "up\n")
        modes = {
            name: stat.S_IMODE((self.files() / name).stat().st_mode) for name in ("made", "inner")
        }
        self.assertEqual(modes, {"made": 0o640, "inner": 0o750})

    def test_directory(self) -> None:
        """Its directory is entered as its user: a link in its place leads nowhere else."""
        secret = Path(self.daemon.state, "secret")
        secret.mkdir(mode=0o700)
        (secret / "file").write_text("ours")
        self.create("pwd; cat file; echo up; exec cat", restart="never")
        files = self.files()
        files.rename(files.with_name("moved"))
        files.symlink_to(secret)
        try:
            self.client("server_start", server="a")
        except Refused as error:
            self.assertEqual(error.code, "spawn_failed")
            return
        self.client.wait(
            lambda: self.client("server_status", server="a")["exit"] is not None, "its end"
        )
        self.assertNotIn("ours", self.client("server_log", server="a", readIndex=0)["data"])
