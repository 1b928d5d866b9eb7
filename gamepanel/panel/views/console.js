// A console: what a game has printed, as it comes, and a line to type into.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { may, servers } from "../lib/store.js";
import { Lines } from "../lib/lines.js";
import { explain, t } from "../lib/text.js";

const OVERSCAN = 10;
const CHUNK = 262144;
const WAIT = 25;
const KEPT = 100;

// What was typed and not sent stays, whatever happens to the page around it.
const drafts = new Map();

const historyKey = (id) => `gamepanel.history.${id}`;
function loadHistory(id) {
  try {
    return JSON.parse(localStorage.getItem(historyKey(id))) ?? [];
  } catch {
    return [];
  }
}

/** Follow a log into `lines`, each byte once, until `abort`. */
function follow(id, lines, changed, abort) {
  let index = 0, fresh = true, isFirst = true;
  return repeat(async () => {
    const chunk = await call("server_log", { server: id, readIndex: index, limit: CHUNK, wait: fresh ? 0 : WAIT }, abort);
    // What was overrun before we came is no news.
    if (chunk.oldReadIndex > index && !isFirst) lines.gap(t("gone", { n: chunk.oldReadIndex - index }));
    isFirst = false;
    lines.append(chunk.data);
    index = chunk.nextReadIndex;
    if (index === chunk.readIndex) fresh = false;
    changed();
  }, 0, abort);
}

function classOf(style) {
  const names = ["bold", "dim", "italic", "underline"].filter((name) => style[name]);
  const [fg, bg] = style.inverse ? [style.bg || "background", style.fg || "foreground"] : [style.fg, style.bg];
  if (fg && !fg.startsWith("rgb")) names.push(`fg-${fg}`);
  if (bg && !bg.startsWith("rgb")) names.push(`bg-${bg}`);
  const colours = {};
  if (fg.startsWith("rgb")) colours.color = fg;
  if (bg.startsWith("rgb")) colours.backgroundColor = bg;
  return { class: names.join(" ") || undefined, style: colours };
}

const Run = ({ run, mark }) => {
  if (!mark) return html`<span ...${classOf(run.style)}>${run.text}</span>`;
  const parts = [];
  const low = run.text.toLowerCase();
  let from = 0, at;
  while ((at = low.indexOf(mark, from)) >= 0) {
    parts.push(run.text.slice(from, at), html`<mark>${run.text.slice(at, at + mark.length)}</mark>`);
    from = at + mark.length;
  }
  parts.push(run.text.slice(from));
  return html`<span ...${classOf(run.style)}>${parts}</span>`;
};

export function Console({ id }) {
  const lines = useRef(null);
  lines.current ??= new Lines();
  const scroller = useRef(null);
  const measure = useRef(null);
  const [view, setView] = useState({ top: 0, height: 400, row: 18 });
  const [, redraw] = useState(0);
  const [seen, setSeen] = useState(null);
  const [query, setQuery] = useState("");
  const [hit, setHit] = useState(0);
  const follows = useRef(true);
  const pending = useRef(0);

  useEffect(() => {
    const stop = new AbortController();
    const changed = () => {
      // Once a frame at most, however fast it comes; frames stop where nobody looks.
      pending.current ||= document.hidden
        ? setTimeout(() => ((pending.current = 0), redraw((n) => n + 1)), 500)
        : requestAnimationFrame(() => ((pending.current = 0), redraw((n) => n + 1)));
    };
    follow(id, lines.current, changed, stop.signal);
    return () => stop.abort();
  }, [id]);

  useEffect(() => {
    const fit = () => {
      const probe = measure.current.getBoundingClientRect();
      const width = scroller.current.clientWidth - 16;
      lines.current.layout(Math.floor(width / (probe.width / 10)));
      setView((v) => ({ ...v, height: scroller.current.clientHeight, row: probe.height }));
    };
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(scroller.current);
    return () => observer.disconnect();
  }, []);

  const all = lines.current;
  const total = all.rowCount * view.row;
  useLayoutEffect(() => {
    if (follows.current) scroller.current.scrollTop = scroller.current.scrollHeight;
  });

  function scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = scroller.current;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 2 * view.row;
    if (follows.current && !atEnd) setSeen(all.items.length + all.dropped);
    follows.current = atEnd;
    if (atEnd) setSeen(null);
    setView((v) => ({ ...v, top: scrollTop }));
  }

  const toEnd = () => {
    follows.current = true;
    setSeen(null);
    redraw((n) => n + 1);
  };

  const hits = query ? all.find(query) : [];
  const current = hits.length ? ((hit % hits.length) + hits.length) % hits.length : -1;
  function go(step) {
    if (!hits.length) return;
    const next = ((current + step) % hits.length + hits.length) % hits.length;
    setHit(next);
    follows.current = false;
    scroller.current.scrollTop = Math.max(0, all.rows[hits[next]] * view.row - view.height / 2);
  }

  const top = follows.current ? Math.max(0, total - view.height) : view.top;
  const first = Math.max(0, Math.floor(top / view.row) - OVERSCAN);
  const rows = all.items.length ? all.slice(first, Math.ceil((top + view.height) / view.row) + OVERSCAN) : [];
  const fresh = seen === null ? 0 : all.items.length + all.dropped - seen;
  return html`<section class="console">
    <${Tools} id=${id} lines=${all} query=${query} setQuery=${(q) => (setQuery(q), setHit(0))} go=${go}
      where=${query && (hits.length ? t("found", { at: current + 1, n: hits.length }) : t("notFound"))} />
    <div class="screen">
      <span class="measure" ref=${measure} aria-hidden="true">0123456789</span>
      <div class="log" role="log" aria-label=${t("console")} tabindex="0" ref=${scroller} onScroll=${scrolled}>
        <div class="all" style=${{ height: `${total}px` }}>
          ${rows.map(({ key, line, row, gap, runs }) => html`<div key=${key} style=${{ top: `${row * view.row}px` }}
              class=${`row${line === hits[current] ? " hit" : ""}${gap ? " gap" : ""}`}>
            ${runs.map((run) => html`<${Run} run=${run} mark=${query.toLowerCase()} />`)}
          </div>`)}
        </div>
      </div>
      ${fresh > 0 && html`<button class="fresh" onClick=${toEnd}>↓ ${t("newLines", { n: fresh })}</button>`}
    </div>
    <${Prompt} id=${id} sent=${toEnd} />
  </section>`;
}

function Tools({ id, lines, query, setQuery, go, where }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    const chosen = String(getSelection()) || lines.toString();
    await toClipboard(chosen);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  }
  function download() {
    const url = URL.createObjectURL(new Blob([lines.toString()], { type: "text/plain" }));
    Object.assign(document.createElement("a"), { href: url, download: `${id}.log` }).click();
    URL.revokeObjectURL(url);
  }
  const keys = (event) => {
    if (event.key === "Enter") go(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") setQuery("");
  };
  return html`<div class="tools">
    <input type="search" aria-label=${t("find")} placeholder=${t("find")} value=${query} onInput=${(e) => setQuery(e.target.value)} onKeyDown=${keys} />
    ${query && html`<output>${where}</output>
      <button onClick=${() => go(-1)} aria-label=${t("previous")}>↑</button><button onClick=${() => go(1)} aria-label=${t("next")}>↓</button>`}
    <button onClick=${copy}>${copied ? t("copied") : t("copy")}</button>
    <button onClick=${download}>${t("download")}</button>
  </div>`;
}

async function toClipboard(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Plain HTTP has no clipboard of its own.
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
  return undefined;
}

const TAKES = ["starting", "running", "stopping"];

function Prompt({ id, sent }) {
  const [line, setLine] = useState(drafts.get(id) ?? "");
  const [error, setError] = useState(null);
  const place = useRef(null);
  const state = servers.value?.get(id)?.status;
  const why = !may(id, "command") ? t("mayNotCommand") : !TAKES.includes(state) ? t("cantRun") : "";

  const change = (text) => {
    drafts.set(id, text);
    setLine(text);
  };

  async function submit(event) {
    event.preventDefault();
    try {
      await call("server_cmd", { server: id, command: line });
      const history = loadHistory(id).filter((old) => old !== line);
      if (line) localStorage.setItem(historyKey(id), JSON.stringify([...history, line].slice(-KEPT)));
      place.current = null;
      change("");
      setError(null);
      sent();
    } catch (failure) {
      // The line stays, to be sent again.
      setError(failure);
    }
  }

  function keys(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const history = loadHistory(id);
    const at = Math.min(Math.max((place.current ?? history.length) + step, 0), history.length);
    place.current = at;
    change(history[at] ?? "");
  }

  return html`<form class="prompt" onSubmit=${submit}>
    <span aria-hidden="true">❯</span>
    <input aria-label=${t("command")} placeholder=${why} title=${why} disabled=${Boolean(why)} value=${line} maxlength="4095"
      autocomplete="off" autocapitalize="none" spellcheck=${false} onInput=${(e) => change(e.target.value)} onKeyDown=${keys} />
    <button disabled=${Boolean(why)}>${t("send")}</button>
    ${error && html`<p class="error" role="alert">${error.problems?.[0]?.detail ?? explain(error)}</p>`}
  </form>`;
}
