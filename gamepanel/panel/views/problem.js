// What went wrong, where it is seen; said once, and shown as long as it holds.
import { html } from "../lib/base.js";
import { useSaid } from "../lib/live.js";

/** A sentence about what was not done; nothing where there is none. */
export function Problem({ id, text }) {
  useSaid(text);
  return text ? html`<p class="error" id=${id}>${text}</p>` : null;
}
