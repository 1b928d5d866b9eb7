// One server: its console first, and beside it all that there is to know and set.
import { html, useEffect, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { historyOf, loadServer, may, servers } from "../lib/store.js";
import { bytes, duration, explain, moment, percent, t } from "../lib/text.js";
import { Console } from "./console.js";
import { Fields, isGeneral, valuesOf } from "./form.js";
import { Graph } from "./graph.js";
import { isAlive, Power, State } from "./power.js";

export function Server({ id }) {
  const [missing, setMissing] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    repeat(async () => {
      try {
        await loadServer(id, stop.signal);
        setMissing(null);
      } catch (error) {
        if (["no_such_server", "bad_request"].includes(error.code)) setMissing(error);
        throw error;
      }
    }, 1000, stop.signal);
    return () => stop.abort();
  }, [id]);
  const status = servers.value?.get(id);
  if (missing) return html`<p class="empty">${t("noServer")} <a href="#/">${t("servers")}</a></p>`;
  return html`<div class="bar">
      <h1>${id}</h1>
      ${status && html`<${State} state=${status.status} /><${Power} id=${id} state=${status.status} all />`}
    </div>
    <div class="server">
      <${Console} id=${id} />
      <aside>${status && html`<${Facts} status=${status} /><${Settings} id=${id} /><${Destroy} status=${status} />`}</aside>
    </div>`;
}

function exitText({ exit }) {
  if (!exit) return t("never");
  if (exit.signal) return t("exitSignal", exit);
  return exit.code === null ? exit.reason : t("exitCode", exit);
}

function restartText({ status, restarts }) {
  const parts = [];
  if (restarts.count) parts.push(restarts.count === 1 ? t("crashesOnce") : t("crashes", { n: restarts.count }));
  if (status === "waiting" && restarts.nextAt) parts.push(t("nextTry", { n: duration(restarts.nextAt - Date.now() / 1000) }));
  if (restarts.givenUp) parts.push(restarts.givenUp);
  return parts.join(", ");
}

function Facts({ status }) {
  const history = historyOf(status.server);
  const { usage } = status;
  const restarts = restartText(status);
  return html`<section class="card">
    ${status.description && html`<p>${status.description}</p>`}
    <dl>
      <dt>${t("type")}</dt><dd>${status.type}</dd>
      ${status.uptime !== null && html`<dt>${t("uptime")}</dt><dd>${duration(status.uptime)}</dd>`}
      ${status.pid !== null && html`<dt>${t("pid")}</dt><dd>${status.pid}</dd>`}
      <dt>${t("lastExit")}</dt><dd>${exitText(status)} ${status.exit && html`<small>${moment(status.exit.at)}</small>`}</dd>
      ${restarts && html`<dt>${t("restart")}</dt><dd class="news">${restarts}</dd>`}
      <dt>${t("logSize")}</dt><dd>${bytes(status.readIndex)}</dd>
    </dl>
    <figure class="wide"><figcaption>${t("cpu")} <b>${usage ? percent(usage.cpuPercent) : "–"}</b></figcaption>
      <${Graph} values=${history.map((h) => h.cpu)} most=${10} label=${t("cpu")} /></figure>
    <figure class="wide"><figcaption>${t("memory")} <b>${usage ? bytes(usage.memoryBytes) : "–"}</b></figcaption>
      <${Graph} values=${history.map((h) => h.memory)} label=${t("memory")} /></figure>
  </section>`;
}

function Settings({ id }) {
  const [properties, setProperties] = useState(null);
  const [draft, setDraft] = useState({});
  const [error, setError] = useState(null);
  const [saved, setSaved] = useState(false);
  const allowed = may(id, "settings");

  async function load(event) {
    if (!event.target.open || properties) return;
    try {
      setProperties((await call("server_settings", { server: id })).settings);
    } catch (failure) {
      setError(failure);
    }
  }

  async function save(event) {
    event.preventDefault();
    setError(null);
    setSaved(false);
    try {
      const answer = await call("server_settings", { server: id, settings: valuesOf(properties, draft) });
      setProperties(answer.settings);
      setDraft({});
      setSaved(true);
    } catch (failure) {
      setError(failure);
    }
  }

  if (!allowed) return html`<p class="card muted">${t("mayNotSettings")}</p>`;
  return html`<details class="card" onToggle=${load}><summary>${t("settings")}</summary>
    ${properties && html`<form onSubmit=${save} noValidate>
      <${Fields} properties=${properties} draft=${draft} setDraft=${(d) => (setDraft(d), setSaved(false))} error=${error} parent="settings" />
      <button class="primary" disabled=${!Object.keys(draft).length}>${t("save")}</button>
      ${saved && html`<p role="status" class="good">${t("saved")}</p>`}
    </form>`}
    ${isGeneral(error, "settings", properties ?? []) && html`<p class="error" role="alert">${explain(error)}</p>`}
  </details>`;
}

function Destroy({ status }) {
  const [typed, setTyped] = useState("");
  const [deleteFiles, setDeleteFiles] = useState(false);
  const [error, setError] = useState(null);
  const id = status.server;
  const why = !may(id, "destroy") ? t("mayNotDestroy") : isAlive(status.status) ? t("destroyStopped") : "";

  async function destroy(event) {
    event.preventDefault();
    try {
      await call("server_destroy", { server: id, deleteFiles });
      location.hash = "#/";
    } catch (failure) {
      setError(failure);
    }
  }

  return html`<details class="card danger"><summary>${t("destroy")} …</summary>
    ${why ? html`<p class="muted">${why}</p>` : html`<form onSubmit=${destroy}>
      <label>${t("destroyHow")}<input value=${typed} autocomplete="off" onInput=${(e) => setTyped(e.target.value)} /></label>
      <label class="check"><input type="checkbox" checked=${deleteFiles} onChange=${(e) => setDeleteFiles(e.target.checked)} />${t("deleteFiles")}</label>
      <button class="kill" disabled=${typed !== id}>${t("destroy")}</button>
      ${error && html`<p class="error" role="alert">${explain(error)}</p>`}
    </form>`}
  </details>`;
}
