// What there is to know of a server, beside its console.
import { html } from "../lib/base.js";
import { awaySince } from "../lib/api.js";
import { codeText, restartText } from "../lib/reasons.js";
import { historyOf } from "../lib/store.js";
import { bytes, number, percent, shortMoment, t, told, upper } from "../lib/text.js";
import { Graph } from "./graph.js";
import { limitsOf } from "./limits.js";
import { Version } from "./update.js";

/** At the top of a curve is no less than this, in percent of a core. */
const LEAST_CPU = 10;

/** `limit` is `{value, text}`; the line of it is at the top. */
function Mini({ name, now, samples, most = 0, limit = null }) {
  return html`<div class="mini">
    <div><span>${t(name)}</span><b>${now}</b></div>
    ${
      samples &&
      html`<div class="mini-plot">
        <${Graph} samples=${samples} most=${Math.max(most, limit?.value ?? 0)} label=${`${t(name)} ${now}`} />
        ${limit && html`<span class="mini-limit"></span>`}
      </div>`
    }
    ${limit && html`<span class="muted">${limit.text}</span>`}
  </div>`;
}

function Now({ status }) {
  const { usage, players, server } = status;
  const history = historyOf(server);
  const curve = (field) => history.map((each) => ({ at: each.at, value: each[field] }));
  const limits = limitsOf(status);
  const isKnown = usage && awaySince.value === null;
  return html`<section>
    <h2>${t("rightNow")}</h2>
    <${Mini} name="cpu" now=${isKnown ? percent(usage.cpuPercent) : "–"} samples=${usage && curve("cpu")} most=${LEAST_CPU} limit=${limits.cpuPercent} />
    <${Mini} name="memory" now=${isKnown ? bytes(usage.memoryBytes) : "–"} samples=${usage && curve("memory")} limit=${limits.memoryBytes} />
    ${players && html`<${Mini} name="players" now=${number(players.online)} samples=${usage && curve("players")} most=${players.max ?? 1} />`}
  </section>`;
}

const List = ({ title, rows }) =>
  html`<section>
    <h2>${title}</h2>
    <dl>
      ${rows.filter(Boolean).map(
        ([name, value]) => html`<div key=${name}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
      )}
    </dl>
  </section>`;

/** What never ran has no code; else nobody may know it. */
const howEnded = ({ status, exit }) =>
  status === "failed" && exit.code === null ? t("state.failed") : codeText(exit);

export function Facts({ status }) {
  const { startedAt, pid, exit, readIndex, ports = [], runPorts } = status;
  const ownPort = (name) => runPorts?.find((each) => each.name === name);
  const portText = ({ port, protocol }) => `${port} ${t(`protocol.${protocol}`)}`;
  const restarts = restartText(status);
  const run = [
    startedAt !== null && [t("startedAt"), shortMoment(startedAt)],
    pid !== null && [t("pid"), pid],
    [t("lastExit"), exit ? `${howEnded(status)}, ${shortMoment(exit.at)}` : t("never")],
    [t("crashed"), restarts || t("noCrashes")],
    [t("logSize"), bytes(readIndex)],
  ];
  return html`<aside class="facts" id="facts" aria-label=${t("facts")}>
    <${Now} status=${status} />
    <${List} title=${t("thisRun")} rows=${run} />
    <${Version} key=${status.server} status=${status} />
    ${
      ports.length > 0 &&
      html`<${List}
        title=${t("ports")}
        rows=${ports.map((next) => {
          const own = ownPort(next.name) ?? next;
          const isOther = own.port !== next.port;
          const value = html`${portText(own)}${isOther && html`<br /><span class="muted">${t("fromNextStart", { port: portText(next) })}</span>`}`;
          return [told(upper(next.name.replaceAll("_", " "))), value];
        })}
      />`
    }
  </aside>`;
}
