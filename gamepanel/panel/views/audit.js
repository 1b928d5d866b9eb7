// What people did.
import { html, useEffect, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { route, setQuery } from "../lib/route.js";
import { useAnswer } from "../lib/store.js";
import { clock, dayOf, explain, isText, moment, number, t } from "../lib/text.js";
import { SearchField, Select } from "./filters.js";
import { Icon } from "./icon.js";
import { Problem } from "./problem.js";

/** Entries that are asked for at a time, and while something is looked for. */
const PAGE = 50;
const WIDE_PAGE = 500;
/** So many are looked through without being asked again. */
const MOST = 10_000;

/** What was done, or only tried. */
function didText({ action, result }) {
  if (!isText(`did.${action}`)) return action;
  return result === "ok" ? t(`did.${action}`) : t("tried", { what: t(`verb.${action}`) });
}

function resultText({ result }) {
  if (result === "ok") return t("done");
  const name = [`result.${result}`, `code.${result}`].find(isText);
  return name ? t(name) : result.replaceAll("_", " ");
}

const textOf = (entry) =>
  [entry.username ?? t("unknown"), didText(entry), entry.server, entry.target, resultText(entry), entry.address]
    .join(" ")
    .toLowerCase();

export default function Audit() {
  const [first, refusal] = useAnswer((abort) => call("audit_log", { limit: PAGE }, abort), []);
  const [older, setOlder] = useState([]);
  const [isAll, setAll] = useState(false);
  const [error, setError] = useState(null);
  // It stands in the address, for Back and for links.
  const { q: text = "", who = "", server = "", result = "" } = route.value.query;
  const wanted = { text, who, server, result };
  const [busy, setBusy] = useState(false);
  // So many rows are shown at the most.
  const [rows, setRows] = useState(PAGE);
  const entries = [...(first?.entries ?? []), ...older];

  async function load(limit = PAGE) {
    if (busy) return;
    setBusy(true);
    try {
      const before = entries.at(-1).id;
      const answer = await call("audit_log", { before, limit });
      setOlder([...older, ...answer.entries]);
      setAll(answer.entries.length < limit);
      setError(null);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  }

  const isMore = first?.entries.length === PAGE && !isAll;
  const isFiltered = Object.values(wanted).some(Boolean);
  const shown = entries.filter((entry) => fits(entry, wanted));
  // What is looked for may be long ago: older ones are brought until a page of it is there.
  const isSearching = isFiltered && isMore && !error && shown.length < rows && entries.length < MOST;
  useEffect(() => {
    if (isSearching && !busy) load(WIDE_PAGE);
  }, [isSearching, busy]);
  const more = () => {
    if (busy) return;
    setRows(rows + PAGE);
    if (shown.length < rows + PAGE && isMore) load(isFiltered ? WIDE_PAGE : PAGE);
  };
  const want = (next) => {
    const { text: q, ...rest } = next;
    setQuery({ q, ...rest });
    setRows(PAGE);
  };
  return html`<div class="page-head">
      <h1>${t("whatPeopleDid")}</h1>
      <div class="page-acts">
        <button class="btn" type="button" onClick=${() => download(shown)}><${Icon} name="download" />${t("download")}</button>
      </div>
    </div>
    <${Filters} ...${{ entries, wanted, setWanted: want }} />
    <${Problem} text=${explain(error ?? refusal)} />
    <div class="table-wrap">
      <table class="plain audit-t">
        <caption class="sr">${t("whatPeopleDid")}</caption>
        <thead>
          <tr>
            ${["when", "who", "did", "server", "what", "result", "where"].map(
              (name) => html`<th key=${name} scope="col" class=${name === "when" ? "num l" : name === "where" ? "hide-s" : ""}>${t(name)}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${rowsOf(shown.slice(0, rows))}
        </tbody>
      </table>
    </div>
    ${first && !shown.length && html`<p class="more">${t(isSearching ? "searching" : "noEntries")}</p>`}
    ${isFiltered && html`<p class="more muted">${t("lookedThrough", { n: number(entries.length) })}</p>`}
    ${
      (isMore || shown.length > rows) &&
      html`<p class="more">
        <button class="btn" aria-disabled=${busy ? "true" : undefined} onClick=${more}>
          ${t("older")}
        </button>
      </p>`
    }`;
}

function fits(entry, { text, who, server, result }) {
  return (
    textOf(entry).includes(text.toLowerCase()) &&
    (!who || entry.username === who) &&
    (!server || entry.server === server) &&
    (!result || (entry.result === "ok") === (result === "ok"))
  );
}

function Filters({ entries, wanted, setWanted }) {
  const set = (name) => (value) => setWanted({ ...wanted, [name]: value });
  const all = (name) => [...new Set(entries.map((entry) => entry[name]).filter(Boolean))].sort();
  const choice = (name, title, values) =>
    html`<${Select} label=${t(name)} value=${wanted[name]} choices=${[["", title], ...values]} change=${set(name)} />`;
  return html`<div class="filters">
    <${SearchField} label=${t("filterAudit")} placeholder=${t("filterAudit")} value=${wanted.text} change=${set("text")} />
    ${choice("who", t("everyone"), all("username").map((name) => [name, name]))}
    ${choice("server", t("allServers"), all("server").map((name) => [name, name]))}
    ${choice("result", t("anyResult"), [
      ["ok", t("done")],
      ["no", t("refusedOnes")],
    ])}
  </div>`;
}

/** The entries, with a row for each day. */
function rowsOf(entries) {
  let day = null;
  return entries.flatMap((entry) => {
    const isNew = dayOf(entry.at) !== day;
    day = dayOf(entry.at);
    const head = html`<tr class="day" key=${day}><th colspan="7" scope="rowgroup">${day}</th></tr>`;
    const row = html`<${Entry} key=${entry.id} entry=${entry} />`;
    return isNew ? [head, row] : [row];
  });
}

const none = () => html`<span class="none">–</span>`;

function Entry({ entry }) {
  const { at, username, address, action, server, target, result } = entry;
  const isGood = result === "ok";
  // What was typed is a command; all else that was acted on is a name.
  const what = action === "server_cmd" ? html`<code>${target}</code>` : target;
  return html`<tr>
    <td class="num l" title=${moment(at)}>${clock(at)}</td>
    <th scope="row">${username ?? t("unknown")}</th>
    <td>${didText(entry)}</td>
    <td>${server ? html`<a href=${`#/server/${server}/console`}>${server}</a>` : none()}</td>
    <td class="what">${target ? what : none()}</td>
    <td>
      <span class=${isGood ? "mk good" : "mk bad"}><${Icon} name=${isGood ? "circle-check" : "circle-x"} />${resultText(entry)}</span>
    </td>
    <td class="hide-s mono">${address}</td>
  </tr>`;
}

/** What is shown, for a table elsewhere (RFC 4180); nothing of it is taken for a formula. */
function download(entries) {
  const quoted = (value) => `"${String(value ?? "").replace(/^[=+\-@]/, "'$&").replaceAll('"', '""')}"`;
  const names = ["id", "at", "username", "address", "action", "server", "target", "result"];
  const lines = entries.map((entry) =>
    names.map((name) => quoted(name === "at" ? new Date(entry.at * 1000).toISOString() : entry[name])).join(","),
  );
  const text = [names.join(","), ...lines].join("\r\n");
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  Object.assign(document.createElement("a"), { href: url, download: "audit.csv" }).click();
  URL.revokeObjectURL(url);
}
