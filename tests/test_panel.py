"""The page, in a real Chromium, against a real daemon with real servers."""

import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from twisted.trial.unittest import SynchronousTestCase

from tests.browser import Visitor, chromium, root
from tests.support import Client, Daemon, Refused, freePort, need, patience
from tests.test_introspection import Endpoint, serve

password = "a meadow full of sheep"

secretive = """
title = "Keeps a secret"
[[options]]
name = "secret"
title = "Secret"
type = "password"
[run]
command = ["/bin/cat"]
"""


class PageTests(SynchronousTestCase):
    options: tuple[str, ...] = ("--allow-generic",)

    def setUp(self) -> None:
        chromium()
        self.visitors: list[Visitor] = []
        self.daemon = Daemon(self.options)
        self.addCleanup(self.daemon.cleanUp)
        os.makedirs(f"{self.daemon.state}/types")
        Path(self.daemon.state, "types", "secretive.toml").write_text(secretive)
        self.admin = self.daemon.start(login="url" not in self.options)

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
        expect(page.get_by_role("alert")).to_have_text("The user name or password is wrong.")
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
        expect(page.get_by_role("alert")).to_have_text("Too many tries. Wait 3 s.")
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
        expect(page.get_by_text("Your session has ended.")).to_be_visible()
        visitor.logIn("admin", password)
        expect(box).to_have_value("half a command")
        # Whoever comes next does not see it.
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_text("Your session has ended.")).to_have_count(0)
        self.admin.login("admin", password)
        rights = {"one": ["command"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor.logIn("ann", password)
        expect(box).to_have_value("")

    def test_workBegins(self) -> None:
        """The work begins when the name is typed, and anew when it is another."""
        visitor = self.visit(logIn=False)
        page: Any = visitor.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        with page.expect_worker():
            page.get_by_label("User name").fill("somebody")
        with page.expect_worker():
            page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill(self.daemon.password)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        self.assertEqual((asked.count("login_info"), asked.count("login")), (1, 1))

    def test_oldToken(self) -> None:
        """A login token that is too old costs the person nothing."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        body = json.dumps({"code": "login_token_expired", "detail": "x", "status": 403})
        page.route(
            re.compile("/login$"), lambda route: route.fulfill(status=403, body=body), times=1
        )
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()

    def test_noWorker(self) -> None:
        """A worker that can't be had is told of, and the next click tries again."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        page.route("**/work.js", lambda route: route.abort())
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("alert").filter(has_text="does not answer")).to_be_visible()
        page.unroute("**/work.js")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()

    def test_slowBeginning(self) -> None:
        """A daemon that is busy when the page opens is told of, and asked again."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        body = json.dumps({"code": "busy", "detail": "x", "status": 503})
        page.route("**/config", lambda route: route.fulfill(status=503, body=body), times=1)
        page.reload()
        expect(page.get_by_text("The daemon is busy.")).to_be_visible()
        expect(page.get_by_label("User name")).to_be_visible()

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
        sent, plain = visitor.weight()
        self.assertLess(sent, 150_000)
        self.assertLess(plain, 400_000)
        loaded = visitor.page.evaluate(
            """() => performance.getEntries().filter((e) => "transferSize" in e)
                .map((e) => e.name)"""
        )
        self.assertTrue(all(name.startswith(self.daemon.base) for name in loaded), loaded)
        self.assertEqual(visitor.failed, [])

    def test_preloads(self) -> None:
        """All modules are asked for at once, not one after the other as each names the next."""
        panel = root / "gamepanel" / "panel"
        found = re.findall(
            r'rel="modulepreload" href="/panel/(.*?)"', (panel / "index.html").read_text()
        )
        modules = {str(path.relative_to(panel)) for path in panel.rglob("*.js")}
        # But what a worker asks for, and what names all others.
        self.assertEqual(set(found), modules - {"app.js", "work.js", "lib/sha256.js"})

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


class UrlTests(PageTests):
    """Where tokens come from elsewhere."""

    def setUp(self) -> None:
        Endpoint.seen.clear()
        admin = {"active": True, "username": "root", "scope": "gamepanel:admin"}
        Endpoint.answers = {
            "aa": lambda endpoint: endpoint.reply(admin),
            "00": lambda endpoint: endpoint.reply({"active": False}),
        }
        url = serve(self)
        self.options = (
            "--auth",
            "url",
            "--auth-url",
            "https://id.example/",
            "--introspect-url",
            url,
        )
        super().setUp()

    def test_token(self) -> None:
        """One is told where to get a token; only a good one lets in, and a wrong one is told."""
        page = self.visit(logIn=False).page
        expect(page.get_by_role("link", name="Get a token at")).to_have_attribute(
            "href", "https://id.example/"
        )
        for token in ("00", "no token", "jürgen ☃"):
            page.get_by_label("Access token").fill(token)
            page.get_by_role("button", name="Log in").click()
            expect(page.get_by_role("alert")).to_contain_text("not good")
        page.get_by_label("Access token").fill("aa")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        expect(page.get_by_role("link", name="root")).to_be_visible()


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

    def test_silent(self) -> None:
        """A daemon that is there and does not answer is told of; when it does, all goes on."""
        self.server("one")
        page = self.visit().page
        expect(page.get_by_role("link", name="one")).to_be_visible()
        self.daemon.process.send_signal(signal.SIGSTOP)
        expect(page.locator(".banner")).to_be_visible(timeout=20_000)
        self.daemon.process.send_signal(signal.SIGCONT)
        expect(page.locator(".banner")).to_have_count(0, timeout=20_000)
        self.admin("server_force_kill", server="one")
        expect(page.get_by_role("status")).to_have_text("stopped")

    def test_graphs(self) -> None:
        """What a server uses is drawn, and told in words."""
        self.server("one", "while :; do :; done")
        page = self.visit().page
        graph = page.get_by_role("img", name=re.compile(r"CPU \d+"))
        expect(graph.locator("polyline")).to_be_attached()
        expect(page.get_by_role("img", name=re.compile(r"Memory \d.* MiB"))).to_be_visible()
        page.get_by_role("link", name="one").click()
        status = self.admin("server_status", server="one")
        expect(page.get_by_role("definition").filter(has_text=str(status["pid"]))).to_be_visible()
        expect(
            page.get_by_role("definition").filter(has_text=re.compile(r"^\d+ s$"))
        ).to_be_visible()

    def test_germanFilter(self) -> None:
        """One finds a state by the word that stands there."""
        for number in range(8):
            self.admin("server_create", type="shell", server=f"server-{number}")
        self.admin("server_start", server="server-3")
        visitor = self.visit(logIn=False, locale="de-DE")
        page = visitor.page
        page.get_by_label("Benutzername").fill("admin")
        page.get_by_label("Passwort").fill(self.daemon.password)
        page.get_by_role("button", name="Anmelden").click()
        page.get_by_label("Filtern").fill("läuft")
        expect(page.get_by_role("listitem")).to_have_count(1)


class LinesTests(PageTests):
    """What a console makes of text, without a game."""

    def run_(self, script: str, argument: Any = None) -> Any:
        """Run a script in which the modules of the page are known."""
        page = self.visit(logIn=False).page
        return page.evaluate(
            """async (argument) => {
                const lines = await import("/panel/lib/lines.js");
                const ansi = await import("/panel/lib/ansi.js");
                const { coloursOf } = await import("/panel/lib/colours.js");
            """
            + script
            + "}",
            argument,
        )

    def test_rows(self) -> None:
        """Whatever its width, all of a line is there, in rows that fit."""
        for text, rows in (
            ("a" * 25, ["a" * 20, "a" * 5]),
            ("", [""]),
            ("漢" * 15, ["漢" * 10, "漢" * 5]),
            ("a" * 19 + "漢", ["a" * 19, "漢"]),
            ("\t\t\tx", ["\t\t", "\tx"]),
            ("🙂" * 11, ["🙂" * 10, "🙂"]),
            ("e\u0301" * 21, ["e\u0301" * 20, "e\u0301"]),
            ("\x1b[31m" + "a" * 15 + "\x1b[0m" + "b" * 10, ["a" * 15 + "b" * 5, "b" * 5]),
        ):
            got = self.run_(
                """const found = new lines.Lines();
                found.layout(20);
                found.append(argument + "\\n");
                const textOf = ({ runs }) => runs.map((run) => run.text).join("");
                return found.slice(0, 99).map(textOf);""",
                text,
            )
            self.assertEqual(got, rows, text)

    def test_pieces(self) -> None:
        """However it is cut into pieces, the text is the same, and nothing is added or lost."""
        text = "first\r\nsec\x1b[1;31mond\n\n🙂" + "x" * 20000 + "🙂" * 5000 + "\x1b[0mend\nopen"
        for size in (1, 7, 8192, 10**6):
            got = self.run_(
                """const [text, size] = argument;
                const found = new lines.Lines();
                for (let at = 0; at < text.length; at += size)
                    found.append(text.slice(at, at + size));
                return found.toString();""",
                [text, size],
            )
            self.assertEqual(got, re.sub("\x1b[^m]*m", "", text).replace("\r\n", "\n"), size)

    def test_bounded(self) -> None:
        """Lines, characters and rows are bounded; what is kept is the newest."""
        for size, count in ((10, 300_000), (8000, 9000), (0, 300_000)):
            kept, text, rows, last, dropped = self.run_(
                """const [size, count] = argument;
                const found = new lines.Lines();
                found.layout(40);
                for (let n = 0; n < count; n++) found.append("x".repeat(size) + `\\t${n}\\n`);
                const sum = found.items.reduce((sum, item) => sum + item.raw.length, 0);
                const { items, rowCount, dropped } = found;
                return [items.length, sum, rowCount, items.at(-1).text, dropped];
                """,
                [size, count],
            )
            self.assertLessEqual(kept, 120_000)
            self.assertLessEqual(text, 24_000_000)
            self.assertLessEqual(rows, 800_000)
            self.assertTrue(last.endswith(f"\t{count - 1}"))
            self.assertEqual(kept + dropped, count)

    def test_colours(self) -> None:
        """Colour and weight are understood in all their spellings, and nothing else is."""
        plain = {"fg": "", "bg": "", "bold": False, "dim": False, "inverse": False}
        for parameters, changes in (
            ("", {}),
            ("1;31", {"bold": True, "fg": "red"}),
            ("1;2;22;7;27", {}),
            ("97;104", {"fg": "bright-white", "bg": "bright-blue"}),
            ("38;5;1;1", {"fg": "red", "bold": True}),
            ("38;5;46", {"fg": "rgb(0, 255, 0)"}),
            ("48;2;1;2;3;1", {"bg": "rgb(1, 2, 3)", "bold": True}),
            ("38:2::255:10:20;1", {"fg": "rgb(255, 10, 20)", "bold": True}),
            ("38:2:255:10:20", {"fg": "rgb(255, 10, 20)"}),
            ("38:5:1;48:5:2", {"fg": "red", "bg": "green"}),
            ("38;5;300", {}),
            ("38;2;1", {}),
            ("3;4;5;8;9;21;53;4:3", {}),
            ("31;39;41;49", {}),
            ("31;0", {}),
        ):
            got = self.run_("return ansi.applied(ansi.plainStyle, argument);", parameters)
            self.assertEqual(got, {**plain, **changes}, parameters)


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
        expect(red).to_have_class("bold")
        expect(red).to_have_css("color", "rgb(255, 123, 114)")
        expect(self.log.get_by_text("green")).to_have_css("color", "rgb(0, 255, 0)")
        self.assertEqual(page.title(), "one · gamepanel")

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
        expect(self.box).to_have_attribute("placeholder", "The server is not running.")

    def test_stdinFull(self) -> None:
        """A game that does not read is told of, and the line stays."""
        self.server("one", "exec sleep 1000")
        line = "x" * 4000
        for _ in range(30):
            try:
                self.admin("server_cmd", server="one", command=line)
            except Refused:
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

    def test_littleScrolling(self) -> None:
        """The smallest step up is enough to stay, by wheel or by key; the end follows again."""
        self.server("one", "seq 1 500; exec cat")
        page = self.open("one")
        for step in (lambda: page.mouse.wheel(0, -10), lambda: self.log.press("ArrowUp")):
            expect(self.log.get_by_text("500", exact=True)).to_be_visible()
            self.log.hover()
            end = self.log.evaluate("(log) => log.scrollTop")
            step()
            expect(self.log).not_to_have_js_property("scrollTop", end)
            # The page hears of it with the next frame.
            page.evaluate(
                "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
            )
            self.admin("server_cmd", server="one", command="news")
            page.get_by_role("button", name="1 new line").click()
            expect(self.log.get_by_text("news", exact=True).last).to_be_visible()

    def test_trimmed(self) -> None:
        """What one reads stays where it is while the oldest lines go."""
        self.server("one", "seq 1 119990; read -r x; seq 119991 121000; exec cat")
        page = self.open("one")
        expect(self.log.get_by_text("119990", exact=True)).to_be_visible()
        page.get_by_label("Find").fill("60000")
        expect(self.log.locator(".hit")).to_have_text("60000")
        before = self.log.locator(".hit").bounding_box()
        self.admin("server_cmd", server="one", command="go")
        expect(page.get_by_role("button", name="1010 new lines")).to_be_visible()
        expect(self.log.locator(".hit")).to_have_text("60000")
        self.assertEqual(self.log.locator(".hit").bounding_box(), before)
        page.get_by_label("Find").fill("1")
        expect(self.log.locator(".hit")).not_to_have_text("1")

    def test_selection(self) -> None:
        """What is chosen of a log is copied line by line, without breaks where it only wraps."""
        long = "w" * 400
        self.server("one", f"echo alpha; echo {long}; echo gamma; exec cat")
        page = self.open("one")
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        expect(self.log).to_contain_text("gamma")
        self.log.evaluate(
            """(log) => {
                const rows = [...log.querySelectorAll(".row")];
                const [first, last] = [rows[0], rows.at(-1)];
                getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length);
            }"""
        )
        page.keyboard.press("Control+C")
        read = "navigator.clipboard.readText()"
        self.assertEqual(page.evaluate(read), f"alpha\n{long}\ngamma")
        page.evaluate("navigator.clipboard.writeText('')")
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        self.assertEqual(page.evaluate(read), f"alpha\n{long}\ngamma")

    def test_typing(self) -> None:
        """Whatever happens while one types, nothing is sent twice, and nothing is lost."""
        self.server("one")
        page = self.open("one")
        held: list[Any] = []
        page.route("**/server_cmd", lambda route: held.append(route))
        self.box.fill("first")
        with page.expect_request("**/server_cmd"):
            self.box.press("Enter")
        self.box.press("Enter")
        self.box.press_sequentially(" and more")
        for route in held:
            route.continue_()
        expect(self.log).to_contain_text("first")
        expect(self.box).to_have_value("first and more")
        # A second one would have been sent before the first was answered.
        self.assertEqual(len(held), 1)
        page.unroute("**/server_cmd")
        self.box.press("ArrowUp")
        expect(self.box).to_have_value("first")
        self.box.press("ArrowDown")
        expect(self.box).to_have_value("first and more")
        self.admin("server_force_kill", server="one")
        expect(page.get_by_text("The server is not running.")).to_be_visible()
        expect(self.box).to_be_focused()
        self.box.press("Enter")
        self.assertNotIn("more", self.admin("server_log", server="one")["data"])

    def hide(self, page: Any, hidden: bool) -> None:
        """Let a tab be one that nobody looks at, as far as it knows."""
        page.evaluate(
            """(hidden) => {
                const property = { get: () => hidden, configurable: true };
                Object.defineProperty(document, "hidden", property);
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            hidden,
        )

    def test_hidden(self) -> None:
        """A tab that nobody looks at lacks nothing afterwards."""
        self.server("one", "read -r x; seq 1 100000; echo end; exec cat")
        page = self.open("one")
        expect(self.box).to_be_editable()
        self.hide(page, True)
        self.admin("server_cmd", server="one", command="go")
        size = sum(len(str(n)) + 1 for n in range(1, 100001)) + len("end\n")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["readIndex"] == size, "all of it"
        )
        self.hide(page, False)
        expect(self.log.get_by_text("end", exact=True)).to_be_visible()
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        lines = Path(waiting.value.path()).read_text().splitlines()
        self.assertEqual(lines, [*map(str, range(1, 100001)), "end"])

    def test_manyTabs(self) -> None:
        """Many tabs leave connections for the one that somebody looks at."""
        self.server("one")
        visitor = self.visit(logIn=False)
        visitor.page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(visitor.page.get_by_role("link", name="one")).to_be_visible()
        token = visitor.page.evaluate("sessionStorage.getItem('gamepanel.token')")
        visitor.context.add_init_script(f"sessionStorage.setItem('gamepanel.token', '{token}')")
        for _ in range(8):
            other = visitor.tab("#/server/one")
            expect(other.get_by_role("log")).to_be_visible()
            self.hide(other, True)
        page = visitor.tab("#/server/one")
        box = page.get_by_role("textbox", name="Command")
        expect(box).to_be_editable()
        for number in range(5):
            box.fill(f"line {number}")
            box.press("Enter")
            expect(page.get_by_role("log")).to_contain_text(f"line {number}")

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
        self.assertEqual(text, "".join(f"{n}\n" for n in range(1, 2001)))
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
        self.admin("server_cmd", server="one", command="go")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["readIndex"] > 20_000_000, "all of it"
        )
        expect(page.locator(".banner")).to_be_visible()
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

    def test_odd(self) -> None:
        """A number that is none is refused at its field, and resets nothing; drafts stay."""
        self.admin("server_create", type="shell", server="one", options={"level": 8})
        page = self.visit(path="#/server/one").page
        page.get_by_text("Settings", exact=True).click()
        level = page.get_by_label("level", exact=True)
        level.fill("")
        level.press_sequentially("5e")
        page.get_by_role("button", name="Save").click()
        field = page.locator(".field").filter(has=level)
        expect(field.get_by_role("alert")).to_be_visible()
        page.get_by_role("link", name="Servers").click()
        page.get_by_role("link", name="one").click()
        expect(page.get_by_role("button", name="Save")).to_be_enabled()
        settings = self.admin("server_settings", server="one")["settings"]
        self.assertEqual({p["name"]: p["value"] for p in settings}["level"], 8)

    def test_password(self) -> None:
        """A password is set, stays when it is not touched, and is removed when one says so."""
        self.admin("server_create", type="secretive", server="one")
        page: Any = self.visit(path="#/server/one").page
        page.get_by_text("Settings", exact=True).click()
        sent: list[Any] = []

        def note(request: Any) -> None:
            settings = (request.post_data_json or {}).get("settings")
            if settings is not None:
                sent.append(settings)

        page.on("request", note)
        secret = page.get_by_label("Secret", exact=True)
        secret.fill("x")
        secret.fill("")
        expect(page.get_by_role("button", name="Save")).to_be_disabled()
        secret.fill("pass word")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        expect(secret).to_have_value("")
        page.get_by_label("Remove the password").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_label("Remove the password")).not_to_be_checked()
        expect(page.get_by_role("button", name="Save")).to_be_disabled()
        self.assertEqual(sent, [{"secret": "pass word"}, {"secret": None}])

    def test_maker(self) -> None:
        """Whoever makes a server has every right on it; what is wrong stands at its field."""
        self.admin("user_create", username="ann", password=password, create=True)
        visitor = self.visit(logIn=False, path="#/new/shell")
        visitor.logIn("ann", password)
        page = visitor.page
        page.get_by_label("Id", exact=True).fill("mine")
        page.get_by_label("Description", exact=True).fill("x" * 1001)
        page.get_by_role("button", name="Create").click()
        field = page.locator(".field").filter(has=page.get_by_label("Description", exact=True))
        expect(field.get_by_role("alert")).to_be_visible()
        page.get_by_label("Description", exact=True).fill("Mine")
        page.get_by_role("button", name="Create").click()
        page.get_by_role("button", name="Start", exact=True).click()
        expect(page.get_by_role("status").first).to_have_text("running")
        page.get_by_role("textbox", name="Command").fill("hello")
        page.keyboard.press("Enter")
        expect(page.get_by_role("log")).to_contain_text("hello")

    def test_withdrawn(self) -> None:
        """A right that is withdrawn while one looks ends the view with a reason."""
        self.server("one")
        rights = {"one": ["view"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit(logIn=False, path="#/server/one")
        visitor.logIn("ann", password)
        expect(visitor.page.get_by_role("log")).to_be_visible()
        self.admin("user_update", username="ann", servers={})
        expect(visitor.page.get_by_text("There is no such server, or you may not")).to_be_visible()

    def test_oddPaths(self) -> None:
        """An address that is none says so, and the rest of the page works on."""
        page = self.visit(path="#/server/%").page
        for path in ("server/%", "server/one/two", "nowhere", "people/x", "new/none"):
            page.goto(f"{self.daemon.base}#/{path}")
            expect(page.locator(".empty, h1").first).to_be_visible()
        page.get_by_role("link", name="Servers").click()
        expect(page.get_by_role("heading", name="Servers")).to_be_visible()
        expect(page).to_have_title("Servers · gamepanel")

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
        settings = {"restartFirstDelay": 40, "restart": "on-failure"}
        self.admin("server_settings", server="one", settings=settings)
        self.admin("server_start", server="one")
        self.admin.until("one", "waiting")
        page = self.visit(path="#/server/one").page
        expect(
            page.get_by_text(re.compile(r"crashed once in 10 min, next try in \d+ s$"))
        ).to_be_visible()
        expect(page.get_by_role("alert")).to_have_text("ended by itself, exit code 3")

    def test_failedStart(self) -> None:
        """Why a server has not started is there at once, with the game's own last words."""
        script = "echo '<b>no</b> map'; exit 0"
        self.admin("server_create", type="telling", server="one", options={"script": script})
        self.admin("server_settings", server="one", settings={"restart": "never"})
        page = self.visit(path="#/server/one").page
        page.get_by_role("button", name="Start", exact=True).click()
        alert = page.get_by_role("alert").filter(has_text="before it was ready")
        expect(alert).to_have_text(
            "ended before it was ready, exit code 0; the game's last lines:\n| <b>no</b> map",
            use_inner_text=True,
        )
        page.goto(self.daemon.base + "#/")
        expect(
            page.get_by_text("ended before it was ready, exit code 0; the game's last lines")
        ).to_be_visible()

    def test_createSecond(self) -> None:
        """A second server of a type gets ports of its own, without a hand of anybody's."""
        page = self.visit().page
        for id in ("one", "two"):
            page.goto(self.daemon.base + "#/new/two-ports")
            page.get_by_label("Id", exact=True).fill(id)
            page.get_by_role("button", name="Create").click()
            expect(page.get_by_role("heading", name=id, exact=True)).to_be_visible()
        ports = [
            setting["value"]
            for id in ("one", "two")
            for setting in self.admin("server_settings", server=id)["settings"]
            if setting["type"] == "port"
        ]
        self.assertEqual(len(set(ports)), 4, ports)

    def test_portInUse(self) -> None:
        """A port that another server has is told at its field, with the server's id."""
        port = freePort()
        self.admin("server_create", type="shell", server="one", options={"port": port})
        page = self.visit(path="#/new/shell").page
        page.get_by_label("Id", exact=True).fill("two")
        page.get_by_label("port", exact=True).fill(str(port))
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("alert")).to_have_text(f"{port} (TCP) is used by the server one")

    def test_whatTypesSay(self) -> None:
        """
        A form has the groups of its type, what is for the advanced is out of the way until it
        is refused, terms are linked; admins see which type files were left out.
        """
        types = Path(self.daemon.state, "types")
        (types / "broken.toml").write_text('title = "T"\nrum = 1\n')
        (types / "grouped.toml").write_text(
            'title = "Grouped"\n[[options]]\nname = "eula"\ntitle = "I agree"\ntype = "boolean"\n'
            'accept = "https://example.org/eula"\n[[options]]\nname = "nick"\ntype = "string"\n'
            'pattern = "[a-z]*"\nhint = "only a to z"\ngroup = "Names"\n[[options]]\n'
            'name = "rate"\ntype = "integer"\nmaximum = 5\nadvanced = true\n'
            '[run]\ncommand = ["sh"]\n'
        )
        page = self.visit(path="#/new").page
        expect(page.get_by_text("broken.toml")).to_be_visible()
        page.get_by_role("link", name="Grouped").click()
        expect(page.get_by_role("group", name="Names").get_by_label("nick")).to_be_visible()
        expect(page.get_by_text("only a to z")).to_be_visible()
        expect(page.get_by_role("link", name="https://example.org/eula")).to_be_visible()
        rate = page.get_by_label("rate", exact=True)
        expect(rate).to_be_hidden()
        page.get_by_text("Advanced", exact=True).click()
        rate.fill("6")
        page.get_by_text("Advanced", exact=True).click()
        expect(rate).to_be_hidden()
        page.get_by_label("Id", exact=True).fill("mine")
        page.get_by_label("I agree").check()
        page.get_by_role("button", name="Create").click()
        expect(rate).to_be_visible()
        rate.fill("5")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()

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
        expect(page.get_by_role("row", name=re.compile("^ann"))).to_contain_text("one: view, power")
        page.get_by_role("button", name="Edit ann").click()
        page.get_by_label("one: command").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("row", name=re.compile("^ann"))).to_contain_text("command")
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

        def press(name: str) -> Callable[[], None]:
            return lambda: page.get_by_role("button", name=name).first.click()

        def refuse() -> None:
            page.get_by_label("Id", exact=True).fill("NOT an id")
            page.get_by_role("button", name="Create").click()
            expect(page.get_by_role("alert").first).to_be_visible()

        for path, ready, prepare in (
            ("", "link:trains", None),
            ("server/trains", "log:Console", lambda: page.get_by_label("Find").fill("server")),
            ("server/colours", "log:Console", lambda: page.get_by_text("Settings").click()),
            ("server/cave", "log:Console", lambda: page.get_by_text("Destroy …").click()),
            ("new", "link:OpenTTD", None),
            ("new/openttd", "button:Create", refuse),
            ("people", "button:Edit admin", press("Edit admin")),
            ("account", "button:Save", None),
        ):
            page.goto(f"{self.daemon.base}#/{path}")
            role, _, what = ready.partition(":")
            expect(page.get_by_role(role, name=what)).to_be_visible()  # type: ignore[arg-type]
            if path.startswith("server"):
                expect(page.get_by_role("log").locator(".row").first).to_be_visible()
            visitor.picture(f"{name}-{path.replace('/', '-') or 'overview'}")
            if prepare is not None:
                prepare()
            self.assertEqual(visitor.violations(), [], path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0, path)

    def scene(self) -> None:
        """Some servers, as people have them."""
        game = {"server_name": "Club trains", "address": "127.0.0.1", "port": freePort()}
        about = {"server": "trains", "description": "For the club"}
        self.admin("server_create", type="openttd", options=game, **about)
        self.admin("server_start", server="trains")
        self.admin("server_create", type="adventure", server="cave", description="Colossal Cave")
        self.admin("server_start", server="cave")
        # Each colour on each ground, and some of those that are none of the sixteen.
        script = (
            "for b in 40 41 42 43 44 45 46 47 100 107; do "
            "for f in 30 31 32 33 34 35 36 37 90 97; do "
            r"printf '\033[%s;%sm%s on %s\033[0m ' $f $b $f $b; done; echo; done; "
            r"printf '\033[38;5;16mdark\033[0m \033[7;34minverse\033[0m \033[2mdim\033[0m\n'; "
            "exec cat"
        )
        self.server("colours", script, description="A test of colours")
        crash = {"script": "echo no map to load >&2; exit 3"}
        self.admin("server_create", type="shell", server="arena", options=crash)
        self.admin("server_settings", server="arena", settings={"restartFirstDelay": 600})
        self.admin("server_start", server="arena")
        self.admin.until("trains", "running")
        self.admin.untilLog("cave", "> ")
        self.admin("server_cmd", server="trains", command='say "Welcome to the club!"')
        self.admin.untilLog("trains", "Welcome to the club!\n")

    def test_looks(self) -> None:
        """Light, dark and on a phone."""
        need("openttd")
        self.scene()
        phone = {"viewport": {"width": 360, "height": 740}, "has_touch": True}
        for name, options in (
            ("light", {"color_scheme": "light"}),
            ("dark", {"color_scheme": "dark"}),
            ("phone", phone),
            ("phone-dark", {**phone, "color_scheme": "dark"}),
            ("wide", {"viewport": {"width": 3840, "height": 2160}, "color_scheme": "dark"}),
        ):
            visitor = self.visit(logIn=False, **options)
            expect(visitor.page.get_by_label("User name")).to_be_visible()
            self.assertEqual(visitor.violations(), [])
            visitor.picture(f"{name}-login")
            visitor.logIn("admin", self.daemon.password)
            expect(visitor.page.get_by_role("link", name="trains")).to_be_visible()
            # Some history for the graphs.
            graph = visitor.page.get_by_role("img", name="Memory").first.locator("polyline")
            expect(graph).to_have_attribute("points", re.compile("( [^ ]+){3}"))
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
