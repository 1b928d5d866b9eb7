"""Stop-watches, scales, and a load of requests."""

import os
import selectors
import socket
import time
from collections.abc import Callable, Collection, Sequence
from http.client import HTTPConnection
from statistics import median, quantiles
from typing import Any, Final, TypeVar

K = TypeVar("K")

rounds: Final = 5
"""How often is measured what is measured by turns."""

seconds: Final = 5.0
"""So long is measured how long those wait who ask little."""


def cpuSeconds(pid: int) -> float:
    """What a process has used so far, without its children."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss(pid: int) -> float:
    """Memory of a process in MB, shared pages in proportion."""
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        sizes = [int(line.split()[1]) for line in rollup if line.startswith("Pss:")]
    return sizes[0] / 1000


def waitFor(check: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """Wait until something is there."""
    end = time.monotonic() + seconds
    while not (found := check()):
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come")
        time.sleep(0.02)
    return found


def percentiles(nanoseconds: Sequence[float]) -> tuple[float, float]:
    """Median and 99th percentile, in milliseconds."""
    cuts = quantiles(nanoseconds, n=100)
    return cuts[49] / 1e6, cuts[98] / 1e6


def healthz(port: int) -> tuple[float, float]:
    """How long one who asks little waits: median and 99th percentile, in milliseconds."""
    wire = HTTPConnection("127.0.0.1", port)
    times: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.perf_counter_ns()
        wire.request("GET", "/healthz")
        assert wire.getresponse().read() == b'{"status":"ok"}'
        times.append(time.perf_counter_ns() - begun)
        time.sleep(0.005)
    wire.close()
    return percentiles(times)


def post(host: str, path: str, body: bytes, kind: str, more: str = "") -> bytes:
    """A whole HTTP request."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\n{more}\r\n"
    ).encode() + body


def _complete(data: bytearray) -> bool:
    head = data.find(b"\r\n\r\n")
    if head < 0:
        return False
    at = data.lower().find(b"content-length:", 0, head)
    length = int(data[at + 15 : data.find(b"\r\n", at)])
    return len(data) >= head + 4 + length


def requestsPerSecond(port: int, request: bytes, connections: int, seconds: float = 4) -> float:
    """How many answers come, when each connection asks again as soon as it has one."""
    selector = selectors.EpollSelector()
    for _ in range(connections):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, bytearray())
        connection.send(request)
    count, begin = 0, time.monotonic()
    warm = begin + 1
    end = warm + seconds
    while (now := time.monotonic()) < end:
        for key, _ in selector.select(1):
            connection = key.fileobj  # type: ignore[assignment]
            key.data.extend(connection.recv(262144))
            if _complete(key.data):
                if not key.data.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
                    raise RuntimeError(bytes(key.data[:200]))
                count += now > warm
                key.data.clear()
                connection.send(request)
    for registered in list(selector.get_map().values()):
        registered.fileobj.close()  # type: ignore[union-attr]
    return count / seconds


def byTurns(
    kinds: Collection[K], measured: Callable[[K], tuple[float, ...]]
) -> dict[K, tuple[float, ...]]:
    """
    Medians of several measurements of each kind, by turns: a processor is not equally fast all the
    time.

    @param measured: measures one.
    """
    found: dict[K, list[tuple[float, ...]]] = {kind: [] for kind in kinds}
    for _ in range(rounds):
        for kind in kinds:
            found[kind].append(measured(kind))
    return {kind: tuple(map(median, zip(*each, strict=True))) for kind, each in found.items()}
