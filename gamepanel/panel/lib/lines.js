// The lines of a console, and which rows of a screen they take.
import { parse, plainStyle, textOf } from "./ansi.js";

export const MOST = 120_000;
const LONGEST = 8192;

/** Lines that were printed, those that are missing, and how they fall into rows. */
export class Lines {
  constructor() {
    this.items = [];
    // Row at which each line begins; one more than there are lines.
    this.rows = [0];
    this.columns = 80;
    this.dropped = 0;
    this.open = false;
    this.style = plainStyle;
  }

  get rowCount() {
    return this.rows[this.items.length];
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
    this.open = false;
    this.#push({ gap: true, raw: text, text, style: plainStyle });
    this.style = plainStyle;
  }

  #add(part, ends) {
    if (this.open) {
      const last = this.items.pop();
      this.rows.pop();
      this.style = last.style;
      part = last.raw + part;
    }
    // A line without an end must not cost more and more.
    while (part.length > LONGEST) {
      this.#line(part.slice(0, LONGEST));
      part = part.slice(LONGEST);
    }
    this.#line(ends && part.endsWith("\r") ? part.slice(0, -1) : part);
    this.open = !ends;
  }

  #line(raw) {
    const style = this.style;
    this.#push({ raw, text: textOf(raw), style });
    this.style = raw.includes("\x1b") ? parse(raw, style).end : style;
  }

  #push(item) {
    this.items.push(item);
    this.rows.push(this.rows[this.items.length - 1] + this.#height(item));
  }

  #height(item) {
    return Math.max(1, Math.ceil(item.text.length / this.columns));
  }

  #trim() {
    if (this.items.length <= MOST) return;
    const count = this.items.length - MOST + 10_000;
    this.items.splice(0, count);
    this.dropped += count;
    this.layout(this.columns);
  }

  /** Let rows have so many columns. */
  layout(columns) {
    this.columns = Math.max(columns, 20);
    this.rows = [0];
    let row = 0;
    for (const item of this.items) this.rows.push((row += this.#height(item)));
  }

  /** The line that a row belongs to. */
  at(row) {
    let low = 0, high = this.items.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.rows[middle] <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Rows as `{key, line, gap, runs}`. */
  slice(first, last) {
    const found = [];
    for (let line = this.at(first); line < this.items.length && this.rows[line] < last; line++) {
      const item = this.items[line];
      const key = line + this.dropped;
      const runs = parse(item.raw, item.style).runs;
      const height = this.#height(item);
      for (let part = 0; part < height; part++) {
        const row = this.rows[line] + part;
        if (row < first || row >= last) continue;
        found.push({ key: `${key}.${part}`, line, row, gap: item.gap, runs: cut(runs, part * this.columns, this.columns) });
      }
    }
    return found;
  }

  /** Numbers of the lines that contain a text. */
  find(text) {
    const wanted = text.toLowerCase();
    const found = [];
    this.items.forEach((item, line) => item.text.toLowerCase().includes(wanted) && found.push(line));
    return found;
  }

  /** All of it as text. */
  toString() {
    return this.items.map((item) => item.text).join("\n");
  }
}

function cut(runs, from, length) {
  const found = [];
  let at = 0;
  for (const { text, style } of runs) {
    const part = text.slice(Math.max(from - at, 0), Math.max(from + length - at, 0));
    if (part) found.push({ text: part, style });
    at += text.length;
  }
  return found;
}
