"""The page, in a real Chromium, against a real daemon with real servers."""

import json
import re
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from twisted.trial.unittest import SynchronousTestCase

from tests.browser import Visitor, chromium
from tests.support import Client, Daemon, patience

password = "a meadow full of sheep"


class PageTests(SynchronousTestCase):
    options: tuple[str, ...] = ("--allow-generic",)

    def setUp(self) -> None:
        chromium()
        self.daemon = Daemon(self.options)
        self.admin = self.daemon.start()
        self.addCleanup(self.daemon.cleanUp)
        self.visitors: list[Visitor] = []

    def tearDown(self) -> None:
        for visitor in self.visitors:
            visitor.context.close()
            self.assertEqual(visitor.trouble, [])

    def visit(self, logIn: bool = True, path: str = "", **options: Any) -> Visitor:
        """Somebody opens the page, and logs in as admin."""
        visitor = Visitor(self.daemon.base, path, **options)
        self.visitors.append(visitor)
        if logIn:
            visitor.logIn("admin", self.daemon.password)
        return visitor

    def server(self, id: str, script: str = "exec cat", **more: Any) -> None:
        """A server that runs a script."""
        options = {"script": script}
        self.admin("server_create", type="shell", server=id, options=options, **more)
        self.admin("server_start", server=id)
        self.admin.until(id, "running")


class LoginTests(PageTests):
    def test_vectors(self) -> None:
        """The page's own SHA-256 finds the proofs of the contract's vectors."""
        visitor = self.visit(logIn=False)
        for token, username, amount, difficulty, smallest in (
            ("ab" * 43, "admin", 8, 12, [1725, 5106, 4760, 483, 5494, 6662, 1146, 2084]),
            ("ab" * 43, "admin", 2, 16, [2314, 47154]),
            ("00" * 43, "jürgen", 4, 13, [5191, 23243, 6487, 1574]),
            ("00" * 43, "名前", 4, 13, [4066, 35692, 921, 13809]),
        ):
            found = visitor.page.evaluate(
                """async ([token, username, amount, difficulty]) => {
                    const { proof, seedOf } = await import("/panel/lib/sha256.js");
                    const seed = seedOf(token, username);
                    return Array.from({ length: amount }, (_, i) => proof(seed, i, difficulty));
                }""",
                [token, username, amount, difficulty],
            )
            self.assertEqual(found, smallest)
        digest = visitor.page.evaluate(
            """async () => {
                const { hex, sha256 } = await import("/panel/lib/sha256.js");
                const text = (s) => hex(sha256(new TextEncoder().encode(s)));
                return [text(""), text("abc"), text("a".repeat(1000))];
            }"""
        )
        self.assertEqual(
            digest,
            [
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3",
            ],
        )

    def test_login(self) -> None:
        """A wrong password is told, a right one lets in; a reload asks again, unless one stays."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        visitor.logIn("admin", "wrong")
        expect(page.get_by_role("alert")).to_have_text("User name or password is wrong.")
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        self.assertEqual(page.evaluate("sessionStorage.length + localStorage.length"), 0)
        page.reload()
        page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("User name")).to_be_visible()
        self.assertEqual(page.evaluate("sessionStorage.length"), 0)

    def test_throttle(self) -> None:
        """Who has failed too often is told how long to wait, and may then."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        page.route(
            re.compile("/login$"),
            lambda route: route.fulfill(
                status=429,
                headers={"Retry-After": "3", "Content-Type": "application/problem+json"},
                body=json.dumps({"code": "too_many_requests", "detail": "x", "status": 429}),
            ),
        )
        visitor.logIn("admin", "wrong")
        expect(page.get_by_role("alert")).to_have_text(re.compile("Wait [23] s"))
        expect(page.get_by_role("button", name="Log in")).to_be_disabled()
        page.unroute(re.compile("/login$"))
        expect(page.get_by_role("button", name="Log in")).to_be_enabled()
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()

    def test_expired(self) -> None:
        """A session that ends asks for a new login, and goes on where one was."""
        self.server("one")
        visitor = self.visit(path="#/server/one")
        page = visitor.page
        box = page.get_by_role("textbox", name="Command")
        box.fill("half a command")
        self.admin("user_update", username="admin", password=password)
        expect(page.get_by_label("User name")).to_be_visible()
        visitor.logIn("admin", password)
        expect(box).to_have_value("half a command")

    def test_german(self) -> None:
        """The page speaks the language of the person."""
        visitor = self.visit(logIn=False, locale="de-DE")
        expect(visitor.page.get_by_role("button", name="Anmelden")).to_be_visible()
        self.assertEqual(visitor.page.evaluate("document.documentElement.lang"), "de")
        names = visitor.page.evaluate(
            """async () => {
                const load = (name) => import(`/panel/texts/${name}.js`);
                const [en, de] = await Promise.all(["en", "de"].map(load));
                return [Object.keys(en.default), Object.keys(de.default)];
            }"""
        )
        self.assertEqual(*names)

    def test_weight(self) -> None:
        """The first load is light, all of it from here, and no request fails."""
        visitor = self.visit(logIn=False)
        expect(visitor.page.get_by_label("User name")).to_be_visible()
        loaded = visitor.page.evaluate(
            """() => performance.getEntries().filter((e) => "transferSize" in e)
                .map((e) => [e.name, e.transferSize, e.decodedBodySize])"""
        )
        self.assertLess(sum(entry[1] for entry in loaded), 150_000)
        self.assertLess(sum(entry[2] for entry in loaded), 400_000)
        self.assertTrue(all(name.startswith(self.daemon.base) for name, *_ in loaded), loaded)
        self.assertEqual(visitor.failed, [])

    def test_headers(self) -> None:
        """The page has a strict policy of its own; the API keeps that which allows nothing."""
        for path, words in (("", "script-src 'self'"), ("config", "default-src 'none'; frame")):
            with urllib.request.urlopen(self.daemon.base + path, timeout=patience) as answer:
                policy = answer.headers.get_all("Content-Security-Policy")
            self.assertEqual(len(policy), 1)
            self.assertIn(words, policy[0])
            self.assertIn("frame-ancestors 'none'", policy[0])
            self.assertNotIn("unsafe", policy[0])
        request = urllib.request.Request(
            self.daemon.base, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        )
        with urllib.request.urlopen(request, timeout=patience) as answer:
            self.assertEqual(answer.status, 200)
            tag = answer.headers["ETag"]
        request = urllib.request.Request(self.daemon.base, headers={"If-None-Match": tag})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=patience)
        self.assertEqual(caught.exception.code, 304)
        caught.exception.close()


class OverviewTests(PageTests):
    def test_first(self) -> None:
        """Where there is no server one is told how to make the first."""
        page = self.visit().page
        expect(page.get_by_text("There is no server here yet.")).to_be_visible()
        page.get_by_role("button", name="New server").click()
        expect(page.get_by_role("link", name="Colossal Cave Adventure")).to_be_visible()

    def test_live(self) -> None:
        """Each server with what fits its state; a click does it; all of it without a reload."""
        self.server("one", description="<b>hostile</b> & <img src=x onerror=alert(1)>")
        page = self.visit().page
        row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="one"))
        expect(row.get_by_role("status")).to_have_text("running")
        expect(row).to_contain_text("<b>hostile</b> & <img src=x onerror=alert(1)>")
        expect(row.get_by_role("button", name="Start", exact=True)).to_have_count(0)
        row.get_by_role("button", name="Stop").click()
        expect(row.get_by_role("status")).to_have_text("stopped")
        row.get_by_role("button", name="Start", exact=True).click()
        expect(row.get_by_role("status")).to_have_text("running")
        row.get_by_role("button", name="Restart").click()
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["exit"] is not None, "a restart"
        )
        expect(row.get_by_role("status")).to_have_text("running")
        row.get_by_role("button", name="Kill").click()
        expect(row.get_by_role("status")).to_have_text("stopped")
        self.admin("server_create", type="shell", server="two")
        expect(page.get_by_role("link", name="two")).to_be_visible()

    def test_many(self) -> None:
        """Many can be filtered and sorted."""
        for number in range(12):
            self.admin("server_create", type="shell", server=f"server-{number:02}")
        self.admin("server_start", server="server-07")
        page = self.visit().page
        expect(page.get_by_role("listitem")).to_have_count(12)
        page.get_by_label("Filter").fill("-1")
        expect(page.get_by_role("listitem")).to_have_count(2)
        page.get_by_label("Filter").fill("running")
        expect(page.get_by_role("listitem")).to_have_count(1)
        page.get_by_label("Filter").fill("")
        page.get_by_label("Sort by").select_option("Memory")
        expect(page.get_by_role("listitem").first).to_contain_text("server-07")


class ConsoleTests(PageTests):
    def open(self, id: str, **options: Any) -> Any:
        """A server's page."""
        page = self.visit(path=f"#/server/{id}", **options).page
        self.log = page.get_by_role("log", name="Console")
        self.box = page.get_by_role("textbox", name="Command")
        return page

    def test_text(self) -> None:
        """Colours are shown; nothing else in a log is more than text."""
        self.server(
            "one",
            r"printf '\033[1;31mred\033[0m plain \033[38;5;46mgreen\n'; "
            r"printf '<img src=x onerror=alert(1)> <script>alert(2)</script>\n'; "
            r"printf 'a\033[2Jb\033]0;title\007c\000d\n'; exec cat",
        )
        page = self.open("one")
        expect(self.log).to_contain_text("<img src=x onerror=alert(1)> <script>alert(2)</script>")
        expect(self.log).to_contain_text("a␛[2Jb␛]0;title␇c␀d")
        self.assertEqual(self.log.locator("img, script, a").count(), 0)
        red = self.log.get_by_text("red", exact=True)
        expect(red).to_have_class("bold fg-red")
        expect(self.log.get_by_text("green")).to_have_css("color", "rgb(0, 255, 0)")
        self.assertEqual(page.title(), "gamepanel")

    def test_command(self) -> None:
        """A command goes to the game; those before come back; a reason says why one can't."""
        self.server("one")
        page = self.open("one")
        for line in ("first", "second"):
            self.box.fill(line)
            self.box.press("Enter")
            expect(self.log).to_contain_text(line)
            expect(self.box).to_have_value("")
        self.box.press("ArrowUp")
        self.box.press("ArrowUp")
        expect(self.box).to_have_value("first")
        self.box.press("ArrowDown")
        expect(self.box).to_have_value("second")
        page.get_by_role("button", name="Kill").click()
        expect(self.box).to_be_disabled()
        expect(self.box).to_have_attribute("placeholder", "The server does not run.")

    def test_stdinFull(self) -> None:
        """A game that does not read is told of, and the line stays."""
        self.server("one", "exec sleep 1000")
        line = "x" * 4000
        for _ in range(30):
            try:
                self.admin("server_cmd", server="one", command=line)
            except Exception:
                break
        page = self.open("one")
        self.box.fill(line)
        self.box.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("the command was not sent")
        expect(self.box).to_have_value(line)

    def test_scrolling(self) -> None:
        """It follows the end, unless one looks elsewhere; then it says how much is new."""
        self.server("one", "seq 1 500; exec cat")
        page = self.open("one")
        expect(self.log.get_by_text("500", exact=True)).to_be_visible()
        self.log.hover()
        page.mouse.wheel(0, -4000)
        expect(self.log.get_by_text("500", exact=True)).to_have_count(0)
        for number in range(3):
            self.admin("server_cmd", server="one", command=f"news {number}")
        fresh = page.get_by_role("button", name="3 new lines")
        fresh.click()
        expect(self.log.get_by_text("news 2", exact=True)).to_be_visible()
        self.admin("server_cmd", server="one", command="and on")
        expect(self.log.get_by_text("and on", exact=True)).to_be_visible()

    def test_find(self) -> None:
        """A text is found, wherever it is; all of it can be copied and downloaded."""
        self.server("one", "seq 1 2000; exec cat")
        page = self.open("one")
        expect(self.log.get_by_text("2000", exact=True)).to_be_visible()
        page.get_by_label("Find").fill("777")
        expect(page.locator("output")).to_have_text("1 of 2")
        page.get_by_label("Find").press("Enter")
        expect(page.locator("output")).to_have_text("2 of 2")
        expect(self.log.locator(".hit")).to_have_text("1777")
        page.get_by_label("Find").fill("no such text")
        expect(page.locator("output")).to_have_text("not found")
        page.get_by_label("Find").fill("")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        self.assertEqual(waiting.value.suggested_filename, "one.log")
        text = Path(waiting.value.path()).read_text()
        self.assertEqual(text, "\n".join(str(n) for n in range(1, 2001)))
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        self.assertEqual(page.evaluate("navigator.clipboard.readText()"), text)

    def test_overrun(self) -> None:
        """Bytes that are gone while one watches are told of, and how many."""
        self.server("one", "read -r x; seq -f %0100.0f 1 300000; echo end; exec cat")
        page = self.open("one")
        expect(self.box).to_be_enabled()
        # The page sleeps for a while; the ring does not wait for it.
        page.route("**/server_log", lambda route: route.abort())
        page.wait_for_timeout(100)
        self.admin("server_cmd", server="one", command="go")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["readIndex"] > 20_000_000, "all of it"
        )
        page.unroute("**/server_log")
        expect(self.log.get_by_text("end", exact=True)).to_be_visible()
        page.get_by_label("Find").fill("bytes are gone here")
        page.get_by_label("Find").press("Enter")
        expect(self.log.get_by_text(re.compile(r"\d+ bytes are gone here"))).to_be_visible()

    def test_killed(self) -> None:
        """The daemon dies under a live console: the page says so, comes back, and lacks nothing."""
        script = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done"
        self.server("one", script)
        page = self.open("one")
        expect(self.log).to_contain_text("line 5")
        self.box.fill("half a comm")
        self.daemon.kill()
        expect(page.get_by_role("alert").first).to_contain_text(re.compile("connection|answer"))
        self.daemon.start(login=False)
        expect(page.locator(".banner")).to_have_count(0)
        expect(self.box).to_have_value("half a comm")
        self.admin("server_force_kill", server="one")
        self.admin.until("one", "stopped")
        expect(page.get_by_role("status").first).to_have_text("stopped")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        lines = Path(waiting.value.path()).read_text().splitlines()
        self.assertGreater(len(lines), 50)
        self.assertEqual(lines, [f"line {n + 1}" for n in range(len(lines))])

    def test_flood(self) -> None:
        """A hundred thousand lines: none is dropped, and few are in the page."""
        self.server("one", "read -r x; seq 1 100000; exec cat")
        page = self.open("one")
        expect(self.box).to_be_enabled()
        self.box.fill("go")
        self.box.press("Enter")
        expect(self.log.get_by_text("100000", exact=True)).to_be_visible()
        self.assertLess(page.locator(".row").count(), 150)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        lines = Path(waiting.value.path()).read_text().splitlines()
        self.assertEqual(lines, [str(number) for number in range(1, 100001)])


class ServerTests(PageTests):
    def test_settings(self) -> None:
        """Settings are a form; what the daemon refuses stands at its field."""
        self.server("one")
        page = self.visit(path="#/server/one").page
        page.get_by_text("Settings", exact=True).click()
        level = page.get_by_label("level", exact=True)
        expect(level).to_have_value("5")
        expect(page.get_by_label("fixed", exact=True)).to_be_disabled()
        expect(page.get_by_label("secret", exact=True)).to_have_attribute("type", "password")
        level.fill("11")
        page.get_by_role("button", name="Save").click()
        field = page.locator(".field").filter(has=level)
        expect(field.get_by_role("alert")).to_be_visible()
        expect(field).to_contain_text("1 to 9")
        level.fill("7")
        page.locator("#field-autostart").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        values = {
            p["name"]: p["value"] for p in self.admin("server_settings", server="one")["settings"]
        }
        self.assertEqual((values["level"], values["autostart"]), (7, True))

    def test_destroy(self) -> None:
        """A server is destroyed by typing its id, when it is stopped."""
        self.server("one")
        page = self.visit(path="#/server/one").page
        page.get_by_text("Destroy …").click()
        expect(page.get_by_text("It must be stopped first.")).to_be_visible()
        page.get_by_role("button", name="Kill").click()
        button = page.get_by_role("button", name="Destroy")
        expect(button).to_be_disabled()
        page.get_by_label("Type the id").fill("one")
        button.click()
        expect(page.get_by_text("There is no server here yet.")).to_be_visible()

    def test_crashes(self) -> None:
        """What has happened to a server is told in words."""
        self.admin(
            "server_create", type="shell", server="one", options={"script": "sleep 0.1; exit 3"}
        )
        settings = {"restartFirstDelay": 60, "restart": "on-failure"}
        self.admin("server_settings", server="one", settings=settings)
        self.admin("server_start", server="one")
        self.admin.until("one", "waiting")
        page = self.visit(path="#/server/one").page
        expect(page.get_by_text(re.compile(r"crashed once, next try in \d+ s"))).to_be_visible()
        expect(page.get_by_text("(code 3)")).to_be_visible()

    def test_create(self) -> None:
        """A game is chosen, told what it wants to know, and its console is there."""
        page = self.visit(path="#/new").page
        expect(page.get_by_text("This host lacks no-such-program-anywhere.")).to_be_visible()
        page.get_by_role("link", name="Colossal Cave Adventure").click()
        page.get_by_label("Id", exact=True).fill("NOT an id")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        page.get_by_label("Id", exact=True).fill("cave")
        page.get_by_label("Description").fill("Colossal Cave")
        page.get_by_role("button", name="Create").click()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("log", name="Console")).to_contain_text("WELCOME TO ADVENTURE")
        page.get_by_role("textbox", name="Command").fill("no")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log", name="Console")).to_contain_text("END OF A ROAD")

    def test_rights(self) -> None:
        """What a person may not do is greyed, with the reason."""
        self.server("one")
        self.server("two")
        rights = {"one": ["view"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit(logIn=False)
        visitor.logIn("ann", password)
        page = visitor.page
        expect(page.get_by_role("link", name="one")).to_be_visible()
        expect(page.get_by_role("link", name="two")).to_have_count(0)
        expect(page.get_by_role("button", name="New server")).to_have_count(0)
        expect(page.get_by_role("link", name="People")).to_have_count(0)
        page.get_by_role("link", name="one").click()
        box = page.get_by_role("textbox", name="Command")
        expect(box).to_be_disabled()
        expect(box).to_have_attribute("placeholder", "You may not type into this console.")
        stop = page.get_by_role("button", name="Stop")
        expect(stop).to_be_disabled()
        expect(stop).to_have_attribute("title", "You may not start or stop this server.")
        expect(page.get_by_text("You may not see the settings.")).to_be_visible()
        page.goto(self.daemon.base + "#/server/two")
        expect(page.get_by_text("There is no such server, or you may not see it.")).to_be_visible()

    def test_navigation(self) -> None:
        """Deep links, reloads, back and forward, and two tabs."""
        self.server("one")
        visitor = self.visit(logIn=False, path="#/server/one")
        page = visitor.page
        page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("heading", name="one")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="one")).to_be_visible()
        page.get_by_role("link", name="Servers").click()
        page.get_by_role("link", name="one").click()
        page.go_back()
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        page.go_forward()
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        other = visitor.tab("#/")
        visitor.page = other
        # Each tab has a session of its own.
        visitor.logIn("admin", self.daemon.password)
        expect(other.get_by_role("link", name="one")).to_be_visible()
        other.get_by_role("button", name="Kill").click()
        expect(page.get_by_role("status").first).to_have_text("stopped")


class PeopleTests(PageTests):
    def test_people(self) -> None:
        """Users are made, given rights, and removed; what people did is there to be read."""
        self.server("one")
        page = self.visit(path="#/people").page
        page.get_by_role("button", name="New user").click()
        page.get_by_label("User name").fill("ann")
        page.get_by_label("Password").fill("short")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert")).to_contain_text("at least 15")
        page.get_by_label("Password").fill(password)
        page.get_by_label("one: power").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("row", name=re.compile("ann"))).to_contain_text("one: view, power")
        page.get_by_role("button", name="Edit ann").click()
        page.get_by_label("one: command").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("row", name=re.compile("ann"))).to_contain_text("command")
        page.get_by_role("button", name="Edit ann").click()
        page.get_by_role("button", name="Delete").click()
        page.get_by_role("button", name="Really delete ann?").click()
        expect(page.get_by_role("button", name="Edit ann")).to_have_count(0)
        page.reload()
        self.visitors[0].logIn("admin", self.daemon.password)
        expect(page.get_by_role("cell", name="user_delete")).to_be_visible()

    def test_password(self) -> None:
        """Everybody changes their own password."""
        page = self.visit(path="#/account").page
        page.get_by_label("Old password").fill(self.daemon.password)
        page.get_by_label("New password").fill(password)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The password is changed.")).to_be_visible()
        Client(self.daemon.base).login("admin", password)


class NoauthTests(PageTests):
    options = ("--auth", "noauth")

    def test_open(self) -> None:
        """Where nobody has to log in one is in at once."""
        page = self.visit(logIn=False).page
        expect(page.get_by_role("button", name="New server")).to_be_visible()
        expect(page.get_by_role("button", name="Log out")).to_have_count(0)


class LookTests(PageTests):
    """How it looks, and whether everybody can use it."""

    def pages(self, visitor: Visitor, name: str) -> None:
        """Look at each page: axe finds nothing wrong, and nothing is wider than the screen."""
        page = visitor.page
        for path, ready in (
            ("", "link:one"),
            ("server/one", "log:Console"),
            ("new", "link:OpenTTD"),
            ("new/openttd", "button:Create"),
            ("people", "button:Edit admin"),
            ("account", "button:Save"),
        ):
            page.goto(f"{self.daemon.base}#/{path}")
            role, _, what = ready.partition(":")
            expect(page.get_by_role(role, name=what)).to_be_visible()  # type: ignore[arg-type]
            if path == "server/one":
                expect(page.get_by_role("log")).to_contain_text("bright")
            self.assertEqual(visitor.violations(), [], path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0, path)
            visitor.picture(f"{name}-{path.replace('/', '-') or 'overview'}")

    def test_looks(self) -> None:
        """Light, dark and on a phone."""
        colours = "".join(f"\\033[{n}mcolour {n} \\033[9{n % 10}mbright\\n" for n in range(30, 38))
        self.server("one", f"printf '{colours}'; exec cat", description="A server of mine")
        self.admin("server_create", type="adventure", server="cave", description="Colossal Cave")
        for name, options in (
            ("light", {"color_scheme": "light"}),
            ("dark", {"color_scheme": "dark"}),
            ("phone", {"viewport": {"width": 360, "height": 740}, "has_touch": True}),
            ("wide", {"viewport": {"width": 3840, "height": 2160}, "color_scheme": "dark"}),
        ):
            visitor = self.visit(logIn=False, **options)
            expect(visitor.page.get_by_label("User name")).to_be_visible()
            self.assertEqual(visitor.violations(), [])
            visitor.picture(f"{name}-login")
            visitor.logIn("admin", self.daemon.password)
            expect(visitor.page.get_by_role("link", name="one")).to_be_visible()
            self.pages(visitor, name)

    def test_keyboard(self) -> None:
        """With the keyboard alone one logs in, starts a server and types into its console."""
        self.admin("server_create", type="shell", server="one")
        page = self.visit(logIn=False).page
        expect(page.get_by_label("User name")).to_be_focused()
        page.keyboard.type("admin")
        page.keyboard.press("Tab")
        page.keyboard.type(self.daemon.password)
        page.keyboard.press("Enter")
        expect(page.get_by_role("link", name="one")).to_be_visible()
        self.tabTo(page, "button", "Start")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_have_text("running")
        self.tabTo(page, "link", "one")
        page.keyboard.press("Enter")
        self.tabTo(page, "textbox", "Command")
        page.keyboard.type("typed with keys")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("typed with keys")

    def tabTo(self, page: Any, role: str, name: str) -> None:
        """Press Tab until something has the focus."""
        wanted = page.get_by_role(role, name=name, exact=True)
        expect(wanted).to_be_visible()
        for _ in range(40):
            if wanted.evaluate("(element) => element === document.activeElement"):
                return
            page.keyboard.press("Tab")
        self.fail(f"{name} can't be reached")
