// Forms made from properties: options of types, settings of servers.
import { html } from "../lib/base.js";
import { t } from "../lib/text.js";

const NUMBERS = ["integer", "number", "port"];

/** What a person has put in, as the API wants it; what was not touched is left out. */
export function valuesOf(properties, draft) {
  const values = {};
  for (const { name, type } of properties) {
    if (name in draft) values[name] = valueOf(type, draft[name]);
  }
  return values;
}

function valueOf(type, given) {
  if (given === "" && type !== "string" && type !== "text") return null;
  // What is no number is for the daemon to refuse, which says so at its field.
  if (NUMBERS.includes(type)) return Number.isFinite(Number(given)) ? Number(given) : String(given);
  return given;
}

/** The daemon's words for a field, from the problems of a refusal. */
export function problemOf(error, parent, name) {
  const pointers = [`/${parent}/${name}`, `/${name}`];
  return error?.problems?.find((problem) => pointers.includes(problem.pointer))?.detail;
}

/** Whether some of a refusal can't be shown at any of these fields. */
export const isGeneral = (error, parent, properties) =>
  Boolean(error) && !properties.some(({ name }) => problemOf(error, parent, name));

function hint({ minimum, maximum, unit, required, readonly, value, hint: wanted }) {
  const parts = wanted ? [wanted] : [];
  if (minimum !== undefined && maximum !== undefined) {
    parts.push(t("range", { min: minimum, max: maximum }));
  } else if (minimum !== undefined) parts.push(t("from", { min: minimum }));
  else if (maximum !== undefined) parts.push(t("upTo", { max: maximum }));
  if (unit) parts.push(unit);
  if (required && value === null) parts.push(t("required"));
  if (readonly) parts.push(t("readonly"));
  return parts.join(" · ");
}

/** What a browser has of a field: of a number that is none it would only tell nothing. */
const given = ({ target }) => (target.validity.badInput ? t("noNumber") : target.value);

function Input({ property, value, change, common }) {
  const { type, choices, minimum, maximum, maxLength } = property;
  if (type === "boolean") {
    return html`<input
      type="checkbox"
      ...${common}
      checked=${Boolean(value)}
      onChange=${(event) => change(event.target.checked)}
    />`;
  }
  if (choices) return html`<${Choice} ...${{ property, value, change, common }} />`;
  const text = { ...common, value: value ?? "", onInput: (event) => change(given(event)) };
  if (type === "text") {
    return html`<textarea rows="4" maxlength=${maxLength} ...${text}></textarea>`;
  }
  if (NUMBERS.includes(type)) {
    const step = type === "number" ? "any" : "1";
    return html`<input
      type="number"
      inputmode="decimal"
      step=${step}
      min=${minimum}
      max=${maximum}
      ...${text}
    />`;
  }
  return html`<input type="text" autocomplete="off" maxlength=${maxLength} ...${text} />`;
}

function Choice({ property: { choices, required }, value, change, common }) {
  const chosen = (text) => choices.find((choice) => String(choice) === text) ?? "";
  return html`<select
    ...${common}
    value=${String(value ?? "")}
    onChange=${(event) => change(chosen(event.target.value))}
  >
    ${!required && html`<option value="">–</option>`}
    ${choices.map((choice) => html`<option value=${String(choice)}>${String(choice)}</option>`)}
  </select>`;
}

/** A password is never shown; what stands in an empty field is that it stays. */
function Password({ property, value, change, common, creating }) {
  const removes = value === null && !creating;
  return html`<input
      type="password"
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
      html`<label class="check">
      <input
        type="checkbox"
        checked=${removes}
        onChange=${(event) => change(event.target.checked ? null : undefined)}
      />${t("removePassword")}
    </label>`
    }`;
}

/**
 * The fields for some properties: those without a group first, then each group below its
 * heading, and what is for the advanced out of the way until it is wanted or refused.
 *
 * `draft` holds what the person has put in; a password that is null in it is removed.
 */
export function Fields({ properties, ...more }) {
  const plain = properties.filter(({ advanced }) => !advanced);
  const advanced = properties.filter((property) => property.advanced);
  const refused = advanced.some(({ name }) => problemOf(more.error, more.parent, name));
  return html`<${Groups} properties=${plain} ...${more} />
    ${
      advanced.length > 0 &&
      html`<details open=${refused}>
      <summary>${t("advanced")}</summary>
      <${Groups} properties=${advanced} ...${more} />
    </details>`
    }`;
}

function Groups({ properties, ...more }) {
  const groups = new Map([["", []]]);
  for (const property of properties) {
    const name = property.group ?? "";
    groups.set(name, [...(groups.get(name) ?? []), property]);
  }
  return [...groups].map(([name, members]) =>
    name
      ? html`<fieldset key=${name}>
          <legend>${name}</legend>
          <${Group} properties=${members} ...${more} />
        </fieldset>`
      : html`<${Group} key="" properties=${members} ...${more} />`,
  );
}

function Group({ properties, draft, setDraft, error, parent, creating }) {
  return properties.map((property) => {
    const { name, title, description, type, readonly } = property;
    const id = `field-${name}`;
    const problem = problemOf(error, parent, name);
    const change = (value) => {
      const { [name]: _, ...rest } = draft;
      setDraft(value === undefined ? rest : { ...rest, [name]: value });
    };
    const common = {
      id,
      disabled: readonly && !creating,
      "aria-describedby": `${id}-hint`,
      "aria-invalid": problem ? "true" : undefined,
    };
    const isSecret = type === "password";
    const value = name in draft ? draft[name] : isSecret ? undefined : property.value;
    return html`<div class="field" key=${name}>
      <label for=${id}>${title || name}</label>
      <${isSecret ? Password : Input} ...${{ property, value, change, common, creating }} />
      <${Hint} id=${`${id}-hint`} problem=${problem}>
        ${description} ${hint(property) && html`<em>${hint(property)}</em>`}
        ${
          property.accept &&
          html`<a href=${property.accept} target="_blank" rel="noopener noreferrer">
          ${property.accept}
        </a>`
        }
      <//>
    </div>`;
  });
}

/** What stands below a field: what it is for, and what is wrong with what is in it. */
export function Hint({ id, problem, children }) {
  return html`<small id=${id}>
    ${children} ${problem && html`<span class="error" role="alert">${problem}</span>`}
  </small>`;
}
