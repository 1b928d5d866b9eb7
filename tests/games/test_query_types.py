"""The table C{[query]} of types: how it is read and checked."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.games.arguments import asText
from gamepanel.games.catalogue import Catalogue, shippedTypes
from gamepanel.games.definition import BadDefinition
from gamepanel.games.parsing import parse
from gamepanel.games.query import Asking, Unaskable, askingOf, pageOf
from gamepanel.games.template import Template
from gamepanel.servers.plan import placeholderValues
from gamepanel.servers.settings import Settings


def asking(lines: str, options: str = "[[options]]\nname = 'port'\ntype = 'port'\n") -> str:
    """A type with a C{[query]} of these lines."""
    return f"title = 'T'\n{options}[run]\ncommand = ['game']\n[query]\n{lines}\n"


page = "protocol = 'http-json'\nurl = 'http://127.0.0.1:{port}/json'\n"
metrics = "protocol = 'http-metrics'\nurl = 'http://127.0.0.1:{port}/metrics'\n"


class QueryTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """Nothing is asked without the table; with it, no more than the protocol is needed."""
        self.assertIsNone(parse("title = 'T'\n[run]\ncommand = ['x']\n").query)
        query = parse(asking("protocol = 'openttd'")).query
        assert query is not None
        self.assertEqual((query.every, query.silence, query.names), (15, 120, False))
        self.assertEqual((query.port, query.host), (None, None))

    def test_silence(self) -> None:
        """A game that is asked seldom is called hung later, and 0 is never."""
        for lines, expected in (
            ("every = 60", 180),
            ("every = 1", 120),
            ("hung_after = 0", 0),
            ("every = 2\nhung_after = 6", 6),
        ):
            query = parse(asking(f"protocol = 'mumble'\n{lines}")).query
            assert query is not None
            self.assertEqual(query.silence, expected, lines)

    def test_takes(self) -> None:
        """What the documents show is taken."""
        for lines in (
            "protocol = 'minecraft'\nport = '{port}'\nhost = '127.0.0.1'\nnames = true",
            "protocol = 'teamspeak3'\nport = '10011'",
            page + "online = 'length(players)'\nmax = 'maxPlayers'\nnames = 'players[].name'",
            metrics + "online = 'minetest_core_player_number'",
        ):
            self.assertIsNotNone(parse(asking(lines)).query, lines)

    def test_refuses(self) -> None:
        """What does not fit is refused, with the place and the reason."""
        for lines, where in (
            ("protocol = 'gopher'", "gopher"),
            ("protocol = 'mumble'\nwhen = 3", "when"),
            ("protocol = 'mumble'\nevery = 0.5", "query.every"),
            ("protocol = 'mumble'\nevery = 3601", "query.every"),
            ("protocol = 'mumble'\nhung_after = 44", "hung_after: must be 0 or at least 45"),
            ("protocol = 'mumble'\nevery = 1\nhung_after = 4", "at least 5"),
            ("protocol = 'mumble'\nnames = true", "names: an answer of mumble"),
            ("protocol = 'ddnet'\nnames = 'x'", "names: an expression"),
            ("protocol = 'ddnet'\nport = '{q}'", "query.port"),
            ("protocol = 'ddnet'\nport = '0'", "query.port"),
            ("protocol = 'ddnet'\nport = '65536'", "query.port"),
            ("protocol = 'ddnet'\nport = 65536", "query.port"),
            ("protocol = 'ddnet'\nport = '1{port}'", "query.port"),
            ("protocol = 'ddnet'\nhost = '{q}'", "query.host"),
            ("protocol = 'ddnet'\nurl = 'http://x'", "query.url"),
            ("protocol = 'ddnet'\nonline = 'x'", "query.online"),
            ("protocol = 'teamspeak3'", "query.port"),
            (page, "online: must be given"),
            (page + "online = 'a['", "online: not a JMESPath expression"),
            (page + f"online = '{'(' * 1000}'", "online: not a JMESPath expression"),
            (page + "online = 'a'\nnames = true", "names: must be an expression"),
            (page + "online = 'a'\nport = '{port}'", "port: goes into the url"),
            ("protocol = 'http-json'\nonline = 'a'", "url: must be given"),
            ("protocol = 'http-json'\nonline = 'a'\nurl = 'https://x'", "url: must begin"),
            ("protocol = 'http-json'\nonline = 'a'\nurl = 'http://{q}'", "url: {q} names no"),
            (metrics + "online = 'a b'", "online: not the name of a metric"),
            (metrics + "online = 'a'\nnames = 'b'", "names"),
            (metrics + "online = 'a'\nnames = true", "names"),
        ):
            with self.assertRaises(BadDefinition) as caught:
                parse(asking(lines))
            self.assertIn(where, str(caught.exception), lines)
        with self.assertRaises(BadDefinition) as caught:
            parse(asking("protocol = 'mumble'", ""))
        self.assertIn("query.port", str(caught.exception))


class AskingTests(SynchronousTestCase):
    def asked(self, lines: str, **values: str) -> Asking:
        """How a server of a type is asked."""
        options = "".join(
            f"[[options]]\nname = '{name}'\ntype = '{'port' if 'port' in name else 'string'}'\n"
            for name in ("port", "port2", "address")
        )
        definition = parse(asking(lines, options))
        assert definition.query is not None
        known = {"port": "27015", **values}
        return askingOf(definition.query, definition.template, known, definition.mainPort)

    def test_port(self) -> None:
        """The main port is asked where no other is named."""
        self.assertEqual(self.asked("protocol = 'mumble'").port, 27015)
        asked = self.asked("protocol = 'mumble'\nport = '{port2}'", port2="99")
        self.assertEqual((asked.port, asked.voicePort), (99, 27015))
        self.assertEqual(self.asked("protocol = 'mumble'\nport = '99'").port, 99)
        self.assertEqual(self.asked("protocol = 'mumble'\nport = 99").port, 99)
        self.assertRaises(Unaskable, self.asked, "protocol = 'mumble'\nport = '{port2}'")
        asked = self.asked(page + "online = 'a'\nnames = 'b'")
        self.assertEqual((asked.host, asked.port, asked.path), ("127.0.0.1", 27015, "/json"))
        self.assertTrue(asked.hasAllNames)
        self.assertFalse(self.asked("protocol = 'mumble'").hasAllNames)

    def test_wait(self) -> None:
        """An answer is waited for as long as until the next question, but no longer than 5 s."""
        self.assertEqual(self.asked("protocol = 'mumble'").wait, 5)
        self.assertEqual(self.asked("protocol = 'mumble'\nevery = 2").wait, 2)

    def test_host(self) -> None:
        """A game that listens at all addresses is asked at the loopback one of its family."""
        for address, expected in (
            ("", "127.0.0.1"),
            ("ANY", "127.0.0.1"),
            ("0.0.0.0", "127.0.0.1"),
            ("::", "::1"),
            ("[::1]", "::1"),
            ("192.0.2.1", "192.0.2.1"),
        ):
            asked = self.asked("protocol = 'mumble'\nhost = '{address}'", address=address)
            self.assertEqual(asked.host, expected, address)
        for address in ("example.org", "1.2.3", "127.0.0.1:80"):
            lines = "protocol = 'mumble'\nhost = '{address}'"
            self.assertRaises(Unaskable, self.asked, lines, address=address)

    def test_shipped(self) -> None:
        """Each type of the catalogue that says how to ask can be asked as it is by default."""
        catalogue = Catalogue((shippedTypes(),))
        asked = 0
        for name, definition in catalogue.all().items():
            if definition.query is None:
                continue
            values = placeholderValues(definition, Settings(), "id", "/d")
            texts = {key: asText(value) for key, value in values.items()}
            template, main = definition.template, definition.mainPort
            found = askingOf(definition.query, template, texts, main)
            self.assertIn(found.host, ("127.0.0.1", "::1"), name)
            asked += 1
        self.assertGreater(asked, 8)


class PageTests(SynchronousTestCase):
    def test_page(self) -> None:
        """Values stand for themselves in the address of a page, and reach no other part."""
        template = Template.parse(
            "http://{host}:{port}/a/{text}?b={text}", ("host", "port", "text")
        )
        values = {"host": "127.0.0.1", "port": "80", "text": "a b/?#@%\r\n"}
        text = "a%20b%2F%3F%23%40%25%0D%0A"
        self.assertEqual(pageOf(template, values), ("127.0.0.1", 80, f"/a/{text}?b={text}"))
        bare = Template.parse("http://[{host}]", ("host",))
        self.assertEqual(pageOf(bare, {"host": "::1"}), ("::1", 80, "/"))

    def test_refuses(self) -> None:
        """An address that is none is refused."""
        for text in (
            "ftp://127.0.0.1/",
            "http://u@127.0.0.1/",
            "http://127.0.0.1:x/",
            "http://127.0.0.1:70000/",
            "http://[::1/",
            "http://127.0.0.1/a b",
            "http://127.0.0.1/\u00e9",
        ):
            self.assertRaises(Unaskable, pageOf, Template.parse(text, ()), {})
