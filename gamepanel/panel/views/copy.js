// Copying a text, and saying so.
import { html } from "../lib/base.js";
import { say } from "../lib/live.js";
import { t } from "../lib/text.js";
import { Icon } from "./icon.js";

export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain HTTP has no clipboard of its own.
    const area = Object.assign(document.createElement("textarea"), { value: text });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(t("copied"));
}

export const Copy = ({ text }) =>
  html`<button
    class="btn icon"
    type="button"
    aria-label=${t("copyIt", { text })}
    title=${t("copyIt", { text })}
    onClick=${() => toClipboard(text)}
  >
    <${Icon} name="copy" />
  </button>`;
