"""The commands for files: real processes, a real daemon."""

import contextlib
import json
import os
import socket
import stat
import subprocess
import threading
from pathlib import Path

from tests.client.test_command import CommandCase, program
from tests.support import patience

MiB = 1024 * 1024


class Relay:
    """
    Passes connections on to a daemon, and breaks one off.

    @ivar left: number of bytes that come through to the daemon before one is broken off; None: no
        end of that.
    @ivar backwards: the same of what the daemon sends.
    @ivar again: what C{backwards} is after that.
    @ivar isLast: whether no other comes through after that.
    @ivar passed: number of bytes that came through to the daemon.
    """

    def __init__(self, base: str) -> None:
        host, _, port = base.partition("//")[2].strip("/").partition(":")
        self._daemon = (host, int(port))
        self.left: int | None = None
        self.backwards: int | None = None
        self.again: int | None = None
        self.isLast = False
        self.passed = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.base = f"http://localhost:{self._listening.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.isLast and self.left is None:
                client.close()
                continue
            there = socket.create_connection(self._daemon)
            for way in ((client, there, "left"), (there, client, "backwards")):
                threading.Thread(target=self._pass, args=way, daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, name: str) -> None:
        try:
            while data := source.recv(65536):
                left = getattr(self, name)
                if left is not None:
                    setattr(self, name, left - len(data))
                    if left < len(data):
                        setattr(self, name, self.again if name == "backwards" else None)
                        break
                if name == "left":
                    self.passed += len(data)
                target.sendall(data)
        except OSError:
            pass
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no connection any more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


class FilesCase(CommandCase):
    """A server with files, and a directory to work in."""

    def setUp(self) -> None:
        super().setUp()
        self.logIn()
        self.admin("server_create", type="shell", server="one")
        [found] = Path(self.daemon.state).glob("servers/one*/files")
        self.there = found
        self.work = Path(self.mktemp()).absolute()
        self.work.mkdir()

    def files(self, *arguments: str, status: int = 0, input: bytes = b"", **more: str) -> str:
        """What a command for files prints, and then says."""
        done = subprocess.run(
            [program, "files", *arguments],
            input=input,
            capture_output=True,
            cwd=self.work,
            env={**self.environment, **more},
            timeout=4 * patience,
        )
        text = (done.stdout + done.stderr).decode()
        self.assertEqual(done.returncode, status, (arguments, text))
        self.assertNotIn("Traceback", text)
        return text


class FilesTests(FilesCase):
    options = ("--allow-generic", "--max-upload", str(2 * MiB))

    def test_everyDay(self) -> None:
        """Files are listed, printed, moved, searched and deleted."""
        (self.there / "motd").write_bytes(b"welcome\r\n\xff\n")
        (self.there / "run.sh").write_text("echo Welcome home\n")
        (self.there / "run.sh").chmod(0o755)
        self.files("mkdir", "one:world", "one:world/old")
        rows = [line.split("\t") for line in self.files("ls", "one").splitlines()]
        self.assertEqual(
            [(kind, size, name) for kind, size, _, name in rows],
            [("file", "11", "motd"), ("program", "18", "run.sh"), ("directory", "", "world")],
        )
        self.assertEqual(
            [
                each["name"]
                for each in json.loads(self.files("ls", "one:world/", "--json"))["entries"]
            ],
            ["old"],
        )
        done = subprocess.run(
            [program, "files", "cat", "one:motd"],
            capture_output=True,
            env=self.environment,
            check=True,
        )
        self.assertEqual(done.stdout, b"welcome\r\n\xff\n")
        self.assertEqual(json.loads(self.files("cat", "one:run.sh", "--json"))["size"], 18)
        self.assertEqual(self.files("search", "one:", "HOME"), "run.sh\t1\techo Welcome home\n")
        self.assertEqual(self.files("search", "one", "OT", "--names"), "motd\t\tmotd\n")
        # Into a directory that is there, and to a name that is not.
        self.assertIn("world/motd", self.files("mv", "one:motd", "one:world"))
        self.files("mv", "one:world/motd", "one:world/new")
        (self.there / "motd").write_text("another")
        self.assertIn("--replace", self.files("mv", "one:motd", "one:world/new", status=1))
        self.files("mv", "--replace", "one:motd", "one:world/new")
        self.assertEqual((self.there / "world" / "new").read_text(), "another")
        self.assertIn("give -r", self.files("rm", "one:run.sh", "one:world", status=1))
        self.assertEqual(sorted(os.listdir(self.there)), ["run.sh", "world"])
        self.files("rm", "-r", "one:run.sh", "one:world")
        self.assertEqual(os.listdir(self.there), [])

    def test_mistakes(self) -> None:
        """Each ends in a sentence that says what to do, and in its status."""
        (self.work / "dir").mkdir()
        (self.there / "dir").mkdir()
        (self.there / "file").touch()
        for arguments, status, words in (
            (("cat", "one"), 2, "ID:PATH"),
            (("cat", ":x"), 2, "ID:PATH"),
            (("ls", "ones:"), 1, "Did you mean one?"),
            (("cat", "one:none"), 1, "gamepanel files ls one:"),
            (("get", "one:none"), 1, "gamepanel files ls one:"),
            (("get", "one:dir"), 1, "give -r"),
            (("get", "one:"), 1, "give -r"),
            (("put", "dir", "one:"), 1, "give -r"),
            (("put", "none", "one:"), 1, "none: No such file"),
            (("get", "one:file", "none/"), 1, "none/ is no directory"),
            (("put", "none", "nine", "one:new"), 1, "no directory"),
            (("put", "-", "one:"), 2, "name of a file"),
            (("put", "-", "one:x", "--continue"), 2, "gone on with"),
            (("mkdir", "one:dir"), 1, "Choose another name"),
            (("mv", "one:dir", "two:dir"), 2, "one server"),
            (("rm", "one:x", "two:x"), 2, "one server"),
            (("cat", "one:../x"), 1, "path"),
        ):
            self.assertIn(words, self.files(*arguments, status=status), arguments)
        self.assertEqual(os.listdir(self.work), ["dir"])

    def test_edit(self) -> None:
        """An editor gets the very bytes; what was refused is kept."""
        (self.there / "café.cfg").write_bytes(b"caf\xe9=1\r\n")
        editor = self.work / "editor"
        editor.write_text(f'#!/bin/sh\necho "$1" > {self.work}/name\nprintf more=2 >> "$1"\n')
        editor.chmod(0o755)
        self.assertIn("saved", self.files("edit", "one:café.cfg", VISUAL=str(editor)))
        self.assertEqual((self.there / "café.cfg").read_bytes(), b"caf\xe9=1\r\nmore=2")
        self.assertTrue((self.work / "name").read_text().endswith(".cfg\n"))
        self.assertIn("Nothing", self.files("edit", "one:café.cfg", VISUAL="true"))
        self.files("edit", "one:new", VISUAL=str(editor))
        self.assertEqual((self.there / "new").read_text(), "more=2")
        # Somebody else writes to it meanwhile.
        editor.write_text(f'#!/bin/sh\nprintf mine > "$1"\nprintf theirs > {self.there}/new\n')
        said = self.files("edit", "one:new", VISUAL=str(editor), TMPDIR=str(self.work), status=1)
        self.assertEqual((self.there / "new").read_text(), "theirs")
        [kept] = self.work.glob("gamepanel-*")
        self.assertIn(f"kept in {kept}\n", said)
        self.assertEqual((kept.read_text(), stat.S_IMODE(kept.stat().st_mode)), ("mine", 0o600))
        with (self.there / "new").open("wb") as file:
            file.truncate(MiB + 1)
        self.assertIn("files get one:new", self.files("edit", "one:new", status=1))

    def test_trees(self) -> None:
        """Directories go there and come back, with empty ones and programs, without links."""
        source = self.work / "source"
        for name in ("a/b/empty", "c"):
            (source / name).mkdir(parents=True)
        (source / "a" / "ä &?#%").write_bytes(b"\0\xff")
        (source / "a" / "b" / "run").write_text("#!/bin/sh\n")
        (source / "a" / "b" / "run").chmod(0o755)
        (source / "nothing").touch()
        with (source / "c" / "large").open("wb") as large:
            large.truncate(2 * MiB + 1)
        (source / "link").symlink_to("/etc/passwd")
        (source / "away").symlink_to("/etc")
        os.mkfifo(source / "pipe")
        said = self.files("put", "-r", "source", "one:", status=1)
        self.assertIn("one:source/c/large: ", said)
        self.assertIn("takes 2097152 at most", said)
        (source / "c" / "large").unlink()
        for name in ("link", "away", "pipe"):
            self.assertIn(f"source/{name} is left out", said)
        self.assertIn("Sent 3 files, 12 bytes.", said)
        # Again, into the one that is there: what is in it takes the place of what was.
        (source / "nothing").write_text("something")
        self.files("put", "-r", "source/.", "one:source")
        told = json.loads(self.files("get", "-r", "one:source", "back", "--json"))
        self.assertEqual(told, {"files": 3, "bytes": 21})
        for name in ("link", "away", "pipe"):
            (source / name).unlink()
        subprocess.run(["diff", "-r", source, self.work / "back"], check=True)
        self.assertTrue(os.access(self.work / "back" / "a" / "b" / "run", os.X_OK))
        self.assertFalse(os.access(self.work / "back" / "nothing", os.X_OK))
        said = self.files("put", "--keep", "-r", "source/.", "one:source", status=1)
        self.assertEqual(said.count("gamepanel: one:source/"), 3, said)

    def test_links(self) -> None:
        """No link is followed where files are put, or fetched from."""
        outside = self.work / "outside"
        outside.mkdir()
        (outside / "secret").write_text("secret")
        (self.there / "tree" / "sub").mkdir(parents=True)
        (self.there / "tree" / "map").write_text("map")
        (self.there / "tree" / "out").symlink_to(outside)
        (self.there / "tree" / "sub" / "x").write_text("x")
        (self.there / "tree" / "then").touch()
        here = self.work / "here" / "tree"
        here.mkdir(parents=True)
        (here / "map.part").symlink_to(outside / "secret")
        (here / "map").symlink_to(outside / "secret")
        said = self.files("get", "-r", "one:tree/map", "here/tree")
        self.assertEqual((here / "map").read_text(), "map")
        said = self.files("get", "-r", "one:tree", "here")
        self.assertIn("one:tree/out is left out", said)
        self.assertEqual(sorted(os.listdir(here)), ["map", "sub", "then"])
        (here / "then").unlink()
        (here / "sub" / "x").unlink()
        (here / "sub").rmdir()
        (here / "sub").symlink_to(outside)
        self.assertIn("sub: ", self.files("get", "-r", "one:tree", "here", status=1))
        self.assertTrue((here / "then").exists(), "holds up no other")
        self.assertEqual(os.listdir(outside), ["secret"])
        self.assertEqual((outside / "secret").read_text(), "secret")

    def test_streams(self) -> None:
        """What comes from stdin is sent, and a file goes to stdout."""
        content = os.urandom(300_000)
        self.files("put", "-", "one:dump", input=content)
        done = subprocess.run(
            [program, "files", "get", "one:dump", "-"],
            capture_output=True,
            env=self.environment,
            check=True,
        )
        self.assertEqual((done.stdout, done.stderr), (content, b""))
        line = f"{program} files cat one:dump | head -c 10 | wc -c; exit ${{PIPESTATUS[0]}}"
        read = subprocess.run(
            ["bash", "-c", line], capture_output=True, env=self.environment, check=True
        )
        self.assertEqual((read.stdout, read.stderr), (b"10\n", b""))

    def test_terminal(self) -> None:
        """A file commands no terminal; how far it is is shown."""
        (self.there / "evil").write_bytes(b"a\x1b[2Jb\x1b]0;evil\x07c\n")
        terminal = self.terminal("files", "cat", "one:evil")
        self.assertEqual(terminal.status(), 0)
        self.assertEqual(terminal.all, "abc\r\n")
        (self.there / "big").write_bytes(bytes(3 * MiB))
        terminal = self.terminal("files", "get", "one:big", str(self.work))
        self.assertEqual(terminal.status(), 0)
        self.assertIn("100%", terminal.all)

    def test_completion(self) -> None:
        """A path is completed by what is there."""
        (self.there / "world").mkdir()
        (self.there / "world" / "map").touch()
        for begun, found in (
            ("on", ["one:"]),
            ("one:wo", ["world/"]),
            ("one:world/", ["world/map"]),
        ):
            line = f"gamepanel files cat {begun}"
            done = subprocess.run(
                [program],
                capture_output=True,
                text=True,
                check=True,
                env={
                    **self.environment,
                    "_GAMEPANEL_COMPLETE": "bash_complete",
                    "COMP_LINE": line,
                    "COMP_POINT": str(len(line)),
                },
            )
            self.assertEqual(done.stdout.split(), [f"plain,{each}" for each in found])


class JobsTests(FilesCase):
    def test_jobs(self) -> None:
        """Files are copied, packed and unpacked by jobs, which are followed."""
        (self.there / "tree" / "empty").mkdir(parents=True)
        (self.there / "tree" / "map").write_text("a map")
        self.assertIn("give -r", self.files("cp", "one:tree", "one:copy", status=1))
        self.files("cp", "-r", "one:tree", "one:copy")
        self.assertIn("--replace", self.files("cp", "one:tree/map", "one:copy", status=1))
        self.files("cp", "--replace", "one:tree/map", "one:copy")
        self.files("pack", "one:tree", "one:copy/map", "one:all.zip")
        said = self.files("unpack", "one:all.zip", "one:new")
        self.assertIn("one:all.zip is unpacked.", said)
        for name in ("tree", "copy"):
            self.assertEqual((self.there / "new" / name / "map").read_text(), "a map")
        self.assertTrue((self.there / "new" / "tree" / "empty").is_dir())
        begun = json.loads(self.files("unpack", "--replace", "--no-wait", "--json", "one:all.zip"))
        job = self.admin("job_status", job=begun["job"], wait=30)
        self.assertEqual((job["kind"], job["server"]), ("unpack", "one"))

    def test_fetch(self) -> None:
        """What is to be fetched from this host is refused, and said."""
        said = self.files("fetch", "http://127.0.0.1:1/map", "one:", status=1)
        self.assertIn("gamepanel: ", said)
        said = self.files("fetch", "http://[x/a.zip", "one:map", status=1)
        self.assertIn("gamepanel: ", said)
        self.assertEqual(os.listdir(self.there), [])


class BrokenTests(FilesCase):
    """Connections that break off."""

    # A port that is not its own it takes only with a name that it was told.
    options = ("--allow-host", "localhost")

    def setUp(self) -> None:
        super().setUp()
        self.relay = Relay(self.daemon.base)
        self.addCleanup(self.relay.close)
        self.environment |= {
            "GAMEPANEL_URL": self.relay.base,
            "GAMEPANEL_TOKEN": str(self.admin.token),
        }

    def test_upload(self) -> None:
        """A large file is sent in pieces, and gone on with after a lost connection."""
        self.big()
        self.relay.left = 70 * MiB
        self.assertIn("Sent 1 file", self.files("put", "big", "one:"))
        self.assertIsNone(self.relay.left)
        subprocess.run(["cmp", self.work / "big", self.there / "big"], check=True)

    def big(self) -> None:
        """A file that is sent in three pieces."""
        with (self.work / "big").open("wb") as file:
            for number in range(130):
                file.write(bytes([number]) * MiB)

    def test_continue(self) -> None:
        """Another command goes on with an upload; one that is done it sends only if it has to."""
        self.big()
        self.relay.left, self.relay.isLast = 70 * MiB, True
        process = subprocess.Popen(
            [program, "files", "put", "big", "one:"],
            stderr=subprocess.DEVNULL,
            cwd=self.work,
            env=self.environment,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.admin.wait(lambda: self.relay.left is None, "the end of the connection")
        process.kill()
        self.relay.isLast = False
        # Less than all: a try that is refused, since the first was not over yet, counts, too.
        for least, most in ((59, 129), (0, 1)):
            before = self.relay.passed
            self.files("put", "--continue", "big", "one:")
            self.assertTrue(least * MiB <= self.relay.passed - before < most * MiB)
            subprocess.run(["cmp", self.work / "big", self.there / "big"], check=True)
        # The game has written to it since.
        (self.there / "big").write_text("x")
        self.files("put", "--continue", "big", "one:")
        subprocess.run(["cmp", self.work / "big", self.there / "big"], check=True)

    def test_download(self) -> None:
        """What came of a file is gone on with: by itself, and by another command."""
        content = os.urandom(3 * MiB)
        (self.there / "big").write_bytes(content)
        self.relay.backwards = 2 * MiB
        self.files("get", "one:big")
        self.assertIsNone(self.relay.backwards)
        self.assertEqual((self.work / "big").read_bytes(), content)
        self.assertEqual(os.listdir(self.work), ["big"])
        # However often that is, as long as more comes each time.
        self.relay.backwards = self.relay.again = MiB // 4
        self.files("get", "one:big")
        self.relay.backwards = self.relay.again = None
        self.assertEqual((self.work / "big").read_bytes(), content)
        # As a command that was killed leaves it.
        (self.work / "big").unlink()
        revision = self.admin("file_read", server="one", path="big", limit=4, encoding="base64")
        (self.work / "big.part.revision").write_text(revision["revision"])
        (self.work / "big.part").write_bytes(content[:MiB])
        self.relay.backwards = int(2.5 * MiB)
        self.files("get", "--continue", "one:big")
        self.assertGreater(self.relay.backwards, 0)
        self.assertEqual((self.work / "big").read_bytes(), content)
        # Another file by now, or not gone on with.
        for arguments, noted in ((("--continue",), "another"), ((), revision["revision"])):
            (self.work / "big.part.revision").write_text(noted)
            (self.work / "big.part").write_bytes(b"x" * MiB)
            self.files("get", *arguments, "one:big")
            self.assertEqual((self.work / "big").read_bytes(), content)
            self.assertEqual(os.listdir(self.work), ["big"])
