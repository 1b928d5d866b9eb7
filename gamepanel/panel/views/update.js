// Which version is installed, which is out, and bringing that: it asks first, and says from which to which.
import { html, useEffect, useState } from "../lib/base.js";
import { awaySince, call, daemonNow } from "../lib/api.js";
import { may } from "../lib/store.js";
import { ago, explain, t } from "../lib/text.js";
import { useBackupFirst } from "./backupfirst.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { isDown, nameOf, perform, UPDATE } from "./power.js";
import { Problem } from "./problem.js";

/** What `server_versions` answers, asked once; null before, and what it refuses. */
function useVersions(server, isWanted) {
  const [answer, setAnswer] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const ask = async (refresh, abort) => {
    try {
      setAnswer(await call("server_versions", { server, refresh }, abort));
      setRefusal(null);
    } catch (error) {
      if (!abort?.aborted) setRefusal(error);
    }
  };
  useEffect(() => {
    if (!isWanted) return undefined;
    const stop = new AbortController();
    ask(false, stop.signal);
    return () => stop.abort();
  }, [server, isWanted]);
  return [answer, refusal, () => ask(true)];
}

const isNew = (answer) => Boolean(answer?.available) && answer.available !== answer.installed;

/** Beside a console: the version, and whether there is another. */
export function Version({ status }) {
  const { server, installed } = status;
  const [isAsked, ask] = useState(false);
  const [answer, refusal, look] = useVersions(server, Boolean(installed));
  if (!installed) return null;
  const isOut = isNew(answer);
  return html`<section>
    <h2>${t("version")}</h2>
    <p title=${t("installedAt", { when: ago(installed.at, daemonNow()) })}>
      ${installed.version ?? t("unknown")}${answer?.pinned && html` <span class="tag">${t("pinnedVersion")}</span>`}
    </p>
    <p class="update">
      ${isOut && html`<${Icon} name="arrow-up" /><span>${t("isOut", { version: answer.available })}</span>`}
      ${answer && !isOut && html`<span class="muted">${t("isNewest", { when: ago(answer.at, daemonNow()) })}</span>`}
      ${refusal && refusal.code !== "not_installable" && html`<span class="muted">${explain(refusal)}</span>`}
      ${
        may(server, "settings") &&
        (isOut
          ? html`<button class="btn small" type="button" onClick=${() => ask(true)}>${t("update")} …</button>`
          : html`<button class="btn small" type="button" onClick=${look}>${t("lookAgain")}</button>`)
      }
    </p>
    ${isAsked && html`<${Update} status=${status} versions=${answer} close=${() => ask(false)} />`}
  </section>`;
}

/** Asks whether to update, and what from and to. */
export default function Update({ status, versions = null, close }) {
  const { server, installed, status: state } = status;
  const [own] = useVersions(server, versions === null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [backup, afterBackup] = useBackupFirst(status, t("beforeUpdate"));
  const { available } = versions ?? own ?? {};
  const from = installed?.version;
  const why = !isDown(state) ? t("destroyStopped") : awaySince.value !== null ? t("awayWait") : "";
  async function update() {
    if (why || busy) return;
    setBusy(true);
    try {
      await afterBackup(() => perform(UPDATE, status));
      close();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }
  const title = from && available ? t("updateFromTo", { id: server, from, to: available }) : t("sureTitle", { verb: nameOf(UPDATE, status), id: server });
  return html`<${Dialog} title=${title} close=${close}>
    <p>${t("updateAbout")}</p>
    ${backup}
    ${why && html`<p>${why}</p>`}
    <${Problem} text=${explain(error)} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${close}>${t("cancel")}</button>
      <button
        type="button"
        class=${busy ? "btn primary busy" : "btn primary"}
        aria-disabled=${why ? "true" : undefined}
        title=${why || undefined}
        onClick=${update}
      >
        <${Icon} name="arrow-up" />${nameOf(UPDATE, status)}
      </button>
    </div>
  <//>`;
}
