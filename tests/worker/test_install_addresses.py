"""Where install steps connect to: public addresses only, and by TLS."""

import os
import socket
import ssl
import subprocess
import sys
import threading
from ipaddress import ip_address
from typing import Any
from unittest import SkipTest

import trustme
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.host.publicaddresses import (
    AddressPolicy,
    isPublic,
    ownAddresses,
    parseNetwork,
)
from gamepanel.jobs.report import Failed
from gamepanel.worker.steps import connecting
from gamepanel.worker.steps.connecting import Broken, Refused, connect
from gamepanel.worker.steps.requesting import Requests
from gamepanel.worker.steps.task import Sources as Where
from tests.support import freePort, need
from tests.worker.stepcase import usual

oddInterface = """
import fcntl, socket, struct
from gamepanel.host.publicaddresses import ownAddresses
setName, setFlags, up = 0x8923, 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any:
    fcntl.ioctl(any, setName, struct.pack("16s16s", b"lo", b"\\xff"))
    fcntl.ioctl(any, setFlags, struct.pack("16sh14x", b"\\xff", up))
print(*ownAddresses())
"""
"""Tells the addresses of a host whose interface has a name that is not UTF-8; to be run in one."""


class AddressTests(SynchronousTestCase):
    def test_public(self) -> None:
        """Addresses that are public, and many that only seem so."""
        for address, expected in (
            ("93.184.216.34", True),
            ("2606:2800:220:1:248:1893:25c8:1946", True),
            ("64:ff9b::5db8:d822", True),
            ("::ffff:93.184.216.34", True),
            ("127.0.0.1", False),
            ("127.1.2.3", False),
            ("0.0.0.0", False),
            ("10.0.0.1", False),
            ("172.16.0.1", False),
            ("192.168.1.1", False),
            ("100.64.0.1", False),
            ("169.254.169.254", False),
            ("192.0.2.1", False),
            # Metadata of clouds.
            ("192.0.0.192", False),
            ("168.63.129.16", False),
            ("::ffff:168.63.129.16", False),
            ("64:ff9b::a83f:8110", False),
            ("168.63.129.17", True),
            ("192.88.99.1", False),
            ("203.0.113.9", False),
            ("198.18.0.1", False),
            ("224.0.0.1", False),
            ("239.255.255.250", False),
            ("240.0.0.1", False),
            ("255.255.255.255", False),
            ("::", False),
            ("::1", False),
            ("::127.0.0.1", False),
            ("::93.184.216.34", False),
            ("::ffff:127.0.0.1", False),
            ("::ffff:10.0.0.1", False),
            ("64:ff9b::7f00:1", False),
            ("64:ff9b::a00:1", False),
            ("64:ff9b:1::7f00:1", False),
            ("2002:7f00:1::", False),
            ("2002:a00:1::1", False),
            ("2001:0:7f00:1::", False),
            ("2001:200::1", True),
            ("2002:5db8:d822::1", False),
            ("3fff::1", False),
            ("5f00::1", False),
            ("2001:db8::1", False),
            ("fc00::1", False),
            ("fd12:3456::1", False),
            ("fe80::1", False),
            ("fe80::1%eth0", False),
            ("fec0::1", False),
            ("ff02::1", False),
            ("100::1", False),
        ):
            self.assertIs(isPublic(ip_address(address)), expected, address)

    def test_policy(self) -> None:
        """Own addresses are never reached, unless they are allowed; nor is what is no address."""
        own = frozenset({ip_address("93.184.216.34")})
        policy = AddressPolicy((parseNetwork("10.0.0.0/8"), parseNetwork("::1")), own)
        for address, expected in (
            ("93.184.216.35", True),
            ("93.184.216.34", False),
            ("::ffff:93.184.216.34", False),
            ("10.9.9.9", True),
            ("::ffff:10.9.9.9", True),
            ("11.0.0.1", True),
            ("192.168.0.1", False),
            ("::1", True),
            ("/run/socket", False),
            ("", False),
        ):
            self.assertIs(policy.permits(address), expected, address)
        self.assertTrue(
            AddressPolicy((parseNetwork("93.184.0.0/16"),), own).permits("93.184.216.34")
        )
        self.assertIn(ip_address("127.0.0.1"), ownAddresses())

    def test_oddInterface(self) -> None:
        """Addresses of this host are known whatever its interfaces are called."""
        names = ["--net"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--net"]
        prefix = [need("unshare"), *names]
        if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode:
            raise SkipTest("no namespace of networks can be made here")
        command = [*prefix, sys.executable, "-c", oddInterface]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("127.0.0.1", done.stdout.split())


class ConnectTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.port = freePort()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.addCleanup(self.listener.close)
        self.asked: list[str] = []

    def resolving(self, *answers: list[str]) -> connecting.Resolve:
        """DNS that says one thing after the other."""
        left = list(answers)

        def resolve(host: str, port: int) -> list[Any]:
            self.asked.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)
            ]

        return resolve

    def test_rebinding(self) -> None:
        """A name is asked for once, and what is connected to is what was checked."""
        policy = AddressPolicy((parseNetwork("127.0.0.1"),))
        resolve = self.resolving(["127.0.0.1"], ["10.0.0.1"])
        connect("a.example", self.port, policy, 5.0, resolve).close()
        self.assertEqual(self.asked, ["a.example"])
        with self.assertRaisesRegex(Refused, "not public"):
            connect("a.example", self.port, policy, 5.0, resolve)

    def test_several(self) -> None:
        """Of several addresses only those that are permitted are tried, one after the other."""
        policy = AddressPolicy((parseNetwork("127.0.0.0/24"),))
        # Nobody listens at the second.
        resolve = self.resolving(["127.0.1.1", "127.0.0.2", "127.0.0.1"])
        connection = connect("a.example", self.port, policy, 5.0, resolve)
        self.assertEqual(connection.getpeername(), ("127.0.0.1", self.port))
        connection.close()

    def test_unreachable(self) -> None:
        """A host without an address, and one that does not answer."""

        def nothing(host: str, port: int) -> list[Any]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        def later(host: str, port: int) -> list[Any]:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        self.listener.close()
        with self.assertRaisesRegex(Refused, "there is no host a.example"):
            connect("a.example", 1, None, 5.0, nothing)
        with self.assertRaisesRegex(Broken, "can't be found: Temporary"):
            connect("a.example", 1, None, 5.0, later)
        with self.assertRaisesRegex(Broken, "a.example can't be reached: Connection refused"):
            connect("a.example", self.port, None, 5.0, self.resolving(["127.0.0.1"]))
        with self.assertRaisesRegex(Refused, "address of"):
            connect("a" * 64 + ".example", 1, None, 5.0, connecting.resolve)


class TLSTests(SynchronousTestCase):
    """A source with TLS, for one request each."""

    def serve(self, name: str, authority: trustme.CA) -> tuple[int, list[bytes]]:
        """
        Answer one request with C{yes}, as the host of this name.

        @return: the port, and what was asked.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        asked: list[bytes] = []

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        asked.append(secure.recv(65536))
                        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(listener.close)
        return int(listener.getsockname()[1]), asked

    def document(self, url: str, port: int, authority: trustme.CA, token: str = "") -> bytes:
        """Ask for a document; all names are here."""
        requests = Requests(
            Where((), ("127.0.0.1",)),
            token,
            usual,
            lambda host, _: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))],
            lambda _: None,
        )
        context = ssl.create_default_context()
        authority.configure_trust(context)
        requests.__dict__["_context"] = context
        return requests.document(url)[0]

    def test_names(self) -> None:
        """The host must prove that it has the name that it was asked by."""
        authority = trustme.CA()
        port, asked = self.serve("a.example", authority)
        self.assertEqual(self.document("https://a.example/x?y", port, authority, "secret"), b"yes")
        self.assertIn(b"GET /x?y HTTP/1.1\r\nHost: a.example\r\n", asked[0])
        self.assertNotIn(b"secret", asked[0])
        port, _ = self.serve("b.example", authority)
        with self.assertRaisesRegex(Failed, "a.example can't prove what it is"):
            self.document("https://a.example/", port, authority)
        port, _ = self.serve("a.example", trustme.CA())
        with self.assertRaisesRegex(Failed, "a.example can't prove what it is"):
            self.document("https://a.example/", port, authority)

    def test_token(self) -> None:
        """The token for GitHub's API goes there, and nowhere else."""
        authority = trustme.CA()
        port, asked = self.serve("api.github.com", authority)
        self.document("https://api.github.com/repos", port, authority, "secret")
        self.assertIn(b"Authorization: Bearer secret\r\n", asked[0])
