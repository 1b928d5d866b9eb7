// Who may do what, and what was done.
import { html, useEffect, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { config, me } from "../lib/store.js";
import { explain, moment, t } from "../lib/text.js";

const RIGHTS = ["view", "command", "power", "settings", "destroy"];

export function People() {
  const [users, setUsers] = useState(null);
  const [ids, setIds] = useState([]);
  const [edited, setEdited] = useState(null);
  const [error, setError] = useState(null);
  const load = () =>
    Promise.all([call("user_list"), call("server_list")]).then(([people, list]) => {
      setUsers(people.users);
      setIds(list.servers.map((s) => s.server));
    }, setError);
  useEffect(() => void load(), []);
  const done = () => (setEdited(null), load());
  return html`<div class="bar"><h1>${t("people")}</h1>
      <button class="primary" onClick=${() => setEdited({ isNew: true, servers: {} })}>${t("newUser")}</button></div>
    ${error && html`<p class="error" role="alert">${explain(error)}</p>`}
    ${edited && html`<${Edit} key=${edited.username ?? ""} user=${edited} ids=${ids} done=${done} cancel=${() => setEdited(null)} />`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("users")}><table>
      <thead><tr><th>${t("userName")}</th><th>${t("rights")}</th><th><span class="hidden">${t("edit")}</span></th></tr></thead>
      <tbody>${users?.map((user) => html`<tr key=${user.username}>
        <td>${user.username}${user.disabled && html` <span class="tag">${t("disabled")}</span>`}${user.external && html` <span class="tag">${t("external")}</span>`}</td>
        <td>${rightsText(user)}</td>
        <td><button onClick=${() => setEdited(user)} aria-label=${`${t("edit")} ${user.username}`}>${t("edit")}</button></td></tr>`)}</tbody>
    </table></div>
    <${Audit} />`;
}

function rightsText(user) {
  if (user.admin) return t("admin");
  const parts = Object.entries(user.servers).map(([id, rights]) => `${id}: ${rights.map((r) => t(`right.${r}`)).join(", ")}`);
  return [user.create && t("mayCreate"), ...parts].filter(Boolean).join(" · ");
}

function Edit({ user, ids, done, cancel }) {
  const [draft, setDraft] = useState({ username: "", password: "", admin: false, create: false, disabled: false, external: config.value.auth === "url", ...user });
  const [error, setError] = useState(null);
  const [sure, setSure] = useState(false);
  const set = (name) => (e) => setDraft({ ...draft, [name]: e.target.type === "checkbox" ? e.target.checked : e.target.value });

  async function act(work) {
    try {
      await work();
      done();
    } catch (failure) {
      setError(failure);
    }
  }

  function save(event) {
    event.preventDefault();
    const { username, admin, create, disabled, external, servers } = draft;
    const fields = { username, admin, create, servers };
    if (draft.password) fields.password = draft.password;
    act(() => (user.isNew ? call("user_create", { ...fields, external }) : call("user_update", { ...fields, disabled })));
  }

  function toggle(id, right, on) {
    const rights = new Set(draft.servers[id] ?? []);
    if (on) rights.add("view").add(right);
    else if (right === "view") rights.clear();
    else rights.delete(right);
    const servers = { ...draft.servers, [id]: RIGHTS.filter((r) => rights.has(r)) };
    if (!rights.size) delete servers[id];
    setDraft({ ...draft, servers });
  }

  const check = (name, label) => html`<label class="check"><input type="checkbox" checked=${draft[name]} onChange=${set(name)} />${label}</label>`;
  return html`<form class="card form" onSubmit=${save}>
    <h2>${user.isNew ? t("newUser") : user.username}</h2>
    ${user.isNew && html`<label>${t("userName")}<input required value=${draft.username} autocapitalize="none" autocomplete="off" onInput=${set("username")} /></label>`}
    ${!draft.external && html`<label>${user.isNew ? t("password") : t("newPassword")}
      <input type="password" autocomplete="new-password" required=${user.isNew} value=${draft.password} onInput=${set("password")} /></label>`}
    ${check("admin", `${t("admin")} (${t("adminHint")})`)} ${check("create", t("mayCreate"))}
    ${user.isNew ? check("external", t("external")) : check("disabled", t("disabled"))}
    ${!draft.admin && ids.length > 0 && html`<fieldset><legend>${t("rights")}</legend>
      <div class="scroll" tabindex="0" role="region" aria-label=${t("rights")}><table class="rights">
        <thead><tr><th>${t("servers")}</th>${RIGHTS.map((r) => html`<th>${t(`right.${r}`)}</th>`)}</tr></thead>
        <tbody>${ids.map((id) => html`<tr key=${id}><th scope="row">${id}</th>${RIGHTS.map((right) => html`<td>
          <input type="checkbox" aria-label=${`${id}: ${t(`right.${right}`)}`} checked=${draft.servers[id]?.includes(right) ?? false}
            onChange=${(e) => toggle(id, right, e.target.checked)} /></td>`)}</tr>`)}</tbody></table></div></fieldset>`}
    ${error && html`<p class="error" role="alert">${error.problems?.[0] ? `${error.message} ${error.problems[0].detail}` : explain(error)}</p>`}
    <p class="bar"><button class="primary">${t("save")}</button>
      <button type="button" onClick=${cancel}>${t("cancel")}</button>
      ${!user.isNew && html`<button type="button" class="kill" onClick=${() => (sure ? act(() => call("user_delete", { username: user.username })) : setSure(true))}>
        ${sure ? t("reallyDelete", { name: user.username }) : t("delete")}</button>`}</p>
  </form>`;
}

function Audit() {
  const [entries, setEntries] = useState([]);
  const [more, setMore] = useState(true);
  async function load() {
    const before = entries.at(-1)?.id;
    const answer = await call("audit_log", before ? { before, limit: 50 } : { limit: 50 }).catch(() => ({ entries: [] }));
    setEntries([...entries, ...answer.entries]);
    setMore(answer.entries.length === 50);
  }
  useEffect(() => void load(), []);
  return html`<h2>${t("audit")}</h2>
    <div class="scroll" tabindex="0" role="region" aria-label=${t("audit")}><table>
      <thead><tr>${["when", "who", "where", "what", "servers", "result"].map((name) => html`<th>${t(name)}</th>`)}</tr></thead>
      <tbody>${entries.map((e) => html`<tr key=${e.id}><td>${moment(e.at)}</td><td>${e.username ?? t("unknown")}</td><td>${e.address}</td>
        <td>${e.action}</td><td>${e.server ?? ""}</td><td>${e.result}</td></tr>`)}</tbody>
    </table></div>
    ${more && html`<p><button onClick=${load}>${t("older")}</button></p>`}`;
}

export function Account() {
  const [oldPassword, setOld] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState(null);
  const [done, setDone] = useState(false);
  async function change(event) {
    event.preventDefault();
    setDone(false);
    setError(null);
    try {
      await call("password_change", { oldPassword, password });
      setOld("");
      setPassword("");
      setDone(true);
    } catch (failure) {
      setError(failure);
    }
  }
  return html`<h1>${me.value.username}</h1><p>${rightsText(me.value)}</p>
    ${config.value.auth === "password" && html`<form class="card form" onSubmit=${change}>
      <h2>${t("changePassword")}</h2>
      <input type="hidden" name="username" autocomplete="username" value=${me.value.username} />
      <label>${t("oldPassword")}<input type="password" autocomplete="current-password" required value=${oldPassword} onInput=${(e) => setOld(e.target.value)} /></label>
      <label>${t("newPassword")}<input type="password" autocomplete="new-password" required value=${password} onInput=${(e) => setPassword(e.target.value)} /></label>
      <button class="primary">${t("save")}</button>
      ${error && html`<p class="error" role="alert">${error.problems?.[0] ? `${error.message} ${error.problems[0].detail}` : explain(error)}</p>`}
      ${done && html`<p class="good" role="status">${t("passwordChanged")}</p>`}
    </form>`}`;
}
