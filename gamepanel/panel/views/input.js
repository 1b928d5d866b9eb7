// What one value of a property is put into.
import { html } from "../lib/base.js";
import { choiceText, t, unitText } from "../lib/text.js";
import { Hidden } from "./field.js";
import { Icon } from "./icon.js";

const NUMBERS = ["integer", "number", "port"];

/** What a browser has of a field: of a number that is none it would only tell nothing. */
const given = ({ target }) => (target.validity.badInput ? t("noNumber") : target.value);

export function Input({ property, value, change, common, creating }) {
  const { type, choices, maxLength } = property;
  if (type === "boolean") {
    return html`<input
      type="checkbox"
      ...${common}
      checked=${Boolean(value)}
      onChange=${(event) => change(event.target.checked)}
    />`;
  }
  if (type === "password") return html`<${Secret} ...${{ property, value, change, common, creating }} />`;
  if (choices) return html`<${Choice} ...${{ property, value, change, common }} />`;
  const text = { ...common, class: "in", value: value ?? "", onInput: (event) => change(given(event)) };
  if (type === "text" && !isOneLine(property, value)) return html`<textarea rows="4" maxlength=${maxLength} ...${text}></textarea>`;
  if (NUMBERS.includes(type)) return html`<${Numeric} ...${{ property, text }} />`;
  return html`<input type="text" autocomplete="off" maxlength=${maxLength} ...${text} />`;
}

/** A description stands in lists, on one line; one that has several stays as it is. */
const isOneLine = ({ name }, value) => name === "description" && !String(value ?? "").includes("\n");

function Numeric({ property: { type, minimum, maximum, unit }, text }) {
  const input = html`<input
    type="number"
    inputmode="decimal"
    step=${type === "number" ? "any" : "1"}
    min=${minimum}
    max=${maximum}
    ...${text}
  />`;
  return unit ? html`<span class="unit">${input}<span>${unitText(unit)}</span></span>` : input;
}

function Choice({ property, value, change, common }) {
  const { choices, required } = property;
  const chosen = (text) => choices.find((choice) => String(choice) === text) ?? "";
  return html`<span class="select"
    ><select
      ...${common}
      value=${String(value ?? "")}
      onChange=${(event) => change(chosen(event.target.value))}
    >
      ${!required && html`<option value="">–</option>`}
      ${choices.map((choice) => html`<option key=${choice} value=${String(choice)}>${choiceText(property, choice)}</option>`)}</select
    ><${Icon} name="chevron-down"
  /></span>`;
}

/** A password is never shown; what stands in an empty field is that it stays. */
function Secret({ property, value, change, common, creating }) {
  const removes = value === null && !creating;
  return html`<${Hidden}
      autocomplete="new-password"
      maxlength=${property.maxLength}
      placeholder=${creating ? "" : removes ? t("removed") : t("unchanged")}
      value=${value ?? ""}
      ...${common}
      onInput=${(event) => change(event.target.value || undefined)}
    />
    ${
      !creating &&
      !property.required &&
      html`<label class="inline"
        ><input
          type="checkbox"
          checked=${removes}
          onChange=${(event) => change(event.target.checked ? null : undefined)}
        />${t("removePassword")}</label
      >`
    }`;
}
