// All servers at a glance. What is filtered, sorted and grouped stands in the address.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { awaySince, repeat } from "../lib/api.js";
import { folded, pins, toggleFold } from "../lib/device.js";
import { groupsOf, stateOf } from "../lib/overview.js";
import { route, setQuery } from "../lib/route.js";
import { loadServers, mayCreate, servers } from "../lib/store.js";
import { count, explain, number, t } from "../lib/text.js";
import { toClipboard } from "./copy.js";
import { Empty } from "./empty.js";
import { Filters } from "./filters.js";
import { First } from "./first.js";
import { HostLine } from "./hostline.js";
import { Icon } from "./icon.js";
import { Lazy, tools } from "./lazy.js";
import { Card, Row } from "./row.js";
import { Skeleton } from "./skeleton.js";

const LOOK_MS = 1000;

/** Ask for all servers as long as the list is there; what the daemon refuses meanwhile. */
function useServers() {
  const [refusal, setRefusal] = useState(null);
  const [tries, again] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let isFirst = true;
    const look = async () => {
      try {
        await loadServers(stop.signal);
        if (isFirst && servers.value.size) {
          isFirst = false;
          // Curves of the last two minutes do where these can't be had.
          tools().then(({ followHours }) => followHours(stop.signal), () => {});
        }
        setRefusal(null);
      } catch (error) {
        if (error.code) setRefusal(error);
        throw error;
      }
    };
    repeat(look, LOOK_MS, stop.signal);
    return () => stop.abort();
  }, [tries]);
  return [refusal, () => again(tries + 1)];
}

export function Overview() {
  const [refusal, again] = useServers();
  const all = servers.value && [...servers.value.values()];
  if (all && !all.length) return html`<${First} />`;
  return html`<${Head} />
    <${Filters} all=${all} />
    ${
      all
        ? html`<${List} all=${all} />`
        : refusal
          ? html`<${Failed} ...${{ refusal, again }} />`
          : html`<${Skeleton} heads=${html`<${Heads} areAll=${false} />`} />`
    }`;
}

const Head = () =>
  html`<div class="page-head">
    <h1>${t("servers")}</h1>
    <${HostLine} />
    <div class="page-acts">
      <a class="btn icon" href="#/activity" aria-label=${t("activity")} title=${t("activity")}
        ><${Icon} name="activity"
      /></a>
      ${
        mayCreate() &&
        html`<${New} />`
      }
    </div>
  </div>`;

/** The way to a new server; it waits for the daemon, as buttons do. */
function New() {
  const waits = awaySince.value !== null;
  return html`<a
    class="btn primary"
    href="#/new"
    aria-disabled=${waits ? "true" : undefined}
    title=${waits ? t("awayWait") : undefined}
    onClick=${(event) => waits && event.preventDefault()}
    ><${Icon} name="plus" />${t("newServer")}</a
  >`;
}

const Failed = ({ refusal, again }) =>
  html`<${Empty} icon="triangle-alert" title=${t("listFailed")} text=${`${explain(refusal)} ${t("notAffected")}`}>
    <button class="btn primary" onClick=${again}><${Icon} name="refresh-cw" />${t("tryAgain")}</button>
    <button class="btn" onClick=${() => toClipboard(`${refusal.code}: ${refusal.message}`)}>
      <${Icon} name="copy" />${t("copyDetails")}
    </button>
  <//>`;

/** As they were; those that are new come last. */
function inOrder(groups, before) {
  const place = new Map(before.map((id, index) => [id, index]));
  const placeOf = ({ server }) => place.get(server) ?? Infinity;
  const sorted = (members) => members.toSorted((a, b) => placeOf(a) - placeOf(b) || 0);
  return groups.map((group) => ({ ...group, members: sorted(group.members) }));
}

/** The groups, in an order that holds still while somebody is about to press something. */
function useGroups(all, list) {
  const { query } = route.value;
  const asked = JSON.stringify([query, pins.value]);
  const last = useRef({ asked, ids: [] });
  const isTouched = list.current?.matches(":hover, :focus-within") && last.current.asked === asked;
  let groups = groupsOf(all, query, pins.value);
  if (isTouched) groups = inOrder(groups, last.current.ids);
  last.current = { asked, ids: groups.flatMap(({ members }) => members.map((each) => each.server)) };
  return groups;
}

/** What can have the focus in a row. */
const FOCUSED = [".nm a", ".c-sel input", ".c-addr button", ".verb", '[aria-haspopup="menu"]'];

/** A server that goes to another group is drawn anew there: the focus goes along. */
function useKeptFocus(list) {
  const before = document.activeElement;
  const id = list.current?.contains(before) && before.closest("[aria-label]:is(tr, li)")?.getAttribute("aria-label");
  useLayoutEffect(() => {
    if (!id || before.isConnected || !list.current) return;
    const row = [...list.current.querySelectorAll("tr.row, li.card")].find((each) => each.getAttribute("aria-label") === id);
    const same = FOCUSED.find((selector) => before.matches(selector));
    (row?.querySelector(same ?? FOCUSED[0]) ?? row?.querySelector(FOCUSED[0]))?.focus();
  });
}

function List({ all }) {
  const { query } = route.value;
  const [chosen, setChosen] = useState([]);
  const list = useRef(null);
  useKeptFocus(list);
  const groups = useGroups(all, list);
  const shown = [...new Set(groups.flatMap(({ members }) => members.map((each) => each.server)))];
  const own = chosen.filter((id) => servers.value.has(id));
  const toggle = (id) => setChosen(own.includes(id) ? own.filter((each) => each !== id) : [...own, id]);
  if (!shown.length) return html`<${NothingFits} query=${query} />`;
  if (query.view === "cards") {
    return html`<div ref=${list}>
      ${groups.map(
        ({ name, title, members }) => html`<section class="card-group" key=${name} aria-label=${title || t("servers")}>
          ${title && html`<h2>${title} <span class="n">${number(members.length)}</span></h2>`}
          <ul class="cards">
            ${members.map((status) => html`<${Card} key=${status.server} status=${status} />`)}
          </ul>
        </section>`,
      )}
    </div>`;
  }
  const areAll = shown.every((id) => own.includes(id));
  return html`<div class="table-wrap" ref=${list}>
      <table class="servers" role="table" aria-label=${t("servers")} aria-rowcount=${shown.length}>
        <${Heads} areAll=${areAll} chooseAll=${() => setChosen(areAll ? [] : shown)} />
        ${groups.map((group) => html`<${Group} key=${group.name} ...${{ group, own, toggle }} />`)}
      </table>
    </div>
    ${own.length > 0 && html`<${Lazy}
      script=${tools}
      part="Bulk"
      chosen=${own.map((id) => servers.value.get(id))}
      clear=${() => setChosen([])}
    />`}`;
}

function NothingFits({ query }) {
  const what = [query.q && `“${query.q}”`, query.state && t(`state.${query.state}`)].filter(Boolean);
  return html`<${Empty} icon="list-filter" title=${t("nothingFits", { what: what.join(", ") })}>
    <button class="btn" onClick=${() => setQuery({ q: "", state: "" })}>${t("clearFilter")}</button>
  <//>`;
}

const COLUMNS = [
  ["name", "c-name"],
  ["tags", "c-tags"],
  ["state", "c-state"],
  ["address", "c-addr"],
  ["players", "c-pl num"],
  ["cpu", "c-cpu num"],
  ["memory", "c-mem num"],
  ["uptime", "c-up num"],
];

const LABELS = { cpu: "cpuHour" };

function Heads({ areAll, chooseAll }) {
  const sort = route.value.query.sort ?? "";
  const isSorted = (name) => (sort || "name") === name;
  const head = ([name, css]) =>
    html`<th key=${name} class=${css} role="columnheader" aria-sort=${isSorted(name) ? "ascending" : undefined}>
      ${
        name === "tags"
          ? t(name)
          : html`<button type="button" onClick=${() => setQuery({ sort: sort === name ? "" : name })}>
              ${t(LABELS[name] ?? name)} ${isSorted(name) && html`<${Icon} name="chevron-up" />`}
            </button>`
      }
    </th>`;
  return html`<thead role="rowgroup">
    <tr role="row">
      <th class="c-sel" role="columnheader">
        <input type="checkbox" aria-label=${t("selectAll")} checked=${areAll} onChange=${chooseAll} />
      </th>
      ${COLUMNS.map(head)}
      <th class="c-verb" role="columnheader"><span class="sr">${t("power")}</span></th>
      <th class="c-menu" role="columnheader"><span class="sr">${t("more")}</span></th>
    </tr>
  </thead>`;
}

function Group({ group: { name, title, members }, own, toggle }) {
  const isFolded = folded.value.includes(name);
  return html`<tbody role="rowgroup">
    ${
      title &&
      html`<tr class="group" role="row">
        <th colspan="11" scope="rowgroup" role="rowheader">
          <button type="button" class="fold" aria-expanded=${String(!isFolded)} onClick=${() => toggleFold(name)}>
            <${Icon} name=${isFolded ? "chevron-right" : "chevron-down"} />${title}
            <span class="n">${number(members.length)}</span>
          </button>
          ${name.includes(":") && html`<span class="muted">${summary(members)}</span>`}
        </th>
      </tr>`
    }
    ${
      !isFolded &&
      members.map(
        (status) => html`<${Row}
          key=${status.server}
          status=${status}
          isChosen=${own.includes(status.server)}
          choose=${() => toggle(status.server)}
        />`,
      )
    }
  </tbody>`;
}

/** What a group does, in brief. */
function summary(members) {
  const running = members.filter((status) => stateOf(status) === "running").length;
  const online = members.reduce((sum, { players }) => sum + (players?.online ?? 0), 0);
  return [
    t("nRunning", { n: number(running) }),
    online > 0 && count("nPlayers", online),
  ]
    .filter(Boolean)
    .join(" · ");
}
