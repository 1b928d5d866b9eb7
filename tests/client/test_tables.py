"""Tables of the command, as people see them."""

from functools import partial

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.client.terminal import aligned, width

titles = ("ID", "STATUS", "")


class AlignedTests(SynchronousTestCase):
    rows = (
        ("one", "running", "A description that is longer than a narrow terminal is wide"),
        ("another", "stopped", "Short"),
    )

    def test_broken(self) -> None:
        """What does not fit goes on below itself, between words; nothing is lost."""
        found = aligned(titles, self.rows, False, 40)
        self.assertEqual(
            found.splitlines(),
            [
                "ID      STATUS",
                "one     running A description that is",
                "                longer than a narrow",
                "                terminal is wide",
                "another stopped Short",
            ],
        )

    def test_cut(self) -> None:
        """In a list it is left out, which is shown."""
        found = aligned(titles, self.rows, False, 40, cuts=True)
        self.assertEqual(found.splitlines()[1], "one     running A description that is l\u2026")
        self.assertEqual(len(found.splitlines()), 3)

    def test_wide(self) -> None:
        """Characters of two columns count as two; a word longer than a line is broken."""
        for text in ("\u4e2d" * 40, "x" * 75, "a " + "x" * 75):
            for cuts in (False, True):
                found = aligned(titles, [("one", "running", text)], False, 43, cuts)
                self.assertLessEqual(max(map(width, found.splitlines())), 43)
                if not cuts:
                    said = "".join(line[12:] for line in found.splitlines()[1:])
                    self.assertEqual(said.replace(" ", ""), text.replace(" ", ""))

    def test_noRoom(self) -> None:
        """Where there is no room at all, or nobody knows how much, lines stay as they are."""
        whole = aligned(titles, self.rows, False)
        for columns in (None, 20, 200):
            self.assertEqual(aligned(titles, self.rows, False, columns), whole)
        self.assertEqual(whole.splitlines()[1], "one     running " + self.rows[0][2])

    def test_address(self) -> None:
        """An address stays in one piece, on a line of its own that begins further left."""
        address = "https://example.org/a-long/address/of-terms"
        text = f"Accept {address} to play here"
        found = aligned(titles, [("one", "running", text)], False, 50)
        self.assertEqual(
            found.splitlines(),
            [
                "ID  STATUS",
                "one running Accept",
                f"       {address}",
                "            to play here",
            ],
        )
        found = aligned(titles, [("one", "running", address)], False, 50)
        self.assertEqual(found.splitlines()[1:], ["one running", f"       {address}"])
        # One that is wider than the terminal is left to that, which knows that it is one.
        found = aligned(titles, [("one", "running", text)], False, 40)
        self.assertIn(address, found.splitlines())

    def test_each(self) -> None:
        """No width makes it fail or lose a word."""
        table = partial(aligned, ("", ""), [("name", "the words of it"), ("x", "")], False)
        for columns in range(1, 60):
            self.assertEqual(table(columns).split(), ["name", "the", "words", "of", "it", "x"])
