// Who may do what.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { go, route, setQuery } from "../lib/route.js";
import { useAnswer } from "../lib/store.js";
import { count, explain, number, t } from "../lib/text.js";
import { Chips, SearchField } from "./filters.js";
import { Icon } from "./icon.js";
import { Menu } from "./menu.js";
import { Person } from "./person.js";
import { usePolicy } from "./policy.js";
import { Problem } from "./problem.js";

const NEW = { isNew: true, username: "", servers: {} };

export default function People() {
  // Grows with each change, after which all is asked for again.
  const [changes, setChanges] = useState(0);
  const [isNew, setNew] = useState(false);
  const [answer, refusal] = useAnswer((abort) => call("user_list", {}, abort), [changes]);
  const { q = "", kind = "", who = "" } = route.value.query;
  // Asked here, it is mostly there before anybody is chosen.
  const hint = usePolicy();
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
    ...["admins", "off"]
      .map((name) => [name, users.filter(FITS[name]).length])
      .filter(([name, n]) => n || name === kind)
      .map(([name, n]) => [name, html`<span class="n">${number(n)}</span> ${t(CALLED[name](n))}`]),
  ];
  return html`<div class="page-head">
      <h1>${t("people")}</h1>
      <div class="page-acts">
        <a class="btn only-s" href="#/audit"><${Icon} name="scroll-text" />${t("audit")}</a>
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
      ${edited && (isNew || hint !== null) && html`<${Person} key=${edited.username} ...${{ user: edited, hint, done, close }} />`}
    </div>`;
}

const CALLED = {
  admins: (n) => (n === 1 ? "admins.one" : "admins"),
  off: () => "disabledOnes",
};

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
          <th scope="col"><span class="sr">${t("more")}</span></th>
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
            <td title=${rightsText(user)}>${shortText(user)}</td>
            <td class="acts"><${Menu} label=${t("moreFor", { id: username })} items=${itemsOf(username, edit)} /></td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;

/** What can be done with a person from the list. */
const itemsOf = (username, edit) => [
  { icon: "settings", text: t("edit"), act: () => edit(username) },
  { icon: "scroll-text", text: t("whatTheyDid"), act: () => go(`/audit?who=${encodeURIComponent(username)}`) },
];

const Tags = ({ user }) =>
  ["admin", "disabled", "external"]
    .filter((name) => user[name])
    .map((name) => html` <span key=${name} class=${name === "admin" ? "tag acc" : "tag"}>${t(name)}</span>`);

/** From so many servers on they are only counted in a list. */
const COUNTED = 4;

/** The same in a few words: servers with the same rights together. */
function shortText({ admin, create, servers }) {
  const ids = Object.keys(servers);
  if (admin || !ids.length) return rightsText({ admin, create, servers });
  const sets = new Set(ids.map((id) => rightsOf(servers[id])));
  const names = ids.length < COUNTED ? ids.join(", ") : count("nServers", ids.length);
  const what = sets.size === 1 ? `${names}: ${[...sets][0]}` : names;
  return [create && t("mayCreate"), what].filter(Boolean).join(" · ");
}

/** Rights on a server in words; whoever has another one sees it, so that is not told. */
function rightsOf(rights) {
  const more = rights.filter((right) => right !== "view");
  return (more.length ? more : rights).map((right) => t(`right.${right}`)).join(", ");
}

/** What somebody may do, whole. */
export function rightsText({ admin, create, servers }) {
  if (admin) return t("everything");
  const parts = Object.entries(servers).map(([id, rights]) => `${id}: ${rightsOf(rights)}`);
  return [create && t("mayCreate"), ...parts].filter(Boolean).join(" · ") || t("nothing");
}
