"""What a game may use and what ends with it, on this host: settings, and a real daemon."""

import json
import os
import pwd
import signal
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel.base.errors import ReadOnly, SpawnFailed, Unsupported
from gamepanel.games.definition import BadDefinition
from gamepanel.games.parsing import parse
from gamepanel.process.containment import Containment
from gamepanel.process.grouping import Groups, find
from gamepanel.process.isolation import canHoldProcesses
from gamepanel.process.launch import Account, Launch
from gamepanel.process.limits import Limits, MiB
from gamepanel.process.members import see
from gamepanel.process.sandbox import Sandbox, nothingHidden
from gamepanel.servers.limitoptions import diskLimit, limitsOf, shownLimits
from gamepanel.servers.settings import Settings
from gamepanel.web.api.render import settingsOf
from tests.support import Daemon, Refused, needMounts, patience

definition = parse(
    """
title = "A game"
[run]
command = ["/bin/cat"]
[limits]
memory = 64
processes = 20
disk = 7
"""
)

all_ = frozenset(("memory", "cpu", "pids"))


class ContainmentTests(SynchronousTestCase):
    def test_apart(self) -> None:
        """A game that could write to its control group has no limits."""
        containment = Containment(Groups("/groups", all_))
        self.assertEqual(len(containment.limitable(isApart=True)), 3)
        self.assertEqual(containment.limitable(isApart=False), frozenset())
        self.assertEqual(Containment().limitable(isApart=True), frozenset())

    def test_features(self) -> None:
        """What can be had is told: all of it, without limits, and nothing."""
        features = ["memory-limit", "cpu-limit", "process-limit", "containment"]
        self.assertEqual(list(Containment(Groups("/g", all_)).features(True)), features)
        self.assertEqual(list(Containment(Groups("/g", all_)).features(False)), ["containment"])
        some = Containment(Groups("/g", frozenset({"pids"})))
        self.assertEqual(list(some.features(True)), ["process-limit", "containment"])
        self.assertEqual(list(Containment().features(True)), [])
        self.assertEqual(list(Containment().features(True, True)), ["containment"])
        held = Containment(None, hasNamespaces=True)
        self.assertEqual(list(held.features(False)), ["containment"])

    def test_namespace(self) -> None:
        """Where nothing else holds its processes together, a game that is not isolated has one."""
        held = Containment(None, hasNamespaces=True)
        found = held.applied("a", self.launch(), Limits(), ()).launch
        self.assertEqual(found.sandbox, nothingHidden)
        isolated = self.launch(sandbox=Sandbox(("/usr",)))
        self.assertEqual(held.applied("a", isolated, Limits(), ()).launch, isolated)
        self.assertIsNone(Containment().applied("a", self.launch(), Limits(), ()).launch.sandbox)
        # It is not apart from us for that: it could change what limits it.
        with self.assertRaises(SpawnFailed):
            held.applied("a", self.launch(), Limits(memory=64), {"memoryLimit"})

    def test_refused(self) -> None:
        """A limit that can't be had is refused; to be without one never is."""
        containment = Containment(Groups("/groups", frozenset({"cpu"})))
        none = Limits()
        containment.check(none, Limits(cpu=50), isApart=True)
        for wanted, isApart in ((Limits(memory=1), True), (Limits(cpu=50), False)):
            with self.assertRaises(Unsupported):
                containment.check(none, wanted, isApart)
        # What is there from before may stay, and go.
        containment.check(Limits(memory=5), Limits(memory=5, cpu=1), isApart=True)
        containment.check(Limits(memory=5), none, isApart=False)

    def launch(self, **more: Any) -> Launch:
        return Launch(("game",), {"PATH": "/bin", "HOME": "/d"}, {}, "/d", **more)

    def test_never(self) -> None:
        """What people have set and can't be had any more keeps the server from starting."""
        wanted = Limits(memory=64, cpu=50)
        with self.assertRaises(SpawnFailed) as caught:
            Containment().applied("a", self.launch(), wanted, {"cpuLimit"})
        self.assertIn("can't enforce cpuLimit,", caught.exception.detail)
        contained = Containment().applied("a", self.launch(), wanted, {})
        self.assertEqual(contained.dropped, ("memoryLimit", "cpuLimit"))
        self.assertIsNone(contained.launch.group)

    def test_ownUser(self) -> None:
        """A game that runs as the daemon's own user is not apart, and one of another is."""
        containment = Containment(Groups(os.path.abspath(self.mktemp()), all_))
        os.mkdir(containment.groups.root if containment.groups else "")
        own = self.launch(account=Account(os.geteuid(), 1, "x"))
        with self.assertRaises(SpawnFailed):
            containment.applied("a", own, Limits(memory=64), {"memoryLimit"})
        with self.assertRaises(SpawnFailed) as caught:
            # It goes on to make the group, in what is none.
            other = self.launch(account=Account(os.geteuid() + 1, 1, "x"))
            containment.applied("a", other, Limits(memory=64), {"memoryLimit"})
        self.assertIn("control group can't be made", caught.exception.detail)


class SettingTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """They are as the type has them, until they are set."""
        self.assertEqual(limitsOf({}, definition.limits), Limits(64, 0, 20))
        self.assertEqual(limitsOf({"memoryLimit": 0}, definition.limits), Limits(0, 0, 20))

    def test_shown(self) -> None:
        """What the type wants and can't be had is shown as none."""
        shown = shownLimits({"cpuLimit": 7}, definition.limits, {"processLimit"})
        self.assertEqual(shown, {"memoryLimit": 0, "cpuLimit": 7, "processLimit": 20})

    def readonly(self, *, isAdmin: bool) -> dict[str, bool]:
        found = settingsOf(definition, Settings(), isAdmin, {"memoryLimit": 0})
        return {each.name: each.readonly for each in found}

    def test_readonly(self) -> None:
        """Administrators may set them, others see them."""
        self.assertFalse(self.readonly(isAdmin=True)["memoryLimit"])
        others = self.readonly(isAdmin=False)
        self.assertEqual((others["memoryLimit"], others["restart"]), (True, False))
        after = Settings().changed(definition, {"memoryLimit": 65})
        with self.assertRaises(ReadOnly):
            after.checkUnprotected(definition, Settings())
        Settings().changed(definition, {"memoryLimit": 64}).checkUnprotected(definition, Settings())

    def test_type(self) -> None:
        """A type file says them, and nothing that is none."""
        self.assertEqual((definition.limits.processes, definition.limits.disk), (20, 7))
        self.assertEqual(diskLimit({}, definition.limits), 7 * MiB)
        self.assertEqual(diskLimit({"diskLimit": 0}, definition.limits), 0)
        for wrong in ("memory = -1", 'memory = "2G"', "cores = 2"):
            with self.assertRaises(BadDefinition):
                parse(f'title = "x"\n[run]\ncommand = ["x"]\n[limits]\n{wrong}')


escape = (
    "env -i setsid -f sh -c 'echo $$ >escaped.new; mv escaped.new escaped; exec sleep 1000'; "
    "while [ ! -e escaped ]; do sleep 0.05; done; echo up; read -r line; exit 7"
)
"""A game that starts something which leaves session, parents and environment behind."""


leaving = """
left='echo $$ >left-$0.new; mv left-$0.new left-$0; exec sleep 1000'
setsid -f sh -c "$left" session
env -i setsid -f sh -c "$left" environment
(sh -c "$left" parent &)
(setsid -f sh -c "cd /; (setsid -f sh -c 'cd $PWD; $left' directory &)")
for each in session environment parent directory; do
    while [ ! -e left-$each ]; do sleep 0.05; done
done
echo up
read -r line
exit 7
"""
"""A game whose processes leave it in four ways, and that ends by itself when it is told a line."""


class EscapeCase(SynchronousTestCase):
    """A real daemon, and a game that leaves something behind."""

    def begin(self, *options: str, wrapper: tuple[str, ...] = ()) -> None:
        """Start it."""
        self.daemon = Daemon(("--allow-generic", *options), wrapper=wrapper)
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()

    def features(self) -> list[str]:
        """What the daemon says that it can do."""
        with urllib.request.urlopen(self.daemon.base + "config", timeout=patience) as answer:
            found: list[str] = json.load(answer)["features"]
        return found

    def escape(self) -> int:
        """The number of what has escaped from the server."""
        options = {"script": escape}
        self.client("server_create", type="shell", server="a", options=options)
        self.client("server_start", server="a")
        self.client.untilLog("a", "up\n")
        path = os.path.join(self.daemon.state, "servers", "a", "files", "escaped")
        with open(path) as number:
            return int(number.read())

    def untilProcesses(self, count: int) -> None:
        """Wait until so many processes are counted for the server."""

        def look() -> bool:
            usage = self.client("server_status", server="a")["usage"]
            return usage is not None and usage["processes"] == count

        self.client.wait(look, f"{count} processes")

    def isGone(self, pid: int) -> Callable[[], bool]:
        return lambda: not os.path.exists(f"/proc/{pid}")


class DaemonTests(EscapeCase):
    """Where there are control groups."""

    def setUp(self) -> None:
        groups = find(os.path.abspath(self.mktemp()), "test")
        if groups is None:
            raise SkipTest("no control groups can be had here")
        self.begin()

    def test_forceKill(self) -> None:
        """What has left session, parents and environment behind does not escape a kill."""
        self.assertIn("containment", self.features())
        escaped = self.escape()
        self.assertFalse(self.isGone(escaped)())
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client.wait(self.isGone(escaped), "the end of what had escaped")
        self.assertEqual(self.client("server_status", server="a")["exit"]["signal"], "KILL")

    def leave(self) -> list[int]:
        """Start a game that others have left; the numbers of those."""
        options = {"script": leaving}
        self.client("server_create", type="shell", server="a", options=options)
        self.client("server_settings", server="a", settings={"restart": "never"})
        return self.left()

    def left(self) -> list[int]:
        """Start it; the numbers of the processes that have left it."""
        files = Path(self.daemon.state, "servers", "a", "files")
        for each in files.glob("left-*"):
            each.unlink()
        begin = self.client("server_log", server="a")["readIndex"]
        self.client("server_start", server="a")
        self.client.untilLog("a", "up\n", begin)
        return [int(each.read_text()) for each in files.glob("left-*")]

    def assertLeft(self, pids: list[int], *, isLeft: bool) -> None:
        """Processes run, or none does."""
        self.assertEqual([see(pid) is not None for pid in pids], [isLeft] * 4)

    def test_stop(self) -> None:
        """
        When a server is shown as stopped on request nothing of it runs any more, whatever group or
        session that has gone to; also where it has ended while no daemon was there.
        """
        left = self.leave()
        for ask in ("server_stop", "server_kill"):
            self.assertLeft(left, isLeft=True)
            self.client(ask, server="a")
            self.client.until("a", "stopped")
            self.assertLeft(left, isLeft=False)
            left = self.left()
        # It ends by the signal of a daemon that is gone by then.
        game = self.client("server_status", server="a")["pid"]
        os.kill(game, signal.SIGSTOP)
        self.client("server_kill", server="a")
        self.daemon.kill()
        os.kill(game, signal.SIGCONT)
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token
        self.client.until("a", "stopped")
        self.assertLeft(left, isLeft=False)

    def test_endedByItself(self) -> None:
        """What a game leaves behind that ends by itself stays until a kill, or the next start."""
        left = self.leave()
        self.client("server_cmd", server="a", command="end")
        self.client.until("a", "crashed")
        self.assertLeft(left, isLeft=True)
        self.client("server_force_kill", server="a")
        self.client.wait(lambda: not any(map(see, left)), "the end of what was left")
        left = self.left()
        self.client("server_cmd", server="a", command="end")
        self.client.until("a", "crashed")
        again = self.left()
        self.assertLeft(left, isLeft=False)
        self.assertLeft(again, isLeft=True)

    def test_nextDaemon(self) -> None:
        """The next daemon knows it, too; and a start ends what an earlier run has left."""
        escaped = self.escape()
        self.daemon.kill()
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token
        self.client("server_settings", server="a", settings={"restart": "never"})
        self.client("server_cmd", server="a", command="end")
        self.client.until("a", "crashed")
        self.assertFalse(self.isGone(escaped)())
        os.unlink(os.path.join(self.daemon.state, "servers", "a", "files", "escaped"))
        self.client("server_start", server="a")
        self.client.wait(self.isGone(escaped), "the end of what was left")
        self.client.until("a", "running")

    def test_usage(self) -> None:
        """What has escaped counts for what the server uses."""
        self.escape()
        self.untilProcesses(2)

    def test_nothingLeft(self) -> None:
        """With the last server its groups are gone, and with the daemon that which holds them."""
        self.escape()
        life = os.path.join(self.daemon.state, "servers", "a", "life")
        with open(life) as file:
            group = file.read().partition('"group":"')[2].partition('"')[0]
        self.assertTrue(os.path.isdir(group))
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client("server_destroy", server="a")
        self.assertFalse(os.path.exists(group))
        self.daemon.end()
        self.assertFalse(os.path.exists(os.path.dirname(group)))

    def test_limit(self) -> None:
        """A limit that this host can't enforce is refused, and never ignored."""
        self.client("server_create", type="shell", server="a", options={"script": "cat"})
        if "memory-limit" in self.features():
            raise SkipTest("this host can limit memory")
        with self.assertRaises(Refused) as caught:
            self.client("server_settings", server="a", settings={"memoryLimit": 64})
        self.assertEqual(caught.exception.code, "unsupported")
        self.client("server_settings", server="a", settings={"memoryLimit": 0})


class MountTests(EscapeCase):
    """Where somebody has mounted something that is called as he likes."""

    def test_begins(self) -> None:
        """It keeps no daemon from starting, nor servers from having control groups."""
        needMounts()
        place = os.path.abspath(self.mktemp()) + "\udcff\N{NO-BREAK SPACE}\x0b"
        os.mkdir(place)
        self.begin(wrapper=(*privately, 'mount -t tmpfs "" "$0" && exec "$@"', place))
        assert self.daemon.process is not None
        mounted = Path(f"/proc/{self.daemon.process.pid}/mountinfo").read_bytes()
        self.assertIn(os.fsencode(place), mounted)
        found = find(os.path.abspath(self.mktemp()), "test") is not None
        self.escape()
        with open(os.path.join(self.daemon.state, "servers", "a", "life")) as life:
            self.assertEqual('"group":"' in life.read(), found)


saves = """
title = "Saves at its end"
[run]
command = ["/bin/sh", "-c", '''
trap 'sleep 0.3; echo saved; exit 5' TERM
echo up
while :; do sleep 0.1; done
''']
[[stop]]
signal = "TERM"
patience = 60
"""

privately = ("unshare", "--mount", "--propagation", "private", "/bin/sh", "-c")
"""Runs a script that mounts something for nobody else."""

withoutGroups = (*privately, 'umount -R /sys/fs/cgroup && exec "$@"', "without")
"""Runs what follows in a world without control groups."""


class NamespaceTests(EscapeCase):
    """Where there are none, and the daemon is root."""

    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        needMounts()
        if not canHoldProcesses(bool(self.options)):
            raise SkipTest("no process namespace can be had here")
        self.begin(*self.options, wrapper=withoutGroups)

    def own(self) -> int:
        """The number, as it is here, of what has escaped from the server."""
        inside = self.escape()
        home = os.path.join(self.daemon.state, "servers", "a", "files")
        found = [
            pid
            for pid in psutil.pids()
            for status in [self.status(pid)]
            if status.get("NSpid", "").split()[1:] == [str(inside)] and self.directory(pid) == home
        ]
        self.assertEqual(len(found), 1)
        return found[0]

    def status(self, pid: int) -> dict[str, str]:
        """What the kernel says of a process."""
        try:
            lines = Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines()
        except OSError:
            return {}
        return {name: rest for name, _, rest in (line.partition(":") for line in lines)}

    def directory(self, pid: int) -> str:
        """Where a process is; nowhere when it has ended."""
        try:
            return os.readlink(f"/proc/{pid}/cwd")
        except OSError:
            return ""

    def again(self) -> None:
        """Let the next daemon follow one that was killed."""
        self.daemon.kill()
        token = self.client.token
        self.client = self.daemon.start(login=False)
        self.client.token = token

    def test_forceKill(self) -> None:
        """What has left session, parents and environment behind does not escape a kill."""
        self.assertIn("containment", self.features())
        self.assertNotIn("isolation", self.features())
        escaped = self.own()
        self.client("server_force_kill", server="a")
        self.client.until("a", "stopped")
        self.client.wait(self.isGone(escaped), "the end of what had escaped")
        self.assertEqual(self.client("server_status", server="a")["exit"]["signal"], "KILL")

    def test_usage(self) -> None:
        """What has escaped counts for what the server uses, and what holds all of it does not."""
        self.own()
        self.untilProcesses(2)

    def test_nextDaemon(self) -> None:
        """The next daemon goes on with the game, and ends all of it."""
        escaped = self.own()
        before = self.client("server_status", server="a")["pid"]
        self.again()
        self.assertEqual(self.client("server_status", server="a")["pid"], before)
        self.client("server_kill", server="a")
        self.client.until("a", "stopped")
        self.client.wait(self.isGone(escaped), "the end of what had escaped")

    def test_exit(self) -> None:
        """With the game all ends that it has left behind, and its exit code is told."""
        escaped = self.own()
        self.client("server_settings", server="a", settings={"restart": "never"})
        self.client("server_cmd", server="a", command="go")
        self.client.wait(partial(self.hasEnded, "a"), "its end")
        self.assertEqual(self.client("server_status", server="a")["exit"]["code"], 7)
        self.client.wait(self.isGone(escaped), "the end of what had escaped")

    def test_signals(self) -> None:
        """A game that does not handle TERM ends by it, and one that does has its time."""
        types = Path(self.daemon.state, "types")
        (types / "saves.toml").write_text(saves)
        for type, script, end in (
            ("shell", "echo up; exec sleep 1000", {"code": 143, "signal": "TERM"}),
            ("saves", "", {"code": 5, "signal": None}),
        ):
            options = {"script": script} if script else {}
            self.client("server_create", type=type, server=type, options=options)
            self.client("server_start", server=type)
            self.client.untilLog(type, "up\n")
            self.client("server_stop", server=type)
            self.client.wait(
                partial(self.hasEnded, type),
                "its end",
            )
            found = self.client("server_status", server=type)["exit"]
            self.assertEqual({name: found[name] for name in end}, end)

    def hasEnded(self, id: str) -> bool:
        """Whether a run of it has ended."""
        return self.client("server_status", server=id)["exit"] is not None

    def test_sees(self) -> None:
        """All else is as it was: it sees the host's files, and has the rights of its user."""
        script = "ls -d /home /root; id -u; sed -n s/^CapEff:.//p /proc/self/status; echo up; cat"
        self.client("server_create", type="shell", server="b", options={"script": script})
        self.client("server_start", server="b")
        lines = self.client.untilLog("b", "up\n").splitlines()
        self.assertEqual(lines[:3], ["/home", "/root", str(self.user)])
        self.assertEqual(int(lines[3], 16) != 0, self.user == 0)

    @property
    def user(self) -> int:
        return 0


class OtherUserTests(NamespaceTests):
    """The same where all games have another user."""

    options = ("--server-user", "games")

    @property
    def user(self) -> int:
        return pwd.getpwnam("games").pw_uid
