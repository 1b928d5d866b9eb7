"""The commands for backups: real processes, a real daemon."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from docs.contract import current
from tests.client.test_command import hearInterrupts, program
from tests.client.test_file_commands import FilesCase, Relay
from tests.support import patience, writeTypes
from tests.web.test_backups import saving
from tests.web.test_openapi import answerSchema, check

MiB = 1024 * 1024


class BackupsCase(FilesCase):
    """A server with files, of which there are backups."""

    options = ("--allow-host", "localhost")

    def backups(self, *arguments: str, status: int = 0) -> str:
        """What a command for backups prints, and then says."""
        done = subprocess.run(
            [program, "backups", *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            cwd=self.work,
            env=self.environment,
            timeout=4 * patience,
            text=True,
        )
        self.assertEqual(done.returncode, status, (arguments, done.stdout, done.stderr))
        self.assertNotIn("Traceback", done.stderr)
        return done.stdout + done.stderr

    def answered(self, endpoint: str, *arguments: str) -> Any:
        """What a command prints for programs, which an endpoint answers."""
        answer = json.loads(self.backups(*arguments, "--json"))
        check(current(), answerSchema(current(), endpoint), answer)
        return answer

    def untilOver(self, job: int) -> Any:
        """A job, when it is over."""
        return self.admin.wait(
            lambda: (found := self.admin("job_status", job=job))["endedAt"] and found, "its end"
        )


class BackupCommandsTests(BackupsCase):
    def test_everyDay(self) -> None:
        """One is made, looked into, verified, noted, locked, fetched, restored and deleted."""
        (self.there / "maps").mkdir()
        (self.there / "maps" / "hall").write_text("old")
        (self.there / "motd").write_text("old")
        said = self.backups("create", "one", "--note", "before")
        self.assertRegex(said, r"Backup 1 of one: 2 files, \d+ bytes stored\.\n")
        [row] = [line.split("\t") for line in self.backups("ls", "one").splitlines()]
        self.assertEqual([*row[:3], *row[5:]], ["1", "one", "shell", "", "before"])
        self.assertEqual(self.backups("files", "1", "maps/").split("\t")[-1], "hall\n")
        self.assertIn("\tmotd\n", self.backups("files", "1"))
        for name in ("motd", "maps/hall"):
            (self.there / name).write_text("new")
        (self.there / "more").touch()
        said = self.backups("restore", "1", "--path", "maps/hall", "--yes")
        self.assertIn("one has maps/hall of backup 1 again.", said)
        self.assertEqual((self.there / "maps" / "hall").read_text(), "old")
        self.assertEqual((self.there / "motd").read_text(), "new")
        self.backups("restore", "1", "--yes", "--keep-others")
        self.assertEqual((self.there / "motd").read_text(), "old")
        self.assertTrue((self.there / "more").exists())
        self.backups("restore", "1", "--yes")
        self.assertFalse((self.there / "more").exists())
        said = self.backups("verify", "1")
        self.assertIn("Backup 1 can be read, and each sum is right: 2 files.\n", said)
        self.assertNotIn("Not whole", said)
        self.backups("note", "1", "after")
        self.backups("lock", "1")
        self.assertIn("locked, verified\tafter\n", self.backups("ls"))
        said = self.backups("rm", "1", "--yes", status=1)
        self.assertIn("gamepanel backups unlock 1\n", said)
        self.backups("unlock", "1")
        self.assertIn("Fetched 1 file", self.backups("get", "1", "here.tar.zst"))
        self.backups("get", "1")
        first, second = sorted(os.listdir(self.work))
        self.assertRegex(second, r"^one-\d{4}-\d\d-\d\d-\d{4}\.tar\.zst$")
        content = (self.work / first).read_bytes()
        self.assertEqual((self.work / second).read_bytes(), content)
        self.assertEqual((self.work / second).stat().st_mode & 0o777, 0o600)
        with (self.work / "piped").open("wb") as piped:
            subprocess.run(
                [program, "backups", "get", "1", "-"],
                stdout=piped,
                env=self.environment,
                check=True,
            )
        self.assertEqual((self.work / "piped").read_bytes(), content)
        self.assertEqual(self.backups("rm", "1", "--yes"), "Backup 1 is deleted.\n")
        self.assertEqual(self.backups("ls"), "")

    def test_programs(self) -> None:
        """A script reads what the API answers."""
        begun = self.answered("backup_create", "create", "one", "--no-wait")
        self.untilOver(begun["job"])
        self.assertEqual(self.answered("backup_update", "lock", "1")["locked"], True)
        self.assertEqual(self.answered("backup_update", "unlock", "1")["locked"], False)
        self.assertEqual(self.answered("backup_update", "note", "1", "x")["note"], "x")
        self.answered("backup_files", "files", "1")
        begun = self.answered("backup_restore", "restore", "1", "--yes", "--no-wait")
        self.untilOver(begun["job"])
        begun = self.answered("backup_verify", "verify", "1", "--no-wait")
        self.untilOver(begun["job"])
        made = json.loads(self.backups("create", "one", "--lock", "--json"))
        [known, _] = self.answered("backup_list", "ls", "one")["backups"]
        self.assertEqual((made, made["locked"]), (known, True))
        self.assertEqual(self.backups("ls", "--format", "{backup} {type}"), "2 shell\n1 shell\n")
        verified = json.loads(self.backups("verify", "1", "--json"))
        self.assertNotEqual(verified["checkedAt"], None)
        self.assertEqual(self.answered("backup_adopt", "adopt", "--yes"), {"backups": []})
        self.assertEqual(json.loads(self.backups("get", "1", "--json"))["files"], 1)
        self.answered("backup_delete", "rm", "1", "--yes")

    def test_mistakes(self) -> None:
        """Each ends in a sentence that says what to do, and in its status."""
        self.backups("create", "one")
        self.admin("server_start", server="one")
        self.admin.until("one", "running", "starting")
        for arguments, status, words in (
            (("restore", "1"), 2, "--yes"),
            (("rm", "1"), 2, "--yes"),
            (("adopt",), 2, "--yes"),
            (("restore", "1", "--yes"), 1, "gamepanel stop one --wait"),
            (("restore", "9", "--yes"), 1, "gamepanel backups ls"),
            (("rm", "1", "9", "--yes"), 1, "gamepanel backups ls"),
            (("files", "1", "none"), 1, "gamepanel backups files 1"),
            (("get", "1", "none/"), 1, "no directory"),
            (("create", "on"), 1, "Did you mean one?"),
            (("note", "1", "a\nb"), 1, "control characters"),
        ):
            self.assertIn(words, self.backups(*arguments, status=status), arguments)
        self.assertEqual(len(self.answered("backup_list", "ls")["backups"]), 1)
        store = Path(self.daemon.state, "backups")
        [archive] = store.glob("*.tar.zst")
        os.truncate(archive, 10)
        self.assertIn("damaged", self.backups("verify", "1", status=1))
        self.assertIn("\tdamaged\t", self.backups("ls"))
        store.rename(f"{store}.away")
        store.mkdir()
        self.assertIn("Mount it", self.backups("create", "one", status=1))

    def test_notWhole(self) -> None:
        """A file that was not whole when it was copied is named, also when all sums are right."""
        self.admin("server_start", server="one")
        self.admin.until("one", "running", "starting")
        (self.there / "fake").write_bytes(b"SQLite format 3\0, and no database")
        self.assertIn("Not whole: fake\n", self.backups("create", "one"))
        said = self.backups("verify", "1")
        self.assertIn("each sum is right: 1 file.\nNot whole when it was made: fake\n", said)

    def test_anew(self) -> None:
        """A server is made of a backup, with the options that it had; what is missing is asked."""
        (self.there / "motd").write_text("old")
        self.admin("server_settings", server="one", settings={"level": 7})
        self.backups("create", "one")
        for arguments, level in ((("two",), 7), (("three", "-o", "level=2"), 2)):
            self.ok("create", "shell", *arguments, "--from-backup", "1")
            found = self.admin("server_settings", server=arguments[0])["settings"]
            self.assertEqual({each["name"]: each["value"] for each in found}["level"], level)
        status, _, said = self.execute("create", "shell", "four", "--from-backup", "9")
        self.assertEqual((status, "gamepanel backups ls" in said), (1, True), said)
        self.backups("restore", "1", "--server", "two", "--yes")

    def test_notQuiesced(self) -> None:
        """It is told when a game did not hold still, and what rules have deleted."""
        self.silent(patience="0.1")
        rules = {"backupKeepLast": 1, "backupKeepDaily": 0, "backupKeepWeekly": 0}
        self.admin("server_settings", server="two", settings=rules)
        self.assertIn("The game did not hold still", self.backups("create", "two"))
        self.assertIn("\tnot quiesced\t", self.backups("ls"))
        self.assertIn("Deleted by the rules of the server: 1.", self.backups("create", "two"))

    def silent(self, patience: str) -> None:
        """A server that runs and never says that it has saved, which is waited for so long."""
        text = saving.replace('echo "Saved the game"', "true")
        text = text.replace("patience = 20", f"patience = {patience}")
        writeTypes(self.daemon.state, {"saving": text})
        self.admin("server_create", type="saving", server="two", options={})
        self.admin("server_start", server="two")
        self.admin.until("two", "running")

    def test_terminal(self) -> None:
        """It is asked before something is lost, and an archive is not printed."""
        self.backups("create", "one")
        self.backups("create", "one", "--lock")
        for arguments, question in (
            (("restore", "1"), "Replace the files of one by backup 1 of one, made 20"),
            (("restore", "1", "--path", "a"), "Replace a of one by backup 1 of one, made 20"),
            (("restore", "1", "--server", "two"), "Replace the files of two by backup 1 of one, "),
            (("rm", "1", "2"), r"Delete backup 1 of one, made 20[-: 0-9]+; backup 2 of one, made "),
            (("rm", "2"), r"Delete backup 2 of one, made 20[-: 0-9]+, locked\?"),
            (("adopt",), "looks like an empty store"),
        ):
            terminal = self.terminal("backups", *arguments)
            terminal.expect(question)
            terminal.send("n\r")
            self.assertEqual(terminal.status(), 1)
        terminal = self.terminal("backups", "get", "1", "-")
        self.assertEqual(terminal.status(), 2)
        terminal = self.terminal("backups", "rm", "1")
        terminal.expect("Delete")
        terminal.send("y\r")
        self.assertEqual(terminal.status(), 0)
        self.admin("server_destroy", server="one")
        terminal = self.terminal("backups", "rm", "2")
        terminal.expect(r"Delete backup 2 of one \(which is gone\), made 20")
        terminal.send("n\r")
        self.assertEqual(terminal.status(), 1)
        [left] = self.answered("backup_list", "ls")["backups"]
        self.assertEqual(left["backup"], 2)

    def test_completion(self) -> None:
        """The number of a backup is completed."""
        self.backups("create", "one")
        line = "gamepanel backups verify "
        more = {"_GAMEPANEL_COMPLETE": "bash_complete", "COMP_LINE": line}
        self.assertEqual(self.ok(**more, COMP_POINT=str(len(line))), "plain,1\n")

    def test_interrupted(self) -> None:
        """Ctrl-C ends the command and not the job, and that is said."""
        self.silent(patience="3600")
        process = subprocess.Popen(
            [program, "backups", "create", "two"],
            stderr=subprocess.PIPE,
            env=self.environment,
            preexec_fn=hearInterrupts,
            text=True,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        assert process.stderr is not None
        self.assertIn("Waiting until", process.stderr.readline())
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=patience)
        self.assertEqual(process.returncode, 130)
        [job] = self.admin("job_list", server="two", limit=1)["jobs"]
        self.assertEqual(job["endedAt"], None)
        self.assertIn(f"Job {job['job']} goes on", said)
        self.admin("job_cancel", job=job["job"])
        self.untilOver(job["job"])


class BrokenTests(BackupsCase):
    """A connection that breaks off."""

    def test_continue(self) -> None:
        """What came of an archive is gone on with, if it is of the same one."""
        (self.there / "big").write_bytes(os.urandom(3 * MiB))
        self.backups("create", "one")
        self.backups("get", "1", "whole")
        content = (self.work / "whole").read_bytes()
        relay = Relay(self.daemon.base)
        self.addCleanup(relay.close)
        self.environment |= {
            "GAMEPANEL_URL": relay.base,
            "GAMEPANEL_TOKEN": str(self.admin.token),
        }
        relay.backwards = 2 * MiB
        self.backups("get", "1", "again")
        self.assertIsNone(relay.backwards)
        self.assertEqual((self.work / "again").read_bytes(), content)
        # As a command that was killed leaves it.
        request = urllib.request.Request(
            f"{self.daemon.base}backup_download?backup=1",
            headers={"Authorization": f"Bearer {self.admin.token}"},
        )
        with urllib.request.urlopen(request) as answer:
            revision = answer.headers["ETag"].strip('"')
        for arguments, noted, goesOn in (
            (("--continue",), revision, True),
            (("--continue",), "another", False),
            ((), revision, False),
        ):
            (self.work / "begun.part.revision").write_text(noted)
            (self.work / "begun.part").write_bytes(content[:MiB] if goesOn else b"x" * MiB)
            relay.backwards = 10 * MiB
            self.backups("get", *arguments, "1", "begun")
            self.assertEqual(10 * MiB - relay.backwards < 2.5 * MiB, goesOn)
            self.assertEqual((self.work / "begun").read_bytes(), content)
        self.assertEqual(sorted(os.listdir(self.work)), ["again", "begun", "whole"])
