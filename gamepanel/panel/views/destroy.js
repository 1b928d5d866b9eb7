// The end of a server: it asks first, and says what happens to its files.
import { html, useState } from "../lib/base.js";
import { awaySince, call } from "../lib/api.js";
import { go } from "../lib/route.js";
import { may } from "../lib/store.js";
import { explain, t } from "../lib/text.js";
import { useBackupFirst } from "./backupfirst.js";
import { Dialog } from "./dialog.js";
import { Check, Text } from "./field.js";
import { isDown } from "./power.js";
import { Problem } from "./problem.js";

function reasonNot({ server, status }) {
  if (!may(server, "destroy")) return t("mayNotDestroy");
  if (awaySince.value !== null) return t("awayWait");
  return isDown(status) ? "" : t("destroyStopped");
}

export function Destroy({ status }) {
  const [isAsked, ask] = useState(false);
  const why = reasonNot(status);
  return html`<section class="set danger-zone" aria-labelledby="set-danger">
    <div class="set-head">
      <h2 id="set-danger">${t("dangerZone")}</h2>
      <p class="muted">${t("asksFirst")}</p>
    </div>
    <div class="set-body">
      <ul class="danger-list">
        <li>
          <div>
            <b>${t("destroyThis")}</b>
            <p>${t("destroyAbout")}${why && html` <b>${why}</b>`}</p>
          </div>
          <button
            class="btn danger"
            type="button"
            aria-disabled=${why ? "true" : undefined}
            title=${why || undefined}
            onClick=${() => why || ask(true)}
          >
            ${t("destroy")} …
          </button>
        </li>
      </ul>
    </div>
    ${isAsked && html`<${Ask} status=${status} close=${() => ask(false)} />`}
  </section>`;
}

function Ask({ status, close }) {
  const id = status.server;
  const [typed, setTyped] = useState("");
  const [deleteFiles, setDeleteFiles] = useState(false);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [backup, afterBackup] = useBackupFirst(status, t("beforeDestroy"));
  const isOff = busy || typed !== id;

  async function destroy() {
    if (isOff) return;
    setBusy(true);
    try {
      await afterBackup(() => call("server_destroy", { server: id, deleteFiles }));
      close();
      go("/");
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  // Not a form: this stands in one already.
  const enter = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    destroy();
  };
  return html`<${Dialog} title=${t("destroyTitle", { id })} close=${close}>
    <p>${t(deleteFiles ? "destroyGone" : "destroyKept")}</p>
    <div class="dialog-fields" onKeyDown=${enter}>
      <${Text} id="destroy-id" label=${t("destroyHow")} value=${typed} change=${setTyped} autocomplete="off" autocapitalize="none" spellcheck=${false} />
      <${Check} id="destroy-files" label=${t("deleteFiles")} checked=${deleteFiles} change=${setDeleteFiles} />
      ${backup}
    </div>
    <${Problem} text=${explain(error)} />
    <div class="dialog-acts">
      <button class="btn" type="button" onClick=${close}>${t("cancel")}</button>
      <button class=${busy ? "btn danger-fill busy" : "btn danger-fill"} type="button" aria-disabled=${isOff ? "true" : undefined} onClick=${destroy}>
        ${t("destroyNow")}
      </button>
    </div>
  <//>`;
}
