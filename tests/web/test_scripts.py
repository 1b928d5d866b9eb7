"""The modules of the page, joined to scripts."""

from twisted.trial.unittest import SynchronousTestCase

from gamepanel.web.scripts import Module, place, readModule

DEFAULT = "default:$default"


class ModuleTests(SynchronousTestCase):
    def body(self, text: str) -> str:
        """What stands in a script for a module, without what stands around each."""
        body = readModule("views/a.js", text).body
        for each in ("{", '\n$m["views/a.js"]={};\n}\n'):
            self.assertIn(each, body)
            body = body.removeprefix(each).removesuffix(each)
        return body

    def test_blanks(self) -> None:
        """Comments and gaps go, but between words, and line ends that may end a statement."""
        for text, expected in (
            ("// a\n// b\n\n  c = 1\n\t// d\n  e()\n", "c=1\ne()"),
            ("a = 1; // b\nc", "a=1;c"),
            ("a /* b */ + c", "a + c"),
            ("a/**/in c", "a in c"),
            ("return /* a\n */ b", "return\nb"),
            ("/** a */\nb", "b"),
            ("f ( a,\n  b,\n) . c", "f(a,b,). c"),
            ("a = { // b\n  c: 1,\n} // d\n( e )", "a={c:1,}\n(e)"),
            ("async ({ a }) => a ? b : c + + d", "async({a})=>a?b:c + + d"),
            ("const a = b\n[ c ]", "const a=b\n[c]"),
        ):
            self.assertEqual(self.body(text), expected)

    def test_texts(self) -> None:
        """What is not code stays as it is, whatever it looks like."""
        for text in (
            '"// a" + "\\"/* b"',
            "'// it\\'s a' + '`'",
            "`// a\n   b ${c} // d`",
            "`${`${`  // a`}  /* b`}  // c`",
            "`\\` // a \\${ // b` + 1",
            "`$ // a $$ ${{a:1}.a} // b`",
            "a=/[/\"'`]\\/\\[/g.test(b)",
            "return /\\/\\/ a/",
            "f(/[/*]/,b)",
            "a=b / c / d",
            "a=(b)/ c + `// d` / 1",
            "a[0]/ 2 + 1 / b",
            "if(a)/[/*]/.test(b)",
            "for(a of b)/`/.test(a)",
            "while((a))/'/.test(a)",
            "a.if(b)/ c + `// d` / 1",
            "a.of / b + `// c` / 1",
            "[...typeof /`/]",
            "`${a}` / b + `// c` / 1",
            "#kept=new Map()",
        ):
            self.assertEqual(self.body(text), text)

    def test_code(self) -> None:
        """Within a text there may be code again."""
        self.assertEqual(self.body("`a ${b(/* c */ { d }, // e\n   f)} g`"), "`a ${b({d},f)} g`")

    def test_imports(self) -> None:
        """What is imported comes from where the modules before have left it."""
        for text, needs, taken in (
            ('import { a, b as c } from "../lib/x.js";', "lib/x.js", "const{a,b:c}"),
            ('import {\n  a,\n  b,\n} from "./x.js";', "views/x.js", "const{a,b}"),
            ('import d from "./x.js";', "views/x.js", "const{default:d}"),
            ('import d, { a } from "./x.js";', "views/x.js", "const{a,default:d}"),
            ('import{a as n}from"./x.js";', "views/x.js", "const{a:n}"),
        ):
            module = readModule("views/a.js", text + "\nb()")
            self.assertEqual(list(module.needs), [needs])
            self.assertTrue(module.body.startswith(f'{{{taken}=$m["{needs}"];\nb()\n'), module)
        module = readModule("app.js", 'import "./x.js";\nb()')
        body = '{b()\n$m["app.js"]={};\n}\n'
        self.assertEqual(module, Module("app.js", {"x.js": frozenset()}, (), body))

    def test_exports(self) -> None:
        """What is exported is left for others, under the name by which they know it."""
        for text, body, left in (
            ("export const a = 1;", "const a=1;", "a"),
            ("export const [a, b] = c;", "const[a,b]=c;", "a,b"),
            ("export function a(b) {}", "function a(b){}", "a"),
            ("export async function a(b) {}", "async function a(b){}", "a"),
            ("export class A extends B {}", "class A extends B{}", "A"),
            ("export default function A() {}", "function A(){}", "default:A"),
            ("export default { a: 1 };", "const $default={a:1};", DEFAULT),
            ("export default function(a){}", "const $default=function(a){}", DEFAULT),
            ("export default A;", "const $default=A;", DEFAULT),
            ("export default class A extends B {}", "class A extends B{}", "default:A"),
            ("export default class extends B{}", "const $default=class extends B{}", DEFAULT),
            ("export default function* a() {}", "function* a(){}", "default:a"),
            ("export default function*(){}", "const $default=function*(){}", DEFAULT),
            ("export const a = [b, c];", "const a=[b,c];", "a"),
            ("let a = 1, b; export const c = a;", "let a=1,b;const c=a;", "c"),
            ("a();export{a as b,c};", "a();", "b:a,c"),
            ("export { a, b };", "", "a,b"),
        ):
            found = readModule("a.js", text)
            self.assertEqual(found.body, f'{{{body}\n$m["a.js"]={{{left}}};\n}}\n', text)
        module = readModule("a.js", 'export { a, default as b } from "./x.js";')
        self.assertEqual(module.needs, {"x.js": {"a", "default"}})
        self.assertIn('const{a:$x0,default:$x1}=$m["x.js"];\n', module.body)
        self.assertIn('$m["a.js"]={a:$x0,b:$x1};', module.body)

    def test_loads(self) -> None:
        """What is loaded later is found by its path, wherever it stands."""
        module = readModule("lib/a.js", 'const a = () => import("../views/b.js");')
        self.assertEqual((module.needs, module.loads), ({}, ("views/b.js",)))
        self.assertIn('const a=()=>$load("views/b.js");', module.body)

    def test_variables(self) -> None:
        """What would hold for the whole script is kept within its module."""
        body = readModule("a.js", "var n=1;export{n as a};").body
        self.assertEqual(body, '(()=>{var n=1;\n$m["a.js"]={a:n};\n})();\n')

    def test_refused(self) -> None:
        """What is said otherwise than here is named; nothing wrong is made of it."""
        for text in (
            "export let a = 1;",
            'export * from "./x.js";',
            'import * as a from "./x.js";',
            'import { a } from "elsewhere";',
            "import(`./${a}.js`)",
            "if (a) { export const b = 1; }",
            "a = `b",
            "a = 'b\n'",
            "f(]",
            "f(",
            "export const a = 1, b = 2;",
            "export const a = f(1, 2), b = 2;",
            "export const {a} = b;",
            "export function* a() {}",
            "let [a] = b;",
            "let {a} = b;",
            "f(import.meta.url)",
            "if (a) {} /[/*]/.test(b)",
            "{a}/b",
            "a++ /b/ c",
        ):
            with self.assertRaisesRegex(ValueError, "a.js, line 2: not understood"):
                readModule("a.js", f"\n{text}")

    def test_changing(self) -> None:
        """What may get another value later is not exported: others would keep the old one."""
        for text, name in (
            ("let n; export { n };", "n"),
            ("export { a, n as b }; const a = 1; let m = f(1, 2), n = 1;", "n"),
        ):
            with self.assertRaisesRegex(ValueError, f"a.js: {name} may change"):
                readModule("a.js", text)
        readModule("a.js", "let m = f(n, n), l = m; const n = 1; { let n; } export { n };")


class PlaceTests(SynchronousTestCase):
    def place(self, later: dict[str, str], **texts: str) -> dict[str, str]:
        """The scripts of some modules."""
        modules = {f"{name}.js": readModule(f"{name}.js", text) for name, text in texts.items()}
        scripts = place(modules, "app.js", later)
        self.paths = dict(scripts.places)
        return {name: scripts.text(name) for name in scripts.places}

    def test_order(self) -> None:
        """
        A module stands behind what it needs, once, and where it is needed; what several need comes
        with the first.
        """
        self.place(
            {"x.js": "more", "y.js": "rest", "z.js": "rest"},
            app='import "./a.js"; import "./b.js"; import("./x.js"); import("./y.js");',
            a='import { c } from "./c.js";',
            b='import { c } from "./c.js"; import "./a.js";',
            c="export const c = 1;",
            x='import "./c.js"; import "./d.js";',
            y='import "./d.js"; import "./e.js"; import("./z.js");',
            z='import "./e.js";',
            d="",
            e="",
        )
        self.assertEqual(
            self.paths,
            {
                "first": ("c.js", "a.js", "b.js", "d.js", "app.js"),
                "more": ("x.js",),
                "rest": ("e.js", "y.js", "z.js"),
            },
        )

    def test_heads(self) -> None:
        """
        A script waits for the first, if it needs what stands there; else not, so that the first can
        wait for it.
        """
        texts = self.place(
            {"t.js": "words", "x.js": "more", "y.js": "rest"},
            app='import "./a.js"; import("./t.js"); import("./x.js"); import("./y.js");',
            a="",
            t="export default 1;",
            x='import "./a.js";',
            y='import("./x.js");',
        )
        self.assertTrue(texts["words"].startswith("export const $m={};\n{"))
        fromFirst = 'import{$m,$load}from"./first.js";export{$m};\n'
        self.assertTrue(texts["more"].startswith(fromFirst + "{"))
        self.assertTrue(texts["rest"].startswith(fromFirst + "{"))
        self.assertIn('{"t.js":"words","x.js":"more","y.js":"rest"}', texts["first"])

    def test_refused(self) -> None:
        """Circles, and what is missing, are named."""
        for wrong, texts in (
            ("a.js needs itself", {"app": 'import "./a.js";', "a": 'import "./app.js";'}),
            ("app.js needs itself", {"app": 'import "./app.js";'}),
            ("a.js is not there", {"app": 'import "./a.js";'}),
            ("a.js, which app.js loads, is in no script", {"app": 'import("./a.js")', "a": ""}),
            (
                "a.js does not export b, d to app.js",
                {"app": 'import { a, b, d } from "./a.js";', "a": "export const a = 1;"},
            ),
            (
                "a.js does not export default to app.js",
                {"app": 'export { default } from "./a.js";', "a": "export const a = 1;"},
            ),
        ):
            with self.assertRaisesRegex(ValueError, wrong.replace("a.js needs", ".*needs")):
                self.place({}, **texts)

    def test_waiting(self) -> None:
        """
        What the first script waits for does not wait for the first, as it would if it needed what
        others need, too; then neither would ever begin.
        """
        later = {"t.js": "words", "u.js": "words-more"}
        texts = {
            "app": 'const l = { t: () => import("./t.js") }; const { default: d } = await l.t();',
            "t": 'import { n } from "./n.js"; export default n;',
            "n": "export const n = 1;",
        }
        self.place(later, **texts, u="")
        u = 'import { n } from "./n.js"; export default n;'
        texts["app"] += '() => import("./u.js");'
        with self.assertRaisesRegex(
            ValueError, "app.js may wait for t.js, which needs what is in first.js"
        ):
            self.place(later, **texts, u=u)
        for calm in ("async () => { await l.t(); }", "f(async () => await l.t())"):
            self.place(later, **(texts | {"app": texts["app"].replace("await l.t()", calm)}), u=u)
        for waits in (
            "f([await l.t()])",
            "async () => 1; if (b) { await l.t(); }",
            "1; async function f() {} await l.t();",
        ):
            with self.assertRaisesRegex(ValueError, "app.js may wait for t.js"):
                app = texts["app"].replace("await l.t()", waits)
                self.place(later, **(texts | {"app": app}), u=u)
