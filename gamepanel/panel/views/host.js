// What the host has and uses, for admins.
import { html, useEffect, useState } from "../lib/base.js";
import { call, daemonNow, repeat } from "../lib/api.js";
import { bytes, duration, explain, number, percent, t } from "../lib/text.js";
import { Chart, upToNow } from "./graph.js";
import { useHistory } from "./history.js";

const LOOK_MS = 3000;
const DAY = 86_400;
const FRESH_MS = 180_000;

export function Host() {
  const [status, setStatus] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const answer = useHistory("host_history", {}, DAY, FRESH_MS);
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      try {
        setStatus(await call("host_status", {}, stop.signal));
        setRefusal(null);
      } catch (error) {
        if (error.code) setRefusal(error);
        throw error;
      }
    };
    repeat(look, LOOK_MS, stop.signal);
    return () => stop.abort();
  }, []);
  return html`<h1>${t("host")}</h1>
    ${refusal && html`<p class="error" role="alert">${explain(refusal)}</p>`}
    ${status ? html`<${Facts} ...${{ status, answer }} />` : html`<p>${t("loading")}</p>`}`;
}

function Facts({ status, answer }) {
  const { cores, load, daemon } = status;
  // All cores together are 100 %.
  const share = (value) => percent(value / cores);
  const kinds = [
    { name: "cpu", field: "cpuPercent", most: 100 * cores, say: share },
    { name: "memory", field: "memoryBytes", most: status.memoryTotal, say: bytes },
    { name: "diskFree", field: "diskFree", most: status.diskTotal, say: bytes },
  ];
  const servers = Object.entries(status.servers).map(
    ([state, count]) => `${number(count)} ${t(`state.${state}`)}`,
  );
  const of = (part, whole) => t("usedOf", { used: bytes(part), limit: bytes(whole) });
  return html`<section class="card host">
    <dl>
      <dt>${t("cpu")}</dt>
      <dd>
        ${status.cpuPercent === null ? "–" : share(status.cpuPercent)}${" · "}
        ${t("coresAndLoad", { n: number(cores), load: load.map(number).join(" · ") })}
      </dd>
      <dt>${t("memory")}</dt>
      <dd>${of(status.memoryBytes, status.memoryTotal)}</dd>
      <dt>${t("diskFree")}</dt>
      <dd>${of(status.diskFree, status.diskTotal)}</dd>
      <dt>${t("uptime")}</dt>
      <dd>${duration(status.uptime)}</dd>
      <dt>${t("daemon")}</dt>
      <dd>
        gamepanel ${daemon.version}${" · "}${bytes(daemon.memoryBytes)}${" · "}
        ${duration(daemonNow() - daemon.startedAt)}
      </dd>
      <dt>${t("servers")}</dt>
      <dd>${servers.length ? servers.join(" · ") : t("empty")}</dd>
    </dl>
    <h2>${t("lastDay")}</h2>
    ${kinds.map(({ name, field, most, say }) => {
      const now = status[field];
      return html`<${Chart}
        key=${name}
        name=${name}
        samples=${upToNow(answer, field, now, daemon.startedAt)}
        now=${now === null ? "–" : say(now)}
        most=${most}
        say=${say}
        idle=${t("daemonAway")}
      />`;
    })}
  </section>`;
}
