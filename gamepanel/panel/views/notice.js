// What a person has to know about a server that does not run, above its console.
import { html, useEffect, useState } from "../lib/base.js";
import { call, daemonNow, repeat } from "../lib/api.js";
import { exitText, lastLines, restartText } from "../lib/reasons.js";
import { may } from "../lib/store.js";
import { ago, bytes, explain, number, t } from "../lib/text.js";
import { Icon, Shape } from "./icon.js";
import { ACTIONS, usePower } from "./power.js";
import { Problem } from "./problem.js";

const [START] = ACTIONS;
/** How many seconds an answer about a job may wait for news. */
const WAIT = 25;

export function Notice({ status }) {
  const { status: state } = status;
  if (state === "installing") return html`<${Install} status=${status} />`;
  if (!["crashed", "failed", "waiting"].includes(state) || !status.exit) return null;
  return html`<${Down} status=${status} />`;
}

/** How it came to an end, what the game said last, and the way on. */
function Down({ status }) {
  const { server, status: state, exit } = status;
  const power = usePower(server, state);
  const why = power.reasonNot(START);
  const restarts = restartText(status);
  const title = [t(`down.${state}`, { when: ago(exit.at, daemonNow()) }), restarts].filter(Boolean);
  const said = lastLines(exit.reason);
  return html`<section class=${state === "waiting" ? "notice" : "notice bad"} aria-label=${t("whatHappened")}>
    <span><${Shape} state=${state} /></span>
    <div>
      <b>${title.join(" · ")}</b>
      <p>${exitText(exit)}</p>
      ${said && html`<pre class="said">${said}</pre>`}
      <${Problem} text=${power.problem} />
    </div>
    <div class="notice-acts">
      <button
        class="btn primary"
        type="button"
        aria-disabled=${why ? "true" : undefined}
        title=${why || undefined}
        onClick=${() => power.act(START)}
      >
        <${Icon} name="play" />${t("startAgain")}
      </button>
    </div>
  </section>`;
}

/** A job as it goes on; null before the first answer, and without one. */
function useJob(number) {
  const [job, setJob] = useState(null);
  useEffect(() => {
    if (number == null) return undefined;
    const stop = new AbortController();
    let isFirst = true;
    const look = async () => {
      const found = await call("job_status", { job: number, wait: isFirst ? 0 : WAIT }, stop.signal);
      isFirst = false;
      setJob(found);
      return ["queued", "running"].includes(found.status);
    };
    repeat(look, null, stop.signal);
    return () => stop.abort();
  }, [number]);
  return job;
}

const amount = ({ unit }) => (unit === "bytes" ? bytes : number);

function Install({ status }) {
  const job = useJob(status.job);
  const [error, setError] = useState(null);
  const cancel = async () => {
    try {
      await call("job_cancel", { job: job.job });
    } catch (failure) {
      setError(failure);
    }
  };
  const share = job?.total ? Math.min(job.done / job.total, 1) : null;
  const facts = job && [
    t("jobOf", { n: job.job, by: job.by }),
    job.startedAt !== null && ago(job.startedAt, daemonNow()),
    t("goesOn"),
  ];
  return html`<section class="job" aria-label=${t("installing")}>
    <div class="job-head">
      <div>
        <h2>${t("installingOf", { what: status.typeTitle || status.type })}</h2>
        <p class="muted">${facts ? facts.filter(Boolean).join(" · ") : t("goesOn")}</p>
      </div>
      ${
        job &&
        may(status.server, "settings") &&
        html`<button class="btn" type="button" onClick=${cancel}><${Icon} name="x" />${t("cancel")}</button>`
      }
    </div>
    <div
      class="progress"
      role="progressbar"
      aria-label=${t("installing")}
      aria-valuenow=${share === null ? undefined : Math.round(100 * share)}
      aria-valuemin="0"
      aria-valuemax="100"
    >
      <span style=${{ width: `${100 * (share ?? 0)}%` }}></span>
    </div>
    ${
      job?.step &&
      html`<ol class="job-steps">
        <li class="run">
          <${Shape} state="starting" /><b>${job.step}</b>
          <span class="muted">${job.total !== null && t("doneOf", { done: amount(job)(job.done), total: amount(job)(job.total) })}</span>
        </li>
      </ol>`
    }
    <${Problem} text=${explain(error)} />
  </section>`;
}
