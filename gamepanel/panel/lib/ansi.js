// A console's text as runs of colour and weight, as a terminal would show a line: a carriage
// return writes over what stands there, ESC[K erases, and titles and the like (OSC) are not shown.
// Nothing else is interpreted: other control characters are shown as pictures of themselves, and
// text is only ever text.

const SGR = /\x1b\[([0-9;:]*)m/g;
/** What sets titles, links and the like: up to BEL or ST. */
const OSC = /\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;
/** What moves within a line: SGR, ESC[K and carriage returns. */
const MOVES = /\x1b\[([0-9;:]*)m|\x1b\[([0-2]?)K|\r/g;
const isMoving = (line) => line.includes("\r") || /\x1b\[[0-2]?K/.test(line);
// Controls but TAB and line feed, what turns the reading direction, and ends of lines that are none.
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028-\u202e\u2066-\u2069]/g;

export const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

export const plainStyle = Object.freeze({
  fg: "",
  bg: "",
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
});

/** Control characters as what stands for them. */
function visible(text) {
  return text.replace(CONTROL, (c) => {
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}

function palette(n) {
  if (n < 8) return NAMES[n];
  if (n < 16) return `bright-${NAMES[n - 8]}`;
  if (n < 232) {
    const level = (x) => (x ? 55 + 40 * x : 0);
    const cube = n - 16;
    const parts = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level);
    return `rgb(${parts.join(", ")})`;
  }
  const grey = 8 + 10 * (n - 232);
  return `rgb(${grey}, ${grey}, ${grey})`;
}

const isByte = (x) => x >= 0 && x < 256;

/** The colour that stands behind 38 or 48 (ITU-T T.416), and how many parameters it takes. */
function extended([kind, ...rest], hasColons) {
  if (kind === 5 && isByte(rest[0])) return [palette(rest[0]), 2];
  // With colons there may be the number of a colour space before the colour.
  const skipped = hasColons && rest.length > 3 ? 1 : 0;
  const rgb = rest.slice(skipped, skipped + 3);
  if (kind === 2 && rgb.length === 3 && rgb.every(isByte)) {
    return [`rgb(${rgb.join(", ")})`, 4 + skipped];
  }
  return ["", rest.length + 1];
}

/** The style after the parameters of an SGR sequence (ECMA-48, 8.3.117). */
export function applied(style, parameters) {
  let next = { ...style };
  const groups = parameters.split(";").map((group) => group.split(":").map(Number));
  for (let at = 0; at < groups.length; at++) {
    const [code, ...rest] = groups[at];
    if (code === 0) next = { ...plainStyle };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    // 4:0 is none; other kinds of lines are lines, too.
    else if (code === 4) next.underline = rest[0] !== 0;
    else if (code === 7) next.inverse = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code === 27) next.inverse = false;
    else if (code >= 30 && code < 38) next.fg = NAMES[code - 30];
    else if (code === 39) next.fg = "";
    else if (code >= 40 && code < 48) next.bg = NAMES[code - 40];
    else if (code === 49) next.bg = "";
    else if (code >= 90 && code < 98) next.fg = `bright-${NAMES[code - 90]}`;
    else if (code >= 100 && code < 108) next.bg = `bright-${NAMES[code - 100]}`;
    else if (code === 38 || code === 48) {
      const later = groups.slice(at + 1).map(([first]) => first);
      const [colour, taken] = rest.length ? extended(rest, true) : extended(later, false);
      next[code === 38 ? "fg" : "bg"] = colour;
      if (!rest.length) at += taken;
    }
  }
  return next;
}

/** Characters of a line, each with its style, while something writes over them. */
class Cells {
  cells = [];
  at = 0;

  write(text, style) {
    for (const character of text) this.cells[this.at++] = { character, style };
  }

  /** ECMA-48, 8.3.41: from here on, up to here, or all of it. */
  erase(how, style) {
    const blank = { character: " ", style };
    if (how === "1") this.cells.fill(blank, 0, Math.min(this.at + 1, this.cells.length));
    else if (how === "2") this.cells.fill(blank);
    else this.cells.length = Math.min(this.at, this.cells.length);
  }

  /** As runs; what was never written is blank. */
  runs(count = this.cells.length) {
    const found = [];
    for (let at = 0; at < count; at++) {
      const { character, style } = this.cells[at] ?? { character: " ", style: plainStyle };
      if (found.at(-1)?.style === style) found.at(-1).text += character;
      else found.push({ text: character, style });
    }
    return found;
  }
}

function cellsOf(line, style) {
  const cells = new Cells();
  let from = 0;
  for (const match of line.matchAll(MOVES)) {
    cells.write(line.slice(from, match.index), style);
    from = match.index + match[0].length;
    if (match[0] === "\r") cells.at = 0;
    else if (match[0].endsWith("K")) cells.erase(match[2], style);
    else style = applied(style, match[1]);
  }
  cells.write(line.slice(from), style);
  return { cells, end: style };
}

const bare = (line) => (line.includes("\x1b]") ? line.replace(OSC, "") : line);
const shown = (runs) => {
  const found = runs.map(({ text, style }) => ({ text: visible(text), style }));
  return found.length ? found : [{ text: "", style: plainStyle }];
};

/** A line as runs `{text, style}`, and the style that the next line begins with. */
export function parse(line, style) {
  line = bare(line);
  if (isMoving(line)) {
    const { cells, end } = cellsOf(line, style);
    return { runs: shown(cells.runs()), end };
  }
  if (!line.includes("\x1b")) return { runs: [{ text: visible(line), style }], end: style };
  const runs = [];
  let from = 0;
  for (const match of line.matchAll(SGR)) {
    if (match.index > from) runs.push({ text: visible(line.slice(from, match.index)), style });
    style = applied(style, match[1]);
    from = match.index + match[0].length;
  }
  if (from < line.length || !runs.length) runs.push({ text: visible(line.slice(from)), style });
  return { runs, end: style };
}

/** A line without its sequences. */
export function textOf(line) {
  line = bare(line);
  if (isMoving(line)) return parse(line, plainStyle).runs.map(({ text }) => text).join("");
  return visible(line.includes("\x1b") ? line.replace(SGR, "") : line);
}

const FLAGS = { bold: 1, dim: 2, italic: 3, underline: 4, inverse: 7 };

function codeOf(colour, base) {
  if (colour.startsWith("rgb")) return `${base + 8};2;${colour.match(/\d+/g).join(";")}`;
  const isBright = colour.startsWith("bright-");
  return String((isBright ? base + 60 : base) + NAMES.indexOf(colour.replace("bright-", "")));
}

/** The sequence after which a style holds. */
function sequenceOf(style) {
  const codes = ["0", ...Object.keys(FLAGS).filter((name) => style[name]).map((name) => FLAGS[name])];
  if (style.fg) codes.push(codeOf(style.fg, 30));
  if (style.bg) codes.push(codeOf(style.bg, 40));
  return `\x1b[${codes.join(";")}m`;
}

const written = (runs) => runs.map(({ text, style }) => sequenceOf(style) + text).join("");

/**
 * The same line in few characters, however often it was written over: a progress bar that goes on
 * must not cost more and more.
 */
export function settled(line, style) {
  line = bare(line);
  if (!line.includes("\r")) return line;
  const { cells, end } = cellsOf(line, style);
  return `${written(cells.runs())}\r${written(cells.runs(cells.at))}${sequenceOf(end)}`;
}
