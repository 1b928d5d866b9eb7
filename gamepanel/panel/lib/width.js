// How wide text is in a console, and where it breaks into rows.
const NOTHING = /^[\p{Mn}\p{Me}\u200b-\u200f\u2060\ufe0e\ufe0f]$/u;
// East Asian Width W and F (UAX 11), in blocks, and what is shown as a picture.
const WIDE =
  /^[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;
const TAB = 8;
const PLAIN = /^[\x20-\x7e]*$/;

/** Whether every character of a text is one column wide. */
export const isPlain = (text) => PLAIN.test(text);

/** How many columns a character takes at the most. */
function widthOf(character) {
  if (character >= " " && character <= "~") return 1;
  if (character === "\t") return TAB;
  if (NOTHING.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** How many columns a text takes. */
export function columnsOf(text, plain) {
  if (plain) return text.length;
  let sum = 0;
  for (const character of text) sum += widthOf(character);
  return sum;
}

/** Where each row of a text begins. */
export function breaks(text, columns, plain) {
  if (columns === Infinity) return [0];
  if (plain) {
    const rows = Math.max(1, Math.ceil(text.length / columns));
    return Array.from({ length: rows }, (_, part) => part * columns);
  }
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

/** How many rows a text takes. */
export function rowsOf(text, columns, plain) {
  if (columns === Infinity) return 1;
  return plain ? Math.max(1, Math.ceil(text.length / columns)) : breaks(text, columns, false).length;
}
