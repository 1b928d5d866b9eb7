"""Scripts that install servers of a daemon: updates, the end of a job, and where none is run."""

import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil
from twisted.trial.unittest import SynchronousTestCase

from tests.process.test_server_users import ownIds
from tests.support import (
    Daemon,
    Refused,
    freePort,
    need,
    needIsolation,
    needMounts,
    needRoot,
    patience,
)

installing = """
title = "Installed by a script"
[[options]]
name = "version"
title = "Version"
type = "string"
default = "1"
[[install]]
write = "config"
text = "default"
[[install]]
script = '''
set -e
cat config; echo; rm -rf /mnt/server/* /mnt/server/.[!.]*
echo "world: $(ls world 2>/dev/null || echo none)"
echo "proxy: $http_proxy $https_proxy $no_proxy"
echo "default $VERSION" > config
echo "game $VERSION" > game
[ "$VERSION" != 1 ] || echo old > old
mkfifo pipe
[ "$VERSION" != broken ] || exit 3
'''
[run]
command = ["bash", "-c", 'echo "$http_proxy proxy, $NAME"; exec cat']
environment = { NAME = "{version}" }
"""

waiting = """
title = "Takes long"
[[install]]
script = "echo x >file; (trap '' TERM; exec -a {pid}9876 sleep 6000) & echo up; wait"
[run]
command = ["cat"]
"""

binding = """
title = "Binds a port"
[[install]]
script = '''
perl -MIO::Socket::INET -e '
  $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => {port}, Listen => 1) or die $!;
  fork and exit;
  sleep 6000' >/dev/null 2>&1 || exit 1
touch bound
'''
[run]
command = ["cat"]
"""

filling = """
title = "Fills the disk"
[[options]]
name = "mebibytes"
title = "Size"
type = "integer"
default = 1
[[install]]
script = 'head -c "${MEBIBYTES}M" /dev/zero >game || exit 4'
[run]
command = ["cat"]
"""

shell = """
title = "A shell's command"
[run]
command = ["bash", "-c", "exec cat"]
"""


class ScriptJobTests(SynchronousTestCase):
    def begin(self, *options: str, disk: str | None = None) -> None:
        """
        Start a daemon with types for this.

        @param disk: the size of a disk of its own for its state.
        """
        proxies = ("http_proxy=http", "https_proxy=https", "no_proxy=no")
        self.daemon = Daemon(options, wrapper=("env", *proxies))
        self.addCleanup(self.daemon.cleanUp)
        if disk is not None:
            mount = ["mount", "-t", "tmpfs", "-o", f"size={disk}", "tmpfs", self.daemon.state]
            subprocess.run(mount, check=True)
            self.addCleanup(subprocess.run, ["umount", "--lazy", self.daemon.state], check=True)
        self.port = freePort()
        types = Path(self.daemon.state, "types")
        types.mkdir()
        for name, text in (
            ("script", installing),
            ("waiting", waiting),
            ("binding", binding.replace("{port}", str(self.port))),
            ("filling", filling),
            ("command", shell),
        ):
            (types / f"{name}.toml").write_text(text.replace("{pid}", str(os.getpid())))
        self.client = self.daemon.start()
        self.place = Path(self.daemon.state, "servers/a")
        self.files = self.place / "files"

    def over(self, job: int) -> Any:
        """Wait for the end of a job."""

        def look() -> Any:
            found = self.client("job_status", job=job, wait=1)
            return found if found["status"] not in ("queued", "running") else None

        return self.client.wait(look, f"the end of job {job}", 2 * patience)

    def printed(self, job: int) -> list[str]:
        """What a job has printed."""
        return [str(line) for line in self.client("job_log", job=job)["data"].splitlines()]

    def sleepers(self) -> list[psutil.Process]:
        """Processes of a script that waits."""
        name = f"{os.getpid()}9876"
        processes = psutil.process_iter(["cmdline"])
        return [each for each in processes if (each.info["cmdline"] or [""])[0] == name]

    def there(self) -> dict[str, str]:
        """The files of the server."""
        return {path.name: path.read_text() for path in self.files.iterdir()}

    def refused(self, endpoint: str, **message: Any) -> str:
        """Why that can't be done here."""
        with self.assertRaises(Refused) as caught:
            self.client(endpoint, **message)
        self.assertEqual((caught.exception.status, caught.exception.code), (409, "unsupported"))
        return str(caught.exception.problem["detail"])

    def test_updates(self) -> None:
        """
        Each update is a first install to a script: the world and what somebody has edited stay,
        whatever it removes, and what its new version lacks goes. The game has no proxies.
        """
        self.begin(*needIsolation())
        self.updates()

    def test_serverUsers(self) -> None:
        """The same where each server has a user id of its own, whose files these are."""
        needRoot("run games as other users")
        needIsolation()
        uid = ownIds + 50
        self.begin("--isolate", "on", "--server-users", f"{uid}-{uid}")
        self.updates()
        owners = {path.stat().st_uid for path in self.files.iterdir()}
        self.assertEqual(owners, {uid})

    def updates(self) -> None:
        """Install a server, and update it: once that fails, and once that does not."""
        job = self.client("server_create", type="script", server="a")["job"]
        ended = self.over(job)
        self.assertEqual((ended["status"], ended["error"]), ("done", None))
        first = {"config": "default 1\n", "game": "game 1\n", "old": "old\n"}
        self.assertEqual(self.there(), first)
        lines = self.printed(job)
        for line in ("default", "world: none", "proxy: http https no"):
            self.assertIn(line, lines)
        self.assertTrue(any("pipe (a named pipe)" in line for line in lines), lines)
        # As the game's user would.
        owner = (self.files / "game").stat()
        (self.files / "world").write_text("world")
        os.chown(self.files / "world", owner.st_uid, owner.st_gid)
        (self.files / "config").write_text("edited")
        self.client("server_settings", server="a", settings={"version": "broken"})
        ended = self.over(self.client("server_update", server="a")["job"])
        self.assertEqual(ended["status"], "failed")
        self.assertIn("exit code 3", ended["error"])
        self.assertEqual(self.there(), {**first, "config": "edited", "world": "world"})
        self.client("server_settings", server="a", settings={"version": "2"})
        ended = self.over(self.client("server_update", server="a")["job"])
        self.assertEqual(ended["status"], "done")
        news = {"game": "game 2\n", "config": "edited", "config.new": "default 2\n"}
        self.assertEqual(self.there(), {**news, "world": "world"})
        self.assertEqual(os.listdir(self.place / "install/staged"), [])
        self.client("server_start", server="a")
        self.client.wait(
            lambda: " proxy, 2" in self.client("server_log", server="a")["data"].splitlines(),
            "the game",
        )

    def test_port(self) -> None:
        """A port that a script has bound is free when it has ended."""
        need("perl")
        self.begin(*needIsolation())
        self.over(self.client("server_create", type="binding", server="a")["job"])
        self.assertEqual(list(self.there()), ["bound"])

        def isFree() -> bool:
            with socket.socket() as taken:
                try:
                    taken.bind(("127.0.0.1", self.port))
                except OSError:
                    return False
                return True

        self.client.wait(isFree, "the port")

    def test_fullDisk(self) -> None:
        """A script that fills the disk has failed; what it has written goes, and no more."""
        needMounts()
        self.begin(*needIsolation(), disk="60m")
        self.over(self.client("server_create", type="filling", server="a")["job"])
        self.assertEqual(len(self.there()["game"]), 1 << 20)
        self.client("server_settings", server="a", settings={"mebibytes": 1000})
        ended = self.over(self.client("server_update", server="a")["job"])
        self.assertEqual(ended["status"], "failed")
        self.assertEqual(len(self.there()["game"]), 1 << 20)
        self.client("server_settings", server="a", settings={"mebibytes": 2})
        ended = self.over(self.client("server_update", server="a")["job"])
        self.assertEqual((ended["status"], ended["error"]), ("done", None))
        self.assertEqual(len(self.there()["game"]), 2 << 20)

    def test_cancelled(self) -> None:
        """With a job all of its script ends, and nothing of it is left."""
        self.begin(*needIsolation())
        job = self.client("server_create", type="waiting", server="a")["job"]
        self.client.wait(lambda: "up" in self.printed(job), "the script")
        self.client.wait(
            lambda: self.client("job_status", job=job)["step"] == "Running the script: up",
            "what it prints as the job's step",
        )
        self.client("job_cancel", job=job)
        self.assertEqual(self.over(job)["status"], "cancelled")
        self.client.wait(lambda: not self.sleepers(), "the end of all of it")
        self.assertEqual(self.there(), {})
        self.assertEqual(os.listdir(self.place / "install"), ["staged"])

    def test_killed(self) -> None:
        """
        A script goes on without the daemon; with its worker it ends, and the next job removes what
        that has left.
        """
        self.begin(*needIsolation())
        job = self.client("server_create", type="waiting", server="a")["job"]
        self.client.wait(lambda: "up" in self.printed(job), "the script")
        self.daemon.kill()
        token = self.client.token
        self.client.wait(lambda: len(self.sleepers()) == 1, "the program of the script")
        self.client = self.daemon.start(login=False)
        self.client.token = token
        self.assertEqual(self.client("job_status", job=job)["status"], "running")
        for each in psutil.process_iter(["cmdline"]):
            words = each.info["cmdline"] or []
            if "gamepanel.worker" in words and self.daemon.state in words[-1]:
                each.kill()
        self.assertEqual(self.over(job)["status"], "failed")
        self.client.wait(lambda: not self.sleepers(), "the end of all of it")
        self.assertEqual(self.there(), {})
        self.client("server_retype", server="a", type="script")
        job = self.client("server_status", server="a")["job"]
        self.assertEqual(self.over(job)["status"], "done")
        self.assertEqual(sorted(self.there()), ["config", "game", "old"])
        self.assertNotIn("script", os.listdir(self.place / "install"))

    def test_refused(self) -> None:
        """Where servers are not isolated no script is run, and that is said before."""
        needIsolation()
        user = ("--server-user", "games") if os.geteuid() == 0 else ()
        self.begin("--isolate", "off", *user)
        types = {each["type"]: each for each in self.client("server_create_options")["types"]}
        for name in ("script", "command"):
            self.assertEqual(types[name]["missing"], ["isolation of servers (bubblewrap)"])
            self.assertIn("--isolate off", types[name]["hint"])
            self.assertIn("--isolate off", self.refused("server_create", type=name, server="a"))
        self.assertEqual(self.client("server_list")["servers"], [])

    def test_setting(self) -> None:
        """A server that is not isolated any more is neither updated nor started."""
        options = needIsolation()
        self.begin("--isolate", "auto", *options[2:])
        self.over(self.client("server_create", type="script", server="a")["job"])
        self.client("server_settings", server="a", settings={"isolation": False})
        for endpoint in ("server_update", "server_start"):
            self.assertIn("setting isolation is off", self.refused(endpoint, server="a"))
        self.client("server_settings", server="a", settings={"isolation": True})
        self.client("server_start", server="a")

    def test_asRoot(self) -> None:
        """Where games run as root nothing is isolated."""
        needRoot("run games as root, which isolates nothing")
        self.begin("--isolate", "auto")
        self.assertIn("run as root", self.refused("server_create", type="script", server="a"))
