// When a schedule is due, as a form for people has it and as the API does (WHEN), without words: a form is
// `{kind, days, times, cron, timezone, within, event, after, pattern}`, of kind `time`, `event` or `cron`.

/** Weekdays by their numbers in cron, as cron names them. */
const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/** All weekdays, in the order in which people read them. */
export const WEEK = [1, 2, 3, 4, 5, 6, 0];
/** So many times a day still read well. */
const MOST_TIMES = 6;
/** Events that may be waited out, and those of which a text is looked at. */
export const LASTING = ["emptied", "crashed", "given_up", "hung", "stopped", "ready"];
export const TEXTUAL = ["line", "chat", "player_joined", "player_left"];

const UNITS = [["h", 3600], ["min", 60], ["s", 1]];

/** "90 s", "10 min", "1 h" in seconds; another text as it is, which the daemon refuses at its field. */
export function secondsOf(text) {
  const [, n, unit] = /^(\d+) ?(h|min|s)$/i.exec(text.trim()) ?? [];
  return unit ? n * UNITS.find(([name]) => name === unit.toLowerCase())[1] : text.trim();
}

/** Seconds as such a text, in the largest unit that fits. */
export function spanOf(seconds) {
  const [unit, size] = UNITS.find(([, size]) => seconds && seconds % size === 0) ?? UNITS[2];
  return `${seconds / size} ${unit}`;
}

const dayOf = (word) => (/^[0-7]$/.test(word) ? Number(word) : NAMES.includes(word) ? NAMES.indexOf(word) : NaN);

/** The days of cron's last field; null where it has more than days and ranges of them. */
function daysOf(field) {
  const days = new Set(field === "*" ? WEEK : []);
  for (const part of field === "*" ? [] : field.toLowerCase().split(",")) {
    const [first, last = first, ...rest] = part.split("-").map(dayOf);
    if (rest.length || !(first <= last)) return null;
    for (let day = first; day <= last; day++) days.add(day % 7);
  }
  return WEEK.filter((day) => days.has(day));
}

const DAILY = /^(\d+(?:,\d+)*) (\d+(?:,\d+)*) \* \* (\S+)$/;
const pad = (n) => String(n).padStart(2, "0");
const unique = (items) => [...new Set(items)].toSorted();

/** A WHEN as a form; five fields that are no days and times stay as they are. */
export function formOf({ cron = "", timezone = "", within = 0, event, after = 0, pattern = "" }) {
  const form = { kind: event ? "event" : "cron", days: WEEK, times: ["04:00"], cron, timezone, within: spanOf(within) };
  Object.assign(form, { event: event ?? "emptied", after: spanOf(after), pattern });
  const [, minutes, hours, field] = DAILY.exec(cron.trim().replace(/\s+/g, " ")) ?? [];
  const days = field && daysOf(field);
  const times = days ? hours.split(",").flatMap((h) => minutes.split(",").map((m) => `${pad(+h)}:${pad(+m)}`)) : [];
  if (!times.length || times.length > MOST_TIMES) return form;
  return { ...form, kind: "time", days, times: unique(times) };
}

/** What hours and minutes there are in times of day. */
const partsOf = (times) => [0, 1].map((part) => unique(times.map((time) => Number(time.split(":")[part]))).toSorted((a, b) => a - b));

/** Why days and times can't be one schedule, by the name of the text that says so; empty if they can. */
export function flawOf({ kind, days, times }) {
  if (kind !== "time") return "";
  if (!days.length) return "noDays";
  if (!times.every(Boolean)) return "noTime";
  // Five fields have each hour with each minute.
  const [hours, minutes] = partsOf(times);
  return hours.length * minutes.length === unique(times).length ? "" : "unevenTimes";
}

function cronOf({ days, times }) {
  const [hours, minutes] = partsOf(times);
  const isAll = days.length === WEEK.length;
  return `${minutes} ${hours} * * ${isAll ? "*" : WEEK.filter((day) => days.includes(day))}`;
}

/** The form as a WHEN; what is as without it is left out. */
export function whenOf(form) {
  const { kind, cron, timezone, event, pattern } = form;
  const [within, after] = [secondsOf(form.within), secondsOf(form.after)];
  if (kind !== "event") return { cron: kind === "cron" ? cron.trim() : cronOf(form), ...(timezone && { timezone }), ...(within && { within }) };
  const isAsked = TEXTUAL.includes(event) && (pattern || event === "line");
  return { event, ...(LASTING.includes(event) && after && { after }), ...(isAsked && { pattern }) };
}

/** Whether a pattern for lines also fits within one: then a player can make it fit by what they say. */
export function isForgeable(pattern) {
  // What stands between brackets says nothing of where a line begins.
  let rest = pattern.replace(/\\.|\[[^\]]*\]/g, "_").replace(/^\(\?\w+\)/, "");
  while (rest !== (rest = rest.replace(/\([^()]*\)/, "_")));
  return rest.split("|").some((each) => !each.startsWith("^"));
}
