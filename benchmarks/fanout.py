"""What it costs to have many watch the same console: ours beside the bus of pm2."""

import json
import os
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import byTurns, cpuSeconds, percentiles
from benchmarks.peers import Gamepanel, LocalGamepanel, Pm2, children, installed, running
from gamepanel.web.api.sse import maxStreams

sampled: Final = 47
"""
The age of one in so many lines is measured; a prime, since events have so many lines each, of
which it would else be the first and oldest over and over.
"""

Row = tuple[str, str, str]
Watched = tuple[int, list[float]]
"""How many lines came to all watchers, and how old some were then, in nanoseconds."""

_bus = """
    const API = require(process.argv[1]).custom;
    const [watchers, seconds, sampled] = process.argv.slice(2).map(Number);
    let open = 0, isOn = false, count = 0, times = [];
    function begin() {
        isOn = true;
        console.log("begin");
        setTimeout(() => {
            // A pipe takes only a part of it at once.
            process.stdout.write(JSON.stringify([count, times]) + "\\n", () => process.exit(0));
        }, seconds * 1000);
    }
    for (let i = 0; i < watchers; i++)
        new API().launchBus((error, bus) => {
            bus.on("log:out", packet => {
                if (!isOn) return;
                const now = process.hrtime.bigint();
                for (const line of packet.data.trim().split("\\n"))
                    if (line.length == String(now).length && count++ % sampled == 0)
                        times.push(Number(now - BigInt(line)));
            });
            if (++open == watchers) setTimeout(begin, 1000);
        });
"""


def watchStreams(peer: Any, watchers: int, seconds: float, begin: Callable[[], None]) -> Watched:
    """Over our event streams."""
    selector = selectors.EpollSelector()
    for token in peer.tokens(watchers):
        connection = peer.connect()
        connection.sendall(
            f"GET /server_log_stream?server=ticks HTTP/1.1\r\nHost: 127.0.0.1:{peer.daemon.port}"
            f"\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        status = connection.recv(15, socket.MSG_WAITALL)
        if status != b"HTTP/1.1 200 OK":
            raise RuntimeError(status)
        selector.register(connection, selectors.EVENT_READ, bytearray())
    count, ages = 0, list[float]()
    warm = time.monotonic() + 1
    isOn, end = False, warm + seconds
    while (now := time.monotonic()) < end:
        if now > warm and not isOn:
            isOn = True
            begin()
        # All that is there is received before it is looked at, which would make the last older.
        arrived = [
            (key.data, key.fileobj.recv(262144), time.monotonic_ns())  # type: ignore[union-attr]
            for key, _ in selector.select(0.1)
        ]
        for kept, data, at in arrived:
            kept.extend(data)
            # An escaped line end follows each time in the events' JSON.
            *found, rest = bytes(kept).split(b"\\n")
            kept[:] = rest
            for each in found if isOn else ():
                if match := re.search(rb"(\d{12,})$", each):
                    if count % sampled == 0:
                        ages.append(at - int(match[1]))
                    count += 1
    for registered in list(selector.get_map().values()):
        registered.fileobj.close()  # type: ignore[union-attr]
    return count, ages


def watchBus(peer: Any, watchers: int, seconds: float, begin: Callable[[], None]) -> Watched:
    """Over the bus of pm2."""
    with subprocess.Popen(
        [
            "node",
            "-e",
            _bus,
            installed / "node_modules" / "pm2",
            str(watchers),
            str(seconds),
            str(sampled),
        ],
        env={**os.environ, "PM2_HOME": str(peer.work)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n"
        begin()
        count, ages = json.loads(process.stdout.readline())
    return count, ages


def fanOut(work: Path, seconds: float = 5) -> Iterator[Row]:
    """
    A child prints a thousand lines a second for 60 who watch; and a hundred a second for as many
    as the daemon lets watch.
    """
    kinds = ((Gamepanel, watchStreams), (LocalGamepanel, watchStreams), (Pm2, watchBus))
    yield from _watched(work, 60, 1000, seconds, kinds)
    yield from _watched(work, maxStreams, 100, seconds, kinds)


def _watched(
    work: Path, watchers: int, rate: int, seconds: float, kinds: Collection[tuple[Any, Any]]
) -> Iterator[Row]:
    command = [sys.executable, children, "ticks", "300", str(rate)]

    def measured(chosen: tuple[Any, Any]) -> tuple[float, ...]:
        kind, watch = chosen
        with running(kind, work / "peer", {"ticks": command}) as peer:
            used = [0.0]

            def begin() -> None:
                used[0] = cpuSeconds(peer.pid)

            count, ages = watch(peer, watchers, seconds, begin)
            price = (cpuSeconds(peer.pid) - used[0]) / count * 1e6
        return price, *percentiles(ages), count / seconds

    for (kind, _), figures in byTurns(kinds, measured).items():
        price, median, worst, lines = figures
        yield f"{watchers} x {rate:,} lines/s, CPU us per line", kind.name, f"{price:.2f}"
        yield f"{watchers} watchers, p50 / p99 ms", kind.name, f"{median:.2f} / {worst:.2f}"
        yield f"{watchers} watchers, lines/s in all", kind.name, f"{lines:,.0f}"
