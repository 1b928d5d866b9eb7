"""What many servers cost: to start them, to have them up, and to ask for all of them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.measure import cpuSeconds
from benchmarks.peers import Circus, Gamepanel, Supervisord, running
from tests.support import endServers

Row = tuple[str, str, str]


def starts(work: Path, last: int = 500) -> Iterator[Row]:
    """Servers are started one after the other: those around the 10th, and the last ones."""
    ids = [f"s{number:03}" for number in range(last + 5)]
    for kind in (Gamepanel, Supervisord, Circus):
        with running(kind, work / "peer", {id: ["cat"] for id in ids}, atRest=True) as peer:
            took = peer.starts(ids)
        for nth in (10, last):
            milliseconds = 1000 * median(took[nth - 5 : nth + 5])
            yield f"start of server {nth}, ms", peer.name, f"{milliseconds:.1f}"


def autostart(work: Path, count: int = 200) -> Iterator[Row]:
    """The host has restarted: from the start of a daemon until all are up that it starts."""
    programs = {f"s{number}": ["cat"] for number in range(count)}
    with running(Gamepanel, work / "peer", programs) as peer:
        for id in programs:
            peer.client("server_settings", server=id, settings={"autostart": True})
        peer.daemon.kill()
        endServers(peer.daemon.state)
        for id in programs:
            rebooted(Path(peer.daemon.state, "servers", id, "life"))
        begin = time.monotonic()
        client = peer.daemon.start(login=False)
        client.token = peer.client.token
        while sum(each["status"] == "running" for each in allOf(client)) < count:
            time.sleep(0.05)
        yield f"{count} autostart servers up, s", peer.name, f"{time.monotonic() - begin:.2f}"


def rebooted(life: Path) -> None:
    """Let the next daemon think that the host has restarted since."""
    record = json.loads(life.read_bytes())
    life.write_text(json.dumps({**record, "boot": "another"}))


def allOf(client: Any) -> Any:
    """The servers in brief."""
    return client("server_list")["servers"]


def overviews(work: Path, count: int = 100, seconds: float = 4) -> Iterator[Row]:
    """Asking for one and for all of so many servers, at 16 and at 128 connections."""
    programs = {f"s{number}": ["cat"] for number in range(count)}
    rows: tuple[tuple[Any, tuple[tuple[str, str, str | None], ...]], ...] = (
        (
            Gamepanel,
            (
                ("status of one", "server_status", "s1"),
                (f"status of all {count}", "server_status", None),
                (f"list of {count}", "server_list", None),
            ),
        ),
        # Its list has names only.
        (
            Circus,
            (
                ("status of one", "status", "s1"),
                (f"status of all {count}", "status", None),
                (f"list of {count}", "list", None),
            ),
        ),
    )
    for kind, calls in rows:
        with running(kind, work / "peer", programs) as peer:
            for what, name, id in calls:
                for connections in (16, 128):
                    before = cpuSeconds(peer.pid)
                    rate = peer.rate(name, id, connections, seconds)
                    used = cpuSeconds(peer.pid) - before
                    yield f"{what}, requests/s at {connections}", peer.name, f"{rate:,.0f}"
                    # The second before it is measured has its share.
                    price = used / rate / (seconds + 1) * 1e6
                    yield f"{what}, CPU us each at {connections}", peer.name, f"{price:.0f}"
