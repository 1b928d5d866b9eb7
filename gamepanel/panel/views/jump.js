// Ctrl-K opens what one jumps with; it comes when it is first wanted.
import { html, signal } from "../lib/base.js";
import { me } from "../lib/store.js";
import { Lazy } from "./lazy.js";

/** By then the page is there; who presses the keys later does not wait for it. */
const AHEAD_MS = 3000;
const load = () => import("./palette.js");
setTimeout(() => load().catch(() => {}), AHEAD_MS);

export const isShown = signal(false);
export const open = () => (isShown.value = true);

addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || !me.value) return;
  event.preventDefault();
  open();
});

export const Jump = () =>
  isShown.value ? html`<${Lazy} load=${load} />` : null;
