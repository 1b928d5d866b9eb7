// Fields that stand by themselves, and what is wrong with them.
import { html, useState } from "../lib/base.js";
import { t } from "../lib/text.js";
import { Icon } from "./icon.js";

/** What is wrong with a field, below it. */
export const Wrong = ({ id, problem }) =>
  problem ? html`<p class="error" id=${id}><${Icon} name="circle-alert" />${problem}</p>` : null;

/** A field of a request itself: one line of text. */
export function Text({ id, label, value, problem, hint, change, css = "field", ...more }) {
  return html`<div class=${problem ? `${css} wrong` : css}>
    <label for=${id}>${label}</label>
    <input
      id=${id}
      class="in"
      value=${value}
      aria-describedby=${[problem && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined}
      aria-invalid=${problem ? "true" : undefined}
      onInput=${(event) => change(event.target.value)}
      ...${more}
    />
    <${Wrong} id=${`${id}-error`} problem=${problem} />
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;
}

/** A box to tick, with what it means. */
export const Check = ({ id, label, checked, hint, change }) =>
  html`<div class="field check">
    <input
      type="checkbox"
      id=${id}
      checked=${checked}
      aria-describedby=${hint ? `${id}-hint` : undefined}
      onChange=${(event) => change(event.target.checked)}
    />
    <label for=${id}>${label}</label>
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
  </div>`;

/** A field whose text is hidden until one wants to see it. */
export function Hidden(more) {
  const [isSeen, setSeen] = useState(false);
  return html`<span class="unit"
    ><input class="in" type=${isSeen ? "text" : "password"} ...${more} /><button
      class="btn icon"
      type="button"
      aria-label=${t("show")}
      aria-pressed=${String(isSeen)}
      title=${t("show")}
      onClick=${() => setSeen(!isSeen)}
    >
      <${Icon} name="eye" /></button
  ></span>`;
}
