"""Steps that fetch: from sources on this host, and when those fail."""

import io
import json
import os
import socket
import stat
import threading
import zipfile
from pathlib import Path
from typing import Any

from attrs import evolve

from gamepanel.jobs.progress import Progress
from gamepanel.jobs.report import Failed
from gamepanel.wire.causes import because
from gamepanel.worker.steps import programs
from gamepanel.worker.steps.shared import Shared
from gamepanel.worker.steps.sharing import SharedByOther, beginSharing, serve
from tests.sources import Reply, failing, sha
from tests.worker.stepcase import StepsTestCase, listing, quick, tarOf, usual, zipOf
from tests.worker.test_install_steps import vanilla


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
        self.shared = Shared(f"{self.root}/shared", "x86_64", self.requests())
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
