// One schedule: when, only if what, what then; running it, its last runs, and changing or deleting it.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { awaySince, call } from "../lib/api.js";
import { say } from "../lib/live.js";
import { go } from "../lib/route.js";
import { draftOf, fieldsOf, mayAll, sentenceOf, stepText } from "../lib/schedules.js";
import { may, useAnswer } from "../lib/store.js";
import { duration, explain, moment, nearMoment, number, t, told } from "../lib/text.js";
import { flawOf } from "../lib/when.js";
import { wrongText } from "../lib/wrong.js";
import { Dialog } from "./dialog.js";
import { Check, Text } from "./field.js";
import { useFirstWrong } from "./form.js";
import { Icon, Shape } from "./icon.js";
import { Problem } from "./problem.js";
import { Steps } from "./steps.js";
import { usePreview, When } from "./when.js";

/** So many runs are shown before somebody asks for more, and then. */
const FEW = 5;
const MOST = 100;

const LOOKS = { ok: ["good", "circle-check"], failed: ["bad", "circle-alert"], skipped: ["", "arrow-down"], cancelled: ["", "x"] };

/** How a run went, and what is said of it; a result that is not known yet is shown by its word. */
export function Result({ at, result, detail, cause }) {
  const [tone, icon] = LOOKS[result] ?? ["", "info"];
  const text = [t(`ran.${result}`), told(detail, cause)].filter(Boolean).join(": ");
  return html`<span class=${`mk ${tone}`} title=${moment(at)}><${Icon} name=${icon} /><span>${nearMoment(at)} · ${text}</span></span>`;
}

/** The run of a schedule that goes on: at which step it is. */
export const Going = ({ run, steps }) =>
  html`<span class="mk warn"
    ><${Shape} state="starting" /><span>${t("atStep", { n: number(run.step + 1), of: number(steps.length), what: steps[run.step] ? stepText(steps[run.step]) : "" })}</span></span
  >`;

/** What is said of a cause, or of a field, in other words than the daemon's: its whole numbers are times here. */
const WRONG = { not_integer: "spanHint", too_few_items: "stepsRule", "/name": "nameRule" };

const isSame = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const differing = (one, other) => Object.keys(one).filter((name) => !isSame(one[name], other[name]));

/**
 * What a person has made of a schedule, and which fields that changes. What others change meanwhile stands in those
 * that were not touched; `isContested` when they have changed one that was.
 */
function useDraft(schedule) {
  const [edit, setEdit] = useState(null);
  const base = draftOf(schedule);
  const draft = { ...base, ...edit?.values };
  const changed = differing(draft, base);
  useEffect(() => {
    if (edit && !changed.length) setEdit(null);
  });
  const isContested = changed.some((name) => name in (edit?.bases ?? {}) && !isSame(edit.bases[name], base[name]));
  const change = (values) => setEdit({ values: { ...edit?.values, ...values }, bases: { ...base, ...edit?.bases } });
  return [draft, changed, isContested, change, () => setEdit(null)];
}

export function Schedule({ id, status, schedule, look }) {
  const key = schedule.schedule;
  const [draft, changed, isContested, change, discard] = useDraft(schedule);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [isAsked, ask] = useState(false);
  const form = useRef(null);
  const preview = usePreview(draft.when, schedule.nextAt);
  useFirstWrong(form, error);
  const isMine = mayAll(id, schedule.steps);
  const problems = [...(error?.problems ?? []), ...(preview?.error?.problems ?? [])];
  /** What is wrong with a field, or below it, but for the `own` fields there. */
  const wrong = (pointer, own = []) => {
    const isBelow = (problem, at) => problem.pointer === at || problem.pointer.startsWith(`${at}/`);
    const found = problems.find((problem) => isBelow(problem, pointer) && !own.some((name) => isBelow(problem, `${pointer}/${name}`)));
    const words = found && (WRONG[found.cause?.code] ?? WRONG[found.pointer]);
    return words ? t(words) : found && wrongText(found);
  };
  const edit = (values) => {
    setError(null);
    change(values);
  };

  async function act(work) {
    if (busy || awaySince.value !== null) return;
    setBusy(true);
    try {
      await work();
      setError(null);
    } catch (failure) {
      setError(failure);
      say(explain(failure));
    }
    ask(false);
    look();
    setBusy(false);
  }

  const flaw = flawOf(draft.when);
  const why = flaw ? t(flaw) : key && !changed.length ? t("nothingChanged") : "";
  const save = (event) => {
    event.preventDefault();
    if (why) return;
    act(async () => {
      if (!key) return go(`/server/${id}/schedules/${(await call("schedule_create", { server: id, ...fieldsOf(draft, Object.keys(draft)) })).schedule}`);
      const saved = await call("schedule_update", { schedule: key, ...fieldsOf(draft, changed) });
      // As it stands there from now on, until the list has it, too.
      change(draftOf(saved));
      return say(t("saved"));
    });
  };
  const remove = () =>
    act(async () => {
      await call("schedule_delete", { schedule: key });
      go(`/server/${id}/schedules`);
    });
  const known = { when: ["cron", "timezone", "within", "event", "after", "pattern"] };
  const isGeneral = error && !["name", "when", "only", "steps"].some((name) => wrong(`/${name}`));
  const own = { draft, wrong, edit };
  return html`<form class="form-card sch-form" ref=${form} onSubmit=${save} noValidate aria-labelledby="schedule-title">
    <div class="tab-head">
      <h2 id="schedule-title">${key ? schedule.name : t("newSchedule")}</h2>
      ${key && may(id, "settings") && html`<${Running} ...${{ schedule, act, isMine, isChanged: changed.length > 0 }} />`}
    </div>
    ${key && schedule.run && html`<${Going} ...${schedule} />`}
    ${
      isMine
        ? html`<${Text} id="schedule-name" label=${t("name")} value=${draft.name} problem=${wrong("/name")} change=${(name) => edit({ name })} autocomplete="off" />
            <${When} ...${own} flaw=${flaw} preview=${preview} problem=${wrong("/when", known.when)} />
            <${Steps} ...${own} id=${id} status=${status} />`
        : html`<${Told} schedule=${schedule} isMissing=${may(id, "settings")} />`
    }
    <${Problem} text=${isGeneral && explain(error)} />
    ${isContested && html`<p class="was contested"><b>${t("othersSetSchedule")}</b></p>`}
    ${
      may(id, "settings") &&
      html`<div class="form-foot">
        ${isMine && html`<${Check} id="schedule-on" label=${t("scheduleOn")} checked=${draft.enabled} change=${(enabled) => edit({ enabled })} />`}
        <span class="con-space"></span>
        ${key && html`<button class="btn quiet danger" type="button" onClick=${() => ask(true)}>${t("delete")} …</button>`}
        ${key && changed.length > 0 && html`<button class="btn quiet" type="button" onClick=${() => discard(setError(null))}>${t("discard")}</button>`}
        ${isMine && html`<button class=${`btn primary ${busy ? "busy" : ""}`} type="submit" aria-disabled=${why ? "true" : undefined} title=${why || undefined}>${t(key ? "save" : "create")}</button>`}
      </div>`
    }
    ${key && html`<${Runs} schedule=${schedule} />`}
    ${
      isAsked &&
      html`<${Dialog} title=${t("deleteTitle", { name: schedule.name })} close=${() => ask(false)}>
        <p>${t("deleteSchedule")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${() => ask(false)}>${t("cancel")}</button>
          <button class="btn danger-fill" type="button" onClick=${remove}>${t("deleteNow")}</button>
        </div>
      <//>`
    }
  </form>`;
}

/** Running a schedule now, or ending its run. */
function Running({ schedule: { schedule, run }, act, isMine, isChanged }) {
  const why = !isMine ? t("code.forbidden") : isChanged ? t("saveFirst") : "";
  const press = (name) => act(() => call(name, { schedule }));
  if (run) return html`<button class="btn" type="button" onClick=${() => press("schedule_cancel")}><${Icon} name="x" />${t("cancelRun")}</button>`;
  return html`<button class="btn" type="button" aria-disabled=${why ? "true" : undefined} title=${why || undefined} onClick=${() => why || press("schedule_run")}>
    <${Icon} name="play" />${t("runNow")}
  </button>`;
}

/** A schedule for who can't change it; `isMissing` when that is for a right to some step. */
const Told = ({ schedule, isMissing }) =>
  html`<p>${sentenceOf(schedule)}</p>
    <ol class="told">
      ${schedule.steps.map((step, n) => html`<li key=${n}>${stepText(step)}${step.always ? `, ${t("alwaysToo")}` : ""}</li>`)}
    </ol>
    ${isMissing && html`<p class="hint">${t("lacksStep")}</p>`}`;

function Runs({ schedule: { schedule, run, last, by } }) {
  const [limit, setLimit] = useState(FEW);
  const [answer] = useAnswer((abort) => call("schedule_runs", { schedule, limit }, abort), [schedule, limit, last?.at, run?.startedAt]);
  const runs = answer?.runs ?? [];
  return html`<section class="runs">
    <h3>${t("lastRuns")}</h3>
    <p class="hint">${t("runsAs", { who: by })} ${answer && !runs.length ? t("noRuns") : ""}</p>
    <ol>
      ${runs.map(
        ({ run: n, startedAt, endedAt, result, trigger, ...said }) => html`<li key=${n}>
          <${Result} at=${startedAt} result=${result ?? "now"} ...${said} />
          <span class="muted">${t(`trigger.${trigger}`)}${endedAt !== null && result !== "skipped" ? ` · ${duration(endedAt - startedAt)}` : ""}</span>
        </li>`,
      )}
    </ol>
    ${runs.length === FEW && limit === FEW && html`<button class="btn small" type="button" onClick=${() => setLimit(MOST)}>${t("showMore")}</button>`}
  </section>`;
}
