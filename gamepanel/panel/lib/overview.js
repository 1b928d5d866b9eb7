// Which servers a list shows, in which order and in which groups: functions of their states.
import { t, told, upper } from "./text.js";

/** All states, the urgent ones first; "hung" is one that runs and does not answer. */
export const STATES = [
  "crashed",
  "failed",
  "waiting",
  "hung",
  "installing",
  "starting",
  "stopping",
  "running",
  "stopped",
];
const TROUBLE = STATES.slice(0, 4);

/** The picture of a state; one that this page does not know looks so. */
export const shapeOf = (state) => (STATES.includes(state) ? state : "unknown");

/** A state with what the game itself does. */
export const stateOf = ({ status, responds }) =>
  status === "running" && responds === false ? "hung" : status;

export const isTrouble = (status) => TROUBLE.includes(stateOf(status));

/** How many there are in each state that there is. */
export function countStates(statuses) {
  const states = statuses.map(stateOf);
  // Those that this page does not know come last.
  return [...new Set([...STATES, ...states])].map((name) => ({ name, n: states.filter((state) => state === name).length })).filter(
    ({ n }) => n > 0,
  );
}

const names = new Intl.Collator(undefined, { numeric: true });
export const byName = (a, b) => names.compare(a.server, b.server);
const rank = (status) => (STATES.indexOf(stateOf(status)) + 1 || Infinity);
/** The port for players: that of the run which goes on, else of the next one; null where a type has none. */
export const portOf = ({ ports, runPorts }) => (runPorts?.[0] ?? ports?.[0])?.port ?? null;
/** The most first; what has no number comes last. */
const most = (value) => (a, b) => (value(b) ?? -1) - (value(a) ?? -1);

const SORTS = {
  name: byName,
  state: (a, b) => rank(a) - rank(b),
  address: (a, b) => (portOf(a) ?? Infinity) - (portOf(b) ?? Infinity),
  players: most(({ players }) => players?.online),
  cpu: most(({ usage }) => usage?.cpuPercent),
  memory: most(({ usage }) => usage?.memoryBytes),
  uptime: most(({ uptime }) => uptime),
};

const order = (sort) => {
  const chosen = SORTS[sort] ?? byName;
  return (a, b) => chosen(a, b) || byName(a, b);
};

/** Whether a server is looked for by words and by a state. */
function fits(status, words, state) {
  const own = stateOf(status);
  if (state && own !== state) return false;
  const { server, type, typeTitle, description, tags = [] } = status;
  const text = [server, type, typeTitle, told(typeTitle ?? ""), description, ...tags, own, t(`state.${own}`)].join(" ");
  const low = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => low.includes(word));
}

function grouped(statuses, keysOf) {
  const groups = new Map();
  for (const status of statuses) {
    for (const key of keysOf(status)) groups.set(key, [...(groups.get(key) ?? []), status]);
  }
  return groups;
}

/** In trouble, pinned, all others, which are called so only where something stands above them. */
function byTrouble(statuses, pins, isFlat) {
  const trouble = statuses.filter(isTrouble).sort((a, b) => rank(a) - rank(b) || byName(a, b));
  const rest = statuses.filter((status) => !isTrouble(status));
  const pinned = isFlat ? [] : rest.filter(({ server }) => pins.includes(server));
  const others = rest.filter((status) => !pinned.includes(status));
  return [
    { name: "trouble", title: t("inTrouble"), members: trouble },
    { name: "pinned", title: t("pinned"), members: pinned },
    { name: "others", title: others.length < statuses.length ? t("allOthers") : "", members: others },
  ].filter(({ members }) => members.length);
}

const KEYS = {
  type: ({ type, typeTitle }) => [told(typeTitle || upper(type))],
  tag: ({ tags }) => (tags?.length ? tags : [""]),
};

/**
 * The groups of servers that are shown, as `{name, title, members}`.
 *
 * `query` is what stands in the address: `q`, `state`, `sort`, `group`, all of them optional.
 */
export function groupsOf(statuses, { q = "", state, sort, group }, pins) {
  const shown = statuses.filter((status) => fits(status, q, state)).sort(order(sort));
  if (group === "none") return shown.length ? [{ name: "all", title: "", members: shown }] : [];
  const keysOf = KEYS[group];
  if (!keysOf) return byTrouble(shown, pins, Boolean(sort));
  const found = [...grouped(shown, keysOf)];
  found.sort(([a], [b]) => (a === "") - (b === "") || names.compare(a, b));
  return found.map(([key, members]) => ({
    name: `${group}:${key}`,
    title: key || t("noTag"),
    members: members.toSorted((a, b) => isTrouble(b) - isTrouble(a)),
  }));
}
