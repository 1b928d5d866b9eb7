"""Editing files of a server on the page."""

from typing import Any

from playwright.sync_api import expect

from tests.panel.test_panel_files import FilesTests, MiB


class EditorTests(FilesTests):
    def open(self, name: str) -> Any:
        """A file in the editor, with the cursor at its end."""
        page: Any = self.files(f"/{name}?open=1")
        page.get_by_role("textbox", name=name).click()
        page.keyboard.press("Control+End")
        return page

    def typed(self, page: Any) -> Any:
        """What says that something is not saved."""
        return page.get_by_text("changed, not saved")

    def save(self, page: Any) -> None:
        """Save, and wait until it is done."""
        page.keyboard.press("Control+s")
        expect(self.typed(page)).to_have_count(0)

    def test_kept(self) -> None:
        """Encoding, mark, line ends and the end of the last line stay as they were."""
        for name, before, after in (
            ("unix.txt", b"a\n", b"a\n!"),
            ("dos.txt", b"a\r\nb", b"a\r\nb!"),
            ("both.txt", b"a\r\nb\n", b"a\r\nb\n!"),
            ("mark.txt", b"\xef\xbb\xbfa\r\n", b"\xef\xbb\xbfa\r\n!"),
            ("utf-16.txt", b"\xff\xfea\0\n\0", b"\xff\xfea\0\n\0!\0"),
            ("latin.txt", b"K\xf6ln\x80\r\n", b"K\xf6ln\x80\r\n!"),
        ):
            self.put(name, before)
            page = self.open(name)
            page.keyboard.type("!")
            expect(self.typed(page)).to_be_visible()
            self.save(page)
            self.assertEqual(self.content(name), after, name)

    def test_unencodable(self) -> None:
        """What an encoding lacks is said; the file becomes UTF-8 only if somebody wants that."""
        self.put("latin.txt", b"K\xf6ln\n")
        page = self.open("latin.txt")
        page.keyboard.type("→")
        page.keyboard.press("Control+s")
        expect(page.get_by_role("alert")).to_contain_text("Not in Windows-1252: →")
        self.assertEqual(self.content("latin.txt"), b"K\xf6ln\n")
        page.get_by_role("button", name="Save as UTF-8").click()
        expect(self.typed(page)).to_have_count(0)
        self.assertEqual(self.content("latin.txt"), "Köln\n→".encode())

    def test_bytes(self) -> None:
        """What would not be the same again is only read, and what is no text is not shown."""
        self.put("odd.txt", b"\xff\xfea\0\x00\xd8")
        self.put("program", b"\x7fELF\0\0")
        page: Any = self.files("/odd.txt?open=1")
        expect(page.get_by_text("This file is only read")).to_be_visible()
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        page.evaluate("location.hash = '#/server/one/files/program?open=1'")
        expect(page.get_by_text("This is no text. It can be downloaded.")).to_be_visible()

    def test_large(self) -> None:
        """A file of 1 MiB is edited; a larger one is read, part by part."""
        self.put("edited.txt", b"x" * 99 + b"\n" + (b"y" * 99 + b"\n") * (MiB // 100 - 1))
        page = self.open("edited.txt")
        page.keyboard.type("!")
        self.save(page)
        self.assertTrue(self.content("edited.txt").endswith(b"y\n!"))
        data = b"a" * MiB + b"b" * 10
        self.admin("file_write", server="one", path="read.txt", data=data.decode())
        page.evaluate("location.hash = '#/server/one/files/read.txt?open=1'")
        expect(page.get_by_text("only to read: over 1 MiB")).to_be_visible()
        page.get_by_role("button", name="Next part").click()
        expect(page.get_by_role("textbox", name="read.txt")).to_have_text("b" * 10)

    def test_changed(self) -> None:
        """A file that changes is loaded again, unless something was typed: then both are shown."""
        self.put("a.txt", b"one\n")
        page = self.open("a.txt")
        text = page.get_by_role("textbox", name="a.txt")
        self.put("a.txt", b"two\n")
        expect(text).to_have_text("two")
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+End")
        page.keyboard.type("mine")
        self.put("a.txt", b"three\n")
        page.keyboard.press("Control+s")
        changed = page.get_by_role("region", name="Changed meanwhile")
        expect(changed).to_contain_text("has changed on the disk")
        self.assertEqual(self.content("a.txt"), b"three\n")
        changed.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("textbox", name="On the disk now")).to_have_text("three")
        expect(text).to_contain_text("mine")
        changed.get_by_role("button", name="Save mine").click()
        page.get_by_role("dialog").get_by_role("button", name="Save mine").click()
        expect(changed).to_have_count(0)
        self.assertEqual(self.content("a.txt"), b"two\nmine")
        text.click()
        page.keyboard.type("more")
        self.put("a.txt", b"four\n")
        changed.get_by_role("button", name="Load theirs").click()
        page.get_by_role("dialog").get_by_role("button", name="Load theirs").click()
        expect(text).to_have_text("four")
        self.assertEqual(self.content("a.txt"), b"four\n")

    def test_inexact(self) -> None:
        """What becomes a file that can't be the same again is only read from then on, and back."""
        odd = b"\xff\xfea\0\x00\xd8"
        self.put("a.txt", b"one")
        page = self.open("a.txt")
        text = page.get_by_role("textbox", name="a.txt")
        self.put("a.txt", odd)
        expect(page.get_by_text("This file is only read")).to_be_visible()
        expect(text).to_have_attribute("aria-readonly", "true")
        text.click()
        page.keyboard.type("x")
        page.keyboard.press("Control+s")
        self.put("a.txt", b"two")
        expect(text).to_have_text("two")
        text.click()
        page.keyboard.press("Control+End")
        page.keyboard.type("!")
        self.put("a.txt", odd)
        page.keyboard.press("Control+s")
        changed = page.get_by_role("region", name="Changed meanwhile")
        expect(changed).to_be_visible()
        expect(text).to_have_text("two!")
        self.assertEqual(self.content("a.txt"), odd)

    def test_cameBack(self) -> None:
        """What is typed after one has left a file that is being saved, and come back, stays."""
        self.put("a.txt", b"one\n")
        page = self.open("a.txt")
        held: list[Any] = []
        page.route("**/file_write", lambda route: held.append(route))
        page.keyboard.type("mine")
        with page.expect_request("**/file_write"):
            page.keyboard.press("Control+s")
        page.get_by_role("link", name="Close").click()
        page.get_by_role("link", name="a.txt").click()
        text = page.get_by_role("textbox", name="a.txt")
        expect(text).to_contain_text("mine")
        text.click()
        page.keyboard.press("Control+End")
        page.keyboard.type(" more")
        with page.expect_response("**/file_write"):
            held[0].continue_()
        changed = page.get_by_role("region", name="Changed meanwhile")
        expect(changed).to_contain_text("has changed on the disk")
        expect(text).to_contain_text("mine more")

    def test_gone(self) -> None:
        """What was deleted does not come back by itself, and what was typed is not lost."""
        self.put("a.txt", b"one\n")
        page = self.open("a.txt")
        page.keyboard.type("mine")
        self.put("a.txt", b"two\n")
        page.keyboard.press("Control+s")
        changed = page.get_by_role("region", name="Changed meanwhile")
        changed.get_by_role("button", name="Compare").click()
        expect(page.get_by_role("heading", name="Mine")).to_be_visible()
        self.admin("file_delete", server="one", paths=["a.txt"])
        expect(changed).to_contain_text("The file is gone from the disk.")
        expect(page.get_by_role("heading", name="Mine")).to_have_count(0)
        page.keyboard.press("Control+s")
        expect(page.get_by_role("textbox", name="a.txt")).to_contain_text("mine")
        self.assertEqual(self.names(), [])
        changed.get_by_role("button", name="Save as a new file").click()
        page.get_by_role("dialog").get_by_role("button", name="Save as a new file").click()
        expect(changed).to_have_count(0)
        self.assertEqual(self.content("a.txt"), b"one\nmine")

    def test_draft(self) -> None:
        """What was typed and not saved is there again for who comes back, until it is discarded."""
        self.put("a.txt", b"one\n")
        page = self.open("a.txt")
        page.keyboard.type("mine")
        page.get_by_role("link", name="Players").click()
        page.get_by_role("link", name="Files", exact=True).click()
        page.get_by_role("link", name="a.txt").click()
        text = page.get_by_role("textbox", name="a.txt")
        expect(text).to_contain_text("mine")
        page.get_by_role("button", name="Discard").click()
        page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        expect(text).to_have_text("one")
        expect(self.typed(page)).to_have_count(0)

    def test_keys(self) -> None:
        """Letters that are typed here are letters, not keys of the page."""
        self.put("a.txt", b"")
        page = self.open("a.txt")
        page.keyboard.type("2?/s")
        expect(page.get_by_role("textbox", name="a.txt")).to_have_text("2?/s")
        expect(page.get_by_role("dialog")).to_have_count(0)
