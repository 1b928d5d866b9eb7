"""What several tests need: stores in memory, daemons as processes, and clients."""

import glob
import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, Any, Final
from unittest import SkipTest

import psutil
from attrs import Factory, define
from twisted.internet.defer import Deferred, execute
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater
from twisted.trial.unittest import SynchronousTestCase

# What fixtures need of the daemon they import when they are used: a test of one part then begins
# at once.
if TYPE_CHECKING:
    from gamepanel.servers.configs.perform import Answer, Task
    from gamepanel.store import Store

patience: Final = float(os.environ.get("GAMEPANEL_PATIENCE", "90"))
"""How long a test waits for what must come, in seconds; more on an emulated machine."""

twistd: Final = os.path.join(os.path.dirname(sys.executable), "twistd")
"""Of the virtualenv that the tests run in."""

typesForTests: Final = {
    "shell": """
        title = "A shell script"
        description = "Runs a script."
        [[options]]
        name = "script"
        type = "text"
        default = "exec cat"
        required = true
        [[options]]
        name = "port"
        type = "port"
        protocol = "tcp"
        [[options]]
        name = "secret"
        type = "password"
        [[options]]
        name = "fixed"
        type = "string"
        readonly = true
        [[options]]
        name = "level"
        type = "integer"
        minimum = 1
        maximum = 9
        default = 5
        unit = "stars"
        [run]
        command = ["/bin/sh", "-c", "{script}"]
        [[stop]]
        signal = "TERM"
        patience = 0.5
        [restart]
        first_delay = 0.05
        give_up_after = 3
    """,
    "polite": """
        title = "Stops when asked"
        [[options]]
        name = "motd"
        type = "string"
        default = "hello"
        [run]
        command = [
            "/bin/sh", "-c",
            'while read -r x; do echo "got $x"; [ "$x" = quit ] && exit 0; done',
        ]
        [[stop]]
        command = "quit"
        patience = 5
        [[files]]
        path = "conf/game.ini"
        format = "ini"
        set = { "game.motd" = "{motd}" }
    """,
    "slow": """
        title = "Takes time to be ready"
        [run]
        command = ["/bin/sh", "-c", 'echo loading; read -r x; echo "it is now READY"; exec cat']
        ready = 'READY$'
    """,
    "telling": """
        title = "Says how its start goes"
        [[options]]
        name = "script"
        type = "text"
        required = true
        [run]
        command = ["/bin/sh", "-c", "{script}"]
        ready = '^READY$'
        failed = '^FATAL: '
        [[stop]]
        command = "quit"
        patience = 60
        [restart]
        first_delay = 0.05
        give_up_after = 2
    """,
    "harbour": """
        title = "Must hold its port"
        [[options]]
        name = "script"
        type = "text"
        required = true
        [[options]]
        name = "port"
        type = "port"
        [run]
        command = ["/usr/bin/env", "PORT={port}", "python3", "-uc", "{script}"]
        ready = '^READY$'
        [[stop]]
        signal = "TERM"
        patience = 60
    """,
    "two-ports": """
        title = "Wants two ports"
        [[options]]
        name = "port"
        type = "port"
        default = 30000
        [[options]]
        name = "query"
        type = "port"
        protocol = "udp"
        default = 30000
        [run]
        command = ["/bin/cat"]
    """,
    "lacking": """
        title = "Needs what is not there"
        needs = ["no-such-program-anywhere"]
        hint = "apt install luck"
        [run]
        command = ["no-such-program-anywhere"]
    """,
    "broken-start": """
        title = "Its program is missing"
        [run]
        command = ["no-such-program-anywhere"]
    """,
}
"""Types whose servers need nothing but a shell."""


def writeTypes(state: str, types: Mapping[str, str] = typesForTests) -> None:
    """Put types, usually those for tests, where an operator's own are."""
    os.makedirs(os.path.join(state, "types"), exist_ok=True)
    for name, text in types.items():
        with open(os.path.join(state, "types", f"{name}.toml"), "w") as file:
            file.write(text)


packages: Final = {
    "DDNet-Server": "ddnet-server",
    "armagetronad-dedicated.real": "armagetronad-dedicated",
    "bzadmin": "bzflag-client",
    "bzfs": "bzflag-server",
    "ip": "iproute2",
    "luantiserver": "luanti-server luanti-game-minetest",
    "mkfs.ext4": "e2fsprogs",
    "node": "nodejs",
    "openttd": "openttd openttd-opengfx",
    "systemd-analyze": "systemd",
    "systemd-nspawn": "systemd-container",
    "systemd-run": "systemd",
    "wesnothd-1.18": "wesnoth-1.18-server",
}
"""Which packages of Debian bring a program, where they have other names."""


def need(program: str, package: str = "") -> str:
    """
    The path of a program that a test runs, among those that children find.

    @param package: what brings it, where neither its own name nor L{packages} tells.
    @raise SkipTest: when it is not installed. C{.ci/run} installs all, and fails when anything is
        skipped.
    """
    from gamepanel.parts import ownPath
    from gamepanel.process.launch import childPath

    path = shutil.which(program, path=childPath(ownPath()) + ":/usr/sbin:/sbin")
    if path is None:
        name = os.path.basename(program)
        package = package or packages.get(name, name)
        raise SkipTest(f"{program} is not installed; apt install {package}")
    return path


def needFile(pattern: str, package: str) -> str:
    """
    The path of a file that a test uses.

    @param pattern: as L{glob.glob} has it.
    @raise SkipTest: when there is none.
    """
    paths = glob.glob(pattern)
    if not paths:
        raise SkipTest(f"{pattern} is not there; apt install {package}")
    return paths[0]


class ConfigsHere:
    """Reads and writes configuration files in this process."""

    def ask(self, task: "Task") -> "Deferred[Answer]":
        """See L{gamepanel.servers.configs.worker.ConfigFiles}."""
        from gamepanel.servers.configs.perform import perform

        return execute(perform, task)

    def close(self) -> None:
        """Nothing goes on."""


def awaitExec(pid: int, program: str = "sleep") -> None:
    """
    Wait until a child has become a program and has its environment: C{Popen} returns in the
    midst of its C{exec}, when C{/proc} shows none yet, and a shell may call C{exec} once more.
    """

    def hasBecome() -> bool:
        with open(f"/proc/{pid}/comm") as name:
            if name.read() != program + "\n":
                return False
        with open(f"/proc/{pid}/environ", "rb") as environment:
            return environment.read(1) != b""

    end = time.monotonic() + patience
    while not hasBecome():
        if time.monotonic() > end:
            raise AssertionError(f"process {pid} has not become {program}")
        time.sleep(0.001)


def needRoot(what: str) -> None:
    """
    Go on as root only.

    @param what: what only root can do.
    @raise SkipTest: for all others.
    """
    if os.geteuid() != 0:
        raise SkipTest(f"only root can {what}")


def needIsolation() -> tuple[str, ...]:
    """
    Options of a daemon that isolates all games.

    @raise SkipTest: when that can't be done here.
    """
    from gamepanel.process.isolation import isolation

    isRoot = os.geteuid() == 0
    with tempfile.TemporaryDirectory() as state:
        lack = isolation("on", state, isRoot, isRoot).lack
    if lack is not None:
        raise SkipTest(f"games can't be isolated here: {lack}")
    return ("--isolate", "on", *(("--server-user", "games") if isRoot else ()))


def needMounts() -> None:
    """
    Go on where mounts can be made: not even root can in most containers.

    @raise SkipTest: elsewhere.
    """
    needRoot("mount")
    if subprocess.run([need("unshare"), "--mount", "true"], stderr=subprocess.DEVNULL).returncode:
        raise SkipTest("nothing may be mounted in this container")


@define
class ImmediateTransactions:
    """Runs each transaction at once, on a database in memory."""

    connection: Any = None

    def __attrs_post_init__(self) -> None:
        from gamepanel.store.database import connect
        from gamepanel.store.migrating import migrate

        self.connection = self.connection or connect(":memory:")
        migrate(self.connection)

    def runInteraction(self, interaction: Callable[..., Any], *args: Any, **kw: Any) -> Any:
        def run() -> Any:
            with self.connection:
                return interaction(self.connection.cursor(), *args, **kw)

        return execute(run)


def memoryStore() -> "tuple[Store, Any]":
    """A store in memory, and its connection."""
    from gamepanel.store import Store

    transactions = ImmediateTransactions()
    return Store(transactions), transactions.connection


def atOnce(function: Callable[..., Any], *arguments: object) -> Deferred[Any]:
    """What C{deferToThread} does, without a thread."""
    return execute(function, *arguments)


async def until(
    clock: IReactorTime, check: Callable[[], Any], what: str = "it", seconds: float = patience
) -> Any:
    """
    Wait until a check says something true.

    @raise AssertionError: when it has not after so many seconds.
    """
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come to be")
        await deferLater(clock, 0.005)


_taken: Final[list[socket.socket]] = []
"""Each has the name of a port that this process was given, as long as it lives."""


def freePort() -> int:
    """
    A port that no program uses, neither for TCP nor for UDP, and that no other test is given,
    in whatever process, as long as this one lives.

    It is none that browsers refuse, and none that types for tests propose.
    """
    while True:
        port = random.randrange(10_000, 65_000)
        # The highest of the "bad ports" of https://fetch.spec.whatwg.org/#port-blocking.
        if port != 10_080 and not 30_000 <= port < 30_100 and takePort(port):
            return port


def takePort(port: int) -> bool:
    """
    Take a port for tests of this process, unless somebody has it, or may have it: the kernel gives
    some to outgoing connections, so that one of them could be used before the test uses it.
    """
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first, last = map(int, file.read().split())
    if first <= port <= last:
        return False
    with (
        socket.socket(type=socket.SOCK_STREAM) as stream,
        socket.socket(type=socket.SOCK_DGRAM) as datagrams,
    ):
        name = socket.socket(socket.AF_UNIX)
        try:
            # First: a port that another test was given is not even taken for a moment.
            name.bind(f"\0gamepanel-test-port-{port}")
            stream.bind(("", port))
            datagrams.bind(("", port))
        except OSError:
            name.close()
            return False
        _taken.append(name)
        return True


def needIPv6() -> None:
    """
    @raise SkipTest: where this host has no C{::1}, as in some containers.
    """
    import socket

    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        raise SkipTest("this host has no IPv6 loopback address") from None


def checkCauses(problem: Mapping[str, Any]) -> None:
    """A refusal has its sentences as data, too."""
    from gamepanel.wire.causes import Cause

    for told in (problem, *problem.get("errors", ())):
        if "cause" not in told:
            # Of an older daemon.
            continue
        said = str(Cause(**told["cause"]))
        assert said == told["detail"], (said, told["detail"])


class Refused(Exception):
    """What the daemon answered with an error."""

    def __init__(self, status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> None:
        super().__init__(status, problem)
        checkCauses(problem)
        self.status = status
        self.problem = problem
        self.code = problem["code"]
        self.headers = headers


@define
class Client:
    """A client that waits, for tests of a daemon in another process."""

    base: str
    token: str | None = None

    def __call__(self, name: str, /, **fields: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(self.base + name, json.dumps(fields).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=patience) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.load(error), dict(error.headers.items())) from None

    def login(self, username: str, password: str) -> None:
        """Get a token for all that follows."""
        from gamepanel.wire.proof import solve

        info = self("login_info")
        work = info["proofOfWork"]
        proofs = solve(info["token"], username, work["amount"], work["difficulty"])
        answer = self(
            "login", username=username, password=password, token=info["token"], proofOfWork=proofs
        )
        self.token = answer["accessToken"]

    def until(self, server: str, *states: str, seconds: float = patience) -> Any:
        """Wait until a server has one of these states; its whole status."""
        return self.wait(
            lambda: (status := self("server_status", server=server))["status"] in states and status,
            f"{server} {states}",
            seconds,
        )

    def untilLog(self, server: str, text: str, start: int = 0) -> str:
        """Wait until a text is in the log; all of the log from an index on."""

        def look() -> str | None:
            data: str = self("server_log", server=server, readIndex=start)["data"]
            return data if text in data else None

        found: str = self.wait(look, f"{text!r} in the log of {server}")
        return found

    def wait(self, check: Callable[[], Any], what: str, seconds: float = patience) -> Any:
        """Ask again and again until the answer is true."""
        end = time.monotonic() + seconds
        while not (found := check()):
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not come to be")
            time.sleep(0.02)
        return found


@define
class Daemon:
    """
    A real daemon, as a process of its own. Its games are isolated only if C{options} say so:
    they do what most hosts allow, and the tests are the same on each.

    @ivar options: of C{gamepanel}, beside its state and address.
    @ivar wrapper: a command to run it by.
    @ivar types: the operator's own.
    """

    options: tuple[str, ...] = ("--allow-generic",)
    state: str = Factory(lambda: tempfile.mkdtemp(prefix="gamepanel-test-"))
    environment: Mapping[str, str] = Factory(dict)
    wrapper: tuple[str, ...] = ()
    process: Any = None
    port: int = 0
    output: list[str] = Factory(list)
    _unread: bytes = b""
    types: Mapping[str, str] = Factory(lambda: typesForTests)

    @property
    def base(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self, login: bool = True) -> Client:
        """Start it, and log in."""
        os.chmod(self.state, 0o711)
        writeTypes(self.state, self.types)
        self.port = self.port or freePort()
        self._unread = b""
        self.process = subprocess.Popen(
            [
                *self.wrapper,
                *(twistd, "-n", "--pidfile", os.path.join(self.state, "pid")),
                *("gamepanel", "--state", self.state),
                *("--listen", f"tcp:{self.port}:interface=127.0.0.1", *self.options),
                *(() if "--isolate" in self.options else ("--isolate", "off")),
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
        )
        # What it logs of hundreds of servers is not read before it ends.
        fcntl(self.process.stdout, F_SETPIPE_SZ, 1024 * 1024)
        self.waitForLine(" listens at ")
        client = Client(self.base)
        # The port is there before the rest is.
        client.wait(lambda: self.answers, "an answer")
        if login and "noauth" not in self.options:
            client.login("admin", self.password)
        return client

    @property
    def answers(self) -> bool:
        """Whether it serves requests."""
        try:
            with urllib.request.urlopen(self.base + "healthz", timeout=patience) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    @property
    def password(self) -> str:
        """Of the first user."""
        with open(os.path.join(self.state, "admin-password")) as file:
            return file.read().strip()

    def waitForLine(self, pattern: str) -> str:
        """Wait until it prints such a line, behind the one that was waited for last."""
        end = time.monotonic() + patience
        selector = DefaultSelector()
        selector.register(self.process.stdout, EVENT_READ)
        while True:
            *lines, self._unread = self._unread.split(b"\n")
            for number, line in enumerate(lines, 1):
                self.output.append(line.decode())
                if re.search(pattern, line.decode()):
                    self._unread = b"\n".join([*lines[number:], self._unread])
                    return line.decode()
            if not selector.select(max(0, end - time.monotonic())):
                break
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                break
            self._unread += data
        raise AssertionError(f"no line with {pattern!r} in:\n" + "\n".join(self.output))

    def resources(self) -> tuple[int, int]:
        """How many files it has open, and how much memory it has that is in no file, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        [size] = re.findall(r"^RssAnon:\s*(\d+) kB$", status, re.MULTILINE)
        return psutil.Process(self.process.pid).num_fds(), int(size) * 1024

    def kill(self) -> None:
        """As C{kill -9} does."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def end(self) -> int:
        """As an operator does; its exit status."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=patience)
        self.output += (self._unread + out).decode().splitlines()
        status: int = self.process.returncode
        return status

    def cleanUp(self) -> None:
        """End it and all its servers, and remove its state."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        endServers(self.state)
        subprocess.run(["rm", "-rf", self.state], check=True)


flood: Final = (
    "exec python3 -uc \"import itertools\nfor i in itertools.count(): print('%012d' % i)\""
)
"""A server that prints numbered lines of 13 bytes at full speed."""


def checkNumbers(test: SynchronousTestCase, client: Client, id: str) -> None:
    """Read all that is kept of a L{flood}, and see that each byte is where it must be."""
    end = client("server_status", server=id)["readIndex"]
    index = max(end - 1_000_000, 0)
    while index < end:
        chunk = client("server_log", server=id, readIndex=index, limit=262144)
        start, data = chunk["oldReadIndex"], chunk["data"]
        first = start // 13
        lines = (b"%012d\n" % n for n in itertools.count(first))
        expected = b"".join(itertools.islice(lines, len(data) // 13 + 2))
        offset = start - first * 13
        test.assertEqual(data.encode(), expected[offset : offset + len(data)], id)
        index = chunk["nextReadIndex"]


def standbys(state: str) -> list[psutil.Process]:
    """The standby readers of a state directory."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        if state in line and any(word.endswith("/standby.py") for word in line):
            found.append(process)
    return found


def endGroups(state: str) -> None:
    """Kill all that is in the control groups of servers and jobs, and remove those."""
    from gamepanel.process import cgroup
    from gamepanel.process.grouping import allPlaces, nameOf

    with suppress(FileNotFoundError):
        instance = Path(state, "instance").read_text().strip()
        for place, _ in allPlaces():
            root = os.path.join(place, nameOf(state, instance))
            for group in glob.glob(os.path.join(root, "*", "")):
                cgroup.kill(group, sparesShim=False)
                cgroup.removeSoon(group)
            with suppress(OSError):
                os.rmdir(root)


def endServers(state: str) -> None:
    """
    Kill all processes of the servers and jobs of a state directory, and who reads for them,
    when its daemon has ended.
    """
    # What that daemon was about to start has its command line still.
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if state in process.cmdline():
                process.kill()
    endGames(state)


def endGames(state: str) -> None:
    """Kill every process whose home is in a state directory: of its servers and jobs."""
    endGroups(state)
    homes = tuple(os.path.join(state, name, "") for name in ("servers", "jobs"))
    looks = 2
    while looks:
        # Again, since one that was found may just have made another, and what is just becoming
        # another program shows nothing.
        looks -= 1
        for process in psutil.process_iter():
            try:
                home = process.environ().get("HOME", "")
                if home.startswith(homes) and process.status() != psutil.STATUS_ZOMBIE:
                    process.kill()
                    looks = 2
            except psutil.Error:
                # It has just ended, or is not ours.
                continue
