// A console: what a game has printed, as it comes.
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { coloursOf } from "../lib/colours.js";
import { cut, Lines, Search } from "../lib/lines.js";
import { mayWait, whileMayWait } from "../lib/tabs.js";
import { t } from "../lib/text.js";
import { Prompt } from "./prompt.js";

/** Bytes of a log in one answer, and how many seconds an answer may wait for news. */
const CHUNK = 262144;
const WAIT = 25;
/** Between looks at a log by a tab that may not wait. */
const LOOK_MS = 5000;
/** Between two pictures of a tab that nobody looks at, and two remarks to who only hears. */
const HIDDEN_MS = 500;
const SPOKEN_MS = 2000;
const MOST_SPOKEN = 5;
/** Rows that are there above and below those that can be seen. */
const OVERSCAN = 10;
/** What stands left and right of a row, in pixels. */
const PADDING = 16;
const PROBE = "0123456789".repeat(4);

/** Follow a log into `lines`, each byte once, until `abort`. */
function follow(id, lines, changed, abort) {
  let index = 0;
  let atEnd = false;
  let isFirst = true;
  return repeat(
    async () => {
      const waits = atEnd && mayWait();
      const waiting = whileMayWait(abort);
      let chunk;
      try {
        const fields = { server: id, readIndex: index, limit: CHUNK, wait: waits ? WAIT : 0 };
        chunk = await call("server_log", fields, waiting.signal);
      } catch (error) {
        if (waiting.signal.aborted && !abort.aborted) return true;
        throw error;
      } finally {
        waiting.end();
      }
      // What was overrun before we came is no news.
      const lost = chunk.oldReadIndex - index;
      if (lost > 0 && !isFirst) lines.gap(t("gone", { n: lost }));
      isFirst = false;
      if (chunk.data) lines.append(chunk.data);
      index = chunk.nextReadIndex;
      // Half a character at the end waits for its rest.
      atEnd = index === chunk.readIndex || !chunk.data;
      changed();
      return !atEnd || mayWait();
    },
    LOOK_MS,
    abort,
  );
}

/** The lines of a log as they come; draws anew once a frame at most, however fast that is. */
function useLog(id) {
  const [lines] = useState(() => new Lines());
  const [, redraw] = useState(0);
  // Not after the next frame, as other effects: the first lines are what one came for.
  useLayoutEffect(() => {
    const stop = new AbortController();
    let isFirst = true;
    let pending = false;
    const draw = () => {
      pending = false;
      if (!stop.signal.aborted) redraw((n) => n + 1);
    };
    const changed = () => {
      if (isFirst) {
        isFirst = false;
        draw();
      }
      if (pending) return;
      pending = true;
      // Frames stop where nobody looks.
      if (document.hidden) setTimeout(draw, HIDDEN_MS);
      else requestAnimationFrame(draw);
    };
    follow(id, lines, changed, stop.signal);
    return () => stop.abort();
  }, [id]);
  return [lines, () => redraw((n) => n + 1)];
}

/** How high the screen and its rows are; lays the lines out for how wide it is. */
function useScreen(scroller, measure, lines) {
  const [size, setSize] = useState({ height: 400, row: 18 });
  useLayoutEffect(() => {
    const fit = () => {
      const probe = measure.current.getBoundingClientRect();
      const { clientWidth, clientHeight } = scroller.current;
      lines.layout(Math.floor((clientWidth - PADDING) / (probe.width / PROBE.length)));
      setSize({ height: clientHeight, row: probe.height });
    };
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(scroller.current);
    observer.observe(measure.current);
    return () => observer.disconnect();
  }, []);
  return size;
}

export function Console({ id }) {
  const scroller = useRef(null);
  const measure = useRef(null);
  const [lines, redraw] = useLog(id);
  const { height, row } = useScreen(scroller, measure, lines);
  const [top, setTop] = useState(0);
  // How many lines there were when the person scrolled up; null: the end is followed.
  const [seen, setSeen] = useState(null);
  const [query, setQuery] = useState("");
  const [hit, setHit] = useState(0);
  const search = useMemo(() => (query ? new Search(lines, query) : null), [query]);
  const hits = search?.hits() ?? [];
  const current = hits.length ? hits[hit % hits.length] : null;
  const follows = seen === null;
  const total = lines.rowCount * row;

  // Lines that had to go must not move those that are being read.
  const gone = useRef(0);
  const shift = (lines.droppedRows - gone.current) * row;
  const before = useRef({ scrollTop: 0, scrollHeight: 0 });
  // Whether the person has moved up since; where there is less to scroll it moves by itself.
  const isUp = ({ scrollTop, scrollHeight }) =>
    scrollTop < before.current.scrollTop && scrollHeight >= before.current.scrollHeight;
  useLayoutEffect(() => {
    const log = scroller.current;
    // Then the event that tells of it is about to come.
    if (follows && isUp(log)) return;
    gone.current = lines.droppedRows;
    if (follows) log.scrollTop = log.scrollHeight;
    else if (shift) log.scrollTop -= shift;
    before.current = { scrollTop: log.scrollTop, scrollHeight: log.scrollHeight };
  });

  function scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = scroller.current;
    const wasUp = isUp(scroller.current);
    before.current = { scrollTop, scrollHeight };
    setTop(scrollTop);
    // The smallest step is enough: a smooth scroll begins with one.
    if (wasUp) setSeen((was) => was ?? lines.count);
    else if (scrollTop + clientHeight >= scrollHeight - 2) setSeen(null);
  }

  const toEnd = () => {
    setSeen(null);
    redraw();
  };

  function show(number) {
    setHit(number);
    setSeen((was) => was ?? lines.count);
    scroller.current.scrollTop = lines.rows[hits[number] - lines.dropped] * row - height / 2;
  }
  useEffect(() => {
    if (hits.length) show(0);
  }, [query]);
  const go = (step) => hits.length && show((hit + step + hits.length) % hits.length);

  const from = follows ? Math.max(0, total - height) : Math.max(0, top - shift);
  const first = Math.max(0, Math.floor(from / row) - OVERSCAN);
  const shown = lines.slice(first, Math.ceil((from + height) / row) + OVERSCAN);
  const fresh = follows ? 0 : lines.count - seen;
  const where = hits.length
    ? t("found", { at: (hit % hits.length) + 1, n: hits.length })
    : t("notFound");
  return html`<section class="console">
    <${Tools}
      ...${{ id, lines, query, setQuery, where, go }}
      chosen=${() => chosenText(scroller.current)}
    />
    <div class="screen">
      <span class="measure" ref=${measure} aria-hidden="true">${PROBE}</span>
      <div
        class="log"
        role="log"
        aria-label=${t("console")}
        aria-live="off"
        tabindex="0"
        ref=${scroller}
        onScroll=${scrolled}
        onCopy=${copyChosen}
      >
        <div class="all" style=${{ height: `${total}px` }}>
          ${shown.map(
            (each) => html`<${Row}
              key=${each.key}
              row=${each}
              top=${each.row * row}
              marks=${search?.placesIn(lines.items[each.line].text)}
              isHit=${each.line + lines.dropped === current}
            />`,
          )}
        </div>
      </div>
      <${Spoken} lines=${lines} silent=${!follows} />
      ${fresh > 0 && html`<button class="fresh" onClick=${toEnd}>↓ ${newLines(fresh)}</button>`}
    </div>
    <${Prompt} id=${id} sent=${toEnd} />
  </section>`;
}

const newLines = (n) => (n === 1 ? t("newLine") : t("newLines", { n }));

/** A row of the screen, with what was searched for marked in it. */
function Row({ row: { runs, start, line, gap }, top, marks, isHit }) {
  const names = ["row", isHit && "hit", gap && "gap"].filter(Boolean).join(" ");
  return html`<div style=${{ top: `${top}px` }} class=${names} data-line=${line}>
    ${marked(runs, start, marks ?? []).map((run) => html`<${Run} run=${run} />`)}
  </div>`;
}

function Run({ run: { text, style, isMark } }) {
  if (isMark) return html`<mark>${text}</mark>`;
  return html`<span class=${style.bold ? "bold" : undefined} style=${coloursOf(style)}>${text}</span>`;
}

/** Runs that begin at an index of their line, cut where marks begin and end. */
function marked(runs, start, marks) {
  if (!marks.length) return runs;
  const found = [];
  let at = 0;
  for (const [from, to] of [...marks, [Infinity, Infinity]]) {
    const [begin, end] = [Math.max(from - start, at), Math.max(to - start, at)];
    found.push(...cut(runs, at, begin));
    if (begin === Infinity) break;
    found.push(...cut(runs, begin, end).map((run) => ({ ...run, isMark: true })));
    at = end;
  }
  return found;
}

/** What the person has chosen of a log, line by line; nothing if that is elsewhere. */
function chosenText(log) {
  const selection = getSelection();
  if (selection.isCollapsed || !log.contains(selection.anchorNode)) return "";
  const range = selection.getRangeAt(0);
  const parts = [];
  let last = null;
  for (const row of log.querySelectorAll(".row")) {
    if (!range.intersectsNode(row)) continue;
    const own = range.cloneRange();
    if (!row.contains(range.startContainer)) own.setStartBefore(row);
    if (!row.contains(range.endContainer)) own.setEndAfter(row);
    // What was only wrapped stays one line.
    if (last !== null && row.dataset.line !== last) parts.push("\n");
    parts.push(own.toString());
    last = row.dataset.line;
  }
  return parts.join("");
}

function copyChosen(event) {
  const text = chosenText(event.currentTarget);
  if (!text) return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
}

/** New lines for who only hears: not all of them, when they come fast. */
function Spoken({ lines, silent }) {
  const [text, setText] = useState("");
  const told = useRef(null);
  useEffect(() => {
    const timer = setInterval(() => {
      const fresh = told.current === null ? 0 : lines.count - told.current;
      told.current = lines.count;
      if (!fresh || silent) return;
      const few = fresh <= MOST_SPOKEN;
      setText(
        few
          ? lines.items
              .slice(-fresh)
              .map((item) => item.text)
              .join("\n")
          : newLines(fresh),
      );
    }, SPOKEN_MS);
    return () => clearInterval(timer);
  }, [silent]);
  return html`<div class="hidden" aria-live="polite">${text}</div>`;
}

function Tools({ id, lines, query, setQuery, where, go, chosen }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    await toClipboard(chosen() || lines.toString());
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
    <input
      type="search"
      aria-label=${t("find")}
      placeholder=${t("find")}
      value=${query}
      onInput=${(event) => setQuery(event.target.value)}
      onKeyDown=${keys}
    />
    ${
      query &&
      html`<output>${where}</output>
      <button onClick=${() => go(-1)} aria-label=${t("previous")}>↑</button>
      <button onClick=${() => go(1)} aria-label=${t("next")}>↓</button>`
    }
    <button onMouseDown=${(event) => event.preventDefault()} onClick=${copy}>
      ${copied ? t("copied") : t("copy")}
    </button>
    <button onClick=${download}>${t("download")}</button>
  </div>`;
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain HTTP has no clipboard of its own.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}
