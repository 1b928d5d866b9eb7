"""Heads of requests, and bodies in chunks, as values: no connection."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.base.errors import BadRequest, TooLarge
from gamepanel.web.http.chunked import ChunkedBody, maxSizeLine, maxTrailerBytes
from gamepanel.web.http.request import Head, parse


class HeadTests(SynchronousTestCase):
    def head(self, *lines: bytes, first: bytes = b"POST /login HTTP/1.1") -> Head:
        """What is in a head."""
        return parse(b"\r\n".join((first, *lines, b"", b"")))

    def test_parsed(self) -> None:
        """A head is taken apart; names of fields have no case, values no space around them."""
        head = self.head(b"host:\t x ", b"X: 1", b"x:2", b"E:", first=b"GET /a?b=c&d=&b=e HTTP/1.0")
        self.assertEqual((head.method, head.path, head.version), (b"GET", b"/a", b"HTTP/1.0"))
        self.assertEqual(head.args, {b"b": [b"c", b"e"], b"d": [b""]})
        for name, values in ((b"Host", [b"x"]), (b"X", [b"1", b"2"]), (b"E", [b""])):
            self.assertEqual(head.fields.getRawHeaders(name), values)

    def test_ambiguous(self) -> None:
        """What others may read in another way (request smuggling) is refused."""
        for line in (
            *(b"X: a\nContent-Length: 3", b"X: a\rContent-Length: 3", b"X: a\0b", b"\tfolded"),
            *(b"Content-Length : 3", b"Content-Length\t: 3", b"\x0bContent-Length: 3"),
            *(b"Content-Length: 3,3", b"Content-Length: 3 3", b"Content-Length: 3;", b"\x00: 1"),
            *(b"Content-Length:", b"Content-Length: \xb2", b"Content-Length: 1_0"),
            *(b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: \x0bchunked"),
            *(b"Transfer-Encoding: xchunked", b"Transfer-Encoding:", b"Transfer-Encoding: gzip"),
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\ncontent-length: 0",
        ):
            self.assertRaises(BadRequest, self.head, line)
        for first in (
            *(b"", b"GET /", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"GET\t/ HTTP/1.1"),
            *(b"GET / HTTP/1.2", b"GET / http/1.1", b"GET * HTTP/1.1", b"GET /\xff HTTP/1.1"),
            *(b"GET /a b HTTP/1.1", b"GET / HTTP/1.1\nX: a", b"GET /\x00 HTTP/1.1"),
        ):
            self.assertRaises(BadRequest, self.head, first=first)

    def test_length(self) -> None:
        """The length of a body is in its head, or it comes in chunks."""
        self.assertEqual(self.head().length, 0)
        self.assertEqual(self.head(b"Content-Length: 007").length, 7)
        self.assertIsNone(self.head(b"transfer-encoding: Chunked ").length)

    def test_persistent(self) -> None:
        """A connection stays with HTTP/1.1, unless one of its Connection fields says close."""
        for lines, version, isPersistent in (
            ((), b"1", True),
            ((b"Connection: keep-alive",), b"1", True),
            ((b"Connection: TE", b"Connection: a , CLOSE"), b"1", False),
            ((b"Connection: keep-alive",), b"0", False),
        ):
            head = self.head(*lines, first=b"GET / HTTP/1." + version)
            self.assertEqual(head.isPersistent, isPersistent)


class ChunkedTests(SynchronousTestCase):
    def take(self, data: bytes, step: int, most: int = 100) -> tuple[bytes | None, bytes]:
        """The body in some bytes, that come so many at a time, and what is left behind it."""

        def admit(come: int, size: int) -> None:
            if come + size > most:
                raise TooLarge()

        body, buffer = ChunkedBody(admit), bytearray()
        for at in range(0, len(data), step):
            buffer += data[at : at + step]
            found = body.take(buffer)
            if found is not None:
                return found, bytes(buffer) + data[at + step :]
        return None, bytes(buffer)

    def test_pieces(self) -> None:
        """In whatever pieces it comes, it is decoded alike, and what is behind it stays."""
        data = b'3\r\nabc\r\n0A;x="y"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nGET /'
        for step in (*range(1, 20), len(data)):
            self.assertEqual(self.take(data, step), (b"abc0123456789", b"GET /"), step)

    def test_malformed(self) -> None:
        """What is none is refused, however it comes."""
        for data in (
            *(b"\r\n", b"g\r\n", b"+1\r\n", b"0x1\r\n", b" 1\r\n", b"1 \r\n", b"1_0\r\n"),
            *(b"1\r\nab\r\n", b"1\r\na\n\n", b"1;\x00\r\n", b"1;\n\r\n"),
            *(b"1" * 17 + b"\r\n", b"0" * 17 + b"\r\n", b"1;" + b"x" * maxSizeLine),
            b"0\r\n" + b"X" * (maxTrailerBytes + 3),
            b"0\r\n" + b"X: y\r\n" * (maxTrailerBytes // 6 + 2),
        ):
            for step in (1, len(data)):
                self.assertRaises(BadRequest, self.take, data, step)

    def test_size(self) -> None:
        """One that is too large is refused before any of that chunk comes."""
        for data in (b"65\r\n", b"1\r\n \r\n64\r\n", b"f" * 16 + b"\r\n"):
            self.assertRaises(TooLarge, self.take, data, len(data))
        self.assertEqual(self.take(b"1\r\n \r\n63\r\n", 100)[0], None)
