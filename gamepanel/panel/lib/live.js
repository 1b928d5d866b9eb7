// What is told to people who do not see the page: one region for all of it, so that it is read in order.
import { signal, useEffect } from "./base.js";

/** The last sentence that was said. */
export const spoken = signal("");

/** Say a sentence; the same one again is said again. */
export function say(text) {
  if (text) spoken.value = text === spoken.value ? `${text}\u00a0` : text;
}

/** Say what a part of the page shows as soon as it shows it. */
export function useSaid(text) {
  useEffect(() => say(text), [text]);
}
