// What a person has to know about a server that does not run, above its console.
import { html, useEffect, useState } from "../lib/base.js";
import { call, daemonNow, repeat } from "../lib/api.js";
import { downText, exitSentence, lastLines } from "../lib/reasons.js";
import { may } from "../lib/store.js";
import { ago, t } from "../lib/text.js";
import { Icon, Shape } from "./icon.js";
import { Job } from "./job.js";
import { Output, PRINTING } from "./output.js";
import { canBe, START, UPDATE, usePower } from "./power.js";
import { Problem } from "./problem.js";

export function Notice({ status }) {
  if (status.status === "installing") return html`<${Job} status=${status} />`;
  return (hasFallen(status) || status.needsInstall) && html`<${Down} status=${status} />`;
}

const hasFallen = ({ status, exit }) => ["crashed", "failed", "waiting"].includes(status) && exit;

/** The number of the job by whose failure the server is as it is; null where it was none. */
function useFailedJob({ server, status, needsInstall, exit }) {
  const [found, setFound] = useState(null);
  const mayBe = (needsInstall || status === "failed") && may(server, "view");
  useEffect(() => {
    setFound(null);
    if (!mayBe) return undefined;
    const stop = new AbortController();
    const look = async () => {
      const [job] = (await call("job_list", { server, limit: 1 }, stop.signal)).jobs;
      const isThis = job && job.status === "failed" && PRINTING.includes(job.kind) && job.endedAt >= (exit?.at ?? 0) - 1;
      setFound(isThis ? job.job : null);
    };
    repeat(look, null, stop.signal);
    return () => stop.abort();
  }, [server, mayBe, exit?.at]);
  return found;
}

/** How it came to an end, what the game said last, and the way on. */
function Down({ status }) {
  const { status: state, exit } = status;
  const power = usePower(status);
  const failed = useFailedJob(status);
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
      ${failed !== null && html`<${Output} key=${failed} job=${failed} isOver />`}
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
