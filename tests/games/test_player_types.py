"""What a type says of those who play: how that is read and checked."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.console.linepatterns import LinePatterns, isAnchored
from gamepanel.games.definition import BadDefinition
from gamepanel.games.linechecks import lineProblem
from gamepanel.games.parsing import parse

top = """
title = "T"
[[options]]
name = "motd"
title = "M"
type = "string"
[run]
command = ["game"]
"""

whole = (
    top
    + """
[players]
join = '^(?P<name>.+) came'
leave = '^(?P<name>.+) went'
chat = '^<(?P<name>[^>]+)> (?P<text>.*)$'
[[players.actions]]
name = "kick"
title = "Kick"
command = "kick {player} {motd}"
allow = '[a-z]{1,8}'
"""
)


class PlayerTypeTests(SynchronousTestCase):
    def test_read(self) -> None:
        """A type names the lines and the actions; all is optional."""
        players = parse(whole).players
        assert players is not None
        kinds = [kind for kind, _ in players.patterns]
        self.assertEqual(kinds, ["join", "leave", "chat"])
        kick = players.action("kick")
        assert kick is not None
        self.assertEqual((kick.title, kick.allow), ("Kick", "[a-z]{1,8}"))
        self.assertIsNone(players.action("ban"))
        self.assertIsNone(parse(top).players)
        empty = parse(top + "[players]\n").players
        assert empty is not None
        self.assertEqual(list(empty.patterns), [])

    def test_refused(self) -> None:
        """What a player could forge, and what can't work, is refused with place and reason."""
        for old, new, where in (
            ("^(?P<name>.+) came", "(?P<name>.+) came", "players.join: must begin with ^"),
            ("^(?P<name>.+) came", "^(?P<name>.+) a|b", "players.join: must begin with ^ in all"),
            ("^(?P<name>.+) came", "^*(?P<name>.+)", "players.join: must begin with ^ in all"),
            ("^(?P<name>.+) went", "^.+ went", "players.leave: needs a group (?P<name>"),
            ("(?P<text>.*)", ".*", "players.chat: needs a group (?P<text>"),
            ("chat =", "rename =", "players.rename: needs a group (?P<to>"),
            ("^(?P<name>.+) came", "^(?P<name>", "players.join: not a regular expression"),
            ("{player}", "x", "players.actions[0] (kick).command: needs {player}"),
            ("{player}", "{player} {x}", "players.actions[0] (kick).command: {x} names no"),
            ("[a-z]{1,8}", "[", "players.actions[0] (kick).allow"),
            ('name = "kick"', 'name = "Kick!"', "players.actions[0].name"),
            ('name = "motd"', 'name = "player"', "names an option, too"),
            ("allow", "alow", "players.actions[0]"),
        ):
            error = self.assertRaises(BadDefinition, parse, whole.replace(old, new))
            self.assertIn(where, str(error))
        again = whole[whole.index("[[players.actions]]") :]
        error = self.assertRaises(BadDefinition, parse, whole + again)
        self.assertIn("players.actions[1] (kick): there are two", str(error))

    def test_linear(self) -> None:
        """What RE2 refuses leaves the type out."""
        self.assertIsNone(lineProblem(parse(whole)))
        for old, new, where in (
            ("came", "(?=came)", "players.join: RE2 refuses it"),
            ("[a-z]{1,8}", "(?!x).*", "players.actions (kick).allow: RE2 refuses it"),
        ):
            error = self.assertRaises(BadDefinition, lineProblem, parse(whole.replace(old, new)))
            self.assertIn(where, str(error))
        # Only RE2 takes these.
        self.assertIsNone(lineProblem(parse(whole.replace("came", r"\pL"))))

    def test_anchored(self) -> None:
        """An alternative that fits in the middle of a line is found, wherever | stands."""
        for pattern, isIt in (
            ("^a|b", False),
            ("^a|^b", False),
            ("^(?:a|b)", True),
            ("^(a|b)|c", False),
            ("^a[|]b", True),
            ("^a[]|]", True),
            ("^a[^]|]", True),
            ("^[[:alpha:]|]", True),
            (r"^a\|b", True),
            (r"^\Qa|b\E", True),
            (r"^\Qa\E|b", False),
            (r"^a\(|b", False),
            ("^*a", False),
            ("^?a", False),
            ("^{0}a", False),
            ("", False),
            ("^", True),
        ):
            self.assertEqual(isAnchored(pattern), isIt, pattern)

    def test_groups(self) -> None:
        """Groups of one name in several patterns do not slow down the search for all of them."""
        players = parse(whole).players
        assert players is not None
        patterns = LinePatterns(dict(players.patterns))
        self.assertFalse(patterns.mayBeIn("a\nb\nc\n"))
        self.assertTrue(patterns.mayBeIn("a\nbo went\nc\n"))
        self.assertEqual(patterns.find("bo came"), ("join", {"name": "bo"}))
        self.assertEqual(patterns.find("<x> bo went"), ("leave", {"name": "<x> bo"}))
        self.assertEqual(patterns.find("<x> hi"), ("chat", {"name": "x", "text": "hi"}))
        self.assertIsNone(patterns.find("nothing"))
