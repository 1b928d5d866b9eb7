"""What the console of the page makes of a log: runs, times, levels, links, what moves in a line."""

import re
import threading
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests


class TerminalTests(PageTests):
    def open(self, id: str) -> Any:
        """A server's console."""
        page = self.visit(path=f"#/server/{id}/console").page
        self.log = page.get_by_role("log", name="Console")
        self.box = page.get_by_role("textbox", name="Command")
        return page

    def test_moves(self) -> None:
        """Carriage returns, ESC[K, titles, italic and underline are as a terminal shows them."""
        page = self.visit(logIn=False, hasModules=True).page
        for raw, text in (
            ("10 %\r50 %\r100 %", "100 %"),
            ("long line\rshort", "shortline"),
            ("long line\rshort\x1b[K", "short"),
            ("abcdef\r\x1b[2Kx", "x     "),
            ("abc\x1b[1Kd", "   d"),
            ("\x1b]0;a title\x07text", "text"),
            ("\x1b]8;;https://x.org\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("a\x1b[2Jb", "a␛[2Jb"),
        ):
            got = page.evaluate(
                """async (raw) => {
                    const { Lines } = await import("/panel/lib/lines.js");
                    const { parse, plainStyle, settled } = await import("/panel/lib/ansi.js");
                    const whole = new Lines();
                    whole.append(raw + "\\n");
                    const bits = new Lines();
                    for (const character of raw) bits.append(character);
                    const again = parse(settled(raw, plainStyle), plainStyle).runs;
                    return [
                        whole.items[0].text,
                        bits.items[0].text,
                        again.map(({ text }) => text).join(""),
                    ];
                }""",
                raw,
            )
            self.assertEqual(got, [text] * 3, repr(raw))
        # However often it is written over, a line stays small.
        size = page.evaluate(
            """async () => {
                const { Lines } = await import("/panel/lib/lines.js");
                const lines = new Lines();
                for (let n = 0; n < 20000; n++) lines.append(`\\r${n} of 20000`);
                return [lines.items.length, lines.items[0].raw.length, lines.items[0].text];
            }"""
        )
        self.assertEqual((size[0], size[2]), (1, "19999 of 20000"))
        self.assertLess(size[1], 4096)

    def test_levels(self) -> None:
        """Warnings and errors have a colour and a mark; one can see them alone."""
        self.server(
            "one",
            "echo '[12:00:00 INFO]: errors: 0'; echo '[12:00:01 WARN]: slow'; "
            "echo '[12:00:02 ERROR]: bad'; echo '    at x.y(Z)'; echo fine; exec cat",
        )
        page = self.open("one")
        expect(self.log.locator(".ln.warn")).to_have_text("[12:00:01 WARN]: slow")
        expect(self.log.locator(".ln.err")).to_have_text(
            ["[12:00:02 ERROR]: bad", "    at x.y(Z)"], use_inner_text=True
        )
        page.get_by_role("button", name="Levels shown: all").click()
        page.get_by_role("menuitem", name="warnings and errors").click()
        expect(self.log.locator(".ln")).to_have_count(3)
        page.get_by_role("button", name="Levels shown: warnings and errors").click()
        page.get_by_role("menuitem", name="all", exact=True).click()
        expect(self.log.locator(".ln")).to_have_count(5)

    def test_links(self) -> None:
        """Addresses can be followed, and tell nobody where one came from; nothing else can."""
        self.server(
            "one",
            "echo 'see https://example.org/a?b=1. or javascript:alert(1) file:///etc'; exec cat",
        )
        self.open("one")
        link = self.log.locator("a")
        expect(link).to_have_count(1)
        expect(link).to_have_attribute("href", "https://example.org/a?b=1")
        expect(link).to_have_attribute("rel", "noreferrer noopener")
        expect(link).to_have_attribute("target", "_blank")

    def test_runs(self) -> None:
        """A rule tells where a run ended, how, and where the next began; lines have their times."""
        self.server("one", "echo hello; read -r x; exit 3")
        self.admin("server_settings", server="one", settings={"restart": "never"})
        page = self.open("one")
        expect(self.log.locator(".sep")).to_have_text(re.compile("^Run begins .* by admin$"))
        self.admin("server_cmd", server="one", command="go")
        self.admin.until("one", "crashed")
        rules = self.log.locator(".sep")
        expect(rules).to_have_count(2)
        expect(rules.last).to_contain_text("Run ended · crashed")
        page.get_by_role("button", name="Start", exact=True).click()
        expect(rules).to_have_count(3)
        expect(self.log.locator(".ln").filter(has_text="hello")).to_have_count(2)
        order = "(all) => all.sort((a, b) => a.offsetTop - b.offsetTop).map((e) => e.className)"
        self.admin.wait(
            lambda: (
                self.log.locator(".ln, .sep").evaluate_all(order)
                == ["sep", "ln", "sep", "sep", "ln"]
            ),
            "the rules in their places",
        )
        page.get_by_role("button", name="Time stamps").click()
        expect(self.log.locator("time").first).to_have_text(re.compile(r"^\d\d:\d\d:\d\d$"))

    def test_quickRuns(self) -> None:
        """However soon a run follows another, rules stand between them; each has its times."""
        options = {"script": "echo a; echo b; exit 3"}
        self.admin("server_create", type="shell", server="one", options=options)
        self.admin("server_settings", server="one", settings={"restart": "never"})
        for _ in range(4):
            self.admin("server_start", server="one")
            self.admin.until("one", "crashed")
        marks = self.admin("server_log", server="one", times=True)["times"]
        self.assertEqual([index for index, _ in marks], [0, 4, 8, 12])
        self.open("one")
        order = "(all) => all.sort((a, b) => a.offsetTop - b.offsetTop).map((e) => e.textContent)"
        run = ["Run begins", "a", "b", "Run ended"]
        self.admin.wait(
            lambda: (
                [
                    text.partition(" · ")[0]
                    for text in self.log.locator(".ln, .sep").evaluate_all(order)
                ]
                == run * 4
            ),
            "the rules in their places",
        )

    def test_endFirst(self) -> None:
        """The end of a long log is there first; then all of it is, each line once."""
        self.server("one", "seq -f %0100.0f 1 8000; echo end; exec cat")
        size = 8000 * 101 + len("end\n")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["readIndex"] == size, "all of it"
        )
        asked: list[Any] = []
        visitor = self.visit(logIn=False, path="#/server/one/console")
        page = visitor.page
        page.on(
            "request",
            lambda request: (
                asked.append(request.post_data_json) if "server_log" in request.url else None
            ),
        )
        visitor.logIn("admin", self.daemon.password)
        log = page.get_by_role("log", name="Console")
        expect(log.get_by_text("end", exact=True)).to_be_visible()
        self.assertGreater(asked[1]["readIndex"], 700_000)
        # What is older comes in front, and moves nothing that is being read.
        self.admin.wait(lambda: log.evaluate("(log) => log.scrollHeight") > 100_000, "all of it")
        log.hover()
        page.mouse.wheel(0, -10_000_000)
        expect(log.get_by_text("0" * 99 + "1", exact=True)).to_be_visible()
        page.evaluate("navigator.clipboard.writeText = (text) => ((globalThis.text = text), 0)")
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        lines = page.evaluate("globalThis.text").splitlines()
        self.assertEqual(lines, [*(f"{n:0100}" for n in range(1, 8001)), "end"])

    def test_endAhead(self) -> None:
        """The end of a log is asked for while it is not yet known who looks, and only once."""
        self.server("one", "seq -f %0100.0f 1 2000; echo end; exec cat")
        size = 2000 * 101 + len("end\n")
        self.admin.wait(
            lambda: self.admin("server_status", server="one")["readIndex"] == size, "all of it"
        )
        page = self.open("one")
        expect(self.log.get_by_text("end", exact=True)).to_be_visible()
        # Whoever comes back need not log in.
        page.evaluate(
            "token => localStorage.setItem('gamepanel.token', JSON.stringify(token))",
            self.admin.token,
        )
        held: list[Any] = []
        isKnown = threading.Event()
        page.route(
            "**/whoami",
            lambda route: route.continue_() if isKnown.is_set() else held.append(route),
        )
        asked: list[Any] = []
        page.on(
            "request",
            lambda request: (
                asked.append(request.post_data_json) if "server_log" in request.url else None
            ),
        )
        with page.expect_request(
            lambda request: "server_log" in request.url and "base64" in (request.post_data or "")
        ):
            page.reload()
        isKnown.set()
        for route in held:
            route.continue_()
        expect(self.log.get_by_text("end", exact=True)).to_be_visible()
        ends = [each for each in asked if each.get("encoding") == "base64"]
        self.assertEqual([each["readIndex"] for each in ends], [size - 65_536])

    def asksOf(self, page: Any) -> list[Any]:
        """What a page asks of logs from now on."""
        asked: list[Any] = []
        page.on(
            "request",
            lambda request: (
                asked.append(request.post_data_json) if "server_log" in request.url else None
            ),
        )
        return asked

    def test_shortAhead(self) -> None:
        """All of a short log is asked for ahead, once; it is followed from its last line on."""
        stay = f"localStorage.setItem('gamepanel.token', '\"{self.admin.token}\"');"
        context = self.visit(logIn=False, script=stay).context
        for id, text, place in (("two", "one\\ntwo", 4), ("prompt", "two", 0)):
            self.server(id, f"printf '{text}'; exec cat")
            self.admin.untilLog(id, "two")
            page = context.new_page()
            asked = self.asksOf(page)
            page.goto(f"{self.daemon.base}#/server/{id}/console")
            log = page.get_by_role("log", name="Console")
            expect(log.get_by_text("two", exact=True)).to_be_visible()
            self.assertEqual(log.inner_text().split()[-len(text.split("\\n")) :], text.split("\\n"))
            while len(asked) < 3:
                page.wait_for_timeout(10)
            found = [(each["readIndex"], each.get("encoding")) for each in asked[1:3]]
            self.assertEqual(found, [(0, "base64"), (place, None)])
            page.close()

    def test_givesWay(self) -> None:
        """What is only looked at anew gives way to what one came for."""
        self.server("one")
        visitor = self.visit(logIn=False, path="#/server/one/console")
        page = visitor.page
        asked: list[tuple[str, Any]] = []
        network = page.context.new_cdp_session(page)
        network.on(
            "Network.requestWillBeSent",
            lambda told: (
                asked.append((told["request"]["initialPriority"], told["request"]["postData"]))
                if "/server_status" in told["request"]["url"]
                else None
            ),
        )
        network.send("Network.enable")
        visitor.logIn("admin", self.daemon.password)
        own = '{"server":"one"}'
        for _ in range(4):
            with page.expect_request(
                lambda request: "server_status" in request.url and request.post_data == own
            ):
                pass
        first, second = [priority for priority, body in asked if body == own][:2]
        self.assertEqual((first, second), ("High", "Low"))

    def test_completion(self) -> None:
        """What was typed before is offered while one types, and Tab takes it; else Tab moves on."""
        self.server("one")
        page = self.open("one")
        for line in ("whitelist add ann", "whitelist add bob", "list"):
            self.box.fill(line)
            self.box.press("Enter")
            expect(self.box).to_have_value("")
        self.box.press_sequentially("whi")
        offers = page.get_by_role("listbox", name="Typed before").get_by_role("option")
        lines = offers.locator("> span:first-child")
        expect(lines).to_have_text(["whitelist add bob", "whitelist add ann"])
        expect(lines.locator("b")).to_have_text(["whi", "whi"])
        expect(offers.locator(".muted")).to_have_text([re.compile(r"\d\d:\d\d")] * 2)
        expect(page.locator(".cmd-hint")).to_have_text(re.compile("Tab take Esc close"))
        self.box.press("Tab")
        expect(self.box).to_have_value("whitelist add bob")
        expect(self.box).to_be_focused()
        expect(offers).to_have_count(0)
        self.box.press("Tab")
        expect(page.get_by_role("button", name="Send")).to_be_focused()

    def test_wrapAndOut(self) -> None:
        """Long lines can be left as they are; the console opens in a window that is logged in."""
        self.server("one", "printf 'x%.0s' $(seq 300); echo; exec cat")
        page = self.open("one")
        expect(self.log.locator(".ln").nth(1)).to_be_visible()
        page.get_by_role("button", name="Wrap long lines").click()
        expect(self.log.locator(".ln")).to_have_count(1)
        with page.expect_popup() as opened:
            page.get_by_role("button", name="Open in a window of its own").click()
        window = opened.value
        expect(window.get_by_role("log")).to_be_visible()
        expect(window.locator(".server-head")).to_have_count(0)
        self.assertIsNone(window.evaluate("sessionStorage.getItem('gamepanel.token')"))
