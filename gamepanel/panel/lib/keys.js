// Keys of one letter, for whoever wants them: they do what a link or a button of the page does.
import { useLayoutEffect } from "./base.js";
import { letters } from "./device.js";
import { byName } from "./overview.js";
import { go, route, setQuery } from "./route.js";
import { isOpen, loadServers, mayCreate, me, servers } from "./store.js";

/** A second letter belongs to the first for so long. */
const PAIR_MS = 4000;

/** Whether somebody types, so that a key is a letter. */
export function isTyping(event) {
  // The editor of files is in a tree of its own, whose host the event names.
  const [own] = event.composedPath();
  return own instanceof Element && own.matches("input:not([type='checkbox']), textarea, select, [contenteditable='true']");
}

/** What keys do to a server, by its row in the list or by the buttons in its head. */
const offered = new WeakMap();
export const offer = (row, actions) => row && offered.set(row, actions);

const rows = () => [...document.querySelectorAll("tr.row, li.card")];
const rowHere = () => document.activeElement?.closest("tr.row, li.card");
const press = (selector, within = document) => within?.querySelector(selector)?.click();
const rowAction = (key) => () => offered.get(rowHere())?.[key]?.();
const headAction = (key) => () => offered.get(document.querySelector(".power-group"))?.[key]?.();

/** To the name of the row that is so many below. */
function move(step) {
  const all = rows();
  const at = all.indexOf(rowHere());
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  all[Math.max(0, Math.min(next, all.length - 1))]?.querySelector(".nm a").focus();
}

/** From what is looked for to what was found. */
export const toFirst = () => rows()[0]?.querySelector(".nm a").focus();

const tabs = () => [...document.querySelectorAll(".tabs a")];

const SERVERS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => press(".c-sel input", rowHere()),
  s: rowAction("s"),
  r: rowAction("r"),
  c: rowAction("c"),
  p: rowAction("p"),
  ".": () => press('[aria-haspopup="menu"]', rowHere()),
  v: () => setQuery({ view: route.value.query.view === "cards" ? "" : "cards" }),
};

/** To the same tab of the server before or behind this one by name; after the last comes the first. */
async function turn(step) {
  const [, , id, tab = "console"] = route.value.path.split("/");
  // A page that was opened at the address of a server knows only that one.
  if ((servers.value?.size ?? 0) < 2) await loadServers().catch(() => {});
  const all = [...(servers.value?.values() ?? [])].sort(byName);
  const next = all[(all.findIndex(({ server }) => server === id) + step + all.length) % all.length];
  if (next && next.server !== id) go(`/server/${next.server}/${tab}`);
}

const A_SERVER = {
  "[": () => turn(-1),
  "]": () => turn(1),
  s: headAction("s"),
  r: headAction("r"),
  i: () => document.querySelector(".cmd input")?.focus(),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((n) => [n, () => tabs()[n - 1]?.click()])),
};

/** Behind "g": where to, for whoever may go there. */
const isAdmin = () => me.value.admin;
const PLACES = {
  s: ["/", () => true],
  n: ["/new", mayCreate],
  h: ["/host", isAdmin],
  p: ["/people", () => isAdmin() && !isOpen()],
  a: ["/audit", isAdmin],
};

const keysHere = () => {
  const { path } = route.value;
  // Arrows scroll the page, unless a server has the focus.
  if (path === "/") return rowHere() ? { ...SERVERS, ArrowDown: SERVERS.j, ArrowUp: SERVERS.k } : SERVERS;
  return path.startsWith("/server/") ? A_SERVER : {};
};

/** What a key does here; nothing where it does nothing. */
function deedOf(key, isSecond, help) {
  if (isSecond) {
    const [to, may] = PLACES[key] ?? [];
    return to && may() ? () => go(to) : undefined;
  }
  return key === "?" ? help : keysHere()[key];
}

/** Whether a key is held with others; brackets need one of those on many keyboards. */
const isChord = ({ key, ctrlKey, metaKey, altKey }) =>
  metaKey || ((ctrlKey || altKey) && !(altKey && (key === "[" || key === "]")));

/** Keys of a view, as long as it is there: with its first frame, since people type on at once. */
export function useKeys(keys) {
  useLayoutEffect(() => {
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  });
}

/** Listen; `help` shows the list of all keys. */
export function listen(help) {
  let pairUntil = 0;
  addEventListener("keydown", (event) => {
    const { key } = event;
    if (!letters.value || !me.value || isChord(event)) return;
    if (event.defaultPrevented || isTyping(event) || document.querySelector("dialog, .menu")) return;
    const isSecond = performance.now() < pairUntil;
    pairUntil = key === "g" ? performance.now() + PAIR_MS : 0;
    const deed = deedOf(key, isSecond, help);
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}
