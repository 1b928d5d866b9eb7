// The rows of a console, and what is copied of them. All that a game prints is only ever text.
import { html } from "../lib/base.js";
import { coloursOf } from "../lib/colours.js";
import { cut } from "../lib/lines.js";
import { linked } from "../lib/links.js";
import { clock, moment } from "../lib/text.js";

const OURS = "[gamepanel]";

/** A row, with what was searched for marked in it. */
export function Row({ row: { runs, start, line, item, separator }, top, time, marks, isHit }) {
  const style = { top: `${top}px` };
  if (separator !== undefined) {
    return html`<div class="sep" role="separator" style=${style}><span>${separator}</span></div>`;
  }
  const isOurs = item.text.startsWith(OURS);
  const names = ["ln", item.level, isOurs && "gp", isHit && "hit", item.gap && "gap"];
  return html`<div style=${style} class=${names.filter(Boolean).join(" ")} data-line=${line}>
    ${time !== null && html`<time title=${moment(time)}>${clock(time)}</time>`}
    ${marked(runs, start, marks ?? []).map((run) => html`<${Run} run=${run} />`)}
  </div>`;
}

function Run({ run: { text, style, isMark } }) {
  if (isMark) return html`<mark>${text}</mark>`;
  const names = ["bold", "italic", "underline"].filter((name) => style[name]).join(" ");
  return html`<span class=${names || undefined} style=${coloursOf(style)}
    >${linked(text).map(({ text: part, href }) =>
      href ? html`<a href=${href} target="_blank" rel="noreferrer noopener">${part}</a>` : part,
    )}</span
  >`;
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

/** The text of what lies in a range, without the times that stand before lines. */
function textIn(range) {
  const copy = range.cloneContents();
  copy.querySelectorAll("time").forEach((time) => time.remove());
  return copy.textContent;
}

/** What the person has chosen of a log, line by line; nothing if that is elsewhere. */
export function chosenText(log) {
  const selection = getSelection();
  if (selection.isCollapsed || !log.contains(selection.anchorNode)) return "";
  const range = selection.getRangeAt(0);
  const parts = [];
  let last = null;
  for (const row of log.querySelectorAll(".ln")) {
    if (!range.intersectsNode(row)) continue;
    const own = range.cloneRange();
    if (!row.contains(range.startContainer)) own.setStart(row, 0);
    if (!row.contains(range.endContainer)) own.setEnd(row, row.childNodes.length);
    // What was only wrapped stays one line.
    if (last !== null && row.dataset.line !== last) parts.push("\n");
    parts.push(textIn(own));
    last = row.dataset.line;
  }
  return parts.join("");
}

export function copyChosen(event) {
  const text = chosenText(event.currentTarget);
  if (!text) return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
}
