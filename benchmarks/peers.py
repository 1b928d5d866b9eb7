"""The daemons that are measured: ours, and others of the kind."""

import http.client
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final

import psutil

from benchmarks.measure import percentiles, post, requestsPerSecond, waitFor
from tests.support import Client, Daemon, endServers

endSeconds: Final = 30
"""A program that is told to end gets so long for it."""

here = Path(__file__).parent
installed = here / ".peers"
children = str(here / "children.py")
versions = {"supervisor": "4.3.0", "circus": "0.19.0", "pm2": "7.0.4"}


def install() -> None:
    """Put the others into a directory of our own, from their registries."""
    python = str(installed / "bin" / "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", installed], check=True)
    pip = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run(
        [*pip, "setuptools<81", *(f"{n}=={versions[n]}" for n in ("supervisor", "circus"))],
        check=True,
    )
    if not (installed / "node_modules" / "pm2").exists():
        subprocess.run(
            ["npm", "install", "--silent", "--prefix", installed, f"pm2@{versions['pm2']}"],
            check=True,
        )


def timed(call: Callable[..., object], *arguments: object, **fields: object) -> float:
    """How long a call takes, in seconds."""
    begin = time.monotonic()
    call(*arguments, **fields)
    return time.monotonic() - begin


class Peer:
    """
    A daemon that keeps programs running.

    @cvar name: what it is called in the table.
    @ivar atRest: whether its programs are only made known, and started one by one.
    """

    name: ClassVar[str]
    atRest = False
    pid: int

    def __init__(self, work: Path) -> None:
        self.work = work
        work.mkdir(parents=True)

    def start(self, programs: dict[str, list[str]]) -> None:
        """Start it, with these programs running (unless L{atRest})."""
        raise NotImplementedError

    def stop(self) -> None:
        """End it and its programs."""
        raise NotImplementedError


class Gamepanel(Peer):
    """Ours."""

    name = "gamepanel"

    @property
    def options(self) -> tuple[str, ...]:
        """More for its command line."""
        return ()

    def connect(self) -> socket.socket:
        """A connection to it."""
        return socket.create_connection(("127.0.0.1", self.daemon.port))

    def start(self, programs: dict[str, list[str]]) -> None:
        # Not the types for tests: their patterns would have it load RE2, which these do without.
        options = ("--allow-generic", *self.options)
        self.daemon = Daemon(state=str(self.work), types={}, options=options)
        self.client: Client = self.daemon.start()
        self.pid = self.daemon.process.pid
        self.add(programs)

    def add(self, programs: dict[str, list[str]]) -> None:
        """More programs, running (unless L{atRest})."""
        for id, command in programs.items():
            line = "exec " + " ".join(command)
            self.client("server_create", type="generic", server=id, options={"command": line})
            if not self.atRest:
                self.client("server_start", server=id)
        for id in () if self.atRest else programs:
            self.client.until(id, "running")

    def starts(self, ids: list[str]) -> list[float]:
        """How long each takes to be started, one after the other, in seconds."""
        return [timed(self.client, "server_start", server=id) for id in ids]

    def rate(self, name: str, id: str | None, connections: int, seconds: float = 4) -> float:
        """How many answers come in a second."""
        fields = {} if id is None else {"server": id}
        return requestsPerSecond(*self.request(name, **fields), connections, seconds)

    def stop(self) -> None:
        self.daemon.end()
        endServers(str(self.work))

    def request(self, name: str, **fields: Any) -> tuple[int, bytes]:
        """Port and whole request, with a token."""
        port = self.daemon.port
        token = f"Authorization: Bearer {self.client.token}\r\n"
        body = json.dumps(fields).encode()
        return port, post(f"127.0.0.1:{port}", f"/{name}", body, "application/json", token)

    def lineLatency(self, id: str, count: int) -> tuple[float, float]:
        """How long a line of a child takes to a client of the stream; ms, p50 and p99."""
        port = self.daemon.port
        with self.connect() as connection:
            connection.sendall(
                f"GET /server_log_stream?server={id} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                f"Authorization: Bearer {self.client.token}\r\n\r\n".encode()
            )
            times: list[float] = []
            rest = b""
            while len(times) < count:
                rest += connection.recv(65536)
                now = time.monotonic_ns()
                # An escaped line end follows each time in the events' JSON.
                *found, rest = re.split(rb"\\n", rest)
                times += [now - int(m[1]) for t in found if (m := re.search(rb"(\d{12,})$", t))]
        return percentiles(times)

    def send(self, id: str, text: str) -> None:
        """Hand a child a line, all over one connection, as C{xmlrpc.client} does with others."""
        if not hasattr(self, "_connection"):
            self._connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.client.token}",
        }
        body = json.dumps({"server": id, "command": text})
        self._connection.request("POST", "/server_cmd", body, headers)
        with self._connection.getresponse() as answer:
            if answer.status != 200:
                raise RuntimeError(answer.read())
            answer.read()

    def tokens(self, streams: int) -> list[str]:
        """
        A token for each of so many event streams: 16 are for one token, 64 for one user. Some are
        kept for administrators.
        """
        admin, tokens = Client(self.daemon.base), list[str]()
        admin.login("admin", self.daemon.password)
        password = "a password of who watches"
        while len(tokens) < streams:
            if len(tokens) % 64 == 0:
                name = f"watcher-{secrets.token_hex(4)}"
                admin("user_create", username=name, password=password, admin=True)
            client = Client(self.daemon.base)
            client.login(name, password)
            tokens += [str(client.token)] * 16
        return tokens[:streams]


class LocalGamepanel(Gamepanel):
    """Ours over a UNIX socket, which the bus of pm2 is, too."""

    name = "gamepanel, UNIX"

    @property
    def _path(self) -> str:
        return f"{self.work}.socket"

    @property
    def options(self) -> tuple[str, ...]:
        """More for its command line."""
        return ("--listen", f"unix:{self._path}:mode=600")

    def connect(self) -> socket.socket:
        """A connection to it."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._path)
        return connection


class Supervisord(Peer):
    """U{supervisord<https://supervisord.org>}."""

    name = "supervisord"
    port = 19001

    def start(self, programs: dict[str, list[str]]) -> None:
        config = (
            f"[inet_http_server]\nport=127.0.0.1:{self.port}\n"
            f"[supervisord]\nnodaemon=true\nlogfile={self.work}/log\npidfile={self.work}/pid\n"
            "minfds=8192\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface\n"
        )
        autostart = str(not self.atRest).lower()
        for id, command in programs.items():
            config += (
                f"[program:{id}]\nautostart={autostart}\ncommand={' '.join(command)}\n"
                "redirect_stderr=true\nstartsecs=0\n"
                f"stdout_logfile={self.work}/{id}.log\nstdout_logfile_maxbytes=1MB\n"
                "stdout_logfile_backups=1\n"
            )
        (self.work / "conf").write_text(config)
        self.process = subprocess.Popen(
            [installed / "bin" / "supervisord", "-c", self.work / "conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self.process.pid
        self.rpc: Any = xmlrpc.client.ServerProxy(f"http://127.0.0.1:{self.port}/RPC2").supervisor
        state = "STOPPED" if self.atRest else "RUNNING"
        waitFor(lambda: self._are(state, len(programs)), "supervisord")

    def starts(self, ids: list[str]) -> list[float]:
        """How long each takes to be started, one after the other, in seconds."""
        return [timed(self.rpc.startProcess, id, False) for id in ids]

    def _are(self, state: str, count: int) -> bool:
        try:
            infos = self.rpc.getAllProcessInfo()
        except OSError:
            return False
        return bool(sum(info["statename"] == state for info in infos) == count)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()

    def request(self, method: str, *arguments: str) -> tuple[int, bytes]:
        """Port and whole request."""
        body = xmlrpc.client.dumps(arguments, f"supervisor.{method}").encode()
        return self.port, post(f"127.0.0.1:{self.port}", "/RPC2", body, "text/xml")

    def send(self, id: str, text: str) -> None:
        """Hand a child a line."""
        self.rpc.sendProcessStdin(id, text + "\n")


class Circus(Peer):
    """U{circus<https://circus.readthedocs.io>}."""

    name = "circus"

    def start(self, programs: dict[str, list[str]]) -> None:
        config = "[circus]\nendpoint=tcp://127.0.0.1:19555\npubsub_endpoint=tcp://127.0.0.1:19556\n"
        autostart = str(not self.atRest)
        for id, command in programs.items():
            config += (
                f"[watcher:{id}]\nautostart={autostart}\ncmd={' '.join(command)}\n"
                "stdout_stream.class=FileStream\n"
                f"stdout_stream.filename={self.work}/{id}.log\n"
                "stdout_stream.max_bytes=1048576\nstdout_stream.backup_count=1\n"
            )
        (self.work / "conf").write_text(config)
        self.process = subprocess.Popen(
            [installed / "bin" / "circusd", self.work / "conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.pid = self.process.pid

        state = "stopped" if self.atRest else "active"
        waitFor(lambda: self._ask("statuses") == [state] * len(programs), "circus")

    def _ask(self, *arguments: str) -> Any:
        program = [str(installed / "bin" / "python"), str(here / "circusload.py"), "19555"]
        return json.loads(subprocess.check_output([*program, *arguments]))

    def starts(self, ids: list[str]) -> list[float]:
        """How long each takes to be started, one after the other, in seconds."""
        found: list[float] = self._ask("starts", *ids)
        return found

    def rate(self, name: str, id: str | None, connections: int, seconds: float = 4) -> float:
        """How many answers come in a second."""
        named = () if id is None else (id,)
        return float(self._ask("rate", name, str(connections), str(seconds), *named))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(endSeconds)
        except subprocess.TimeoutExpired:
            # With a hundred programs it does not always end.
            own = psutil.Process(self.process.pid)
            for each in (own, *own.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    each.kill()


class Pm2(Peer):
    """U{pm2<https://pm2.keymetrics.io>}."""

    name = "pm2"

    def _run(self, *arguments: str) -> str:
        return subprocess.run(
            ["node", installed / "node_modules" / "pm2" / "bin" / "pm2", *arguments],
            env={**os.environ, "PM2_HOME": str(self.work)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def start(self, programs: dict[str, list[str]]) -> None:
        apps = [
            {
                "name": id,
                "script": command[0],
                "args": command[1:],
                "interpreter": "none",
                "out_file": f"{self.work}/{id}.log",
                "error_file": f"{self.work}/{id}.err",
            }
            for id, command in programs.items()
        ]
        (self.work / "apps.json").write_text(json.dumps({"apps": apps}))
        self._run("start", str(self.work / "apps.json"))
        self.pid = int((self.work / "pm2.pid").read_text())

    def stop(self) -> None:
        self._run("kill")

    def lineLatency(self, id: str, count: int) -> tuple[float, float]:
        """How long a line of a child takes to a client of its bus; ms, p50 and p99."""
        script = """
            const pm2 = require(process.argv[1]);
            let left = +process.argv[2];
            pm2.launchBus((error, bus) => bus.on("log:out", packet => {
                const now = process.hrtime.bigint();
                // A packet may end within a line; half a time is none.
                for (const line of packet.data.trim().split("\\n"))
                    if (line.length == String(now).length && left-- > 0)
                        console.log(String(now - BigInt(line)));
                if (left <= 0) process.exit(0);
            }));
        """
        out = subprocess.run(
            ["node", "-e", script, installed / "node_modules" / "pm2", str(count)],
            env={**os.environ, "PM2_HOME": str(self.work)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        return percentiles([int(line) for line in out.split()])


def running(
    kind: Callable[[Path], Peer],
    work: Path,
    programs: dict[str, list[str]],
    atRest: bool = False,
) -> "_Running":
    """A daemon with these programs, for the time of a C{with}."""
    return _Running(kind, work, programs, atRest)


class _Running:
    def __init__(
        self,
        kind: Callable[[Path], Peer],
        work: Path,
        programs: dict[str, list[str]],
        atRest: bool,
    ) -> None:
        shutil.rmtree(work, ignore_errors=True)
        self._peer = kind(work)
        self._peer.atRest = atRest
        self._programs = programs

    def __enter__(self) -> Any:
        self._peer.start(self._programs)
        return self._peer

    def __exit__(self, *error: object) -> None:
        self._peer.stop()
