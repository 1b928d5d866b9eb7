// What is shown of the servers: by words, by state, in groups, as rows or cards.
import { html, useRef } from "../lib/base.js";
import { letters } from "../lib/device.js";
import { isTyping, toFirst, useKeys } from "../lib/keys.js";
import { countStates, shapeOf } from "../lib/overview.js";
import { route, setQuery } from "../lib/route.js";
import { number, t } from "../lib/text.js";
import { Icon, Shape } from "./icon.js";

/** A field to search in; the key "/" goes there, and `enter` is what Enter does. */
export function SearchField({ label, placeholder, value, change, enter }) {
  const field = useRef(null);
  useKeys((event) => {
    if (event.key !== "/" || !letters.value || isTyping(event) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    field.current.focus();
    field.current.select();
  });
  const leave = (event) => {
    if (event.key === "Enter") enter?.();
    if (event.key !== "Escape") return;
    if (value) change("");
    else field.current.blur();
  };
  return html`<label class="search"
    ><${Icon} name="search" /><span class="sr">${label}</span
    ><input
      type="search"
      ref=${field}
      placeholder=${placeholder}
      value=${value}
      autocomplete="off"
      spellcheck=${false}
      onInput=${(event) => change(event.target.value)}
      onKeyDown=${leave}
    /><kbd aria-hidden="true">/</kbd></label
  >`;
}

/** A choice that looks like ours. */
export const Select = ({ label, value, choices, change }) =>
  html`<label class="select"
    ><span class="sr">${label}</span
    ><select value=${value} onChange=${(event) => change(event.target.value)}>
      ${choices.map(([name, text]) => html`<option key=${name} value=${name} selected=${name === value}>${text}</option>`)}</select
    ><${Icon} name="chevron-down"
  /></label>`;

/** Chips of which one is pressed; `all` are `[value, content]`. */
export const Chips = ({ label, value, all, change }) =>
  html`<div class="chips" role="group" aria-label=${label}>
    ${all.map(
      ([name, content]) =>
        html`<button
          key=${name}
          class="chip"
          type="button"
          aria-pressed=${String(value === name)}
          onClick=${() => change(value === name ? "" : name)}
        >
          ${content}
        </button>`,
    )}
  </div>`;

const GROUPS = ["", "type", "tag", "none"];

export function Filters({ all }) {
  const { q = "", state = "", group = "", view = "" } = route.value.query;
  const counted = countStates(all ?? []);
  // What was chosen stays there, also when there is none of it any more.
  const chips = counted.some(({ name }) => name === state) || !state ? counted : [...counted, { name: state, n: 0 }];
  const look = (name, icon, value) =>
    html`<button type="button" aria-pressed=${String(view === value)} onClick=${() => setQuery({ view: value })}>
      <${Icon} name=${icon} /><span class="sr">${t(name)}</span>
    </button>`;
  return html`<div class="filters">
    <${SearchField}
      label=${t("filterWhat")}
      placeholder=${t("filter")}
      value=${q}
      change=${(text) => setQuery({ q: text })}
      enter=${toFirst}
    />
    <${Chips}
      label=${t("showOnly")}
      value=${state}
      change=${(name) => setQuery({ state: name })}
      all=${[
        // As wide as what will stand there.
        ["", html`<span class=${all ? "n" : "n unknown"}>${all ? number(all.length) : "\u2007\u2007"}</span> ${t("all")}`],
        ...chips.map(({ name, n }) => [
          name,
          html`<${Shape} state=${shapeOf(name)} /><span class="n">${number(n)}</span> ${t(`state.${name}`)}`,
        ]),
      ]}
    />
    <div class="view-opts">
      <${Select}
        label=${t("group")}
        value=${group}
        choices=${GROUPS.map((name) => [name, t(`group.${name || "trouble"}`)])}
        change=${(name) => setQuery({ group: name })}
      />
      <div class="seg" role="group" aria-label=${t("view")}>
        ${look("rows", "layout-list", "")} ${look("cards", "layout-grid", "cards")}
      </div>
    </div>
  </div>`;
}
