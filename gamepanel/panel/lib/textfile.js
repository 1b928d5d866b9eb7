// Text files as their bytes are: encoding, byte order mark and line ends stay when one is written again.

const MARKS = [
  ["utf-8", [0xef, 0xbb, 0xbf]],
  ["utf-16le", [0xff, 0xfe]],
  ["utf-16be", [0xfe, 0xff]],
];

/** What encodings are called. */
export const ENCODINGS = { "utf-8": "UTF-8", "utf-16le": "UTF-16 LE", "utf-16be": "UTF-16 BE", "windows-1252": "Windows-1252" };
/** What line ends are called; those of a file that has several are "". */
export const ENDS = { "\n": "LF", "\r\n": "CRLF", "\r": "CR" };

/** Characters that an encoding does not have. */
export class Unencodable extends Error {
  constructor(characters) {
    super();
    this.characters = characters;
  }
}

const all1252 = new TextDecoder("windows-1252").decode(Uint8Array.from({ length: 256 }, (_, n) => n));
const codes1252 = new Map([...all1252].map((character, n) => [character, n]));

function to1252(text) {
  const unknown = [...new Set(text)].filter((character) => !codes1252.has(character));
  if (unknown.length) throw new Unencodable(unknown);
  return Uint8Array.from(text, (character) => codes1252.get(character));
}

function toUtf16(text, isLittle) {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let at = 0; at < text.length; at++) view.setUint16(2 * at, text.charCodeAt(at), isLittle);
  return new Uint8Array(view.buffer);
}

function encode(text, encoding) {
  if (encoding === "utf-8") return new TextEncoder().encode(text);
  return encoding === "windows-1252" ? to1252(text) : toUtf16(text, encoding === "utf-16le");
}

/** The bytes of a text, as a file of this `form` has it. */
export function toBytes(text, { encoding, mark, end }) {
  const lines = end && end !== "\n" ? text.replaceAll("\n", end) : text;
  const own = encode(lines, encoding);
  const bytes = new Uint8Array(mark.length + own.length);
  bytes.set(mark);
  bytes.set(own, mark.length);
  return bytes;
}

function decode(bytes, encoding, isFatal) {
  try {
    return new TextDecoder(encoding, { fatal: isFatal, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** The byte order mark at the beginning of some bytes. */
export const markOf = (bytes) => MARKS.find(([, mark]) => mark.every((byte, at) => bytes[at] === byte))?.[1] ?? [];

const encodingOf = (mark) => MARKS.find(([, each]) => each === mark)[0];

const isSame = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

/**
 * The text in some bytes: `{text, encoding, mark, end, isExact}`, with "\n" for each line end where all
 * are the same; not `isExact` where the bytes would not be the same again. Null where it is no text.
 */
export function fromBytes(bytes) {
  const mark = markOf(bytes);
  const own = bytes.subarray(mark.length);
  const candidates = mark.length === 2 ? [encodingOf(mark)] : ["utf-8", "windows-1252"];
  const encoding = candidates.find((name) => decode(own, name, true) !== null) ?? candidates[0];
  const raw = decode(own, encoding, false);
  if (raw.includes("\0")) return null;
  const ends = new Set(raw.match(/\r\n|\r|\n/g) ?? ["\n"]);
  const end = ends.size === 1 ? [...ends][0] : "";
  const form = { encoding, mark, end };
  const text = end && end !== "\n" ? raw.replaceAll(end, "\n") : raw;
  return { ...form, text, isExact: isSame(toBytes(text, form), bytes) };
}

/**
 * The text in a part of a large file, of which `mark` is what it begins with; null where it is no text. A
 * character that is cut is left out.
 */
export function textOfPart(part, mark) {
  let text = mark.length === 2 ? decode(part, encodingOf(mark), false) : null;
  for (let cut = 0; cut < 16 && text === null; cut++) text = decode(part.subarray(cut >> 2, part.length - (cut & 3)), "utf-8", true);
  text ??= decode(part, "windows-1252", false);
  return text.includes("\0") ? null : text.replace(/\r\n?/g, "\n");
}

/** Bytes as the API takes and gives them. */
export function toBase64(bytes) {
  let text = "";
  // A call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
