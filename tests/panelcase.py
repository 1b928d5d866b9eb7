"""What tests of the page stand on: a real Chromium, a real daemon with real servers."""

import os
from pathlib import Path
from typing import Any, Final

from twisted.trial.unittest import SynchronousTestCase

from tests.browser import Visitor, chromium
from tests.support import Daemon

password: Final = "a meadow full of sheep"
"""Of people that tests make."""

secretive: Final = """
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
            for page in visitor.context.pages:
                # What is being answered for the page now need not be.
                page.unroute_all(behavior="ignoreErrors")
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

    def row(self, page: Any, id: str) -> Any:
        """A server's row in the list."""
        return page.get_by_role("row", name=id, exact=True)

    def pill(self, page: Any) -> Any:
        """Where the state of the server is told whose page it is."""
        return page.locator(".server-head .pill")

    def error(self, page: Any) -> Any:
        """What is said to be wrong."""
        return page.locator(".error")

    def kill(self, page: Any, id: str) -> None:
        """Kill a server, and say yes."""
        page.get_by_role("button", name=f"More for {id}").click()
        page.get_by_role("menuitem", name="Kill").click()
        page.get_by_role("button", name="Kill now").click()

    def logOut(self, page: Any) -> None:
        """Log out, where that is done."""
        page.get_by_role("link", name="Account of").click()
        page.get_by_role("button", name="Log out").click()
