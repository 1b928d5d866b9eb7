// Forms made from properties: options of types, settings of servers.
import { html } from "../lib/base.js";
import { t } from "../lib/text.js";

const NUMBERS = ["integer", "number", "port"];

/** What a person has put in, as the API wants it; what was not touched is left out. */
export function valuesOf(properties, draft) {
  const values = {};
  for (const { name, type } of properties) {
    if (!(name in draft)) continue;
    const given = draft[name];
    if (given === "" && type !== "string" && type !== "text") values[name] = null;
    else if (NUMBERS.includes(type)) values[name] = Number.isNaN(Number(given)) ? given : Number(given);
    else values[name] = given;
  }
  return values;
}

/** The daemon's words for a field, from the problems of a refusal. */
export const problemOf = (error, parent, name) =>
  error?.problems?.find((p) => p.pointer === `/${parent}/${name}` || p.pointer === `/${name}`)?.detail;

/** Whether some of a refusal can't be shown at any of these fields. */
export const isGeneral = (error, parent, properties) =>
  Boolean(error) && !properties.some(({ name }) => problemOf(error, parent, name));

function hint(property) {
  const { minimum, maximum, unit, required, readonly } = property;
  const parts = [];
  if (minimum !== undefined && maximum !== undefined) parts.push(t("range", { min: minimum, max: maximum }));
  else if (minimum !== undefined) parts.push(t("from", { min: minimum }));
  else if (maximum !== undefined) parts.push(t("upTo", { max: maximum }));
  if (unit) parts.push(unit);
  if (required) parts.push(t("required"));
  if (readonly) parts.push(t("readonly"));
  return parts.join(" · ");
}

function Input({ property, id, value, change, describedBy, invalid, locked }) {
  const { type, choices, minimum, maximum, required, maxLength, value: current } = property;
  const common = { id, disabled: locked, "aria-describedby": describedBy, "aria-invalid": invalid ? "true" : undefined };
  if (type === "boolean") {
    return html`<input type="checkbox" ...${common} checked=${Boolean(value)} onChange=${(e) => change(e.target.checked)} />`;
  }
  if (choices) {
    return html`<select ...${common} value=${String(value ?? "")} onChange=${(e) => change(choices.find((c) => String(c) === e.target.value) ?? "")}>
      ${!required && html`<option value="">–</option>`}
      ${choices.map((choice) => html`<option value=${String(choice)}>${String(choice)}</option>`)}
    </select>`;
  }
  const text = { ...common, value: value ?? "", required: required && (type !== "password" || current === null), onInput: (e) => change(e.target.value) };
  if (type === "text") return html`<textarea rows="4" maxlength=${maxLength} ...${text}></textarea>`;
  if (NUMBERS.includes(type)) {
    return html`<input type="number" inputmode="decimal" step=${type === "number" ? "any" : "1"} min=${minimum} max=${maximum} ...${text} />`;
  }
  const isSecret = type === "password";
  return html`<input type=${isSecret ? "password" : "text"} autocomplete=${isSecret ? "new-password" : "off"}
    placeholder=${isSecret ? t("hiddenPassword") : undefined} maxlength=${maxLength} ...${text} />`;
}

/** The fields for some properties; `draft` holds what the person has put in. */
export function Fields({ properties, draft, setDraft, error, parent, creating }) {
  return properties.map((property) => {
    const { name, title, description } = property;
    const id = `field-${name}`;
    const problem = problemOf(error, parent, name);
    const value = name in draft ? draft[name] : property.value;
    return html`<div class="field" key=${name}>
      <label for=${id}>${title || name}</label>
      <${Input} property=${property} id=${id} value=${value} invalid=${problem} locked=${property.readonly && !creating}
        describedBy=${`${id}-hint`} change=${(given) => setDraft({ ...draft, [name]: given })} />
      <small id=${`${id}-hint`}>${description} ${hint(property) && html`<em>${hint(property)}</em>`}
        ${problem && html`<span class="error" role="alert">${problem}</span>`}</small>
    </div>`;
  });
}
