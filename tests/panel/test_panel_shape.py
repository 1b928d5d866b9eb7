"""What stands where on the page, what stays there, and in which sizes and colours."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect

from tests.building import build, copySources
from tests.panelcase import PageTests, password

tab: Final = """
import { html } from "../lib/base.js";
import { register } from "../views/tabs.js";

const View = ({ id }) => html`<p>This is about ${id}.</p>`;
register({ name: "versions", order: 15, icon: "info", rights: ["settings"], view: View });
"""
"""A tab that nobody has yet; its name has a word already."""

phone: Final[dict[str, Any]] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
}

sizes: Final = """
    () => {
        const root = document.getElementById("app");
        const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
        const found = new Set();
        while (texts.nextNode()) {
            const { parentElement: own, data } = texts.currentNode;
            const { width, height } = own.getBoundingClientRect();
            if (data.trim() && width > 1 && height > 1) found.add(getComputedStyle(own).fontSize);
        }
        return [...found];
    }
"""
"""The sizes of all text that is shown."""

overflowing: Final = """
    () => {
        const inside = (own) => {
            const { left, right } = own.getBoundingClientRect();
            // What is only read aloud is one pixel wide.
            return [...own.childNodes].filter((node) => node.nodeType <= 3).every((node) => {
                const range = document.createRange();
                range.selectNode(node);
                const box = (node.tagName ? node : range).getBoundingClientRect();
                return box.width <= 1 || (box.left >= left && box.right <= right);
            });
        };
        const all = [...document.querySelectorAll(".btn")].filter((own) => own.checkVisibility());
        return all.filter((own) => !inside(own)).map((own) => own.textContent.trim());
    }
"""
"""Buttons of which something runs over the edge."""


offGrid: Final = """
    () => {
        // On a phone a console leaves room for the bar below and the line above that.
        const blocks = "main:not(.is-console), header, nav, section, aside, figure, form," +
            "fieldset, ul, ol, dl, li, .page-head, .filters, .sh-top, .sh-facts, .tab-head," +
            ".card-top, .card-foot, .dialog-in";
        const sides = ["Top", "Right", "Bottom", "Left"].map((side) => `padding${side}`);
        return [...document.querySelectorAll(blocks)].filter((own) => own.checkVisibility())
            .flatMap((own) => {
                const style = getComputedStyle(own);
                return [...sides, "rowGap", "columnGap"]
                    .filter((name) => (parseFloat(style[name]) || 0) % 4)
                    .map((name) => `${own.tagName}.${own.className}: ${name} ${style[name]}`);
            });
    }
"""
"""Paddings and gaps of what a view is laid out in that are no multiple of 4 px."""

heights: Final = """
    (selector) => [...new Set([...document.querySelectorAll(selector)]
        .filter((own) => own.checkVisibility())
        .map((own) => own.getBoundingClientRect().height))]
"""
"""How high those are that are shown, as they are drawn."""


tooLong: Final = """
    async (language) => {
        const texts = (await import(`/panel/texts/${language}/server.js`)).default;
        const words = Object.keys(texts).filter((name) => name.startsWith("state."));
        const pill = document.querySelector(".pill");
        const copy = pill.cloneNode(true);
        pill.after(copy);
        const span = copy.querySelector("span");
        const found = words.map((name) => texts[name]).filter((word) => {
            span.textContent = word.charAt(0).toUpperCase() + word.slice(1);
            return span.getBoundingClientRect().right > copy.getBoundingClientRect().right;
        });
        copy.remove();
        return found;
    }
"""
"""Words of states for which a pill has no room."""


class GridTests(PageTests):
    def look(self, page: Any, path: str, ready: Any, wanted: Mapping[str, float]) -> None:
        """In a view blocks lie on the grid, and these are as high as they are to be."""
        page.goto(f"{self.daemon.base}#/{path}")
        expect(ready.first).to_be_visible()
        self.assertEqual(page.evaluate(offGrid), [], path)
        for selector, height in wanted.items():
            self.assertEqual(page.evaluate(heights, selector), [height], f"{path}: {selector}")

    def test_heights(self) -> None:
        """Rows are 48 px high, others 44, heads and groups 36, controls 32; all lies on a grid."""
        self.server("one")
        self.admin("server_create", type="two-ports", server="two")
        page: Any = self.visit().page
        expect(page.locator("tr.row")).to_have_count(2)
        bars = {".top": 48, ".search": 32}
        link = page.get_by_role("link", name="one", exact=True)
        rows = {"tr.row": 48, "thead tr": 36, ".verb": 28, ".pill": 24, ".seg": 32, **bars}
        self.look(page, "", link, rows)
        self.look(page, "?group=type", page.locator("tr.group"), {"tr.group": 36, "tr.row": 48})
        self.look(page, "?view=cards", page.locator("li.card"), {".verb": 28, **bars})
        log = page.get_by_role("log", name="Console")
        head = {".power": 32, ".tabs a": 40, ".pill": 24, ".cmd input": 32}
        self.look(page, "server/one/console", log, head)
        self.look(page, "server/one/activity", page.get_by_role("heading", name="Events"), bars)
        save = page.get_by_role("button", name="Save")
        self.look(page, "server/one/settings", save, {".savebar": 50, ".savebar .btn": 32})
        self.look(page, "new", page.get_by_role("link", name="OpenTTD"), bars)
        self.look(page, "new/openttd", page.get_by_role("button", name="Create"), {})
        self.look(page, "host", page.get_by_role("heading", name="Versions"), {".plain tr": 36})
        self.look(
            page,
            "audit",
            page.get_by_role("row", name="created a server"),
            {".plain thead tr": 36, ".plain tbody tr:not(.day)": 44, **bars},
        )
        self.look(
            page,
            "people",
            page.get_by_role("button", name="admin"),
            {".plain thead tr": 36, ".plain tbody tr": 44, **bars},
        )
        password = page.get_by_role("button", name="Change password")
        self.look(page, "account", password, {"main .in": 32})

    def test_phone(self) -> None:
        """On a phone what a finger hits is 44 px high at least."""
        self.server("one")
        page: Any = self.visit(**phone).page
        link = page.get_by_role("link", name="one", exact=True)
        self.look(page, "", link, {".top": 48, ".search": 44, "tr.row": 64})
        for target in page.locator("tr.row .c-menu .btn, .bottom a").all():
            box = target.bounding_box()
            self.assertGreaterEqual(min(box["width"], box["height"]), 44)
        page.get_by_role("button", name="More for one").tap()
        expect(page.locator(".menu button").first).to_be_visible()
        self.assertEqual(page.evaluate(heights, ".menu button"), [48])
        page.keyboard.press("Escape")
        self.look(page, "server/one/console", page.get_by_role("log"), {".cmd input": 44})
        self.look(page, "server/one/settings", page.get_by_role("button", name="Save"), {})


class TabTests(PageTests):
    def test_oneFile(self) -> None:
        """
        A tab of a server is one file and one line: it stands in the head, on a phone, among the
        pages one can jump to, and behind a number, for whoever has the right to it.
        """
        place = copySources(Path(self.mktemp()))
        tabs = place / "tabs"
        (tabs / "versions.js").write_text(tab)
        with (tabs / "all.js").open("a") as table:
            table.write('import "./versions.js";\n')
        scripts = build(place)

        def serve(route: Any) -> None:
            name = route.request.url.rpartition("/")[2]
            if name in scripts:
                kind = "text/css" if name.endswith(".css") else "text/javascript"
                route.fulfill(body=scripts[name], content_type=kind)
            else:
                route.continue_()

        self.admin("server_create", type="shell", server="one")
        rights = {"one": ["power"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        for name, word, options in (
            ("admin", self.daemon.password, {}),
            ("admin", self.daemon.password, phone),
            ("ann", password, {}),
        ):
            visitor = self.visit(logIn=False, path="#/server/one/console", **options)
            page: Any = visitor.page
            page.route(re.compile("/panel/[0-9a-f]{24}/"), serve)
            page.reload()
            visitor.logIn(name, word)
            links = page.get_by_role("navigation", name="one").get_by_role("link")
            expect(links.filter(visible=True).first).to_be_visible()
            names = ["Console", "Versions and abilities", "Activity", "Players"]
            if not options:
                names += ["Files", "Backups", "Schedules", "Settings"]
            if name == "ann":
                names = ["Console", "Activity", "Players", "Schedules"]
            expect(links.filter(visible=True)).to_have_text(names)
            if name == "ann" or options:
                continue
            page.get_by_role("log").focus()
            page.keyboard.press("2")
            expect(page.get_by_text("This is about one.")).to_be_visible()
            page.keyboard.press("Control+k")
            page.keyboard.type("versions")
            expect(page.get_by_role("option", name="Versions and abilities")).to_be_visible()


class HeadTests(PageTests):
    def test_sticks(self) -> None:
        """The head of a server stays while one scrolls; its pill is as wide in each state."""
        self.admin("server_create", type="two-ports", server="one")
        page: Any = self.visit(path="#/server/one/settings").page
        expect(page.get_by_role("button", name="Save")).to_be_visible()
        head = page.locator(".server-head")
        before = head.bounding_box()
        widths = {self.pill(page).bounding_box()["width"]}
        self.assertGreater(page.evaluate("scrollTo(0, 400), scrollY"), 300)
        self.assertLessEqual(head.bounding_box()["y"], before["y"])
        self.assertGreaterEqual(head.bounding_box()["y"], 0)
        page.get_by_role("button", name="Start", exact=True).click()
        expect(self.pill(page)).to_have_text("Running")
        widths.add(self.pill(page).bounding_box()["width"])
        self.assertEqual(widths, {104})
        expect(head.get_by_role("button", name=re.compile("^Copy"))).to_be_visible()

    def test_phone(self) -> None:
        """A phone has a bar at the bottom: of the panel, and on a server's page of its tabs."""
        self.admin("server_create", type="shell", server="one")
        page: Any = self.visit(**phone).page
        bar = page.get_by_role("navigation", name="Panel, short")
        expect(bar.get_by_role("link")).to_have_text(
            ["Servers", "New", "Host", "People", "Account"]
        )
        box = bar.bounding_box()
        self.assertAlmostEqual(box["y"] + box["height"], 740, delta=1)
        expect(page.get_by_role("navigation", name="Panel", exact=True)).to_be_hidden()
        # Of five places none is left for it.
        bar.get_by_role("link", name="People").tap()
        page.get_by_role("main").get_by_role("link", name="Audit").tap()
        expect(page.get_by_role("heading", name="What people did")).to_be_visible()
        bar.get_by_role("link", name="Servers").tap()
        page.get_by_role("link", name="one", exact=True).tap()
        tabs = page.get_by_role("navigation", name="one, short")
        expect(tabs.get_by_role("link")).to_have_text(["Console", "Activity", "Players", "Files"])
        expect(bar).to_have_count(0)
        tabs.get_by_role("button", name="More").tap()
        expect(tabs.get_by_role("menuitem")).to_have_text(["Backups", "Schedules", "Settings"])
        tabs.get_by_role("menuitem", name="Settings").tap()
        expect(page.get_by_role("button", name="Save")).to_be_visible()
        box = tabs.bounding_box()
        self.assertAlmostEqual(box["y"] + box["height"], 740, delta=1)

    def test_facts(self) -> None:
        """Facts beside a console fold away, and stay so on this device."""
        self.server("one")
        page: Any = self.visit(path="#/server/one/console").page
        facts = page.get_by_role("complementary")
        expect(facts).to_be_visible()
        narrow = page.locator(".console").bounding_box()["width"]
        page.get_by_role("button", name="Hide facts").click()
        expect(facts).to_have_count(0)
        self.assertGreater(page.locator(".console").bounding_box()["width"], narrow + 200)
        page.evaluate("location.hash = '#/'")
        page.get_by_role("link", name="one", exact=True).click()
        expect(page.get_by_role("button", name="Show facts")).to_be_visible()
        expect(facts).to_have_count(0)


class ButtonTests(PageTests):
    def look(self, locale: str, more: str, kill: str, **options: Any) -> None:
        """No text runs over the edge of its button, in the list, in a question, and in a head."""
        visitor = self.visit(logIn=False, locale=locale, **options)
        page: Any = visitor.page
        page.locator("#login-name").fill("admin")
        page.locator("#login-password").fill(self.daemon.password)
        page.locator("form [type=submit]").click()
        expect(page.locator("tr.row")).to_have_count(2)
        self.assertEqual(page.evaluate(overflowing), [], locale)
        page.get_by_role("button", name=more).click()
        page.get_by_role("menuitem", name=kill).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        self.assertEqual(page.evaluate(overflowing), [], locale)
        page.keyboard.press("Escape")
        page.goto(f"{self.daemon.base}#/server/one/console")
        expect(page.get_by_role("log")).to_be_visible()
        self.assertEqual(page.evaluate(overflowing), [], locale)

    def test_words(self) -> None:
        """Buttons are as wide as their words need, in both languages, on phones, too."""
        self.server("one")
        self.admin("server_create", type="shell", server="two")
        for options in ({}, phone):
            self.look("en-GB", "More for one", "Kill", **options)
            self.look("de-DE", "Mehr f\u00fcr one", "Abschießen", **options)


class PillTests(PageTests):
    def test_words(self) -> None:
        """The word of each state has room beside its shape, in both languages."""
        self.admin("server_create", type="shell", server="one")
        for language in ("en", "de"):
            page: Any = self.visit(logIn=False, hasModules=True, locale=language).page
            page.locator("#login-name").fill("admin")
            page.locator("#login-password").fill(self.daemon.password)
            page.locator("form [type=submit]").click()
            expect(page.locator(".row .pill")).to_be_visible()
            for path, pill in (
                ("", ".row .pill"),
                ("?view=cards", ".card .pill"),
                ("server/one/console", ".server-head .pill"),
            ):
                page.goto(f"{self.daemon.base}#/{path}")
                expect(page.locator(pill)).to_be_visible()
                self.assertEqual(page.evaluate(tooLong, language), [], (language, path))


class AddressTests(PageTests):
    def test_kept(self) -> None:
        """What is sorted and grouped stands in the address, and is there again after Back."""
        for id in ("one", "two"):
            self.server(id)
        page: Any = self.visit().page
        page.get_by_label("Group").select_option("By type")
        page.get_by_role("columnheader", name="Memory").get_by_role("button").click()
        expect(page).to_have_url(re.compile("group=type&sort=memory"))
        page.get_by_role("link", name="two", exact=True).click()
        expect(page.get_by_role("log")).to_be_visible()
        page.go_back()
        expect(page.get_by_label("Group")).to_have_value("type")
        head = page.get_by_role("columnheader", name="Memory")
        expect(head).to_have_attribute("aria-sort", re.compile("ascending|descending"))
        expect(page.get_by_role("button", name=re.compile("^A shell script 2"))).to_be_visible()


class FormTests(PageTests):
    def test_new(self) -> None:
        """A new server's form is in sections and two columns; its id is proposed from its name."""
        page: Any = self.visit(path="#/new/shell").page
        description = page.get_by_label("Description")
        description.fill("Alpenh\u00fctte, Stra\u00dfe 7!")
        proposed = page.get_by_label("Id", exact=True)
        expect(proposed).to_have_value("alpenhutte-strasse-7")
        expect(page.get_by_role("group", name="About it")).to_be_visible()
        expect(page.get_by_role("group", name="Game")).to_be_visible()
        boxes = [each.bounding_box() for each in (description, proposed)]
        self.assertEqual(boxes[0]["y"], boxes[1]["y"])
        self.assertLess(boxes[0]["x"] + boxes[0]["width"], boxes[1]["x"])
        page.set_viewport_size({"width": 360, "height": 740})
        boxes = [each.bounding_box() for each in (description, proposed)]
        self.assertEqual(boxes[0]["x"], boxes[1]["x"])
        self.assertLess(boxes[0]["y"], boxes[1]["y"])
        proposed.fill("mine")
        description.fill("Another name")
        expect(proposed).to_have_value("mine")

    def test_save(self) -> None:
        """Save is always in view; Ctrl-S does it; then a restart is offered."""
        self.server("one")
        page: Any = self.visit(path="#/server/one/settings").page
        bar = page.get_by_role("region", name="Changes")
        box = bar.bounding_box()
        self.assertLessEqual(box["y"] + box["height"], 800)
        page.get_by_label("level", exact=True).fill("7")
        page.get_by_label("Tags").fill("coop")
        expect(bar).to_contain_text("2 changes")
        page.keyboard.press("Control+s")
        expect(bar).to_contain_text("1 of 2 changes hold from the next start.")
        started = self.admin("server_status", server="one")["startedAt"]
        bar.get_by_role("button", name="Restart now").click()
        self.admin.wait(
            lambda: (self.admin("server_status", server="one")["startedAt"] or 0) > started,
            "another run",
        )
        expect(bar).to_contain_text("Nothing has changed")


class TokenTests(PageTests):
    def test_sizes(self) -> None:
        """All text has one of five sizes, keys one of their own; numbers are as wide as others."""
        self.server("one")
        page: Any = self.visit().page
        expect(page.locator("tr.row")).to_have_count(1)
        expect(page.locator("td.c-mem")).to_have_css("font-variant-numeric", "tabular-nums")
        for path, ready in (
            ("", "link:one"),
            ("server/one/console", "log:Console"),
            ("server/one/activity", "heading:Events"),
            ("server/one/settings", "button:Save"),
            ("new", "link:OpenTTD"),
            ("host", "heading:Versions"),
            ("people", "button:admin"),
            ("audit", "row:created a server"),
            ("account", "button:Change password"),
        ):
            page.goto(f"{self.daemon.base}#/{path}")
            role, _, name = ready.partition(":")
            expect(page.get_by_role(role, name=name).first).to_be_visible()
            known = {"12px", "13px", "14px", "16px", "20px", "28px"}
            self.assertEqual(set(page.evaluate(sizes)) - known, set(), path)

    def test_accent(self) -> None:
        """What can be used is not coloured as what runs, in both themes."""
        for theme in ("light", "dark"):
            page: Any = self.visit(color_scheme=theme).page
            colours = page.evaluate(
                """() => ["--accent", "--accent-fill", "--green", "--amber", "--red"].map((name) =>
                    getComputedStyle(document.documentElement).getPropertyValue(name).trim())"""
            )
            self.assertEqual(len(set(colours)), 5, theme)
            self.assertEqual(
                [each for each in colours if not re.fullmatch("#[0-9a-f]{6}", each)], []
            )
            # Blue is the largest part of the accent.
            for accent in colours[:2]:
                red, green, blue = (int(accent[at : at + 2], 16) for at in (1, 3, 5))
                self.assertGreater(blue, max(red, green))

    def test_dates(self) -> None:
        """Dates are written as the browser writes them."""
        self.admin("server_create", type="shell", server="one")
        for locale in ("en-GB", "en-US"):
            page: Any = self.visit(path="#/server/one/activity", locale=locale).page
            time = page.get_by_role("region", name="Activity").locator("time").first
            wanted = time.evaluate(
                "(own, locale) => new Date(own.dateTime).toLocaleString(locale)", locale
            )
            expect(time).to_have_attribute("title", wanted)
