"""
What games that send their worst by their console do to others, each beside one that prints as many
ordinary bytes.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from benchmarks.measure import healthz, waitFor
from tests.support import Client, Daemon, Refused, freePort

source: Final = r"""
import os, socket, struct, sys, threading, time, zlib
from base64 import b64encode
from hashlib import sha1
what, port, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
count, begun = 0, time.monotonic()
def tell():
    while True:
        time.sleep(0.25)
        with open("count.new", "w") as file:
            file.write(f"{count / (time.monotonic() - begun):.0f}")
        os.rename("count.new", "count")
threading.Thread(target=tell, daemon=True).start()
def flood(data, send):
    global count
    while True:
        while rate and count > rate * (time.monotonic() - begun):
            pass
        try:
            send(data)
        except ConnectionRefusedError:
            pass
        count += len(data)
def prints(data):
    flood(data, lambda data: os.write(1, data))
def drain(peer):
    try:
        while peer.recv(65536):
            pass
    except OSError:
        pass
def accepted():
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        peer = listener.accept()[0]
        try:
            yield peer
        except OSError:
            peer.close()
def packet(id, type, body=b""):
    return struct.pack("<iii", len(body) + 10, id, type) + body + bytes(2)
def web(worst):
    for peer in accepted():
        key = peer.recv(65536).split(b"Key: ")[1].split(b"\r\n")[0]
        proof = b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        peer.sendall(b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + proof + b"\r\n\r\n")
        threading.Thread(target=drain, args=(peer,), daemon=True).start()
        flood(worst * (65536 // len(worst)), peer.sendall)
def frame(text):
    return bytes((129, len(text))) + text if len(text) < 126 else (
        bytes((129, 126)) + struct.pack(">H", len(text)) + text)
if what == "lines":
    prints((b"x" * 79 + b"\n") * 800)
elif what in ("stdin", "stdin-latin"):
    end = b"\xc2\x9d" if what == "stdin" else b"\x9d"
    prints((end * (16000 // len(end)) + b"\n") * 4)
elif what == "rcon":
    for peer in accepted():
        peer.recv(65536)
        peer.sendall(packet(4096, 2))
        threading.Thread(target=drain, args=(peer,), daemon=True).start()
        flood(packet(0, 0) * 4000, peer.sendall)
elif what == "rcon-web":
    web(b"\x89\x00")
elif what == "rcon-web-said":
    os.write(1, b"no end")
    web(frame(b'{"Message":"a","Identifier":0}'))
elif what == "rcon-web-deep":
    web(frame(b"[" * 30000 + b"]" * 30000))
elif what == "telnet":
    for peer in accepted():
        flood(bytes((255, 251, 1, 255, 253, 3)) * 10000, peer.sendall)
elif what == "telnet-answer":
    for peer in accepted():
        flood(b"\n" * 65536, peer.sendall)
elif what == "telnet-head":
    for peer in accepted():
        flood("\x9d".encode() * 32768, peer.sendall)
else:
    held = socket.socket(type=socket.SOCK_DGRAM)
    held.bind(("127.0.0.1", port))
    data, peer = held.recvfrom(4096)
    def packets(all):
        held.setblocking(False)
        def send(data):
            for each in all:
                try:
                    held.sendto(each, peer)
                except BlockingIOError:
                    pass
        flood(b"".join(all), send)
    if what == "rcon-quake":
        held.sendto(b"\xff\xff\xff\xffprint\n\n", peer)
        packets([b"", b"\xff\xff\xff\xffnx"] * 50)
    def be(body):
        return b"BE" + struct.pack("<I", zlib.crc32(b"\xff" + body)) + b"\xff" + body
    held.sendto(be(bytes((0, 1))), peer)
    packets([be(bytes((2, number)) + b"x") for number in range(256)])
"""

worst: Final = (
    *("stdin", "stdin-latin", "rcon", "rcon-web", "rcon-web-said", "rcon-web-deep"),
    *("telnet", "telnet-answer", "telnet-head", "rcon-quake", "rcon-battleye"),
)
"""What games do, by the kind of their console and what it is."""


def definition(what: str) -> str:
    """The type of a game."""
    kind = next(
        (each for each in ("rcon-web", "telnet", "stdin", "lines") if what.startswith(each)), what
    )
    text = f"""
title = "Sends its worst"
[[options]]
name = "port"
type = "port"
[[options]]
name = "rate"
type = "integer"
default = 0
[run]
command = ["{sys.executable}", "-uc", '''{source.replace("{", "{{").replace("}", "}}")}''',
    "{what}", "{{port}}", "{{rate}}"]
failed = '^never (?P<x>[a-z]+)$'
[console]
"""
    if kind in ("stdin", "lines"):
        return text + ('encoding = "latin-1"\n' if what.endswith("latin") else "")
    text += f'kind = "{kind}"\nport = "{{port}}"\n'
    if what == "telnet-head":
        text += "login = '^never$'\n"
    return text + ('password = "x"\n' if kind != "telnet" or "head" in what else "")


def asking(client: Client, id: str, isOver: threading.Event) -> None:
    """Give the game a command now and then, so that its console may answer."""
    while not isOver.wait(0.2):
        try:
            client("server_cmd", server=id, command="status")
        except Refused:
            continue


def meanwhile(daemon: Daemon, client: Client, what: str, rate: int = 0) -> tuple[float, float, int]:
    """Median and 99th percentile of C{healthz} in ms, and what the game sends a second."""
    options = {"port": freePort(), "rate": rate}
    client("server_create", type=what, server="game", options=options)
    client("server_start", server="game")
    isOver = threading.Event()
    asker = threading.Thread(target=asking, args=(client, "game", isOver))
    asker.start()
    count = Path(daemon.state, "servers", "game", "files", "count")
    try:
        waitFor(lambda: count.exists() and int(count.read_text()) > 0, what)
        time.sleep(2)
        return *healthz(daemon.port), int(count.read_text())
    finally:
        isOver.set()
        asker.join()
        client("server_force_kill", server="game")
        client.until("game", "stopped")
        client("server_destroy", server="game", deleteFiles=True)


def beside() -> Iterator[tuple[str, tuple[float, float, int], tuple[float, float, int]]]:
    """For each game: what it does, and what one does that prints as many ordinary bytes."""
    daemon = Daemon(types={what: definition(what) for what in (*worst, "lines")})
    client = daemon.start()
    try:
        for what in worst:
            found = meanwhile(daemon, client, what)
            yield what, found, meanwhile(daemon, client, "lines", max(found[2], 1))
    finally:
        daemon.cleanUp()


def lines(tell: Callable[[str], object] = print) -> None:
    """Print what was measured."""
    for what, bad, good in beside():
        tell(
            f"{what:16} healthz {bad[0]:6.2f} / {bad[1]:6.2f} ms at {bad[2] / 1e6:6.2f} MB/s; "
            f"ordinary lines {good[0]:6.2f} / {good[1]:6.2f} ms at {good[2] / 1e6:6.2f} MB/s"
        )


if __name__ == "__main__":
    lines()
