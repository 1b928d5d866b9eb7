"""C{newsfragments/}: names that the notes of a release can be made of."""

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from docs.news import badNews


class NewsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.directory = Path(self.mktemp())
        self.directory.mkdir()

    def check(self, name: str, text: str) -> str:
        """What is said of one fragment."""
        path = self.directory / name
        path.write_text(text)
        said = "\n".join(badNews(self.directory))
        path.unlink()
        return said

    def test_names(self) -> None:
        """An issue, what it is about where there are several, and a kind."""
        for name in ("10.bugfix", "10.run-index.feature", "7.doc", "7.removal", "7.x2.misc"):
            self.assertEqual(self.check(name, "It works.\n"), "", name)
        for name in ("bugfix", "x.bugfix", "10.fix", "10.a.b.doc", "10.Run.doc", "10.doc.txt", "a"):
            self.assertIn(f"/{name}: must be named", self.check(name, "It works.\n"), name)

    def test_texts(self) -> None:
        """One paragraph, which ends in a full stop."""
        for text in ("One line.\n", "Two\nlines.\n", "One. (Or two.)\n"):
            self.assertEqual(self.check("10.doc", text), "", text)
        for text in ("", "\n", "No stop\n", "No end.", "Two.\n\nParagraphs.\n", " Indented.\n"):
            self.assertIn("10.doc: must be a paragraph", self.check("10.doc", text), text)
