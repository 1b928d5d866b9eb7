// What the host has and uses, for admins.
import { html, useEffect, useState } from "../lib/base.js";
import { call, daemonNow, repeat } from "../lib/api.js";
import { config, loadServers, servers, useAnswer } from "../lib/store.js";
import { bytes, duration, explain, number, percent, t } from "../lib/text.js";
import { Chart, upToNow } from "./chart.js";
import { SearchField } from "./filters.js";
import { OverTime } from "./history.js";
import { Icon, Shape } from "./icon.js";
import { files, Lazy } from "./lazy.js";
import { Meter } from "./meter.js";
import { isAlive, isDown } from "./power.js";
import { Problem } from "./problem.js";
import { Sign } from "./sign.js";

const LOOK_MS = 3000;
/** So many ports are listed before somebody asks for more. */
const SHOWN = 8;

export default function Host() {
  const [status, setStatus] = useState(null);
  const [refusal, setRefusal] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      try {
        setStatus(await call("host_status", {}, stop.signal));
        await loadServers(stop.signal);
        setRefusal(null);
      } catch (error) {
        if (error.code) setRefusal(error);
        throw error;
      }
    };
    repeat(look, LOOK_MS, stop.signal);
    return () => stop.abort();
  }, []);
  return html`<div class="page-head">
      <h1>${t("host")}</h1>
      <div class="page-acts">
        <span class="muted">${location.hostname}${status && ` · ${t("upFor", { n: duration(status.uptime) })}`}</span>
      </div>
    </div>
    <${Problem} text=${explain(refusal)} />
    ${status ? html`<${Facts} status=${status} />` : html`<p class="muted">${t("loading")}</p>`}`;
}

const Tile = ({ name, value, about, share }) =>
  html`<div class="tile">
    <span class="k">${t(name)}</span><b>${value}</b><span class="muted">${about}</span>
    ${share !== undefined && html`<${Meter} share=${share} />`}
  </div>`;

function Facts({ status }) {
  const { cores, load, daemon, memoryBytes, memoryTotal, diskFree, diskTotal } = status;
  // All cores together are 100 %.
  const share = (value) => percent(value / cores);
  const cpu = status.cpuPercent;
  const since = duration(daemonNow() - daemon.startedAt);
  return html`<section class="tiles" aria-label=${t("rightNow")}>
      <${Tile}
        name="cpu"
        value=${cpu === null ? "–" : share(cpu)}
        about=${t("coresAndLoad", { n: number(cores), load: load.map(number).join(" · ") })}
        share=${(cpu ?? 0) / cores / 100}
      />
      <${Tile} name="memory" value=${bytes(memoryBytes)} about=${t("ofLimit", { limit: bytes(memoryTotal) })} share=${memoryBytes / memoryTotal} />
      <${Tile}
        name="disk"
        value=${t("nFree", { n: bytes(diskFree) })}
        about=${t("ofLimit", { limit: bytes(diskTotal) })}
        share=${1 - diskFree / diskTotal}
      />
      <${Tile} name="daemon" value=${bytes(daemon.memoryBytes)} about=${`gamepanel ${daemon.version} · ${t("upFor", { n: since })}`} />
    </section>
    <${OverTime} title=${t("overTime")} name="host_history" draw=${(answer) => charts(status, answer, share)} />
    <div class="host-cols">
      <${Disks} disk=${status.disk ?? []} />
      <${Ports} />
      <${Abilities} status=${status} />
    </div>
    ${config.value.features.includes("backups") && html`<${Lazy} script=${files} part="LostBackups" />`}`;
}

function charts(status, answer, share) {
  const kinds = [
    { name: "cpu", field: "cpuPercent", most: 100 * status.cores, say: share, hasMean: true },
    { name: "memory", field: "memoryBytes", say: bytes, isBytes: true, limit: { value: status.memoryTotal, text: t("allThereIs") } },
    { name: "diskFree", field: "diskFree", say: bytes, isBytes: true },
  ];
  return kinds.map(({ field, say, ...more }) => {
    const now = status[field];
    return html`<${Chart}
      key=${more.name}
      ...${{ say, ...more }}
      samples=${upToNow(answer, field, now, status.daemon.startedAt)}
      now=${now === null ? "–" : say(now)}
      idle=${t("daemonAway")}
    />`;
  });
}

/** What servers take of the disk: those that have a limit are measured. */
function Disks({ disk }) {
  const [isAll, setAll] = useState(false);
  const shown = isAll ? disk : disk.slice(0, SHOWN);
  return html`<section class="panel" aria-label=${t("diskPerServer")}>
    <div class="tab-head">
      <h2>${t("diskPerServer")}</h2>
    </div>
    <p class="muted">${t(disk.length ? "diskMeasured" : "noDiskLimits")}</p>
    ${
      disk.length > 0 &&
      html`<table class="plain bars">
        <thead class="sr">
          <tr>
            ${["server", "partOfLimit", "size"].map((name) => html`<th scope="col" key=${name}>${t(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            ({ server, bytes: used, limit }) => html`<tr key=${server}>
              <th scope="row">
                <${Sign} icon=${servers.value?.get(server)?.icon} /><a href=${`#/server/${server}/settings`}>${server}</a>
              </th>
              <td class="bar"><${Meter} share=${used / limit} /><span class="sr">${t("ofLimit", { limit: bytes(limit) })}</span></td>
              <td class="num" title=${t("ofLimit", { limit: bytes(limit) })}>${bytes(used)}</td>
            </tr>`,
          )}
        </tbody>
      </table>`
    }
    ${
      disk.length > shown.length &&
      html`<p class="more">
        <button type="button" class="link" onClick=${() => setAll(true)}>${t("allServersN", { n: number(disk.length) })}</button>
      </p>`
    }
  </section>`;
}

/** The ports of a server: those of the run which goes on, and those that it will have where they are others. */
function portsOf({ server, status, ports = [], runPorts }) {
  const own = runPorts ?? [];
  const others = ports.filter((next) => !own.some(({ name, port }) => name === next.name && port === next.port));
  return [
    ...own.map((each) => ({ ...each, server, status, isOpen: true })),
    ...others.map((each) => ({ ...each, server, status, isOpen: !own.length && isAlive(status) })),
  ];
}

/** Which server has which port, and whether it is in use. */
function Ports() {
  const [wanted, setWanted] = useState("");
  const [isAll, setAll] = useState(false);
  const all = [...(servers.value?.values() ?? [])]
    .flatMap(portsOf)
    .sort((a, b) => a.port - b.port);
  const found = all.filter(({ port, server }) => `${port} ${server}`.includes(wanted.toLowerCase()));
  const shown = isAll ? found : found.slice(0, SHOWN);
  return html`<section class="panel" aria-label=${t("ports")}>
    <div class="tab-head">
      <h2>${t("ports")}</h2>
      <${SearchField} label=${t("portOrServer")} placeholder=${t("portOrServer")} value=${wanted} change=${setWanted} />
    </div>
    ${!all.length && html`<p class="muted">${t("noPorts")}</p>`}
    ${
      all.length > 0 &&
      html`<table class="plain">
        <thead>
          <tr>
            ${["port", "protocol", "server", "rightNow"].map((name) => html`<th scope="col" key=${name} class=${name === "port" ? "num" : ""}>${t(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (each) => html`<tr key=${`${each.port} ${each.server} ${each.name}`}>
              <th scope="row" class="num">${each.port}</th>
              <td>${t(`protocol.${each.protocol}`)}</td>
              <td><a href=${`#/server/${each.server}/console`}>${each.server}</a></td>
              <td>
                <span class=${each.isOpen ? "on" : "on muted"}
                  ><${Shape} state=${each.isOpen ? "running" : isDown(each.status) ? "stopped" : "unknown"} />${t(each.isOpen ? "portOpen" : isDown(each.status) ? "atRest" : `state.${each.status}`)}</span
                >
              </td>
            </tr>`,
          )}
        </tbody>
      </table>`
    }
    ${
      found.length > shown.length &&
      html`<p class="more">
        <button type="button" class="link" onClick=${() => setAll(true)}>${t("allPorts", { n: number(found.length) })}</button>
      </p>`
    }
  </section>`;
}

const Mark = ({ isGood, text }) =>
  html`<span class=${isGood ? "mk good" : "mk warn"}><${Icon} name=${isGood ? "circle-check" : "triangle-alert"} />${text}</span>`;

/** What can be done for games here, as `[name, whether it can, in words]`. */
function abilities(features) {
  const has = (name) => features.includes(name);
  const limits = ["memory", "cpu", "process"].filter((name) => has(`${name}-limit`));
  const users = has("uid-per-server") ? t("ownUsers") : "";
  return [
    ["isolationOf", has("isolation"), [has("isolation") ? t("isOn") : t("cantHere"), users].filter(Boolean).join(", ")],
    ["limitsOf", limits.length > 0, limits.map((name) => t(`limit.${name}`)).join(", ") || t("cantHere")],
    ["diskLimitOf", false, t(has("disk-limit") ? "watchedOnly" : "cantHere")],
    ["killOf", has("containment"), t(has("containment") ? "endsAll" : "mayEscape")],
  ];
}

function Abilities({ status }) {
  const [answer] = useAnswer((abort) => call("server_create_options", {}, abort), []);
  const { daemon } = status;
  const states = Object.entries(status.servers).map(([state, n]) => `${number(n)} ${t(`state.${state}`)}`);
  const ready = answer?.types.filter(({ missing }) => !missing.length).length;
  const rows = [
    ["gamepanel", `${daemon.version}, ${t("processN", { n: daemon.pid })}`],
    [t("servers"), states.length ? states.join(" · ") : t("none")],
    answer && [t("games"), t("gamesReady", { n: number(answer.types.length), ready: number(ready) })],
    ...abilities(config.value.features ?? []).map(([name, isGood, text]) => [t(name), html`<${Mark} ...${{ isGood, text }} />`]),
  ].filter(Boolean);
  return html`<section class="panel" aria-label=${t("versions")}>
    <h2>${t("versions")}</h2>
    <dl class="kv">
      ${rows.map(
        ([name, value]) => html`<div key=${name}>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
      )}
    </dl>
  </section>`;
}
