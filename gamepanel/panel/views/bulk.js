// What is done to several servers at once.
import { html, useEffect, useState } from "../lib/base.js";
import { awaySince, call } from "../lib/api.js";
import { say } from "../lib/live.js";
import { expect, may } from "../lib/store.js";
import { count, explain, number, t } from "../lib/text.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { ACTIONS, isAlive } from "./power.js";
import { Problem } from "./problem.js";

/** From so many servers on one is asked before. */
const MANY = 20;

/** Do one thing to all of them, one after the other; what was refused, by server. */
async function doAll(action, statuses) {
  const refused = [];
  for (const { server } of statuses) {
    try {
      expect(server, (await call(action.endpoint, { server })).status);
    } catch (error) {
      refused.push(`${server}: ${explain(error)}`);
    }
  }
  return refused;
}

export default function Bulk({ chosen, clear }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [asked, ask] = useState(null);
  useEffect(() => {
    const keys = (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && clear();
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, [clear]);
  const fitting = (action) =>
    chosen.filter(({ server, status }) => action.fits(status) && may(server, "power"));

  async function act(action, statuses) {
    ask(null);
    setBusy(true);
    const refused = await doAll(action, statuses);
    setProblem(refused.join(" "));
    say(t("bulkDone", { verb: t(action.name), n: number(statuses.length - refused.length) }));
    setBusy(false);
  }

  const press = (action) => {
    const statuses = fitting(action);
    const isIdle = busy || awaySince.value !== null || !statuses.length;
    if (isIdle) return;
    if (statuses.length > MANY) ask({ action, statuses });
    else act(action, statuses);
  };
  const running = chosen.filter(({ status }) => isAlive(status)).length;
  return html`<section class="bulk" aria-label=${t("selectedServers")}>
    <b>${t("nSelected", { n: number(chosen.length) })}</b>
    <span class="muted">${t("runAndRest", { running: number(running), stopped: number(chosen.length - running) })}</span>
    <span class="bulk-acts">
      ${ACTIONS.map((action) => {
        const n = fitting(action).length;
        const isOff = busy || !n || awaySince.value !== null;
        return html`<button
          key=${action.name}
          class="btn"
          type="button"
          aria-disabled=${isOff ? "true" : undefined}
          title=${n ? undefined : t("noneFits")}
          onClick=${() => press(action)}
        >
          <${Icon} name=${action.icon} />${t(action.name)} ${number(n)}
        </button>`;
      })}
    </span>
    <button class="btn quiet" type="button" onClick=${clear}>${t("clear")} <kbd aria-hidden="true">Esc</kbd></button>
    <${Problem} text=${problem} />
    ${
      asked &&
      html`<${Dialog} title=${t("reallyBulk", { verb: t(asked.action.name), servers: count("nServers", asked.statuses.length) })} close=${() => ask(null)}>
        <p>${asked.statuses.map(({ server }) => server).join(", ")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${() => ask(null)}>${t("cancel")}</button>
          <button class="btn primary" type="button" onClick=${() => act(asked.action, asked.statuses)}>
            ${t(asked.action.name)} ${number(asked.statuses.length)}
          </button>
        </div>
      <//>`
    }
  </section>`;
}
