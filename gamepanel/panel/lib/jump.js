// Whether one jumps, or reads the list of keys, and what is looked for.
import { signal } from "./base.js";

export const isShown = signal(false);
/** What is looked for. */
export const wanted = signal("");

/** Its field is on its way. */
export const isAwaited = signal(false);

/** Enter was pressed before that: what fits best is to be done. */
export const isHasty = signal(false);

export function open() {
  wanted.value = "";
  isHasty.value = false;
  isAwaited.value = !isShown.value;
  isShown.value = true;
}

export const isListed = signal(false);

// Whoever types on at once types what is looked for, to Enter or Escape.
addEventListener(
  "keydown",
  (event) => {
    const { key, ctrlKey, metaKey, altKey } = event;
    if (!isAwaited.value || ctrlKey || metaKey || altKey) return;
    if (key === "Enter") isHasty.value = true;
    else if (key === "Escape") isAwaited.value = isShown.value = false;
    else if (key.length === 1) wanted.value += key;
    else return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
