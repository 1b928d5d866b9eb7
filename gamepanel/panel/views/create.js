// Making a server: which game, then what it wants to know.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { loadMe, mayCreate, me, useAnswer } from "../lib/store.js";
import { explain, t } from "../lib/text.js";
import { Fields, Hint, isGeneral, problemOf, valuesOf } from "./form.js";

export function Create({ type }) {
  if (!mayCreate()) return html`<p class="empty">${t("code.forbidden")}</p>`;
  return type ? html`<${Form} key=${type} type=${type} />` : html`<${Types} />`;
}

const Pending = ({ refusal }) =>
  html`<p class="empty">${refusal ? explain(refusal) : t("loading")}</p>`;

function Types() {
  const [answer, refusal] = useAnswer((abort) => call("server_create_options", {}, abort), []);
  if (!answer) return html`<${Pending} refusal=${refusal} />`;
  // What this host has all for comes first.
  const types = answer.types.toSorted((a, b) => a.missing.length - b.missing.length);
  return html`<h1>${t("chooseType")}</h1>
    <ul class="types">
      ${types.map(
        ({ type, title, description, missing, hint }) => html`<li class="card" key=${type}>
          <a href=${`#/new/${type}`}>${title}</a>
          <p>${description}</p>
          ${
            missing.length > 0 &&
            html`<p class="warn">${t("missing", { programs: missing.join(", ") })} ${hint}</p>`
          }
        </li>`,
      )}
    </ul>
    ${
      answer.problems?.length > 0 &&
      html`<section class="warn">
      <h2>${t("typeProblems")}</h2>
      <ul>
        ${answer.problems.map(({ file, detail }) => html`<li key=${file}><code>${file}</code>: ${detail}</li>`)}
      </ul>
    </section>`
    }`;
}

/** The ports that are proposed: unlike defaults they count only if they are sent. */
const portsOf = (properties) =>
  Object.fromEntries(
    properties
      .filter(({ type, value }) => type === "port" && value !== null)
      .map(({ name, value }) => [name, value]),
  );

// What was put in stays, also when the session ends meanwhile.
const drafts = new Map();
const EMPTY = { id: "", description: "", options: {} };

function Form({ type }) {
  const [answer, refusal] = useAnswer(
    (abort) => call("server_create_options", { type }, abort),
    [],
  );
  const key = `${me.value?.username} ${type}`;
  const [draft, keepDraft] = useState(drafts.get(key) ?? EMPTY);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const setDraft = (next) => {
    drafts.set(key, next);
    keepDraft(next);
  };
  if (!answer) return html`<${Pending} refusal=${refusal} />`;
  const { options: properties } = answer;

  async function create(event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { id, description } = draft;
      const options = valuesOf(properties, { ...portsOf(properties), ...draft.options });
      await call("server_create", { type, server: id, description, options });
      drafts.delete(key);
      // Whoever has made a server has every right on it.
      await loadMe().catch(() => {});
      location.hash = `#/server/${id}`;
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  const setOptions = (options) => setDraft({ ...draft, options });
  const own = { parent: "options", error, properties, draft: draft.options, setDraft: setOptions };
  const known = [{ name: "server" }, { name: "description" }, ...properties];
  return html`<form class="card form" onSubmit=${create} noValidate>
    <h1>${t("newServer")}: ${type}</h1>
    <${Text} ...${{ name: "server", label: t("id"), error, draft, setDraft, field: "id" }}>
      a-z 0-9 _ -
    <//>
    <${Text}
      ...${{ name: "description", label: t("description"), error, draft, setDraft, field: "description" }}
    />
    <${Fields} ...${own} creating />
    <p class="bar">
      <button class="primary" disabled=${busy || !draft.id}>${t("create")}</button>
      <a href="#/new">${t("back")}</a>
    </p>
    ${busy && html`<label class="work">${t("installing")} <progress></progress></label>`}
    ${
      isGeneral(error, "options", known) &&
      html`<p class="error" role="alert">
      ${error.code === "spawn_failed" ? error.message : explain(error)}
    </p>`
    }
  </form>`;
}

/** A field of the request itself. */
function Text({ name, label, error, draft, setDraft, field, children }) {
  const id = `own-${name}`;
  const problem = problemOf(error, "", name);
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <input
      id=${id}
      autocapitalize="none"
      autocomplete="off"
      spellcheck=${field !== "id"}
      value=${draft[field]}
      aria-describedby=${`${id}-hint`}
      aria-invalid=${problem ? "true" : undefined}
      onInput=${(event) => setDraft({ ...draft, [field]: event.target.value })}
    />
    <${Hint} id=${`${id}-hint`} problem=${problem}>${children}<//>
  </div>`;
}
