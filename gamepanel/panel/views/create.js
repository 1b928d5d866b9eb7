// Making a server: which game, then what it wants to know.
import { html, useEffect, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { mayCreate } from "../lib/store.js";
import { explain, t } from "../lib/text.js";
import { Fields, isGeneral, problemOf, valuesOf } from "./form.js";

// What was put in stays, also when the session ends meanwhile.
const drafts = new Map();

export function Create({ type }) {
  if (!mayCreate()) return html`<p class="empty">${t("code.forbidden")}</p>`;
  return type ? html`<${Form} key=${type} type=${type} />` : html`<${Types} />`;
}

function useAnswer(fields) {
  const [answer, setAnswer] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    call("server_create_options", fields).then(setAnswer, setError);
  }, []);
  return [answer, error];
}

function Types() {
  const [answer, error] = useAnswer({});
  if (!answer) return html`<p class="empty">${error ? explain(error) : t("loading")}</p>`;
  const types = [...answer.types].sort((a, b) => (a.missing?.length ?? 0) - (b.missing?.length ?? 0));
  return html`<h1>${t("chooseType")}</h1>
    <ul class="types">${types.map(({ type, title, description, missing, hint }) => html`
      <li class="card" key=${type}><a href=${`#/new/${type}`}>${title}</a><p>${description}</p>
        ${missing?.length > 0 && html`<p class="warn">${t("missing", { programs: missing.join(", ") })} ${hint}</p>`}
      </li>`)}
    </ul>`;
}

function Form({ type }) {
  const [answer, trouble] = useAnswer({ type });
  const kept = drafts.get(type) ?? { id: "", description: "", options: {} };
  const [draft, setKept] = useState(kept);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const setDraft = (next) => {
    drafts.set(type, next);
    setKept(next);
  };
  if (!answer) return html`<p class="empty">${trouble ? explain(trouble) : t("loading")}</p>`;

  async function create(event) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const options = valuesOf(answer.options, draft.options);
      await call("server_create", { type, server: draft.id, description: draft.description, options });
      drafts.delete(type);
      location.hash = `#/server/${draft.id}`;
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  const known = [{ name: "server" }, { name: "description" }, ...answer.options];
  return html`<form class="card form" onSubmit=${create} noValidate>
    <h1>${t("newServer")}: ${type}</h1>
    <div class="field"><label for="field-server">${t("id")}</label>
      <input id="field-server" required maxlength="32" pattern="[a-z0-9][a-z0-9_\\-]*" autocapitalize="none" spellcheck=${false}
        value=${draft.id} aria-describedby="field-server-hint" onInput=${(e) => setDraft({ ...draft, id: e.target.value })} />
      <small id="field-server-hint">a-z 0-9 _ - ${problemOf(error, "", "server") && html`<span class="error" role="alert">${problemOf(error, "", "server")}</span>`}</small></div>
    <div class="field"><label for="field-what">${t("description")}</label>
      <input id="field-what" value=${draft.description} onInput=${(e) => setDraft({ ...draft, description: e.target.value })} /></div>
    <${Fields} properties=${answer.options} draft=${draft.options} error=${error} parent="options" creating
      setDraft=${(options) => setDraft({ ...draft, options })} />
    <p class="bar"><button class="primary" disabled=${busy || !draft.id}>${t("create")}</button> <a href="#/new">${t("back")}</a></p>
    ${busy && html`<label class="work">${t("installing")} <progress></progress></label>`}
    ${isGeneral(error, "options", known) && html`<p class="error" role="alert">${error.code === "spawn_failed" ? error.message : explain(error)}</p>`}
  </form>`;
}
