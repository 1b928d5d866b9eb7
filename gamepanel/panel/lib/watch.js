// What is news about servers is said aloud, and told by the browser to whoever wants it.
import { effect } from "./base.js";
import { say } from "./live.js";
import { tells } from "./device.js";
import { servers } from "./store.js";
import { t } from "./text.js";

/** States that are worth a word when a server gets there. */
const NEWS = ["crashed", "failed"];
let before = null;

function tell(text) {
  say(text);
  if (!tells.value || globalThis.Notification?.permission !== "granted") return;
  // The same tag: two tabs tell it once.
  new Notification(text, { tag: text, icon: "/panel/icon-red.svg" });
}

effect(() => {
  const now = servers.value && new Map([...servers.value].map(([id, { status }]) => [id, status]));
  for (const [id, state] of now ?? []) {
    const was = before?.get(id);
    if (was && was !== state && NEWS.includes(state)) tell(t(`has.${state}`, { id }));
  }
  before = now;
});
