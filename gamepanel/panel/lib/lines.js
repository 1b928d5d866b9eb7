// The lines of a console, and which rows of a screen they take.
import { parse, plainStyle, textOf } from "./ansi.js";

export const MOST_LINES = 120_000;
/** Characters in all: what bounds the page's memory where lines are long. */
export const MOST_TEXT = 24_000_000;
/** What a browser can scroll, with some room: an element is at most some 17 million pixels high. */
export const MOST_ROWS = 800_000;
const LONGEST = 8192;
/** A sequence is not longer than this. */
const LONGEST_SEQUENCE = 64;
const LEAST_COLUMNS = 20;

const PLAIN = /^[\x20-\x7e]*$/;
const NOTHING = /^[\p{Mn}\p{Me}\u200b-\u200f\u2060\ufe0e\ufe0f]$/u;
// East Asian Width W and F (UAX 11), in blocks, and what is shown as a picture.
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;
const TAB = 8;

/** How many columns a character takes at the most. */
function widthOf(character) {
  if (character >= " " && character <= "~") return 1;
  if (character === "\t") return TAB;
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Where a long text can be cut: not inside a character (UTF-16) or a sequence. */
function sizeOf(text) {
  const escape = text.lastIndexOf("\x1b", LONGEST - 1);
  if (escape >= LONGEST - LONGEST_SEQUENCE && !text.slice(escape, LONGEST).includes("m"))
    return escape;
  const last = text.charCodeAt(LONGEST - 1);
  return last >= 0xd800 && last < 0xdc00 ? LONGEST - 1 : LONGEST;
}

/** Where each row of a text begins. */
function breaks(text, columns) {
  const found = [0];
  let room = columns;
  let at = 0;
  for (const character of text) {
    const width = widthOf(character);
    if (width > room) {
      found.push(at);
      room = columns;
    }
    room -= width;
    at += character.length;
  }
  return found;
}

/** Lines that were printed, those that are missing, and how they fall into rows. */
export class Lines {
  items = [];
  /** Row at which each line begins; one more than there are lines. */
  rows = [0];
  columns = 80;
  /** Lines and rows that had to go since the beginning. */
  dropped = 0;
  droppedRows = 0;
  #size = 0;
  // Whether the last line goes on with what comes next.
  #open = false;
  #style = plainStyle;

  get rowCount() {
    return this.rows[this.items.length];
  }

  /** Lines since the beginning, those that had to go among them. */
  get count() {
    return this.dropped + this.items.length;
  }

  /** Take the next piece of a log. */
  append(text) {
    const parts = text.split("\n");
    parts.forEach((part, index) => {
      const ends = index < parts.length - 1;
      if (part || ends) this.#add(part, ends);
    });
    this.#trim();
  }

  /** Say in a line of our own that bytes are missing here. */
  gap(text) {
    if (this.#open) this.items.at(-1).ends = true;
    this.#open = false;
    this.#style = plainStyle;
    this.#push(text, true, true);
  }

  #add(part, ends) {
    if (this.#open) {
      const last = this.items.pop();
      this.rows.pop();
      this.#size -= last.raw.length;
      this.#style = last.style;
      part = last.raw + part;
    }
    // A line without an end must not cost more and more.
    while (part.length > LONGEST) {
      const size = sizeOf(part);
      this.#push(part.slice(0, size), false);
      part = part.slice(size);
    }
    this.#push(ends && part.endsWith("\r") ? part.slice(0, -1) : part, ends);
    this.#open = !ends;
  }

  #push(raw, ends, gap = false) {
    const text = textOf(raw);
    const item = { raw, text, style: this.#style, ends, gap, plain: PLAIN.test(text) };
    if (raw.includes("\x1b")) this.#style = parse(raw, this.#style).end;
    this.#size += raw.length;
    this.items.push(item);
    this.rows.push(this.rows[this.items.length - 1] + this.#height(item));
  }

  #height({ text, plain }) {
    if (!plain) return breaks(text, this.columns).length;
    return Math.max(1, Math.ceil(text.length / this.columns));
  }

  #trim() {
    const { length } = this.items;
    if (length <= MOST_LINES && this.#size <= MOST_TEXT && this.rowCount <= MOST_ROWS) return;
    // Some more than is needed, so that it is not needed again at once.
    const lines = length - MOST_LINES * 0.9;
    const rows = this.rowCount - MOST_ROWS * 0.9;
    const spare = this.#size - MOST_TEXT * 0.9;
    let count = 0;
    let text = 0;
    while (count < length - 1 && (count < lines || text < spare || this.rows[count] < rows)) {
      text += this.items[count++].raw.length;
    }
    this.items.splice(0, count);
    this.#size -= text;
    this.dropped += count;
    this.droppedRows += this.rows[count];
    this.layout(this.columns);
  }

  /** Let rows have so many columns. */
  layout(columns) {
    this.columns = Math.max(columns, LEAST_COLUMNS);
    this.rows = [0];
    let row = 0;
    for (const item of this.items) this.rows.push((row += this.#height(item)));
  }

  /** The line that a row belongs to. */
  at(row) {
    let low = 0;
    let high = this.items.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Rows from one to before another, as `{key, line, row, start, gap, runs}`. */
  slice(first, last) {
    const found = [];
    if (!this.items.length) return found;
    for (let line = this.at(first); line < this.items.length && this.rows[line] < last; line++) {
      const item = this.items[line];
      const { runs } = parse(item.raw, item.style);
      this.#starts(item).forEach((start, part, starts) => {
        const row = this.rows[line] + part;
        if (row < first || row >= last) return;
        const key = `${line + this.dropped}.${part}`;
        const text = cut(runs, start, starts[part + 1]);
        found.push({ key, line, row, start, gap: item.gap, runs: text });
      });
    }
    return found;
  }

  #starts({ text, plain }) {
    if (!plain) return breaks(text, this.columns);
    const rows = Math.max(1, Math.ceil(text.length / this.columns));
    return Array.from({ length: rows }, (_, part) => part * this.columns);
  }

  /** All of it as text. */
  toString() {
    return this.items.map(({ text, ends }) => (ends ? `${text}\n` : text)).join("");
  }
}

/** What lies between two indexes of the text of runs. */
export function cut(runs, from, to = Infinity) {
  const found = [];
  let at = 0;
  for (const { text, style } of runs) {
    const part = text.slice(Math.max(from - at, 0), Math.max(to - at, 0));
    if (part) found.push({ text: part, style });
    at += text.length;
  }
  return found;
}

/** Finds a text in lines; what was searched once is not searched again. */
export class Search {
  #lines;
  #wanted;
  #hits = [];
  #searched = 0;

  constructor(lines, text) {
    this.#lines = lines;
    this.#wanted = text.toLowerCase();
    this.#searched = lines.dropped;
  }

  /** Numbers of the lines that contain it, counted since the beginning. */
  hits() {
    const { items, dropped, count } = this.#lines;
    while (this.#hits.at(-1) >= this.#searched) this.#hits.pop();
    if (this.#hits[0] < dropped) this.#hits = this.#hits.filter((line) => line >= dropped);
    for (let line = Math.max(this.#searched, dropped); line < count; line++) {
      if (items[line - dropped].text.toLowerCase().includes(this.#wanted)) this.#hits.push(line);
    }
    // The last line may go on.
    this.#searched = Math.max(count - 1, dropped);
    return this.#hits;
  }

  /** Where it is in a text, as pairs of indexes. */
  placesIn(text) {
    const low = text.toLowerCase();
    const found = [];
    let at = low.indexOf(this.#wanted);
    while (at >= 0) {
      found.push([at, at + this.#wanted.length]);
      at = low.indexOf(this.#wanted, at + this.#wanted.length);
    }
    return found;
  }
}
