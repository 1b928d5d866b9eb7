// Colours as games of Quake's family write them into names and lines: "^1", and in Xonotic "^xF80", too.
const GAMES = ["openarena", "xonotic"];
const CODE = /\^(?:([0-9])|x([0-9a-f])([0-9a-f])([0-9a-f]))/gi;
/** Of ^0 to ^9, as SGR (ECMA-48, 8.3.117). */
const COLOURS = [30, 31, 32, 33, 34, 36, 35, 39, 33, 90];
const PLAIN = "\x1b[39m";

export const hasCodes = (type) => GAMES.includes(type);

/** A name or a sentence of a server of a type, without codes. */
export const uncoded = (text, type) => (hasCodes(type) ? text.replace(CODE, "") : text);

/** A line with its codes as sequences of a terminal; a colour ends with its line. */
export function asSequences(raw, ends) {
  const byte = (digit) => 17 * parseInt(digit, 16);
  const found = raw.replace(CODE, (_, number, r, g, b) =>
    number ? `\x1b[${COLOURS[number]}m` : `\x1b[38;2;${byte(r)};${byte(g)};${byte(b)}m`,
  );
  // Of a line that came in pieces the first was read before.
  return ends && found.includes("\x1b") && !found.endsWith(PLAIN) ? found + PLAIN : found;
}
