"""
The page for people, as C{make page} has built it; held in memory as nearly all browsers want it:
packed.

Scripts and styles have an address that changes with what is in them, so that a browser need never
ask for them again.
"""

import base64
import gzip
import hashlib
import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from attrs import Factory, define
from msgspec import Struct

import gamepanel
from gamepanel.web.http.admission import Route
from gamepanel.web.http.packing import acceptsGzip

_BUILT: Final = Path(gamepanel.__file__).parent / "panel" / "dist"

_SECURITY: Final = (
    "default-src 'none'; script-src 'self'{inline}; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
)
"""Content-Security-Policy (CSP) of the page: it may run and show what is here, and talk to us."""

_KINDS: Final = {
    ".html": b"text/html",
    ".css": b"text/css",
    ".js": b"text/javascript",
    ".svg": b"image/svg+xml",
}
"""What there is, by the ends of names. The module mimetypes would keep a thousand others."""

_NAMED: Final = {"icon.svg", "icon-red.svg", "work.js"}
"""What a page of an earlier release may still ask for: its address never changes."""

_FOREVER: Final = b"public, max-age=31536000, immutable"
_ASK: Final = b"no-cache"
"""Asked about each time, answered from memory: a new version is there at once."""


class _File(Struct, frozen=True):
    """
    @ivar kind: its media type.
    @ivar tag: its C{ETag}.
    @ivar packed: itself, by gzip.
    @ivar caching: its C{Cache-Control}.
    @ivar policy: its C{Content-Security-Policy}.
    """

    kind: bytes
    tag: bytes
    packed: bytes
    caching: bytes
    policy: bytes


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(b"%d:%b" % (len(part), part))
    return digest.hexdigest()


def _file(name: str, data: bytes, caching: bytes = _ASK, inline: str = "") -> _File:
    return _File(
        _KINDS[os.path.splitext(name)[1]] + b"; charset=utf-8",
        # Weak, since the bytes on the wire differ with their encoding.
        f'W/"{_digest(data)}"'.encode(),
        gzip.compress(data, mtime=0),
        caching,
        _SECURITY.format(inline=inline).encode(),
    )


def _read(built: Path = _BUILT) -> dict[bytes, _File]:
    """All that is served, by its path."""
    texts = {entry.name: entry.read_bytes() for entry in sorted(built.iterdir())}
    place = f"/panel/{_digest(*(name.encode() for name in texts), *texts.values())}"
    # These stand in the page itself: a script that needn't be asked for, and icons that are there
    # without the daemon.
    begin, sprite = texts.pop("begin.js"), texts.pop("sprite.svg")
    page = texts.pop("index.html")
    for old, new in ((b"{begin}", begin), (b"{sprite}", sprite), (b"{place}", place.encode())):
        page = page.replace(old, new)
    hashed = base64.b64encode(hashlib.sha256(begin).digest()).decode()
    found = {b"/": _file("index.html", page, inline=f" 'sha256-{hashed}'")}
    for name, text in texts.items():
        if name in _NAMED:
            found[f"/panel/{name}".encode()] = _file(name, text)
        else:
            found[f"{place}/{name}".encode()] = _file(name, text, _FOREVER)
    return found


@define
class PanelFiles:
    """Serves C{/} and what it is made of."""

    _files: dict[bytes, _File] = Factory(_read)

    @property
    def routes(self) -> dict[bytes, Route]:
        """All paths, and what they take."""
        return dict.fromkeys(self._files, Route(("GET", "HEAD"), 0, isPage=True))

    def render(self, request: Any) -> bytes:
        """See C{twisted.web.resource.IResource}; only for paths in L{routes}."""
        return _answer(request, self._files[request.path])


@lru_cache(maxsize=8)
def _unpacked(packed: bytes) -> bytes:
    # Kept of the newest few: whoever asks for a big one without a pause keeps nobody waiting.
    return gzip.decompress(packed)


def _answer(request: Any, file: _File) -> bytes:
    headers = request.responseHeaders
    headers.setRawHeaders(b"Content-Security-Policy", [file.policy])
    headers.setRawHeaders(b"Cache-Control", [file.caching])
    headers.addRawHeader(b"Vary", b"Accept-Encoding")
    headers.setRawHeaders(b"ETag", [file.tag])
    if file.tag in _parts(request, b"If-None-Match"):
        request.setResponseCode(304)
        return b""
    isPacked = acceptsGzip(request)
    if isPacked:
        headers.setRawHeaders(b"Content-Encoding", [b"gzip"])
    body = file.packed if isPacked else _unpacked(file.packed)
    headers.setRawHeaders(b"Content-Type", [file.kind])
    headers.setRawHeaders(b"Content-Length", [b"%d" % len(body)])
    return body


def _parts(request: Any, name: bytes) -> set[bytes]:
    """The members of a list in a header, those with a weight aside."""
    fields = request.requestHeaders.getRawHeaders(name, [])
    return {part.strip() for field in fields for part in field.split(b",")}
