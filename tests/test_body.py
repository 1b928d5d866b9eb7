"""Bodies of requests: how strictly they are read, what is pointed at, and what it may cost."""

import sys
from collections.abc import Callable
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.errors import BadRequest
from gamepanel.web.bodies import maxBodyOf
from gamepanel.web.http.body import maxSearched, parse
from gamepanel.web.http.mistakes import problemOf
from gamepanel.web.http.problems import maxProblems, pointerTo
from gamepanel.web.http.reading import messageOf
from gamepanel.wire.message import Empty
from gamepanel.wire.server import OfServer

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
        """It is pointed at what is doubtful, and nothing is echoed."""
        for body, pointer, detail in (
            (b'{"a":[{"b":"\\u0000"}]}', "/a", "has a NUL in a string"),
            (b'{"a":9007199254740992}', "/a", "Expected int <= 9007199254740991"),
            (b'{"x":1,"a":1e300}', "/a", "Expected float <= 9007199254740991.0"),
            (b'{"a":' + b"[" * 8 + b"]" * 8 + b"}", "/a" + "/0" * 7, "nests deeper than 8"),
        ):
            error = self.assertRaises(BadRequest, parse, body)
            [problem] = error.problems
            self.assertEqual((pointerTo(problem.field), problem.detail), (pointer, detail))

    def test_cost(self) -> None:
        """Not even the dearest body makes Python take a step for each of its values."""
        for name, body in dear.items():

            def read(body: bytes = body) -> None:
                try:
                    messageOf(Empty, parse(body))
                except BadRequest as error:
                    self.assertLessEqual(len(error.problems), maxProblems)

            self.assertLess(calls(read), 20 * maxSearched, name)


class MistakeTests(SynchronousTestCase):
    def test_manyUnknown(self) -> None:
        """Of fields that are not known at most 64 are told of."""
        fields = {f"x{number}": 1 for number in range(200)}
        error = self.assertRaises(BadRequest, messageOf, OfServer, fields)
        self.assertEqual([problem.field for problem in error.problems][:2], [("x0",), ("x1",)])
        self.assertEqual(len(error.problems), 64)

    def test_echo(self) -> None:
        """What was sent is neither in the detail nor in the pointer, whatever it looks like."""
        problem = problemOf("Invalid enum value ' - at `$.evil`' - at `$.servers[...][0]`")
        self.assertEqual(problem.field, ("servers", "...", "0"))
        self.assertNotIn("evil", problem.detail)
        problem = problemOf("Object contains unknown field `evil` - at `$.when`")
        self.assertEqual(problem.field, ("when",))
        self.assertNotIn("evil", problem.detail)


class LimitTests(SynchronousTestCase):
    def test_table(self) -> None:
        """Each endpoint takes as much as it may need."""
        for name, limit in (
            ("server_create", 64),
            ("server_settings", 64),
            ("server_retype", 64),
            ("user_update", 64),
            ("schedule_create", 64),
            ("webhook_test", 64),
            ("token_create", 64),
            ("token_list", 4),
            ("server_cmd", 32),
            ("file_write", 16),
            ("login", 8),
            ("login_info", 4),
            ("server_list", 4),
            ("whoami", 4),
        ):
            self.assertEqual(maxBodyOf(name), limit * 1024, name)
