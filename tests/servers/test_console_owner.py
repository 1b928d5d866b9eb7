"""Who gets what is sent to a console: real games, of which one wants what is another's."""

from functools import partial
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Daemon, Refused, freePort, need, needIsolation

# Holds its port as long as there is a file "open" in its directory, and tells what it gets.
source = """
import os, select, socket, struct, sys, time, zlib
kind, number = sys.argv[1], int(sys.argv[2])
print("READY", flush=True)
def reply(data):
    if kind == "rcon":
        id, type = struct.unpack("<ii", data[4:12])
        body = b"" if type == 3 else b"did " + data[12:-2]
        content = struct.pack("<ii", id, 2 if type == 3 else 0) + body + bytes(2)
        return struct.pack("<i", len(content)) + content
    if kind == "rcon-quake":
        return bytes([255] * 4) + b"print did " + data.split(b" ", 2)[2]
    rest = bytes([1]) if data[7] == 0 else data[8:9] + b"did " + data[9:]
    return b"BE" + struct.pack("<I", zlib.crc32(data[6:8] + rest)) + data[6:8] + rest
while True:
    while not os.path.exists("open"):
        time.sleep(0.02)
    type = socket.SOCK_STREAM if kind == "rcon" else socket.SOCK_DGRAM
    with socket.socket(type=type) as held:
        if kind == "rcon":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        while held.getsockname()[1] != number:
            try:
                held.bind(("127.0.0.1", number))
            except OSError:
                time.sleep(0.02)
        if kind == "rcon":
            held.listen()
        print("OPEN", flush=True)
        ends = [held]
        while os.path.exists("open"):
            for end in select.select(ends, [], [], 0.02)[0]:
                if kind == "rcon" and end is held:
                    ends.append(held.accept()[0])
                    continue
                data, peer = end.recvfrom(4096)
                if not data:
                    ends.remove(end)
                    continue
                print("GOT", repr(data), flush=True)
                end.sendto(reply(data), peer) if peer else end.sendall(reply(data))
        for end in ends[1:]:
            end.close()
"""

honest = """
title = "Has a remote console"
[[options]]
name = "port"
type = "port"
required = true
[run]
command = ["{python}", "-c", '''{source}''', "{kind}", "{port}"]
ready = '^READY$'
needs_port = false
[console]
kind = "{kind}"
port = "{port}"
password = "TopSecret"
"""

# Gives itself the environment of another server.
thief = """
title = "Wants what is another's"
[[options]]
name = "kind"
type = "string"
[[options]]
name = "wanted"
type = "integer"
[[options]]
name = "as"
type = "string"
[run]
command = ["/usr/bin/env", "-u", "HOME", "GAMEPANEL_SERVER={as}", "{python}", "-c", '''{source}''',
    "{kind}", "{wanted}"]
ready = '^READY$'
"""

datagrams = ("rcon-quake", "rcon-battleye")
kinds = ("rcon", *datagrams)


def filled(text: str, kind: str = "{kind}") -> str:
    """The text of a type."""
    text = text.replace("{python}", need("python3")).replace("{source}", source)
    return text.replace("{kind}", kind)


class OwnerCase(SynchronousTestCase):
    options: tuple[str, ...] = ("--isolate", "off")

    def setUp(self) -> None:
        types = {"thief": filled(thief), **{kind: filled(honest, kind) for kind in kinds}}
        self.daemon = Daemon(self.options, types=types)
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()

    def game(self, server: str, type: str, **options: object) -> None:
        """Start a game."""
        self.client("server_create", type=type, server=server, options=options)
        self.client("server_start", server=server)
        self.client.until(server, "running")

    def opens(self, server: str) -> None:
        """Let a game open its port."""
        self.path(server).touch()

    def closes(self, server: str) -> None:
        """Let it close its port."""
        self.path(server).unlink()

    def path(self, server: str) -> Path:
        """What a game looks at."""
        return Path(self.daemon.state, "servers", server, "files", "open")

    def takes(self, server: str, line: str) -> bool:
        """Whether a command is taken; while it is not, that is said."""
        try:
            self.client("server_cmd", server=server, command=line)
        except Refused as error:
            self.assertEqual(error.code, "console_unavailable")
            return False
        return True

    def refuses(self, server: str) -> bool:
        """Whether no command is taken."""
        return not self.takes(server, "meanwhile")

    def data(self, server: str) -> str:
        """What is in a console."""
        data: str = self.client("server_log", server=server)["data"]
        return data

    def fools(self) -> None:
        """
        A game that has the port of another's console gets neither the password nor a command, and
        that is told; the game itself gets both as soon as it has it.
        """
        ports = {kind: freePort() for kind in kinds}
        for kind, port in ports.items():
            forged = kind if "on" in self.options else "thief"
            self.game(f"{kind}-thief", "thief", kind=kind, wanted=port, **{"as": forged})
            self.game(kind, kind, port=port)
            self.opens(f"{kind}-thief")
        for kind, port in ports.items():
            self.client.untilLog(
                kind,
                f"[gamepanel] The console can't be reached: Port {port} is another program's. "
                "Nothing was sent to it.\n",
            )
            self.assertFalse(self.takes(kind, "status"))
            self.assertNotIn("GOT", self.data(f"{kind}-thief"))
            self.closes(f"{kind}-thief")
            self.opens(kind)
        for kind in kinds:
            self.client.wait(partial(self.takes, kind, "hello"), "its console")
            self.client.untilLog(kind, "did hello\n")
            self.assertNotIn("GOT", self.data(f"{kind}-thief"))
            self.assertEqual(self.data(kind).count("can't be reached"), 1)


class OwnerTests(OwnerCase):
    def test_thief(self) -> None:
        """See L{OwnerCase.fools}."""
        self.fools()

    def test_closed(self) -> None:
        """
        A port over UDP that nobody has for a moment, when the game has just started and later,
        costs no more than that moment; no command is left without an answer.
        """
        for kind in datagrams:
            self.game(kind, kind, port=freePort())
            self.assertFalse(self.takes(kind, "early"))
        for kind in datagrams:
            self.opens(kind)
            for number in range(3):
                self.client.wait(partial(self.takes, kind, f"first{number}"), "its console")
                self.client.untilLog(kind, f"did first{number}\n")
                self.closes(kind)
                self.client.wait(partial(self.refuses, kind), "a closed port")
                self.assertFalse(self.takes(kind, "meanwhile"))
                self.opens(kind)
            self.client.wait(partial(self.takes, kind, "last"), "its console")
            self.client.untilLog(kind, "did last\n")
        self.daemon.end()
        output = "\n".join(self.daemon.output)
        self.assertNotIn("Traceback", output)
        self.assertNotIn("NoneType", output)


class IsolatedTests(OwnerCase):
    def setUp(self) -> None:
        self.options = needIsolation()
        super().setUp()

    def test_thief(self) -> None:
        """The same where the thief is isolated and claims to be of the other server."""
        self.fools()
