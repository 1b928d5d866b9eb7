"""
The page for people: its files, held in memory as nearly all browsers want them: packed.

C{/} has the modules joined to a few scripts, at an address that changes with what is in them, so
that a browser need never ask for them again; C{/panel/index.html} has each module for itself, as
it is written.
"""

import base64
import gzip
import hashlib
import os
import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from attrs import Factory, define, field
from msgspec import Struct
from twisted.internet.defer import Deferred
from twisted.internet.task import Cooperator
from twisted.python.failure import Failure

import gamepanel
from gamepanel.web.http.admission import Route
from gamepanel.web.http.packing import acceptsGzip
from gamepanel.web.routes import answerLater

_PACKAGE: Final = Path(gamepanel.__file__).parent

_SECURITY: Final = (
    "default-src 'none'; script-src 'self'{inline}; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'"
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

_BEGIN: Final = "app.js"
_TOOLS: Final = {"lib/hours.js", *(f"views/{name}.js" for name in ("bulk", "keys", "palette"))}
"""What several pages have and is rarely wanted."""

_WORDS: Final = re.compile(r"texts/(?P<language>\w+)/(?P<part>words|types)\.js")

_APART: Final = '<script src="/panel/begin.js"></script>'
"""Stands in the page for a script that needn't be asked for."""

_SPRITE: Final = '<div id="sprite" hidden></div>'
"""Stands in the page where its icons are to be: what is in the page is there without the daemon."""

_QUICKLY: Final = 1
_WELL: Final = 9
"""How much a file is packed: what is written here is sent rarely, and packed at each start."""

_FOREVER: Final = b"public, max-age=31536000, immutable"
_ASK: Final = b"no-cache"
"""Asked about each time, answered from memory: a new version is there at once."""


_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)
_GAP: Final = re.compile(r"\s*([{};,])\s*|(:)\s+")
"""What means nothing in a style sheet. A gap before a colon may: it begins another selector."""


def squeezed(css: str) -> str:
    """A style sheet without comments and gaps; in no string may be what looks like those."""
    return _GAP.sub(lambda gap: gap[1] or gap[2], _COMMENT.sub("", css)).replace(";}", "}")


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
    caching: bytes = _ASK
    policy: bytes = _SECURITY.format(inline="").encode()

    @property
    def plain(self) -> bytes:
        """Itself as it is."""
        return gzip.decompress(self.packed)


def _file(data: bytes, name: str, level: int = _WELL, **more: bytes) -> _File:
    return _File(
        _KINDS[os.path.splitext(name)[1]] + b"; charset=utf-8",
        # Weak, since the bytes on the wire differ with their encoding.
        b'W/"%s"' % hashlib.blake2b(data, digest_size=12).hexdigest().encode(),
        gzip.compress(data, level, mtime=0),
        **more,
    )


def _walk(directory: Path, path: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in directory.iterdir():
        here = f"{path}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{here}/")
        elif os.path.splitext(entry.name)[1] in _KINDS:
            yield here, entry.read_bytes()


def _read() -> dict[str, _File]:
    found = {}
    for path, data in sorted(_walk(_PACKAGE / "panel")):
        level = _WELL if path.endswith(".svg") else _QUICKLY
        found[path] = _file(data, path, level)
    return found


@define
class Sources:
    """
    All files as they are written.

    @ivar files: by their paths.
    """

    files: dict[str, _File] = Factory(_read)

    @cached_property
    def name(self) -> str:
        """Another one whenever something in the files is another, or how they are joined."""
        digest = hashlib.blake2b(digest_size=12)
        for program in ("panel.py", "scripts.py"):
            digest.update((_PACKAGE / "web" / program).read_bytes())
        for path, file in self.files.items():
            digest.update(path.encode() + file.tag)
        return digest.hexdigest()

    @property
    def scripts(self) -> list[str]:
        """The names of all that there will be."""
        words = [_scriptOf(path) for path in self.files if _WORDS.fullmatch(path)]
        return ["first", *words, "tools", "server", "rest"]

    def styles(self) -> bytes:
        """All style sheets as one, without what is there for people only."""
        text = "".join(self.files[f"styles/{name}.css"].plain.decode() for name in _STYLES)
        return squeezed(text).encode()

    def index(self) -> str:
        """The page whose modules come each for itself, with its icons."""
        sprite = self.files["sprite.svg"].plain.decode()
        text = self.files["index.html"].plain.decode()
        return text.replace(_SPRITE, f"<div hidden>{sprite}</div>")

    def page(self) -> _File:
        """What C{/} shows."""
        begin = self.files["begin.js"].plain
        inline = base64.b64encode(hashlib.sha256(begin).digest()).decode()
        text = self.index()
        for old, new in (
            (_APART, f'<script data-place="/panel/{self.name}">{begin.decode()}</script>'),
            (f"/panel/{_BEGIN}", f"/panel/{self.name}/first.js"),
            ("/panel/styles.css", f"/panel/{self.name}/styles.css"),
        ):
            text = text.replace(old, new)
        policy = _SECURITY.format(inline=f" 'sha256-{inline}'").encode()
        return _file(text.encode(), "index.html", policy=policy)

    def join(self, into: dict[str, bytes]) -> Iterator[None]:
        """
        Make the scripts, and the styles; there is a pause after each step.

        @param into: takes the text of each, by the name of its file.
        """
        # Wanted by nobody who does not look at the page.
        from gamepanel.web.scripts import Module, place, readModule

        into["styles.css"] = self.styles()
        modules: dict[str, Module] = {}
        for path, file in self.files.items():
            if path.endswith(".js"):
                modules[path] = readModule(path, file.plain.decode())
                yield
        later = {path for module in modules.values() for path in module.loads}
        scripts = place(modules, _BEGIN, {path: _scriptOf(path) for path in sorted(later)})
        for name in scripts.places:
            into[f"{name}.js"] = scripts.text(name).encode()
            yield


def _scriptOf(path: str) -> str:
    """The name of the script that has a module which is loaded later."""
    if match := _WORDS.fullmatch(path):
        return f"{match['part']}-{match['language']}"
    if path in _TOOLS:
        return "tools"
    return "server" if path == "views/server.js" else "rest"


@define
class PanelFiles:
    """
    Serves C{/} and what it is made of.

    The scripts are made when somebody first asks for the page: a daemon that nobody looks at
    starts sooner, and has fewer bytes in memory.
    """

    _slices: Cooperator
    _sources: Sources = Factory(Sources)
    _files: dict[bytes, _File] = field(init=False)
    _joining: bool = field(default=False, init=False)
    _waiting: list[Deferred[None]] = field(factory=list, init=False)

    @_files.default
    def _apart(self) -> dict[bytes, _File]:
        """All that is there at once."""
        found = {f"/panel/{path}".encode(): file for path, file in self._sources.files.items()}
        found[b"/"] = self._sources.page()
        found[b"/panel/index.html"] = _file(self._sources.index().encode(), "index.html")
        found[b"/panel/styles.css"] = _file(self._sources.styles(), "styles.css", _QUICKLY)
        return found

    @property
    def routes(self) -> dict[bytes, Route]:
        """All paths, and what they take."""
        joined = [self._joined(f"{name}.js") for name in self._sources.scripts]
        paths = (*self._files, *joined, self._joined("styles.css"))
        return dict.fromkeys(paths, Route(("GET", "HEAD"), 0, isPage=True))

    def _joined(self, name: str) -> bytes:
        return f"/panel/{self._sources.name}/{name}".encode()

    def render(self, request: Any) -> bytes | int:
        """See L{twisted.web.resource.IResource}; only for paths in L{routes}."""
        if request.path == b"/" or request.path not in self._files:
            self._join()
        file = self._files.get(request.path)
        if file is None:
            return answerLater(request, Deferred.fromCoroutine(self._renderLater(request)))
        return _answer(request, file)

    async def _renderLater(self, request: Any) -> bytes:
        # Each waits for itself: whoever leaves cancels nothing of the others'.
        waiting: Deferred[None] = Deferred()
        self._waiting.append(waiting)
        await waiting
        return _answer(request, self._files[request.path])

    def _join(self) -> None:
        """Make the scripts, unless they are there or being made."""
        if self._joining or self._joined("first.js") in self._files:
            return
        self._joining = True
        self._slices.coiterate(self._steps()).addBoth(self._made)

    def _steps(self) -> Iterator[None]:
        texts: dict[str, bytes] = {}
        yield from self._sources.join(texts)
        made = {}
        for name, text in texts.items():
            made[self._joined(name)] = _file(text, name, caching=_FOREVER)
            yield
        self._files |= made

    def _made(self, result: object) -> None:
        self._joining = False
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(result if isinstance(result, Failure) else None)


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
