// Words for people, in their language. Another language is another file like these.
import en from "../texts/en.js";
import de from "../texts/de.js";

const languages = { en, de };
const wanted = navigator.languages
  .map((name) => name.slice(0, 2))
  .find((name) => name in languages);
export const language = wanted ?? "en";
document.documentElement.lang = language;

/** A text by its name, with values put into its {braces}. */
export function t(name, values = {}) {
  const text = languages[language][name] ?? en[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
}

const numbers = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
export const number = (value) => numbers.format(value);

export function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) {
    count /= 1024;
    unit++;
  }
  return `${number(count)} ${units[unit]}`;
}

export const percent = (value) => `${number(value)} %`;

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

export const moment = (at) => new Date(at * 1000).toLocaleString(language);

/** The time of day; of another day than today with its date. */
export function shortMoment(at) {
  const date = new Date(at * 1000);
  const time = { hour: "2-digit", minute: "2-digit" };
  if (date.toDateString() === new Date().toDateString()) {
    return date.toLocaleTimeString(language, time);
  }
  return date.toLocaleString(language, { day: "numeric", month: "short", ...time });
}

/** What to say of something that was asked for and not done. */
export function explain(error) {
  if (!error) return "";
  if (!error.code) return t("notDone");
  const text = t(`code.${error.code}`);
  return text === `code.${error.code}` ? error.message : text;
}

/** The same, with what the daemon says of the fields. */
export function explainFields(error) {
  const details = error?.problems?.map((problem) => problem.detail) ?? [];
  return [explain(error), ...details].join(" ");
}
