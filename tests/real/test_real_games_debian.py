"""
More real game servers under a real daemon: those of Debian that have no console of their own
kind. The facts (ready lines, exit codes) are those of the packages in Debian 13.
"""

import socket

from tests.realgames import RealGame, local
from tests.support import Daemon, freePort, needRoot, patience


class DebianGamesTests(RealGame):
    """Games of the catalogue, one after the other."""

    def test_bzflag(self) -> None:
        """BZFlag has no console; what was set by hand stays."""
        self.begin("bzflag", port=freePort(), motd="It's mine", **local)
        self.assertSecret("bzfs.conf", self.generatedWord("bzfs.conf", "-passwd"))
        self.end("server_stop", 0)
        self.append("bzfs.conf", '-srvmsg "by hand"')
        self.append("bzfs.conf", "-tk")
        self.client("server_settings", server="game", settings={"max_players": 5, "ctf": True})
        self.again()
        text = (self.files / "bzfs.conf").read_text()
        self.assertIn('-srvmsg "It\'s mine"\n', text)
        self.assertIn('-srvmsg "by hand"\n-tk\n', text)
        self.end("server_kill", 0)

    def generatedWord(self, path: str, key: str) -> str:
        """The password that was made for a key of a file, where it has no quotes."""
        found = (self.files / path).read_text().split(f"{key} ")[1].split()[0]
        self.assertEqual(len(found), 24)
        return found

    def test_wesnoth(self) -> None:
        """wesnothd reads its console through what it takes for a named pipe."""
        port = freePort()
        self.begin("wesnoth", port=port, motd="Be nice")
        self.command("status", "STATUS REPORT")
        self.command("msg hello", "message")
        text = (self.files / "wesnothd.cfg").read_text()
        self.assertSecret("wesnothd.cfg", text.split('passwd="')[1].split('"')[0])
        with socket.create_connection(("127.0.0.1", port), timeout=patience):
            pass
        self.end("server_stop", 0)
        self.append("wesnothd.cfg", "max_messages=7")
        self.again()
        self.assertIn("max_messages=7\n", (self.files / "wesnothd.cfg").read_text())
        self.end("server_kill", 143, "TERM")

    def test_mumble(self) -> None:
        """Mumble has no console, and ends with the number of its signal."""
        port = freePort()
        self.begin("mumble", port=port, password="s3cret", **local)
        self.answers()
        self.assertSecret("mumble.ini", "s3cret")
        self.assertEqual(self.ping(port)[-12:-8], (0).to_bytes(4, "big"))
        self.end("server_stop", 15)
        self.append("mumble.ini", "textmessagelength=777")
        self.client("server_settings", server="game", settings={"max_players": 7})
        self.again()
        self.assertEqual(self.ping(port)[-8:-4], (7).to_bytes(4, "big"))
        self.assertIn("textmessagelength=777\n", (self.files / "mumble.ini").read_text())
        self.end("server_kill", 15)

    def test_mumbleAsRoot(self) -> None:
        """Under a daemon of root that names no other user it stays root, and reads its files."""
        needRoot("run games as root")
        self.options = ()
        self.daemon = Daemon(self.options)
        port = freePort()
        self.begin("mumble", port=port, **local)
        self.assertEqual(self.ping(port)[-12:-8], (0).to_bytes(4, "big"))
        self.end("server_stop", 15)

    def ping(self, port: int) -> bytes:
        """What Mumble answers when it is asked how many are there."""

        def answer() -> bytes | None:
            with socket.socket(type=socket.SOCK_DGRAM) as asking:
                asking.settimeout(1)
                asking.connect(("127.0.0.1", port))
                asking.send(bytes(12))
                try:
                    return asking.recv(64)
                except OSError:
                    return None

        found: bytes = self.client.wait(answer, "an answer")
        return found
