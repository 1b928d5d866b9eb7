"""Players on the page: in the list, in the head of a server, and in a tab of their own."""

import json
import re
import time
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import expect

from tests.panelcase import PageTests, password

emoji = "😀" * 64


arena: Final = """
title = "Arena"
[run]
command = ["sh", "-c", "echo ready; exec cat"]
ready = '^ready$'
[players]
join = '^(?P<name>[a-z]+) joined$'
leave = '^(?P<name>[a-z]+) left$'
chat = '^<(?P<name>[a-z]+)> (?P<text>.*)$'
[[players.actions]]
name = "kick"
title = "Kick"
command = "{player} left"
allow = '[a-z]+'
"""
"""A game that prints what is typed: so tests let players come and go."""

mute: Final = """
title = "Mute"
[run]
command = ["sleep", "1000"]
[console]
kind = "none"
"""
"""A game that takes no commands."""


class RealTests(PageTests):
    """A real daemon that knows who plays."""

    def make(self, type: str, text: str) -> None:
        """A server of a type of its own, which runs."""
        Path(self.daemon.state, "types", f"{type}.toml").write_text(text)
        self.admin("server_create", type=type, server="one")
        self.admin("server_start", server="one")
        self.admin.until("one", "running")

    def test_players(self) -> None:
        """Those who join are in the list, the tab and what happened; one who is kicked has left."""
        self.make("arena", arena)
        page: Any = self.visit(path="#/server/one/players").page
        expect(page.get_by_role("heading", name="Nobody is on")).to_be_visible()
        for line in ("ann joined", "bob joined", "<ann> hello", "bob left"):
            self.admin("server_cmd", server="one", command=line)
        rows = page.get_by_role("table", name="Players").locator("tbody tr")
        expect(page.get_by_role("button", name="1 on now")).to_be_visible()
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text("ann")
        expect(page.locator(".sh-fact.pl")).to_contain_text("1")
        page.get_by_role("button", name="Kick ann …").click()
        page.get_by_role("dialog").get_by_role("button", name="Kick", exact=True).click()
        expect(page.get_by_role("button", name="0 on now")).to_be_visible()
        page.goto(f"{self.daemon.base}#/server/one/activity")
        events = page.get_by_role("region", name="Activity")
        for words in ("ann joined", "bob joined", "ann: hello", "bob left", "ann left"):
            expect(events).to_contain_text(words)
        expect(events).to_contain_text("The last player has left")
        expect(events.locator("li", has_text="bob joined").locator("b")).to_have_text("bob")

    def test_mute(self) -> None:
        """The console of a game that takes no commands says so, and takes no line."""
        self.make("mute", mute)
        page: Any = self.visit(path="#/server/one/console").page
        box = page.get_by_role("textbox", name="Command")
        expect(box).to_have_attribute("placeholder", re.compile("it takes no commands"))
        expect(box).not_to_be_editable()


class PlayerTests(PageTests):
    """
    What a daemon tells of players is given to the page here, so that all of it can be: names of
    any kind, and games that nobody can run in a test.
    """

    def setUp(self) -> None:
        super().setUp()
        self.sent: list[dict[str, Any]] = []
        now = time.time()
        self.players: list[dict[str, Any]] = [
            {"name": "Mira_K", "online": True, "since": now - 1565, "lastSeen": now},
            {"name": emoji, "online": True, "since": None, "lastSeen": now},
            {"name": "<b>ole</b>", "online": False, "since": None, "lastSeen": now - 7200},
        ]
        self.told: dict[str, Any] = {"online": 2, "max": 40, "names": None, "at": now}
        self.responds: bool | None = True
        self.refusal: dict[str, Any] | None = None

    def play(self, page: Any) -> None:
        """Let the page be told of players of the server "one"."""

        def status(route: Any) -> None:
            response = route.fetch()
            told = response.json()
            for each in told.get("servers", [told]):
                each["players"], each["responds"] = self.told, self.responds
            route.fulfill(response=response, json=told)

        def players(route: Any) -> None:
            actions = [
                {"name": "kick", "title": "Kick"},
                {"name": "ban", "title": "Ban"},
                {"name": "op", "title": "Op"},
            ]
            route.fulfill(json={"players": self.players, "actions": actions})

        def act(route: Any) -> None:
            self.sent.append(json.loads(route.request.post_data))
            if self.refusal is None:
                route.fulfill(json={})
            else:
                route.fulfill(status=400, json=self.refusal)

        page.route(re.compile("/server_status$"), status)
        page.route(re.compile("/player_list$"), players)
        page.route(re.compile("/player_action$"), act)

    def test_list(self) -> None:
        """The list and the head of a server tell how many are on, of how many."""
        self.server("one")
        page: Any = self.visit(logIn=False).page
        self.play(page)
        self.visitors[-1].logIn("admin", self.daemon.password)
        expect(self.row(page, "one").locator(".c-pl")).to_have_text("2/40")
        page.goto(f"{self.daemon.base}#/server/one/console")
        expect(page.locator(".sh-fact.pl")).to_contain_text("2 of 40")
        expect(page.get_by_role("img", name="Players 2", exact=True)).to_be_visible()
        tabs = page.get_by_role("navigation", name="one", exact=True)
        expect(tabs.get_by_role("link", name="Players 2")).to_be_visible()
        self.responds = False
        expect(self.pill(page)).to_have_text("No answer")
        page.goto(f"{self.daemon.base}#/")
        expect(self.row(page, "one")).to_contain_text("No answer to its query")

    def test_tab(self) -> None:
        """
        The tab tells who is on and since when, and who was when; an action asks first, and what
        the daemon refuses stays in the question.
        """
        self.server("one")
        visitor = self.visit(logIn=False)
        page: Any = visitor.page
        self.play(page)
        visitor.logIn("admin", self.daemon.password)
        expect(page.get_by_role("link", name="one", exact=True)).to_be_visible()
        page.goto(f"{self.daemon.base}#/server/one/players")
        table = page.get_by_role("table", name="Players")
        rows = table.locator("tbody tr")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text(re.compile("2[6-9] min"))
        expect(page.get_by_role("img", name=re.compile("^Players.*40 slots"))).to_be_visible()
        self.assertEqual(visitor.violations(), [])
        visitor.picture("light-server-players")
        page.get_by_role("button", name="3 seen").click()
        expect(rows).to_have_count(3)
        expect(rows.nth(2)).to_contain_text("<b>ole</b>")
        expect(rows.nth(2)).to_contain_text("2 h ago")
        page.get_by_label("Search a name").fill("mira")
        expect(rows).to_have_count(1)
        for width in (360, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wide, 0, width)
        page.get_by_role("button", name="Kick Mira_K …").click()
        dialog = page.get_by_role("dialog", name="Kick Mira_K?")
        dialog.get_by_role("button", name="Cancel").click()
        self.assertEqual(self.sent, [])
        page.get_by_role("button", name="More for Mira_K").click()
        page.get_by_role("menuitem", name="Op …").click()
        wrong = [{"pointer": "/player", "detail": "this name is not for this action"}]
        self.refusal = {"code": "bad_request", "detail": "x", "status": 400, "errors": wrong}
        dialog = page.get_by_role("dialog", name="Op Mira_K?")
        dialog.get_by_role("button", name="Op").click()
        expect(dialog).to_contain_text("this name is not for this action")
        self.refusal = None
        dialog.get_by_role("button", name="Op").click()
        expect(dialog).to_have_count(0)
        asked = {"server": "one", "action": "op", "player": "Mira_K"}
        self.assertEqual(self.sent, [asked, asked])
        expect(page.get_by_role("status")).to_have_text("Op Mira_K: sent.")

    def test_nobody(self) -> None:
        """An empty list says what it is for; a game that tells nothing of players, that."""
        self.server("one")
        self.players = []
        self.told["online"] = 0
        page: Any = self.visit(logIn=False).page
        self.play(page)
        self.visitors[-1].logIn("admin", self.daemon.password)
        expect(page.get_by_role("link", name="one", exact=True)).to_be_visible()
        page.goto(f"{self.daemon.base}#/server/one/players")
        expect(page.get_by_role("heading", name="Nobody is on")).to_be_visible()
        self.told = None  # type: ignore[assignment]
        expect(page.get_by_role("heading", name="This game does not tell")).to_be_visible()

    def test_mayLook(self) -> None:
        """Who may only look sees players, and no actions."""
        self.server("one")
        rights = {"one": ["view"]}
        self.admin("user_create", username="ann", password=password, servers=rights)
        page: Any = self.visit(logIn=False).page
        self.play(page)
        self.visitors[-1].logIn("ann", password)
        expect(page.get_by_role("link", name="one", exact=True)).to_be_visible()
        page.goto(f"{self.daemon.base}#/server/one/players")
        expect(page.get_by_role("table", name="Players").locator("tbody tr")).to_have_count(2)
        expect(page.get_by_role("button", name=re.compile("^Kick"))).to_have_count(0)
