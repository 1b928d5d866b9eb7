// Words for people, in their language. For another language see docs/explanation/page.md.
import { keep } from "./storage.js";

/** Each language, as its speakers call it. */
export const LANGUAGES = { en: "English", de: "Deutsch" };
const CHOSEN = "gamepanel.device.language";

/** Chosen by begin.js, which asks for its words before this is here. */
export const language = document.documentElement.lang;

const LOAD = {
  en: () => import("../texts/en/words.js"),
  de: () => import("../texts/de/words.js"),
};
const { default: texts, causes, titles } = await LOAD[language]();

/** Dates and numbers are written as the browser has them, where that is the language chosen. */
const locale = navigator.languages.find((name) => name.startsWith(language)) ?? language;

export function setLanguage(name) {
  keep("localStorage", CHOSEN, name);
  location.reload();
}

/** Whether there is such a text. */
export const isText = (name) => name in texts;

/**
 * A text by its name, with values put into its {braces}. A word that a newer daemon sends has no
 * text, and is shown as it is.
 */
export function t(name, values = {}) {
  const text = texts[name] ?? name.slice(name.lastIndexOf(".") + 1);
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

/** What stands in type files, by its English text; as long as no view has asked for it, the titles. */
let typeWords = titles;
let areWords = language === "en";
export const hasTypeWords = () => areWords;

const LOAD_TYPES = { de: () => import("../texts/de/types.js") };

/** Bring what stands in type files in the language of the page; only some views need it. */
export async function loadTypeWords() {
  if (areWords) return;
  typeWords = { ...titles, ...(await LOAD_TYPES[language]()).default };
  areWords = true;
}

/** How the values of a cause stand in a text, by the word behind their name. */
const FORMATS = {
  MiB: (size) => bytes(size),
  KiB: (size) => bytes(size),
  duration: (seconds) => duration(seconds),
  families: (words) => words.map((word) => word.replace("ip", "IP")).join(t("list.or")),
  // Of few digits as it is: most are typed so, too.
  figure: (value) => (Number.isInteger(value) && Math.abs(value) >= 10_000 ? number(value) : String(value)),
  list: (items) => items.join(", "),
  protocols: (words) => words.map((word) => word.toUpperCase()).join(t("list.and")),
  phrase: (sentence) => sentence.replace(/\.$/, ""),
  quote: (lines) => lines.map((line) => `\n| ${line}`).join(""),
  whole: (value) => String(Math.round(value)),
  words: (text) => told(text),
};
const VALUE = /\{(\w+)(?::(\w+))?\}/g;

/** The text of a cause; null where this language has none. Of several, it is the first whose values are there. */
function textOf({ code, values }) {
  const found = [texts[`cause.${code}`] ?? causes[code] ?? texts[`code.${code}`] ?? []].flat();
  const isThere = ([, name]) => (values[name] ?? null) !== null;
  const template = found.find((each) => [...each.matchAll(VALUE)].every(isThere));
  const inner = Object.entries(values).map(([name, value]) => [name, value?.code ? textOf(value) : value]);
  if (!template || inner.some(([name, value]) => value === null && values[name] !== null)) return null;
  const said = Object.fromEntries(inner);
  return template.replace(VALUE, (_, name, format) => FORMATS[format]?.(said[name]) ?? String(said[name]));
}

/**
 * What the daemon says, in the language of the page: by its cause, or where it is of a type file by
 * its text. What is not known there stays as it is.
 */
export function told(text, cause = null) {
  try {
    if (cause) return textOf(cause) ?? text;
  } catch {
    // Its values are none that we know.
    return text;
  }
  return Object.hasOwn(typeWords, text) ? typeWords[text] : text;
}

/** Units that are words have texts. */
export const unitText = (unit) => (isText(`unit.${unit}`) ? t(`unit.${unit}`) : unit);

/** A text that counts: there is one of its own for a single thing. */
export const count = (name, n) => t(n === 1 ? `${name}.one` : name, { n: number(n) });

export const upper = (word) => word.charAt(0).toUpperCase() + word.slice(1);

const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
export const number = (value) => numbers.format(value);

export function bytes(size) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size >= 100 ? number(Math.round(size)) : number(size)} ${units[unit]}`;
}

export const percent = (value) => `${number(value >= 10 ? Math.round(value) : value)} %`;

const UNITS = [
  [86400, "days"],
  [3600, "hours"],
  [60, "minutes"],
];

export function duration(seconds) {
  for (const [size, name] of UNITS) {
    // One of a unit says too little: 90 s are not "1 min".
    if (seconds >= 2 * size) return t(name, { n: number(Math.floor(seconds / size)) });
  }
  return t("seconds", { n: number(Math.max(0, Math.floor(seconds))) });
}

/** The same with the next smaller unit: "11 h 29 min". */
export function longDuration(seconds) {
  for (const [at, [size, name]] of UNITS.entries()) {
    if (seconds < size) continue;
    const first = t(name, { n: number(Math.floor(seconds / size)) });
    const next = UNITS[at + 1];
    const rest = Math.floor((seconds % size) / (next?.[0] ?? 1));
    return next && rest ? `${first} ${t(next[1], { n: number(rest) })}` : first;
  }
  return duration(seconds);
}

const dateOf = (at) => new Date(at * 1000);
const isToday = (date) => date.toDateString() === new Date().toDateString();
/** As consoles have it: times of day stand beside those that are printed there. */
const HOURS = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

export const moment = (at) => dateOf(at).toLocaleString(locale);
/** A time that stands in a column: the same width for each, whatever the locale; titles have it whole. */
export const clock = (at) =>
  dateOf(at).toLocaleTimeString(locale, { ...HOURS, second: "2-digit" });

export const hour = (at) => dateOf(at).toLocaleTimeString(locale, HOURS);
export const dayShort = (at) =>
  dateOf(at).toLocaleDateString(locale, { day: "numeric", month: "short" });

/** The time of day; of another day than today with its date. */
export function shortMoment(at) {
  const date = dateOf(at);
  if (isToday(date)) return date.toLocaleTimeString(locale, HOURS);
  return date.toLocaleString(locale, { day: "numeric", month: "short", ...HOURS });
}

const days = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
const lists = new Intl.ListFormat(locale);
export const listed = (texts) => lists.format(texts);

/** A weekday by its number, from Sunday, in a few letters. */
export const weekday = (day) => new Date(2023, 0, 1 + day).toLocaleDateString(locale, { weekday: "short" });

/** A time with its day: those around today by their names, others with their weekday. */
export function nearMoment(at) {
  const date = dateOf(at);
  const away = Math.round((new Date(date).setHours(12, 0, 0, 0) - new Date().setHours(12, 0, 0, 0)) / 86_400_000);
  if (Math.abs(away) < 2) return `${days.format(away, "day")} ${hour(at)}`;
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return date.toLocaleString(locale, { weekday: "short", day: "numeric", month: "short", year, ...HOURS });
}

/** How long ago something was, while that says more than its date. */
export function ago(at, now) {
  const seconds = now - at;
  if (seconds < 120) return t("justNow");
  return seconds < 86400 ? t("ago", { n: duration(seconds) }) : shortMoment(at);
}

/** A day as a heading: today and yesterday by their names. */
export function dayOf(at) {
  const date = dateOf(at);
  const text = date.toLocaleDateString(locale, { day: "numeric", month: "long" });
  if (isToday(date)) return t("today", { date: text });
  const next = new Date(date);
  next.setDate(next.getDate() + 1);
  if (isToday(next)) return t("yesterday", { date: text });
  return date.toLocaleDateString(locale, { day: "numeric", month: "long", year: "numeric" });
}

/** What to say of something that was asked for and not done. */
export function explain(error) {
  if (!error) return "";
  if (!error.code) return t("notDone");
  // Where the daemon knows more than the code says.
  if (error.cause && error.cause.code !== error.code) return told(error.message, error.cause);
  return isText(`code.${error.code}`) ? t(`code.${error.code}`) : error.message;
}

/**
 * What a choice is called; those of the daemon's own settings have texts, others are as type files
 * say. By 0 and 1 the files of some games say no and yes.
 */
export function choiceText({ name, choices }, choice) {
  if (String(choices) === "0,1") return t(choice === choices[1] ? "on" : "off");
  return isText(`choice.${name}.${choice}`) ? t(`choice.${name}.${choice}`) : told(String(choice));
}
