"""The command line: what it refuses, and that nothing is left half-started."""

import gc
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import trustme
from twisted.internet import reactor as installed
from twisted.logger import capturedLogs
from twisted.python import usage
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gamepanel import __version__
from gamepanel.options import Options
from gamepanel.parts import ownPath
from gamepanel.state import StateDirectory
from gamepanel.tap import keepTime, prepare, warn
from tests.support import (
    Client,
    Daemon,
    freePort,
    needIPv6,
    needMounts,
    patience,
    twistd,
    writeTypes,
)

reactor: Any = installed
root = Path(__file__).parents[2]


class OptionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.state = os.path.abspath(self.mktemp())
        self.port = freePort()

    def parse(self, *arguments: str) -> Options:
        """Parse a command line, with a state and a port of its own unless it names others."""
        given = list(arguments)
        if "--state" not in given:
            given += ["--state", self.state]
        if "--listen" not in given:
            given += ["--listen", f"tcp:{self.port}:interface=127.0.0.1"]
        options = Options()
        options.parseOptions(given)
        return options

    def prepare(self, *arguments: str) -> StateDirectory:
        """Parse a command line, take what a daemon takes by it, and let that go."""
        state = prepare(self.parse(*arguments))
        os.close(state.lock)
        return state

    def refuse(self, *arguments: str) -> str:
        """What is said of a command line with which no daemon can start."""
        return str(self.assertRaises(usage.UsageError, self.prepare, *arguments))

    def test_nothingOpened(self) -> None:
        """Options are parsed without looking at the state, or at what one is to listen at."""
        path = self.socketPath()
        self.listen(path)
        # What other tests have left must not be closed in between.
        gc.collect()
        descriptors = os.listdir("/proc/self/fd")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            twice = ("--listen", f"tcp:{port}:interface=127.0.0.1")
            for listen in (twice * 2, ("--listen", f"unix:{path}"), ("--listen", self.secure())):
                for state in (self.state, "/proc/none"):
                    options = self.parse("--state", state, "--insecure", *listen)
                    self.assertEqual(options["state"], state)
        self.assertEqual(os.listdir("/proc/self/fd"), descriptors)
        self.assertFalse(os.path.exists(self.state))
        self.assertTrue(os.path.exists(path))

    def test_version(self) -> None:
        """The version is that of gamepanel, not of Twisted."""
        done = subprocess.run(
            [twistd, "gamepanel", "--version"], capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout, f"gamepanel {__version__}\n")

    def test_refusals(self) -> None:
        """Each mistake is told in one line that names it."""
        file = self.mktemp()
        with open(file, "w"):
            pass
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            for arguments, words in (
                (("--listen", f"tcp:{port}:interface=127.0.0.1"), "in use"),
                (("--listen", "tcp:x"), "tcp:x"),
                (("--listen", "tcp:80800"), "--listen tcp:80800: the port must be"),
                (("--listen", "nonsense"), "nonsense"),
                (("--listen", "tcp:1:interface=192.0.2.1", "--insecure"), "--listen"),
                (("--listen", f"ssl:{self.port}:privateKey=/none"), "/none"),
                (("--listen", f"unix:{self.mktemp()}/none/socket"), "--listen"),
                (("--listen", f"tcp:{self.port}"), "--insecure"),
                (("--auth", "noauth", "--listen", f"tcp:{self.port}"), "--insecure"),
                (("--auth", "noauth", "--listen", self.secure()), "--insecure"),
                (("--auth", "noauth", "--isolate", "on"), "--insecure"),
                (("--auth", "none"), "--auth none: must be one of password, noauth"),
                (("--auth-url", "https://x.example/"), "--auth url"),
                (("--auth", "url"), "--introspect-url"),
                (("--url", "ftp://x"), "http"),
                (("--allow-origin", "dash.example"), "https://"),
                (("--allow-origin", "http://["), "--allow-origin"),
                (("--on-exit", "perhaps"), "--on-exit perhaps: must be one of keep, stop"),
                (("--state", file), file),
                (("--state", "/proc/none"), "/proc/none"),
                (("--server-user", "no-such-user"), "--server-user"),
                (("--server-users", "5"), "--server-users"),
                (("--server-users", "70000-70001", "--server-user", "games"), "does not go"),
                (("--isolate", "perhaps"), "--isolate perhaps: must be one of auto, on, off"),
                (("--allow-host", "a b"), "--allow-host"),
                (("--trusted-proxy", "x"), "--trusted-proxy"),
                (("--state", ""), "--state"),
                (("--max-streams", "0"), "--max-streams 0: must be a number from 1"),
                (("--hsts", "-1"), "--hsts -1: must be a number from 0"),
                (("--contact", "()"), "--contact (): must be"),
                (("--hsts", "60"), "--hsts goes with TLS"),
                (("--none",), "none"),
                (("word",), "arguments"),
            ):
                said = self.refuse(*arguments)
                self.assertIn(words, said, arguments)
                self.assertEqual(len(said.splitlines()), 1, said)
        twice = ("--listen", f"tcp:{self.port}:interface=127.0.0.1")
        self.assertIn("in use", self.refuse(*twice, *twice))

    def test_noauthBesideGames(self) -> None:
        """Where games are held, noauth on TCP lets each do all: refused without --insecure."""
        openly = ("--auth", "noauth", "--listen")
        tcp, unix = f"tcp:{self.port}:interface=127.0.0.1", f"unix:{self.mktemp()}"
        confined = [("--isolate", "on")]
        if os.geteuid() == 0:
            confined += [("--server-users", "70000-70001"), ("--server-user", "nobody")]
        for held in confined:
            self.assertIn("any game could do all", self.refuse(*openly, tcp, *held))
            self.assertTrue(self.parse(*openly, tcp, *held, "--insecure").servesGames)
            self.assertFalse(self.parse(*openly, unix, *held).servesGames)
        self.assertTrue(self.parse(*openly, tcp).servesGames)

    def test_backups(self) -> None:
        """Backups lie where no game sees them, and for now in no repository of restic."""
        self.assertEqual(self.parse()["backups"], os.path.realpath(f"{self.state}/backups"))
        for place, words in (
            ("restic:/srv/repository", "restic"),
            ("", "must be a directory"),
            (f"{self.state}/servers/a/files/backups", "games can read"),
            (f"{self.state}/shared", "games can read"),
            ("/usr/local/backups", "isolated games can read"),
            (f"{sys.prefix}/backups", "isolated games can read"),
        ):
            self.assertIn(words, self.refuse("--backups", place), place)
        parsed = self.parse("--backups", "/usr/local/backups", "--isolate", "off")
        self.assertEqual(parsed["backups"], "/usr/local/backups")

    def test_loopback(self) -> None:
        """Only what nobody else reaches needs no --insecure, in whatever way it is written."""
        needIPv6()
        for address in ("::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"):
            escaped = address.replace(":", r"\:")
            options = self.parse("--listen", f"tcp6:{self.port}:interface={escaped}")
            self.assertFalse(options.exposed, address)
        self.assertIn("--insecure", self.refuse("--listen", f"tcp6:{self.port}"))

    def test_introspectionElsewhere(self) -> None:
        """A name that only begins like a loopback address is that of another host."""
        ways = ("--auth", "url", "--introspect-url")
        self.assertIn("--insecure", self.refuse(*ways, "http://127.0.0.1.example.org/"))
        self.parse(*ways, "http://127.0.0.1:9/")
        self.parse(*ways, "http://[::1]:9/")

    def socketPath(self) -> str:
        """A path that is short enough for a socket."""
        directory = tempfile.mkdtemp(prefix="gamepanel-")
        self.addCleanup(shutil.rmtree, directory)
        return os.path.join(directory, "s")

    def test_leftOverSocket(self) -> None:
        """
        What a killed daemon has left is removed: its socket, and its lock, also when another
        process has its process id by now.
        """
        for lockfile in ("", ":lockfile=0"):
            for pid in (os.getpid(), 1, 2**22 + 1):
                path = self.socketPath()
                left = socket.socket(socket.AF_UNIX)
                left.bind(path)
                left.listen()
                left.close()
                os.symlink(str(pid), f"{path}.lock")
                self.prepare("--listen", f"unix:{path}{lockfile}")
                self.assertFalse(os.path.lexists(path))
                self.assertEqual(os.path.lexists(f"{path}.lock"), bool(lockfile))

    def test_lockAlone(self) -> None:
        """A lock is left over when there is no socket."""
        path = self.socketPath()
        os.symlink("1", f"{path}.lock")
        self.prepare("--listen", f"unix:{path}")
        self.assertEqual(os.listdir(os.path.dirname(path)), [])

    def test_takenSocket(self) -> None:
        """What is no left-over of ours is refused in one line, and stays as it is."""
        for occupy, words in (
            (self.listen, "another program listens"),
            (self.full, "another program listens"),
            (lambda path: Path(path).write_text("x"), "not a socket"),
            (lambda path: os.mkdir(path), "not a socket"),
            (lambda path: Path(path + ".lock").write_text("1"), ".lock is in the way"),
            (lambda path: os.mkdir(path + ".lock"), ".lock is in the way"),
            (lambda path: os.symlink("/elsewhere", path + ".lock"), ".lock is in the way"),
        ):
            path = self.socketPath()
            occupy(path)
            before = sorted(os.listdir(os.path.dirname(path)))
            said = self.refuse("--listen", f"unix:{path}")
            self.assertIn(words, said)
            self.assertEqual(len(said.splitlines()), 1, said)
            self.assertEqual(sorted(os.listdir(os.path.dirname(path))), before)

    def listen(self, path: str, backlog: int = 1) -> None:
        """Listen at a socket."""
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen(backlog)

    def full(self, path: str) -> None:
        """Listen at a socket, and do not accept those who come."""
        self.listen(path, 0)
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.connect(path)

    def test_longSocket(self) -> None:
        """A path that fits in no socket's address is refused with the number of bytes."""
        path = self.socketPath()
        for length, isRight in ((107, True), (108, False), (500, False)):
            listen = ("--listen", f"unix:{path}{'x' * (length - len(path))}")
            if isRight:
                self.prepare(*listen)
            else:
                said = self.refuse(*listen)
                self.assertIn(f"at most 107 bytes, and this {length}", said)

    def test_notUtf8(self) -> None:
        """A path that is not UTF-8 is refused in a line that can be printed."""
        for arguments in (
            ("--state", os.fsdecode(os.fsencode(self.state) + b"\xff")),
            ("--listen", os.fsdecode(b"unix:" + os.fsencode(self.socketPath()) + b"\xff")),
        ):
            said = self.refuse(*arguments)
            self.assertIn("must be UTF-8", said)
            self.assertIn("\\xff", said)
            said.encode()
        self.assertFalse(os.path.exists(self.state.encode() + b"\xff"))

    def test_accepted(self) -> None:
        """What is right is taken, and only the state directory is made."""
        options = self.parse(
            *("--allow-host", "Panel.example", "--url", "https://b.example", "--allow-generic"),
            *("--listen", f"tcp:{self.port}", "--insecure", "--on-exit", "stop"),
        )
        os.close(prepare(options).lock)
        self.assertEqual(options.lists["allow-host"], ["panel.example"])
        self.assertEqual(options.lists["url"], ["https://b.example/"])
        self.assertTrue(options.exposed)
        for name in os.listdir(self.state):
            mode = stat.S_IMODE(os.stat(os.path.join(self.state, name)).st_mode)
            self.assertEqual(mode, 0o600, name)

    def test_instance(self) -> None:
        """Each state directory has a random name that stays; one that is damaged is made anew."""
        first = self.prepare().instance
        self.assertTrue(re.fullmatch("[0-9a-f]{32}", first), first)
        self.assertEqual(self.prepare().instance, first)
        self.assertNotEqual(self.prepare("--state", os.path.abspath(self.mktemp())).instance, first)
        path = os.path.join(self.state, "instance")
        for damaged in (b"", b"\xff", first[:-1].encode(), f"{first}0".encode()):
            with open(path, "wb") as file:
                file.write(damaged)
            second = self.prepare().instance
            self.assertNotEqual(second, first)
            self.assertEqual(self.prepare().instance, second)
        os.unlink(path)
        os.mkdir(path)
        self.assertIn("instance: ", self.refuse())

    def test_secondDaemon(self) -> None:
        """A state directory that is taken is refused."""
        first = Options()
        listen = ["--listen", f"tcp:{self.port}:interface=127.0.0.1"]
        first.parseOptions(["--state", self.state, *listen])
        self.addCleanup(os.close, prepare(first).lock)
        self.assertIn("another gamepanel", self.refuse())

    def test_warnings(self) -> None:
        """What is dangerous is said at every start, and nothing else."""
        everywhere = ("--listen", f"tcp:{self.port}", "--insecure")
        openly = ("--introspect-url", "http://192.0.2.1/", "--insecure", "--auth", "url")
        for arguments, words in (
            ((), ()),
            (("--listen", f"tcp:{self.port}:interface=127.0.0.1", "--insecure"), ()),
            (everywhere, ("can read what is sent",)),
            (("--auth", "noauth", *everywhere), ("may do all",)),
            (("--auth", "noauth", "--insecure", "--listen", self.secure()), ("may do all",)),
            (openly, ("can read the tokens",)),
        ):
            options = self.parse(*arguments)
            with capturedLogs() as events:
                warn(options, StateDirectory(self.state, -1, ""))
            formats = [str(event["log_format"]) for event in events]
            said = [each for each in formats if "running as root" not in each]
            self.assertEqual(len(said), len(words), (arguments, said))
            for word, sentence in zip(words, said, strict=True):
                self.assertIn(word, sentence)

    def secure(self) -> str:
        """An endpoint with TLS, on all addresses."""
        path = Path(self.mktemp()).absolute()
        trustme.CA().issue_cert("panel.example").private_key_and_cert_chain_pem.write_to_path(path)
        return f"ssl:{self.port}:privateKey={path}"

    def test_help(self) -> None:
        """Every option of the contract is there, and says what it is for."""
        said = str(Options())
        for name in (
            *("state", "listen", "auth", "auth-url", "introspect-url", "introspect-secret", "url"),
            *(
                "allow-host",
                "allow-origin",
                "trusted-proxy",
                "on-exit",
                "server-user",
                "server-users",
            ),
            *("isolate", "allow-generic", "insecure"),
        ):
            self.assertTrue(re.search(rf"--{name}=? +\S", said), name)

    def test_path(self) -> None:
        """What is installed beside gamepanel is found."""
        self.assertIn(os.path.dirname(sys.executable), ownPath().split(":"))

    def test_clock(self) -> None:
        """The reactor's timers run by a clock that nobody sets."""

        class Reactor:
            seconds: Any = None

        given = Reactor()
        keepTime(given)
        before = given.seconds()
        self.assertLess(abs(before - __import__("time").monotonic()), 5)


def endDaemon(pidFile: Path) -> None:
    """Kill a daemon in the background that a test that failed has left."""
    if pidFile.exists():
        os.kill(int(pidFile.read_text()), signal.SIGKILL)


class StartTests(SynchronousTestCase):
    def test_daemonised(self) -> None:
        """In the background relative paths hold, and the lock, and it ends when told to."""
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        port = freePort()
        command = [
            *(twistd, "--pidfile", "pid", "--logfile", "log", "gamepanel", "--state", "state"),
            *("--listen", f"tcp:{port}:interface=127.0.0.1"),
        ]
        writeTypes(str(work / "state"))
        subprocess.run(command, cwd=work, check=True, timeout=patience)
        self.addCleanup(endDaemon, work / "pid")
        client = Client(f"http://127.0.0.1:{port}/")
        daemon = Daemon(port=port, state=str(work / "state"))
        client.wait(lambda: daemon.answers, "an answer")
        client.login("admin", daemon.password)
        client("server_create", type="shell", server="a")
        self.assertTrue((work / "state" / "servers" / "a" / "console").exists())
        again = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("gamepanel: --pidfile ", again.stderr)
        self.assertEqual(len(again.stderr.splitlines()), 1, again.stderr)
        os.kill(int((work / "pid").read_text()), signal.SIGTERM)
        client.wait(lambda: not (work / "pid").exists(), "its end")
        self.assertIn("0 servers run on", (work / "log").read_text())

    def refused(
        self, *arguments: str, pidfile: str = "", wrapper: tuple[str, ...] = ()
    ) -> tuple[int, str]:
        """The exit status of a daemon that can't start, and what it says on stderr."""
        done = subprocess.run(
            [*wrapper, twistd, "-n", f"--pidfile={pidfile}", "gamepanel", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=patience,
        )
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_oneLine(self) -> None:
        """A mistake is told in one line on stderr, without the help, with status 64."""
        status, said = self.refused("--nonsense")
        self.assertEqual((status, said), (64, "gamepanel: option --nonsense not recognized\n"))
        status, said = self.refused("--listen", "tcp:x", "--state", os.path.abspath(self.mktemp()))
        self.assertEqual((status, len(said.splitlines())), (64, 1))
        self.assertTrue(said.startswith("gamepanel: --listen tcp:x: "), said)

    def test_noPidFile(self) -> None:
        """So is a file for the process id that can't be written, with status 1."""
        state = os.path.abspath(self.mktemp())
        listen = f"tcp:{freePort()}:interface=127.0.0.1"
        path = "/proc/none/pid"
        status, said = self.refused("--state", state, "--listen", listen, pidfile=path)
        self.assertEqual((status, said), (1, f"gamepanel: --pidfile {path}: No such directory\n"))

    def test_otherPidFile(self) -> None:
        """So is one that names a process that runs; twistd would take five lines for it."""
        path = os.path.abspath(self.mktemp())
        for process, isTaken in ((os.getpid(), True), (2**22 + 1, False)):
            with open(path, "w") as file:
                file.write(str(process))
            status, said = self.refused("--state", "", pidfile=path)
            taken = f"gamepanel: --pidfile {path}: the process {process} that it names is running\n"
            wanted = (1, taken) if isTaken else (64, "gamepanel: --state: must be a directory\n")
            self.assertEqual((status, said), wanted)

    def test_noProc(self) -> None:
        """So is a host without /proc."""
        needMounts()
        # It may be mounted more than once.
        script = 'while umount --lazy /proc 2>/dev/null; do :; done; exec "$@"'
        private = ("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "without")
        if subprocess.run([*private, "test", "-e", "/proc/self"]).returncode == 0:
            raise SkipTest("nobody may unmount /proc here")
        listen = f"tcp:{freePort()}:interface=127.0.0.1"
        status, said = self.refused(
            *("--state", os.path.abspath(self.mktemp()), "--listen", listen), wrapper=private
        )
        self.assertIn("boot_id: No such file or directory; is /proc mounted?", said)
        self.assertEqual((status, len(said.splitlines())), (1, 1))

    def test_locale(self) -> None:
        """Where the locale is not UTF-8, paths and arguments are all the same."""
        listen = f"tcp:{freePort()}:interface=127.0.0.1"
        path = f"/proc/hällo/{os.getpid()}"
        locale = ("env", "LC_ALL=C", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0")
        status, said = self.refused("--state", path, "--listen", listen, wrapper=locale)
        self.assertEqual((status, len(said.splitlines())), (1, 1), said)
        self.assertIn("hällo", said)

    def test_noProcess(self) -> None:
        """So is one in which no process can be, which twistd would take for one, or fail of."""
        path = os.path.abspath(self.mktemp())
        for text in ("0", "-1", "9" * 17, "pid"):
            Path(path).write_text(text)
            status, said = self.refused("--state", "", pidfile=path)
            wanted = f"gamepanel: --pidfile {path}: it names no process; remove it\n"
            self.assertEqual((status, said), (1, wanted), text)

    def test_badData(self) -> None:
        """A store that can't be used is told so, too, with status 65."""
        state = Path(self.mktemp()).absolute()
        state.mkdir()
        (state / "gamepanel.sqlite").write_bytes(b"no database" * 1000)
        port = freePort()
        status, said = self.refused(
            "--state", str(state), "--listen", f"tcp:{port}:interface=127.0.0.1"
        )
        self.assertEqual(
            (status, said),
            (
                65,
                f"gamepanel: --state {state}: gamepanel.sqlite: It is damaged (file is not a "
                "database). Put back its last backup.\n",
            ),
        )

    def test_again(self) -> None:
        """What may be right in a moment has status 1: a port that is taken, say."""
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            listen = f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1"
            state = os.path.abspath(self.mktemp())
            status, said = self.refused("--state", state, "--listen", listen)
        self.assertEqual(
            (status, said), (1, f"gamepanel: --listen {listen}: Address already in use\n")
        )

    def test_failsLate(self) -> None:
        """One that fails late ends, too, whatever threads it has begun by then."""
        state = Path(self.mktemp()).absolute()
        (state / "reader").mkdir(parents=True)
        listen = f"tcp:{freePort()}:interface=127.0.0.1"
        done = subprocess.run(
            [twistd, "-n", "--pidfile=", "gamepanel", "--state", state, "--listen", listen],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=patience,
        )
        said = f"gamepanel: {state}/reader: Is a directory\n"
        self.assertEqual((done.returncode, done.stderr), (1, said))

    def test_killed(self) -> None:
        """
        A daemon that listens at a socket starts again after it was killed, although another
        process has its process id by now.
        """
        directory = tempfile.mkdtemp(prefix="gamepanel-")
        self.addCleanup(shutil.rmtree, directory)
        path = os.path.join(directory, "s")
        daemon = Daemon(("--listen", f"unix:{path}"))
        self.addCleanup(daemon.cleanUp)
        daemon.start(login=False)
        self.assertEqual(os.readlink(f"{path}.lock"), str(daemon.process.pid))
        daemon.kill()
        os.unlink(f"{path}.lock")
        os.symlink(str(os.getpid()), f"{path}.lock")
        daemon.start(login=False)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(patience)
            connection.connect(path)
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertIn(b" 200 ", connection.recv(1000))
        daemon.end()
        self.assertEqual(os.listdir(directory), [])

    def test_twist(self) -> None:
        """C{twist}, which Twisted has beside C{twistd}, starts a daemon, too."""
        state = os.path.abspath(self.mktemp())
        port = freePort()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "twisted", "gamepanel", "--state", state),
                *("--listen", f"tcp:{port}:interface=127.0.0.1"),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.addCleanup(process.stdout.close)  # type: ignore[union-attr]
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        client = Client(f"http://127.0.0.1:{port}/")

        def answers() -> bool:
            self.assertIsNone(process.poll())
            try:
                with urllib.request.urlopen(client.base + "healthz", timeout=patience) as answer:
                    return bool(answer.status == 200)
            except urllib.error.URLError:
                return False

        client.wait(answers, "an answer")
        self.assertFalse(os.path.exists("twistd.log"))

    def test_noauth(self) -> None:
        """Without authentication everybody is an admin, and there is nothing to log in to."""
        daemon = Daemon(("--auth", "noauth"))
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        client("server_create", type="shell", server="a")
        self.assertEqual(len(client("server_list")["servers"]), 1)
        with urllib.request.urlopen(daemon.base + "config", timeout=patience) as response:
            told = json.load(response)["instance"]
        self.assertEqual(told, Path(daemon.state, "instance").read_text().strip())
        # No server runs as another user, so nobody else may even pass.
        for place in (daemon.state, f"{daemon.state}/servers", f"{daemon.state}/servers/a"):
            self.assertEqual(stat.S_IMODE(os.stat(place).st_mode), 0o700, place)
        from tests.support import Refused

        for name in ("login_info", "logout"):
            error = self.assertRaises(Refused, client, name)
            self.assertEqual((error.status, error.code), (409, "auth_mode"))
        # Where games are isolated it is told that they need not stay so.
        with urllib.request.urlopen(daemon.base + "config", timeout=patience) as response:
            isolates = "isolation" in json.load(response)["features"]
        self.assertEqual("any game can connect and do all" in "\n".join(daemon.output), isolates)
