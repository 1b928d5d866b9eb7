"""
Measures all, in one run on one machine, and prints a table: C{make benchmark}.
"""

import compileall
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.fanout import fanOut
from benchmarks.logins import refusals
from benchmarks.many import autostart, overviews, starts
from benchmarks.measure import byTurns, cpuSeconds, percentiles, pss, requestsPerSecond, waitFor
from benchmarks.page import page as pageFigures
from benchmarks.peers import Circus, Gamepanel, Pm2, Supervisord, children, install, running
from benchmarks.queries import queries
from gamepanel.console import consolefile
from tests.support import standbys

here = Path(__file__).parent
python = sys.executable
Row = tuple[str, str, str]


def ingest(work: Path) -> Iterator[Row]:
    """A child that prints lines of 80 bytes at full speed."""
    for kind, size in ((Gamepanel, 4e9), (Supervisord, 2e9), (Pm2, 5e8), (Circus, 2e8)):
        result = work / "seconds"
        result.unlink(missing_ok=True)
        command = [python, children, "flood", str(int(size)), str(result)]
        with running(kind, work / "peer", {"flood": command}) as peer:
            before = cpuSeconds(peer.pid)
            waitFor(result.exists, "the end of the flood", 600)
            used = cpuSeconds(peer.pid) - before
            seconds = float(result.read_text())
        speed, price = size / 1e6 / seconds, used / (size / 1e9)
        yield "console ingest, MB/s at CPU s/GB", peer.name, f"{speed:,.0f} at {price:.2f}"


def lineLatency(work: Path) -> Iterator[Row]:
    """A child that prints the time, a hundred times a second."""

    def measured(kind: Any) -> tuple[float, ...]:
        with running(kind, work / "peer", {"clock": [python, children, "clock", "1000"]}) as peer:
            found: tuple[float, float] = peer.lineLatency("clock", 300)
        return found

    for kind, (median, worst) in byTurns((Gamepanel, Pm2), measured).items():
        yield "line to a client, p50 / p99 ms", kind.name, f"{median:.2f} / {worst:.2f}"


def readTimes(file: Path, count: int) -> list[int] | None:
    """The times in a file, once there are so many."""
    times = [int(line) for line in file.read_text().split()]
    return times if len(times) == count else None


def commandLatency(work: Path) -> Iterator[Row]:
    """A line for a child, over HTTP."""

    def measured(kind: Any) -> tuple[float, ...]:
        result = work / "heard"
        result.unlink(missing_ok=True)
        command = [python, children, "ears", str(result)]
        with running(kind, work / "peer", {"ears": command}) as peer:
            waitFor(result.exists, "the ears")
            for _ in range(500):
                peer.send("ears", str(time.monotonic_ns()))
                time.sleep(0.002)
            heard = waitFor(partial(readTimes, result, 500), "the last line")
        return percentiles(heard)

    for kind, (median, worst) in byTurns((Gamepanel, Supervisord), measured).items():
        yield "command to stdin, p50 / p99 ms", kind.name, f"{median:.2f} / {worst:.2f}"


def requests(work: Path) -> Iterator[Row]:
    """Asking for the status of one, and of a hundred, at 16 connections."""
    many = {f"s{number}": ["cat"] for number in range(100)}
    calls: tuple[tuple[Any, dict[str, list[str]], tuple[Any, ...], dict[str, str]], ...] = (
        (Gamepanel, {"s0": ["cat"]}, ("server_status",), {"server": "s0"}),
        (Supervisord, {"s0": ["cat"]}, ("getProcessInfo", "s0"), {}),
        (Gamepanel, many, ("server_status",), {}),
        (Supervisord, many, ("getAllProcessInfo",), {}),
    )
    for kind, programs, arguments, fields in calls:
        with running(kind, work / "peer", programs) as peer:
            port, request = peer.request(*arguments, **fields)
            rate = requestsPerSecond(port, request, connections=16)
        yield f"status of {len(programs)}, requests/s", peer.name, f"{rate:,.0f}"


def memory(work: Path) -> Iterator[Row]:
    """
    What a daemon takes that is given more and more servers, when all run, have printed a line and
    rest: with their logs, which are mapped files.

    With the first few come, once, what is made when first needed, and the parts of libraries that
    a daemon without servers has let go of.
    """
    few = 10
    sizes: dict[int, float] = {}
    program = saying(work / "line", b"hello\n")
    with running(Gamepanel, work / "peer", {}) as peer:
        for count in (0, few, 100, 500):
            first = max(sizes, default=0)
            peer.add({f"s{number}": program for number in range(first, count)})
            # At rest is what has settled, see gamepanel.service.memory.
            time.sleep(2)
            sizes[count] = pss(peer.pid)
            text = f"{sizes[count]:.1f}"
            if count > few:
                each = 1000 * (sizes[count] - sizes[few]) / (count - few)
                text += f" ({each:.0f} kB for each beyond the first {few})"
            yield f"PSS MB with {count} servers", peer.name, text
            if count == 100:
                before = cpuSeconds(peer.pid)
                time.sleep(10)
                used = cpuSeconds(peer.pid) - before
                yield "CPU seconds in 10 idle s, 100 servers", peer.name, f"{used:.2f}"
        yield from reader(peer, "500 servers")


def fullMemory(work: Path, count: int = 500) -> Iterator[Row]:
    """The same with servers that have printed more than a log keeps: right then, and at rest."""
    program = saying(work / "lines", (b"x" * 79 + b"\n") * 15_000)
    with running(Gamepanel, work / "peer", {}) as peer:
        peer.add({f"s{number}": program for number in range(count)})
        time.sleep(2)
        yield f"PSS MB with {count} servers, full logs", peer.name, f"{pss(peer.pid):.1f}"
        time.sleep(60)
        yield "the same a minute later", peer.name, f"{pss(peer.pid):.1f}"
        yield from reader(peer, f"{count} servers, full logs")


def saying(file: Path, text: bytes) -> list[str]:
    """A program that prints this, and then waits."""
    file.write_bytes(text)
    return ["cat", str(file), "-"]


def reader(peer: Any, what: str) -> Iterator[Row]:
    """What the standby reader takes beside a daemon."""
    [process] = standbys(peer.daemon.state)
    yield f"PSS MB of the standby reader, {what}", peer.name, f"{pss(process.pid):.1f}"


def adoption(work: Path) -> Iterator[Row]:
    """From the start of a daemon to its first answer, with 200 servers that run."""
    programs = {f"s{number}": ["cat"] for number in range(200)}
    with running(Gamepanel, work / "peer", programs) as peer:
        daemon = peer.daemon
        daemon.kill()
        begin = time.monotonic()
        client = daemon.start(login=False)
        seconds = time.monotonic() - begin
        client.token = peer.client.token
        alive = [s for s in client("server_status")["servers"] if s["status"] == "running"]
        assert len(alive) == 200, len(alive)
        with open(f"/proc/{daemon.process.pid}/status") as status:
            peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        yield "200 servers adopted, s to serving", peer.name, f"{seconds:.2f}"
        yield "peak memory (RSS) of that, MB", peer.name, f"{int(peak) / 1000:.1f}"


def mark(work: Path) -> Iterator[Row]:
    """What a read into the ring costs when it is announced, and what the bare readv does."""
    source, sink = os.pipe()
    consolefile.makeConsole(str(work), 0)
    ring = consolefile.openConsole(str(work))
    data, count = b"x" * 4096, 100_000
    room = memoryview(bytearray(4096))

    def marked() -> None:
        place = ring.announce(4096)
        ring.filled(os.readv(source, [place]))

    def bare() -> None:
        os.readv(source, [room])

    for name, read in (("announced", marked), ("bare readv", bare)):
        spent = 0.0
        for _ in range(count):
            os.write(sink, data)
            begin = time.perf_counter()
            read()
            spent += time.perf_counter() - begin
        yield "a read of 4 KiB, us", name, f"{spent / count * 1e6:.2f}"


def logins(work: Path) -> Iterator[Row]:
    """How long refusals of logins take."""
    for kind, milliseconds in refusals().items():
        yield f"login refused: {kind}, p50 ms", "gamepanel", f"{milliseconds:.1f}"


def page(work: Path) -> Iterator[Row]:
    """The page, in a real Chromium."""
    for what, figure in pageFigures():
        yield what, "gamepanel", figure


def main() -> None:
    """Run what is named on the command line, or all."""
    install()
    # As pip does when it installs something. Where byte code is not written, a daemon would
    # compile all of its modules at each start.
    compileall.compile_dir(str(here.parent / "gamepanel"), quiet=1)
    parts = (
        *(ingest, lineLatency, commandLatency, requests, memory, fullMemory, adoption, mark),
        *(logins, page, starts, autostart, overviews, fanOut, queries),
    )
    with tempfile.TemporaryDirectory() as work:
        for part in parts:
            if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
                continue
            for what, who, figure in part(Path(work)):
                print(f"{what:<44} {who:<14} {figure}", flush=True)


if __name__ == "__main__":
    main()
