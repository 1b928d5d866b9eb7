"""Backups over a socket, with the workers that make and restore them, and a game that saves."""

import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred

from gamepanel.backups.directorystore import markName
from gamepanel.base.errors import Locked
from gamepanel.jobs.installs import Installs
from gamepanel.store.installs import Installed
from gamepanel.store.jobs import JobRow
from gamepanel.wire.values import JobStatus
from tests.support import until, writeTypes
from tests.web import test_transfers

reactor: Any = installed

saving = r"""
title = "A game that saves"

[run]
command = ["sh", "-c", '''
echo ready
while read -r line; do
    case $line in
        save-off) echo off >> said ;;
        save-all) echo "Saved the game" ;;
        save-on) echo on >> said ;;
        quit) exit 0 ;;
    esac
done
''']
ready = "^ready"

[[stop]]
command = "quit"
patience = 10

[backup]
exclude = ["logs"]
before = ["save-off", "save-all"]
until = "^Saved the game$"
patience = 20
after = ["save-on"]
"""


class BackupsTests(test_transfers.TransferCase):
    """A panel that listens, and a server with files."""

    async def begin(self) -> None:
        writeTypes(self.panel.state, {"saving": saving})
        disk = self.panel.directory.context.threads.disk
        installs = Installs(self.panel.directory, self.panel.jobs, disk, time.time)
        installs.others = self.panel.backupJobs.conclude
        await self.call("server_create", type="saving", server="cave", options={})
        self.home = self.panel.directory.find("cave").home
        self.put("world", b"old")
        os.mkdir(self.path("logs"))
        self.put("logs/latest", b"log")

    async def refused(self, name: str, **fields: Any) -> str:
        """The code with which an endpoint refuses something."""
        body = json.dumps(fields).encode()
        kind = "Content-Type: application/json"
        head = self.head("POST", name, {}, kind, f"Content-Length: {len(body)}")
        return str((await self.ask(head + body)).json["code"])

    async def job(self, name: str, **fields: Any) -> Any:
        """What has become of a job that an endpoint begins."""
        number = (await self.call(name, **fields))["job"]
        while True:
            found = await self.call("job_status", job=number, wait=20)
            if found["endedAt"] is not None:
                return found

    async def backup(self, **fields: Any) -> Any:
        """A new backup of the server."""
        done = await self.job("backup_create", server="cave", **fields)
        self.assertEqual((done["status"], done["error"]), ("done", None))
        listed = (await self.call("backup_list", server="cave"))["backups"]
        return next(each for each in listed if each["backup"] == done["result"]["backup"])

    async def test_atRest(self) -> None:
        """One is made, looked into, verified, fetched, restored and deleted."""
        made = await self.backup(note="\u3000before")
        about = (made["files"], made["complete"], made["quiesced"], made["note"], made["by"])
        self.assertEqual(about, (1, True, None, "\u3000before", "admin"))
        number = made["backup"]
        found = await self.call("backup_files", backup=number)
        self.assertEqual([each["name"] for each in found["entries"]], ["world"])
        verified = await self.job("backup_verify", backup=number)
        self.assertEqual(verified["status"], "done")
        (now,) = (await self.call("backup_list"))["backups"]
        self.assertEqual((now["checkedAt"] is None, now["damaged"]), (False, False))
        ticket = (await self.call("download_ticket", backup=number))["ticket"]
        token, self.token = self.token, None
        query = {"backup": number, "ticket": ticket}
        fetched = await self.ask(self.head("GET", "backup_download", query))
        self.token = token
        self.assertEqual((fetched.status, len(fetched.body) > 0), (200, True))
        self.assertEqual(fetched.headers["Content-Type"], "application/zstd")
        self.put("world", b"new")
        self.put("logs/latest", b"newer")
        restored = await self.job("backup_restore", server="cave", backup=number)
        self.assertEqual(restored["status"], "done", restored["error"])
        self.assertEqual(self.content("world"), b"old")
        self.assertEqual(self.content("logs/latest"), b"newer")
        self.assertEqual(self.panel.directory.find("cave").status.state, "stopped")
        code = await self.refused("backup_update", backup=number, note="a\nb")
        self.assertEqual(code, "bad_request")
        code = await self.refused("backup_restore", server="cave", backup=number, paths=["x"])
        self.assertEqual(code, "no_such_file")
        locked = await self.call("backup_update", backup=number, locked=True)
        self.assertTrue(locked["locked"])
        self.assertEqual(await self.refused("backup_delete", backup=number), "locked")
        await self.call("backup_update", backup=number, locked=False, note="after")
        await self.call("backup_delete", backup=number)
        self.assertEqual(await self.refused("backup_files", backup=number), "no_such_backup")
        store = os.path.join(self.panel.state, "backups")
        self.assertEqual(os.listdir(store), [markName])

    async def test_held(self) -> None:
        """From the beginning of a copy at rest to its end nobody starts the game."""
        server = self.panel.directory.find("cave")
        held: list[tuple[str, bool]] = []
        self.panel.jobs.changed.listen(
            lambda row: held.append((row.status, server.held == row.job))
        )
        await self.backup()
        self.assertEqual(held[:2], [("queued", False), ("running", True)])
        self.assertEqual(held[-1], ("done", False))

    async def test_running(self) -> None:
        """A game that runs holds still meanwhile, is let go on, and its console says how long."""
        await self.call("server_start", server="cave")
        server = self.panel.directory.find("cave")
        await until(reactor, lambda: server.status.state == "running", "the game")
        made = await self.backup()
        self.assertTrue(made["quiesced"])

        def isReleased() -> bool:
            return self.content("said") == b"off\non\n"

        await until(reactor, isReleased, "the end of the backup")
        await until(reactor, lambda: server.game.record.owed is None, "what is owed")
        log = server.ring.read(0, 10_000).data
        self.assertIn(b"was kept from saving", log)
        code = await self.refused("backup_restore", server="cave", backup=made["backup"])
        self.assertEqual(code, "not_stopped")
        await self.call("server_stop", server="cave")
        await until(reactor, lambda: server.status.state == "stopped", "the end of the game")

    async def test_anew(self) -> None:
        """A server that was destroyed is made anew from its backup, with its options."""
        made = await self.backup()
        await self.call("server_destroy", server="cave", deleteFiles=True)
        (known,) = (await self.call("backup_list"))["backups"]
        self.assertEqual(known["backup"], made["backup"])
        source = {"backup": made["backup"]}
        fields = {"type": "saving", "server": "again", "options": {}, "from": source}
        done = await self.job("server_create", **fields)
        self.assertEqual((done["status"], done["error"]), ("done", None))
        server = self.panel.directory.find("again")
        with open(os.path.join(server.home, "world"), "rb") as file:
            self.assertEqual(file.read(), b"old")
        await self.call("server_start", server="again")
        await until(reactor, lambda: server.status.state == "running", "the game")
        await self.call("server_stop", server="again")
        await until(reactor, lambda: server.status.state == "stopped", "the end of the game")
        code = await self.refused("server_create", **{**fields, "server": "third", "type": "shell"})
        self.assertEqual(code, "unsupported")

    async def test_needsInstall(self) -> None:
        """
        A server that was half updated is whole again with its backup, and not where a shared
        program that this names is gone.
        """
        program = os.path.join(self.panel.state, "shared", "java-21-x", "java")
        os.makedirs(os.path.dirname(program))
        with open(program, "w"):
            pass
        server = self.panel.directory.find("cave")
        os.mkdir(os.path.join(server.directory, "install"))
        with open(os.path.join(server.directory, "install", "manifest"), "w") as file:
            json.dump({"world": "12"}, file)
        server.installed = Installed("1.0", 5.0, {"java_program": program})
        number = (await self.backup())["backup"]
        for isThere in (True, False):
            server.installed = Installed("2.0", None, {})
            if not isThere:
                shutil.rmtree(os.path.dirname(program))
            done = await self.job("backup_restore", server="cave", backup=number)
            self.assertEqual(done["status"], "done", done["error"])
            status = await self.call("server_status", server="cave")
            self.assertEqual(status["needsInstall"], not isThere)
            self.assertEqual(server.installed.version, "1.0")

    async def test_rules(self) -> None:
        """Rules delete those that they do not keep, and what is left is not counted."""
        settings = {"backupKeepLast": 1, "backupKeepDaily": 0, "backupKeepWeekly": 0}
        await self.call("server_settings", server="cave", settings=settings)
        first = await self.backup()
        done = await self.job("backup_create", server="cave")
        self.assertEqual(done["result"]["deleted"], [first["backup"]])
        self.assertEqual(len((await self.call("backup_list"))["backups"]), 1)

    async def test_limit(self) -> None:
        """One is refused at once where others that stay take all that they may."""
        made = await self.backup()
        server = self.panel.directory.find("cave")
        own = {"backupLimit": 1}
        await self.call("server_settings", server="cave", settings=own)
        large = self.panel.backups.find(made["backup"])
        await self.panel.backups.change(made["backup"], {"size": 2**20})
        self.assertEqual(await self.refused("backup_create", server="cave"), "quota_exceeded")
        keep = {"backupKeepLast": 1, "backupKeepDaily": 0, "backupKeepWeekly": 0}
        await self.call("server_settings", server="cave", settings=keep)
        self.assertEqual(self.panel.backups.left(server, large.info.at + 1), 2**20)

    async def test_atOnce(self) -> None:
        """One that is being locked is not deleted, though it was not locked a moment before."""
        made = await self.backup()
        backups = self.panel.backups
        locking = Deferred.fromCoroutine(backups.change(made["backup"], {"locked": True}))
        deleting = Deferred.fromCoroutine(backups.forget(made["backup"]))
        await locking
        with self.assertRaises(Locked):
            await deleting
        self.assertEqual(len(os.listdir(os.path.join(self.panel.state, "backups"))), 3)

    async def test_notFound(self) -> None:
        """
        Whatever its worker has said: a backup is made when it is there at the end, and has failed
        when it is not. Nothing else is left of it.
        """
        made = await self.backup()
        known = self.panel.backups.find(made["backup"])
        store = Path(self.panel.state, "backups")
        cases: list[tuple[str, JobStatus, Any]] = [
            (known.name, "failed", ("done", None)),
            ("cave-1", "done", ("failed", "backup_unreadable")),
        ]
        for name, status, after in cases:
            for suffix in (".entries.new", ".tar.zst.new"):
                (store / f"{name}{suffix}").touch()
            task = {"number": made["backup"], "name": name, "note": "", "locked": False}
            row = JobRow(9, "cave", known.creation, "backup", status, "bytes", "admin", 1.0, task)
            found, _ = await self.panel.backupJobs.conclude(row)
            code = None if found.cause is None else found.cause.code
            self.assertEqual((found.status, code), after)
            self.assertEqual(len(os.listdir(store)), 3)

    async def test_adopted(self) -> None:
        """What is not known of a store is taken in, and a store that is not there is told."""
        made = await self.backup()
        await self.panel.backups._tables.removeBackup(made["backup"])
        self.panel.backups._known.clear()
        adopted = (await self.call("backup_adopt"))["backups"]
        self.assertEqual(adopted, [made["backup"]])
        self.assertEqual((await self.call("backup_adopt"))["backups"], [])
        store = os.path.join(self.panel.state, "backups")
        os.rename(store, f"{store}.away")
        os.mkdir(store)
        self.assertEqual(await self.refused("backup_create", server="cave"), "source_unavailable")
        self.assertEqual(
            await self.refused("backup_files", backup=made["backup"]), "source_unavailable"
        )
        self.assertEqual(os.listdir(store), [])
