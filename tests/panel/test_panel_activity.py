"""Graphs of what was used, and lists of what happened, on the page."""

import json
import re
import time
from functools import partial
from typing import Any

from playwright.sync_api import expect

from tests.panelcase import PageTests, password

mebi = 1024 * 1024


def history(route: Any) -> None:
    """
    Answer as the daemon does after two hours: the server ran for one, then not for a while,
    then again; of the newest interval nothing is stored yet.
    """
    seconds = json.loads(route.request.post_data)["seconds"]
    interval = max(60, seconds // 480)
    count = seconds // interval
    begin = int(time.time()) // interval * interval - (count - 1) * interval
    idle = range(count // 2, count // 2 + 5)
    samples = [
        {
            "at": begin + number * interval,
            "cpuPercent": None if number in idle else 50.0 if number else 150.0,
            "memoryBytes": None if number in idle else 100 * mebi,
            "players": None,
        }
        for number in range(count - 1)
    ]
    at = begin + (count - 1) * interval
    samples.append({"at": at, "cpuPercent": None, "memoryBytes": None, "players": None})
    route.fulfill(json={"interval": interval, "samples": samples})


def isOf(seconds: int, response: Any) -> bool:
    """Whether it is what was used in so many seconds."""
    request = response.request
    return "server_history" in request.url and request.post_data_json["seconds"] == seconds


class HistoryTests(PageTests):
    def test_history(self) -> None:
        """
        A server's graphs show what was used before the page was opened, of an hour, a day or
        a month, and say the same in words; the newest value is the one of now.
        """
        self.server("one")
        visitor = self.visit(path="#/server/one/activity")
        page = visitor.page
        asked: list[int] = []

        def answer(route: Any) -> None:
            asked.append(json.loads(route.request.post_data)["seconds"])
            history(route)

        page.route("**/server_history", answer)
        for name, seconds in (
            ("1 hour", 3600),
            ("60 days", 5184000),
            ("1 day", 86400),
        ):
            # With the keyboard.
            button = page.get_by_role("button", name=name, exact=True)
            button.focus()
            with page.expect_response(partial(isOf, seconds)):
                page.keyboard.press("Enter")
            expect(button).to_have_attribute("aria-pressed", "true")
            graph = page.get_by_role("img", name=re.compile(r"^CPU · [\d.]+ % now · .* most 150 %"))
            expect(graph).to_have_attribute("aria-label", re.compile("did not run$"))
            # Before the gap and behind it, where it goes on to the value of now.
            expect(graph.locator("polyline")).to_have_count(2)
            expect(graph.locator(".gap")).to_have_count(1)
            self.assertEqual(asked[-1], seconds)
        memory = page.locator(".chart").filter(has_text="Memory")
        expect(memory.locator(".facts-of")).to_contain_text(re.compile(r" now · most 100 MiB"))
        usage = self.admin("server_status", server="one")["usage"]
        expect(memory.locator(".facts-of")).to_have_text(re.compile(r"^[\d.]+ [KM]iB now"))
        self.assertLess(usage["memoryBytes"], 100 * mebi)
        expect(page.get_by_role("img", name=re.compile("^Players"))).to_have_count(0)
        self.assertEqual(visitor.violations(), [])
        visitor.picture("history")

    def test_fresh(self) -> None:
        """A day is asked for again every three minutes; a server that was just made has no past."""
        self.admin("server_create", type="shell", server="one")
        visitor = self.visit(logIn=False)
        page = visitor.page
        page.clock.install()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
        visitor.logIn("admin", self.daemon.password)
        page.get_by_role("link", name="one").click()
        before = page.evaluate("Date.now()")
        with page.expect_response("**/server_history"):
            page.get_by_role("link", name="Activity").click()
        graph = page.get_by_role("img", name=re.compile(r"^CPU · \u2013 now · Nothing is known"))
        expect(graph).to_be_visible()
        # Where there is nothing, a scale still tells one line from another.
        scale = page.locator(".chart", has_text="Memory").locator(".ys span").all_inner_texts()
        self.assertEqual(len(scale), len(set(scale)), scale)
        self.assertEqual(asked.count("server_history"), 1)
        # From now on time goes by only as it is told here.
        now = page.evaluate("Date.now()") + 10_000
        page.clock.pause_at(now / 1000)
        passed = now - before
        # Of a day there is something new every three minutes.
        page.clock.fast_forward(179_000 - passed)
        expect(self.pill(page)).to_have_text("Stopped")
        self.assertEqual(asked.count("server_history"), 1)
        with page.expect_request("**/server_history"):
            page.clock.fast_forward(2_000 + passed)


class EventTests(PageTests):
    def test_older(self) -> None:
        """
        Older events are found by windows of numbers, each once and in order, wherever they lie,
        with few requests; the list is bounded, and what comes while one reads waits.
        """
        page = self.visit(logIn=False, hasModules=True).page
        found = page.evaluate(
            """async () => {
                const { Happenings, MOST, PAGE, readOlder } = await import("/panel/lib/events.js");
                // Few, then many at once, then few again.
                const numbers = [3, 7, ...Array.from({ length: 400 }, (_, i) => 9000 + i), 40000];
                let asked = 0;
                const read = async (after, limit) => {
                    asked++;
                    const behind = numbers.filter((n) => n > after).slice(0, limit);
                    return { events: behind.map((event) => ({ event })) };
                };
                const all = [];
                let isAll = false;
                while (!isAll) {
                    let some;
                    [some, isAll] = await readOlder(read, all.at(-1)?.event ?? 50001, PAGE);
                    all.push(...some);
                }
                const right = numbers.toReversed().join() === all.map((e) => e.event).join();
                const list = new Happenings();
                list.take({ events: [{ event: 1 }], newest: 1 }, false);
                list.take({ events: [{ event: 2 }], newest: 2 }, true);
                const held = [list.shown.length, list.fresh.length];
                for (let n = 3; n < 2 * MOST; n++) {
                    list.take({ events: [{ event: n }], newest: n }, n % 2);
                }
                list.show();
                const ends = [list.shown[0].event, list.shown.at(-1).event, list.isFull];
                return [right, asked < 80, held, ends];
            }"""
        )
        self.assertEqual(found, [True, True, [1, 1], [1999, 1000, True]])

    def test_activity(self) -> None:
        """
        What happened to a server is on its page, for all of them on one page, as text, newest
        first and live; admins see the daemon's, too, others only what they may see.
        """
        for number in range(60):
            self.admin("server_create", type="shell", server=f"server-{number}")
        rights = {"server-3": ["view"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        visitor = self.visit()
        page = visitor.page
        page.get_by_role("link", name="Activity", exact=True).click()
        entries = page.get_by_role("region", name="Activity").get_by_role("listitem")
        expect(entries).to_have_count(50)
        expect(entries.first).to_contain_text("server-59 Created by admin · shell")
        older = page.get_by_role("button", name="Show older")
        older.focus()
        page.keyboard.press("Enter")
        expect(entries).to_have_count(61)
        expect(entries.last).to_contain_text("The daemon has started gamepanel")
        expect(older).to_have_count(0)
        # Somebody reads further down: nothing moves until they want it to.
        entries.last.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        self.assertGreater(before, 0)
        self.admin("server_create", type="shell", server="late")
        fresh = page.get_by_role("button", name="1 new")
        expect(fresh).to_be_visible()
        self.assertEqual(page.evaluate("scrollY"), before)
        expect(entries).to_have_count(61)
        fresh.click()
        expect(entries.first).to_contain_text("late Created")
        self.admin("server_destroy", server="late")
        expect(entries.first).to_contain_text("late Destroyed")
        self.assertEqual(visitor.violations(), [])
        entries.get_by_role("link", name="server-3", exact=True).click()
        expect(entries).to_have_count(1)
        expect(entries).to_contain_text("Created by admin")
        self.assertEqual(visitor.violations(), [])
        other = self.visit(logIn=False, path="#/activity", locale="de-DE", color_scheme="dark")
        other.page.set_viewport_size({"width": 360, "height": 740})
        other.page.get_by_label("Benutzername").fill("ann")
        other.page.get_by_label("Passwort").fill(password)
        other.page.get_by_role("button", name="Anmelden").click()
        entries = other.page.get_by_role("region", name="Verlauf").get_by_role("listitem")
        expect(entries).to_have_count(1)
        expect(entries).to_contain_text("server-3 Angelegt von admin")
        self.assertEqual(other.violations(), [])
        wide = other.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(wide, 0)

    def test_words(self) -> None:
        """Each kind has a sentence; all that comes in is text, also of kinds not known yet."""
        self.admin("server_create", type="shell", server="one")
        visitor = self.visit()
        page = visitor.page
        markup = "<img src=x onerror=alert(1)>"
        events = [
            (kind, data)
            for kind, data in (
                ("created", {"type": "shell", "by": "admin"}),
                ("starting", {"by": None}),
                ("ready", {"by": "schedule:3"}),
                ("stopping", {"by": "ann"}),
                ("stopped", {"code": 0, "signal": None, "reason": "stopped", "by": "ann"}),
                ("failed", {"reason": f"no map {markup}\nto load"}),
                ("crashed", {"code": 3, "signal": None, "reason": "exit code 3"}),
                ("waiting", {"nextAt": time.time() + 60}),
                ("given_up", {"reason": "5 crashes in 10 min"}),
                ("changed", {"settings": ["motd", "tags"], "by": "ann"}),
                ("hung", {"seconds": 90}),
                ("responding", {"seconds": 95}),
                ("out_of_memory", {"limit": 100 * mebi}),
                ("player_joined", {"name": markup}),
                ("player_left", {"name": "Pip"}),
                ("chat", {"name": "ole", "text": "{name} $& " + markup}),
                ("emptied", {}),
                ("job_done", {"job": 7, "kind": "delete", "by": "admin"}),
                ("job_failed", {"job": 8, "kind": "backup", "by": "admin", "error": "full"}),
                ("job_cancelled", {"job": 9, "kind": "later", "by": "admin"}),
                ("dropped", {"count": 12}),
                ("disk_limit", {"limit": 2 * mebi, "used": 3 * mebi}),
                ("schedule_ran", {"schedule": 1, "name": "nightly", "error": None}),
                ("schedule_failed", {"schedule": 1, "name": "nightly", "error": "busy"}),
                ("update_available", {"installed": "91", "available": "97"}),
                ("disk_low", {"free": mebi}),
                ("disk_fine", {"free": 5 * mebi}),
                ("daemon_started", {"version": "1", "servers": 2}),
                ("daemon_stopping", {"version": "1", "servers": 2}),
                ("destroyed", {"type": "shell", "by": "admin"}),
                ("brand_new", {"what": {"deep": markup}}),
            )
        ]
        answer = {
            "events": [
                {"event": number, "at": time.time(), "server": "one", "kind": kind, "data": data}
                for number, (kind, data) in enumerate(events, 1)
            ],
            "oldest": 1,
            "newest": len(events),
        }
        page.route("**/event_list", lambda route: route.fulfill(json=answer), times=1)
        page.goto(f"{self.daemon.base}#/activity")
        entries = page.get_by_role("region", name="Activity").get_by_role("listitem")
        expect(entries).to_have_count(len(events))
        said = [text.split("one ", 1)[1] for text in entries.all_inner_texts()][::-1]
        told = dict(zip([kind for kind, _ in events], said, strict=True))
        for kind, words in (
            ("starting", "Starting"),
            ("ready", "Ready by schedule 3"),
            ("failed", f"Failed no map {markup}\nto load"),
            ("chat", "ole: {name} $& " + markup),
            ("player_joined", f"{markup} joined"),
            ("changed", "Settings were changed by ann · motd, tags"),
            ("hung", "Has not answered for 90 s"),
            ("job_done", "Job 7 (deletion of files) is done by admin"),
            ("job_cancelled", "Job 9 (later) was cancelled by admin"),
            ("disk_limit", "The limit of its disk space is reached 3 MiB of 2 MiB"),
            ("brand_new", "brand_new"),
        ):
            self.assertEqual(" ".join(told[kind].split(" ")), words)
        names = set(told) - {"brand_new"}
        self.assertEqual([kind for kind in names if kind == told[kind].split(" ")[0]], [])
        self.assertEqual(page.locator("main img").count(), 0)


class HostTests(PageTests):
    def test_host(self) -> None:
        """Admins see what the host has and uses, now and over a day; others have no such page."""
        self.server("one")
        self.admin("server_create", type="shell", server="two")
        self.admin("user_create", username="ann", password=password)
        visitor = self.visit()
        page = visitor.page
        page.get_by_role("link", name="Host", exact=True).click()
        told = page.get_by_role("definition")
        expect(told.filter(has_text="1 running · 1 stopped")).to_be_visible()
        status = self.admin("host_status")
        tiles = page.get_by_role("region", name="Now")
        expect(tiles).to_contain_text(f"of {status['cores']} cores · load ")
        expect(told.filter(has_text=status["daemon"]["version"])).to_be_visible()
        for name in ("CPU", "Memory", "Disk free"):
            graph = page.get_by_role("img", name=re.compile(f"^{name} .* now .*· most "))
            # The daemon knows it from its second look on.
            expect(graph.locator("polyline")).to_have_count(1)
        self.assertEqual(visitor.violations(), [])
        page.set_viewport_size({"width": 360, "height": 740})
        page.emulate_media(color_scheme="dark")
        self.assertEqual(visitor.violations(), [])
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        self.assertLessEqual(wide, 0)
        other = self.visit(logIn=False, path="#/host")
        other.logIn("ann", password)
        expect(
            other.page.get_by_text("You do not have the right to see this page.")
        ).to_be_visible()
        expect(other.page.get_by_role("link", name="Host")).to_have_count(0)
