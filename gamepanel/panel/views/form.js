// Forms made from properties: options of types, settings of servers.
import { html, useLayoutEffect } from "../lib/base.js";
import { choiceText, isText, number, t, told, unitText, upper } from "../lib/text.js";
import { wrongText } from "../lib/wrong.js";
import { Wrong } from "./field.js";
import { Icon } from "./icon.js";
import { Input } from "./input.js";

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

/** Whether what was put in is what stood there before. */
export function isSame({ type, value }, given) {
  if (type === "password") return false;
  return valueOf(type, given) === value || (given === "" && value === null);
}

/** Whether somebody else has set something since a person began to change it; `bases` has what it was then. */
export const isContested = ({ name, type, value }, bases) => type !== "password" && name in bases && bases[name] !== value;

/** What is wrong with a field, from the problems of a refusal, in words for people. */
export function problemOf(error, parent, name) {
  const pointers = [`/${parent}/${name}`, `/${name}`];
  const found = error?.problems?.find((problem) => pointers.includes(problem.pointer));
  return found && wrongText(found, name);
}

/** Whether some of a refusal can't be shown at any of these fields. */
export const isGeneral = (error, parent, properties) =>
  Boolean(error) && !properties.some(({ name }) => problemOf(error, parent, name));

/** Go to the first field that is wrong, as soon as that is known. */
export function useFirstWrong(form, error) {
  useLayoutEffect(() => {
    if (error) form.current?.querySelector('[aria-invalid="true"]')?.focus();
  }, [error]);
}

/** The daemon's own fields have texts here; those of types are as their files say. */
const own = (name, part, otherwise) =>
  isText(`field.${name}${part}`) ? t(`field.${name}${part}`) : otherwise;
export const titleOf = ({ name, title }) => own(name, "", told(title || name));

/** What protects the host is for admins to set. */
const isProtected = (name) => /Limit$/.test(name) || name === "isolation";

function hintOf({ name, description, minimum, maximum, readonly, hint, maxLength, type }, value) {
  // The daemon's own fields have their rule in these words, too.
  const rule = isText(`field.${name}.about`) ? "" : told(hint ?? "");
  const parts = [own(name, ".about", told(description)), rule];
  // Ports have bounds that nobody needs to be told.
  if (type !== "port" && minimum !== undefined && maximum !== undefined) {
    parts.push(t("range", { min: number(minimum), max: number(maximum) }));
  } else if (type !== "port" && minimum !== undefined) parts.push(t("from", { min: number(minimum) }));
  else if (type !== "port" && maximum !== undefined) parts.push(t("upTo", { max: number(maximum) }));
  if (maxLength !== undefined && maxLength < 1000) {
    const used = t("nUsed", { n: number([...String(value ?? "")].length) });
    parts.push(t("atMostLong", { n: number(maxLength) }) + (type === "password" ? "" : used));
  }
  if (readonly) parts.push(t(isProtected(name) ? "onlyAdmins" : "readonly"));
  return joined(parts.filter(Boolean));
}

/** A part that begins with a word begins as a sentence does; others, such as "a-z", stay. */
const begun = (part) => (/^\p{L}{2}|^\p{L} /u.test(part) ? upper(part) : part);

/** Behind a sentence the next part needs no mark. */
const joined = (parts) =>
  parts.reduce((all, part) => {
    if (!all) return begun(part);
    return all.endsWith(".") ? `${all} ${begun(part)}` : `${all} · ${part}`;
  }, "");

/** A value as it stood before, in words. */
function oldText(property) {
  const { type, value, unit, choices } = property;
  if (type === "boolean") return t(value ? "on" : "off");
  if (value === null || value === "") return t("nothing");
  if (choices) return choiceText(property, value);
  return typeof value === "string" ? `“${value}”` : [value, unitText(unit)].filter(Boolean).join(" ");
}

/** What somebody else has done to a field meanwhile, and whose value is to hold. */
function Others({ property, bases, before, change, keepMine }) {
  const { name } = property;
  if (isContested(property, bases)) {
    return html`<p class="was contested">
      <b>${t("othersSet", { value: oldText(property) })}</b>${" "}
      <button type="button" class="link" onClick=${() => change(undefined)}>
        ${t("takeTheirs")}<span class="sr"> ${titleOf(property)}</span>
      </button>${" · "}
      <button type="button" class="link" onClick=${() => keepMine(name)}>
        ${t("keepMine")}<span class="sr"> ${titleOf(property)}</span>
      </button>
    </p>`;
  }
  return name in before && html`<p class="was">${t("othersChanged", { value: oldText({ ...property, value: before[name] }) })}</p>`;
}

/**
 * Some fields in two columns, and what is for the advanced out of the way until it is wanted or
 * refused. `draft` holds what the person has put in; a password that is null in it is removed.
 * Where others may change the same: `bases` has the values that what is in the draft replaces,
 * `before` those that others have replaced.
 */
export function Fields({ properties, ...more }) {
  const plain = properties.filter(({ advanced }) => !advanced);
  const advanced = properties.filter((property) => property.advanced);
  const isRefused = advanced.some(
    (property) => problemOf(more.error, more.parent, property.name) || isContested(property, more.bases ?? {}),
  );
  const field = (property) => html`<${Field} key=${property.name} property=${property} ...${more} />`;
  return html`${plain.map(field)}
    ${
      advanced.length > 0 &&
      html`<details class="adv wide" open=${isRefused}>
        <summary>
          <${Icon} name="chevron-right" />${t("advanced")}
          <span class="muted">${advanced.map(titleOf).join(", ")}</span>
        </summary>
        <div class="grp">${advanced.map(field)}</div>
      </details>`
    }`;
}

/** What a field is called in the page. */
const idOf = (name) => `field-${name}`;

function Field({ property, draft, setDraft, error, parent, creating, bases = {}, before = {}, keepMine }) {
  const { name, type, readonly, required, accept } = property;
  const id = idOf(name);
  const problem = problemOf(error, parent, name);
  const isChanged = name in draft && !creating;
  const change = (value) => {
    const { [name]: _, ...rest } = draft;
    const isAsBefore = value === undefined || isSame(property, value);
    setDraft(isAsBefore ? rest : { ...rest, [name]: value });
  };
  const isSecret = type === "password";
  const value = name in draft ? draft[name] : isSecret ? undefined : property.value;
  const hint = hintOf(property, value);
  const common = {
    id,
    disabled: readonly && !creating,
    "aria-describedby": [problem && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ") || undefined,
    "aria-invalid": problem ? "true" : undefined,
  };
  const isCheck = type === "boolean";
  const isNeeded = required && property.value === null && !isCheck;
  const label = html`<label for=${id}>${titleOf(property)}${isNeeded && html` <span class="muted">${t("required")}</span>`}</label>`;
  const input = html`<${Input} ...${{ property, value, change, common, creating }} />`;
  const css = ["field", isCheck && "check", type === "text" && "wide", isChanged && "changed", problem && "wrong"];
  return html`<div class=${css.filter(Boolean).join(" ")}>
    ${isCheck ? html`${input}${label}` : html`${label}${input}`}
    <${Wrong} id=${`${id}-error`} problem=${problem} />
    <${Others} ...${{ property, bases, before, change, keepMine }} />
    ${
      isChanged &&
      !isSecret &&
      !isContested(property, bases) &&
      html`<p class="was">
        ${t("was", { value: oldText(property) })}${" "}
        <button type="button" class="link" onClick=${() => change(undefined)}>
          ${t("undo")}<span class="sr"> ${titleOf(property)}</span>
        </button>
      </p>`
    }
    ${
      (hint || accept) &&
      html`<p class="hint" id=${`${id}-hint`}>
        ${hint} ${accept && html`<a href=${accept} target="_blank" rel="noopener noreferrer">${accept}</a>`}
      </p>`
    }
  </div>`;
}
