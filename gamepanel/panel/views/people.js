// Who may do what.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { route, setQuery } from "../lib/route.js";
import { useAnswer } from "../lib/store.js";
import { explain, number, t } from "../lib/text.js";
import { Chips, SearchField } from "./filters.js";
import { Icon } from "./icon.js";
import { Person } from "./person.js";
import { Problem } from "./problem.js";

const NEW = { isNew: true, username: "", servers: {} };

export default function People() {
  // Grows with each change, after which all is asked for again.
  const [changes, setChanges] = useState(0);
  const [isNew, setNew] = useState(false);
  const [answer, refusal] = useAnswer((abort) => call("user_list", {}, abort), [changes]);
  const { q = "", kind = "", who = "" } = route.value.query;
  const users = answer?.users ?? [];
  const shown = users.filter((user) => FITS[kind](user) && textOf(user).includes(q.toLowerCase()));
  const edited = isNew ? NEW : users.find(({ username }) => username === who);
  const close = () => {
    setNew(false);
    setQuery({ who: "" });
  };
  const done = () => {
    close();
    setChanges(changes + 1);
  };
  const chips = [
    ["", html`<span class="n">${number(users.length)}</span> ${t("all")}`],
    ...["admins", "off"].map((name) => [name, html`<span class="n">${number(users.filter(FITS[name]).length)}</span> ${t(name === "off" ? "disabledOnes" : name)}`]),
  ];
  return html`<div class="page-head">
      <h1>${t("people")}</h1>
      <div class="page-acts">
        <button class="btn primary" type="button" onClick=${() => setNew(true)}><${Icon} name="plus" />${t("newUser")}</button>
      </div>
    </div>
    <div class="filters">
      <${SearchField} label=${t("filterPeople")} placeholder=${t("filterPeople")} value=${q} change=${(text) => setQuery({ q: text })} />
      <${Chips} label=${t("showOnly")} value=${kind} all=${chips} change=${(name) => setQuery({ kind: name })} />
    </div>
    <${Problem} text=${explain(refusal)} />
    <div class=${edited ? "people-grid" : ""}>
      <${Users} ...${{ shown, who: isNew ? "" : who }} edit=${(username) => {
        setNew(false);
        setQuery({ who: username });
      }} />
      ${edited && html`<${Person} key=${edited.username} ...${{ user: edited, done, close }} />`}
    </div>`;
}

const FITS = {
  "": () => true,
  admins: ({ admin }) => admin,
  off: ({ disabled }) => disabled,
};

const textOf = ({ username, servers }) => [username, ...Object.keys(servers)].join(" ").toLowerCase();

const Users = ({ shown, who, edit }) =>
  html`<div class="table-wrap">
    <table class="plain">
      <thead>
        <tr>
          <th scope="col">${t("name")}</th>
          <th scope="col">${t("may")}</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map((user) => {
          const { username, disabled } = user;
          const css = [disabled && "paused", username === who && "here"].filter(Boolean).join(" ");
          return html`<tr key=${username} class=${css}>
            <th scope="row">
              <span class="ava" aria-hidden="true">${username.charAt(0).toUpperCase()}</span
              ><button class="link" type="button" aria-current=${username === who ? "true" : undefined} onClick=${() => edit(username)}>
                ${username}
              </button>
              <${Tags} user=${user} />
            </th>
            <td>${rightsText(user)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;

const Tags = ({ user }) =>
  ["admin", "disabled", "external"]
    .filter((name) => user[name])
    .map((name) => html` <span key=${name} class=${name === "admin" ? "tag acc" : "tag"}>${t(name)}</span>`);

/** What somebody may do, in words; who has a right on a server sees it, so that is not told. */
export function rightsText({ admin, create, servers }) {
  if (admin) return t("everything");
  const parts = Object.entries(servers).map(([id, rights]) => {
    const more = rights.filter((right) => right !== "view");
    return `${id}: ${(more.length ? more : rights).map((right) => t(`right.${right}`)).join(", ")}`;
  });
  return [create && t("mayCreate"), ...parts].filter(Boolean).join(" · ") || t("nothing");
}
