"""Ports of this host: what is taken, and who holds it. Real sockets, all on free ports."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.option import BadValue
from gamepanel.games.parsing import parse
from gamepanel.host.ports import Port, everyAddress, firstTaken, isHeld, taken
from gamepanel.host.sockets import Protocol, otherEnd
from gamepanel.servers.ports import (
    Claim,
    Clash,
    addresses,
    clashes,
    instead,
    mainPort,
    maxProbes,
    ports,
    proposals,
)
from gamepanel.servers.settings import Settings
from tests.support import freePort

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM


def port(number: int, *protocols: Protocol) -> Port:
    return Port(number, frozenset(protocols or ("tcp", "udp")))


class SocketsTestCase(SynchronousTestCase):
    def bound(self, kind: int, address: str = "127.0.0.1", reuse: bool = False) -> socket.socket:
        """A socket at a free port."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        made = socket.socket(family, kind)
        self.addCleanup(made.close)
        if reuse:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, freePort()))
        return made

    def listening(self, address: str = "127.0.0.1", reuse: bool = False) -> socket.socket:
        made = self.bound(TCP, address, reuse)
        made.listen()
        return made


def numberOf(bound: socket.socket) -> int:
    number: int = bound.getsockname()[1]
    return number


class TakenTests(SocketsTestCase):
    def test_listener(self) -> None:
        """A listener has the port, in that protocol, on whatever address and with any option."""
        made: socket.socket
        protocol: Protocol
        for made, protocol in (
            (self.listening(), "tcp"),
            (self.listening("0.0.0.0", reuse=True), "tcp"),
            (self.bound(TCP), "tcp"),
            (self.bound(UDP), "udp"),
            (self.bound(UDP, reuse=True), "udp"),
        ):
            number = numberOf(made)
            self.assertEqual(taken(port(number, protocol)), port(number, protocol), made)
            other: Protocol = "udp" if protocol == "tcp" else "tcp"
            self.assertIsNone(taken(port(number, other)))
            made.close()
            self.assertIsNone(taken(port(number)))

    def test_v6(self) -> None:
        """Whoever listens in the other family has it, too."""
        try:
            made = self.listening("::1")
        except OSError:
            self.skipTest("this host has no IPv6")
        self.assertEqual(taken(port(numberOf(made))), port(numberOf(made), "tcp"))
        self.assertIsNone(taken(port(numberOf(made)), ("127.0.0.1",)))

    def test_address(self) -> None:
        """On one address a port is taken only by who has that one, or all of them."""
        number = numberOf(self.listening("127.0.0.2"))
        self.assertIsNone(taken(port(number), ("127.0.0.1",)))
        self.assertIsNotNone(taken(port(number), ("127.0.0.2",)))
        self.assertIsNotNone(taken(port(number)))
        self.assertIsNotNone(taken(port(numberOf(self.listening("0.0.0.0"))), ("127.0.0.1",)))

    def test_left(self) -> None:
        """Connections that a run has left behind do not keep the next one from its port."""
        for reuse in (True, False):
            server = self.listening(reuse=reuse)
            client = socket.create_connection(server.getsockname())
            connection, _ = server.accept()
            # Whoever closes first is left in TIME_WAIT.
            connection.close()
            client.recv(1)
            client.close()
            number = numberOf(server)
            server.close()
            self.assertIsNone(taken(port(number)), reuse)

    def test_unknown(self) -> None:
        """An address that this host lacks tells nothing of its ports."""
        self.assertIsNone(taken(port(numberOf(self.listening())), ("192.0.2.1",)))

    def test_first(self) -> None:
        """Of several ports the first that is taken is told."""
        first, second = (port(numberOf(self.bound(UDP))) for _ in range(2))
        free = port(numberOf(self.bound(UDP)), "tcp")
        self.assertEqual(firstTaken((free, first, second)), port(first.number, "udp"))
        self.assertIsNone(firstTaken((free,)))
        self.assertIsNone(firstTaken(()))


class HeldTests(SocketsTestCase):
    def test_own(self) -> None:
        """A port is held by who has it open for those who come, in one of its protocols."""
        listener, datagrams = self.listening(), self.bound(UDP)
        protocol: Protocol
        for number, protocol in ((numberOf(listener), "tcp"), (numberOf(datagrams), "udp")):
            self.assertTrue(isHeld(port(number), [os.getpid()]))
            self.assertTrue(isHeld(port(number, protocol), iter([os.getpid()])))
            other: Protocol = "udp" if protocol == "tcp" else "tcp"
            self.assertIs(isHeld(port(number, other), [os.getpid()]), False)

    def test_v6(self) -> None:
        """The other family counts."""
        try:
            made = self.listening("::")
        except OSError:
            self.skipTest("this host has no IPv6")
        self.assertTrue(isHeld(port(numberOf(made)), [os.getpid()]))

    def test_notOpen(self) -> None:
        """A connection from a port, or a port that is only bound, lets nobody in."""
        listener = self.listening()
        client = socket.create_connection(listener.getsockname())
        self.addCleanup(client.close)
        self.assertIs(isHeld(port(numberOf(client)), [os.getpid()]), False)
        self.assertIs(isHeld(port(numberOf(self.bound(TCP)), "tcp"), [os.getpid()]), False)

    def test_others(self) -> None:
        """What another process holds is not held; of one that has ended nothing is."""
        held = port(numberOf(self.listening()))
        child = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.assertIs(isHeld(held, [child.pid]), False)
        self.assertIs(isHeld(held, [2**22 + 1]), False)
        self.assertIs(isHeld(held, []), False)
        self.assertTrue(isHeld(held, [child.pid, os.getpid()]))

    def test_secretive(self) -> None:
        """Of a process that keeps its open files to itself nothing is said."""
        held = numberOf(self.listening())
        code = (
            "import os, sys; from gamepanel.host.ports import Port, isHeld\n"
            "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
            "print([isHeld(Port(int(number), frozenset(('tcp',))), [1])"
            " for number in sys.argv[1:]])"
        )
        said = self.run_(code, str(held), str(numberOf(self.bound(UDP))))
        self.assertEqual(said, "[None, False]")

    def run_(self, code: str, *arguments: str) -> str:
        """What a program prints."""
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()


class OtherEndTests(SocketsTestCase):
    """Whose the socket is at the other end of one of ours."""

    def setUp(self) -> None:
        child = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.other = child.pid

    def connected(self, address: tuple[str, int]) -> socket.socket:
        """A connection of ours."""
        made = socket.create_connection(address)
        self.addCleanup(made.close)
        return made

    def whose(
        self, protocol: Protocol, ours: socket.socket, *processes: int, user: int | None = None
    ) -> str:
        """As it is said of a socket of ours."""
        ends = (ours.getpeername()[:2], ours.getsockname()[:2])
        return otherEnd(protocol, *ends, processes, user)

    def test_connection(self) -> None:
        """A connection is of whoever has accepted it, and before that of whoever listens."""
        for listener in (self.listening(), self.listening("0.0.0.0")):
            ours = self.connected(("127.0.0.1", numberOf(listener)))
            self.assertEqual(self.whose("tcp", ours, self.other, os.getpid()), "ours")
            self.assertEqual(self.whose("tcp", ours, self.other), "others")
            self.assertEqual(self.whose("tcp", ours), "others")
            accepted, _ = listener.accept()
            listener.close()
            self.assertEqual(self.whose("tcp", ours, os.getpid()), "ours")
            self.assertEqual(self.whose("tcp", ours, self.other), "others")
            accepted.close()
            self.assertEqual(self.whose("tcp", ours, os.getpid()), "nobody")

    def test_v6(self) -> None:
        """One that comes by IPv4 may be accepted by a socket of both families."""
        try:
            listener = self.listening("::")
        except OSError:
            self.skipTest("this host has no IPv6")
        for address in ("127.0.0.1", "::1"):
            ours = self.connected((address, numberOf(listener)))
            self.assertEqual(self.whose("tcp", ours, os.getpid()), "ours")
            accepted, _ = listener.accept()
            self.addCleanup(accepted.close)
            self.assertEqual(self.whose("tcp", ours, os.getpid()), "ours")
            self.assertEqual(self.whose("tcp", ours, self.other), "others")

    def test_datagrams(self) -> None:
        """A packet is for all who have bound its port: one who is not the game is too many."""
        theirs = self.bound(UDP, reuse=True)
        ours = self.bound(UDP)
        ours.connect(theirs.getsockname())
        self.assertEqual(self.whose("udp", ours, os.getpid()), "ours")
        self.assertEqual(self.whose("udp", ours, self.other), "others")
        code = (
            "import socket, sys; address = (sys.argv[1], int(sys.argv[2]));"
            "family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET;"
            "s = socket.socket(family, socket.SOCK_DGRAM);"
            "s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1);"
            "s.bind(address); print(flush=True); sys.stdin.read()"
        )
        # The last two are as an address of IPv6 that stands for one of IPv4, see RFC 4291, 2.5.5.2.
        addresses = ("0.0.0.0", "127.0.0.1", "::ffff:0.0.0.0", "::ffff:127.0.0.1")
        for address in addresses[: 4 if socket.has_dualstack_ipv6() else 2]:
            arguments = (sys.executable, "-c", code, address, str(numberOf(theirs)))
            with subprocess.Popen(arguments, stdin=-1, stdout=-1) as thief:
                assert thief.stdout is not None
                thief.stdout.readline()
                self.assertEqual(self.whose("udp", ours, os.getpid()), "others", address)
                self.assertEqual(self.whose("udp", ours, os.getpid(), thief.pid), "ours")
                thief.communicate()
        theirs.close()
        self.assertEqual(self.whose("udp", ours, os.getpid()), "nobody")

    def test_user(self) -> None:
        """What a user has made who has no other processes is known without looking at these."""
        listener = self.listening()
        ours = self.connected(listener.getsockname())
        self.assertEqual(self.whose("tcp", ours, user=os.geteuid()), "ours")
        accepted, _ = listener.accept()
        self.addCleanup(accepted.close)
        self.assertEqual(self.whose("tcp", ours, user=os.geteuid()), "ours")
        self.assertEqual(self.whose("tcp", ours, user=os.geteuid() + 1), "others")

    def test_secretive(self) -> None:
        """Of a process that keeps its open files to itself nothing is known."""
        ours = self.connected(self.listening().getsockname())
        code = (
            "import os, sys; from gamepanel.host.sockets import otherEnd\n"
            "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
            "theirs, ours = (('127.0.0.1', int(number)) for number in sys.argv[1:])\n"
            "print(otherEnd('tcp', theirs, ours, [1]))"
        )
        numbers = (str(each[1]) for each in (ours.getpeername(), ours.getsockname()))
        done = subprocess.run(
            [sys.executable, "-c", code, *numbers], capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout.strip(), "unknown")


class ProposalsTests(SynchronousTestCase):
    def propose(
        self, options: str, occupied: Sequence[Port] = (), foreign: Sequence[int] = ()
    ) -> dict[str, int]:
        """
        @param options: after the name of each what else there is of it.
        """
        definition = parse(
            'title = "T"\n[run]\ncommand = ["x"]\n'
            + "".join(
                f'[[options]]\nname = "{line.split()[0]}"\ntype = "port"\n'
                + "\n".join(line.split(maxsplit=1)[1].split("; "))
                + "\n"
                for line in options.splitlines()
            )
        )
        self.asked = 0

        def isFree(port: Port) -> bool:
            self.asked += 1
            return port.number not in foreign

        return proposals(definition, occupied, isFree)

    def test_next(self) -> None:
        """From the default on, the next number that no server and no other program has."""
        self.assertEqual(self.propose("a default = 5000"), {"a": 5000})
        occupied = [port(5000), port(5001), port(5003)]
        self.assertEqual(self.propose("a default = 5000", occupied), {"a": 5002})
        self.assertEqual(self.propose("a default = 5000", occupied, [5002]), {"a": 5004})

    def test_protocols(self) -> None:
        """What has the number in the other protocol only is not in the way."""
        occupied = [port(5000, "tcp")]
        self.assertEqual(self.propose('a default = 5000; protocol = "udp"', occupied), {"a": 5000})
        self.assertEqual(self.propose('a default = 5000; protocol = "tcp"', occupied), {"a": 5001})

    def test_eachAnother(self) -> None:
        """No two ports of one server are the same."""
        self.assertEqual(
            self.propose("a default = 5000\nb default = 5000\nc default = 5001"),
            {"a": 5000, "b": 5001, "c": 5002},
        )

    def test_followers(self) -> None:
        """A port is proposed only where those that follow it are free, too."""
        options = "a default = 5000\nq port = { of = 'a', plus = 2 }\nb default = 5000"
        self.assertEqual(self.propose(options), {"a": 5000, "b": 5001})
        self.assertEqual(self.propose(options, [port(5002)]), {"a": 5001, "b": 5000})
        self.assertEqual(self.propose(options, [], [5002, 5003]), {"a": 5004, "b": 5000})

    def test_noDefault(self) -> None:
        """What needs no value gets none; what must have one begins behind root's ports."""
        self.assertEqual(self.propose("a required = false"), {})
        self.assertEqual(self.propose("a required = true", [port(1024)]), {"a": 1025})
        self.assertEqual(self.propose("a required = true; minimum = 7000"), {"a": 7000})
        self.assertEqual(self.propose("a default = 80"), {"a": 80})

    def test_bounds(self) -> None:
        """What the option does not take is not proposed; then a smaller one may be free."""
        self.assertEqual(self.propose("a default = 65535", [port(65535)]), {"a": 65534})
        options = "a default = 5001; minimum = 5000; maximum = 5002"
        taken = [port(5001), port(5002)]
        self.assertEqual(self.propose(options, taken), {"a": 5000})
        self.assertEqual(self.propose(options, [*taken, port(5000)]), {})
        self.assertEqual(
            self.propose("a default = 5001; choices = [5001, 5007]", taken), {"a": 5007}
        )
        self.assertEqual(
            self.propose("a default = 65535\nq port = { of = 'a', plus = 1 }"), {"a": 65534}
        )

    def test_bounded(self) -> None:
        """However much is taken, the search ends soon."""
        everything = range(1, 65536)
        self.assertEqual(self.propose("a default = 5000\nb default = 6000", [], everything), {})
        self.assertEqual(self.asked, maxProbes)
        self.assertEqual(self.propose("a default = 5000", [port(n) for n in everything]), {})
        self.assertEqual(self.asked, 0)


class OptionsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.type = parse(
            'title = "T"\n[run]\ncommand = ["x"]\nready = "x"\n'
            '[[options]]\nname = "address"\ntype = "string"\n'
            '[[options]]\nname = "port"\ntype = "port"\nprotocol = "udp"\ndefault = 5\n'
            '[[options]]\nname = "query"\ntype = "port"\n'
        )

    def test_ports(self) -> None:
        """A server wants each port that has a value; the first option is the main one."""
        settings = Settings("", {}, {})
        self.assertEqual(list(ports(self.type, settings)), [port(5, "udp")])
        settings = Settings("", {}, {"port": 6, "query": 7})
        self.assertEqual(list(ports(self.type, settings)), [port(6, "udp"), port(7)])
        self.assertEqual(mainPort(self.type, settings), port(6, "udp"))
        self.assertEqual(str(port(7)), "7 (TCP and UDP)")

    def claim(self, server: str, **options: int) -> Claim:
        return Claim(server, self.type, Settings("", {}, options))

    def test_clashes(self) -> None:
        """Each port that another server wants in the same protocol is told, with its option."""
        others = [self.claim("a", port=6, query=7), self.claim("b", port=8, query=9)]
        self.assertEqual(
            list(clashes(self.claim("c", port=7, query=8), others)),
            [Clash("port", port(7, "udp"), "a"), Clash("query", port(8, "udp"), "b")],
        )
        self.assertEqual(list(clashes(self.claim("c", port=1, query=2), others)), [])

    def test_clashOfFollower(self) -> None:
        """Where a port that follows another is in the way, that other one is to be changed."""
        definition = parse(
            'title = "T"\n[run]\ncommand = ["x"]\n[[options]]\nname = "port"\ntype = "port"\n'
            '[[options]]\nname = "q"\ntype = "port"\nport = { of = "port", plus = 1 }\n'
        )
        own = Claim("c", definition, Settings("", {}, {"port": 5}))
        [clash] = clashes(own, [self.claim("a", port=6)])
        self.assertEqual(clash, Clash("port", port(6, "udp"), "a"))

    def test_instead(self) -> None:
        """The next number that nobody has, for each port another; of a bounded one only such."""
        others = [self.claim("a", port=6, query=7), self.claim("b", port=8, query=9)]
        occupied = [each for other in others for each in ports(other.type, other.settings)]
        own = self.claim("c", port=7, query=8)
        asked: list[Port] = []

        def isFree(wanted: Port) -> bool:
            asked.append(wanted)
            return wanted.number != 10

        found = list(clashes(own, others))
        self.assertEqual(instead(own, found, occupied, isFree), {"port": 11, "query": 12})
        self.assertLess(len(asked), 6)
        self.assertEqual(instead(own, found, occupied, lambda wanted: False), {})
        bounded = parse(
            'title = "T"\n[run]\ncommand = ["x"]\n'
            '[[options]]\nname = "port"\ntype = "port"\nmaximum = 6\n'
        )
        own = Claim("c", bounded, Settings("", {}, {"port": 6}))
        found = list(clashes(own, others))
        self.assertEqual(instead(own, found, occupied, isFree), {})

    def test_addresses(self) -> None:
        """It binds to what its type says it binds to, or to all addresses of the host."""
        definition = parse(
            'title = "T"\n[run]\ncommand = ["x"]\n'
            + "".join(
                f'[[options]]\nname = "{name}"\ntype = "string"\n{more}\n'
                for name, more in (
                    ("name", ""),
                    ("address", 'address = ["ipv4", "ipv6"]'),
                    ("rcon", ""),
                    ("asked", ""),
                )
            )
            + '[[options]]\nname = "port"\ntype = "port"\n'
            '[console]\nkind = "telnet"\nport = "{port}"\nhost = "{rcon}"\n'
            '[query]\nprotocol = "source"\nport = "{port}"\nhost = "{asked}"\n'
        )
        expected: Sequence[tuple[str, str, Sequence[str]]] = (
            ("address", "", everyAddress),
            ("address", "0.0.0.0", everyAddress),
            ("address", "::", everyAddress),
            ("rcon", "example.org", everyAddress),
            ("address", "127.0.0.1", ("127.0.0.1",)),
            ("address", "::1", ("::1",)),
            ("rcon", "127.0.0.3", ("127.0.0.3",)),
            ("asked", "127.0.0.3", ("127.0.0.3",)),
            ("name", "127.0.0.2", everyAddress),
        )
        for name, value, found in expected:
            settings = Settings("", {}, {name: value})
            self.assertEqual(addresses(definition, settings), found, (name, value))

    def test_addressOption(self) -> None:
        """Such an option takes addresses of its families only."""
        for families, value, isTaken in (
            ('"ipv4"', "127.0.0.1", True),
            ('"ipv4"', "::1", False),
            ('"ipv6"', "::1", True),
            ('"ipv4", "ipv6"', "::1", True),
            ('"ipv4"', "", True),
            ('"ipv4"', "localhost", False),
            ('"ipv4"', "1.2.3", False),
        ):
            [option] = parse(
                'title = "T"\n[run]\ncommand = ["x"]\n'
                f'[[options]]\nname = "a"\ntype = "string"\naddress = [{families}]\n'
            ).options
            if isTaken:
                self.assertEqual(option.check(value), value)
            else:
                self.assertRaises(BadValue, option.check, value)
