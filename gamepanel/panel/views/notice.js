// What a person has to know about a server that does not run, above its console.
import { html } from "../lib/base.js";
import { daemonNow } from "../lib/api.js";
import { downText, exitSentence, lastLines } from "../lib/reasons.js";
import { ago, t } from "../lib/text.js";
import { Icon, Shape } from "./icon.js";
import { Job } from "./job.js";
import { canBe, START, UPDATE, usePower } from "./power.js";
import { Problem } from "./problem.js";

export function Notice({ status }) {
  if (status.status === "installing") return html`<${Job} status=${status} />`;
  return (hasFallen(status) || status.needsInstall) && html`<${Down} status=${status} />`;
}

const hasFallen = ({ status, exit }) => ["crashed", "failed", "waiting"].includes(status) && exit;

/** How it came to an end, what the game said last, and the way on. */
function Down({ status }) {
  const { status: state, exit } = status;
  const power = usePower(status);
  const why = power.reasonNot(START);
  const told = hasFallen(status) && {
    title: downText(t(`down.${state}`, { when: ago(exit.at, daemonNow()) }), status),
    about: exitSentence(exit),
    said: lastLines(exit.reason),
  };
  const { title, about, said } = told || { title: t("code.not_installed") };
  return html`<section class=${state === "waiting" ? "notice warn" : "notice bad"} aria-label=${t("whatHappened")}>
    <span><${Shape} state=${state} /></span>
    <div>
      <b>${title}</b>
      ${about && html`<p>${about}</p>`}
      ${said && html`<pre class="said">${said}</pre>`}
      <${Problem} text=${power.problem} />
    </div>
    <div class="notice-acts">
      ${
        status.needsInstall
          ? canBe(UPDATE, status) &&
            html`<button class="btn primary" type="button" onClick=${() => power.press(UPDATE)}><${Icon} name="download" />${t("installAgain")} …</button>`
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
    ${power.question}
  </section>`;
}
