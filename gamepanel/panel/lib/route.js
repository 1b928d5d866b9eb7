// Where one is: the part of the address behind "#", with what is filtered and sorted there. Each
// entry of the browser's history knows how far it was scrolled, so that Back keeps its place; the
// focus comes back, too.
import { signal } from "./base.js";

/** Between two notes of how far the page is scrolled, in milliseconds. */
const NOTE_MS = 150;

function read() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  return { path: path || "/", query: Object.fromEntries(new URLSearchParams(query)) };
}

export const route = signal(read());

/** How far the page has to be scrolled as soon as it is there, in pixels. */
export const startAt = () => scrolled;
let scrolled = 0;

/** The link that had the focus where one comes back to by Back, by its address; else undefined. */
export const focusedAt = () => focused;
let focused;
/** Links that had the focus when they were left, by the address of their page. */
const left = new Map();

history.scrollRestoration = "manual";
let note = null;
/** An entry that has no note yet is one that nobody has been to. */
const noteHere = () => history.replaceState({ y: scrollY }, "");
if (!history.state) noteHere();
addEventListener("popstate", () => {
  clearTimeout(note);
  scrolled = history.state?.y ?? 0;
  focused = history.state ? left.get(location.href) : undefined;
});
addEventListener("hashchange", ({ oldURL }) => {
  left.set(oldURL, document.activeElement?.getAttribute("href") ?? undefined);
  if (!history.state) history.replaceState({ y: 0 }, "");
  route.value = read();
});
addEventListener(
  "scroll",
  () => {
    clearTimeout(note);
    note = setTimeout(noteHere, NOTE_MS);
  },
  { passive: true },
);

/** Write into the address what is shown of this page; a value that is empty is left out. */
export function setQuery(changes) {
  const { path, query } = route.value;
  const next = Object.entries({ ...query, ...changes }).filter(([, value]) => value);
  const words = new URLSearchParams(next).toString();
  history.replaceState({ y: scrollY }, "", `#${path}${words && `?${words}`}`);
  route.value = read();
}

export const go = (to) => (location.hash = `#${to}`);
