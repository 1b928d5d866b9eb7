// The editor itself: CodeMirror, in a tree of its own, where the policy of the page lets it have its styles.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { json } from "@codemirror/legacy-modes/mode/javascript";
import { lua } from "@codemirror/legacy-modes/mode/lua";
import { properties } from "@codemirror/legacy-modes/mode/properties";
import { shell } from "@codemirror/legacy-modes/mode/shell";
import { toml } from "@codemirror/legacy-modes/mode/toml";
import { html as htmlMode, xml } from "@codemirror/legacy-modes/mode/xml";
import { yaml } from "@codemirror/legacy-modes/mode/yaml";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { html, useLayoutEffect, useRef } from "../lib/base.js";
import { isDark } from "../lib/device.js";
import { t } from "../lib/text.js";

const MODES = {
  cfg: properties,
  conf: properties,
  htm: htmlMode,
  html: htmlMode,
  ini: properties,
  json,
  json5: json,
  lua,
  properties,
  sh: shell,
  svg: xml,
  toml,
  xml,
  yaml,
  yml: yaml,
};

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.propertyName, tags.definition(tags.variableName), tags.tagName, tags.keyword, tags.heading], color: "var(--accent)" },
  { tag: [tags.string, tags.quote, tags.attributeValue], color: "var(--green)" },
  { tag: [tags.number, tags.bool, tags.atom, tags.null], color: "var(--amber)" },
]);

const look = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "var(--t13)", height: "100%" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "20px" },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--muted)", border: "0" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "40px", padding: "0 12px 0 8px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--surface-2) 60%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--text)", borderColor: "var(--line) !important" },
  ".cm-textfield, .cm-button": {
    minHeight: "var(--control-h)", border: "1px solid var(--control)", borderRadius: "var(--r)", background: "var(--surface)", backgroundImage: "none", color: "var(--text)", fontSize: "inherit",
  },
  ".cm-panel.cm-search [name=close]": { minWidth: "32px", minHeight: "32px", color: "var(--text)", cursor: "pointer" },
  ".cm-panel.cm-search label": { fontSize: "inherit" },
  ".cm-searchMatch": { backgroundColor: "var(--amber-soft)", outline: "1px solid var(--amber)" },
});

/** Words of the search, in the language of the page. */
const phrases = () => {
  const names = ["Find", "Replace", "next", "previous", "all", "match case", "regexp", "by word", "replace", "replace all", "close", "Control character"];
  return EditorState.phrases.of(Object.fromEntries(names.map((name) => [name, t(`editor.${name}`)])));
};

/** What the page does to a text is nothing that somebody has typed. */
const byPage = Annotation.define();

/**
 * A text to be edited, or only read. `tell` is told of each change that somebody makes, and of where the
 * cursor is; `handle.current` is what the page does with it: `doc()`, `put(text)`, `find()`, `focus()`.
 */
export default function Code({ label, name, text, line = 1, isReadOnly = false, tell, handle }) {
  const host = useRef(null);
  const told = useRef(tell);
  told.current = tell;
  useLayoutEffect(() => {
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const mode = MODES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
    const isFromPage = (update) => update.transactions.some((each) => each.annotation(byPage));
    const here = ({ state }) => {
      const own = state.doc.lineAt(state.selection.main.head);
      return { line: own.number, column: state.selection.main.head - own.from + 1 };
    };
    const undo = new Compartment();
    const put = (next) => {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next }, annotations: byPage.of(true) });
      // Nothing brings back what was before: it would be saved over what is there now.
      for (const how of [[], history()]) view.dispatch({ effects: undo.reconfigure(how) });
    };
    const view = new EditorView({
      doc: text,
      root,
      parent: root,
      extensions: [
        // What stands in a file with several kinds of line ends is kept, too.
        EditorState.lineSeparator.of("\n"),
        EditorView.clipboardInputFilter.of((pasted) => pasted.replace(/\r\n?/g, "\n")),
        lineNumbers(),
        highlightSpecialChars(),
        highlightActiveLine(),
        drawSelection(),
        undo.of(history()),
        search({ top: true }),
        EditorView.lineWrapping,
        keymap.of([...searchKeymap, ...historyKeymap, ...defaultKeymap]),
        mode ? StreamLanguage.define(mode) : [],
        syntaxHighlighting(colours),
        look,
        EditorView.darkTheme.of(isDark()),
        phrases(),
        EditorState.readOnly.of(isReadOnly),
        EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": String(isReadOnly), autocapitalize: "off", spellcheck: "false" }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged || update.selectionSet) told.current?.(update.state.doc, here(update), update.docChanged && !isFromPage(update));
        }),
      ],
    });
    if (handle) {
      handle.current = {
        doc: () => view.state.doc,
        put,
        find: () => openSearchPanel(view),
        focus: () => view.focus(),
      };
    }
    if (line > 1) {
      const { from } = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    }
    return () => view.destroy();
  }, []);
  return html`<div class="code" ref=${host}></div>`;
}
