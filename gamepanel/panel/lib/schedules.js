// Schedules in words, as a form has them, and those to start from.
import { config, may } from "./store.js";
import { isText, listed, t, weekday } from "./text.js";
import { formOf, secondsOf, spanOf, WEEK, whenOf } from "./when.js";

/** The time zone of this browser. */
export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const WEEKDAYS = "1,2,3,4,5";

function timeText(when) {
  const { kind, cron, days, times } = formOf(when);
  if (kind === "time" && days.length === WEEK.length) return t("dailyAt", { times: listed(times) });
  const names = String(days) === WEEKDAYS ? `${weekday(1)}–${weekday(5)}` : listed(days.map(weekday));
  if (kind === "time") return t("daysAt", { days: names, times: listed(times) });
  const [, minutes] = /^\*\/(\d+)( \*){4}$/.exec(cron) ?? [];
  return minutes ? t("everyMinutes", { n: minutes }) : t("cronText", { cron });
}

const quoted = (text) => (text ? ` ${t("quoted", { text })}` : "");

/** An event that a schedule waits for; one without words by its own. */
export const eventText = (event) => (isText(`when.${event}`) ? t(`when.${event}`) : event);

/** When a schedule is due, as a sentence. */
function whenText(when) {
  const { event, after, pattern, timezone } = when;
  if (!event) return timeText(when) + (timezone && timezone !== ownZone() ? ` (${timezone})` : "");
  return [eventText(event) + quoted(pattern), after && t("afterSpan", { n: spanOf(after) })].filter(Boolean).join(", ");
}

const wordsOf = (only) => [only].flat().filter((word) => word !== "always");

/** When a schedule is due, and only if what. */
export function sentenceOf({ when, only }) {
  const words = wordsOf(only).map((word) => t(`only.${word}`));
  return [whenText(when), words.length && t("onlyIf", { words: listed(words) })].filter(Boolean).join(", ");
}

export const KINDS = ["countdown", "command", "power", "backup", "update", "wait"];
const kindOf = (step) => KINDS.find((kind) => kind in step);
/** The right that each kind of step wants; waiting wants none. */
const RIGHTS = { countdown: "command", command: "command", power: "power", backup: "backup", update: "settings" };
export const mayStep = (id, kind) => !RIGHTS[kind] || may(id, RIGHTS[kind]);
/** Whether we may do each of these steps, and set schedules at all. */
export const mayAll = (id, steps) => may(id, "settings") && steps.every((step) => mayStep(id, kindOf(step)));

/** A step in a few words. A command that is null is none of ours to see. */
export function stepText(step) {
  const kind = kindOf(step);
  if (kind === "countdown") return t("step.countdown", { n: spanOf(step.countdown[0]) });
  if (kind === "wait") return t("step.wait", { n: spanOf(step.wait) });
  if (kind === "power") return t(`step.${step.power}`);
  if (kind === "command" || kind === "backup") return t(`step.${kind}`) + quoted(step[kind]);
  return t(`step.${kind}`);
}

const STEP = { command: "", power: "restart", backup: "", update: true, wait: "10 min", countdown: "10 min, 5 min, 1 min, 10 s", always: false };

/** A new step of a kind, as a form has it. */
export const newStep = (kind) => ({ ...STEP, kind, ...(kind === "countdown" && { command: "say Restart in {time}" }) });

function stepForm(step) {
  const kind = kindOf(step);
  const text = { wait: () => ({ wait: spanOf(step.wait) }), countdown: () => ({ countdown: step.countdown.map(spanOf).join(", ") }) };
  return { ...STEP, ...step, kind, ...text[kind]?.() };
}

const VALUES = {
  wait: ({ wait }) => ({ wait: secondsOf(wait) }),
  countdown: ({ countdown, command }) => ({ countdown: countdown.split(",").map(secondsOf), command }),
};

const stepOf = (form) => ({ ...(VALUES[form.kind]?.(form) ?? { [form.kind]: form[form.kind] }), ...(form.always && { always: true }) });

/** A schedule as a form has it, by the names of the API's fields. */
export const draftOf = ({ name, when, only, steps, enabled }) => ({ name, when: formOf({ timezone: when.event && ownZone(), ...when }), only: wordsOf(only), steps: steps.map(stepForm), enabled });

/** Those fields of a form that the API is to be sent. */
export function fieldsOf({ name, when, only, steps, enabled }, names) {
  const all = { name: name.trim(), when: whenOf(when), only: only.length > 1 ? only : (only[0] ?? "always"), steps: steps.map(stepOf), enabled };
  return Object.fromEntries(names.map((each) => [each, all[each]]));
}

const start = { power: "start", always: true };

/** Schedules to start from, by their names: when, only if what, and the steps. */
const TEMPLATES = {
  restart: [{ cron: "0 4 * * *" }, "running", [{ countdown: [600, 300, 60, 10], command: "say Restart in {time}" }, { power: "restart" }]],
  backup: [{ cron: "0 5 * * *", within: 21600 }, "used", [{ backup: "daily" }]],
  emptied: [{ event: "emptied", after: 300 }, "used", [{ backup: "emptied" }]],
  update: [{ cron: "*/30 * * * *" }, ["outdated", "empty"], [{ power: "stop" }, { update: true }, start]],
  still: [{ cron: "0 5 * * *" }, ["running", "used"], [{ power: "stop" }, { backup: "daily" }, start]],
};

/** A new schedule: an empty one, or one of those to start from. */
export function newSchedule(name, { console }) {
  const [when, only, steps] = TEMPLATES[name] ?? [{ cron: "0 4 * * *" }, "always", []];
  const given = steps.filter(({ command }) => command === undefined || console !== "none");
  return { name: name ? t(`template.${name}`) : "", when: when.cron ? { ...when, timezone: ownZone() } : when, only, steps: given, enabled: true };
}

/** The names of those that fit a server, and us. */
export function templatesOf(status) {
  const isThere = { backup: config.value.features.includes("backups"), update: Boolean(status.installed) };
  const fits = (step) => isThere[kindOf(step)] !== false;
  return Object.keys(TEMPLATES).filter((name) => {
    const { steps } = newSchedule(name, status);
    return steps.every(fits) && mayAll(status.server, steps);
  });
}
