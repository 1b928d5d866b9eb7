// A console's text as runs of colour and weight. Nothing else is interpreted: other
// control characters are shown as pictures of themselves, and text is only ever text.

const SGR = /\x1b\[([0-9;:]*)m/g;
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;
const BASIC = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

export const plainStyle = Object.freeze({ fg: "", bg: "", bold: false, dim: false, italic: false, underline: false, inverse: false });

/** Control characters as what stands for them. */
export function visible(text) {
  return text.replace(CONTROL, (c) => {
    const code = c.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\ufffd";
  });
}

function palette(n) {
  if (n < 8) return BASIC[n];
  if (n < 16) return `bright-${BASIC[n - 8]}`;
  if (n < 232) {
    const level = (x) => (x ? 55 + 40 * x : 0);
    n -= 16;
    return `rgb(${level(Math.floor(n / 36))}, ${level(Math.floor(n / 6) % 6)}, ${level(n % 6)})`;
  }
  const grey = 8 + 10 * (n - 232);
  return `rgb(${grey}, ${grey}, ${grey})`;
}

function extended(codes, at) {
  if (codes[at + 1] === 5 && codes[at + 2] >= 0 && codes[at + 2] < 256) return [palette(codes[at + 2]), at + 2];
  const rgb = codes.slice(at + 2, at + 5);
  if (codes[at + 1] === 2 && rgb.length === 3 && rgb.every((x) => x >= 0 && x < 256)) {
    return [`rgb(${rgb.join(", ")})`, at + 4];
  }
  return ["", codes.length];
}

/** The style after the parameters of an SGR sequence (ECMA-48, 8.3.117). */
export function applied(style, parameters) {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = { ...style };
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at];
    if (code === 0) next = { ...plainStyle };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 7) next.inverse = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code === 27) next.inverse = false;
    else if (code >= 30 && code < 38) next.fg = BASIC[code - 30];
    else if (code === 38) [next.fg, at] = extended(codes, at);
    else if (code === 39) next.fg = "";
    else if (code >= 40 && code < 48) next.bg = BASIC[code - 40];
    else if (code === 48) [next.bg, at] = extended(codes, at);
    else if (code === 49) next.bg = "";
    else if (code >= 90 && code < 98) next.fg = `bright-${BASIC[code - 90]}`;
    else if (code >= 100 && code < 108) next.bg = `bright-${BASIC[code - 100]}`;
  }
  return next;
}

/** A line as runs `{text, style}`, and the style that the next line begins with. */
export function parse(line, style) {
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
export const textOf = (line) => visible(line.includes("\x1b") ? line.replace(SGR, "") : line);
