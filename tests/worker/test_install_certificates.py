"""Certificates that an operator trusts, in the programs of install steps."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from tests.support import Daemon, patience

trusting: str = """
title = "Tells what it was told to trust"
[[install]]
run = ["/bin/sh", "-c", "echo $SSL_CERT_FILE $NODE_EXTRA_CA_CERTS $SECRET >told.txt"]
[run]
command = ["cat"]
"""


class CertificateTests(SynchronousTestCase):
    def test_handedOn(self) -> None:
        """Programs of steps get the variables that name certificates, and no others."""
        environment = {"SSL_CERT_FILE": "/a", "NODE_EXTRA_CA_CERTS": "/b", "SECRET": "no"}
        daemon = Daemon((), environment=environment)
        self.addCleanup(daemon.cleanUp)
        types = Path(daemon.state, "types")
        types.mkdir()
        (types / "trusting.toml").write_text(trusting)
        client = daemon.start()
        job = client("server_create", type="trusting", server="a", options={})["job"]

        def isDone() -> bool:
            status = client("job_status", job=job, wait=1)["status"]
            self.assertIn(status, ("queued", "running", "done"))
            return bool(status == "done")

        client.wait(isDone, "the install", 2 * patience)
        told = Path(daemon.state, "servers", "a", "files", "told.txt").read_text()
        self.assertEqual(told, "/a /b\n")
