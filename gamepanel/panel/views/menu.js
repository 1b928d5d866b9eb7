// A menu behind a button: arrows move in it, Escape leaves it, and the focus goes back.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { letters } from "../lib/device.js";
import { Icon } from "./icon.js";

/** Where the next item is, for a key that moves; undefined for other keys. */
function moved(key, at, count) {
  const next = { ArrowDown: at + 1, ArrowUp: at - 1 + count, Home: 0, End: count - 1 }[key];
  return next === undefined ? undefined : next % count;
}

/**
 * The button and its menu. `items` are `{icon, text, act, key, why, isDanger}`; one with `why` can't
 * be used now, and says so, one with `key` is chosen by that, too. A false one is left out; "-" is
 * a line between.
 */
export function Menu({ label, items, button = "ellipsis", children, css = "btn icon", side = "right" }) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef(null);
  const opener = useRef(null);
  const close = (isBack) => {
    setOpen(false);
    if (isBack) opener.current?.focus();
  };

  useLayoutEffect(() => {
    if (isOpen) box.current.querySelector('[role="menuitem"]')?.focus();
  }, [isOpen]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const outside = ({ target }) =>
      box.current?.contains(target) || opener.current?.contains(target) || close(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [isOpen]);

  function keys(event) {
    const all = [...box.current.querySelectorAll('[role="menuitem"]')];
    const at = all.indexOf(document.activeElement);
    const next = moved(event.key, at, all.length);
    if (event.key === "Escape") close(true);
    else if (event.key === "Tab") close(false);
    else if (next !== undefined) all[next].focus();
    else if (keyed(event)) choose(keyed(event));
    else return;
    // Tab goes on from the button, as if the menu had not been there.
    if (event.key === "Tab") opener.current.focus();
    else event.preventDefault();
    event.stopPropagation();
  }

  /** The item of a key of one letter, if such keys are on. */
  const keyed = ({ key, ctrlKey, metaKey, altKey }) =>
    letters.value && key.length === 1 && !ctrlKey && !metaKey && !altKey && items.find((item) => item && item.key === key);

  function choose(item) {
    if (item.why) return;
    close(true);
    item.act();
  }

  return html`<span class="menu-at">
    <button
      type="button"
      class=${css}
      ref=${opener}
      aria-haspopup="menu"
      aria-expanded=${String(isOpen)}
      aria-label=${label}
      title=${label}
      onClick=${() => setOpen(!isOpen)}
    >
      ${children ?? html`<${Icon} name=${button} />`}
    </button>
    ${
      isOpen &&
      html`<div class="menu-back" onClick=${() => close(true)}></div>
        <div class=${`menu ${side}`} role="menu" aria-label=${label} ref=${box} onKeyDown=${keys}>
          ${items.filter(Boolean).map((item) => html`<${Item} ...${{ item, choose }} />`)}
        </div>`
    }
  </span>`;
}

function Item({ item, choose }) {
  if (item === "-") return html`<hr role="separator" />`;
  return html`<button
    type="button"
    role="menuitem"
    class=${item.isDanger ? "danger" : undefined}
    aria-disabled=${item.why ? "true" : undefined}
    title=${item.why || undefined}
    tabindex="-1"
    onClick=${() => choose(item)}
  >
    <${Icon} name=${item.icon} /><span>${item.text}</span>
    ${item.key && letters.value && html`<span class="keys" aria-hidden="true"><kbd>${item.key}</kbd></span>`}
  </button>`;
}
