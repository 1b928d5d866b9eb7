"""Backups on the page: making, looking into, restoring, and those of servers that are gone."""

import base64
import re
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect

from tests.panelcase import PageTests, password
from tests.support import patience

installed: Final = """
title = "Installed"
[[install]]
write = "game.sh"
text = "exec cat"
[run]
command = ["sh", "game.sh"]
"""


class BackupsTests(PageTests):
    def setUp(self) -> None:
        super().setUp()
        self.admin("server_create", type="shell", server="one", options={"script": "exec cat"})
        self.admin("file_make_directory", server="one", path="world")
        for path in ("world/map", "notes"):
            self.put(path, b"old")

    def put(self, path: str, data: bytes) -> None:
        """Write a file of the server, whatever was there."""
        self.admin("file_write", server="one", path=path, data=data.decode())

    def content(self, path: str) -> bytes:
        """What is in a file of the server."""
        found = self.admin("file_read", server="one", path=path, encoding="base64")
        return base64.b64decode(found["data"])

    def end(self, name: str, **fields: Any) -> Any:
        """What has become of a job that an endpoint begins."""
        ended = self.admin(name, **fields)
        while ended.get("endedAt") is None:
            ended = self.admin("job_status", job=ended["job"], wait=20)
        self.assertEqual((ended["status"], ended["error"]), ("done", None))
        return ended["result"]

    def backup(self, **fields: Any) -> None:
        """Make a backup of the server."""
        self.end("backup_create", server="one", **fields)

    def backups(self) -> list[dict[str, Any]]:
        """Those of the server, newest first."""
        found: list[dict[str, Any]] = self.admin("backup_list", server="one")["backups"]
        return found

    def open(self, path: str = "#/server/one/backups", **options: Any) -> Any:
        return self.visit(path=path, **options).page

    def choose(self, page: Any, item: str) -> Any:
        """Choose in the menu of the only backup that there is; the question that comes, if any."""
        page.get_by_role("main").get_by_role("table").get_by_role("button", name="More for").click()
        page.get_by_role("menuitem", name=item).click()
        return page.get_by_role("dialog")


class ListTests(BackupsTests):
    def test_sameDisk(self) -> None:
        """An admin is told once that backups lie on the disk of the games."""
        page = self.open()
        notice = page.get_by_role("region", name="Backups lie on the disk of the games")
        expect(notice).to_contain_text("--backups")
        notice.get_by_role("button", name="Close").click()
        expect(notice).to_have_count(0)
        for tab in ("console", "backups"):
            page.goto(re.sub("#.*", f"#/server/one/{tab}", page.url))
        expect(page.get_by_role("button", name="Back up now …")).to_be_visible()
        expect(notice).to_have_count(0)

    def test_make(self) -> None:
        """One is made with a note; what is kept by which rules is said; all is done with it."""
        page = self.open()
        expect(page.get_by_text("No backup yet")).to_be_visible()
        page.get_by_role("button", name="Back up now …").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Note").fill("before the road")
        dialog.get_by_label("Lock").check()
        dialog.get_by_role("button", name="Back up", exact=True).click()
        row = page.get_by_role("row", name="before the road")
        expect(row).to_contain_text("locked")
        expect(row).to_contain_text("admin")
        main = page.get_by_role("main")
        expect(main).to_contain_text("1 backup, together")
        expect(main).to_contain_text(
            "the newest 5, one a day for 7 days, one a week for 4 weeks · change"
        )
        self.assertEqual(self.visitors[-1].violations(), [])
        self.deeds(page)

    def deeds(self, page: Any) -> None:
        """The only one is checked, given a note, downloaded and deleted."""
        row = page.locator(".backups tbody tr")
        self.choose(page, "Check it")
        expect(row).to_contain_text("checked")
        self.choose(page, "Note …").get_by_label("Note").fill("the third")
        page.get_by_role("dialog").get_by_role("button", name="Save").click()
        expect(row).to_contain_text("the third")
        row.get_by_role("button", name="More for").click()
        delete = page.get_by_role("menuitem", name="Delete …")
        expect(delete).to_have_attribute("title", "The backup is locked. Unlock it first.")
        page.keyboard.press("Escape")
        with page.expect_download() as download:
            self.choose(page, "Download")
        self.assertRegex(download.value.suggested_filename, r"^one-[\d-]+\.tar\.zst$")
        store = Path(self.daemon.state, "backups")
        [archive] = store.glob("*.tar.zst")
        self.assertEqual(Path(download.value.path()).read_bytes(), archive.read_bytes())
        self.choose(page, "Unlock")
        expect(row.get_by_text("locked")).to_have_count(0)
        dialog = self.choose(page, "Delete …")
        dialog.get_by_role("button", name="Delete for good").click()
        expect(page.get_by_text("No backup yet")).to_be_visible()
        self.assertEqual(self.backups(), [])

    def test_said(self) -> None:
        """What is wrong with one is said, also on a phone, where nothing runs over the edge."""
        self.backup(note="a note as long as a screen of a phone is wide, and somewhat longer")
        [told] = self.backups()
        wrong = {"complete": False, "changed": ["world/a", "b"], "quiesced": False}
        size = {"width": 360, "height": 740}
        page = self.open(logIn=False, viewport=size, has_touch=True, is_mobile=True)
        answer = {"backups": [{**told, **wrong, "damaged": True, "checkedAt": told["at"]}]}
        page.route("**/backup_list", lambda route: route.fulfill(json=answer))
        self.visitors[-1].logIn("admin", self.daemon.password)
        row = page.locator(".backups tbody tr")
        for words in ("damaged", "2 files incomplete", "game went on saving"):
            expect(row).to_contain_text(words)
        expect(row).not_to_contain_text("checked")
        box = row.get_by_role("button", name="More for").bounding_box()
        self.assertGreaterEqual(min(box["width"], box["height"]), 44)
        for place in ("backups", "files"):
            expect(page.locator(f"table.{place}")).to_be_visible()
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(over, 0)
            self.assertEqual(self.visitors[-1].violations(), [])
            if place == "backups":
                row.get_by_role("link").click()
        expect(page.get_by_text("while they were: world/a, b")).to_be_visible()
        page.get_by_role("button", name="Restore all …").click()
        dialog = page.get_by_role("dialog")
        for words in ("is damaged: if", "some files are missing in it", "may not fit together"):
            expect(dialog).to_contain_text(words)

    def test_rights(self) -> None:
        """Who may not make backups has no such tab; who may nothing else sees no rules."""
        for name, rights in (("ann", ["power"]), ("bob", ["backup"])):
            servers = {"one": ["view", *rights]}
            self.admin("user_create", username=name, password=password, servers=servers)
        ann = self.visit(logIn=False, path="#/server/one/backups")
        ann.logIn("ann", password)
        expect(ann.page.get_by_text("You do not have the right to see this")).to_be_visible()
        bob = self.visit(logIn=False, path="#/server/one/backups")
        bob.logIn("bob", password)
        main = bob.page.get_by_role("main")
        expect(main.get_by_role("button", name="Back up now …")).to_be_enabled()
        expect(main.get_by_role("link", name="change")).to_have_count(0)


class RestoreTests(BackupsTests):
    def test_all(self) -> None:
        """All of one is restored at rest, after a question and a backup; new files may stay."""
        self.backup()
        self.admin("server_start", server="one")
        self.admin.until("one", "running")
        page = self.open()
        dialog = self.choose(page, "Restore …")
        restore = dialog.get_by_role("button", name="Restore")
        expect(dialog).to_contain_text("The server must be stopped first.")
        expect(restore).to_be_disabled()
        self.admin("server_stop", server="one")
        expect(restore).to_be_enabled()
        self.put("notes", b"changed")
        self.put("new", b"new")
        dialog.get_by_label("Keep files that came since").check()
        dialog.get_by_label("Back up first").check()
        restore.click()
        expect(dialog).to_have_count(0)
        self.admin.wait(lambda: self.content("notes") == b"old", "what was restored", 4 * patience)
        self.assertEqual(self.content("new"), b"new")
        newest, _ = self.backups()
        self.assertEqual(newest["note"], "Before a restore")

    def test_spared(self) -> None:
        """The backup to be restored is there although a newer one takes its place by rule."""
        rules = {"backupKeepLast": 1, "backupKeepDaily": 0, "backupKeepWeekly": 0}
        self.admin("server_settings", server="one", settings=rules)
        self.backup(note="the first")
        self.put("notes", b"changed")
        page = self.open()
        dialog = self.choose(page, "Restore …")
        dialog.get_by_label("Back up first").check()
        dialog.get_by_role("button", name="Restore").click()
        expect(dialog).to_have_count(0)
        self.admin.wait(lambda: self.content("notes") == b"old", "what was restored", 4 * patience)
        found = [(each["note"], each["locked"]) for each in self.backups()]
        self.assertEqual(found, [("Before a restore", False), ("the first", False)])

    def test_left(self) -> None:
        """Who leaves the question while the backup is made leaves the other as it was."""
        self.backup(note="the first")
        page = self.open()
        job: dict[str, Any] = {"job": 7, "server": "one", "kind": "backup", "status": "running"}
        job |= {"step": "", "done": 0, "total": None, "unit": "bytes", "by": "admin"}
        job |= {"createdAt": 1, "startedAt": 1, "endedAt": None, "error": None}
        page.route("**/backup_create", lambda route: route.fulfill(json={"job": 7}))
        page.route("**/job_status", lambda route: route.fulfill(json=job))
        dialog = self.choose(page, "Restore …")
        dialog.get_by_label("Back up first").check()
        dialog.get_by_role("button", name="Restore").click()
        expect(dialog.get_by_role("progressbar")).to_be_visible()
        self.assertTrue(self.backups()[0]["locked"])
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        self.admin.wait(lambda: not self.backups()[0]["locked"], "unlocking", 4 * patience)

    def test_refused(self) -> None:
        """Where it can't be told what is in one, that is said, and not asked for again."""
        self.backup()
        page = self.open()
        page.clock.install()
        asked: list[str] = []

        def refuse(route: Any) -> None:
            asked.append(route.request.url)
            problem = {"status": 404, "code": "no_such_file", "detail": "It is gone."}
            route.fulfill(status=404, json=problem)

        page.route("**/backup_files", refuse)
        page.locator(".backups tbody").get_by_role("link").click()
        expect(self.error(page)).to_be_visible()
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        # What is refused elsewhere is asked for again in this time.
        page.clock.run_for(10_000)
        # What the page asked for comes before this.
        page.evaluate("fetch('/config')")
        self.assertEqual(len(asked), 1)

    def test_inside(self) -> None:
        """What is in one is looked through as files are; of it what is chosen is restored."""
        self.backup()
        page = self.open()
        page.locator(".backups tbody").get_by_role("link").click()
        links = page.locator(".files tbody th")
        expect(links).to_have_text(["world/", "notes"])
        page.get_by_role("link", name="world/").click()
        expect(links).to_have_text(["map"])
        page.get_by_role("navigation", name="Folder").get_by_role("link").click()
        for path in ("world/map", "notes"):
            self.put(path, b"changed")
        page.get_by_role("checkbox", name="Select world").check()
        chosen = page.get_by_role("region", name="Chosen files")
        chosen.get_by_role("button", name="Restore …").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("1 entry is as in the backup afterwards")
        dialog.get_by_role("button", name="Restore").click()
        expect(dialog).to_have_count(0)
        self.admin.wait(lambda: self.content("world/map") == b"old", "a restore", 4 * patience)
        self.assertEqual(self.content("notes"), b"changed")


class FirstTests(BackupsTests):
    """A backup before something else."""

    def test_failed(self) -> None:
        """Where it can't be made, or not whole, nothing else is done, and why is said."""
        Path(self.daemon.state, "types", "installed.toml").write_text(installed)
        self.admin("server_create", type="installed", server="two")
        self.admin.until("two", "stopped")
        page = self.open("#/server/two/console")
        sent: list[str] = []
        page.on("request", lambda request: sent.append(request.url))
        ended: dict[str, Any] = {"job": 7, "server": "two", "kind": "backup", "status": "failed"}
        ended |= {"step": "", "done": 0, "total": None, "unit": "bytes", "by": "admin"}
        ended |= {"createdAt": 1, "startedAt": 1, "endedAt": 2, "error": "the disk is full"}
        listed: dict[str, Any] = {"backups": []}
        page.route("**/backup_create", lambda route: route.fulfill(json={"job": 7}))
        page.route("**/job_status", lambda route: route.fulfill(json=ended))
        page.route("**/backup_list", lambda route: route.fulfill(json=listed))
        page.get_by_role("button", name="More for two").click()
        page.get_by_role("menuitem", name="Update …").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Back up first").check()
        update = dialog.get_by_role("button", name="Update")
        update.click()
        said = "The backup was not made, so nothing else was done. the disk is full"
        expect(dialog).to_contain_text(said)
        ended |= {"status": "done", "error": None, "result": {"backup": 5, "deleted": []}}
        update.click()
        said = "The backup is not whole, so nothing else was done."
        expect(dialog).to_contain_text(f"{said} There is no such backup")
        listed["backups"] = [{"backup": 5, "complete": False, "changed": ["world/a", "b"]}]
        update.click()
        expect(dialog).to_contain_text(f"{said} Could not be read")
        expect(dialog).to_contain_text("while they were: world/a, b")
        self.assertFalse([url for url in sent if url.endswith("server_update")])

    def test_destroyed(self) -> None:
        """One of a server that is destroyed lies under Host, and a new server is made of it."""
        page = self.open("#/server/one/settings")
        page.get_by_role("button", name="Destroy …").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Type the id").fill("one")
        dialog.get_by_label("Back up first").check()
        dialog.get_by_role("button", name="Destroy it").click()
        expect(page.get_by_role("link", name="one", exact=True)).to_have_count(0)
        expect(dialog).to_have_count(0)
        # A new server of that id has nothing of it.
        self.admin("server_create", type="shell", server="one")
        self.assertEqual(self.backups(), [])
        self.end("backup_create", server="one", note="another")
        page.goto(f"{self.daemon.base}#/host")
        lost = page.get_by_role("region", name="Backups of destroyed servers")
        rows = lost.locator("tbody tr")
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("Before it was destroyed")
        lost.get_by_role("button", name=re.compile("More for one")).click()
        page.get_by_role("menuitem", name="New server from it …").click()
        dialog.get_by_label("Id").fill("two")
        dialog.get_by_role("button", name="Create").click()
        expect(page.get_by_role("heading", name="two")).to_be_visible()
        self.admin.until("two", "stopped")
        found = self.admin("file_read", server="two", path="notes")
        self.assertEqual(found["data"], "old")
        page.goto(f"{self.daemon.base}#/host")
        lost.get_by_role("button", name="Take in …").click()
        dialog.get_by_role("button", name="Take in").click()
        expect(lost).to_contain_text("0 backups were taken in.")
        lost.get_by_role("button", name=re.compile("More for one")).click()
        page.get_by_role("menuitem", name="Delete …").click()
        dialog.get_by_role("button", name="Delete for good").click()
        expect(lost).to_contain_text("There are none.")
