"""
What an isolated game sees, as arguments of bubblewrap; what is looked for on the host's disk; and
that it holds, with real processes.
"""

import os
import stat

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.process.launch import Launch
from gamepanel.process.sandbox import Sandbox, begun, bubblewrap, nothingHidden
from gamepanel.process.seen import Visible, privateIn, programTrees

ending = ["--", "/bin/sh", "-c", begun, "sandbox"]


def steps(sandbox: Sandbox) -> list[str]:
    """What is mounted, made and sealed, a line for each step."""
    words = bubblewrap(sandbox, isRoot=False)
    lines: list[list[str]] = []
    for word in words[5 : -len(ending)]:
        lasting = lines and lines[-1][-2:-1] in (["--perms"], ["--size"])
        if word.startswith("--") and not lasting:
            lines.append([word])
        else:
            lines[-1].append(word)
    return [" ".join(line) for line in lines]


memory = "--perms 1777 --size 536870912 --tmpfs"


class BubblewrapTests(SynchronousTestCase):
    def test_nothing(self) -> None:
        """Who is shown nothing has devices, processes of its own, and memory to write to."""
        self.assertEqual(
            steps(Sandbox()),
            [
                "--dev /dev",
                f"{memory} /dev/shm",
                "--proc /proc",
                f"{memory} /tmp",
                "--remount-ro /dev",
                "--remount-ro /",
            ],
        )

    def test_ends(self) -> None:
        """The namespaces come first; as root all capabilities go but those of setpriv."""
        words = bubblewrap(Sandbox(), isRoot=False)
        namespaces = ["--unshare-pid", "--unshare-ipc", "--new-session", "--die-with-parent"]
        self.assertEqual(words[:5], ["/usr/bin/bwrap", *namespaces])
        self.assertEqual(words[-len(ending) :], ending)
        sealed = bubblewrap(Sandbox(isSealed=True), isRoot=False)
        self.assertEqual(sealed[5:7], ["--unshare-user", "--disable-userns"])
        root = bubblewrap(Sandbox(), isRoot=True)
        added = ["--cap-drop", "ALL"]
        for name in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            added += ["--cap-add", name]
        self.assertEqual(root, [*words[: -len(ending)], *added, *ending])

    def test_whole(self) -> None:
        """Who is not isolated sees all of the disk, and nothing but its own processes."""
        words = bubblewrap(nothingHidden, isRoot=False)
        namespace = ["--unshare-pid", "--new-session", "--die-with-parent"]
        seen = ["--dev-bind", "/", "/", "--proc", "/proc"]
        self.assertEqual(words, ["/usr/bin/bwrap", *namespace, *seen, *ending])

    def test_order(self) -> None:
        """
        Outer directories come before inner ones, those in between are made, and what is seen
        already is not mounted again.
        """
        found = steps(
            Sandbox(
                readable=("/usr/share/x", "/usr", "/etc", "/srv/game/bin"),
                links={"/bin": "usr/bin"},
                hiddenDirectories=("/etc/ssl/private",),
                hiddenFiles=("/etc/shadow",),
                replaced={"/etc/passwd": "/s/a/passwd"},
                writable=("/s/servers/a/files",),
            )
        )
        self.assertEqual(
            [line for line in found if not line.startswith(memory)],
            [
                "--symlink usr/bin /bin",
                "--dev /dev",
                "--ro-bind-try /etc /etc",
                "--ro-bind /s/a/passwd /etc/passwd",
                "--ro-bind /dev/null /etc/shadow",
                "--perms 0711 --tmpfs /etc/ssl/private",
                "--proc /proc",
                "--perms 0755 --dir /s",
                "--perms 0755 --dir /s/servers",
                "--perms 0755 --dir /s/servers/a",
                "--bind /s/servers/a/files /s/servers/a/files",
                "--perms 0755 --dir /srv",
                "--perms 0755 --dir /srv/game",
                "--ro-bind-try /srv/game/bin /srv/game/bin",
                "--ro-bind-try /usr /usr",
                "--remount-ro /dev",
                "--remount-ro /etc/ssl/private",
                "--remount-ro /",
            ],
        )

    def test_stateInside(self) -> None:
        """A state directory inside of what is seen is hidden, and only the server's own shows."""
        found = steps(
            Sandbox(
                readable=("/opt", "/opt/state/runtimes/21"),
                hiddenDirectories=("/opt/state",),
                writable=("/opt/state/servers/a/files",),
            )
        )
        start = found.index("--ro-bind-try /opt /opt")
        self.assertEqual(
            found[start : start + 7],
            [
                "--ro-bind-try /opt /opt",
                "--perms 0711 --tmpfs /opt/state",
                "--perms 0755 --dir /opt/state/runtimes",
                "--ro-bind-try /opt/state/runtimes/21 /opt/state/runtimes/21",
                "--perms 0755 --dir /opt/state/servers",
                "--perms 0755 --dir /opt/state/servers/a",
                "--bind /opt/state/servers/a/files /opt/state/servers/a/files",
            ],
        )
        self.assertIn("--remount-ro /opt/state", found)

    def test_inTmp(self) -> None:
        """A state directory below /tmp lies in the game's own /tmp."""
        found = steps(Sandbox(hiddenDirectories=("/tmp/s",), writable=("/tmp/s/a",)))
        self.assertLess(found.index(f"{memory} /tmp"), found.index("--bind /tmp/s/a /tmp/s/a"))


class VisibleTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.root = os.path.realpath(self.mktemp())
        os.makedirs(f"{self.root}/home")

    def write(self, path: str, text: str = "", mode: int = 0o755) -> str:
        """Make a file, and the directories that it is in."""
        whole = f"{self.root}/{path}"
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w") as file:
            file.write(text)
        os.chmod(whole, mode)
        return whole

    def trees(self, *command: str, path: str = "") -> list[str]:
        """The directories of a program, below that of the test."""
        home = f"{self.root}/home"
        launch = Launch(command, {"PATH": path, "HOME": home}, {}, home)
        return [os.path.relpath(tree, self.root) for tree in programTrees(command[0], launch, home)]

    def test_program(self) -> None:
        """The directory of a program, by its path or by PATH; none for one of its own."""
        program = self.write("opt/game/server")
        self.assertEqual(self.trees(program), ["opt/game"])
        self.assertEqual(self.trees("server", path=f"{self.root}/opt/game"), ["opt/game"])
        self.assertEqual(self.trees("missing", path=f"{self.root}/opt/game"), [])
        self.write("home/server")
        self.assertEqual(self.trees("./server"), [])

    def test_links(self) -> None:
        """A link's directory, and all of those that it leads to."""
        self.write("real/lib/server")
        os.makedirs(f"{self.root}/bin")
        os.symlink("../real/lib/server", f"{self.root}/bin/server")
        self.assertEqual(self.trees(f"{self.root}/bin/server"), ["bin", "real/lib"])
        os.symlink("bin", f"{self.root}/other")
        self.assertEqual(self.trees(f"{self.root}/other/server"), ["other", "bin", "real/lib"])

    def test_script(self) -> None:
        """A script's interpreter, and all of a Python environment."""
        self.write("python/bin/python")
        self.write("venv/pyvenv.cfg")
        self.write("venv/bin/server", f"#!{self.root}/venv/bin/python -I\n")
        os.symlink(f"{self.root}/python/bin/python", f"{self.root}/venv/bin/python")
        self.assertEqual(self.trees(f"{self.root}/venv/bin/server"), ["venv", "venv", "python/bin"])

    def test_cutLine(self) -> None:
        """A zero byte ends the name of an interpreter, as it does for the kernel."""
        self.write("python/bin/python")
        self.write("opt/server", f"#!{self.root}/python/bin/python\0x\n")
        self.assertEqual(self.trees(f"{self.root}/opt/server"), ["opt", "python/bin"])
        self.write("opt/server", "#!\0\n")
        self.assertEqual(self.trees(f"{self.root}/opt/server"), ["opt"])

    def test_together(self) -> None:
        """All of an installation of Python or Java."""
        self.write("python/lib/python3.13/os.py")
        self.write("python/bin/python3")
        self.write("java/release")
        self.write("java/bin/java")
        self.assertEqual(self.trees(f"{self.root}/python/bin/python3"), ["python"])
        self.assertEqual(self.trees(f"{self.root}/java/bin/java"), ["java"])

    def test_private(self) -> None:
        """What not everybody may read, whoever it belongs to, and whatever is in it."""
        self.write("etc/shown", mode=0o644)
        self.write("etc/shadow", mode=0o640)
        self.write("etc/key/inside", mode=0o644)
        os.chmod(f"{self.root}/etc/key", 0o750)
        self.write("etc/open/secret", mode=0o600)
        os.symlink("shadow", f"{self.root}/etc/link")
        found = [os.path.relpath(path, self.root) for path in privateIn(f"{self.root}/etc")]
        self.assertEqual(sorted(found), ["etc/key", "etc/open/secret", "etc/shadow"])
        self.assertEqual(list(privateIn(f"{self.root}/missing")), [])
        with os.scandir(f"{self.root}/etc/open") as listed:
            entries = list(listed)
        os.unlink(f"{self.root}/etc/open/secret")
        self.patch(os, "scandir", lambda path: entries)
        self.assertEqual(list(privateIn(f"{self.root}/etc/open")), [])

    def test_sandbox(self) -> None:
        """What is there of the host's and the type's own; the state directory is not."""
        self.write("opt/game/server")
        self.write("other/needed")
        os.makedirs(f"{self.root}/shown")
        visible = Visible(f"{self.root}/state", (f"{self.root}/shown", f"{self.root}/missing"))
        home = f"{self.root}/home"
        launch = Launch((f"{self.root}/opt/game/server",), {"PATH": ""}, {}, home)
        found = visible.sandbox(
            home,
            launch,
            [f"{self.root}/opt", "/"],
            [f"{self.root}/other/needed"],
            [("/etc/passwd", "/x")],
        )
        self.assertEqual(
            [path for path in found.readable if path.startswith(self.root)],
            [
                f"{self.root}/shown",
                f"{self.root}/opt",
                f"{self.root}/opt/game",
                f"{self.root}/other",
            ],
        )
        self.assertNotIn("/", found.readable)
        self.assertEqual(found.hiddenDirectories[0], f"{self.root}/state")
        self.assertEqual(found.replaced, {"/etc/passwd": "/x"})
        self.assertEqual(found.writable, (home,))

    def test_programOfAnother(self) -> None:
        """
        A program below the state directory shows nothing of it but the runtimes that servers
        share, whatever link leads there.
        """
        state = f"{self.root}/state"
        other = self.write("state/servers/other/files/run.sh")
        java = self.write("state/shared/java-21/bin/java")
        self.write("state/shared/java-21/release")
        os.makedirs(f"{self.root}/bin")
        os.symlink(other, f"{self.root}/bin/link")
        home = f"{self.root}/home"
        for program, shown in (
            (other, []),
            (f"{self.root}/bin/link", [f"{self.root}/bin"]),
            (java, [f"{state}/shared/java-21"]),
        ):
            launch = Launch((program,), {"PATH": ""}, {}, home)
            found = Visible(state, ()).sandbox(home, launch)
            self.assertEqual([path for path in found.readable if "resolv" not in path], shown)

    def test_host(self) -> None:
        """Of this host: programs, and /etc without what is secret; nobody's home."""
        found = Visible(f"{self.root}/state").sandbox(
            f"{self.root}/home", Launch(("sh",), {"PATH": "/bin"}, {}, "/"), []
        )
        self.assertLessEqual({"/usr", "/etc"}, {*found.readable})
        self.assertEqual({*found.readable} & {"/", "/root", "/home", "/var", "/run"}, set())
        if os.path.exists("/etc/shadow"):
            self.assertIn("/etc/shadow", found.hiddenFiles)
        for path in found.hiddenFiles:
            self.assertFalse(os.stat(path).st_mode & stat.S_IROTH, path)
