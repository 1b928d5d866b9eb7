"""What clients without a token, who send the dearest requests, do to others and to a game."""

import contextlib
import gc
import multiprocessing
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from twisted.internet.address import IPv4Address

from benchmarks import worst
from benchmarks.measure import healthz, post, waitFor
from gamepanel.web.http.transport import Channel, PanelSite
from tests.fakes import TurnClock
from tests.inmemory import InMemoryPanel
from tests.support import Daemon
from tests.web.test_body import dear
from tests.web.test_transport import Wire

connections: Final = 32

game: Final = """exec python3 -uc '
import os, time
block, longest, end = b"x" * 65536, 0.0, 0.0
out = open("PATH", "a")
while True:
    begun = time.monotonic()
    os.write(1, block)
    longest = max(longest, time.monotonic() - begun)
    if begun > end:
        print(longest * 1000, file=out, flush=True)
        longest, end = 0.0, begun + 0.5
    time.sleep(0.0005)
'"""
"""Prints 50 to 100 MB/s; puts into a file for how many ms one write was held up at the most."""


def tinyChunks() -> bytes:
    """A body in as many chunks as fit, of a byte each."""
    return b"1\r\n \r\n" * 4000


def attacks(port: int) -> dict[str, bytes]:
    """What is sent over and over, by its name."""
    host = f"127.0.0.1:{port}"
    found = {
        f"64 KiB of {name}": post(host, "/server_create", body, "application/json")
        for name, body in dear.items()
    }
    request = f"GET /config HTTP/1.1\r\nHost: {host}\r\n\r\n"
    found["requests without a pause"] = request.encode() * 400
    head = f"POST /login HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    found["chunks of a byte"] = f"{head}Transfer-Encoding: chunked\r\n\r\n".encode() + tinyChunks()
    found["nothing"] = b""
    return found


def send(port: int, data: bytes) -> None:
    """One connection: sends that again whenever it is answered, for ever."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as wire:
            wire.settimeout(10)
            while data:
                wire.sendall(data)
                if not wire.recv(65536):
                    break


def attack(port: int, name: str) -> None:
    """What the process does that attacks: in one of its own, or it would disturb the stop-watch."""
    data = attacks(port)[name]
    for _ in range(connections if data else 0):
        threading.Thread(target=send, args=(port, data)).start()


@contextlib.contextmanager
def flood(port: int, name: str) -> Iterator[None]:
    """Meanwhile many connections send that."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=attack, args=(port, name))
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


def underAttack() -> dict[str, tuple[float, float, float]]:
    """
    For each attack: the median and the 99th percentile of C{healthz}, and for how long a game's
    write was held up at the most, all in milliseconds.
    """
    daemon, report = Daemon(), Path(tempfile.mkdtemp()) / "longest"
    client = daemon.start()
    try:
        options = {"script": game.replace("PATH", str(report))}
        client("server_create", type="shell", server="game", options=options)
        client("server_start", server="game")
        waitFor(report.exists, "the game")
        return {name: _measured(daemon.port, report, name) for name in attacks(daemon.port)}
    finally:
        daemon.cleanUp()


def _measured(port: int, report: Path, name: str) -> tuple[float, float, float]:
    with flood(port, name):
        time.sleep(2)
        report.write_text("")
        median, high = healthz(port)
        return median, high, max(map(float, report.read_text().split()))


def turns() -> Iterator[tuple[str, float, float]]:
    """
    For each attack: the CPU time of reading what all connections have sent, and of the dearest turn
    after that, in milliseconds; however busy the machine is.
    """
    panel = InMemoryPanel()
    gc.collect()
    gc.freeze()
    for name, data in attacks(8080).items():
        clock = TurnClock()
        yield name, *_turnsOf(clock, PanelSite(panel.root, clock), data)


def _turnsOf(clock: TurnClock, site: PanelSite, data: bytes) -> tuple[float, float]:
    channels = [_channel(site) for _ in range(connections)]
    begun = time.process_time()
    for channel in channels:
        channel.dataReceived(data)
    reading, turns = time.process_time() - begun, [0.0]
    while site.turns.isBusy:
        begun = time.process_time()
        clock.advance(0.001)
        turns.append(time.process_time() - begun)
    return reading * 1000, max(turns) * 1000


def _channel(site: PanelSite) -> Channel:
    ours = IPv4Address("TCP", "127.0.0.1", 8080)
    channel: Channel = site.buildProtocol(None)
    channel.makeConnection(Wire(hostAddress=ours, peerAddress=IPv4Address("TCP", "127.0.0.1", 5)))
    return channel


def lines(tell: Callable[[str], object] = print) -> None:
    """Print three tables."""
    for name, reading, longest in turns():
        tell(f"{name:32} CPU: reading {reading:5.2f} ms, dearest turn {longest:5.2f} ms")
    for name, (median, high, held) in underAttack().items():
        tell(f"{name:32} healthz {median:6.2f} / {high:6.2f} ms, write {held:6.2f} ms")
    worst.lines(tell)


if __name__ == "__main__":
    lines()
