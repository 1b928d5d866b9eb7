"""Files of servers, through the API of a real daemon."""

import base64
import os
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Daemon, Refused


class FileEndpointTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.daemon = Daemon(())
        self.client = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        self.client("server_create", type="shell", server="a")
        self.home = os.path.join(self.daemon.state, "servers", "a", "files")

    def refused(self, status: int, code: str, name: str, **fields: Any) -> None:
        """A request about the server is refused."""
        error = self.assertRaises(Refused, self.client, name, server="a", **fields)
        self.assertEqual((error.status, error.code), (status, code), (name, fields))

    def test_written(self) -> None:
        """
        A file is written, read, and written again only as it was read; null is another revision
        than none.
        """
        new = self.client("file_write", server="a", path="x", data="\xe4\n", revision=None)
        self.assertEqual(new["size"], 3)
        read = self.client("file_read", server="a", path="x")
        self.assertEqual((read["data"], read["revision"]), ("\xe4\n", new["revision"]))
        self.refused(409, "file_exists", "file_write", path="x", data="", revision=None)
        data = base64.b64encode(b"\0\xff" * 600_000).decode()
        written = self.client("file_write", server="a", path="x", data=data, encoding="base64")
        self.assertEqual(written["size"], 1_200_000)
        self.refused(409, "file_changed", "file_write", path="x", data="", revision=new["revision"])
        self.refused(409, "not_text", "file_read", path="x")
        read = self.client("file_read", server="a", path="x", offset=1, limit=3, encoding="base64")
        self.assertEqual(base64.b64decode(read["data"]), b"\xff\0\xff")
        with open(f"{self.home}/x", "rb") as file:
            self.assertEqual(file.read(), b"\0\xff" * 600_000)
        self.refused(413, "too_large", "file_write", path="x", data="x" * 2 * 1024 * 1024)
        self.refused(400, "bad_request", "file_write", path="x", data="!", encoding="base64")
        self.refused(400, "bad_path", "file_write", path="../x", data="")

    def test_links(self) -> None:
        """No link is followed, and it is told where it leads."""
        os.symlink("/etc", f"{self.home}/etc")
        os.mkfifo(f"{self.home}/pipe")
        self.refused(409, "not_a_directory", "file_list", path="etc")
        self.refused(409, "not_a_file", "file_read", path="etc/passwd")
        self.refused(409, "not_a_file", "file_read", path="pipe")
        error = self.assertRaises(Refused, self.client, "file_list", server="a", path="etc")
        self.assertIn("/etc", error.problem["detail"])

    def test_writtenDown(self) -> None:
        """Changes stand in the audit trail, also those that were refused; reading does not."""
        self.client("file_make_directory", server="a", path="sub")
        self.refused(409, "file_exists", "file_make_directory", path="sub")
        self.client("file_list", server="a")
        self.client("file_delete", server="a", paths=["sub"])
        entries = self.client("audit_log", limit=3)["entries"]
        self.assertEqual(
            [(each["action"], each["target"], each["result"]) for each in entries],
            [
                ("file_delete", "sub", "ok"),
                ("file_make_directory", "sub", "file_exists"),
                ("file_make_directory", "sub", "ok"),
            ],
        )
