// What a person has to know about a server that does not run, above its console.
import { html, useState } from "../lib/base.js";
import { call, daemonNow } from "../lib/api.js";
import { downText, exitSentence, lastLines } from "../lib/reasons.js";
import { may, useAnswer } from "../lib/store.js";
import { ago, t } from "../lib/text.js";
import { Icon, Shape } from "./icon.js";
import { Job } from "./job.js";
import { ACTIONS, usePower } from "./power.js";
import { Problem } from "./problem.js";
import { Update } from "./update.js";

const [START] = ACTIONS;

export function Notice({ status }) {
  const { status: state } = status;
  if (state === "installing") return html`<${Job} status=${status} />`;
  if (!["crashed", "failed", "waiting"].includes(state) || !status.exit) return null;
  return html`<${Down} status=${status} />`;
}

/** Whether its last install or update did not come to its end, so that it can't be started. */
function useHalf({ server, installed, status: state }) {
  const isWanted = state === "failed" && installed === null;
  const ask = async (abort) => (isWanted ? await call("job_list", { server, limit: 1 }, abort) : null);
  const [answer] = useAnswer(ask, [server, isWanted]);
  const { kind, status } = answer?.jobs[0] ?? {};
  return isWanted && ["install", "update", "retype"].includes(kind) && status !== "done";
}

/** How it came to an end, what the game said last, and the way on. */
function Down({ status }) {
  const { server, status: state, exit } = status;
  const power = usePower({ id: server, state });
  const why = power.reasonNot(START);
  const title = downText(t(`down.${state}`, { when: ago(exit.at, daemonNow()) }), status);
  const said = lastLines(exit.reason);
  const isHalf = useHalf(status);
  const [isAsked, ask] = useState(false);
  return html`<section class=${state === "waiting" ? "notice warn" : "notice bad"} aria-label=${t("whatHappened")}>
    <span><${Shape} state=${state} /></span>
    <div>
      <b>${title}</b>
      <p>${exitSentence(exit)}</p>
      ${said && html`<pre class="said">${said}</pre>`}
      <${Problem} text=${power.problem} />
    </div>
    <div class="notice-acts">
      ${
        isHalf
          ? may(server, "settings") &&
            html`<button class="btn primary" type="button" onClick=${() => ask(true)}><${Icon} name="download" />${t("installAgain")} …</button>`
          : html`<button
              class="btn primary"
              type="button"
              aria-disabled=${why ? "true" : undefined}
              title=${why || undefined}
              onClick=${() => power.press(START)}
            >
              <${Icon} name="play" />${t("startAgain")}
            </button>`
      }
    </div>
    ${isAsked && html`<${Update} status=${status} close=${() => ask(false)} />`}
  </section>`;
}
