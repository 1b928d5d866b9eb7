"""
Backups: beside C{tar | zstd -T0 -3} of the same files, and what a game and C{healthz} notice.
"""

import json
import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.measure import healthz
from tests.support import Client, Daemon

rounds: Final = 3

kibibyte: Final = 1024

trees: Final = {"2,000 of 1 MiB": (2_000, 1024 * kibibyte), "100,000 of 4 KiB": (100_000, 4096)}
"""Number and size of files."""

ticking: Final = """\
import json, time
late, due = [], time.monotonic()
while True:
    due += 0.05
    time.sleep(max(due - time.monotonic(), 0))
    late.append(time.monotonic() - due)
    if len(late) == 100:
        late.sort()
        print(json.dumps([late[50], late[98]]), flush=True)
        late.clear()
"""
"""A game of 20 ticks in a second, which prints how late they come, each five seconds."""


def fill(directory: Path, count: int, size: int) -> None:
    """Files of which about half can be compressed away."""
    chance = random.Random(1)
    for number in range(count):
        folder = directory / f"{number // 500}"
        folder.mkdir(exist_ok=True)
        half = chance.randbytes(size // 2)
        (folder / f"{number}").write_bytes(half + half[: size // 8] * 4)


def timed(work: Callable[[], object]) -> float:
    """How many seconds something takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def backUp(client: Client) -> None:
    """Make a backup, and wait until it is there."""
    job = client("backup_create", server="cave")["job"]
    found: dict[str, Any] = {"status": "queued"}
    while found["status"] in ("queued", "running"):
        found = client("job_status", job=job, wait=10)
    assert found["status"] == "done", found


def byTar(directory: Path) -> None:
    """The same by two programs, which know nothing of each other."""
    with tempfile.NamedTemporaryFile(dir=directory.parent) as archive:
        tar = subprocess.Popen(["tar", "-c", "-C", directory, "."], stdout=subprocess.PIPE)
        subprocess.run(["zstd", "-q", "-T0", "-3"], stdin=tar.stdout, stdout=archive, check=True)
        os.fsync(archive.fileno())
        assert tar.wait() == 0


def ticks(client: Client, since: int) -> tuple[list[list[float]], int]:
    """How late ticks came, in seconds: median and 99th percentile of each five seconds."""
    found = client("server_log", server="ticks", readIndex=since, limit=65536)
    lines = [json.loads(line) for line in found["data"].splitlines() if line.endswith("]")]
    return lines, found["readIndex"]


def beside(client: Client, daemon: Daemon) -> dict[str, Any]:
    """What others notice while a backup is made again and again."""
    over = threading.Event()

    def goOn() -> None:
        while not over.is_set():
            backUp(client)

    _, since = ticks(client, 0)
    time.sleep(15)
    quiet, since = ticks(client, since)
    thread = threading.Thread(target=goOn)
    thread.start()
    try:
        asked = healthz(daemon.port)
        time.sleep(10)
        busy, _ = ticks(client, since)
    finally:
        over.set()
        thread.join()
    return {"healthz": asked, "quiet": quiet, "busy": busy}


def main() -> None:
    """Print what was measured."""
    for name, (count, size) in trees.items():
        daemon = Daemon()
        client = daemon.start()
        try:
            client("server_create", type="shell", server="cave")
            client("server_settings", server="cave", settings={"backupKeepLast": 1})
            files = Path(daemon.state, "servers/cave/files")
            fill(files, count, size)
            took: dict[str, list[float]] = {"ours": [], "tar": []}
            for _ in range(rounds):
                took["tar"].append(timed(partial(byTar, files)))
                took["ours"].append(timed(partial(backUp, client)))
            ours, theirs = median(took["ours"]), median(took["tar"])
            print(
                f"{name}: {ours:.1f} s, tar and zstd {theirs:.1f} s: {theirs / ours:.2f} of their"
                f" speed; {count / ours:,.0f} files/s, {count * size / 1e6 / ours:,.0f} MB/s"
            )
            script = f"exec python3 -c '{ticking}'"
            client("server_create", type="shell", server="ticks", options={"script": script})
            client("server_start", server="ticks")
            found = beside(client, daemon)
            print("healthz beside it {:.1f} / {:.1f} ms".format(*found["healthz"]))
            for when in ("quiet", "busy"):
                late = [1000 * median(each[part] for each in found[when]) for part in (0, 1)]
                print(f"ticks come late by {late[0]:.2f} / {late[1]:.2f} ms when {when}")
        finally:
            daemon.cleanUp()


if __name__ == "__main__":
    main()
