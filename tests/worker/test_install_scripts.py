"""Scripts that install a server: what they are given, what they can't do, what is left of them."""

import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.installing import Script, decodeSteps
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.process.launch import Account, Launch
from gamepanel.process.sandbox import Sandbox, programBubblewrap, scriptSandbox
from gamepanel.process.seen import Visible
from gamepanel.worker.confining import scriptSurroundings
from gamepanel.worker.steps import running, scripts
from gamepanel.worker.steps.perform import perform
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.running import Ended, Order, ProgramsOfOther
from gamepanel.worker.steps.task import Outcome, Task
from gamepanel.worker.steps.task import Sources as Where
from gamepanel.worker.steps.work import Work
from tests.support import needIsolation, patience
from tests.worker.stepcase import Bench, listing

hostile = "a'b\"c\n$(touch /mnt/server/pwned) `touch /mnt/server/pwned` ${HOME} \\ -x"
"""A value that means much to a shell."""


class Fake:
    """Runs no program, but does what one would."""

    def __init__(self, does: Callable[[Order], Ended | int], says: bytes = b"") -> None:
        self.areIsolated = True
        self.orders: list[Order] = []
        self._does = does
        self._says = says

    def run(self, order: Order, heard: Callable[[bytes], None] | None = None) -> Ended:
        """Do it."""
        self.orders.append(order)
        for line in self._says.splitlines(keepends=True):
            assert heard is not None
            heard(line)
        ended = self._does(order)
        return ended if isinstance(ended, Ended) else Ended(ended)


class ScriptCase(SynchronousTestCase):
    """Steps are performed in a bench, without a source."""

    path = "/usr/bin:/bin"

    def setUp(self) -> None:
        self.bench = Bench(os.path.abspath(self.mktemp()), Requests(Where()))
        self.staged = Path(self.bench.staging)
        self.told: list[Progress] = []
        self.lines: list[str] = []
        self.options: dict[str, Any] = {}

    def perform(self, programs: running.Programs, *steps: Mapping[str, Any]) -> Outcome:
        """Perform steps."""
        task = Task("cave", "x86_64", self.path, self.options, programs=programs)
        report = Report(self.told.append, self.lines.append)
        return perform(decodeSteps(steps), task, self.bench, report, Requests(Where()))

    def fails(self, programs: running.Programs, *steps: Mapping[str, Any]) -> str:
        """Why that fails."""
        return str(self.assertRaises(Failed, self.perform, programs, *steps))


class StepTests(ScriptCase):
    def write(self, **files: str) -> Callable[[Order], int]:
        """A script that leaves these files."""

        def does(order: Order) -> int:
            for name, text in files.items():
                (self.staged / name).write_text(text)
            return 0

        return does

    def test_given(self) -> None:
        """It has the text, its variables and the stubs, in a directory that is gone afterwards."""
        home = Path(self.bench.scripts["/home/script"])
        seen: dict[str, str] = {}

        def does(order: Order) -> int:
            seen.update({p.name: p.read_text() for p in home.iterdir() if p.is_file()})
            seen["stubs"] = " ".join(sorted(os.listdir(home / ".stubs")))
            self.assertEqual(os.listdir(self.bench.scripts["/tmp"]), [])
            return self.write(a="")(order)

        self.options.update(name=hostile, on=True, none=None, path="/evil", ld_preload="/evil.so")
        environment = {"ServerName": "{name}!", "APP": "740", "WHERE": "{directory}"}
        text = "#!/bin/ash\r\nset -e\r\necho {name}\n"
        programs = Fake(does)
        self.perform(programs, {"script": text, "environment": environment, "patience": 7})
        pairs = [pair.partition("=")[::2] for pair in seen[".environment"].split("\0") if pair]
        self.assertEqual(
            dict(pairs),
            {
                "NAME": hostile,
                "ON": "true",
                "NONE": "",
                "ServerName": f"{hostile}!",
                "APP": "740",
                "WHERE": "/mnt/server",
                "PATH": "/home/script/.stubs:/usr/bin:/bin",
            },
        )
        self.assertEqual(seen[".script"], "#!/bin/ash\nset -e\necho {name}\n")
        for name in ("apt-get", "chown", "groupadd", "su", "sudo", "usermod"):
            self.assertIn(name, seen["stubs"].split())
        (order,) = programs.orders
        self.assertEqual((order.patience, order.isScript), (7, True))
        self.assertNotIn("touch", " ".join(order.command))
        self.assertFalse(home.exists())
        self.assertEqual(listing(self.bench.staging), ["a"])

    def test_java(self) -> None:
        """Java that a step before has found is in its PATH."""
        steps = decodeSteps([{"java": "21"}, {"script": "x"}])
        task = Task("cave", "x86_64", self.path, {"a": 1})
        work = Work(steps, task, self.bench, Report(self.told.append), Requests(Where()))
        work.variables["java_program"] = "/j/bin/java"
        assert isinstance(steps[1], Script)
        found = scripts.environment(work, steps[1], "/s")
        self.assertEqual(found["PATH"], "/s:/j/bin:/usr/bin:/bin")
        self.assertEqual((found["A"], found["JAVA_PROGRAM"]), ("1", "/j/bin/java"))

    def test_told(self) -> None:
        """Its lines are progress, and the last one says why it failed."""
        says = b"first\n\nlast words\n\n"
        reason = self.fails(Fake(lambda order: 3, says), {"script": "secret?x"})
        self.assertIn("Install step 1 of 1 (script) has failed", reason)
        self.assertIn("exit code 3: last words", reason)
        self.assertIn("Running the script: first", [each.step for each in self.told])
        self.assertEqual(self.lines, ["Running the script"])

    def test_ends(self) -> None:
        """It has to end with 0, in time, and to leave a file."""
        step = {"script": "x"}
        self.assertIn("signal 9", self.fails(Fake(lambda order: -9), step))
        late = Fake(lambda order: Ended(-9, isLate=True))
        self.assertIn("more than 5 s", self.fails(late, {"script": "x", "patience": 5}))
        self.assertIn("left no file", self.fails(Fake(lambda order: 0), step))

        def directory(order: Order) -> int:
            (self.staged / "a/b").mkdir(parents=True)
            return 0

        self.assertIn("left no file", self.fails(Fake(directory), step))
        # Where another step has worked in place, there may be no need.
        self.perform(Fake(lambda order: 0), {"run": ["/bin/true"]}, step)

    def test_isolated(self) -> None:
        """Where programs are not isolated it is not run."""
        programs = Fake(lambda order: 0)
        programs.areIsolated = False
        self.assertIn("isolated only", self.fails(programs, {"script": "x"}))
        self.assertEqual(programs.orders, [])

    def test_leaves(self) -> None:
        """What can't be installed is left out and named; all else can be read and changed."""

        def does(order: Order) -> int:
            (self.staged / "dir/deep").mkdir(parents=True)
            (self.staged / "dir/deep/file").write_text("x")
            (self.staged / "program").write_text("x")
            os.chmod(self.staged / "program", 0o6755)
            os.chmod(self.staged / "dir/deep/file", 0)
            os.symlink("dir/deep/file", self.staged / "inside")
            os.symlink("/etc/passwd", self.staged / "outside")
            os.symlink("../../x", self.staged / "dir/up")
            os.mkfifo(self.staged / "dir/pipe\n[gamepanel] forged")
            with socket.socket(socket.AF_UNIX) as bound:
                descriptor = os.open(self.staged, os.O_RDONLY)
                bound.bind(f"/proc/self/fd/{descriptor}/socket")
                os.close(descriptor)
            for number in range(30):
                os.symlink("/", self.staged / f"dir/deep/x{number}")
            for name in ("dir/deep", "dir", "."):
                os.chmod(self.staged / name, 0)
            return 0

        self.perform(Fake(does), {"script": "x"})
        self.assertEqual(listing(self.bench.staging), ["dir/deep/file", "inside", "program"])
        modes = {
            n: stat.S_IMODE((self.staged / n).stat().st_mode) for n in listing(str(self.staged))
        }
        self.assertEqual(modes, {"dir/deep/file": 0o600, "inside": 0o600, "program": 0o750})
        text = "\n".join(self.lines)
        for part in (
            "outside (a link that leads elsewhere)",
            "dir/up (a link that leads elsewhere)",
            "dir/pipe [gamepanel] forged (a named pipe)",
            "socket (a socket)",
            "program (only its setuid bit)",
            "more were left out",
        ):
            self.assertIn(part, text)
        self.assertLess(len(self.lines), 30)

    def test_tooMany(self) -> None:
        """More files than an archive may hold are refused."""
        self.patch(scripts, "maxFiles", 5)
        files = {f"a{number}": "" for number in range(6)}
        self.assertIn("more than 5 files", self.fails(Fake(self.write(**files)), {"script": "x"}))

    def test_holes(self) -> None:
        """A file of holes, which would be read for hours, is refused; smaller ones are not."""

        def does(size: int) -> Callable[[Order], int]:
            def leave(order: Order) -> int:
                (self.staged / "hole").write_text("x")
                os.truncate(self.staged / "hole", size)
                return 0

            return leave

        self.patch(scripts, "holesAllowed", 2**30)
        self.perform(Fake(does(2**20)), {"script": "x"})
        reason = self.fails(Fake(does(2**40)), {"script": "x"})
        self.assertIn("files of 1024 GiB of which only 0 GiB were written", reason)


class ViewTests(SynchronousTestCase):
    def test_view(self) -> None:
        """A script may write to directories of its own, and to none of the server's."""
        given = Sandbox(("/usr",), {}, ("/s",), writable=("/s/a/files", "/s/a/install/staged"))
        own = {"/mnt/server": "/s/a/install/staged", "/tmp": "/s/a/install/temporary"}
        command = programBubblewrap(scriptSandbox(given, own), isRoot=False)
        binds = [command[at + 1 : at + 3] for at, word in enumerate(command) if word == "--bind"]
        self.assertEqual(binds, [[source, path] for path, source in own.items()])
        self.assertNotIn("/s/a/files", command)

    def test_inUse(self) -> None:
        """Where the daemon's own directories are below /tmp, that is in memory as for a game."""
        given = Sandbox(("/usr",), {}, ("/tmp/s",))
        own = {"/mnt/server": "/tmp/s/staged", "/tmp": "/tmp/s/temporary"}
        found = scriptSandbox(given, own)
        self.assertEqual(found.mounted, {"/mnt/server": "/tmp/s/staged"})
        self.assertIn("--tmpfs", programBubblewrap(found, isRoot=False))


class InSandbox:
    """Runs scripts in a real sandbox, as another user where we are root."""

    areIsolated = True

    def __init__(self, bench: Bench, path: str) -> None:
        self._bench = bench
        isRoot = os.geteuid() == 0
        self._account = Account(65534, 65534, None) if isRoot else None
        home = bench.directory
        launch = Launch(("/bin/sh",), {"PATH": path, "HOME": home}, {}, home, self._account)
        state = os.path.dirname(home)
        sandbox = Visible(state).installing(launch, (), (), f"{state}/shared", bench.staging)
        given = msgspec.to_builtins(sandbox)
        self._scripts = scriptSurroundings(given, self._account, path, bench.scripts)

    def run(self, order: Order, heard: Callable[[bytes], None] | None = None) -> Ended:
        """Run it."""
        if self._account is not None:
            for root in self._bench.scripts.values():
                for path, _, files in os.walk(root):
                    for each in (path, *(os.path.join(path, name) for name in files)):
                        os.chown(each, self._account.uid, self._account.gid)
        ours, its = socket.socketpair()
        around = running.Surroundings(lambda: (), "/", {}, "/", self._scripts)
        thread = threading.Thread(target=running.serve, args=(its, around))
        thread.start()
        try:
            return ProgramsOfOther(ours, True).run(order, heard)
        finally:
            ours.close()
            thread.join()


class SandboxTests(ScriptCase):
    def setUp(self) -> None:
        super().setUp()
        needIsolation()
        Path(self.bench.directory, "world").write_text("world")

    def said(self, text: str, *before: Mapping[str, Any], **more: Any) -> list[str]:
        """What a script has written into the file C{said}."""
        script = f"exec 9>&1 >said 2>&1\n{text}\n"
        self.perform(InSandbox(self.bench, self.path), *before, {"script": script, **more})
        return (self.staged / "said").read_text().splitlines()

    def failsIn(self, text: str, **more: Any) -> str:
        """Why a script fails, in the sandbox."""
        return self.fails(InSandbox(self.bench, self.path), {"script": text, **more})

    def test_places(self) -> None:
        """It works on what is staged, has a home and a temporary directory, and sees no more."""
        bench, state = self.bench, os.path.dirname(self.bench.directory)
        said = self.said(
            f"""
            pwd; echo $HOME $TMPDIR; ls -A
            touch $HOME/x $TMPDIR/x && echo own
            cat {bench.directory}/world || echo no world
            ls {state} {state}/servers
            ls -d /home/* ; ls /mnt
            echo x >/mnt/server/../../usr/x; echo x >/mnt/server/../x; mkdir /x; echo x >/etc/x
            cat /proc/*/comm | sort -u | tr '\\n' ' '
            """,
            {"write": "before", "text": "x"},
        )
        self.assertEqual(said[:4], ["/mnt/server", "/home/script /tmp", "before", "said"])
        text = "\n".join(said)
        self.assertIn("own\n", text)
        self.assertIn("no world", text)
        self.assertIn("/home/script", said)
        self.assertNotIn("staged", text.replace("Read-only", ""))
        self.assertNotIn("python", said[-1])
        self.assertEqual(text.count("Read-only file system"), 4, text)
        self.assertEqual(listing(self.bench.staging), ["before", "said"])
        self.assertEqual(listing(self.bench.directory), ["world"])
        for path in ("/home/script", "/tmp"):
            self.assertFalse(os.path.exists(bench.scripts[path]))

    def test_values(self) -> None:
        """Values are in its environment as they are, and no part of any shell's text."""
        self.options.update(name=hostile, uid="7", bash_env="/mnt/server/evil", ifs="x")
        said = self.said(
            'printf "%s" "$NAME" >name; printf "%s" "$Other" >other; echo "$UID-${BASH_ENV-none}"',
            {"write": "evil", "text": "touch /mnt/server/pwned"},
            environment={"Other": "{name}"},
        )
        for name in ("name", "other"):
            self.assertEqual((self.staged / name).read_text(), hostile)
        self.assertNotEqual(said, ["7-none"])
        self.assertTrue(said[0].endswith("-none"), said)
        self.assertFalse((self.staged / "pwned").exists())

    def test_stubs(self) -> None:
        """What a container's root would do does nothing, and says so; sudo runs the rest."""
        said = self.said(
            """
            set -e
            apt update; apt-get install -y curl; apk add bash; yum x; dnf x; adduser a; useradd a
            groupadd a; usermod a; chown -R root:root /mnt; chsh x; su - a
            sudo -u root -E A=1 sh -c 'echo $A'
            sudo -- echo two; sudo
            """
        )
        self.assertEqual(sum("does nothing here" in line for line in said), 12)
        self.assertEqual(said[-2:], ["1", "two"])

    def test_texts(self) -> None:
        """Lines may end as on Windows, without a first line that names a shell, and be many."""
        self.assertEqual(self.said("#!/bin/ash\r\nif true; then\r\necho a\r\nfi\r"), ["a"])
        long = "# " + "x" * 1_000_000
        self.assertEqual(self.said(f"{long}\necho b"), ["b"])

    def test_ends(self) -> None:
        """It ends with 0 or has failed, whatever it has done; and within its patience."""
        for text, reason in (
            ("touch all; exit 1", "exit code 1"),
            ("touch a; kill -9 $$", "exit code 137"),
            ("rm -rf /mnt/server; exit 0", "left no file"),
            ("touch a; sleep 600", "more than 1 s"),
            ("touch a; trap '' TERM INT; while :; do :; done", "more than 1 s"),
            ("syntax (", "exit code 2: "),
        ):
            given = 1.0 if "1 s" in reason else 2 * patience
            self.assertIn(reason, self.failsIn(text, patience=given))

    def test_parents(self) -> None:
        """It can't end what runs it, makes no device, and nothing of it outlives it."""
        seconds = f"{os.getpid()}87654"
        said = self.said(
            f"""
            kill -9 1; kill -9 $PPID
            mknod disk b 8 0 || echo no device
            setsid -f sleep {seconds} 9>&-
            echo end
            """
        )
        self.assertIn("no device", said)
        self.assertEqual(said[-1], "end")

        def lives() -> bool:
            found = psutil.process_iter(["cmdline"])
            return any(each.info["cmdline"] == ["sleep", seconds] for each in found)

        # The kernel ends it with the first process of its namespace, for which nobody waits.
        end = time.monotonic() + patience
        while lives():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_forks(self) -> None:
        """It can't have more processes than a bound, also where there is no control group."""
        self.patch(scripts, "mostProcesses", 60)
        fork = "for ((i = 0; i < 100; i++)); do sleep 600 & done; touch all"
        self.assertIn("more than 3 s", self.failsIn(fork, patience=3.0))
        self.assertFalse((self.staged / "all").exists())

    def test_denied(self) -> None:
        """What it denies to itself is staged, and thrown away, all the same."""
        self.said("mkdir -p a/b; echo x >a/b/c; chmod 0 a/b/c a/b a ~ /mnt/server")
        self.assertEqual(listing(self.bench.staging), ["a/b/c", "said"])
        self.assertFalse(os.path.exists(self.bench.scripts["/home/script"]))
