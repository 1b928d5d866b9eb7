"""What it costs to ask many games again and again whether they are well."""

import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from benchmarks.measure import pss
from tests.fakegames import Game, mumble, quake3
from tests.support import Client, Daemon, endServers

Row = tuple[str, str, str]

type: Final = """
title = "Asked"
[run]
command = ["sleep", "1000000"]
[query]
protocol = "{protocol}"
port = "{port}"
"""


def answering(games: socket.socket, answer: Game) -> None:
    """All games: they share a port, since only who asks is measured."""
    while True:
        data, address = games.recvfrom(2048)
        for each in answer(data):
            games.sendto(each, address)


def askers(daemon: Daemon) -> list[psutil.Process]:
    """The child that asks, if there is one."""
    children = psutil.Process(daemon.process.pid).children()
    return [each for each in children if "gamepanel.players.queries" in each.cmdline()]


def cpuOf(processes: list[psutil.Process]) -> float:
    """CPU time that they have used, in seconds."""
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def queries(work: Path, count: int = 300, seconds: float = 60) -> Iterator[Row]:
    """So many servers, asked every 15 s, by a protocol of our own and by one of opengsq."""
    for protocol, answer in (("none", None), ("mumble", mumble), ("quake3", quake3)):
        daemon = Daemon(state=str(work / protocol))
        (work / protocol / "types").mkdir(parents=True)
        with socket.socket(type=socket.SOCK_DGRAM) as games:
            games.bind(("127.0.0.1", 0))
            text = type.format(protocol=protocol, port=games.getsockname()[1])
            if answer is None:
                text = text.partition("[query]")[0]
            else:
                threading.Thread(target=answering, args=(games, answer), daemon=True).start()
            (work / protocol / "types" / "asked.toml").write_text(text)
            try:
                yield from figures(daemon, protocol, count, seconds)
            finally:
                daemon.end()
                endServers(daemon.state)


def responds(client: Client, id: str) -> object:
    """Whether the game of a server has answered."""
    return client("server_status", server=id)["responds"]


def figures(daemon: Daemon, protocol: str, count: int, seconds: float) -> Iterator[Row]:
    """What is used for so long."""
    client = daemon.start()
    ids = [f"s{number}" for number in range(count)]
    for id in ids:
        client("server_create", type="asked", server=id)
        client("server_start", server=id)
    if protocol != "none":
        for id in ids:
            client.wait(partial(responds, client, id), id)
    # The load of the starts is over, and first samples of history have been taken.
    time.sleep(20)
    asking = askers(daemon)
    processes = [psutil.Process(daemon.process.pid), *asking]
    before = [cpuOf([each]) for each in processes]
    time.sleep(seconds)
    used = [cpuOf([each]) - start for each, start in zip(processes, before, strict=True)]
    percent = " + ".join(f"{100 * each / seconds:.2f}" for each in used)
    yield f"CPU %, {count} idle servers asked by {protocol}", "daemon + child", percent
    for each in asking:
        yield f"PSS MB of the child, {protocol}", "child", f"{pss(each.pid):.1f}"
