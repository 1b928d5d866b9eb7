"""The page, in a real Chromium, against a real daemon: logging in, and what comes over the wire."""

import json
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.accounts.test_introspection import Endpoint, serve
from tests.panelcase import PageTests, password
from tests.support import patience


class LoginTests(PageTests):
    def test_vectors(self) -> None:
        """The page's own SHA-256 finds the proofs of the contract's vectors."""
        visitor = self.visit(logIn=False, hasModules=True)
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
        expect(self.error(page)).to_have_text("The user name or password is wrong.")
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("link", name="Account of")).to_be_visible()
        self.assertEqual(page.evaluate("sessionStorage.length + localStorage.length"), 0)
        page.reload()
        page.get_by_label("Stay logged in").check()
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("link", name="Account of")).to_be_visible()
        page.reload()
        expect(page.get_by_role("link", name="Account of")).to_be_visible()
        self.logOut(page)
        expect(page.get_by_label("User name")).to_be_visible()
        self.assertEqual(page.evaluate("sessionStorage.length + localStorage.length"), 0)

    def test_throttle(self) -> None:
        """Who has failed too often is told how long to wait, and may then."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        page.clock.install()
        page.route(
            re.compile("/login$"),
            lambda route: route.fulfill(
                status=429,
                headers={"Retry-After": "60", "Content-Type": "application/problem+json"},
                body=json.dumps({"code": "too_many_requests", "detail": "x", "status": 429}),
            ),
        )
        visitor.logIn("admin", "wrong")
        expect(page.get_by_role("status")).to_have_text("Too many tries. Wait 60 s.")
        expect(page.get_by_role("button", name="Log in")).to_be_disabled()
        page.unroute(re.compile("/login$"))
        page.clock.run_for(61_000)
        expect(page.get_by_role("button", name="Log in")).to_be_enabled()
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("link", name="Account of")).to_be_visible()

    def test_expired(self) -> None:
        """A session that ends asks for a new login, and goes on where one was."""
        self.server("one")
        visitor = self.visit(path="#/server/one/console")
        page = visitor.page
        box = page.get_by_role("textbox", name="Command")
        box.fill("half a command")
        self.admin("user_update", username="admin", password=password)
        expect(page.get_by_role("main").get_by_text("Your session has ended.")).to_be_visible()
        visitor.logIn("admin", password)
        expect(box).to_have_value("half a command")
        # Whoever comes next does not see it.
        self.logOut(page)
        expect(page.get_by_role("main").get_by_text("Your session has ended.")).to_have_count(0)
        self.admin.login("admin", password)
        rights = {"one": ["command"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor.logIn("ann", password)
        page.goto(f"{self.daemon.base}#/server/one/console")
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
        expect(page.get_by_role("link", name="Account of")).to_be_visible()
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
        expect(page.get_by_role("link", name="Account of")).to_be_visible()

    def test_noWorker(self) -> None:
        """A worker that can't be had is told of, and the next click tries again."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        page.route("**/work.js", lambda route: route.abort())
        # One is asked for ahead, so that none is while this goes on.
        with page.expect_event("requestfailed"):
            page.get_by_label("User name").fill("admin")
        page.get_by_label("Password").fill(self.daemon.password)
        page.get_by_role("button", name="Log in").click()
        expect(self.error(page).filter(has_text="does not answer")).to_be_visible()
        page.unroute("**/work.js")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("link", name="Account of")).to_be_visible()

    def test_slowBeginning(self) -> None:
        """A daemon that is busy when the page opens is told of, and asked again."""
        visitor = self.visit(logIn=False)
        page = visitor.page
        body = json.dumps({"code": "busy", "detail": "x", "status": 503})
        page.route("**/config", lambda route: route.fulfill(status=503, body=body))
        page.reload()
        expect(page.get_by_role("main").get_by_text("The daemon is busy.")).to_be_visible()
        page.unroute("**/config")
        expect(page.get_by_label("User name")).to_be_visible()

    def test_german(self) -> None:
        """The page speaks the language of the person."""
        visitor = self.visit(logIn=False, hasModules=True, locale="de-DE")
        expect(visitor.page.get_by_role("button", name="Anmelden")).to_be_visible()
        self.assertEqual(visitor.page.evaluate("document.documentElement.lang"), "de")
        names = visitor.page.evaluate(
            """async () => {
                const parts = ["page", "server", "files", "schedules", "forms", "events", "errors"];
                const keys = async (name) => {
                    const load = (part) => import(`/panel/texts/${name}/${part}.js`);
                    const all = await Promise.all(parts.map(load));
                    return all.flatMap((each) => Object.keys(each.default));
                };
                return [await keys("en"), await keys("de")];
            }"""
        )
        self.assertEqual(*names)

    def test_weight(self) -> None:
        """The first load is light, with a console, too, and all from here; nothing fails."""
        visitor = self.visit()
        expect(visitor.page.get_by_role("heading", name="Your first server")).to_be_visible()
        sent, plain = visitor.weight()
        self.assertLess(sent, 110_000)
        self.assertLess(plain, 400_000)
        self.server("trains")
        visitor.page.evaluate("location.hash = '#/server/trains/console'")
        expect(visitor.page.get_by_role("log", name="Console")).to_be_visible()
        # The last that comes.
        self.admin.wait(lambda: self.hasTools(visitor.page), "the tools")
        self.assertLess(visitor.weight()[0], 110_000)
        loaded = visitor.page.evaluate(
            """() => performance.getEntries().filter((e) => "transferSize" in e)
                .map((e) => e.name)"""
        )
        self.assertTrue(all(name.startswith(self.daemon.base) for name in loaded), loaded)
        self.assertEqual(visitor.failed, [])

    def hasTools(self, page: Any) -> bool:
        """Whether what comes when there is nothing else to do has come."""
        return bool(
            page.evaluate(
                "performance.getEntriesByType('resource').some((e) => /tools/.test(e.name))"
            )
        )

    def loaded(self, page: Any) -> dict[str, int]:
        """What a page has loaded for good, and the bytes that came over the wire for it."""
        found = page.evaluate(
            "performance.getEntriesByType('resource').map((e) => [e.name, e.transferSize])"
        )
        paths = {re.sub(r"/panel/[0-9a-f]{24}/", "", urlsplit(url).path): n for url, n in found}
        # Tools come when there is nothing else to do.
        isOurs = re.compile(r"(?!tools)[\w-]+\.\w+").fullmatch
        return {path: size for path, size in sorted(paths.items()) if isOurs(path)}

    def test_together(self) -> None:
        """
        What a page needs is asked for at once and in few pieces, and no page has what only others
        need; once had, none of it is asked for again.
        """
        self.server("trains")
        visitor = self.visit()
        page = visitor.page
        expect(self.row(page, "trains")).to_be_visible()
        first = ["first.js", "styles.css", "words-en.js"]
        self.assertEqual(list(self.loaded(page)), first)
        page.get_by_role("link", name="trains", exact=True).first.click()
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        self.assertEqual(list(self.loaded(page)), sorted([*first, "server.js"]))
        page.reload()
        expect(page.get_by_label("User name")).to_be_visible()
        self.assertEqual(self.loaded(page), dict.fromkeys(first, 0))

    def asked(self, context: Any, path: str, early: str) -> list[str]:
        """
        The scripts that a page asks for.

        @param early: what must have been asked for before the first script has come.
        """
        page = context.new_page()
        found: list[str] = []
        held: list[Any] = []
        page.on("request", lambda request: found.append(request.url.rpartition("/")[2]))
        page.route("**/first.js", lambda route: held.append(route))
        with page.expect_request("**/words-en.js"), page.expect_request(f"**/{early}"):
            page.goto(self.daemon.base + path, wait_until="commit")
        while not held:
            page.wait_for_timeout(10)
        held[0].continue_()
        expect(page.locator("main h1")).to_be_visible()
        page.close()
        return sorted(name for name in found if name.endswith(".js") and name != "tools.js")

    def test_ahead(self) -> None:
        """
        Somebody who has stayed logged in gets the scripts of any page at once: each is asked for
        once, and before the first has come, which would name it.
        """
        self.server("trains")
        stay = f"localStorage.setItem('gamepanel.token', '\"{self.admin.token}\"');"
        context = self.visit(logIn=False, script=stay).context
        for path, name in (("#/server/trains/console", "server.js"), ("#/people", "rest.js")):
            found = self.asked(context, path, name)
            self.assertEqual(found, sorted(["first.js", "words-en.js", name]))

    def refuseOnce(self, page: Any, address: str, status: int, body: str = "") -> None:
        page.route(address, lambda route: route.fulfill(status=status, body=body), times=1)

    def test_upgraded(self) -> None:
        """
        A page that the daemon has nothing more of, since there is a new one by now, is loaded anew,
        at the place that one wanted, and nobody has to log in again.
        """
        self.server("trains")
        page = self.visit().page
        expect(self.row(page, "trains")).to_be_visible()
        self.refuseOnce(page, "**/server.js", 404)
        self.refuseOnce(page, self.daemon.base, 200, "<p>made anew</p>")
        page.evaluate("window.isOld = true")
        page.get_by_role("link", name="trains", exact=True).first.click()
        expect(page.get_by_role("log", name="Console")).to_be_visible()
        self.assertFalse(page.evaluate("'isOld' in window"))
        self.assertIn("#/server/trains", page.url)

    def test_notLoaded(self) -> None:
        """What does not come although the page is the same is told of; trying again helps."""
        self.server("trains")
        page = self.visit().page
        expect(self.row(page, "trains")).to_be_visible()
        self.refuseOnce(page, "**/server.js", 503)
        page.get_by_role("link", name="trains", exact=True).first.click()
        expect(page.get_by_text("This part of the page could not be loaded.")).to_be_visible()
        page.get_by_role("button", name="Try again").click()
        expect(page.get_by_role("log", name="Console")).to_be_visible()

    def test_headers(self) -> None:
        """The page has a strict policy of its own; the API keeps that which allows nothing."""
        for path, words in (
            ("", "script-src 'self'"),
            ("", "style-src 'self'; img-src 'self' blob:; connect-src 'self';"),
            ("config", "default-src 'none'; frame"),
        ):
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
            expect(self.error(page)).to_contain_text("not good")
        page.get_by_label("Access token").fill("aa")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("link", name="Account of")).to_be_visible()
        expect(page.get_by_role("link", name="Account of root")).to_be_visible()


class NoauthTests(PageTests):
    options = ("--auth", "noauth")

    def test_open(self) -> None:
        """Where nobody has to log in one is in at once."""
        page = self.visit(logIn=False).page
        expect(page.get_by_role("heading", name="Your first server")).to_be_visible()
        page.get_by_role("link", name="Account of").click()
        expect(page.get_by_role("button", name="Log out")).to_have_count(0)
