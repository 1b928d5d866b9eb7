// What the daemon says of a field, in the words and the language of the page. What it says of
// patterns and types is for programs: people read what is wanted instead.
import { isText, number, t, told } from "./text.js";

const SENTENCES = [
  [/^must have at least (\d+) characters$/, "atLeastCharacters"],
  [/^must have at most (\d+) characters$/, "atMostCharacters"],
  [/^must have at most (\d+) bytes$/, "atMostBytes"],
  [/^must be at least (\S+)$/, "atLeast"],
  [/^must be at most (\S+)$/, "atMost"],
  [/^must be within 2\^53$/, "tooLarge"],
  [/^must be a whole number$/, "wholeNumber"],
  [/^must be a number$/, "anyNumber"],
  [/^must be one line(?: without control characters)?$/, "oneLine"],
  [/^must be one of (.+)$/s, "oneOf"],
  [/^(?:must have a value|is missing)$/, "needed"],
  [/^must be true: the terms at (\S+) /, "terms"],
  [/^(\d+) \(([\w ]+)\) is used by the server ([^\s;]+)$/, "portTaken"],
  [/^(\d+) \(([\w ]+)\) is used by the server ([^\s;]+); (\d+) is free$/, "portTakenFree"],
  [/^(\d+) \(([\w ]+)\) is used by another server$/, "portOthers"],
  [/^(\d+) \(([\w ]+)\) is used by another server; (\d+) is free$/, "portOthersFree"],
  [/^follows another port, and can't be set$/, "followsPort"],
  [/^must not be the user name or the name of this program$/, "ownName"],
  [/^repeats itself$/, "repeats"],
  [/^is one of those that are tried first$/, "triedFirst"],
  [/^is not for external users$/, "notExternal"],
];

/** Details that only a program understands: of patterns, types and words of the API. */
const FOR_PROGRAMS =
  /^must match |^has a |^there is no such |NUL|^must be (?:(?:a string|a list|an object|true or false)$|one of: |lower-case letters|letters, digits)/;

const isFigure = (text) => /^-?\d{5,}$/.test(text);

/**
 * What is wrong with a field, for people.
 *
 * @param detail: the daemon's words.
 * @param name: of the field; some have a rule of their own to be told.
 */
export function wrongText(detail, name = "") {
  for (const [pattern, text] of SENTENCES) {
    const match = pattern.exec(detail);
    if (!match) continue;
    const [a, b, c, d] = match.slice(1);
    // A port is a name, not a quantity.
    const first = isFigure(a) && !text.startsWith("port") ? number(Number(a)) : a;
    return t(`wrong.${text}`, { a: first, b, c, d });
  }
  if (!FOR_PROGRAMS.test(detail)) return told(detail);
  return isText(`rule.${name}`) ? t(`rule.${name}`) : t("wrong.form");
}
