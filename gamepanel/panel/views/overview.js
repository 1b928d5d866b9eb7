// All servers at a glance.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { repeat } from "../lib/api.js";
import { loadServers, mayCreate, servers } from "../lib/store.js";
import { duration, t } from "../lib/text.js";
import { Power, State } from "./power.js";
import { restartText } from "./restarts.js";
import { Usage } from "./usage.js";

/** From so many servers on there is something to filter and sort. */
const MANY = 7;
const LOOK_MS = 1000;

const byName = (a, b) => (a.server < b.server ? -1 : 1);
const SORTS = {
  name: byName,
  state: (a, b) => a.status.localeCompare(b.status) || byName(a, b),
  cpu: (a, b) => (b.usage?.cpuPercent ?? -1) - (a.usage?.cpuPercent ?? -1) || byName(a, b),
  memory: (a, b) => (b.usage?.memoryBytes ?? -1) - (a.usage?.memoryBytes ?? -1) || byName(a, b),
};

export function Overview() {
  const [filter, setFilter] = useState("");
  const [sort, setSort] = useState("name");
  const order = useRef({ sort, ids: [] });
  const list = useRef(null);
  useEffect(() => {
    const stop = new AbortController();
    repeat(() => loadServers(stop.signal), LOOK_MS, stop.signal);
    return () => stop.abort();
  }, []);
  if (servers.value === null) return html`<p class="empty">${t("loading")}</p>`;
  const all = [...servers.value.values()];
  const sorted = all.filter((status) => fits(status, filter)).sort(SORTS[sort]);
  // Nothing moves away from under a hand that is about to press a button.
  const isTouched = list.current?.matches(":hover, :focus-within") && order.current.sort === sort;
  const shown = isTouched ? inOrder(sorted, order.current.ids) : sorted;
  order.current = { sort, ids: shown.map((status) => status.server) };
  return html`
    <div class="bar">
      <h1>${t("servers")}</h1>
      ${all.length >= MANY && html`<${Sieve} ...${{ filter, setFilter, sort, setSort }} />`}
      ${mayCreate() && html`<${NewServer} />`}
    </div>
    ${
      !all.length &&
      html`<div class="empty card">
      <h2>${t("empty")}</h2>
      <p>${mayCreate() ? t("emptyMayCreate") : t("emptyMayNot")}</p>
    </div>`
    }
    ${all.length > 0 && !shown.length && html`<p class="empty">${t("none")}</p>`}
    <ul class="servers" ref=${list}>
      ${shown.map((status) => html`<${Row} key=${status.server} status=${status} />`)}
    </ul>
  `;
}

function fits({ server, type, description, status }, filter) {
  const words = [server, type, description, status, t(`state.${status}`)];
  return words.join(" ").toLowerCase().includes(filter.toLowerCase());
}

/** As they were; those that are new come last. */
function inOrder(statuses, ids) {
  const place = new Map(ids.map((id, index) => [id, index]));
  const placeOf = (status) => place.get(status.server) ?? Infinity;
  return statuses.toSorted((a, b) => placeOf(a) - placeOf(b) || 0);
}

function Sieve({ filter, setFilter, sort, setSort }) {
  return html`<input
      type="search"
      aria-label=${t("filter")}
      placeholder=${t("filter")}
      value=${filter}
      onInput=${(event) => setFilter(event.target.value)}
    />
    <select
      aria-label=${t("sortBy")}
      value=${sort}
      onChange=${(event) => setSort(event.target.value)}
    >
      ${Object.keys(SORTS).map((name) => html`<option value=${name}>${t(name)}</option>`)}
    </select>`;
}

const NewServer = () =>
  html`<button class="primary" onClick=${() => (location.hash = "#/new")}>${t("newServer")}</button>`;

/** Of a reason that quotes a game the first line says what has happened. */
const firstLine = (text) => text.split("\n")[0].replace(/:$/, "");

function Row({ status }) {
  const { server, type, description, uptime, status: state, exit } = status;
  const news = restartText(status);
  return html`<li class="card">
    <div class="what">
      <a href=${`#/server/${server}`}>${server}</a>
      <${State} state=${status.status} />
      <small>${type}${uptime !== null && ` · ${duration(uptime)}`}</small>
      ${news && html`<small class="news">${news}</small>`}
      ${state === "failed" && exit && html`<small class="news">${firstLine(exit.reason)}</small>`}
      ${description && html`<small class="description">${description}</small>`}
    </div>
    <div class="use"><${Usage} status=${status} /></div>
    <${Power} id=${server} state=${status.status} />
  </li>`;
}
