// Finding a text in a console; it begins with the newest.
import { html, useLayoutEffect, useRef } from "../lib/base.js";
import { t } from "../lib/text.js";
import { Icon } from "./icon.js";

/** Where one is among the hits: that number stands out. */
function Where({ text }) {
  const [at] = /^[\d.,\s]*\d/.exec(text) ?? [""];
  return html`${at && html`<b>${at}</b>`}${text.slice(at.length)}`;
}

export function Find({ find, setFind, found }) {
  const field = useRef(null);
  const { text, isExact, asked } = find;
  // Before anything is typed: that is what is looked for.
  useLayoutEffect(() => field.current.select(), [asked]);
  const close = () => setFind({ ...find, isOpen: false });
  const keys = (event) => {
    if (event.key === "Enter") found.go(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  };
  const button = (name, icon, act, more = {}) =>
    html`<button class="btn icon" type="button" aria-label=${t(name)} title=${t(name)} onClick=${act} ...${more}>
      <${Icon} name=${icon} />
    </button>`;
  return html`<div class="find" role="search">
    <label class="search"
      ><${Icon} name="search" /><span class="sr">${t("findInLog")}</span
      ><input
        type="search"
        autocomplete="off"
        ref=${field}
        value=${text}
        onInput=${(event) => setFind({ ...find, text: event.target.value })}
        onKeyDown=${keys}
    /></label>
    <span class="hits"><${Where} text=${found.where} /></span>
    ${button("previous", "chevron-up", () => found.go(-1))} ${button("next", "chevron-down", () => found.go(1))}
    ${button("caseMatters", "case-sensitive", () => setFind({ ...find, isExact: !isExact }), { "aria-pressed": String(isExact) })}
    ${button("closeFind", "x", close)}
  </div>`;
}
