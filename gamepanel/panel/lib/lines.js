// The lines of a console, and which rows of a screen they take.
import { parse, plainStyle, settled, textOf } from "./ansi.js";
import { isShown, LEVELS, levelOf, mayHaveLevel } from "./levels.js";
import { breaks, columnsOf, isPlain, rowsOf } from "./width.js";

export const MOST_LINES = 120_000;
/** Characters in all: what bounds the page's memory where lines are long. */
export const MOST_TEXT = 24_000_000;
/** What a browser can scroll, with some room: an element is at most some 17 million pixels high. */
export const MOST_ROWS = 800_000;
const LONGEST = 8192;
/** From here on a line that is still written over is put down anew. */
const LONG_OPEN = 2048;
/** A sequence is not longer than this. */
const LONGEST_SEQUENCE = 64;
const LEAST_COLUMNS = 20;

/** Where a long text can be cut: not inside a character (UTF-16) or a sequence. */
function sizeOf(text) {
  const escape = text.lastIndexOf("\x1b", LONGEST - 1);
  if (escape >= LONGEST - LONGEST_SEQUENCE && !text.slice(escape, LONGEST).includes("m"))
    return escape;
  const last = text.charCodeAt(LONGEST - 1);
  return last >= 0xd800 && last < 0xdc00 ? LONGEST - 1 : LONGEST;
}

const ASCII = /^[\x00-\x7f]*$/;
const encoder = new TextEncoder();
const sizeInBytes = (text) => (ASCII.test(text) ? text.length : encoder.encode(text).length);

/** Whether lines can be looked at together for what is rare: none has a sequence or is written over. */
const isSimple = (text) => !text.includes("\x1b") && !/\r[^\n]/.test(text);

const NONE = Object.freeze([]);

const ENDS = 1;
const GAP = 2;
const PLAIN = 4;
/** From this bit on the number of the level. */
const LEVEL = 3;

/**
 * A line. There may be a hundred thousand of them: all that is small shares one number.
 *
 * `raw` is what was printed, `text` the same without sequences, `style` that with which it begins,
 * `index` that of its first byte.
 */
class Line {
  constructor(raw, text, style, index, bits) {
    this.raw = raw;
    this.text = text;
    this.style = style;
    this.index = index;
    this.bits = bits;
  }

  get ends() {
    return (this.bits & ENDS) !== 0;
  }

  /** Whether it is one of our own, which tells that bytes are missing. */
  get gap() {
    return (this.bits & GAP) !== 0;
  }

  /** Whether each character is one column wide. */
  get plain() {
    return (this.bits & PLAIN) !== 0;
  }

  get level() {
    return LEVELS[this.bits >> LEVEL];
  }

  set level(level) {
    this.bits = (this.bits & ((1 << LEVEL) - 1)) | (LEVELS.indexOf(level) << LEVEL);
  }
}

/** The number of the first of some ascending values that is not below another. */
function firstNotBelow(count, valueAt, wanted) {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueAt(middle) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Lines that were printed, those that are missing, and how they fall into rows.
 *
 * A line has the index of its first byte in the log. Separators are rows of our own before a line,
 * or behind the last one.
 */
export class Lines {
  items = [];
  /** Row at which each line begins; one more than there are lines. */
  rows = [0];
  columns = 80;
  /**
   * Lines and rows that had to go since the beginning; below 0 where older ones came later, so that
   * a line keeps its number.
   */
  dropped = 0;
  droppedRows = 0;
  /** `[index, time]`: from which byte on was read when, ascending. */
  times = [];
  /** Only lines as bad as this are shown: "", "warn" or "err". */
  least = "";
  /** Separators behind the last line. */
  tail = [];
  /** What a line is read as: `reads(raw, ends)` where a game has colours of its own kind. */
  reads = null;
  #separators = [];
  // What stands before lines, by the line; few have something.
  #placed = new Map();
  #size = 0;
  // The index of the next byte.
  #next = 0;
  // Whether the last line goes on with what comes next.
  #open = false;
  #style = plainStyle;

  get rowCount() {
    return this.rows[this.items.length] + this.tail.length;
  }

  /** Lines since the beginning, those that had to go among them. */
  get count() {
    return this.dropped + this.items.length;
  }

  /** Take the next piece of a log; `index` is where it begins, `times` as `server_log` has them. */
  append(text, index = this.#next, times = []) {
    this.#next = index;
    this.#learn(times);
    const parts = text.split("\n");
    const isAscii = ASCII.test(text);
    // The first may be the rest of a line.
    const areCandidates = this.reads || this.#open || !isSimple(text) || mayHaveLevel(text);
    parts.forEach((part, number) => {
      const ends = number < parts.length - 1;
      const size = isAscii ? part.length : sizeInBytes(part);
      if (part || ends) this.#add(part, ends, size + (ends ? 1 : 0), areCandidates);
    });
    this.#trim();
    if (this.tail.length) this.#place();
  }

  #learn(times) {
    const last = this.times.at(-1)?.[0] ?? -1;
    this.times.push(...times.filter(([index]) => index > last));
  }

  /** When the byte at an index was read, in seconds; null where that is not known. */
  timeAt(index) {
    const behind = firstNotBelow(this.times.length, (n) => this.times[n][0], index + 1);
    return behind ? this.times[behind - 1][1] : null;
  }

  /** The first byte that was read at a time or later; Infinity where there is none yet. */
  indexAt(time) {
    const first = firstNotBelow(this.times.length, (n) => this.times[n][1], time);
    return this.times[first]?.[0] ?? Infinity;
  }

  /** Say in a line of our own that bytes are missing here. */
  gap(text) {
    if (this.#open) this.items.at(-1).bits |= ENDS;
    this.#open = false;
    this.#style = plainStyle;
    this.#push(text, this.#next, ENDS | GAP);
  }

  #add(part, ends, size, isCandidate) {
    let index = this.#next;
    this.#next += size;
    let before = NONE;
    if (this.#open) {
      const last = this.items.pop();
      this.rows.pop();
      this.#size -= last.raw.length;
      this.#style = last.style;
      index = last.index;
      before = this.#before(last);
      this.#placed.delete(last);
      part = last.raw + part;
      // What is written over and over must not cost more and more.
      if (part.length > LONG_OPEN) part = settled(part, this.#style);
    }
    // Nor must a line without an end.
    while (part.length > LONGEST) {
      const cutAt = sizeOf(part);
      this.#push(part.slice(0, cutAt), index, 0, before);
      before = NONE;
      index += sizeInBytes(part.slice(0, cutAt));
      part = part.slice(cutAt);
    }
    if (ends && part.endsWith("\r")) part = part.slice(0, -1);
    this.#push(part, index, ends ? ENDS : 0, before, isCandidate);
    this.#open = !ends;
  }

  #push(raw, index, bits, before = NONE, isCandidate = true) {
    if (this.reads && !(bits & GAP)) raw = this.reads(raw, (bits & ENDS) !== 0);
    let text = raw;
    if (isPlain(raw)) bits |= PLAIN;
    else {
      text = textOf(raw);
      if (isPlain(text)) bits |= PLAIN;
    }
    const item = new Line(raw, text, this.#style, index, bits);
    const above = this.items.at(-1);
    if (!item.gap && (isCandidate || above?.level)) item.level = levelOf(text, above?.level ?? "", isCandidate);
    if (text !== raw && raw.includes("\x1b")) this.#style = parse(raw, this.#style).end;
    this.#size += raw.length;
    if (before.length) this.#placed.set(item, before);
    this.items.push(item);
    this.rows.push(this.rows[this.items.length - 1] + this.#height(item));
  }

  /** What stands before a line. */
  #before(item) {
    return (this.#placed.size && this.#placed.get(item)) || NONE;
  }

  #height(item) {
    const isHidden = this.least && !item.gap && !isShown(item.level, this.least);
    return this.#before(item).length + (isHidden ? 0 : rowsOf(item.text, this.columns, item.plain));
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
    for (const item of this.items.splice(0, count)) this.#placed.delete(item);
    this.#size -= text;
    this.dropped += count;
    this.droppedRows += this.rows[count];
    this.layout(this.columns);
  }

  /** Whether so much more can be taken in without something having to go. */
  hasRoomFor(older) {
    return (
      this.items.length + older.items.length <= MOST_LINES &&
      this.#size + older.#size <= MOST_TEXT &&
      this.rowCount + older.rowsIn(this.columns) <= MOST_ROWS
    );
  }

  /** How many rows there are with so many columns. */
  rowsIn(columns) {
    if (columns !== this.columns) this.layout(columns);
    return this.rowCount;
  }

  /** Read all lines so, those that are there among them. */
  readAs(reads) {
    if (reads === this.reads) return;
    this.reads = reads;
    const { items } = this;
    const placed = this.#placed;
    this.#placed = new Map();
    this.items = [];
    this.rows = [0];
    this.#size = 0;
    this.#style = items[0]?.style ?? this.#style;
    for (const item of items) {
      if (item.gap) this.#style = plainStyle;
      this.#push(item.raw, item.index, item.bits & (ENDS | GAP), placed.get(item));
    }
  }

  /** Put older lines, of which the last has its end, before these. */
  prepend(older) {
    if (this.reads) older.readAs(this.reads);
    this.#recolour(older.#style);
    this.#regrade(older.items.at(-1)?.level ?? "");
    this.dropped -= older.items.length;
    this.items = older.items.concat(this.items);
    this.times = older.times.concat(this.times.filter(([index]) => index > (older.times.at(-1)?.[0] ?? -1)));
    this.#size += older.#size;
    this.#place();
    this.droppedRows -= this.rows[older.items.length];
  }

  /** The first lines began in a style that was not known then. */
  #recolour(style) {
    for (const item of this.items) {
      if (item.style === style || item.gap) return;
      item.style = style;
      if (item.raw.includes("\x1b")) style = parse(item.raw, style).end;
    }
    this.#style = style;
  }

  /** What goes on with the line before is as bad as that, which was not known then. */
  #regrade(before) {
    for (const item of this.items) {
      const level = item.gap ? "" : levelOf(item.text, before);
      if (level === item.level) return;
      before = item.level = level;
    }
  }

  /** Let rows be where they are said to be: `[index, text]`, ascending. */
  separate(separators) {
    this.#separators = separators;
    this.#place();
  }

  #place() {
    this.#placed.clear();
    this.tail = [];
    for (const [index, text] of this.#separators) {
      const at = firstNotBelow(this.items.length, (n) => this.items[n].index, index);
      const item = this.items[at];
      if (item) this.#placed.set(item, [...this.#before(item), text]);
      else this.tail.push(text);
    }
    this.layout(this.columns);
  }

  /** Let rows have so many columns; Infinity lets no line wrap. */
  layout(columns) {
    this.columns = Math.max(columns, LEAST_COLUMNS);
    this.rows = [0];
    let row = 0;
    for (const item of this.items) this.rows.push((row += this.#height(item)));
  }

  /** Show only lines that are so bad. */
  filter(least) {
    this.least = least;
    this.layout(this.columns);
  }

  /** The columns of the widest of some rows. */
  widest(first, last) {
    const lines = this.items.slice(this.at(first), this.at(last) + 1);
    return lines.reduce((most, { text, plain }) => Math.max(most, columnsOf(text, plain)), 0);
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

  /** Rows from one to before another, as `{key, line, row, start, runs, item}` or `{key, row, separator}`. */
  slice(first, last) {
    const found = [];
    const take = (row, more) => row >= first && row < last && found.push({ row, ...more });
    for (let line = this.at(first); line < this.items.length && this.rows[line] < last; line++) {
      this.#rowsAt(line, take);
    }
    const end = this.rows[this.items.length];
    this.tail.forEach((text, n) => take(end + n, { key: `tail.${n}`, separator: text }));
    return found;
  }

  #rowsAt(line, take) {
    const item = this.items[line];
    const number = line + this.dropped;
    let row = this.rows[line];
    this.#before(item).forEach((text, n) => take(row++, { key: `${number}.s${n}`, separator: text }));
    if (row === this.rows[line + 1]) return;
    const { runs } = parse(item.raw, item.style);
    const starts = breaks(item.text, this.columns, item.plain);
    starts.forEach((start, part) => {
      const key = `${number}.${part}`;
      take(row + part, { key, line, start, item, runs: cut(runs, start, starts[part + 1]) });
    });
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
