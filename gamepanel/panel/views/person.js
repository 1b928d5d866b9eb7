// One person: a password, and what they may do.
import { html, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { say } from "../lib/live.js";
import { config, useAnswer } from "../lib/store.js";
import { count, explain, t } from "../lib/text.js";
import { Dialog } from "./dialog.js";
import { Check, Hidden, Text, Wrong } from "./field.js";
import { Select } from "./filters.js";
import { problemOf, useFirstWrong } from "./form.js";
import { Icon } from "./icon.js";
import { Problem } from "./problem.js";

const RIGHTS = ["command", "power", "settings", "destroy", "files", "backup"];
const EMPTY = { username: "", password: "", admin: false, create: false, disabled: false };

/** What differs of two of a person. */
const differences = (draft, user) =>
  ["password", "admin", "create", "disabled", "servers"].filter(
    (name) => JSON.stringify(draft[name] ?? "") !== JSON.stringify(user[name] ?? EMPTY[name] ?? ""),
  ).length;

export function Person({ user, hint, done, close }) {
  const start = { ...EMPTY, external: config.value.auth === "url", ...user };
  const [draft, setDraft] = useState(start);
  const [error, setError] = useState(null);
  const [isAsked, ask] = useState(false);
  const form = useRef(null);
  useFirstWrong(form, error);
  // Before anything is typed: the focus must not move while somebody does.
  useLayoutEffect(() => {
    form.current.querySelector(user.isNew ? "#person-name" : "input").focus({ preventScroll: true });
    // Below the list, as on phones, one would not see it.
    if (form.current.getBoundingClientRect().top > innerHeight / 2) form.current.scrollIntoView();
  }, []);
  const changes = differences(draft, start);
  const isOff = user.isNew ? !draft.username : !changes;

  async function act(name, fields) {
    try {
      await call(name, fields);
      say(t("saved"));
      done();
    } catch (failure) {
      ask(false);
      setError(failure);
      say(explain(failure));
    }
  }

  function save(event) {
    event.preventDefault();
    if (isOff) return;
    const { username, password, admin, create, disabled, external, servers } = draft;
    const fields = { username, admin, create, servers };
    if (password) fields.password = password;
    if (user.isNew) act("user_create", { ...fields, external });
    else act("user_update", { ...fields, disabled });
  }

  const set = (name) => (value) => setDraft({ ...draft, [name]: value });
  const wrong = (name) => problemOf(error, "", name);
  const isGeneral = error && !wrong("username") && !wrong("password");
  return html`<form class="form-card" ref=${form} onSubmit=${save} noValidate aria-labelledby="person-title">
    <div class="tab-head">
      <h2 id="person-title">${user.isNew ? t("newUser") : user.username}</h2>
      <button class="btn icon" type="button" aria-label=${t("close")} title=${t("close")} onClick=${close}>
        <${Icon} name="x" />
      </button>
    </div>
    ${
      user.isNew &&
      html`<${Text} id="person-name" label=${t("userName")} value=${draft.username} problem=${wrong("username")} hint=${t("rule.username")} change=${set("username")} autocapitalize="none" autocomplete="off" />`
    }
    ${!draft.external && html`<${NewPassword} ...${{ user, draft, hint }} problem=${wrong("password")} change=${set("password")} />`}
    <${Check} id="person-admin" label=${t("adminBox")} checked=${draft.admin} hint=${t("adminHint")} change=${set("admin")} />
    <${Check} id="person-create" label=${t("mayCreate")} checked=${draft.create} hint=${t("createHint")} change=${set("create")} />
    ${
      user.isNew
        ? html`<${Check} id="person-external" label=${t("externalBox")} checked=${draft.external} change=${set("external")} />`
        : html`<${Check} id="person-in" label=${t("mayLogIn")} checked=${!draft.disabled} change=${(isOn) => set("disabled")(!isOn)} />`
    }
    ${!draft.admin && html`<${Rights} servers=${draft.servers} change=${set("servers")} />`}
    ${isGeneral && html`<${Problem} text=${explain(error)} />`}
    <div class="form-foot">
      ${!user.isNew && html`<button class="btn quiet danger" type="button" onClick=${() => ask(true)}>${t("delete")} …</button>`}
      <span class="con-space"></span>
      <span class="muted">${!user.isNew && (changes ? count("nChanges", changes) : t("nothingChanged"))}</span>
      <button class="btn quiet" type="button" onClick=${close}>${t("discard")}</button>
      <button class="btn primary" type="submit" aria-disabled=${isOff ? "true" : undefined}>${t("save")}</button>
    </div>
    ${
      isAsked &&
      html`<${Dialog} title=${t("deleteTitle", { name: user.username })} close=${() => ask(false)}>
        <p>${t("deleteAbout")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${() => ask(false)}>${t("cancel")}</button>
          <button class="btn danger-fill" type="button" onClick=${() => act("user_delete", { username: user.username })}>
            ${t("deleteNow")}
          </button>
        </div>
      <//>`
    }
  </form>`;
}

const NewPassword = ({ user, draft, hint, problem, change }) =>
  html`<div class=${problem ? "field wrong" : "field"}>
    <label for="person-password">${t(user.isNew ? "password" : "newPassword")}</label>
    <${Hidden}
      id="person-password"
      autocomplete="new-password"
      value=${draft.password}
      aria-invalid=${problem ? "true" : undefined}
      aria-describedby=${problem ? "person-password-error person-password-hint" : "person-password-hint"}
      onInput=${(event) => change(event.target.value)}
    />
    <${Wrong} id="person-password-error" problem=${problem} />
    <p class="hint" id="person-password-hint">${hint} ${!user.isNew && t("keepPassword")}</p>
  </div>`;

/** The servers that a person sees, and what else they may do there. */
function Rights({ servers, change }) {
  const [answer] = useAnswer((abort) => call("server_list", {}, abort), []);
  const all = answer?.servers.map(({ server }) => server) ?? [];
  const own = Object.keys(servers).toSorted();
  const others = all.filter((id) => !own.includes(id));

  function toggle(id, right, isOn) {
    const rights = new Set(["view", ...servers[id]]);
    if (isOn) rights.add(right);
    else rights.delete(right);
    // What this page has no box for stays.
    change({ ...servers, [id]: [...rights] });
  }

  const remove = (id) => {
    const { [id]: _, ...rest } = servers;
    change(rest);
  };
  return html`<fieldset>
    <legend>${t("rightsByServer")}</legend>
    ${
      own.length > 0 &&
      html`<div class="scroll" tabindex="0" role="group" aria-label=${t("rightsByServer")}>
        <table class="plain rights">
          <thead>
            <tr>
              <th scope="col">${t("server")}</th>
              ${RIGHTS.map((right) => html`<th scope="col" key=${right}>${t(`right.${right}`)}</th>`)}
              <th scope="col"><span class="sr">${t("takeAway")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${own.map(
              (id) => html`<tr key=${id}>
                <th scope="row">${id}</th>
                ${RIGHTS.map(
                  (right) => html`<td key=${right}>
                    <input
                      type="checkbox"
                      aria-label=${`${id}: ${t(`right.${right}`)}`}
                      checked=${servers[id].includes(right)}
                      onChange=${(event) => toggle(id, right, event.target.checked)}
                    />
                  </td>`,
                )}
                <td>
                  <button class="btn icon" type="button" aria-label=${t("takeAwayOf", { id })} title=${t("takeAwayOf", { id })} onClick=${() => remove(id)}>
                    <${Icon} name="x" />
                  </button>
                </td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>`
    }
    <p class="hint">${t("seesIt")}</p>
    ${
      (!answer || others.length > 0) &&
      html`<${Select}
        label=${t("addServer")}
        value=""
        choices=${[["", t("addServer")], ...others.map((id) => [id, id])]}
        change=${(id) => id && change({ ...servers, [id]: ["view"] })}
      />`
    }
  </fieldset>`;
}
