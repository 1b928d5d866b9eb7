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
