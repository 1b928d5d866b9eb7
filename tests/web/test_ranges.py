"""Which bytes of a file are sent, and what is said of it."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import BadRange
from gamepanel.web.http.ranges import attachment, dateOf, isSame, rangeOf


class RangeTests(SynchronousTestCase):
    def test_ranges(self) -> None:
        """One range of bytes counts; anything else is as if it were not there (RFC 9110, 14.2)."""
        for header, wanted in (
            (None, None),
            (b"bytes=0-0", (0, 1)),
            (b"bytes=0-", (0, 100)),
            (b"bytes=99-", (99, 100)),
            (b"bytes=10-1000", (10, 100)),
            (b"bytes=-10", (90, 100)),
            (b"bytes=-1000", (0, 100)),
            (b"BYTES= 5-6 ", (5, 7)),
            (b"bytes=5-4", None),
            (b"bytes=0-1,5-6", None),
            (b"bytes=", None),
            (b"bytes=-", None),
            (b"bytes=a-b", None),
            (b"bytes=1-2-3", None),
            (b"bytes=0x1-2", None),
            (b"bytes=+1-2", None),
            (b"bytes=" + b"9" * 40 + b"-", None),
            (b"lines=1-2", None),
            (b"\xff\xfe", None),
            (b"bytes=1-" + b"1" * 8000, None),
        ):
            self.assertEqual(rangeOf(header, 100), wanted, header)

    def test_none(self) -> None:
        """A range of which the file has nothing is refused."""
        for header, size in ((b"bytes=100-", 100), (b"bytes=-0", 100), (b"bytes=0-0", 0)):
            self.assertRaises(BadRange, rangeOf, header, size)

    def test_ifRange(self) -> None:
        """A range of a file that is another by now is not sent."""
        tag, date = b'"a"', dateOf(784111777.9)
        self.assertEqual(date, b"Sun, 06 Nov 1994 08:49:37 GMT")
        for header in (None, tag, date, b' "a"'):
            self.assertTrue(isSame(header, tag, date), header)
        for header in (b'"b"', b'W/"a"', b"a", b"", b"Sun, 06 Nov 1994 08:49:38 GMT"):
            self.assertFalse(isSame(header, tag, date), header)

    def test_names(self) -> None:
        """A name is told as it is, and in ASCII; none of it ends the header or the quotes."""
        for name, wanted in (
            ("map.zip", "attachment; filename=\"map.zip\"; filename*=UTF-8''map.zip"),
            ("Höhle.zip", "attachment; filename=\"H_hle.zip\"; filename*=UTF-8''H%C3%B6hle.zip"),
            ('a"\\%b', "attachment; filename=\"a___b\"; filename*=UTF-8''a%22%5C%25b"),
            ("a\r\nX: y", "attachment; filename=\"a__X: y\"; filename*=UTF-8''a%0D%0AX%3A%20y"),
        ):
            self.assertEqual(attachment(name).decode(), wanted)
