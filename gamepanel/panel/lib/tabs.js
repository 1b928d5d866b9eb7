// How many tabs of ours there are. A browser has six connections to us for all of them, so
// only a few may each keep one open that waits for news.
const PRESENT_MS = 20_000;
// Browsers let the timers of a hidden tab fire once a minute.
const FORGET_MS = 100_000;
const MOST_WAITING = 3;

const mine = `${Date.now()}-${Math.random()}`;
const others = new Map();
const channel = new BroadcastChannel("gamepanel");
const tell = (what) => channel.postMessage({ id: mine, what });

// Those who wait and may not any more, when another tab comes or ours is hidden.
const waiting = new Set();
const look = () => mayWait() || waiting.forEach((end) => end());

channel.onmessage = ({ data: { id, what } }) => {
  if (what === "gone") others.delete(id);
  else others.set(id, Date.now());
  if (what === "new") tell("here");
  look();
};
document.addEventListener("visibilitychange", look);
tell("new");
setInterval(() => tell("here"), PRESENT_MS);
addEventListener("pagehide", () => tell("gone"));
addEventListener("pageshow", ({ persisted }) => persisted && tell("new"));

/** Whether this tab may keep a request open: when somebody looks at it, or there are few. */
export function mayWait() {
  for (const [id, at] of others) if (Date.now() - at > FORGET_MS) others.delete(id);
  return !document.hidden || others.size < MOST_WAITING;
}

/** A signal that ends with another, or when this tab may not wait any more. */
export function whileMayWait(abort) {
  const both = new AbortController();
  const stop = () => both.abort();
  const end = () => {
    waiting.delete(stop);
    abort.removeEventListener("abort", stop);
  };
  waiting.add(stop);
  abort.addEventListener("abort", stop);
  return { signal: both.signal, end };
}
