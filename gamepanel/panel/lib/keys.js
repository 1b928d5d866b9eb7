// Keys of one letter, for whoever wants them: they do what a link or a button of the page does.
import { letters } from "./device.js";
import { go, route, setQuery } from "./route.js";
import { isOpen, mayCreate, me } from "./store.js";

/** A second letter belongs to the first for so long. */
const PAIR_MS = 4000;

/** Whether somebody types, so that a key is a letter. */
export const isTyping = ({ target }) =>
  target instanceof Element && target.matches("input:not([type='checkbox']), textarea, select");

const rows = () => [...document.querySelectorAll("tr.row, li.card")];
const rowHere = () => document.activeElement?.closest("tr.row, li.card");
const press = (selector, within = document) => within?.querySelector(selector)?.click();

/** To the name of the row that is so many below. */
function move(step) {
  const all = rows();
  const at = all.indexOf(rowHere());
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  all[Math.max(0, Math.min(next, all.length - 1))]?.querySelector(".nm a").focus();
}

const tabs = () => [...document.querySelectorAll(".tabs a")];

const SERVERS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => press(".c-sel input", rowHere()),
  s: () => press(".verb", rowHere()),
  ".": () => press('[aria-haspopup="menu"]', rowHere()),
  v: () => setQuery({ view: route.value.query.view === "cards" ? "" : "cards" }),
};

const A_SERVER = {
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
  if (path === "/") return SERVERS;
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

/** Listen; `help` shows the list of all keys. */
export function listen(help) {
  let pairUntil = 0;
  addEventListener("keydown", (event) => {
    const { key } = event;
    if (!letters.value || !me.value || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.defaultPrevented || isTyping(event) || document.querySelector("dialog, .menu")) return;
    const isSecond = performance.now() < pairUntil;
    pairUntil = key === "g" ? performance.now() + PAIR_MS : 0;
    const deed = deedOf(key, isSecond, help);
    if (!deed) return;
    event.preventDefault();
    deed();
  });
}
