"""Children that misbehave: others and requests do not notice, and the log tells the truth."""

import os
import signal
from collections.abc import Callable

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Daemon, Refused


class FaultsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon()
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        self.start("good", "exec cat")
        self.asked = 0

    def start(self, id: str, script: str) -> None:
        """Make a server that runs a script and stays down, and start it."""
        self.client("server_create", type="shell", server=id, options={"script": script})
        self.client("server_settings", server=id, settings={"restart": "never"})
        self.client("server_start", server=id)

    def goodIsWell(self) -> None:
        """The other server answers, and so does the daemon."""
        self.asked += 1
        start = self.client("server_status", server="good")["readIndex"]
        self.client("server_cmd", server="good", command=f"ping {self.asked}")
        self.client.untilLog("good", f"ping {self.asked}\n", start)

    def meanwhile(self, until: Callable[[], bool]) -> None:
        """Until something has come to be, all is well with the other."""
        self.goodIsWell()
        while not until():
            self.goodIsWell()

    def end(self, id: str) -> int:
        """End of a server's log."""
        index: int = self.client("server_status", server=id)["readIndex"]
        return index

    def test_endlessLine(self) -> None:
        """A GiB without a line end: all of it counts, and the newest is there."""
        self.start("bad", "head -c 1073741824 /dev/zero; exec cat")
        self.meanwhile(lambda: self.end("bad") == 2**30)
        chunk = self.client("server_log", server="bad", readIndex=2**30 - 10)
        self.assertEqual(chunk["data"], "\0" * 10)

    def test_garbage(self) -> None:
        """NULs and broken UTF-8 are shown as what they are."""
        self.start("bad", "printf 'a\\000b\\377\\376c\\355\\240\\200\\n'; exec cat")
        self.assertEqual(self.client.untilLog("bad", "\n"), "a\0b\ufffd\ufffdc\ufffd\ufffd\ufffd\n")
        self.goodIsWell()

    def test_endsAtOnce(self) -> None:
        """One that ends at once, cleanly or not."""
        for id, script, state, code in (
            ("clean", "exit 0", "stopped", 0),
            ("dirty", "exit 9", "crashed", 9),
            ("absent", "exec /no/such/program", "crashed", 127),
        ):
            self.start(id, script)
            status = self.client.until(id, "stopped", "crashed")
            self.assertEqual((status["status"], status["exit"]["code"]), (state, code))
        self.assertIn("/no/such/program", self.client("server_log", server="absent")["data"])
        self.goodIsWell()

    def test_closesItsOutput(self) -> None:
        """One that closes its stdout goes on, and its end is seen."""
        self.start("bad", "exec >/dev/null 2>&1; read -r x; exit 4")
        pid = self.client.until("bad", "running")["pid"]
        self.goodIsWell()
        self.assertTrue(os.path.exists(f"/proc/{pid}"))
        self.client("server_cmd", server="bad", command="go")
        self.assertEqual(self.client.until("bad", "crashed")["exit"]["code"], 4)

    def test_holdsThePipe(self) -> None:
        """A grandchild that holds the pipe, and floods it, does not keep a run alive."""
        self.start("bad", "(trap '' TERM HUP; exec yes) & sleep 0.1; echo bye; exit 6")
        self.assertEqual(self.client.until("bad", "crashed")["exit"]["code"], 6)
        self.goodIsWell()
        self.client("server_force_kill", server="bad")

    def test_readsItsOwnOutput(self) -> None:
        """One that takes bytes out of its own pipe harms its own log only."""
        self.start("bad", "while :; do echo x; head -c 1 <&1 >/dev/null; done")
        for _ in range(20):
            self.goodIsWell()
        self.client("server_force_kill", server="bad")
        self.client.until("bad", "stopped")
        data = self.client("server_log", server="bad")["data"]
        self.assertEqual(set(data) - {"x", "\n"}, set())

    def test_stopped(self) -> None:
        """One that is frozen (SIGSTOP) with all its keepers can be killed."""
        self.start("bad", "exec cat")
        pid = self.client.until("bad", "running")["pid"]
        os.killpg(os.getsid(pid), signal.SIGSTOP)
        self.goodIsWell()
        self.client("server_kill", server="bad")
        self.client("server_force_kill", server="bad")
        self.assertEqual(self.client.until("bad", "stopped")["exit"]["signal"], "KILL")
        self.goodIsWell()

    def test_noRights(self) -> None:
        """A server whose directory can't be used says so; it can be started when that is mended."""
        self.client("server_kill", server="good")
        self.client.until("good", "stopped")
        place = os.path.join(self.daemon.state, "servers", "good")
        os.rename(f"{place}/files", f"{place}/away")
        error = self.assertRaises(Refused, self.client, "server_start", server="good")
        self.assertEqual((error.status, error.code), (503, "spawn_failed"))
        self.assertNotIn(self.daemon.state, error.problem["detail"])
        self.assertEqual(self.client("server_status", server="good")["status"], "failed")
        os.rename(f"{place}/away", f"{place}/files")
        self.client("server_start", server="good")
        self.client.until("good", "running")
