// Ctrl-K opens what one jumps with, ? the list of keys; both come when they are first wanted.
import { html, signal } from "../lib/base.js";
import { listen } from "../lib/keys.js";
import { me } from "../lib/store.js";
import { Lazy } from "./lazy.js";

/** By then the page is there; who presses the keys later does not wait for it. */
const AHEAD_MS = 3000;
const load = () => import("./palette.js");
setTimeout(() => load().catch(() => {}), AHEAD_MS);

export const isShown = signal(false);
/** What is looked for. */
export const wanted = signal("");

export function open() {
  wanted.value = "";
  isShown.value = true;
}

addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || !me.value) return;
  event.preventDefault();
  open();
});

// Whoever types on at once types what is looked for, also while its field is on its way.
addEventListener(
  "keydown",
  (event) => {
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isShown.value || !isText || document.activeElement?.closest(".palette")) return;
    event.preventDefault();
    event.stopPropagation();
    wanted.value += event.key;
  },
  true,
);

export const isListed = signal(false);
const loadKeys = () => import("./keys.js");
listen(() => (isListed.value = true));

export const Jump = () =>
  html`${isShown.value && html`<${Lazy} load=${load} />`}
  ${isListed.value && html`<${Lazy} load=${loadKeys} />`}`;
