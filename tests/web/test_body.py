"""Bodies of requests: how strictly they are read, what is pointed at, and what it may cost."""

import json
import sys
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

from msgspec import Struct, structs
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import BadRequest
from gamepanel.web.http.body import maxSearched, messageOf, parse
from gamepanel.web.http.problems import maxProblems, pointerTo
from gamepanel.wire.endpoints import endpoints
from gamepanel.wire.message import Empty
from gamepanel.wire.people import UpdateUser
from gamepanel.wire.server import Command, OfServer, ReadLog

size = 64 * 1024


def filled(first: bytes, each: bytes, last: bytes) -> bytes:
    """A body of 64 KiB with as many of something as there is room for."""
    return first + each * ((size - len(first) - len(last)) // len(each)) + last


dear = {
    "numbers": filled(b'{"a":[', b"0,", b"0]}"),
    "floats": filled(b'{"a":[', b"1e9,", b"0]}"),
    "arrays": filled(b'{"a":[', b"[],", b"0]}"),
    "objects": filled(b'{"a":[', b"{},", b"0]}"),
    "strings": filled(b'{"a":[', b'"",', b"0]}"),
    "names": b"{" + b",".join(b'"%x":0' % number for number in range(7000)) + b"}",
    "one name": filled(b"{", b'"":0,', b'"":0}'),
    "names inside": filled(b'{"a":[', b'{"":0},', b"0]}"),
    "escaped": filled(b'{"a":[', b'"\\u003a",', b"0]}"),
    "nearly a NUL": filled(b'{"a":[', b'"\\\\u0000",', b"0]}"),
    "a NUL at last": filled(b'{"a":[', b'"",', b'"\\u0000"]}'),
    "a NUL after many names": filled(b"{", b'"a":0,', b'"b":"\\u0000"}'),
    "too deep": filled(b'{"a":', b"[", b"}"),
    "backslashes": filled(b'{"a":"', b"\\\\", b'"}'),
}


def calls(function: Callable[[], object]) -> int:
    """How many calls Python makes or is made to make."""
    count = 0

    def profile(frame: Any, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


class LongTests(SynchronousTestCase):
    def test_values(self) -> None:
        """A longer body with more values than one of 64 KiB can have is refused."""
        for first, each, last in (
            (b'{"a":[', b"0,", b"0]}"),
            (b'{"a":[', b'"",', b'"\\u003a"]}'),
            (b'{"a":[', b"[],", b"0]}"),
            (b'{"a":[', b'{"":0},', b"0]}"),
            (b"{", b'"":0,', b'"":0}'),
            (b'{"a":[', b"0,", b'0],"a":1}'),
        ):
            error = self.assertRaises(BadRequest, parse, first + each * 2 * size + last)
            self.assertEqual(error.problems, ())
        for body in (b"[" + b"0," * size + b"0]", b'{"a":' + b" " * size, b'{"a":[' + b"0," * size):
            self.assertRaises(BadRequest, parse, body)

    def test_texts(self) -> None:
        """One long text may be anything, and so may the names of many files."""
        for text in ("x" * 2 * size, '"\\,:\n\0x'.replace("\0", "\u00e4") * size):
            for isPlain in (True, False):
                body = json.dumps({"data": text, "path": "a:"}, ensure_ascii=isPlain).encode()
                self.assertEqual(parse(body), {"data": text, "path": "a:"})
        paths = [f"{number}," * 20 for number in range(1000)]
        self.assertEqual(parse(json.dumps({"paths": paths}).encode()), {"paths": paths})

    def test_twice(self) -> None:
        """A name that is twice is found beside a long text, too."""
        for text in (b"x", b"\\u00e4", b'\\u00e4\\"a\\":', b"\\u00e4\\\\"):
            body = b'{"data":"%s","a":1,"a":2}' % (text * size)
            self.assertRaises(BadRequest, parse, body)


class ParseTests(SynchronousTestCase):
    def test_good(self) -> None:
        """What is JSON and means one thing is read, as it is."""
        for body, value in (
            (b"{}", {}),
            (b' {"a" : [1, 2.5, null, true, "x"]} ', {"a": [1, 2.5, None, True, "x"]}),
            (b'{"a":{"b":1},"c":{"b":1}}', {"a": {"b": 1}, "c": {"b": 1}}),
            (b'{"a:":"b:"}', {"a:": "b:"}),
            (b'{"a\\u003a":":","\\"b\\":" : 1}', {"a:": ":", '"b":': 1}),
            (b'{"a":"\\\\u0000"}', {"a": "\\u0000"}),
            (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
            (b'{"a":9007199254740991,"b":-9007199254740991}', {"a": 2**53 - 1, "b": 1 - 2**53}),
            (b'{"a":[[[[[[[1]]]]]]]}', {"a": [[[[[[[1]]]]]]]}),
            (b"", {}),
        ):
            self.assertEqual(parse(body), value, body)

    def test_whole(self) -> None:
        """A number without a fraction is an integer, however it is written."""
        for text, value in (
            (b"1.0", 1),
            (b"-1.0", -1),
            (b"1e3", 1000),
            (b"15E-1", 1.5),
            (b"1.5", 1.5),
            (b"9007199254740991.0", 2**53 - 1),
            (b'"1.0"', "1.0"),
            (b'[1.0,{"b":2.0}]', [1, {"b": 2}]),
        ):
            found = parse(b'{"a":%s}' % text)["a"]
            self.assertEqual((found, type(found)), (value, type(value)), text)

    def test_twice(self) -> None:
        """A name twice in one object is refused, however it is spelled and whatever it has."""
        for body in (
            b'{"a":1,"a":1}',
            b'{"a":1,"\\u0061":2}',
            b'{"a:":1,"a\\u003a":1}',
            b'{"b":[{"a":1 , "a" :2}]}',
            b'{"a":":","a":"::"}',
            b'{"a":{"x":1},"a":{"x":1,"y":2,"z":3}}',
        ):
            self.assertRaises(BadRequest, parse, body)

    def test_points(self) -> None:
        """It is pointed at what can't be taken, where that is known, and nothing is echoed."""
        deep = b"[" * 8 + b"]" * 8
        for body, pointer, code in (
            (b'{"a":[{"b":"\\u0000"}]}', "/a", "value"),
            (b'{"x":1,"a":1e400}', "/a", "range"),
            (b'{"x":1,"a":9223372036854775808}', "/a", "range"),
            (b'{"a":' + deep + b"}", "/a", "value"),
            (b'{"b":' + deep + b"}", "", "value"),
        ):
            error = self.assertRaises(BadRequest, parse, body, ("a",))
            [problem] = error.problems
            self.assertEqual((pointerTo(problem.field), problem.code), (pointer, code))
            self.assertEqual(error.detail, BadRequest().detail)

    def test_cost(self) -> None:
        """Not even the dearest body makes Python take a step for each of its values."""
        for name, body in dear.items():

            def read(body: bytes = body) -> None:
                try:
                    messageOf(Empty, parse(body))
                except BadRequest as error:
                    self.assertLessEqual(len(error.problems), maxProblems)

            self.assertLess(calls(read), 20 * maxSearched, name)


def requests() -> Iterator[type[Struct]]:
    """All types of requests."""
    return iter({each.takes for each in endpoints.values()})


right: dict[str, Any] = {
    "path": "x",
    "paths": ["x"],
    "from": "x",
    "to": "y",
    "data": "",
    "text": "x",
    "executable": True,
    "server": "a",
    "type": "t",
    "username": "u",
    "password": "p",
    "oldPassword": "p",
    "token": "t",
    "proofOfWork": [],
    "command": "x",
    "job": 1,
    "backup": 1,
    "upload": "0" * 32,
    "url": "http://a/b",
    "action": "a",
    "player": "p",
    "schedule": 1,
    "name": "n",
    "when": {"cron": "0 4 * * *"},
    "steps": [{"command": "x"}],
}
"""Values of all fields that some request must have."""

wrong: tuple[Any, ...] = (
    *(True, -1, 0, 0.5, 2**53, 1e300, "", "Z y", "x" * 5000, "\n", [], ["fly"], [1], [None] * 70),
    *({}, {"Z": []}, {"a": ["view", "fly"]}, {"a": 1}, {"unheard": 1}, {"server": "Z"}),
    {"move": 3},
)


def resolved(pointer: str, sent: Any) -> Any:
    """What a pointer leads to (RFC 6901)."""
    for name in pointer.split("/")[1:]:
        sent = sent[int(name)] if isinstance(sent, list) else sent[name]
    return sent


class MistakeTests(SynchronousTestCase):
    def told(self, takes: type[Struct], fields: dict[str, Any]) -> list[tuple[str, str, str]]:
        """What is said of a request: each pointer, code and sentence."""
        try:
            messageOf(takes, fields, lambda name: name == "a")
        except BadRequest as error:
            self.assertEqual(error.detail, BadRequest().detail)
            self.assertGreater(len(error.problems), 0)
            return [(pointerTo(each.field), each.code, each.detail) for each in error.problems]
        return []

    def test_everyField(self) -> None:
        """
        Whatever is wrong with a field of a request: the pointer leads to it, and what is said is
        a sentence of ours with nothing of the input.
        """
        seen = set()
        for takes in requests():
            names = takes.__struct_encode_fields__
            needed = [each.encode_name for each in structs.fields(takes) if each.required]
            good = {name: right[name] for name in needed}
            self.assertEqual(self.told(takes, good), [])
            for each in needed:
                fields = {name: value for name, value in good.items() if name != each}
                self.assertIn((f"/{each}", "missing", "is missing"), self.told(takes, fields))
            for name, value in product(names, wrong):
                sent = {**good, name: value}
                for pointer, code, detail in self.told(takes, sent):
                    where = (takes, sent, pointer, detail)
                    self.assertTrue(f"{pointer}/".startswith(f"/{name}/"), where)
                    resolved(pointer, sent)
                    self.assertNotRegex(detail, r"Expected|regex|\\Z|\bstr\b|float|fly|unheard")
                    seen.add(code)
        # What else there is depends on the state of the daemon, or on two fields.
        self.assertEqual(seen, {"type", "range", "pattern", "choice", "unknown"})

    def test_sentences(self) -> None:
        """Each kind of mistake has its sentence."""
        for takes, fields, pointer, code, detail in (
            (ReadLog, {"server": "Z"}, "/server", "pattern", "must be lower-case letters, digits"),
            (ReadLog, {"server": "a", "limit": 1.5}, "/limit", "type", "must be a whole number"),
            (ReadLog, {"server": "a", "wait": 31}, "/wait", "range", "must be at most 30"),
            (ReadLog, {"server": "a", "encoding": "x"}, "/encoding", "choice", "base64, utf-8"),
            (Command, {"server": "a", "command": "a\u2028b"}, "/command", "pattern", "one line"),
            (Command, {"server": "a", "command": "a\u2029b"}, "/command", "pattern", "one line"),
            (OfServer, {"server": "a", "x": 1}, "", "unknown", "there are: server"),
            (Empty, {"x": None}, "", "unknown", "it has none"),
        ):
            [(where, word, said)] = self.told(takes, fields)
            self.assertEqual((where, word), (pointer, code))
            self.assertIn(detail, said)
        both = {"server": "a", "readIndex": 1, "since": 1}
        [found] = self.told(ReadLog, both)
        self.assertEqual(found, ("/since", "conflict", "can't be there with readIndex"))

    def test_maps(self) -> None:
        """A name in a map is told where it may be, and else what it stands in."""
        for name, pointer in (("a", "/servers/a/0"), ("b", "/servers"), ("B", "/servers")):
            fields = {"username": "u", "servers": {name: ["fly"]}}
            [(where, _, said)] = self.told(UpdateUser, fields)
            self.assertEqual(where, pointer)
            self.assertNotIn("B", said)

    def test_escaped(self) -> None:
        """Names in pointers are escaped as RFC 6901 has it."""
        self.assertEqual(pointerTo(("a/b", "m~n", "")), "/a~1b/m~0n")

    def test_many(self) -> None:
        """Of many mistakes at most 64 are told of."""
        servers = {f"a{number}": ["fly"] for number in range(3000)}
        said = self.told(UpdateUser, {"username": "u", "servers": servers})
        self.assertEqual(len(said), maxProblems)


class LimitTests(SynchronousTestCase):
    def test_table(self) -> None:
        """Each endpoint takes as much as it may need."""
        for name, limit in (
            ("server_create", 64),
            ("server_settings", 64),
            ("server_retype", 64),
            ("user_update", 64),
            ("server_cmd", 32),
            ("login", 8),
            ("login_info", 4),
            ("server_list", 4),
            ("whoami", 4),
        ):
            self.assertEqual(endpoints[name].maxBody, limit * 1024, name)
