// All servers at a glance.
import { html, useEffect, useState } from "../lib/base.js";
import { repeat } from "../lib/api.js";
import { historyOf, loadServers, mayCreate, servers } from "../lib/store.js";
import { bytes, duration, percent, t } from "../lib/text.js";
import { Graph } from "./graph.js";
import { Power, State } from "./power.js";

const SORTS = {
  name: (a, b) => (a.server < b.server ? -1 : 1),
  state: (a, b) => a.status.localeCompare(b.status) || SORTS.name(a, b),
  cpu: (a, b) => (b.usage?.cpuPercent ?? -1) - (a.usage?.cpuPercent ?? -1) || SORTS.name(a, b),
  memory: (a, b) => (b.usage?.memoryBytes ?? -1) - (a.usage?.memoryBytes ?? -1) || SORTS.name(a, b),
};
const MANY = 6;

export function Overview() {
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState("name");
  useEffect(() => {
    const stop = new AbortController();
    repeat(() => loadServers(stop.signal), 1000, stop.signal);
    return () => stop.abort();
  }, []);
  if (servers.value === null) return html`<p class="empty">${t("loading")}</p>`;
  const all = [...servers.value.values()];
  const wanted = filter.toLowerCase();
  const shown = all
    .filter((s) => `${s.server} ${s.type} ${s.description} ${s.status}`.toLowerCase().includes(wanted))
    .sort(SORTS[sort]);
  return html`
    <div class="bar">
      <h1>${t("servers")}</h1>
      ${all.length > MANY && html`
        <input type="search" aria-label=${t("filter")} placeholder=${t("filter")} value=${filter} onInput=${(e) => setFilter(e.target.value)} />
        <select aria-label=${t("sortBy")} value=${sort} onChange=${(e) => setSort(e.target.value)}>
          ${Object.keys(SORTS).map((name) => html`<option value=${name}>${t(name)}</option>`)}
        </select>`}
      ${mayCreate() && html`<${NewServer} />`}
    </div>
    ${!all.length && html`<div class="empty card"><h2>${t("empty")}</h2>
      <p>${mayCreate() ? t("emptyMayCreate") : t("emptyMayNot")}</p></div>`}
    ${all.length > 0 && !shown.length && html`<p class="empty">${t("none")}</p>`}
    <ul class="servers">${shown.map((status) => html`<${Row} key=${status.server} status=${status} />`)}</ul>`;
}

const NewServer = () =>
  html`<button class="primary" onClick=${() => (location.hash = "#/new")}>${t("newServer")}</button>`;

function Row({ status }) {
  const { server, type, description, uptime, usage } = status;
  const history = historyOf(server);
  return html`<li class="card">
    <div class="what">
      <a href=${`#/server/${server}`}>${server}</a>
      <${State} state=${status.status} />
      <small>${type}${uptime !== null && ` · ${duration(uptime)}`}</small>
      ${description && html`<small class="description">${description}</small>`}
    </div>
    <div class="use">
      <figure><${Graph} values=${history.map((h) => h.cpu)} most=${10} label=${t("cpu")} />
        <figcaption>${usage ? percent(usage.cpuPercent) : "–"}</figcaption></figure>
      <figure><${Graph} values=${history.map((h) => h.memory)} label=${t("memory")} />
        <figcaption>${usage ? bytes(usage.memoryBytes) : "–"}</figcaption></figure>
    </div>
    <${Power} id=${server} state=${status.status} />
  </li>`;
}
