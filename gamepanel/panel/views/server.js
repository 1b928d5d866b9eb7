// One server: its console first, and beside it all that there is to know and set.
import { html, useEffect, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { loadServer, may, me, servers, useAnswer } from "../lib/store.js";
import { bytes, duration, explain, moment, t } from "../lib/text.js";
import { Events } from "./activity.js";
import { Console } from "./console.js";
import { Fields, isGeneral, valuesOf } from "./form.js";
import { History } from "./history.js";
import { isAlive, Power, State } from "./power.js";
import { restartText } from "./restarts.js";

const LOOK_MS = 1000;

export function Server({ id }) {
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      try {
        await loadServer(id, stop.signal);
        setMissing(false);
      } catch (error) {
        if (["no_such_server", "bad_request"].includes(error.code)) setMissing(true);
        throw error;
      }
    };
    repeat(look, LOOK_MS, stop.signal);
    return () => stop.abort();
  }, [id]);
  const status = servers.value?.get(id);
  if (missing) {
    return html`<p class="empty">${t("noServer")} <a href="#/">${t("servers")}</a></p>`;
  }
  return html`<div class="bar">
      <h1>${id}</h1>
      ${
        status &&
        html`<${State} state=${status.status} />
        <${Power} id=${id} state=${status.status} all />`
      }
    </div>
    <div class="server">
      <${Console} id=${id} />
      <aside>
        ${
          status &&
          html`<${Facts} status=${status} />
          <section class="card">
            <h2>${t("activity")}</h2>
            <${Events} key=${id} server=${id} />
          </section>
          <${Settings} id=${id} />
          <${Destroy} status=${status} />`
        }
      </aside>
    </div>`;
}

const BAD = ["failed", "crashed", "waiting"];

function Facts({ status }) {
  const { exit } = status;
  const restarts = restartText(status);
  // What a person has to look at; of a failed start it quotes the game, line by line.
  const isBad = exit && BAD.includes(status.status);
  return html`<section class="card">
    ${isBad && html`<p class="error reason" role="alert">${exit.reason}</p>`}
    ${status.description && html`<p>${status.description}</p>`}
    ${
      status.status === "installing" &&
      html`<label class="work">${t("installing")} <progress></progress></label>`
    }
    <dl>
      <dt>${t("type")}</dt>
      <dd>${status.type}</dd>
      ${status.uptime !== null && html`<dt>${t("uptime")}</dt><dd>${duration(status.uptime)}</dd>`}
      ${status.pid !== null && html`<dt>${t("pid")}</dt><dd>${status.pid}</dd>`}
      <dt>${t("lastExit")}</dt>
      <dd>
        ${exit ? html`${!isBad && exit.reason} <small>${moment(exit.at)}</small>` : t("never")}
      </dd>
      ${restarts && html`<dt>${t("restart")}</dt><dd class="news">${restarts}</dd>`}
      <dt>${t("logSize")}</dt>
      <dd>${bytes(status.readIndex)}</dd>
    </dl>
    <${History} status=${status} />
  </section>`;
}

// What was put in and not saved stays, whatever happens to the page around it.
const drafts = new Map();

function Settings({ id }) {
  const [isOpen, setOpen] = useState(drafts.has(keyOf(id)));
  if (!may(id, "settings")) return html`<p class="card muted">${t("mayNotSettings")}</p>`;
  return html`<details
    class="card"
    open=${isOpen}
    onToggle=${(event) => setOpen(event.target.open)}
  >
    <summary>${t("settings")}</summary>
    ${isOpen && html`<${SettingsForm} id=${id} />`}
  </details>`;
}

const keyOf = (id) => `${me.value?.username} ${id}`;

function SettingsForm({ id }) {
  const [answer, refusal] = useAnswer(
    (abort) => call("server_settings", { server: id }, abort),
    [id],
  );
  const [saved, setSaved] = useState(null);
  const [draft, keepDraft] = useState(drafts.get(keyOf(id)) ?? {});
  const [error, setError] = useState(null);
  const properties = (saved ?? answer)?.settings;
  const setDraft = (next) => {
    if (Object.keys(next).length) drafts.set(keyOf(id), next);
    else drafts.delete(keyOf(id));
    keepDraft(next);
  };

  async function save(event) {
    event.preventDefault();
    setError(null);
    try {
      const settings = valuesOf(properties, draft);
      setSaved(await call("server_settings", { server: id, settings }));
      setDraft({});
    } catch (failure) {
      setError(failure);
    }
  }

  if (!properties) return html`<p>${refusal ? explain(refusal) : t("loading")}</p>`;
  const isChanged = Object.keys(draft).length > 0;
  return html`<form onSubmit=${save} noValidate>
    <${Fields} ...${{ properties, draft, setDraft, error, parent: "settings" }} />
    <button class="primary" disabled=${!isChanged}>${t("save")}</button>
    ${saved && !isChanged && html`<p role="status" class="good">${t("saved")}</p>`}
    ${
      isGeneral(error, "settings", properties) &&
      html`<p class="error" role="alert">${explain(error)}</p>`
    }
  </form>`;
}

function Destroy({ status }) {
  const [typed, setTyped] = useState("");
  const [deleteFiles, setDeleteFiles] = useState(false);
  const [error, setError] = useState(null);
  const id = status.server;
  const why = reasonNotToDestroy(status);

  async function destroy(event) {
    event.preventDefault();
    try {
      await call("server_destroy", { server: id, deleteFiles });
      location.hash = "#/";
    } catch (failure) {
      setError(failure);
    }
  }

  return html`<details class="card danger">
    <summary>${t("destroy")} …</summary>
    ${
      why
        ? html`<p class="muted">${why}</p>`
        : html`<form onSubmit=${destroy}>
          <label>
            ${t("destroyHow")}
            <input
              value=${typed}
              autocomplete="off"
              autocapitalize="none"
              onInput=${(event) => setTyped(event.target.value)}
            />
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked=${deleteFiles}
              onChange=${(event) => setDeleteFiles(event.target.checked)}
            />${t("deleteFiles")}
          </label>
          <button class="kill" disabled=${typed !== id}>${t("destroy")}</button>
          ${error && html`<p class="error" role="alert">${explain(error)}</p>`}
        </form>`
    }
  </details>`;
}

function reasonNotToDestroy({ server, status }) {
  if (!may(server, "destroy")) return t("mayNotDestroy");
  return isAlive(status) ? t("destroyStopped") : "";
}
