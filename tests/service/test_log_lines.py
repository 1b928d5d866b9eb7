"""What the daemon's log says of what happens."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.service.logs import LogLines, eventLevels, maxText
from gamepanel.store.audit import AuditRow
from gamepanel.store.database import openFile
from gamepanel.store.events import EventRow
from gamepanel.store.migrating import migrations
from tests.support import Daemon, Refused


def event(kind: str, server: str | None = "arena", /, **data: Any) -> EventRow:
    """Something that happened."""
    return EventRow(1, 0.0, server, 1, kind, data)


def entry(action: str, result: str = "ok", username: str | None = "ann", **more: Any) -> AuditRow:
    """Something that somebody did."""
    values = {"server": None, "target": None, "address": "192.0.2.1", "kind": "done", **more}
    return AuditRow(0.0, username, action=action, result=result, **values)


class LineTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 0.0
        self.lines = LogLines(lambda: self.now)

    def said(self, *rows: EventRow | AuditRow) -> Iterator[tuple[str, str]]:
        """Level and text of the lines of some events and entries."""
        with capturedLogs() as events:
            for row in rows:
                if isinstance(row, EventRow):
                    self.lines.events([row])
                else:
                    self.lines.entry(row)
        return ((each["log_level"].name, formatEvent(each)) for each in events)

    def test_events(self) -> None:
        """Each event is a line, at the level of how urgent it is; what people say is in none."""
        job: Any = {
            "job": 3,
            "kind": "install",
            "by": "ann",
            "step": "x",
            "error": "step 2: no room",
        }
        rows = (
            event("created", type="openttd", by="ann"),
            event("crashed", code=7, signal=None, reason="it ended"),
            event("job_failed", **job),
            event("changed", by="ann", settings=["description", "restart"]),
            event("daemon_started", None, version="1.0", servers=2),
            event("chat", name="bob", text="the secret"),
        )
        self.assertEqual(
            list(self.said(*rows)),
            [
                ("info", "arena: created: type openttd, by ann"),
                ("warn", "arena: crashed: code 7, it ended"),
                ("error", "arena: job_failed: job 3, install, by ann, step 2: no room"),
                ("info", "arena: changed: by ann, settings description restart"),
                ("info", "daemon_started: version 1.0, servers 2"),
                ("debug", "arena: chat: name bob"),
            ],
        )
        self.assertLessEqual(
            set(eventLevels.values()), {LogLevel.debug, LogLevel.warn, LogLevel.error}
        )

    def test_strangers(self) -> None:
        """No name or reason begins another line, hides a part of one, or makes it endless."""
        [(_, text)] = self.said(event("failed", reason="a\n<2>b\x1b[2K\x9bc" + "x" * 10_000))
        self.assertEqual(text[:32], "arena: failed: a�<2>b�[2K�cxxxxx")
        self.assertEqual(len(text), maxText + 1)

    def test_entries(self) -> None:
        """
        What somebody did is a line, with whom and from where; commands are for debugging, without
        what was typed, and what was refused is none.
        """
        code = "forbidden"
        rows = (
            entry("login"),
            entry("user_create", target="bob", username="admin", address=""),
            entry("server_start", server="arena"),
            entry("server_cmd", server="arena", target="login hunter2", kind="command"),
            entry("server_start", code, server="arena", kind="refused"),
        )
        self.assertEqual(
            list(self.said(*rows)),
            [
                ("info", "ann from 192.0.2.1: login"),
                ("info", "admin from a UNIX socket: user_create bob"),
                ("info", "ann from 192.0.2.1: server_start arena"),
                ("debug", "ann from 192.0.2.1: server_cmd arena"),
            ],
        )

    def test_refusedLogins(self) -> None:
        """A refused login is a warning with the address, one a minute for each address."""
        refused = entry("login", "invalid_credentials", kind="stranger")
        unknown = entry("login", "invalid_credentials", None, address="192.0.2.2")
        found = list(self.said(*[refused] * 100, unknown))
        self.assertEqual(
            found,
            [
                ("warn", "login refused from 192.0.2.1: ann, invalid_credentials"),
                (
                    "warn",
                    "login refused from 192.0.2.2: nobody that is known, invalid_credentials",
                ),
            ],
        )
        self.now = 60.0
        self.assertEqual(len(list(self.said(refused, refused))), 1)


class MigrationTests(SynchronousTestCase):
    def test_line(self) -> None:
        """A database that is brought to another version has a line that names its copy."""
        path = Path(self.mktemp()).absolute()
        with capturedLogs() as events:
            openFile(str(path)).close()
        self.assertEqual(events, [])
        path.unlink()
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(f"{migrations[0]}; PRAGMA user_version = 1")
        with capturedLogs() as events:
            openFile(str(path)).close()
        [line] = [formatEvent(each) for each in events]
        self.assertRegex(line, rf"^migrated the database from version 1 to \d+; .*{path}\.v1$")


class DaemonTests(SynchronousTestCase):
    def test_said(self) -> None:
        """
        A real daemon says who logs in and what becomes of servers, and after it was killed that
        it was, and what runs on; nothing of Twisted's.
        """
        daemon = Daemon()
        self.addCleanup(daemon.cleanUp)
        client = daemon.start()
        daemon.waitForLine(r"#info\] admin from 127\.0\.0\.1: login$")
        with self.assertRaises(Refused):
            client.login("admin", "wrong")
        daemon.waitForLine(r"#warn\] login refused from 127\.0\.0\.1: admin, invalid_cred")
        script = "echo here; read line; exit 7"
        client("server_create", server="arena", type="shell", options={"script": script})
        client("server_start", server="arena")
        daemon.waitForLine(r"#info\] arena: ready: by admin")
        client("server_cmd", server="arena", command="the secret")
        daemon.waitForLine(r"#warn\] arena: crashed: code 7")
        client("server_start", server="arena")
        daemon.waitForLine(r"arena: ready")
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.process.wait()
        daemon.start(login=False)
        said = "\n".join(daemon.output)
        self.assertIn("#warn] the last daemon has not recorded its end", said)
        self.assertIn("#info] 1 server runs on: adopted", said)
        for words in ("the secret", "Starting factory", "starting on", "reactor class"):
            self.assertNotIn(words, said)
