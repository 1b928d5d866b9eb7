// A server in the list: as a row of a table, or as a card.
import { html } from "../lib/base.js";
import { pins, togglePin } from "../lib/device.js";
import { offer } from "../lib/keys.js";
import { portOf, stateOf } from "../lib/overview.js";
import { restText } from "../lib/reasons.js";
import { go } from "../lib/route.js";
import { historyOf, hours, may } from "../lib/store.js";
import { bytes, duration, percent, t, told } from "../lib/text.js";
import { Address, addressOf } from "./address.js";
import { toClipboard } from "./copy.js";
import { Graph } from "./graph.js";
import { Icon } from "./icon.js";
import { Meter } from "./meter.js";
import { Pill, useRowPower } from "./power.js";
import { Sign } from "./sign.js";

/** At the top of a curve is no less than this, in percent of a core. */
const LEAST_CPU = 10;
const HOUR_MS = 3_600_000;

const None = () => html`<span class="none" aria-label=${t("none")} role="img">–</span>`;

/** What else can be done with it, before and behind power. */
function itemsOf(status) {
  const { server } = status;
  const isPinned = pins.value.includes(server);
  const to = (tab) => () => go(`/server/${server}/${tab}`);
  const first = [{ key: "Enter", icon: "terminal", text: t("console"), act: to("console") }];
  const more = [
    portOf(status) !== null && {
      key: "c",
      icon: "copy",
      text: t("copyAddress"),
      act: () => toClipboard(addressOf(status)),
    },
    { key: "p", icon: "pin", text: t(isPinned ? "unpin" : "pin"), act: () => togglePin(server) },
    may(server, "settings") && { icon: "settings", text: t("settings"), act: to("settings") },
  ];
  return { first, more };
}

function Name({ status, withType, note }) {
  const { server, description, type, typeTitle } = status;
  return html`<span class="who">
    <span class="nm">
      <a href=${`#/server/${server}/console`}>${server}</a>
      ${pins.value.includes(server) && html`<span class="pinned" title=${t("pinned")}><${Icon} name="pin" /></span>`}
      ${withType && html`<span class="ty">${told(typeTitle || type)}</span>`}
    </span>
    ${note ? html`<span class="desc note" title=${note}>${note}</span>` : description && html`<span class="desc">${description}</span>`}
  </span>`;
}

const Players = ({ players }) =>
  players
    ? html`<b class=${players.online ? "" : "zero"}>${players.online}</b
        >${players.max !== null && html`<span class="of">/${players.max}</span>`}`
    : html`<${None} />`;

function Cpu({ status }) {
  const { usage, server } = status;
  if (!usage) return html`<${None} />`;
  const hour = hours.get(server) ?? [];
  const until = hour.at(-1)?.at ?? 0;
  const since = historyOf(server).filter(({ at }) => at > until);
  const samples = [...hour, ...since.map(({ at, cpu }) => ({ at, value: cpu }))];
  const now = percent(usage.cpuPercent);
  return html`<${Graph} samples=${samples} most=${LEAST_CPU} time=${HOUR_MS} label=${`${t("cpu")} ${now}`} /><span
      >${now}</span
    >`;
}

/** With a bar of the limit, where there is one. */
function Memory({ status: { usage, limits } }) {
  if (!usage) return html`<${None} />`;
  const most = limits?.memoryBytes;
  const about = most && t("ofLimit", { limit: bytes(most) });
  return html`${most && html`<${Meter} share=${usage.memoryBytes / most} />`}<span title=${about || undefined}
      >${bytes(usage.memoryBytes)}${most && html`<span class="sr"> ${about}</span>`}</span
    >`;
}

/** The words for why it is at rest or in doubt. */
function noteOf(status, problem) {
  if (problem) return problem;
  return stateOf(status) === "hung" ? t("hungNote") : restText(status);
}

const cell = (css, content) => html`<td class=${css} role="cell">${content}</td>`;

export function Row({ status, isChosen, choose }) {
  const { server, icon, tags = [], players, uptime } = status;
  const state = stateOf(status);
  const power = useRowPower({ status, ...itemsOf(status) });
  const note = noteOf(status, power.problem);
  const isAtRest = state !== "hung" && note !== null;
  const css = ["row", `is-${state}`, isChosen && "selected"];
  return html`<tr class=${css.filter(Boolean).join(" ")} role="row" aria-label=${server} ref=${(own) => offer(own, power.byKey)}>
    ${cell(
      "c-sel",
      html`<input
        type="checkbox"
        aria-label=${t("select", { id: server })}
        checked=${isChosen}
        onChange=${choose}
      />`,
    )}
    <th class="c-name" scope="row" role="rowheader">
      <div><${Sign} icon=${icon} /><${Name} ...${{ status }} withType note=${isAtRest ? "" : note} /></div>
    </th>
    ${cell("c-tags", tags.map((tag) => html`<span class="tag" key=${tag}>${tag}</span>`))}
    ${cell("c-state", html`<${Pill} state=${state} />`)}
    ${cell("c-addr", html`<div><${Address} status=${status} /></div>`)}
    ${
      isAtRest
        ? html`<td class="c-note note" role="cell" colspan="4"><span title=${note}>${note}</span></td>`
        : html`${cell("c-pl num", html`<${Players} players=${players} />`)}
          ${cell("c-cpu num", html`<${Cpu} status=${status} />`)}
          ${cell("c-mem num", html`<${Memory} status=${status} />`)}
          ${cell("c-up num", uptime === null ? "" : duration(uptime))}`
    }
    ${cell("c-verb", power.verb)} ${cell("c-menu", power.menu)}
  </tr>`;
}

const fact = (name, value) =>
  html`<div>
    <dt>${t(name)}</dt>
    <dd>${value}</dd>
  </div>`;

export function Card({ status }) {
  const { server, icon, players, usage } = status;
  const state = stateOf(status);
  const power = useRowPower({ status, ...itemsOf(status) });
  const note = noteOf(status, power.problem);
  return html`<li class=${`card is-${state}`} aria-label=${server} ref=${(own) => offer(own, power.byKey)}>
    <div class="card-top">
      <${Sign} icon=${icon} /><${Name} ...${{ status }} note=${note} />${power.menu}
    </div>
    <dl class="card-facts">
      ${fact("players", html`<${Players} players=${players} />`)}
      ${fact("cpu", usage ? percent(usage.cpuPercent) : html`<${None} />`)}
      ${fact("memory", html`<${Memory} status=${status} />`)}
    </dl>
    <div class="card-foot">
      <${Pill} state=${state} />
      <span class="card-addr"
        >${portOf(status) !== null && html`:<b>${portOf(status)}</b>`}</span
      >${power.verb}
    </div>
  </li>`;
}
