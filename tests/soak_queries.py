"""
Games that answer, games that are busy for a minute, and a daemon that is stopped, killed and
away: no game is said to hang. Then one does. C{make soak} runs it for half an hour.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.host.system import isOverloaded
from tests.support import Client, Daemon, freePort

seconds = int(os.environ.get("GAMEPANEL_SOAK", "1800"))
"""For how long."""

game: Final = '''
"""Answers pings of Mumble, but not while it is busy, nor after the line "hang"."""
import selectors, socket, struct, sys, time
port, busy = int(sys.argv[1]), float(sys.argv[2])
pings = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
pings.bind(("127.0.0.1", port))
selector = selectors.DefaultSelector()
selector.register(pings, selectors.EVENT_READ)
selector.register(sys.stdin, selectors.EVENT_READ)
print("READY", flush=True)
again = time.monotonic() + busy
while True:
    for key, _ in selector.select():
        if key.fileobj is pings:
            data, address = pings.recvfrom(100)
            pings.sendto(bytes(4) + data[4:12] + struct.pack(">III", 1, 8, 0), address)
        elif sys.stdin.readline() == "hang\\n":
            time.sleep(10000)
    if busy and time.monotonic() > again:
        time.sleep(busy)
        again = time.monotonic() + 2 * busy
'''

type: Final = """
title = "Answers"
[[options]]
name = "port"
type = "port"
required = true
[run]
command = ["{python}", "{script}", "{{port}}", "{busy}"]
ready = '^READY$'
needs_port = false
[[stop]]
signal = "TERM"
patience = 5
[query]
protocol = "mumble"
every = {every}
hung_after = {silence}
"""


class SoakTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon()
        self.addCleanup(self.daemon.cleanUp)
        types = Path(self.daemon.state, "types")
        types.mkdir()
        script = Path(self.daemon.state, "game.py")
        script.write_text(game)
        for name, busy, every, silence in (("prompt", 0, 1, 5), ("busy", 60, 5, 120)):
            about = {"python": sys.executable, "script": script, "busy": busy}
            text = type.format(**about, every=every, silence=silence)
            (types / f"{name}.toml").write_text(text)
        self.client: Client = self.daemon.start()

    def kinds(self, id: str) -> list[str]:
        """What has happened to a server."""
        events = self.client("event_list", server=id, after=0, limit=1000)["events"]
        return [event["kind"] for event in events]

    def status(self, id: str) -> Any:
        return self.client("server_status", server=id)

    def answers(self, id: str) -> None:
        """Wait until a game has answered."""
        self.client.wait(lambda: self.status(id)["responds"], f"{id} to answer")

    def test_noFalseAlarm(self) -> None:
        """Nothing is said of games that are well, whatever happens to the daemon."""
        ids = [f"{kind}{number}" for kind in ("prompt", "busy") for number in range(5)]
        for id in ids:
            options = {"port": freePort()}
            self.client("server_create", server=id, type=id[:-1], options=options)
            self.client("server_settings", server=id, settings={"restartWhenHung": True})
            self.client("server_start", server=id)
        for id in ids:
            self.answers(id)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.disturb(min(random.uniform(1, 180), seconds / 8))
            time.sleep(min(random.uniform(1, 60), seconds / 8))
        for id in ids:
            self.assertEqual(self.kinds(id), ["created", "starting", "ready"], id)
            self.assertEqual(self.status(id)["restarts"]["count"], 0)
        self.client("server_cmd", server="prompt0", command="hang")
        self.untilRestarted("prompt0")
        expected = ["hung", "stopping", "crashed", "waiting"]
        self.assertEqual(self.kinds("prompt0")[3:7], expected)
        self.client.until("prompt0", "running")
        self.answers("prompt0")

    def untilRestarted(self, id: str) -> None:
        """Wait until a game is started again; while the host is overloaded none is said to hang."""
        calm = 0
        while not self.status(id)["restarts"]["count"]:
            self.assertLess(calm, 180, "the restart did not come to be")
            calm += not isOverloaded()
            time.sleep(1)

    def disturb(self, length: float) -> None:
        """The daemon is stopped for a while, or killed and away."""
        if random.random() < 0.5:
            self.daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(length)
            self.daemon.process.send_signal(signal.SIGCONT)
        else:
            token = self.client.token
            self.daemon.kill()
            time.sleep(length)
            self.client = self.daemon.start(login=False)
            self.client.token = token
