// Ctrl-K opens what one jumps with, ? the list of keys; both come when they are first wanted.
import { html } from "../lib/base.js";
import { isAwaited, isListed, isShown, open } from "../lib/jump.js";
import { listen } from "../lib/keys.js";
import { me } from "../lib/store.js";
import { Lazy, tools } from "./lazy.js";

/** By then the page is there; whoever presses the keys later does not wait for it. */
const AHEAD_MS = 3000;
setTimeout(() => tools().catch(() => {}), AHEAD_MS);

addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || !me.value) return;
  event.preventDefault();
  open();
});

const failed = () => (isAwaited.value = false);
listen(() => (isListed.value = true));

export const Jump = () =>
  html`${isShown.value && html`<${Lazy} script=${tools} part="Palette" failed=${failed} />`}
  ${isListed.value && html`<${Lazy} script=${tools} part="KeysDialog" />`}`;
