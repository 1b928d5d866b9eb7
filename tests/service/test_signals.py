"""Signals: which end the daemon, which it ignores, and what is read anew on SIGHUP."""

import datetime
import os
import signal
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

import trustme
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.testing import MemoryReactor
from twisted.logger import LogLevel, capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

from gamepanel.service.listening import DAY, Listener, backlog, tellExpiries
from gamepanel.service.signals import Signals, meaningless
from tests.support import Client, Daemon, freePort, patience, twistd


@implementer(IReactorFromThreads)
class Queue:
    """The part of a reactor that a handler uses: what is to be called, is kept."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def callFromThread(self, callable: Any, *args: object, **kwargs: object) -> None:
        self.calls.append(lambda: callable(*args, **kwargs))

    def run(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()


class SignalsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.queue = Queue()
        self.done: list[str] = []
        for number in (signal.SIGHUP, *meaningless):
            self.addCleanup(signal.signal, number, signal.getsignal(number))
            signal.signal(number, signal.SIG_DFL)

    def start(self) -> None:
        """Start to handle signals."""
        actions = [lambda: self.done.append("log"), lambda: self.done.append("certificate")]
        Signals(self.queue, actions).startService()

    def said(self, number: signal.Signals) -> list[str]:
        """What is logged when the daemon gets a signal."""
        with capturedLogs() as events:
            os.kill(os.getpid(), number)
            self.assertEqual(len(self.queue.calls), 1)
            self.queue.run()
        return [event["log_format"].format(**event) for event in events]

    def test_hangUp(self) -> None:
        """On SIGHUP everything is read anew, in the reactor's turn, each time."""
        self.start()
        for _ in range(2):
            [line] = self.said(signal.SIGHUP)
            self.assertIn("SIGHUP", line)
        self.assertEqual(self.done, ["log", "certificate"] * 2)

    def test_meaningless(self) -> None:
        """What has no meaning is ignored, with a line that names it."""
        self.start()
        self.assertIn(signal.SIGUSR1, meaningless)
        self.assertIn(signal.SIGUSR2, meaningless)
        for number in meaningless:
            [line] = self.said(number)
            self.assertIn(f"{number.name} is ignored", line)
        self.assertEqual(self.done, [])

    def test_taken(self) -> None:
        """A signal that has got a meaning before keeps it: nohup's, and that of twistd's log."""
        rotated = []
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, lambda *_: rotated.append(1))
        self.start()
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertEqual((self.queue.calls, rotated), ([], [1]))

    def test_stopping(self) -> None:
        """A daemon that ends, which can take its time, is not ended sooner by a signal."""
        actions = [lambda: self.done.append("log")]
        service = Signals(self.queue, actions)
        service.startService()
        service.stopService()
        self.said(signal.SIGHUP)
        self.assertEqual(self.done, ["log"])


class ListenerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = MemoryReactor()
        self.site = Site(Resource())

    def listen(self, description: str) -> Listener:
        """Listen at an endpoint, in memory."""
        listener = Listener(description, self.reactor, self.site)
        listener.service().privilegedStartService()
        return listener

    def test_backlog(self) -> None:
        """Room for 512 connections is asked for, unless the endpoint says another number."""
        self.assertEqual(backlog, 512)
        for more, expected in (("", backlog), (":backlog=7", 7), (":backlog=50", 50)):
            self.listen(f"tcp:8080:interface=127.0.0.1{more}")
            self.assertEqual(self.reactor.tcpServers.pop()[2], expected)
            self.listen(f"tcp6:8080:interface=\\:\\:1{more}")
            self.assertEqual(self.reactor.tcpServers.pop()[2:], (expected, "::1"))
            self.listen(f"unix:/x\\:backlog\\=9{more}")
            self.assertEqual(self.reactor.unixServers.pop()[0:3:2], ("/x:backlog=9", expected))
            self.listen(f"ssl:8443:privateKey={self.write(self.issue())}{more}")
            self.assertEqual(self.reactor.sslServers.pop()[3], expected)

    def issue(self) -> trustme.LeafCert:
        """A new certificate."""
        return trustme.CA().issue_cert("panel.example")

    def write(self, certificate: trustme.LeafCert) -> Path:
        """A file with a certificate and its key."""
        self.path = Path(self.mktemp()).absolute()
        certificate.private_key_and_cert_chain_pem.write_to_path(self.path)
        return self.path

    def test_certificate(self) -> None:
        """A new certificate is for new connections; one that is none changes nothing."""
        listener = self.listen(f"ssl:8443:privateKey={self.write(self.issue())}")
        factory = self.reactor.sslServers[0][2]
        before = factory.getContext()
        listener.readCertificate()
        now = factory.getContext()
        self.assertIsNot(before, now)
        other = self.issue().private_key_pem.bytes() + self.issue().cert_chain_pems[0].bytes()
        for content, words in (
            (b"", "no key and certificate"),
            (b"x" * 100, "no key and certificate"),
            (other, "not match"),
        ):
            self.path.write_bytes(content)
            self.assertIn(words, self.refused(listener))
            self.assertIs(factory.getContext(), now)
        self.path.unlink()
        self.assertIn(f"{self.path}: No such file", self.refused(listener))
        self.assertIs(factory.getContext(), now)
        self.listen("tcp:8080").readCertificate()

    def test_expiry(self) -> None:
        """
        A certificate that has ended, or ends within 14 days, is told of at each look and when it
        is read anew; one that is good for longer is not.
        """
        now = time.time()
        for days, words in ((-1, "has ended on"), (13, "ends on"), (15, "")):
            # Not the usual one, which is good for a year.
            end = datetime.datetime.fromtimestamp(now + days * DAY, datetime.UTC)
            begin = end - datetime.timedelta(days=400)
            leaf = trustme.CA().issue_cert("panel.example", not_before=begin, not_after=end)
            listener = self.listen(f"ssl:8443:privateKey={self.write(leaf)}")
            with capturedLogs() as events:
                tellExpiries([listener, self.listen("tcp:8080")])
                listener.readCertificate()
            said = [formatEvent(event) for event in events if event["log_level"] > LogLevel.info]
            self.assertEqual(len(said), 2 if words else 0)
            for line in said:
                self.assertIn(f"{self.path} {words} {end.date().isoformat()}", line)

    def refused(self, listener: Listener) -> str:
        """The one line that is said of a certificate that can't be used."""
        with capturedLogs() as events:
            listener.readCertificate()
        [line] = [str(event["log_format"]).format(**event) for event in events]
        self.assertIn("the old one stays", line)
        self.assertEqual(len(line.splitlines()), 1)
        return line


class DaemonTests(SynchronousTestCase):
    def setUp(self) -> None:
        # Tests that nohup runs ignore it, and so would what they start.
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL))

    def test_foreground(self) -> None:
        """
        SIGUSR1 and SIGUSR2 do not end a daemon that was started with -n; on SIGHUP it has a
        new certificate, or keeps the old one if there is none.
        """
        path, port = Path(self.mktemp()).absolute(), freePort()
        trustme.CA().issue_cert("panel.example").private_key_and_cert_chain_pem.write_to_path(path)
        endpoint = f"ssl:{port}:interface=127.0.0.1:privateKey={path}"
        daemon = Daemon(("--listen", endpoint))
        self.addCleanup(daemon.cleanUp)
        daemon.start(login=False)
        seen = ssl.get_server_certificate(("127.0.0.1", port), timeout=patience)
        for number in (signal.SIGUSR1, signal.SIGUSR2):
            daemon.process.send_signal(number)
            daemon.waitForLine(f"{number.name} is ignored")
        new = trustme.CA().issue_cert("panel.example")
        new.private_key_and_cert_chain_pem.write_to_path(path)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.waitForLine("read the certificate of ssl:.* anew")
        now = ssl.get_server_certificate(("127.0.0.1", port), timeout=patience)
        self.assertNotEqual(seen, now)
        self.assertEqual(now.split(), new.cert_chain_pems[0].bytes().decode().split())
        path.write_text("nonsense")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.waitForLine("can't be read anew, the old one stays")
        again = ssl.get_server_certificate(("127.0.0.1", port), timeout=patience)
        self.assertEqual(again, now)
        self.assertTrue(daemon.answers)

    def test_background(self) -> None:
        """A daemon in the background goes on in a new log file when the old one was moved."""
        work = Path(self.mktemp()).absolute()
        work.mkdir()
        port = freePort()
        command = [
            *(twistd, "--pidfile", "pid", "--logfile", "log", "gamepanel", "--state", "state"),
            *("--listen", f"tcp:{port}:interface=127.0.0.1"),
        ]
        subprocess.run(command, cwd=work, check=True, timeout=patience)
        process = int((work / "pid").read_text())
        client = Client(f"http://127.0.0.1:{port}/")
        daemon = Daemon(port=port, state=str(work / "state"))
        client.wait(lambda: daemon.answers, "an answer")
        (work / "log").rename(work / "log.old")
        os.kill(process, signal.SIGHUP)
        client.wait((work / "log").exists, "a new log")
        os.kill(process, signal.SIGUSR2)
        log = work / "log"
        client.wait(lambda: "SIGUSR2 is ignored" in log.read_text(), "a line of SIGUSR2")
        self.assertTrue(daemon.answers)
        os.kill(process, signal.SIGTERM)
        client.wait(lambda: not (work / "pid").exists(), "its end")
        client.wait(lambda: "servers run on" in log.read_text(), "the line of its end")
