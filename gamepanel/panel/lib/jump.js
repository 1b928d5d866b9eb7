// Whether one jumps, or reads the list of keys, and what is looked for.
import { signal } from "./base.js";

export const isShown = signal(false);
/** What is looked for. */
export const wanted = signal("");

/** Its field is on its way. */
export const isAwaited = signal(false);

export function open() {
  wanted.value = "";
  isAwaited.value = !isShown.value;
  isShown.value = true;
}

export const isListed = signal(false);

// Whoever types on at once types what is looked for.
addEventListener(
  "keydown",
  (event) => {
    const isText = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!isAwaited.value || !isText) return;
    event.preventDefault();
    event.stopPropagation();
    wanted.value += event.key;
  },
  true,
);
