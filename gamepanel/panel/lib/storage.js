// What is kept in the browser. That may be forbidden or full; then nothing is kept.

/** What is kept in "localStorage" or "sessionStorage", or null. */
export function kept(where, key) {
  try {
    return JSON.parse(window[where].getItem(key));
  } catch {
    return null;
  }
}

/** Keep a value there; null forgets it. */
export function keep(where, key, value) {
  try {
    if (value === null) window[where].removeItem(key);
    else window[where].setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing is one without memory.
  }
}

/** Forget all values there whose keys begin so. */
export function forgetAll(where, beginning) {
  try {
    const keys = Object.keys(window[where]).filter((key) => key.startsWith(beginning));
    keys.forEach((key) => window[where].removeItem(key));
  } catch {
    // As above.
  }
}
