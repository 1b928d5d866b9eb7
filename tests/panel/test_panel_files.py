"""Files of a server on the page: the list, uploads, and what is done with them."""

import base64
import json
import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

from playwright.sync_api import expect

from tests.panelcase import PageTests, password
from tests.support import patience

MiB: Final = 1024 * 1024

phone: Final[dict[str, Any]] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
}

png: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class FilesTests(PageTests):
    def setUp(self) -> None:
        super().setUp()
        self.admin("server_create", type="shell", server="one", options={"script": "exec cat"})

    def put(self, path: str, data: bytes = b"") -> None:
        """Write a file of the server."""
        encoded = base64.b64encode(data).decode()
        self.admin("file_write", server="one", path=path, data=encoded, encoding="base64")

    def content(self, path: str) -> bytes:
        """What is in a file of the server."""
        found = self.admin("file_read", server="one", path=path, encoding="base64")
        return base64.b64decode(found["data"])

    def names(self, path: str = "") -> list[str]:
        """What is in a directory of the server."""
        return [
            each["name"] for each in self.admin("file_list", server="one", path=path)["entries"]
        ]

    def files(self, path: str = "", **options: Any) -> Any:
        """The page that shows the files of the server."""
        return self.visit(path=f"#/server/one/files{path}", **options).page

    def links(self, page: Any) -> Any:
        """What the list has, by name."""
        return page.locator(".files tbody th a")

    def send(self, page: Any, *files: tuple[str, bytes]) -> None:
        """Choose files to be uploaded."""
        chosen = [{"name": name, "mimeType": "", "buffer": data} for name, data in files]
        page.locator("input[type=file]").first.set_input_files(chosen)


class ListTests(FilesTests):
    def test_list(self) -> None:
        """Folders come first; columns sort, words filter, and the way back stands above."""
        self.admin("file_make_directory", server="one", path="world")
        self.put("world/level.dat", b"x" * 30)
        for name, size in (("b10.txt", 1), ("b9.txt", 3), ("c & d?#.txt", 2)):
            self.put(name, b"x" * size)
        page: Any = self.files()
        links = self.links(page)
        expect(links).to_have_text(["world/", "b9.txt", "b10.txt", "c & d?#.txt"])
        page.get_by_role("button", name="Size").click()
        expect(links).to_have_text(["world/", "b10.txt", "c & d?#.txt", "b9.txt"])
        page.get_by_role("button", name="Size").click()
        expect(links).to_have_text(["world/", "b9.txt", "c & d?#.txt", "b10.txt"])
        page.get_by_role("searchbox").fill("B1")
        expect(links).to_have_text(["b10.txt"])
        page.get_by_role("searchbox").fill("")
        page.get_by_role("link", name="c & d?#.txt").click()
        expect(page.get_by_role("textbox", name="c & d?#.txt")).to_have_text("xx")
        page.get_by_role("link", name="Close").click()
        page.get_by_role("link", name="world/").click()
        expect(links).to_have_text(["level.dat"])
        crumbs = page.get_by_role("navigation", name="Folder")
        expect(crumbs).to_contain_text("world")
        crumbs.get_by_role("link", name="one, top folder").click()
        expect(page.get_by_role("link", name="world/")).to_be_visible()

    def test_large(self) -> None:
        """Of more than 10,000 entries all that are there can be reached, by name."""
        page: Any = self.visit(path="#/server/one/console").page
        expect(self.pill(page)).to_be_visible()

        def answer(route: Any) -> None:
            after = route.request.post_data_json.get("after")
            start = 0 if after is None else int(after) + 1
            entry = {"kind": "file", "size": 1, "modifiedAt": 1e9, "executable": False}
            there = range(start, min(start + 1000, 10_500))
            entries = [{"name": f"{number:05}", **entry} for number in there]
            more = start + 1000 < 10_500
            route.fulfill(json={"entries": entries, "more": more, "hidden": 2})

        page.route("**/file_list", answer)
        page.evaluate("location.hash = '#/server/one/files'")
        expect(page.get_by_text("10,000 entries and more")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Size").get_by_role("button")).to_have_count(0)
        expect(page.get_by_text("2 names can't be shown")).to_be_visible()
        page.get_by_role("searchbox").fill("0999")
        page.get_by_role("button", name="Load more").click()
        expect(page.get_by_text("10,500 entries")).to_be_visible()
        page.get_by_role("searchbox").fill("10499")
        expect(self.links(page)).to_have_text(["10499"])

    def test_rights(self) -> None:
        """Who has not the right sees no such tab, and nothing at its address."""
        rights = {"one": ["power", "view"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit(logIn=False, path="#/server/one/files")
        visitor.logIn("ann", password)
        page: Any = visitor.page
        expect(page.get_by_text("You do not have the right to see this page.")).to_be_visible()
        tabs = page.get_by_role("navigation", name="one", exact=True)
        names = ["Console", "Activity", "Players", "Schedules"]
        expect(tabs.get_by_role("link")).to_have_text(names)

    def test_search(self) -> None:
        """Names and text below a folder are searched; what is found leads there."""
        self.admin("file_make_directory", server="one", path="a")
        self.put("a/motd.txt", b"\n" * 98 + b"Hello\nsaid the MEADOW\n")
        self.put("meadow.txt", b"")
        page: Any = self.files()
        page.get_by_role("searchbox").fill("meadow")
        page.get_by_role("button", name="Search all names below").click()
        found = page.get_by_role("region", name="Search results")
        expect(found.get_by_role("link")).to_have_text(["meadow.txt"])
        page.get_by_role("button", name="Search the text of files below").click()
        expect(found.get_by_role("link")).to_have_text(["a/motd.txt"])
        expect(found).to_contain_text("line 100")
        found.get_by_role("link").click()
        expect(page.get_by_text("Line 100, column 1")).to_be_visible()

    def test_deeds(self) -> None:
        """Files and folders are made, renamed, moved and deleted, each after a question."""
        page: Any = self.files()
        expect(page.get_by_text("This folder is empty")).to_be_visible()

        def ask(menu: str, item: str, button: str, **fields: str) -> None:
            page.get_by_role("button", name=menu, exact=True).click()
            page.get_by_role("menuitem", name=item).click()
            for label, text in fields.items():
                page.get_by_role("dialog").get_by_label(label.replace("_", " ")).fill(text)
            page.get_by_role("dialog").get_by_role("button", name=button).click()

        ask("New", "New file", "Create", Name="a.txt")
        expect(self.links(page)).to_have_text(["a.txt"])
        ask("New", "New file", "Create", Name="a.txt")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("There is something of this name already.")
        dialog.get_by_role("button", name="Cancel").click()
        ask("New", "New folder", "Create", Name="maps")
        expect(self.links(page)).to_have_text(["maps/", "a.txt"])
        ask("More for a.txt", "Rename", "Rename", New_name="b.txt")
        expect(self.links(page)).to_have_text(["maps/", "b.txt"])
        ask("More for b.txt", "Move", "Move", To_the_folder="/maps/")
        expect(self.links(page)).to_have_text(["maps/"])
        self.assertEqual(self.names("maps"), ["b.txt"])
        self.put("c.txt", b"c")
        self.put("maps/c.txt", b"old")
        page.get_by_role("link", name="Console").click()
        page.get_by_role("link", name="Files", exact=True).click()
        ask("More for c.txt", "Move", "Move", To_the_folder="maps")
        dialog.get_by_label("Replace what is there").check()
        dialog.get_by_role("button", name="Move").click()
        expect(self.links(page)).to_have_text(["maps/"])
        self.assertEqual(self.content("maps/c.txt"), b"c")
        page.get_by_role("link", name="maps/").click()
        page.get_by_role("checkbox", name="Select all").check()
        page.get_by_role("region", name="Chosen files").get_by_role("button", name="Delete").click()
        expect(dialog).to_contain_text("2 things are deleted. This is final")
        dialog.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("This folder is empty")).to_be_visible()

    def test_program(self) -> None:
        """A file becomes a program and is none any more; the list says so."""
        self.put("run.sh", b"#!/bin/sh\n")
        page: Any = self.files()
        row = page.get_by_role("row", name="run.sh")
        for item, said in (("Let it be run", 1), ("No program any more", 0)):
            row.get_by_role("button", name="More for run.sh").click()
            page.get_by_role("menuitem", name=item).click()
            expect(row.get_by_text("program", exact=True)).to_have_count(said)

    def test_download(self) -> None:
        """A file is downloaded by a ticket; several are packed for that, by a job."""
        self.put("a.txt", b"one")
        self.put("b.txt", b"two")
        page: Any = self.files()
        page.get_by_role("button", name="More for a.txt").click()
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Download").click()
        self.assertEqual(download.value.suggested_filename, "a.txt")
        self.assertEqual(Path(download.value.path()).read_bytes(), b"one")
        page.get_by_role("checkbox", name="Select all").check()
        chosen = page.get_by_role("region", name="Chosen files")
        with page.expect_download() as download:
            chosen.get_by_role("button", name="Download").click()
        self.assertEqual(download.value.suggested_filename, "one.zip")
        with ZipFile(download.value.path()) as archive:
            self.assertEqual(archive.namelist(), ["a.txt", "b.txt"])
        self.assertEqual(self.names(), ["a.txt", "b.txt"])

    def test_jobs(self) -> None:
        """Files are copied, packed and unpacked by jobs; why one has failed is said."""
        self.put("a.txt", b"one")
        page: Any = self.files()
        dialog = page.get_by_role("dialog")

        def ask(name: str, item: str, button: str, to: str, replace: bool = False) -> None:
            page.get_by_role("button", name=f"More for {name}", exact=True).click()
            page.get_by_role("menuitem", name=item).click()
            dialog.get_by_role("textbox").fill(to)
            if replace:
                dialog.get_by_label("Replace what is there").check()
            dialog.get_by_role("button", name=button).click()
            expect(dialog).to_have_count(0)

        ask("a.txt", "Copy", "Copy", "b.txt")
        expect(self.links(page)).to_have_text(["a.txt", "b.txt"])
        ask("a.txt", "Pack", "Pack", "a.zip")
        expect(self.links(page)).to_have_text(["a.txt", "a.zip", "b.txt"])
        self.put("a.txt", b"changed")
        failed = page.get_by_role("region", name="The job has failed")
        ask("a.zip", "Unpack", "Unpack", "")
        expect(failed).to_contain_text("a.txt")
        failed.get_by_role("button", name="Close").click()
        self.assertEqual(self.content("a.txt"), b"changed")
        ask("a.zip", "Unpack", "Unpack", "", replace=True)
        # It waits for all that others write to this disk.
        self.admin.wait(lambda: self.content("a.txt") == b"one", "what was packed", 4 * patience)
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["job"] is None,
            "the end of the job",
            4 * patience,
        )
        page.get_by_role("button", name="New", exact=True).click()
        page.get_by_role("menuitem", name="From an address").click()
        dialog.get_by_label("Address").fill(f"http://127.0.0.1:{self.daemon.port}/healthz")
        dialog.get_by_role("button", name="Fetch").click()
        expect(failed).to_be_visible()
        self.assertEqual(self.names(), ["a.txt", "a.zip", "b.txt"])


class UploadTests(FilesTests):
    def test_taken(self) -> None:
        """Names that are taken are asked about once for all, and the rest goes on meanwhile."""
        for choice, left in (
            ("Replace", {"a.txt": b"new", "b.txt": b"new", "c.txt": b"new"}),
            ("Skip", {"a.txt": b"old", "b.txt": b"old", "c.txt": b"new"}),
            (
                "Keep both",
                {
                    "a (2).txt": b"new",
                    "a.txt": b"old",
                    "b (2).txt": b"new",
                    "b.txt": b"old",
                    "c.txt": b"new",
                },
            ),
        ):
            self.put("a.txt", b"old")
            self.put("b.txt", b"old")
            page: Any = self.files()
            expect(self.links(page)).to_have_text(["a.txt", "b.txt"])
            self.send(page, ("a.txt", b"new"), ("b.txt", b"new"), ("c.txt", b"new"))
            expect(self.links(page)).to_have_text(["a.txt", "b.txt", "c.txt"])
            box = page.get_by_role("region", name="Uploads")
            question = box.get_by_role("group", name="Names that are taken")
            expect(question).to_contain_text("2 names are there already")
            expect(box.get_by_role("heading")).to_have_text("Uploading 2 things")
            question.get_by_role("button", name=choice).click()
            expect(box.get_by_role("heading", name="Uploads")).to_be_visible()
            self.assertEqual({name: self.content(name) for name in self.names()}, left, choice)
            self.admin("file_delete", server="one", paths=self.names())

    def test_pieces(self) -> None:
        """A large file comes in pieces; one that is cut off goes on from what has come."""
        data = bytes(range(256)) * 4096 * 70
        Path("map").write_bytes(data)
        page: Any = self.files()
        asked: list[tuple[int, int]] = []

        def cut(route: Any) -> None:
            query = parse_qs(urlsplit(route.request.url).query)
            asked.append((int(query["offset"][0]), int(query["size"][0])))
            # The second that has something in it.
            if asked.count((64 * MiB, len(data))) == 1:
                route.abort()
            else:
                route.continue_()

        page.route("**/file_upload?*", cut)
        page.locator("input[type=file]").first.set_input_files("map")
        expect(self.links(page)).to_have_text(["map"], timeout=4000 * patience)
        self.assertEqual({size for _, size in asked}, {len(data)})
        self.assertGreater([offset for offset, _ in asked].count(64 * MiB), 1)
        there = Path(self.daemon.state, "servers", "one", "files", "map")
        self.assertTrue(there.read_bytes() == data)

    def test_lost(self) -> None:
        """A file whose answer was lost is not asked about: it is there, as it is."""
        page: Any = self.files()
        lost: list[Any] = []

        def lose(route: Any) -> None:
            if not lost:
                lost.append(route.fetch())
                route.abort()
            else:
                route.continue_()

        page.route("**/file_upload?*", lose)
        self.send(page, ("a.txt", b"new"))
        box = page.get_by_role("region", name="Uploads")
        expect(box.get_by_role("heading", name="Uploads")).to_be_visible()
        expect(box.get_by_role("group")).to_have_count(0)
        expect(box.locator("li.ok")).to_have_count(1)
        self.assertEqual(lost[0].status, 200)

    def test_atOnce(self) -> None:
        """Two are sent at a time in the whole browser, also from several tabs; Cancel ends one."""
        visitor = self.visit(path="#/server/one/files", logIn=False, script=self.stay())
        held: list[Any] = []
        visitor.context.route("**/file_upload?*", lambda route: held.append(route))
        pages: list[Any] = [visitor.page, visitor.tab("#/server/one/files")]
        for number, page in enumerate(pages):
            expect(page.get_by_text("This folder is empty")).to_be_visible()
            self.send(page, *((f"{number}-{each}", b"x") for each in range(3)))

        def waits() -> bool:
            found = pages[0].evaluate("navigator.locks.query()")
            ours = [each for each in found["pending"] if "upload" in each["name"]]
            # Each of the other tab's two waits for either place.
            return len(held) == 2 and len(ours) >= 4

        self.admin.wait(waits, "the others to wait")
        for page in pages:
            page.get_by_role("button", name="Cancel all").click()
        expect(pages[0].get_by_role("region", name="Uploads")).to_have_count(0)
        self.assertEqual(self.names(), [])
        # Nobody answers what was held.
        visitor.context.unroute_all(behavior="ignoreErrors")

    def stay(self) -> str:
        """A script by which each tab is logged in."""
        return f"localStorage.setItem('gamepanel.token', '\"{self.admin.token}\"');"

    def test_folder(self) -> None:
        """A folder comes with all that is in it; what is there already is asked about."""
        self.admin("file_make_directory", server="one", path="maps")
        self.put("maps/old.txt", b"old")
        top = Path("maps")
        (top / "deep").mkdir(parents=True)
        (top / "old.txt").write_bytes(b"new")
        (top / "deep" / "er.txt").write_bytes(b"er")
        page: Any = self.files()
        expect(self.links(page)).to_have_text(["maps/"])
        page.locator("input[type=file]").nth(1).set_input_files(str(top.absolute()))
        box = page.get_by_role("region", name="Uploads")
        box.get_by_role("button", name="Replace").click()
        expect(box.get_by_role("heading", name="Uploads")).to_be_visible()
        self.assertEqual(self.names("maps"), ["deep", "old.txt"])
        self.assertEqual(self.content("maps/old.txt"), b"new")
        self.assertEqual(self.content("maps/deep/er.txt"), b"er")

    def test_dropped(self) -> None:
        """Of what is dropped, empty folders come, too, however many answers a folder takes."""
        page: Any = self.visit(logIn=False, hasModules=True).page
        found = page.evaluate(
            """async () => {
                const { fromDrop } = await import("/panel/lib/dropped.js");
                const file = (name) =>
                    ({ name, isFile: true, file: (done) => done(new File([], name)) });
                const folder = (name, ...parts) => ({
                    name,
                    createReader: () => ({ readEntries: (done) => done(parts.splice(0, 1)) }),
                });
                const inner = folder("d", folder("e"));
                const all = [file("a"), folder("b", file("c"), inner, file("f"))];
                const items = all.map((each) => ({ kind: "file", webkitGetAsEntry: () => each }));
                const things = await fromDrop({ items: [...items, { kind: "string" }] });
                return things.map(({ name, file, folders, files }) =>
                    [name, Boolean(file), folders ?? [], (files ?? []).map(({ path }) => path)]);
            }"""
        )
        wanted = [["a", True, [], []], ["b", False, ["b/d", "b/d/e"], ["b/c", "b/f"]]]
        self.assertEqual(found, wanted)


class SmallUploadTests(FilesTests):
    options = ("--allow-generic", "--max-upload", "100000")

    def test_tooLarge(self) -> None:
        """What is too large, or finds no space, is said before any of it is sent."""
        page: Any = self.files()
        expect(page.get_by_text("This folder is empty")).to_be_visible()
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        self.send(page, ("large", b"x" * 100_001), ("small", b"x"))
        box = page.get_by_role("region", name="Uploads")
        expect(box).to_contain_text("Too large: 97.7 KiB, at most 97.7 KiB. Nothing was sent.")
        expect(self.links(page)).to_have_text(["small"])
        self.assertEqual([url for url in sent if "path=large" in url], [])
        problem = {"status": 507, "code": "no_space", "detail": "x"}
        body = json.dumps(problem)
        held: list[Any] = []

        def answer(route: Any) -> None:
            if "path=first" in route.request.url:
                route.continue_()
            else:
                held.append(route)

        page.route("**/file_upload?*", answer)
        self.send(page, ("first", b"x"), *((f"more-{each}", b"x") for each in range(9)))
        expect(box.locator("li.ok")).to_have_count(2)
        # Each answer of the page lets what it asks for come in.
        self.admin.wait(lambda: page.evaluate("1") and len(held) == 2, "two that are sent")
        for route in held:
            route.fulfill(status=507, body=body)
        expect(box.get_by_role("button", name="Try again")).to_have_count(9)
        expect(box).to_contain_text("The disk of the host has too little space")
        expect(box.locator("li.ok")).to_have_count(2)


class LookTests(FilesTests):
    def test_phone(self) -> None:
        """On a phone nothing runs over, dark and light, in German, too."""
        self.admin("file_make_directory", server="one", path="a-folder-with-a-rather-long-name")
        self.put("server.properties", b"motd=a\n")
        for locale, scheme in (("en-US", "dark"), ("de-DE", "light")):
            visitor = self.visit(
                logIn=False,
                path="#/server/one/files",
                locale=locale,
                color_scheme=scheme,
                script=f"localStorage.setItem('gamepanel.token', '\"{self.admin.token}\"');",
                **phone,
            )
            page: Any = visitor.page
            expect(self.links(page)).to_have_count(2)
            width = "document.documentElement.scrollWidth"
            self.assertEqual((page.evaluate(width), visitor.violations()), (360, []), locale)
            page.get_by_role("checkbox").nth(1).tap()
            expect(page.locator(".bulk")).to_be_visible()
            self.assertEqual((page.evaluate(width), visitor.violations()), (360, []), locale)
            page.get_by_role("link", name="server.properties").tap()
            expect(page.locator(".cm-content")).to_be_visible()
            self.assertEqual((page.evaluate(width), visitor.violations()), (360, []), locale)

    def test_accessible(self) -> None:
        """Nothing is wrong with the list, uploads, a question and the editor with its search."""
        self.put("a.yml", b"a: 1\nb: 'x' # c\n")
        for scheme in ("dark", "light"):
            visitor = self.visit(path="#/server/one/files", color_scheme=scheme)
            page: Any = visitor.page
            expect(self.links(page)).to_have_count(1)
            self.send(page, ("a.yml", b"new"))
            expect(page.get_by_role("group", name="Names that are taken")).to_be_visible()
            self.assertEqual(visitor.violations(), [], scheme)
            page.get_by_role("button", name="Cancel all").click()
            page.get_by_role("button", name="New", exact=True).click()
            page.get_by_role("menuitem", name="From an address").click()
            self.assertEqual(visitor.violations(), [], scheme)
            page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
            page.get_by_role("link", name="a.yml").click()
            page.get_by_role("textbox", name="a.yml").click()
            page.keyboard.press("Control+f")
            expect(page.locator(".cm-search")).to_be_visible()
            self.assertEqual(visitor.violations(), [], scheme)

    def test_pictures(self) -> None:
        """A picture is shown; what could run as a page is text."""
        self.put("map.png", png)
        self.put("broken.png", b"none")
        self.put("drawing.svg", b"<svg onload='alert(1)'/>")
        page: Any = self.files()
        page.get_by_role("link", name="map.png").click()
        picture = page.get_by_role("img", name="map.png")
        expect(picture).to_be_visible()
        self.assertTrue(re.match("blob:", picture.get_attribute("src")))
        page.get_by_role("link", name="Close").click()
        page.get_by_role("link", name="broken.png").click()
        expect(page.get_by_text("The browser can't show it.")).to_be_visible()
        page.get_by_role("link", name="Close").click()
        page.get_by_role("link", name="drawing.svg").click()
        expect(page.get_by_role("textbox", name="drawing.svg")).to_contain_text("<svg onload")
