"""
The page for people: its files, held in memory as nearly all browsers want them: packed.
"""

import gzip
import hashlib
import os
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from attrs import define, field, frozen

from gamepanel.web.http.admission import Route
from gamepanel.web.http.packing import acceptsGzip

contentSecurity: Final = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    b"worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What the page may do: run and show what is here, and talk to us."""

_KINDS: Final = {
    ".html": b"text/html",
    ".css": b"text/css",
    ".js": b"text/javascript",
    ".svg": b"image/svg+xml",
}
"""What there is, by the ends of names. The module mimetypes would keep a thousand others."""

_STYLES: Final = ("look", "frame", "servers", "console", "pages", "narrow")
"""The style sheets, in the order in which each may change what those before say."""


@frozen
class _File:
    kind: bytes
    tag: bytes
    packed: bytes


def _load(data: bytes, name: str) -> _File:
    return _File(
        _KINDS[os.path.splitext(name)[1]] + b"; charset=utf-8",
        # Weak, since the bytes on the wire differ with their encoding.
        b'W/"%s"' % hashlib.blake2b(data, digest_size=12).hexdigest().encode(),
        gzip.compress(data, mtime=0),
    )


def _walk(directory: Traversable, path: str) -> Iterator[tuple[str, _File]]:
    for entry in directory.iterdir():
        here = f"{path}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{here}/")
        elif os.path.splitext(entry.name)[1] in _KINDS:
            yield here, _load(entry.read_bytes(), entry.name)


def _all() -> dict[bytes, _File]:
    directory = files("gamepanel.panel")
    found = {f"/panel/{path}".encode(): file for path, file in _walk(directory, "")}
    found[b"/"] = found.pop(b"/panel/index.html")
    # Each request costs a slow network more than what is in it.
    sheets = [(directory / "styles" / f"{name}.css").read_bytes() for name in _STYLES]
    found[b"/panel/styles.css"] = _load(b"".join(sheets), "styles.css")
    return found


@define
class PanelFiles:
    """
    Serves C{/} and what it is made of.
    """

    _files: dict[bytes, _File] = field(factory=_all)

    @property
    def routes(self) -> dict[bytes, Route]:
        """All paths, and what they take."""
        return dict.fromkeys(self._files, Route(("GET", "HEAD"), 0, isPage=True))

    def render(self, request: Any) -> bytes:
        """See L{twisted.web.resource.IResource}; only for paths in L{routes}."""
        file = self._files[request.path]
        headers = request.responseHeaders
        headers.setRawHeaders(b"Content-Security-Policy", [contentSecurity])
        # Asked about each time, answered from memory: a new version is there at once.
        headers.setRawHeaders(b"Cache-Control", [b"no-cache"])
        headers.addRawHeader(b"Vary", b"Accept-Encoding")
        headers.setRawHeaders(b"ETag", [file.tag])
        if file.tag in _parts(request, b"If-None-Match"):
            request.setResponseCode(304)
            return b""
        body = file.packed
        if acceptsGzip(request):
            headers.setRawHeaders(b"Content-Encoding", [b"gzip"])
        else:
            body = gzip.decompress(body)
        headers.setRawHeaders(b"Content-Type", [file.kind])
        headers.setRawHeaders(b"Content-Length", [b"%d" % len(body)])
        return body


def _parts(request: Any, name: bytes) -> set[bytes]:
    """The members of a list in a header, those with a weight aside."""
    fields = request.requestHeaders.getRawHeaders(name, [])
    return {part.strip() for field in fields for part in field.split(b",")}
