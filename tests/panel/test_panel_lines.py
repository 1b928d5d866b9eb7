"""What a console of the page makes of text, without a game."""

import re
import subprocess
from typing import Any

from tests.browser import root
from tests.panelcase import PageTests
from tests.support import need, patience


class LinesTests(PageTests):
    """What a console makes of text, without a game."""

    def run_(self, script: str, argument: Any = None) -> Any:
        """Run a script in which the modules of the page are known."""
        page = self.visit(logIn=False, hasModules=True).page
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
        plain = {
            "fg": "",
            "bg": "",
            **dict.fromkeys(("bold", "dim", "italic", "underline", "inverse"), False),
        }
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
            ("5;8;9;21;53", {}),
            ("3;4", {"italic": True, "underline": True}),
            ("3;4;23;4:0", {}),
            ("4:3;24", {}),
            ("31;39;41;49", {}),
            ("31;0", {}),
        ):
            got = self.run_("return ansi.applied(ansi.plainStyle, argument);", parameters)
            self.assertEqual(got, {**plain, **changes}, parameters)

    def test_readLater(self) -> None:
        """
        Lines are the same whether they came before or after it was known how they are read: their
        text, their colours, how bad they are, and their rows. So are those that come in front.
        """
        text = (
            "^1red ^7plain\n^1ERROR\t: it broke\n    at line 1\n    at line 2\n"
            "\x1b[32mgreen\nstill ^3green\n" + "^2wide" * 9 + "\n^1[WARN] open"
        )
        found = self.run_(
            """const { asSequences } = await import("/panel/lib/quake.js");
            const before = (cut) => argument.slice(0, cut);
            const after = (cut) => argument.slice(cut);
            const olderOf = (cut) => {
                const older = new lines.Lines();
                older.layout(20);
                older.append(before(cut));
                return older;
            };
            const ways = [
                (one, cut) => {
                    one.readAs(asSequences);
                    one.append(before(cut));
                    one.append(after(cut));
                },
                (one, cut) => {
                    one.append(before(cut));
                    one.readAs(asSequences);
                    one.append(after(cut));
                },
                (one, cut) => {
                    one.append(before(cut));
                    one.append(after(cut));
                    one.readAs(asSequences);
                },
                (one, cut) => {
                    one.append(after(cut), cut);
                    one.readAs(asSequences);
                    one.prepend(olderOf(cut));
                },
                (one, cut) => {
                    one.append(after(cut), cut);
                    one.prepend(olderOf(cut));
                    one.readAs(asSequences);
                },
            ];
            const found = new Set();
            for (let cut = 1; cut < argument.length; cut++) {
                const isWhole = argument[cut - 1] === "\\n";
                for (const way of isWhole ? ways : ways.slice(0, 3)) {
                    const one = new lines.Lines();
                    one.layout(20);
                    way(one, cut);
                    const coloured = ({ text, style }) => [text, style.fg];
                    const looks = one.slice(0, 99).map(({ row, item, runs }) =>
                        [row, item.index, item.level, runs.map(coloured)]);
                    found.add(JSON.stringify(looks));
                }
            }
            return [...found].map((each) => JSON.parse(each));""",
            text,
        )
        self.assertEqual(len(found), 1)
        self.assertEqual(
            [(row, level, runs) for row, _, level, runs in found[0]],
            [
                (0, "", [["red ", "red"], ["plain", ""]]),
                (1, "err", [["ERROR\t: it br", "red"]]),
                (2, "err", [["oke", "red"]]),
                (3, "err", [["    at line 1", ""]]),
                (4, "err", [["    at line 2", ""]]),
                (5, "", [["green", "green"]]),
                (6, "", [["still ", ""], ["green", "yellow"]]),
                (7, "", [["wide", "green"]] * 5),
                (8, "", [["wide", "green"]] * 4),
                (9, "warn", [["[WARN] open", "red"]]),
            ],
        )

    def test_slices(self) -> None:
        """
        What comes all at once is taken in a little at a time, whatever it is: a key that is
        pressed meanwhile need not wait for all of it.
        """
        sizes, text, indexes = self.run_(
            """const { follow } = await import("/panel/lib/follow.js");
            let end = 0;
            window.fetch = async (path, { body, signal }) => {
                const { readIndex, limit } = JSON.parse(body);
                const from = Math.min(readIndex, end);
                if (from === argument.length)
                    await new Promise((_, no) => (signal.onabort = () => no(signal.reason)));
                const data = argument.slice(from, Math.min(from + limit, end));
                const next = from + data.length;
                const answer = { data, oldReadIndex: from, nextReadIndex: next, readIndex: end };
                end = argument.length;
                return new Response(JSON.stringify({ ...answer, times: [[from, 1 + from]] }));
            };
            const one = new lines.Lines();
            const sizes = [];
            const append = one.append.bind(one);
            one.append = (text, ...more) => {
                sizes.push(text.length);
                append(text, ...more);
            };
            const stop = new AbortController();
            const isThere = new Promise((resolve) => {
                const changed = () => one.toString().length === argument.length && resolve();
                follow("a", one, changed, stop.signal);
            });
            await isThere;
            stop.abort();
            return [sizes, one.toString(), one.items.slice(0, 3).map(({ index }) => index)];""",
            whole := "".join(f"{n} {'x' * (n % 50)}\n" for n in range(20_000)),
        )
        self.assertEqual(text, whole)
        self.assertEqual(indexes, [0, 3, 7])
        self.assertGreater(len(sizes), 30)
        self.assertLess(max(sizes), 10_000)

    def test_links(self) -> None:
        """What ends a sentence is no part of an address, and is cut in linear time."""
        found = self.visit(logIn=False, hasModules=True).page.evaluate(
            """async () => {
                const { linked } = await import("/panel/lib/links.js");
                const hrefs = (text) => linked(text).map(({ text, href }) => href ?? text);
                return [hrefs("(see http://a/b?c).)"), hrefs("http://.,")];
            }"""
        )
        self.assertEqual(found, [["(see ", "http://a/b?c", ").)"], ["http://.,"]])
        # Not every browser makes expressions as slow as they may be.
        script = """
            import { readFileSync } from "node:fs";
            const text = readFileSync(process.argv[1], "utf-8");
            const { linked } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
            const before = process.cpuUsage();
            linked(`http://a${".".repeat(65536)}x`);
            console.log(process.cpuUsage(before).user / 1e6);
        """
        path = str(root / "gamepanel/panel/lib/links.js")
        command = [need("node"), "--input-type=module", "--eval", script, path]
        said = subprocess.run(command, capture_output=True, check=True, timeout=patience).stdout
        self.assertLess(float(said), 1)

    def test_marks(self) -> None:
        """
        What stands before lines stays where it is while the last one goes on, when the way in
        which lines are read changes, and when lines go or come.
        """
        found = self.run_(
            """const { asSequences } = await import("/panel/lib/quake.js");
            const one = new lines.Lines();
            const look = () => one.slice(0, 99).map(
                ({ separator, runs }) => separator ?? runs.map(({ text }) => text).join(""));
            one.append("b\\nc\\nd", 10);
            one.separate([[12, "one"], [14, "two"], [14, "three"], [99, "four"]]);
            const looks = [look()];
            one.append("e");
            looks.push(look());
            one.readAs(asSequences);
            looks.push(look());
            const older = new lines.Lines();
            older.append("a\\n", 8);
            one.prepend(older);
            looks.push(look(), [one.rowCount]);
            one.append("f\\n" + "x\\n".repeat(130000));
            one.filter("err");
            one.filter("");
            looks.push([one.rowCount - one.items.length]);
            return looks;"""
        )
        before = ["b", "one", "c", "two", "three"]
        self.assertEqual(
            found,
            [
                [*before, "d", "four"],
                [*before, "de", "four"],
                [*before, "de", "four"],
                ["a", *before, "de", "four"],
                [8],
                [4],
            ],
        )
