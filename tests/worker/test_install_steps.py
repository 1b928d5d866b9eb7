"""Install steps performed against sources on this host, and all that can go wrong with those."""

import io
import json
import os
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from unittest import SkipTest

import msgspec
import trustme
from attrs import evolve, frozen
from msgspec.structs import replace
from twisted.trial.unittest import SynchronousTestCase

from gamepanel.disk.steamaccount import SteamAccount
from gamepanel.games.installing import decodeSteps
from gamepanel.games.option import Option
from gamepanel.games.versions import emptied, isPinned
from gamepanel.host.publicaddresses import (
    AddressPolicy,
    isPublic,
    ownAddresses,
    parseNetwork,
)
from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed, Report
from gamepanel.wire.causes import because
from gamepanel.worker.steps import connecting, programs, requesting, running, tree
from gamepanel.worker.steps.connecting import Broken, Refused, connect
from gamepanel.worker.steps.newest import Documents, newest
from gamepanel.worker.steps.patience import Patience
from gamepanel.worker.steps.perform import perform
from gamepanel.worker.steps.requesting import Requests, mirrored, redirected
from gamepanel.worker.steps.running import Ended, Order, ProgramsOfOther
from gamepanel.worker.steps.shared import Shared
from gamepanel.worker.steps.sharing import SharedByOther, beginSharing, serve
from gamepanel.worker.steps.task import Outcome, Secrets, Task, UnpackRules, givenSources
from gamepanel.worker.steps.task import Sources as Where
from gamepanel.worker.unpack import archives
from gamepanel.worker.unpack.unpacked import Wanted
from tests.sources import Reply, Sources, failing, sha
from tests.support import freePort, need
from tests.worker.test_moving import strange

usual = Patience(head=20.0, document=20.0, stall=20.0, pause=0.0, freeBytes=0)

quick = evolve(usual, document=0.3, stall=0.3, tries=2)
"""For sources that hang: nobody has to wait for them long."""

oddInterface = """
import fcntl, socket, struct
from gamepanel.host.publicaddresses import ownAddresses
setName, setFlags, up = 0x8923, 0x8914, 1
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any:
    fcntl.ioctl(any, setName, struct.pack("16s16s", b"lo", b"\\xff"))
    fcntl.ioctl(any, setFlags, struct.pack("16sh14x", b"\\xff", up))
print(*ownAddresses())
"""
"""Tells the addresses of a host whose interface has a name that is not UTF-8; to be run in one."""


@frozen
class ProgramsHere:
    """
    Runs programs as children of this process: of one that is not confined.

    @ivar path: their PATH.
    @ivar bench: where they work.
    @ivar prefix: what comes before the arguments of each.
    """

    path: str
    bench: "Bench"
    prefix: tuple[str, ...] = ()

    @property
    def areIsolated(self) -> bool:
        """See L{running.Programs}."""
        return bool(self.prefix)

    def run(self, order: Order, heard: Callable[[bytes], None] | None = None) -> Ended:
        """See L{running.Programs}."""
        ours, its = socket.socketpair()
        surroundings = running.Surroundings(
            *(lambda: self.prefix, self.bench.directory),
            *(running.environmentOf(self.path, self.bench.directory), self.bench.staging),
        )
        thread = threading.Thread(target=running.serve, args=(its, surroundings))
        thread.start()
        try:
            return ProgramsOfOther(ours, self.areIsolated).run(order, heard)
        finally:
            ours.close()
            thread.join()


def unpack(
    archive: str, to: str, rules: UnpackRules, tell: Callable[[int, int | None], None]
) -> None:
    """Unpack an archive."""
    wanted = Wanted(rules.strip, rules.only, rules.executable, rules.skip)
    os.makedirs(to, exist_ok=True)
    archives.unpack(archive, to, wanted, tell)


class Bench:
    """Where steps work in tests."""

    def __init__(self, root: str, requests: Requests) -> None:
        self.staging, self.directory = os.path.join(root, "staged"), os.path.join(root, "server")
        for path in (self.staging, self.directory):
            os.makedirs(path)
        self.settled: list[list[str]] = []
        self._shared = Shared(os.path.join(root, "shared"), "x86_64", requests, unpack)

    def settle(self) -> None:
        """Move all that is staged."""
        self.settled.append(listing(self.staging))
        shutil.copytree(self.staging, self.directory, dirs_exist_ok=True)
        shutil.rmtree(self.staging)
        os.mkdir(self.staging)

    def unpack(
        self, archive: str, to: str, rules: UnpackRules, tell: Callable[[int, int | None], None]
    ) -> None:
        """See L{unpack}."""
        unpack(archive, to, rules, tell)

    def java(self, major: int, tell: Callable[[int, int | None], None]) -> str:
        """See L{Shared}."""
        return self._shared.java(major, tell)

    def steamcmd(self, tell: Callable[[int, int | None], None]) -> str:
        """See L{Shared}."""
        return self._shared.steamcmd(tell)


def listing(directory: str) -> list[str]:
    """Paths of all files in a directory, sorted."""
    return sorted(
        os.path.relpath(os.path.join(current, name), directory)
        for current, _, files in os.walk(directory)
        for name in files
    )


def zipOf(files: Mapping[str, bytes]) -> bytes:
    """A zip with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def tarOf(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz with these files."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), 0o755 if "/bin/" in name else 0o644
            archive.addfile(info, io.BytesIO(content))
    return data.getvalue()


class StepsTestCase(SynchronousTestCase):
    """
    Steps are performed against sources on this host.
    """

    def setUp(self) -> None:
        # A process that is forked shall have one thread only.
        self.sources = Sources(isStarted=self._testMethodName != "test_forked")
        self.addCleanup(self.sources.close)
        self.root = os.path.abspath(self.mktemp())
        self.told: list[Progress] = []
        self.report = Report(lambda progress: self.told.append(replace(progress, where="")))
        self.paused: list[float] = []
        self.patience = usual
        self.options: dict[str, Any] = {}
        self.path = "/nowhere"
        self.secrets = Secrets()
        self.files = Path(self.root)

    def requests(self, **more: Any) -> Requests:
        """What asks the sources."""
        where = Where(self.sources.mirrors, (), "me@a.example")
        return Requests(where, patience=self.patience, sleep=self.paused.append, **more)

    def perform(self, *steps: Mapping[str, Any]) -> Outcome:
        """Perform steps, in a place of their own."""
        requests = self.requests()
        if not os.path.exists(self.root):
            self.bench = Bench(self.root, requests)
        task = Task(
            *("cave", "x86_64", self.path, self.options),
            secrets=self.secrets,
            programs=ProgramsHere(self.path, self.bench, self.confinement()),
        )
        return perform(decodeSteps(steps), task, self.bench, self.report, requests)

    def confinement(self) -> tuple[str, ...]:
        """The sandbox of programs."""
        return ()

    def refused(self, *steps: Mapping[str, Any]) -> str:
        """Why steps fail; nothing is staged then."""
        failure = self.assertRaises(Failed, self.perform, *steps)
        self.assertEqual(listing(self.bench.staging), [])
        return str(failure)

    def staged(self, path: str) -> bytes:
        """What is in a staged file."""
        return Path(self.bench.staging, path).read_bytes()

    def download(self, *replies: Any, **more: Any) -> Mapping[str, Any]:
        """A step that downloads what is answered so."""
        url = self.sources.put("https://files.example/game.zip", *replies)
        return {"download": url, "to": "game.zip", **more}


vanilla: tuple[Mapping[str, Any], ...] = (
    {
        "fetch": "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json",
        "unless": "version",
        "let": {"version": "latest.release"},
    },
    {
        "fetch": "https://piston-meta.mojang.com/mc/game/version_manifest_v2.json",
        "let": {"manifest": "versions[?id=='{version}'].url | [0]"},
    },
    {
        "fetch": "{manifest}",
        "let": {
            "url": "downloads.server.url",
            "sha1": "downloads.server.sha1",
            "java": "javaVersion.majorVersion",
        },
    },
    {"java": "{java}"},
    {"download": "{url}", "to": "server.jar", "sha1": "{sha1}"},
)


class SourceTests(StepsTestCase):
    def test_mojang(self) -> None:
        """Minecraft is had in the version that is wanted, else the newest, with its Java."""
        self.sources.mojang({"1.21.9": b"old jar", "1.21.10": b"new jar"})
        self.sources.adoptium(21, "21.0.5+11", tarOf({"jdk-21-jre/bin/java": b"#!/bin/sh\n"}))
        outcome = self.perform(*vanilla)
        self.assertEqual(self.staged("server.jar"), b"new jar")
        self.assertEqual(outcome.version, "1.21.10")
        java = outcome.variables["java_program"]
        self.assertEqual(java, f"{self.root}/shared/java-21-jdk-21.0.5+11/bin/java")
        self.assertEqual(stat.S_IMODE(os.stat(java).st_mode), 0o755)
        self.options["version"] = "1.21.9"
        self.assertEqual(self.perform(*vanilla).version, "1.21.9")
        self.assertEqual(self.staged("server.jar"), b"old jar")
        steps = {each.step for each in self.told}
        self.assertIn("Reading piston-meta.mojang.com", steps)
        self.assertIn("Downloading server.jar from piston-data.mojang.com", steps)
        self.assertIn(
            Progress.doing(
                because("step_downloading", path="server.jar", host="piston-data.mojang.com"), 7, 7
            ),
            self.told,
        )

    def test_noVersion(self) -> None:
        """A version that is not there is a failure with its variable's name."""
        self.sources.mojang({"1.21.9": b"jar"})
        self.options["version"] = "9.9"
        self.assertEqual(
            self.refused(*vanilla),
            "Install step 2 of 5 (fetch https://piston-meta.mojang.com/mc/game/"
            "version_manifest_v2.json) has failed: manifest: the document does not have it",
        )
        self.options["version"] = "' || 'x"
        self.assertIn("the value of version has other characters", self.refused(*vanilla))

    def test_paper(self) -> None:
        """PaperMC's newest build, by its API."""
        self.sources.paper("1.21.10", 117, b"paper")
        start = "https://fill.papermc.io/v3/projects/paper"
        self.perform(
            {"fetch": start, "let": {"version": "newest(values(versions)[])"}},
            {
                "fetch": start + "/versions/{version}/builds/latest",
                "let": {
                    "url": 'downloads."server:default".url',
                    "sha256": 'downloads."server:default".checksums.sha256',
                },
            },
            {"download": "{url}", "to": "paper.jar", "sha256": "{sha256}"},
        )
        self.assertEqual(self.staged("paper.jar"), b"paper")

    def test_fabric(self) -> None:
        """Fabric's jar, which has no sum."""
        self.sources.fabric("1.21.10", "0.17.3", "1.1.0", b"fabric")
        start = "https://meta.fabricmc.net/v2/versions"
        self.perform(
            {"fetch": f"{start}/game", "let": {"version": "[?stable].version | [0]"}},
            {"fetch": f"{start}/loader", "let": {"loader": "[?stable].version | [0]"}},
            {"fetch": f"{start}/installer", "let": {"installer": "[?stable].version | [0]"}},
            {
                "download": start + "/loader/{version}/{loader}/{installer}/server/jar",
                "to": "fabric.jar",
            },
        )
        self.assertEqual(self.staged("fabric.jar"), b"fabric")

    def test_neoforge(self) -> None:
        """NeoForge's newest installer, checked by the sum beside it, and run."""
        installer = b"#!/bin/sh\nmkdir libraries; echo $1 > libraries/done\n"
        self.sources.neoforge(["21.1.9", "21.1.10", "21.10.1-beta"], installer)
        self.path = "/usr/bin:/bin"
        start = "https://maven.neoforged.net"
        outcome = self.perform(
            {
                "fetch": f"{start}/api/maven/versions/releases/net/neoforged/neoforge",
                "let": {"version": "newest(versions[?!contains(@, 'beta')])"},
            },
            {"match": {"line": ["{version}", r"^(\d+\.\d+)"]}},
            {
                "fetch": start + "/releases/net/neoforged/neoforge/{version}"
                "/neoforge-{version}-installer.jar.sha256",
                "as": "text",
                "let": {"sum": r"^([0-9a-f]{64})\b"},
            },
            {
                "download": start + "/releases/net/neoforged/neoforge/{version}"
                "/neoforge-{version}-installer.jar",
                "to": "installer",
                "sha256": "{sum}",
                "executable": True,
            },
            {"run": ["./installer", "{line}"]},
            {"remove": "install*"},
        )
        self.assertEqual(outcome.version, "21.1.10")
        self.assertEqual(self.bench.settled, [["installer"]])
        self.assertEqual(listing(self.bench.directory), ["libraries/done"])
        self.assertEqual(Path(self.bench.directory, "libraries/done").read_text(), "21.1\n")

    def test_github(self) -> None:
        """A file of the newest release, by its digest, along GitHub's redirect."""
        self.sources.github("a/b", "v1.2", {"b-1.2.zip": zipOf({"b-1.2/b": b"x"}), "c.txt": b""})
        self.perform(
            {
                "fetch": "https://api.github.com/repos/a/b/releases/latest",
                "let": {
                    "tag": "tag_name",
                    "url": "assets[?ends_with(name, '.zip')].browser_download_url | [0]",
                    "digest": "assets[?ends_with(name, '.zip')].digest | [0]",
                },
            },
            {"match": {"version": ["{tag}", "^v(.*)$"]}},
            {"download": "{url}", "to": "b.zip", "sha256": "{digest}"},
            {"unpack": "b.zip", "strip": 1},
        )
        self.assertEqual(listing(self.bench.staging), ["b"])
        self.assertEqual(self.sources.asked[-1].query, "sig=a%2Bb")
        for asked in self.sources.asked:
            self.assertRegex(asked.headers["User-Agent"], r"^gamepanel/[0-9.]+ \(me@a\.example\)$")

    def test_modrinth(self) -> None:
        """A modpack: its files by their sums, and over them what it brings itself."""
        mod = self.sources.put("https://cdn.modrinth.com/mod.jar", b"mod")
        sums = {"sha1": sha("sha1", b"mod"), "sha512": sha("sha512", b"mod")}
        file = {"path": "mods/mod.jar", "hashes": sums, "downloads": [mod], "fileSize": 3}
        client = {
            **file,
            "path": "mods/c.jar",
            "env": {"client": "required", "server": "unsupported"},
        }
        index: dict[str, Any] = {
            "formatVersion": 1,
            "game": "minecraft",
            "versionId": "7",
            "files": [file, client],
            "dependencies": {"minecraft": "1.21.1", "fabric-loader": "0.16.9"},
        }
        pack = {
            "modrinth.index.json": json.dumps(index).encode(),
            "overrides/config/a.txt": b"for all",
            "overrides/config/b.txt": b"for all",
            "server-overrides/config/b.txt": b"for servers",
            "client-overrides/c.txt": b"for clients",
        }
        url = self.sources.put("https://cdn.modrinth.com/p.mrpack", zipOf(pack))
        outcome = self.perform({"mrpack": url})
        self.assertEqual(
            listing(self.bench.staging), ["config/a.txt", "config/b.txt", "mods/mod.jar"]
        )
        self.assertEqual(self.staged("config/b.txt"), b"for servers")
        self.assertEqual(
            (outcome.variables, outcome.version),
            ({"loader": "fabric", "loader_version": "0.16.9", "minecraft": "1.21.1"}, "7"),
        )

    def test_badModpack(self) -> None:
        """A modpack whose index leads elsewhere, or whose files are others, is refused."""
        mod = self.sources.put("https://cdn.modrinth.com/mod.jar", b"mod")
        good = {"path": "a", "hashes": {"sha1": sha("sha1", b"mod")}, "downloads": [mod]}
        for change, reason in (
            ({"path": "../a"}, "must stay inside"),
            ({"path": "/etc/passwd"}, "must stay inside"),
            ({"hashes": {}}, "has no sum of a"),
            ({"hashes": {"sha1": "0" * 40}}, "a: what cdn.modrinth.com sends is not"),
            ({"downloads": ["http://cdn.modrinth.com/mod.jar"]}, "https://"),
            ({"downloads": []}, "does not fit"),
        ):
            index = {"formatVersion": 1, "game": "minecraft", "files": [{**good, **change}]}
            text = json.dumps({**index, "dependencies": {"minecraft": "1"}}).encode()
            packed = zipOf({"modrinth.index.json": text})
            url = self.sources.put("https://cdn.modrinth.com/p.mrpack", packed)
            self.assertIn(reason, self.refused({"mrpack": url}))
        for data, reason in ((b"no zip", "no modpack"), (zipOf({"a": b""}), "has no modrinth.ind")):
            url = self.sources.put("https://cdn.modrinth.com/p.mrpack", data)
            self.assertIn(reason, self.refused({"mrpack": url}))

    def test_damagedModpack(self) -> None:
        """A modpack whose index is damaged, or no JSON, is refused with the reason."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("modrinth.index.json", "x" * 1000)
        damaged = bytearray(packed.getvalue())
        # There is no such kind of a block.
        damaged[30 + len("modrinth.index.json")] = 0xFF
        for data, reason in (
            (bytes(damaged), "it is no modpack"),
            (zipOf({"modrinth.index.json": b'{"game": "\xff"}'}), "does not fit"),
            (zipOf({"modrinth.index.json": b'{"x": ' + b"[" * 100_000}), "does not fit"),
        ):
            url = self.sources.put("https://cdn.modrinth.com/p.mrpack", data)
            self.assertIn(reason, self.refused({"mrpack": url}))


class JavaTests(StepsTestCase):
    def host(self, *names: str) -> None:
        """Runtimes that this host has, by what they say of their version."""
        for name in names:
            home = Path(self.mktemp())
            (home / "bin").mkdir(parents=True)
            (home / "release").write_text(f'IMPLEMENTOR="X"\nJAVA_VERSION="{name}"\n')
            (home / "bin/java").write_text("")
            (home / "bin/java").chmod(0o755)
            self.path += f":{home.absolute()}/bin"

    def test_host(self) -> None:
        """The host's own is taken if it has the major version that is wanted."""
        directory = Path(self.mktemp())
        # Of the last nobody could write down where it is.
        for version in ("1.8.0_392", "17.0.21", "25", "21\udcff"):
            home = directory / version
            (home / "bin").mkdir(parents=True)
            (home / "release").write_text(
                f'IMPLEMENTOR="X"\nJAVA_VERSION="{version[:9]}"\n', errors="replace"
            )
            (home / "bin/java").write_text("")
            (home / "bin/java").chmod(0o755)
        for major, expected in ((8, "1.8.0_392"), (17, "17.0.21"), (25, "25"), (21, None)):
            found = programs.hostJava(major, "/nowhere", str(directory))
            self.assertEqual(found, expected and f"{directory}/{expected}/bin/java")
        found = programs.hostJava(17, f"{directory}/17.0.21/bin", "/nowhere")
        self.assertEqual(found, os.path.realpath(f"{directory}/17.0.21/bin/java"))

    def test_kept(self) -> None:
        """One is fetched once for all, again when there is a newer; it stays otherwise."""
        archive = tarOf({"jdk/bin/java": b"x", "jdk/lib/y": b"y"})
        self.sources.adoptium(99, "99.0.1+1", archive)
        first = self.perform({"java": "99"}).variables["java_program"]
        count = len(self.sources.asked)
        self.assertEqual(self.perform({"java": "99"}).variables["java_program"], first)
        self.assertEqual(len(self.sources.asked), count + 1)
        self.sources.put("https://api.adoptium.net/v3/assets/latest/99/hotspot", Reply(status=404))
        self.assertEqual(self.perform({"java": "99"}).variables["java_program"], first)
        self.sources.adoptium(99, "99.0.2+1", archive)
        second = self.perform({"java": "99"}).variables["java_program"]
        self.assertIn("99.0.2", second)
        self.assertTrue(os.access(first, os.X_OK))
        self.assertEqual(
            sorted(os.listdir(f"{self.root}/shared")),
            ["java-99-jdk-99.0.1+1", "java-99-jdk-99.0.2+1", "lock"],
        )
        self.assertIn("architecture=x64", self.sources.asked[0].query)

    def test_bad(self) -> None:
        """A wrong sum, nothing to be had, or no such version: clear words, and nothing is left."""
        url = "https://api.adoptium.net/v3/assets/latest/99/hotspot"
        self.sources.adoptium(99, "99.0.1+1", tarOf({"jdk/bin/java": b"x"}))
        self.assertIn(
            "(java 98) has failed: api.adoptium.net answers 404", self.refused({"java": "98"})
        )
        (reply,) = self.sources._replies[url.removeprefix("https://")]
        assets = json.loads(reply.body)
        assets[1]["binary"]["package"]["checksum"] = "0" * 64
        self.sources.put(url, assets)
        self.assertIn("sha256 is", self.refused({"java": "99"}))
        assets[1]["release_name"] = "../../x"
        self.sources.put(url, assets)
        self.assertIn("does not fit", self.refused({"java": "99"}))
        self.sources.put(url, b'[{"release_name": "\xff"}]')
        self.assertIn("does not fit", self.refused({"java": "99"}))
        self.sources.put(url, [])
        self.assertIn("has no Java 99 for x86_64", self.refused({"java": "99"}))
        self.options["v"] = "x"
        self.assertIn("no major version", self.refused({"java": "x"}))
        self.assertEqual(os.listdir(f"{self.root}/shared"), ["lock"])


class SharingTests(StepsTestCase):
    def setUp(self) -> None:
        super().setUp()
        os.mkdir(self.root)
        self.shared = Shared(f"{self.root}/shared", "x86_64", self.requests(), unpack)
        self.bytes: list[tuple[int, int | None]] = []

    def tell(self, done: int, total: int | None) -> None:
        """It is so far."""
        self.bytes.append((done, total))

    def test_forked(self) -> None:
        """Another process brings what is shared, tells how far it is, and what is wrong."""
        archive = tarOf({"jdk/bin/java": b"x"})
        self.sources.adoptium(99, "99.0.1+1", archive)
        there = beginSharing(self.shared)
        self.sources.start()
        try:
            program = there.java(99, self.tell)
            self.assertEqual(Path(program).read_bytes(), b"x")
            self.assertIn((len(archive), len(archive)), self.bytes)
            with self.assertRaisesRegex(Failed, "api.adoptium.net answers 404"):
                there.java(98, self.tell)
            with self.assertRaisesRegex(Failed, "there is no Java 1"):
                there.java(1, self.tell)
            self.assertEqual(there.java(99, self.tell), program)
        finally:
            there.close()
            os.waitpid(there.process, 0)

    def test_orders(self) -> None:
        """It takes no other orders, and goes when nobody is there any more."""
        ours, its = socket.socketpair()
        thread = threading.Thread(target=serve, args=(its, self.shared))
        thread.start()
        with ours, ours.makefile("rb") as said:
            odd = (b'{"\xff": 1}', b'{"x": ' + b"[" * 200)
            for order in (
                *(b"{", b'{"java": "../x"}', b'{"java": 1000}', b'{"path": "x"}', b"[]"),
                *odd,
            ):
                ours.sendall(order + b"\n")
                self.assertIn(b"no_order", said.readline())
            ours.sendall(b'{"java": 98}\n')
            self.assertIn(b'"status":404', said.readline())
        thread.join()

    def test_gone(self) -> None:
        """Where nobody answers any more it fails."""
        ours, its = socket.socketpair()
        there = SharedByOther(ours, 0)
        self.addCleanup(there.close)
        its.close()
        with self.assertRaisesRegex(Failed, "has ended"):
            there.steamcmd(self.tell)


class FaultTests(StepsTestCase):
    def test_sums(self) -> None:
        """A wrong sum fails at once, with both; a right one of each kind is taken."""
        data = b"the game"
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            self.perform(self.download(data, **{algorithm: sha(algorithm, data).upper()}))
        os.unlink(f"{self.bench.staging}/game.zip")
        count = len(self.sources.asked)
        wrong = sha("sha256", b"another")
        found = self.refused(self.download(data, sha256=wrong))
        self.assertIn("(download https://files.example/game.zip) has failed: what files.", found)
        self.assertIn(f"sha256 is {sha('sha256', data)}, not {wrong}", found)
        self.assertEqual(len(self.sources.asked), count + 1)

    def test_resumes(self) -> None:
        """What broke off is gone on with, as long as it is the same."""
        data = os.urandom(300_000)
        broken = failing(data, breaksAfter=100_000)
        self.perform(self.download(broken, broken, data, sha256=sha("sha256", data)))
        self.assertEqual(self.staged("game.zip"), data)
        ranges = [each.headers.get("Range") for each in self.sources.asked]
        self.assertEqual(ranges, [None, "bytes=100000-", "bytes=200000-"])
        self.assertEqual(self.paused, [0.0, 0.0])

    def test_changedMeanwhile(self) -> None:
        """What has become another meanwhile, or has no tag, is begun anew."""
        data = os.urandom(300_000)
        for first in (
            failing(os.urandom(300_000), breaksAfter=1000),
            failing(data, breaksAfter=1000, etag=""),
        ):
            self.perform(self.download(first, data))
            self.assertEqual(self.staged("game.zip"), data)

    def test_short(self) -> None:
        """Without a sum what is missing is noticed by the size; after five tries it is enough."""
        found = self.refused(self.download(failing(b"x" * 10, announced=20)))
        self.assertIn("it broke off before its end (tried 5 times)", found)
        self.assertEqual(len(self.sources.asked), 5)

    def test_pauses(self) -> None:
        """Between tries it is waited, longer and longer, or as long as the source wants."""
        self.patience = evolve(usual, pause=1.0)
        later = Reply(status=503, headers={"Retry-After": "7"})
        self.refused(self.download(Reply(status=500), Reply(status=502), later, Reply(status=500)))
        self.assertEqual(self.paused, [1.0, 2.0, 7.0, 8.0])

    def test_statuses(self) -> None:
        """Only what may pass is tried again."""
        for status, tries in ((404, 1), (403, 1), (410, 1), (500, 5), (503, 5), (429, 5)):
            before = len(self.sources.asked)
            found = self.refused(self.download(Reply(status=status)))
            self.assertIn(f"files.example answers {status}", found)
            self.assertEqual(len(self.sources.asked) - before, tries)
        self.perform(self.download(Reply(status=500), b"x"))
        os.unlink(f"{self.bench.staging}/game.zip")
        limited = Reply(status=403, headers={"X-RateLimit-Remaining": "0"})
        self.assertIn("--github-token", self.refused(self.download(limited)))

    def test_slow(self) -> None:
        """A source that sends nothing, or nothing more, is not waited for for ever."""
        self.patience = quick
        for after in (0, 1000):
            hanging = failing(b"x" * 5000, hangsAfter=after)
            self.assertIn("too slowly (tried 2 times)", self.refused(self.download(hanging)))
        url = self.sources.put("https://files.example/d", failing(b"{" * 5000, hangsAfter=10))
        found = self.refused({"fetch": url, "let": {"a": "a"}})
        self.assertIn("too slowly (tried 2 times)", found)
        self.patience = evolve(usual, head=0.3, tries=2)
        found = self.refused(self.download(Reply(isSilent=True)))
        self.assertIn("127.0.0.1 does not answer in time (tried 2 times)", found)

    def test_endless(self) -> None:
        """A source that never ends is cut at a bound, as are documents."""
        self.patience = evolve(usual, fileBytes=2**20, documentBytes=2**20)
        endless = failing(b"x" * 65536, isEndless=True)
        self.assertIn("larger than 1 MiB", self.refused(self.download(endless)))
        url = self.sources.put("https://files.example/d", endless)
        self.assertIn("larger than 1 MiB", self.refused({"fetch": url, "let": {"a": "a"}}))
        large = failing(b"", announced=2**20 + 1)
        self.assertIn("larger than 1 MiB", self.refused(self.download(large)))
        url = self.sources.put("https://files.example/d", large)
        self.assertIn("larger than 1 MiB", self.refused({"fetch": url, "let": {"a": "a"}}))

    def test_full(self) -> None:
        """What does not fit onto the disk is not begun."""
        self.patience = evolve(usual, freeBytes=2**60)
        self.assertIn("the disk has no room", self.refused(self.download(b"x")))

    def test_documents(self) -> None:
        """A document that is none, or does not have what is wanted, fails with the name."""
        for body, reason in (
            (b"<html>", "no JSON"),
            (b"[" * 100_000, "no JSON"),
            (b"\xff", "no JSON"),
            (b'{"a": null}', "a: the document does not have it"),
            (b'{"a": {"b": 1}}', "a: it is an object"),
            (b'{"a": [1]}', "a: it is an array"),
            (b'{"a": ""}', "a: the document does not have it"),
            (b'{"a": "%s"}' % (b"x" * 5000), "a: it has more than 4096"),
        ):
            url = self.sources.put("https://files.example/d", body)
            self.assertIn(reason, self.refused({"fetch": url, "let": {"a": "a"}}))

    def test_packed(self) -> None:
        """What is sent packed though nobody wants that is refused."""
        packed = Reply(b"x", headers={"Content-Encoding": "gzip"})
        self.assertIn("packed", self.refused(self.download(packed)))
        # Many servers say so of archives that nobody wants unpacked.
        url = self.sources.put("https://files.example/a.tar.gz", packed)
        self.perform({"download": url, "to": "a"})
        self.assertEqual(self.staged("a"), b"x")

    def test_redirects(self) -> None:
        """Five redirects are followed; circles, and ways to what is not public, are not."""
        at = "https://files.example/"
        for number in range(5):
            self.sources.put(f"{at}{number}", Reply(location=f"/{number + 1}"))
        self.sources.put(f"{at}5", b"there")
        self.perform({"download": f"{at}0", "to": "x"})
        self.assertEqual(self.staged("x"), b"there")
        os.unlink(f"{self.bench.staging}/x")
        for location, reason in (
            (f"{at}game.zip", "more than 5 times"),
            ("http://files.example/5", "from https to http"),
            (f"https://localhost:{self.sources.port}/x", "not public"),
            ("https://10.0.0.1/x", "not public"),
            ("https://[::1]/x", "not public"),
            ("https://169.254.169.254/latest", "not public"),
            ("file:///etc/passwd", "what can't be fetched"),
            ("https://u:p@files.example/5", "a user name"),
            ("", "more than 5 times"),
        ):
            found = self.refused(self.download(Reply(status=302, headers={"Location": location})))
            self.assertIn(reason, found)

    def test_ownRedirects(self) -> None:
        """What a mirror says of itself means the original."""
        self.sources.put("https://files.example/5", b"there")
        self.perform(self.download(Reply(location=f"{self.sources.url}files.example/5")))
        self.assertEqual(self.staged("game.zip"), b"there")

    def test_hostileValues(self) -> None:
        """Whatever an option holds, it leads nowhere else."""
        self.sources.put("https://files.example/a%2F..%2F%3Fb%23%20", b"x")
        self.options["v"] = "a/../?b# "
        steps = {"fetch": "https://files.example/x", "let": {"a": "a"}}
        url = {"download": "https://files.example/{v}", "to": "x"}
        variable = {"match": {"v": ["{v}", "(?s)(.*)"]}}
        self.perform(variable, url)
        os.unlink(f"{self.bench.staging}/x")
        for value in ("..", "a/b", "/etc/passwd", "", "a\nb", "."):
            self.options["v"] = value
            self.assertIn("no file name", self.refused({"write": "x/{v}", "text": ""}))
        self.options["v"] = "-rf"
        self.assertIn("must not begin with -", self.refused({"run": ["ls", "{v}"]}))
        self.assertIn(
            "has no value",
            self.refused(
                {**variable, "when": "no"}, steps | {"fetch": "https://files.example/{a}"}
            ),
        )


class WorkTests(StepsTestCase):
    def test_files(self) -> None:
        """Small work on staged files."""
        self.options["name"] = "*"
        self.perform(
            {"write": "a/b.txt", "text": "{server} {name} {{}} {arch}"},
            {"directory": "c/d"},
            {"move": "a/b.txt", "to": "c/e.txt"},
            {"write": "f.tmp", "text": ""},
            {"write": ".g.tmp", "text": ""},
            {"write": "h.tmp2", "text": ""},
            {"remove": "*.tmp"},
            {"remove": "nothing/{name}"},
        )
        self.assertEqual(listing(self.bench.staging), ["c/e.txt", "h.tmp2"])
        self.assertEqual(self.staged("c/e.txt"), b"cave * {} x64")
        self.assertTrue(os.path.isdir(f"{self.bench.staging}/c/d"))

    def test_conditions(self) -> None:
        """Steps for some options, or another machine, are left out."""
        self.options.update(on=True, off=False, empty="", zero=0, none=None)
        for condition, isDone in (
            ({"when": "on"}, True),
            ({"when": "off"}, False),
            ({"when": "empty"}, False),
            ({"when": "zero"}, True),
            ({"when": "none"}, False),
            ({"unless": "on"}, False),
            ({"unless": "none"}, True),
            ({"machine": "x86_64"}, True),
            ({"machine": "aarch64"}, False),
        ):
            self.perform({"write": "x", "text": "", **condition})
            self.assertEqual(listing(self.bench.staging), ["x"] * isDone, condition)
            shutil.rmtree(self.bench.staging)
            os.mkdir(self.bench.staging)

    def test_keep(self) -> None:
        """What is there and the type says so stays, and is not even fetched."""
        self.perform()
        Path(self.bench.directory, "game.zip").write_text("mine")
        Path(self.bench.directory, "a.cfg").write_text("mine")
        step = self.download(b"x", keep=["*.zip"])
        packed = self.sources.put(
            "https://files.example/p.zip", zipOf({"a.cfg": b"new", "b.cfg": b"new", "c": b"new"})
        )
        self.perform(
            step,
            {"write": "a.cfg", "text": "", "keep": ["*.cfg"]},
            {"download": packed, "to": "p.zip"},
            {"unpack": "p.zip", "keep": ["*.cfg"]},
        )
        self.assertEqual(listing(self.bench.staging), ["b.cfg", "c"])
        self.assertEqual(self.sources.paths(), ["files.example/p.zip"])

    def test_globs(self) -> None:
        """A glob means the newest that fits, unless a file has this very name."""
        packed = self.sources.put("https://files.example/p.zip", zipOf({"a": b"new"}))
        self.perform(
            {"download": packed, "to": "p-2.10.zip"},
            {"write": "p-2.9.zip", "text": ""},
            {"unpack": "p-*.zip", "to": "a"},
            {"write": "x-[1].jar", "text": "1"},
            {"write": "x-1.jar", "text": "2"},
            {"move": "x-[1].jar", "to": "x"},
            {"move": "x-*", "to": "y"},
        )
        self.assertEqual(listing(self.bench.staging), ["a/a", "p-2.9.zip", "x", "y"])
        self.assertEqual(self.staged("y"), b"2")
        self.perform(
            *({"write": path, "text": ""} for path in ("d/e/a.tmp", "d/.b.tmp", "a.tmp", "f/c")),
            {"remove": "**/*.tmp"},
            {"remove": "f*"},
        )
        self.assertEqual(listing(self.bench.staging), ["a/a", "p-2.9.zip", "x", "y"])
        failure = self.assertRaises(Failed, self.perform, {"move": "z-*", "to": "z"})
        self.assertIn("there is no z-*", str(failure))

    def test_runOnce(self) -> None:
        """A program is not run where it is there what it makes."""
        self.path = "/usr/bin:/bin"
        self.options["name"] = "worlds"
        run = {"run": ["sh", "-c", "echo 1 >> worlds-1"], "keep": ["{name}-*"]}
        self.perform(run)
        self.perform(run)
        self.assertEqual(Path(self.bench.directory, "worlds-1").read_text(), "1\n")

    def test_links(self) -> None:
        """No link in the server's directory is followed."""
        outside = Path(self.mktemp())
        outside.mkdir()
        (outside / "x.tmp").write_text("")
        self.path = "/usr/bin:/bin"
        self.perform()
        os.symlink(outside.absolute(), f"{self.bench.directory}/link")
        run = {"run": ["true"]}
        self.perform(run, {"remove": "link/*.tmp"})
        self.assertEqual(os.listdir(outside), ["x.tmp"])
        self.assertIn(
            "there is no link/x.tmp", self.refused(run, {"move": "link/x.tmp", "to": "y"})
        )
        self.perform(run, {"remove": "l*"})
        self.assertEqual(os.listdir(outside), ["x.tmp"])
        self.assertEqual(os.listdir(self.bench.directory), [])

    def test_run(self) -> None:
        """A program has the server's directory and HOME, and must end with 0 in time."""
        self.path = "/usr/bin:/bin"
        self.options["n"] = -5
        script = 'pwd > where; echo "$HOME $PATH $1" >> where; env | wc -l > count'
        self.perform({"run": ["/bin/sh", "-c", script, "-", "{n}"]})
        directory = self.bench.directory
        self.assertEqual(
            Path(directory, "where").read_text(), f"{directory}\n{directory} {self.path} -5\n"
        )
        for command, reason in (
            (["false"], "(run false) has failed: false has ended with exit code 1"),
            (["sh", "-c", "kill -9 $$"], "sh has ended with signal 9"),
            (["no-such"], "there is no program no-such"),
            (["./no-such"], "there is no program ./no-such"),
        ):
            self.assertIn(reason, self.refused({"run": command}))
        # What it has left behind must not be waited for, either.
        found = self.refused({"run": ["sh", "-c", "sleep 600 & sleep 600"], "patience": 0.2})
        self.assertIn("sh has taken more than 0.2 s", found)

    def test_kinds(self) -> None:
        """What is staged is moved in before each step that works in place, and before no other."""
        self.path = "/usr/bin:/bin"
        self.perform(
            {"write": "a", "text": ""},
            {"write": "b", "text": ""},
            {"run": ["true"]},
            {"write": "c", "text": ""},
        )
        self.assertEqual(self.bench.settled, [["a", "b"]])
        self.assertEqual(listing(self.bench.staging), ["c"])


class SteamTests(StepsTestCase):
    script = """#!/bin/sh
echo "$@" >> "$HOME/asked"
echo ' Update state (0x61) downloading, progress: 12.34 (1234 / 10000)'
{more}
exit 8
"""

    def steamcmd(self, more: str) -> None:
        """A host with a program that does as SteamCMD does."""
        directory = Path(self.mktemp())
        directory.mkdir()
        (directory / "steamcmd").write_text(self.script.replace("{more}", more))
        (directory / "steamcmd").chmod(0o755)
        self.path = f"{directory.absolute()}:/usr/bin:/bin"

    def test_installs(self) -> None:
        """It has worked when SteamCMD says so, whatever its exit code; its progress is told."""
        self.steamcmd(
            """mkdir -p steamapps; echo '"buildid"  "77"' > steamapps/appmanifest_740.acf
            echo "Success! App '740' fully installed." """
        )
        self.options["branch"] = "old"
        outcome = self.perform(
            {
                "steamcmd": 740,
                "beta": "{branch}",
                "platforms": ["windows", "linux"],
                "validate": True,
            }
        )
        self.assertEqual(outcome.version, "77")
        asked = Path(self.bench.directory, "asked").read_text().splitlines()
        self.assertEqual([each.split()[3] for each in asked], ["windows", "linux"])
        self.assertIn("+login anonymous +app_update 740 -beta old validate +quit", asked[1])
        self.assertIn(
            Progress.doing(because("step_steam", app=740, platform="linux"), 1234, 10000), self.told
        )

    def test_directory(self) -> None:
        """It may be installed into a directory of the server's, whose manifest is read."""
        self.steamcmd(
            """mkdir -p game/steamapps; echo '"buildid"  "78"' > game/steamapps/appmanifest_740.acf
            echo "Success! App '740' fully installed." """
        )
        self.assertEqual(self.perform({"steamcmd": 740, "to": "game"}).version, "78")
        asked = Path(self.bench.directory, "asked").read_text()
        self.assertIn(f"+force_install_dir {self.bench.directory}/game +login", asked)
        self.options["game"] = "cstrike"
        self.perform({"steamcmd": 740, "to": "game", "mod": "{game}"})
        asked = Path(self.bench.directory, "asked").read_text()
        self.assertIn("+app_set_config 740 mod cstrike +app_update 740", asked)
        self.options["game"] = "-x"
        self.assertIn("no name of a mod", self.refused({"steamcmd": 740, "mod": "{game}"}))
        os.symlink("/tmp", Path(self.bench.directory, "elsewhere"))
        self.assertTrue(self.refused({"steamcmd": 740, "to": "elsewhere"}))

    def test_strange(self) -> None:
        """What a game has put in the place of Steam's files is neither followed nor waited for."""
        self.steamcmd("""echo "Success! App '740' already up to date." """)
        self.perform()
        directory = Path(self.bench.directory)
        for path in (".steamcmd/linux32", ".steamcmd/linux64", "steamapps"):
            (directory / path).mkdir(parents=True)
        other = Path(self.root, "other")
        other.write_text('"buildid" "7"')
        library = directory / ".steam/sdk32/steamclient.so"
        for name in strange(directory / ".steamcmd/linux64/steamclient.so", other):
            (directory / ".steamcmd/linux32/steamclient.so").write_text(name)
            self.perform({"steamcmd": 740})
            self.assertEqual(library.read_text(), name)
            isCopied = (directory / ".steam/sdk64/steamclient.so").exists()
            tree.remove(str(directory), ".steam")
            self.assertEqual(isCopied, name not in ("link", "directory", "sparse", "pipe"), name)
        for name in strange(directory / "steamapps/appmanifest_740.acf", other):
            self.assertIsNone(self.perform({"steamcmd": 740}).version, name)

    def test_fails(self) -> None:
        """What SteamCMD has against it is told."""
        self.steamcmd("""echo "ERROR! Failed to install app '740' (No subscription)" """)
        found = self.refused({"steamcmd": 740})
        self.assertIn("Failed to install app '740' (No subscription)", found)
        self.assertEqual(Path(self.bench.directory, "asked").read_text().count("\n"), 3)
        self.options["b"] = "-x +quit"
        self.assertIn("no name of a branch", self.refused({"steamcmd": 740, "beta": "{b}"}))

    def test_account(self) -> None:
        """A game that one must own is had with a login, which the server does not keep."""
        step = {"steamcmd": 740, "account": True}
        self.steamcmd("""cat Steam/config/config.vdf; stat -c %a Steam/config/config.vdf > mode
            echo "Success! App '740' already up to date." """)
        self.assertIn("see --steam-account", self.refused(step))
        account = SteamAccount("ann", {"Steam/config/config.vdf": b"secret"})
        self.secrets = Secrets(steamAccount=msgspec.json.encode(account))
        self.perform(step)
        self.assertEqual(sorted(listing(self.bench.directory)), ["asked", "mode"])
        self.assertEqual(Path(self.bench.directory, "mode").read_text(), "600\n")
        self.assertIn("+login ann +app", Path(self.bench.directory, "asked").read_text())
        self.secrets = Secrets(steamAccount=b"{}")
        self.assertIn("can't be used", self.refused(step))

    def test_newest(self) -> None:
        """The build id of a branch is known without an installation."""
        self.steamcmd(
            """echo '"740" { "depots" { "branches" { "public" { "buildid" "5" "x" "y" }
            "old" { "buildid" "3" } } } }'"""
        )
        self.perform()
        for step, expected in (({"steamcmd": 740}, "5"), ({"steamcmd": 740, "beta": "old"}, "3")):
            programs = ProgramsHere(self.path, self.bench)
            task = Task("cave", "x86_64", self.path, programs=programs)
            steps = decodeSteps([step])
            found = newest(steps, task, self.bench, self.report, {}, self.requests())
            self.assertEqual(found, expected)


class NewestTests(StepsTestCase):
    def newest(self, *steps: Mapping[str, Any], known: Documents | None = None) -> str | None:
        """What is newest."""
        bench = Bench(os.path.abspath(self.mktemp()), self.requests())
        task = Task("cave", "x86_64", self.path, self.options)
        documents: Documents = {} if known is None else known
        where = Where((*self.sources.mirrors, *self.registries()))
        requests = Requests(where, patience=usual, sleep=self.paused.append)
        found = newest(decodeSteps(steps), task, bench, self.report, documents, requests)
        self.assertEqual(listing(bench.staging), [])
        return found

    def registries(self) -> tuple[tuple[str, str], ...]:
        """What leads to our own registries."""
        return (
            ("https://pypi.org/", f"{self.sources.url}files.example/"),
            ("https://registry.npmjs.org/", f"{self.sources.url}files.example/"),
        )

    def test_documents(self) -> None:
        """Only documents are read, up to the one that says the version; once, if it is the same."""
        self.sources.mojang({"1.21.9": b"jar"})
        known: Documents = {}
        self.assertEqual(self.newest(*vanilla, known=known), "1.21.9")
        self.assertEqual(self.newest(*vanilla, known=known), "1.21.9")
        manifest = "piston-meta.mojang.com/mc/game/version_manifest_v2.json"
        self.assertEqual(self.sources.paths(), [manifest, manifest])
        self.assertIn("If-None-Match", self.sources.asked[1].headers)
        self.sources.mojang({"1.21.9": b"jar", "1.21.10": b"jar"})
        self.assertEqual(self.newest(*vanilla, known=known), "1.21.10")

    def test_registries(self) -> None:
        """PyPI and npm's registry are asked where no document says it."""
        self.sources.put("https://files.example/pypi/a/json", {"info": {"version": "1.2"}})
        self.sources.put("https://files.example/-/package/@b%2Fc/dist-tags", {"latest": "3"})
        self.options["version"] = None
        self.assertEqual(self.newest({"pip": ["a=={version}"]}), "1.2")
        self.assertEqual(self.newest({"npm": ["@b/c@{version}"]}), "3")
        self.assertIsNone(self.newest({"write": "a", "text": ""}))
        with self.assertRaisesRegex(Failed, "answers 404"):
            self.newest({"pip": ["b"]})

    def test_pinned(self) -> None:
        """An option with a value that the newest is not looked for with holds a version."""
        package = decodeSteps([{"npm": ["a@{release}", "b@{version}"]}])
        for steps, options, expected in (
            (decodeSteps(vanilla), {"version": "1.21"}, True),
            (decodeSteps(vanilla), {"version": "", "other": "x"}, False),
            (package, {"release": "1"}, True),
            (package, {"release": None, "version": "1"}, False),
        ):
            self.assertIs(isPinned(steps, options), expected)

    def test_emptied(self) -> None:
        """Options are empty, except those that must have a value."""
        options = (
            Option(name="a", type="string", default="x"),
            Option(name="b", type="string", default="y", required=True),
        )
        self.assertEqual(emptied(options), {"a": None, "b": "y"})


class AddressTests(SynchronousTestCase):
    def test_public(self) -> None:
        """Addresses that are public, and many that only seem so."""
        for address, expected in (
            ("93.184.216.34", True),
            ("2606:2800:220:1:248:1893:25c8:1946", True),
            ("64:ff9b::5db8:d822", True),
            ("::ffff:93.184.216.34", True),
            ("127.0.0.1", False),
            ("127.1.2.3", False),
            ("0.0.0.0", False),
            ("10.0.0.1", False),
            ("172.16.0.1", False),
            ("192.168.1.1", False),
            ("100.64.0.1", False),
            ("169.254.169.254", False),
            ("192.0.2.1", False),
            # Metadata of clouds.
            ("192.0.0.192", False),
            ("168.63.129.16", False),
            ("::ffff:168.63.129.16", False),
            ("64:ff9b::a83f:8110", False),
            ("168.63.129.17", True),
            ("192.88.99.1", False),
            ("203.0.113.9", False),
            ("198.18.0.1", False),
            ("224.0.0.1", False),
            ("239.255.255.250", False),
            ("240.0.0.1", False),
            ("255.255.255.255", False),
            ("::", False),
            ("::1", False),
            ("::127.0.0.1", False),
            ("::93.184.216.34", False),
            ("::ffff:127.0.0.1", False),
            ("::ffff:10.0.0.1", False),
            ("64:ff9b::7f00:1", False),
            ("64:ff9b::a00:1", False),
            ("64:ff9b:1::7f00:1", False),
            ("2002:7f00:1::", False),
            ("2002:a00:1::1", False),
            ("2001:0:7f00:1::", False),
            ("2001:200::1", True),
            ("2002:5db8:d822::1", False),
            ("3fff::1", False),
            ("5f00::1", False),
            ("2001:db8::1", False),
            ("fc00::1", False),
            ("fd12:3456::1", False),
            ("fe80::1", False),
            ("fe80::1%eth0", False),
            ("fec0::1", False),
            ("ff02::1", False),
            ("100::1", False),
        ):
            self.assertIs(isPublic(ip_address(address)), expected, address)

    def test_policy(self) -> None:
        """Own addresses are never reached, unless they are allowed; nor is what is no address."""
        own = frozenset({ip_address("93.184.216.34")})
        policy = AddressPolicy((parseNetwork("10.0.0.0/8"), parseNetwork("::1")), own)
        for address, expected in (
            ("93.184.216.35", True),
            ("93.184.216.34", False),
            ("::ffff:93.184.216.34", False),
            ("10.9.9.9", True),
            ("::ffff:10.9.9.9", True),
            ("11.0.0.1", True),
            ("192.168.0.1", False),
            ("::1", True),
            ("/run/socket", False),
            ("", False),
        ):
            self.assertIs(policy.permits(address), expected, address)
        self.assertTrue(
            AddressPolicy((parseNetwork("93.184.0.0/16"),), own).permits("93.184.216.34")
        )
        self.assertIn(ip_address("127.0.0.1"), ownAddresses())

    def test_oddInterface(self) -> None:
        """Addresses of this host are known whatever its interfaces are called."""
        names = ["--net"] if os.geteuid() == 0 else ["--user", "--map-root-user", "--net"]
        prefix = [need("unshare"), *names]
        if subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode:
            raise SkipTest("no namespace of networks can be made here")
        command = [*prefix, sys.executable, "-c", oddInterface]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("127.0.0.1", done.stdout.split())


class ConnectTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.port = freePort()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.addCleanup(self.listener.close)
        self.asked: list[str] = []

    def resolving(self, *answers: list[str]) -> connecting.Resolve:
        """DNS that says one thing after the other."""
        left = list(answers)

        def resolve(host: str, port: int) -> list[Any]:
            self.asked.append(host)
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in left.pop(0)
            ]

        return resolve

    def test_rebinding(self) -> None:
        """A name is asked for once, and what is connected to is what was checked."""
        policy = AddressPolicy((parseNetwork("127.0.0.1"),))
        resolve = self.resolving(["127.0.0.1"], ["10.0.0.1"])
        connect("a.example", self.port, policy, 5.0, resolve).close()
        self.assertEqual(self.asked, ["a.example"])
        with self.assertRaisesRegex(Refused, "not public"):
            connect("a.example", self.port, policy, 5.0, resolve)

    def test_several(self) -> None:
        """Of several addresses only those that are permitted are tried, one after the other."""
        policy = AddressPolicy((parseNetwork("127.0.0.0/24"),))
        # Nobody listens at the second.
        resolve = self.resolving(["127.0.1.1", "127.0.0.2", "127.0.0.1"])
        connection = connect("a.example", self.port, policy, 5.0, resolve)
        self.assertEqual(connection.getpeername(), ("127.0.0.1", self.port))
        connection.close()

    def test_unreachable(self) -> None:
        """A host without an address, and one that does not answer."""

        def nothing(host: str, port: int) -> list[Any]:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        def later(host: str, port: int) -> list[Any]:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        self.listener.close()
        with self.assertRaisesRegex(Refused, "there is no host a.example"):
            connect("a.example", 1, None, 5.0, nothing)
        with self.assertRaisesRegex(Broken, "can't be found: Temporary"):
            connect("a.example", 1, None, 5.0, later)
        with self.assertRaisesRegex(Broken, "a.example can't be reached: Connection refused"):
            connect("a.example", self.port, None, 5.0, self.resolving(["127.0.0.1"]))
        with self.assertRaisesRegex(Refused, "address of"):
            connect("a" * 64 + ".example", 1, None, 5.0, connecting.resolve)


class TLSTests(SynchronousTestCase):
    """A source with TLS, for one request each."""

    def serve(self, name: str, authority: trustme.CA) -> tuple[int, list[bytes]]:
        """
        Answer one request with C{yes}, as the host of this name.

        @return: the port, and what was asked.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        asked: list[bytes] = []

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    with context.wrap_socket(connection, server_side=True) as secure:
                        asked.append(secure.recv(65536))
                        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
                except OSError:
                    return

        thread = threading.Thread(target=answer)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(listener.close)
        return int(listener.getsockname()[1]), asked

    def document(self, url: str, port: int, authority: trustme.CA, token: str = "") -> bytes:
        """Ask for a document; all names are here."""
        requests = Requests(
            Where((), ("127.0.0.1",)),
            token,
            usual,
            lambda host, _: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))],
            lambda _: None,
        )
        context = ssl.create_default_context()
        authority.configure_trust(context)
        requests.__dict__["_context"] = context
        return requests.document(url)[0]

    def test_names(self) -> None:
        """The host must prove that it has the name that it was asked by."""
        authority = trustme.CA()
        port, asked = self.serve("a.example", authority)
        self.assertEqual(self.document("https://a.example/x?y", port, authority, "secret"), b"yes")
        self.assertIn(b"GET /x?y HTTP/1.1\r\nHost: a.example\r\n", asked[0])
        self.assertNotIn(b"secret", asked[0])
        port, _ = self.serve("b.example", authority)
        with self.assertRaisesRegex(Failed, "a.example can't prove what it is"):
            self.document("https://a.example/", port, authority)
        port, _ = self.serve("a.example", trustme.CA())
        with self.assertRaisesRegex(Failed, "a.example can't prove what it is"):
            self.document("https://a.example/", port, authority)

    def test_token(self) -> None:
        """The token for GitHub's API goes there, and nowhere else."""
        authority = trustme.CA()
        port, asked = self.serve("api.github.com", authority)
        self.document("https://api.github.com/repos", port, authority, "secret")
        self.assertIn(b"Authorization: Bearer secret\r\n", asked[0])


class RuleTests(SynchronousTestCase):
    def test_mirrors(self) -> None:
        """The longest beginning counts, to the end of one of its parts."""
        mirrors = (
            ("https://a.example/", "http://m/a/"),
            ("https://a.example/x/", "http://m/ax/"),
            ("https://b.example", "http://m/b"),
        )
        for url, expected in (
            ("https://a.example/y?z", "http://m/a/y?z"),
            ("https://a.example/x/y", "http://m/ax/y"),
            ("https://b.example/y", "http://m/b/y"),
            ("https://b.example", "http://m/b"),
            ("https://b.example.org/y", "https://b.example.org/y"),
            ("http://a.example/y", "http://a.example/y"),
        ):
            self.assertEqual(mirrored(url, mirrors)[0], expected)

    def test_redirects(self) -> None:
        """Where a redirect leads, relative ones too; never from https to http."""
        mirror = ("https://a.example/", "http://m/a/")
        for url, location, via, expected in (
            ("https://a.example/x/y", "z", None, "https://a.example/x/z"),
            ("https://a.example/x/y", "//b.example/z", None, "https://b.example/z"),
            ("http://a.example/x", "https://b.example/z#f", None, "https://b.example/z"),
            ("http://a.example/x", "http://b.example/a b", None, "http://b.example/a%20b"),
            ("https://a.example/x", "http://m/a/z", mirror, "https://a.example/z"),
        ):
            self.assertEqual(redirected(url, location, via), expected)
        for location in ("http://b.example/", "http://m/a/z", "javascript:x", "https://[/"):
            self.assertRaises(Refused, redirected, "https://a.example/", location, None)

    def test_shown(self) -> None:
        """What stands behind ? is not shown."""
        self.assertEqual(requesting.shown("https://a.example/x?key=1"), "https://a.example/x")

    def test_given(self) -> None:
        """What the daemon hands on: secrets stay in their files until a worker reads them."""
        token = Path(self.mktemp())
        token.write_text("ghp_abc\n")
        given = {"mirrors": [["https://a/", "http://b/"]], "allowed": ["10.0.0.0/8"]}
        sources, secrets = givenSources({**given, "contact": "me", "tokenFile": str(token)})
        self.assertEqual(sources, Where((("https://a/", "http://b/"),), ("10.0.0.0/8",), "me"))
        self.assertEqual(secrets, Secrets("ghp_abc"))
        self.assertEqual(givenSources({}), (Where(), Secrets()))
        with self.assertRaisesRegex(Failed, "--steam-account can't be read: No such file"):
            givenSources({"steamFile": "/nowhere/x"})

    def test_secrets(self) -> None:
        """Whoever prints a task prints no token."""
        task = Task("a", "x86_64", "", secrets=Secrets("hidden", b"hidden"))
        self.assertNotIn("hidden", repr(task))
