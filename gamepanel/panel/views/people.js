// Who may do what.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { config, isOpen, useAnswer } from "../lib/store.js";
import { explain, explainFields, t } from "../lib/text.js";
import { Audit } from "./audit.js";

const RIGHTS = ["view", "command", "power", "settings", "destroy"];

export function People() {
  const [edited, setEdited] = useState(null);
  // Grows with each change, after which all is asked for again.
  const [changes, setChanges] = useState(0);
  const done = () => {
    setEdited(null);
    setChanges(changes + 1);
  };
  const withPeople = html`<div class="bar">
      <h1>${t("people")}</h1>
      <button class="primary" onClick=${() => setEdited({ isNew: true, servers: {} })}>
        ${t("newUser")}
      </button>
    </div>
    ${
      edited &&
      html`<${Edit}
      key=${edited.username ?? ""}
      user=${edited}
      done=${done}
      cancel=${() => setEdited(null)}
    />`
    }
    <${Users} changes=${changes} edit=${setEdited} />`;
  return html`${isOpen() ? html`<h1 class="hidden">${t("audit")}</h1>` : withPeople}
    <${Audit} key=${changes} />`;
}

function Users({ changes, edit }) {
  const [answer, refusal] = useAnswer((abort) => call("user_list", {}, abort), [changes]);
  return html`${refusal && html`<p class="error" role="alert">${explain(refusal)}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("users")}>
      <table>
        <thead>
          <tr>
            <th>${t("userName")}</th>
            <th>${t("rights")}</th>
            <th><span class="hidden">${t("edit")}</span></th>
          </tr>
        </thead>
        <tbody>
          ${answer?.users.map(
            (user) => html`<tr key=${user.username}>
              <td>${user.username} <${Tags} user=${user} /></td>
              <td>${rightsText(user)}</td>
              <td>
                <button onClick=${() => edit(user)} aria-label=${`${t("edit")} ${user.username}`}>
                  ${t("edit")}
                </button>
              </td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}

const Tags = ({ user }) =>
  ["disabled", "external"]
    .filter((name) => user[name])
    .map((name) => html`<span key=${name} class="tag">${t(name)}</span>`);

/** What somebody may do, in words. */
export function rightsText({ admin, create, servers }) {
  if (admin) return t("admin");
  const parts = Object.entries(servers).map(
    ([id, rights]) => `${id}: ${rights.map((right) => t(`right.${right}`)).join(", ")}`,
  );
  return [create && t("mayCreate"), ...parts].filter(Boolean).join(" · ");
}

function Edit({ user, done, cancel }) {
  const empty = { username: "", password: "", admin: false, create: false, disabled: false };
  const [draft, setDraft] = useState({ ...empty, external: config.value.auth === "url", ...user });
  const [error, setError] = useState(null);
  const [sure, setSure] = useState(false);
  const form = useRef(null);
  useEffect(() => {
    form.current.querySelector("input").focus();
    form.current.scrollIntoView({ block: "nearest" });
  }, []);

  async function act(name, fields) {
    try {
      await call(name, fields);
      done();
    } catch (failure) {
      setError(failure);
    }
  }

  function save(event) {
    event.preventDefault();
    const { username, password, admin, create, disabled, external, servers } = draft;
    const fields = { username, admin, create, servers };
    if (password) fields.password = password;
    if (user.isNew) act("user_create", { ...fields, external });
    else act("user_update", { ...fields, disabled });
  }

  const remove = () => (sure ? act("user_delete", { username: user.username }) : setSure(true));
  const set = (name) => (event) => setDraft({ ...draft, [name]: event.target.value });
  const check = (name, label) =>
    html`<label class="check">
      <input
        type="checkbox"
        checked=${draft[name]}
        onChange=${(event) => setDraft({ ...draft, [name]: event.target.checked })}
      />${label}
    </label>`;
  return html`<form class="card form" onSubmit=${save} ref=${form}>
    <h2>${user.isNew ? t("newUser") : user.username}</h2>
    ${
      user.isNew &&
      html`<label>
      ${t("userName")}
      <input
        required
        value=${draft.username}
        autocapitalize="none"
        autocomplete="off"
        onInput=${set("username")}
      />
    </label>`
    }
    ${
      !draft.external &&
      html`<label>
      ${user.isNew ? t("password") : t("newPassword")}
      <input
        type="password"
        autocomplete="new-password"
        required=${user.isNew}
        value=${draft.password}
        onInput=${set("password")}
      />
    </label>`
    }
    ${check("admin", `${t("admin")} (${t("adminHint")})`)} ${check("create", t("mayCreate"))}
    ${user.isNew ? check("external", t("external")) : check("disabled", t("disabled"))}
    ${!draft.admin && html`<${Rights} draft=${draft} setDraft=${setDraft} />`}
    ${error && html`<p class="error" role="alert">${explainFields(error)}</p>`}
    <p class="bar">
      <button class="primary">${t("save")}</button>
      <button type="button" onClick=${cancel}>${t("cancel")}</button>
      ${
        !user.isNew &&
        html`<button type="button" class="kill" onClick=${remove}>
        ${sure ? t("reallyDelete", { name: user.username }) : t("delete")}
      </button>`
      }
    </p>
  </form>`;
}

function Rights({ draft, setDraft }) {
  const [answer] = useAnswer((abort) => call("server_list", {}, abort), []);
  if (!answer?.servers.length) return null;

  function toggle(id, right, isOn) {
    const rights = new Set(draft.servers[id] ?? []);
    if (isOn) rights.add("view").add(right);
    else if (right === "view") rights.clear();
    else rights.delete(right);
    const { [id]: _, ...servers } = draft.servers;
    if (rights.size) servers[id] = RIGHTS.filter((each) => rights.has(each));
    setDraft({ ...draft, servers });
  }

  const cell = (id, right) =>
    html`<td key=${right}>
      <input
        type="checkbox"
        aria-label=${`${id}: ${t(`right.${right}`)}`}
        checked=${draft.servers[id]?.includes(right) ?? false}
        onChange=${(event) => toggle(id, right, event.target.checked)}
      />
    </td>`;
  return html`<fieldset>
    <legend>${t("rights")}</legend>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("rights")}>
      <table class="rights">
        <thead>
          <tr>
            <th>${t("servers")}</th>
            ${RIGHTS.map((right) => html`<th key=${right}>${t(`right.${right}`)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${answer.servers.map(
            ({ server }) => html`<tr key=${server}>
              <th scope="row">${server}</th>
              ${RIGHTS.map((right) => cell(server, right))}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </fieldset>`;
}
