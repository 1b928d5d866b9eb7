"""Jobs and events as those who use the API meet them, on a real daemon."""

import json
import os
import random
import sqlite3
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Client, Daemon, Refused, patience

seed: Final = int(os.environ.get("GAMEPANEL_SEED", "0")) or random.randrange(1, 2**32)
"""What is left to chance is told with each failure, and can be had again."""


class ActivityTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon(())
        self.addCleanup(self.daemon.cleanUp)
        self.client = self.daemon.start()

    def create(self, *ids: str) -> None:
        """Make servers."""
        for id in ids:
            self.client("server_create", type="shell", server=id)

    def user(self, name: str, **rights: Any) -> Client:
        """Somebody else."""
        password = f"{name} likes long walks"
        self.client("user_create", username=name, password=password, **rights)
        client = Client(self.daemon.base)
        client.login(name, password)
        return client

    def events(self, client: Client, **fields: Any) -> list[tuple[str | None, str]]:
        """What somebody sees of what happened."""
        found = client("event_list", **fields)["events"]
        return [(event["server"], event["kind"]) for event in found]

    def stream(self, query: str, **headers: str) -> Iterator[tuple[str, int, Any]]:
        """Kind, number and event of each event of a stream."""
        headers = {"Authorization": f"Bearer {self.client.token}", **headers}
        request = urllib.request.Request(
            f"{self.daemon.base}event_stream{query}",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        with urllib.request.urlopen(request, timeout=patience) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
            lines: dict[str, str] = {}
            for line in answer:
                name, _, value = line.decode().strip().partition(": ")
                if name:
                    lines[name] = value
                elif "event" in lines:
                    yield lines["event"], int(lines.get("id", 0)), json.loads(lines["data"])
                    lines = {}

    def test_events(self) -> None:
        """What happens to servers is numbered without a gap, through restarts of the daemon."""
        self.create("a", "b")
        self.client("server_destroy", server="a")
        self.daemon.end()
        self.client = self.daemon.start()
        found = self.client("event_list", after=0)
        numbers = [event["event"] for event in found["events"]]
        self.assertEqual(numbers, list(range(1, len(numbers) + 1)))
        self.assertEqual((found["oldest"], found["newest"]), (1, numbers[-1]))
        kinds = [(event["server"], event["kind"]) for event in found["events"]]
        self.assertEqual(
            kinds,
            [
                (None, "daemon_started"),
                ("a", "created"),
                ("b", "created"),
                ("a", "destroyed"),
                (None, "daemon_stopping"),
                (None, "daemon_started"),
            ],
        )
        self.assertEqual(found["events"][1]["data"], {"type": "shell", "by": "admin"})
        newest = self.client("event_list", limit=2)
        self.assertEqual([event["event"] for event in newest["events"]], numbers[-2:])
        self.assertEqual(self.events(self.client, kinds=["destroyed"]), [("a", "destroyed")])
        self.assertEqual(self.client("event_list", after=99)["newest"], numbers[-1])

    def test_killed(self) -> None:
        """What was told before a kill -9 is there after it, under the same number."""
        self.create("a")
        before = self.client("event_list", after=0)["events"]
        self.daemon.kill()
        self.client = self.daemon.start()
        after = self.client("event_list", after=0)["events"]
        self.assertEqual(after[: len(before)], before)
        self.assertEqual([event["kind"] for event in after[len(before) :]], ["daemon_started"])

    def test_seen(self) -> None:
        """People see events of servers that they may see; of an earlier one of that id, none."""
        self.create("a", "b")
        ann = self.user("ann", servers={"a": ["view"]})
        self.assertEqual(self.events(ann), [("a", "created")])
        self.assertEqual(self.events(ann, server="a"), [("a", "created")])
        error = self.assertRaises(Refused, ann, "event_list", server="b")
        self.assertEqual(error.code, "no_such_server")
        self.client("server_destroy", server="a")
        self.create("a")
        self.client("user_update", username="ann", servers={"a": ["view"]})
        self.assertEqual(self.events(ann), [("a", "created")])
        self.assertEqual(len(self.events(self.client, kinds=["created"])), 3)

    def test_wait(self) -> None:
        """A long poll is answered as soon as something happens, and empty when nothing does."""
        newest = self.client("event_list")["newest"]
        empty = self.client("event_list", after=newest, wait=0.1)
        self.assertEqual((empty["events"], empty["newest"]), ([], newest))
        told = self.stream(f"?after={newest}")
        self.create("a")
        kind, number, event = next(told)
        self.assertEqual((kind, number, event["event"]), ("created", newest + 1, newest + 1))
        later = self.client("event_list", after=newest, wait=30)
        self.assertEqual([each["kind"] for each in later["events"]], ["created"])

    def test_stream(self) -> None:
        """A stream begins behind a number, goes on behind the Last-Event-ID, and ends."""
        self.create("a", "b")
        all = self.stream("?after=0")
        self.assertEqual([next(all)[1] for _ in range(3)], [1, 2, 3])
        on = self.stream("", Last_Event_ID="2")
        self.assertEqual(next(on)[:2], ("created", 3))
        one = self.stream("?after=0&server=a")
        self.assertEqual(next(one)[:2], ("created", 2))
        self.client("server_destroy", server="a")
        why = {"server": "a", "code": "no_such_server"}
        self.assertEqual([(kind, data) for kind, _, data in one], [("end", why)])
        self.assertEqual(next(all)[:2], ("destroyed", 4))
        self.assertEqual(next(on)[:2], ("destroyed", 4))

    def test_quietStream(self) -> None:
        """A stream is answered at once, not only when there is something to tell, or a comment."""
        headers = {"Authorization": f"Bearer {self.client.token}"}
        request = urllib.request.Request(f"{self.daemon.base}event_stream", headers=headers)
        with urllib.request.urlopen(request, timeout=patience) as answer:
            self.assertEqual([next(answer) for _ in range(2)], [b"retry: 1000\n", b"\n"])

    def test_delete(self) -> None:
        """The files of a destroyed server are deleted outside the daemon, and that is told."""
        maker = self.user("ann", create=True)
        maker("server_create", type="shell", server="a")
        other = self.user("ben", create=True)
        files = os.path.join(self.daemon.state, "servers", "a", "files")
        for directory in range(30):
            os.mkdir(f"{files}/{directory}")
            for file in range(30):
                os.mknod(f"{files}/{directory}/{file}")
        maker("server_destroy", server="a", deleteFiles=True)
        [job] = maker("job_list")["jobs"]
        self.assertEqual((job["kind"], job["server"], job["by"]), ("delete", "a", "ann"))
        end = time.monotonic() + patience
        while (job := maker("job_status", job=job["job"], wait=5))["status"] in (
            "queued",
            "running",
        ):
            self.assertLess(time.monotonic(), end)
        self.assertEqual((job["status"], job["error"]), ("done", None))
        self.assertEqual(os.listdir(os.path.join(self.daemon.state, "removed")), [])
        self.assertEqual(other("job_list")["jobs"], [])
        # A server that may not be seen has no jobs, as one that never was.
        for name in ("a", "never"):
            self.assertEqual(other("job_list", server=name)["jobs"], [])
        for name in ("job_status", "job_log", "job_cancel"):
            error = self.assertRaises(Refused, other, name, job=job["job"])
            self.assertEqual(error.code, "no_such_job")
        error = self.assertRaises(Refused, maker, "job_cancel", job=job["job"])
        self.assertEqual(error.code, "job_over")
        self.assertEqual(self.client("job_log", job=job["job"])["data"], "")
        self.assertEqual(self.events(self.client, kinds=["job_done"]), [("a", "job_done")])
        self.assertEqual(self.events(maker), [])

    def test_crashBeforeDelete(self) -> None:
        """What a daemon that was killed had still to delete, the next one does."""
        self.create("a")
        state = self.daemon.state
        self.daemon.kill()
        # As if it had been killed when the end of the server was stored, and nothing else.
        aside = os.path.join(state, "removed", "a-1")
        with sqlite3.connect(os.path.join(state, "gamepanel.sqlite")) as store:
            store.execute("DELETE FROM servers")
            store.execute(
                "INSERT INTO jobs (job, server, creation, kind, status, unit, madeBy, createdAt, "
                "task) VALUES (1, 'a', 1, 'delete', 'queued', 'files', 'admin', 1, ?)",
                (json.dumps({"path": aside}),),
            )
            store.execute("UPDATE counters SET value = 1 WHERE name = 'job'")
        self.client = self.daemon.start()
        self.client.wait(
            lambda: self.client("job_status", job=1)["status"] == "done", "the end of the job"
        )
        self.assertEqual(os.listdir(os.path.join(state, "removed")), [])
        self.assertEqual(os.listdir(os.path.join(state, "servers")), [])


class KillTests(SynchronousTestCase):
    """The daemon is killed again and again while jobs run and events flow."""

    def test_onceEach(self) -> None:
        """Every event is there once, numbered without a gap, and every job ends with the truth."""
        rounds = int(os.environ.get("GAMEPANEL_SOAK", "4"))
        choose = random.Random(seed)
        daemon = Daemon(())
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        told: dict[int, Any] = {}
        made = 0
        for _ in range(rounds):
            end = time.monotonic() + choose.uniform(0.05, 0.6)
            while time.monotonic() < end:
                made += 1
                self.makeAndDestroy(daemon, client, f"s{made}")
                told |= self.events(client)
            daemon.kill()
            client = daemon.start()
            for number, event in self.events(client).items():
                self.assertEqual(told.setdefault(number, event), event, seed)
        client.wait(
            lambda: all(
                job["status"] not in ("queued", "running")
                for job in client("job_list", limit=200)["jobs"]
            ),
            "the end of all jobs",
            seconds=3 * patience,
        )
        told |= self.events(client)
        self.assertEqual(sorted(told), list(range(1, len(told) + 1)), seed)
        jobs = client("job_list", limit=200)["jobs"]
        self.assertEqual({job["status"] for job in jobs}, {"done"}, seed)
        ended = Counter(
            event["data"]["job"] for event in told.values() if event["kind"] == "job_done"
        )
        self.assertEqual(set(ended.values()), {1}, seed)
        self.assertLessEqual({job["job"] for job in jobs}, set(ended), seed)
        for kind in ("created", "destroyed"):
            each = Counter(event["server"] for event in told.values() if event["kind"] == kind)
            self.assertLessEqual(set(each.values()), {1}, seed)
        left = os.listdir(os.path.join(daemon.state, "servers"))
        servers = [server["server"] for server in client("server_list")["servers"]]
        self.assertEqual(sorted(left), sorted(servers), seed)

    def makeAndDestroy(self, daemon: Daemon, client: Client, id: str) -> None:
        """Make a server with some files, and destroy it with them."""
        client("server_create", type="shell", server=id)
        files = os.path.join(daemon.state, "servers", id, "files")
        for number in range(200):
            os.mknod(os.path.join(files, str(number)))
        client("server_destroy", server=id, deleteFiles=True)

    def events(self, client: Client) -> dict[int, Any]:
        """All events by number, read page by page."""
        found: dict[int, Any] = {}
        after = 0
        while True:
            page = client("event_list", after=after, limit=500)
            for event in page["events"]:
                self.assertNotIn(event["event"], found)
                found[event["event"]] = event
            if not page["events"]:
                return found
            after = page["newest"]
