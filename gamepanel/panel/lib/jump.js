// Whether one jumps, or reads the list of keys, and what is looked for.
import { signal } from "./base.js";

export const isShown = signal(false);
/** What is looked for. */
export const wanted = signal("");

export function open() {
  wanted.value = "";
  isShown.value = true;
}

export const isListed = signal(false);

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
