"""
Sources of games on this host, reached through C{--mirror}: what is fetched from
C{https://HOST/} comes from C{http://127.0.0.1:PORT/HOST/}. They answer in the shapes of the real
ones, and with whatever can go wrong.
"""

import hashlib
import json
import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from attrs import Factory, define, evolve, frozen

hosts: Final = (
    "piston-meta.mojang.com",
    "piston-data.mojang.com",
    "fill.papermc.io",
    "fill-data.papermc.io",
    "meta.fabricmc.net",
    "maven.neoforged.net",
    "api.github.com",
    "github.com",
    "release-assets.githubusercontent.com",
    "api.adoptium.net",
    "cdn.modrinth.com",
    "files.example",
)
"""Whose place we take."""


@frozen
class Reply:
    """
    What is answered.

    @ivar body: all of it.
    @ivar location: where a redirect leads.
    @ivar announced: what is said of its length, if that is not true.
    @ivar breaksAfter: so many bytes come, and then the connection ends; each time.
    @ivar hangsAfter: so many bytes come, and then nothing, until all is over.
    @ivar isSilent: whether nothing comes at all, until all is over.
    @ivar isEndless: whether it comes again and again.
    @ivar etag: by what one knows it; None for a sum of it, empty for none.
    """

    body: bytes = b""
    status: int = 200
    location: str = ""
    headers: Mapping[str, str] = Factory(dict)
    announced: int | None = None
    breaksAfter: int | None = None
    hangsAfter: int | None = None
    isEndless: bool = False
    isSilent: bool = False
    etag: str | None = None

    @property
    def tag(self) -> str:
        """Its ETag."""
        return f'"{sha("md5", self.body)}"' if self.etag is None else self.etag


def sha(algorithm: str, data: bytes) -> str:
    """The sum of some bytes."""
    return hashlib.new(algorithm, data).hexdigest()


@define
class Asked:
    """
    A request that has come.

    @ivar path: with the host before it, and without the query.
    """

    path: str
    query: str
    headers: Mapping[str, str]


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """See L{Sources}."""
        sources = self.server.sources
        path, _, query = self.path.lstrip("/").partition("?")
        sources.asked.append(Asked(path, query, dict(self.headers)))
        with suppress(OSError):
            self._answer(sources, sources.next(path))
        self.close_connection = True

    def _answer(self, sources: "Sources", reply: Reply) -> None:
        if reply.isSilent:
            sources.isOver.wait()
            return
        body, status = reply.body, reply.status
        headers = {"Content-Type": "application/json", **reply.headers}
        if reply.location:
            status, headers["Location"] = 302, reply.location
        if status == 200 and reply.tag:
            headers["ETag"] = reply.tag
            if self.headers.get("If-None-Match") == reply.tag:
                status, body = 304, b""
            found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            if found and self.headers.get("If-Range") == reply.tag:
                status, start = 206, int(found[1])
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                body = body[start:]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.isEndless:
            self.end_headers()
            while not sources.isOver.is_set():
                self.wfile.write(body)
            return
        announced = len(body) if reply.announced is None else reply.announced
        self.send_header("Content-Length", str(announced))
        self.end_headers()
        if reply.hangsAfter is not None:
            self.wfile.write(body[: reply.hangsAfter])
            self.wfile.flush()
            sources.isOver.wait()
            return
        self.wfile.write(body[: reply.breaksAfter])


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    sources: "Sources"

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked may be gone."""


class Sources:
    """
    A server that is all of L{hosts}.

    @ivar asked: what was asked for.
    @ivar isOver: set when whoever still waits shall be let go.
    """

    def __init__(self, isStarted: bool = True) -> None:
        """
        @param isStarted: whether it answers at once; else after L{start}.
        """
        self.asked: list[Asked] = []
        self.isOver = threading.Event()
        self._replies: dict[str, list[Reply]] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.sources = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        if isStarted:
            self.start()

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def close(self) -> None:
        """End it, and whatever it is in the middle of."""
        self.isOver.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def mirrors(self) -> tuple[tuple[str, str], ...]:
        """What leads to it: pairs of beginnings of addresses."""
        return tuple((f"https://{host}/", f"{self.url}{host}/") for host in hosts)

    @property
    def options(self) -> tuple[str, ...]:
        """The same for the command line of the daemon."""
        return tuple(each for pair in self.mirrors for each in ("--mirror", "=".join(pair)))

    def put(self, url: str, *replies: Reply | bytes | object) -> str:
        """
        Let something be found at an address.

        @param replies: one after the other; the last again and again. What is neither a reply
            nor bytes is JSON.

        @return: the address.
        """
        self._replies[url.removeprefix("https://")] = [_reply(each) for each in replies]
        return url

    def next(self, path: str) -> Reply:
        """What is answered now."""
        replies = self._replies.get(path, [Reply(b"{}", 404)])
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def paths(self) -> list[str]:
        """All that was asked for."""
        return [each.path for each in self.asked]

    # What the real ones have.

    def mojang(self, versions: Mapping[str, bytes], java: int = 21) -> None:
        """Minecraft: jars by version, the newest last."""
        entries: list[dict[str, Any]] = []
        for version, jar in versions.items():
            sum = sha("sha1", jar)
            url = self.put(f"https://piston-data.mojang.com/v1/objects/{sum}/server.jar", jar)
            document = {
                "id": version,
                "type": "release",
                "javaVersion": {"component": "java-runtime-delta", "majorVersion": java},
                "downloads": {
                    "client": {"sha1": "0" * 40, "size": 1, "url": "https://files.example/c"},
                    "server": {"sha1": sum, "size": len(jar), "url": url},
                },
            }
            text = json.dumps(document).encode()
            path = f"v1/packages/{sha('sha1', text)}/{version}.json"
            where = self.put(f"https://piston-meta.mojang.com/{path}", text)
            entry = {"id": version, "type": "release", "url": where, "sha1": sha("sha1", text)}
            entries.insert(0, {**entry, "complianceLevel": 1})
        newest = entries[0]["id"]
        self.put(
            "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json",
            {"latest": {"release": newest, "snapshot": newest}, "versions": entries},
        )

    def paper(self, version: str, build: int, jar: bytes, project: str = "paper") -> None:
        """PaperMC: one build of one version."""
        name = f"{project}-{version}-{build}.jar"
        sum = sha("sha256", jar)
        url = self.put(f"https://fill-data.papermc.io/v1/objects/{sum}/{name}", jar)
        about = {
            "id": build,
            "time": "2025-10-12T10:00:00Z",
            "channel": "STABLE",
            "commits": [],
            "downloads": {
                "server:default": {
                    "name": name,
                    "checksums": {"sha256": sum},
                    "size": len(jar),
                    "url": url,
                }
            },
        }
        start = f"https://fill.papermc.io/v3/projects/{project}"
        group = ".".join(version.split(".")[:2])
        project_ = {"id": project, "name": project.title()}
        self.put(start, {"project": project_, "versions": {group: [version]}})
        java = {"version": {"minimum": 21}, "flags": {"recommended": []}}
        self.put(
            f"{start}/versions/{version}",
            {"version": {"id": version, "java": java}, "builds": [build]},
        )
        self.put(f"{start}/versions/{version}/builds", [about])
        self.put(f"{start}/versions/{version}/builds/latest", about)

    def fabric(self, game: str, loader: str, installer: str, jar: bytes) -> None:
        """Fabric: one of each; its jar has no sum."""
        start = "https://meta.fabricmc.net/v2/versions"
        snapshot = {"version": "25w45a", "stable": False}
        self.put(f"{start}/game", [snapshot, {"version": game, "stable": True}])
        self.put(f"{start}/loader", [{"version": loader, "stable": True, "build": 1}])
        self.put(f"{start}/installer", [{"version": installer, "stable": True, "url": ""}])
        self.put(f"{start}/loader/{game}/{loader}/{installer}/server/jar", jar)

    def neoforge(self, versions: Sequence[str], installer: bytes) -> None:
        """NeoForge: its installer, the same for each version."""
        self.put(
            "https://maven.neoforged.net/api/maven/versions/releases/net/neoforged/neoforge",
            {"isSnapshot": False, "versions": list(versions)},
        )
        for version in versions:
            start = "https://maven.neoforged.net/releases/net/neoforged/neoforge"
            url = f"{start}/{version}/neoforge-{version}-installer.jar"
            self.put(url, installer)
            self.put(f"{url}.sha256", sha("sha256", installer).encode())

    def github(self, repository: str, tag: str, assets: Mapping[str, bytes]) -> None:
        """GitHub: the newest release, whose files are redirected to from their addresses."""
        found = []
        for name, data in assets.items():
            url = f"https://github.com/{repository}/releases/download/{tag}/{name}"
            self.released(url, data)
            found.append(
                {
                    "name": name,
                    "size": len(data),
                    "digest": f"sha256:{sha('sha256', data)}",
                    "browser_download_url": url,
                    "content_type": "application/octet-stream",
                }
            )
        about = {"tag_name": tag, "name": tag, "prerelease": False, "assets": found}
        self.put(f"https://api.github.com/repos/{repository}/releases/latest", about)
        self.put(f"https://api.github.com/repos/{repository}/releases/tags/{tag}", about)
        self.put(f"https://api.github.com/repos/{repository}/releases", [about])

    def released(self, url: str, data: bytes) -> None:
        """A file of a release on GitHub."""
        where = f"https://release-assets.githubusercontent.com/{sha('sha1', data)}"
        self.put(url, Reply(location=f"{where}?sig=a%2Bb"))
        self.put(where, data)

    def adoptium(self, major: int, release: str, archive: bytes, arch: str = "x64") -> None:
        """Eclipse Temurin: one runtime, which is also had from GitHub."""
        name = f"OpenJDK{major}U-jre_{arch}_linux_hotspot_{release}.tar.gz"
        start = f"https://github.com/adoptium/temurin{major}-binaries/releases/download"
        url = f"{start}/jdk-{release}/{name}"
        self.released(url, archive)
        binary = {
            "architecture": arch,
            "os": "linux",
            "jvm_impl": "hotspot",
            "heap_size": "normal",
            "project": "jdk",
            "package": {
                "name": name,
                "link": url,
                "size": len(archive),
                "checksum": sha("sha256", archive),
            },
        }
        assets = [
            {"release_name": f"jdk-{release}", "vendor": "eclipse", "binary": {**binary, **kind}}
            for kind in ({"image_type": "testimage"}, {"image_type": "jre"})
        ]
        self.put(f"https://api.adoptium.net/v3/assets/latest/{major}/hotspot", assets)


def _reply(value: Reply | bytes | object) -> Reply:
    if isinstance(value, Reply):
        return value
    if isinstance(value, bytes):
        return Reply(value, headers={"Content-Type": "application/octet-stream"})
    return Reply(json.dumps(value).encode())


def failing(data: bytes, **how: Any) -> Reply:
    """A reply that goes wrong."""
    return evolve(Reply(data), **how)
