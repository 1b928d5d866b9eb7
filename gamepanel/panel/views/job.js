// A job as it goes on: its steps, how far it is, how fast and how long still, and calling it off.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { call, daemonNow, repeat } from "../lib/api.js";
import { paceOf, timeLeft } from "../lib/pace.js";
import { may } from "../lib/store.js";
import { ago, bytes, duration, explain, number, t, told } from "../lib/text.js";
import { Icon, Shape } from "./icon.js";
import { Output, PRINTING } from "./output.js";
import { Problem } from "./problem.js";

/** How many seconds an answer about a job may wait for news, and between two of them at the least. */
const WAIT = 25;
const REST_MS = 300;
/** Kinds of jobs with files of people; ending one wants their right. */
const FILES = ["copy", "pack", "unpack", "fetch"];
/** Kinds of jobs with backups. */
const BACKUPS = ["backup", "restore", "verify"];

/** The right that ending a job wants. */
function rightOf(kind) {
  if (BACKUPS.includes(kind)) return "backup";
  return FILES.includes(kind) ? "files" : "settings";
}
/** So many steps that are done are still shown. */
const STEPS = 5;

const isOver = ({ status }) => !["queued", "running"].includes(status);

/** A job as it goes on, with the steps before and how far it was lately; null before the first answer. */
function useJob(id) {
  const [job, setJob] = useState(null);
  const seen = useRef({ steps: [], points: [] });
  useEffect(() => {
    if (id == null) return undefined;
    seen.current = { steps: [], points: [] };
    const stop = new AbortController();
    let isFirst = true;
    const look = async () => {
      const found = await call("job_status", { job: id, wait: isFirst ? 0 : WAIT }, stop.signal);
      if (found.error === null) found.step = told(found.step, found.cause);
      isFirst = false;
      seen.current = after(seen.current, found, performance.now() / 1000);
      setJob(found);
      if (isOver(found)) return false;
      // A download tells of itself again and again; nobody reads faster.
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
      return !stop.signal.aborted;
    };
    repeat(look, null, stop.signal);
    return () => stop.abort();
  }, [id]);
  return [job, seen.current];
}

/** What is remembered of a job, with one more answer about it. */
function after({ steps, points }, { step, done }, now) {
  const isSame = !steps.length || steps.at(-1) === step;
  return {
    steps: isSame && steps.length ? steps : [...steps, step].slice(-STEPS - 1),
    points: [...(isSame ? points : []), { at: now, done }].slice(-100),
  };
}

const amount = ({ unit }) => (unit === "bytes" ? bytes : number);

/** How far a job is, how fast, and how long it still takes, as far as that is known. */
function progressText(job, points) {
  const say = amount(job);
  const pace = paceOf(points);
  const left = timeLeft(pace, job);
  return [
    job.total !== null ? t("doneOf", { done: say(job.done), total: say(job.total) }) : job.done > 0 && say(job.done),
    pace > 0 && job.unit === "bytes" && t("perSecond", { n: bytes(pace) }),
    left !== null && t("timeLeft", { n: duration(left) }),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** The job of a server, or the one with this `id`; `over` is told its end. */
export function Job({ status, id = status.job, over }) {
  const [job, { steps, points }] = useJob(id);
  const [error, setError] = useState(null);
  const isDone = job !== null && isOver(job);
  useEffect(() => {
    if (isDone) over?.(job);
  }, [isDone]);
  const cancel = async () => {
    try {
      await call("job_cancel", { job: job.job });
    } catch (failure) {
      setError(failure);
    }
  };
  const what = told(status.typeTitle || status.type);
  const kind = job && job.kind !== "install" ? job.kind : "install";
  const title = t(`doing.${kind}`, { what });
  const share = job?.total ? Math.min(job.done / job.total, 1) : null;
  const facts = job && [
    `${t("jobOf", { n: job.job, by: job.by })} ${job.startedAt === null ? "" : ago(job.startedAt, daemonNow())}`.trim(),
    t("goesOn"),
  ];
  return html`<section class="job" aria-label=${PRINTING.includes(kind) ? t("installing") : title}>
    <div class="job-head">
      <div>
        <h2>${title}</h2>
        <p class="muted">${facts ? facts.filter(Boolean).join(" · ") : t("goesOn")}</p>
      </div>
      ${
        job &&
        may(status.server, rightOf(job.kind)) &&
        html`<button class="btn" type="button" onClick=${cancel}><${Icon} name="x" />${t("cancel")}</button>`
      }
    </div>
    <div
      class="progress"
      role="progressbar"
      aria-label=${title}
      aria-valuenow=${share === null ? undefined : Math.round(100 * share)}
      aria-valuemin="0"
      aria-valuemax="100"
    >
      <span style=${{ width: `${100 * (share ?? 0)}%` }}></span>
    </div>
    ${job?.status === "queued" && html`<p class="muted">${t("jobQueued")}</p>`}
    ${
      job?.step &&
      html`<ol class="job-steps">
        ${steps.slice(0, -1).map(
          (step) => html`<li class="done" key=${step}><${Icon} name="circle-check" /><span class="sr">${t("done")}: </span><b>${step}</b></li>`,
        )}
        <li class="run" key=${job.step}>
          <${Shape} state="starting" /><span class="sr">${t("now")}: </span><b>${job.step}</b>
          <span class="muted">${progressText(job, points)}</span>
        </li>
      </ol>`
    }
    ${job && PRINTING.includes(job.kind) && may(status.server, "view") && html`<${Output} key=${job.job} job=${job.job} isOver=${isOver(job)} />`}
    <${Problem} text=${explain(error)} />
  </section>`;
}
