// When a schedule is due, as a form: days and times, an event, or five fields of cron; and only if what.
import { html } from "../lib/base.js";
import { call, sleep } from "../lib/api.js";
import { eventText, ownZone } from "../lib/schedules.js";
import { useAnswer } from "../lib/store.js";
import { nearMoment, t, weekday } from "../lib/text.js";
import { flawOf, formOf, isForgeable, LASTING, TEXTUAL, WEEK, whenOf } from "../lib/when.js";
import { Text, Wrong } from "./field.js";
import { Select } from "./filters.js";
import { Icon } from "./icon.js";

/** So many of the next times are shown, and asked for when nobody has typed for so long. */
const COUNT = 4;
const PAUSE_MS = 300;
const SETS = { everyDay: WEEK, onWeekdays: [1, 2, 3, 4, 5], onWeekend: [6, 0] };
const WORDS = ["running", "stopped", "empty", "outdated", "used"];
/** Those that people mostly wait for; others come by the API. */
const EVENTS = ["emptied", "line", "player_joined", "player_left", "chat", "ready", "stopped", "crashed", "given_up", "hung", "out_of_memory", "update_available", "job_done", "job_failed"];

/** The next times of a form: `{times}`, or `{error}` with what is wrong with it; asked anew when `nextAt` is another. */
export function usePreview(form, nextAt) {
  const when = form.kind === "event" || flawOf(form) ? null : whenOf(form);
  const ask = async (abort) => {
    if (!when) return null;
    await sleep(PAUSE_MS, abort);
    try {
      return await call("schedule_preview", { when, count: COUNT }, abort);
    } catch (error) {
      // What does not fit is not asked for again.
      if (error.code !== "bad_request") throw error;
      return { error };
    }
  };
  return useAnswer(ask, [JSON.stringify(when), nextAt])[0];
}

const Toggle = ({ isOn, text, turn }) => html`<button type="button" aria-pressed=${String(isOn)} onClick=${turn}>${text}</button>`;
const toggled = (items, item) => (items.includes(item) ? items.filter((each) => each !== item) : [...items, item]);

export function When({ draft: { when, only }, edit, wrong, flaw, preview, problem }) {
  const set = (values) => edit({ when: { ...when, ...values } });
  const field = (name, label, more) =>
    html`<${Text} id=${`when-${name}`} label=${t(label)} value=${when[name]} problem=${wrong(`/when/${name}`)} change=${(value) => set({ [name]: value })} autocomplete="off" spellcheck=${false} ...${more} />`;
  const turn = (kind) => {
    const { days, times } = formOf({ cron: when.cron });
    if (kind === "cron" && when.kind !== "cron" && !flawOf({ ...when, kind: "time" })) set({ kind, cron: whenOf({ ...when, kind: "time" }).cron });
    else set(when.kind === "cron" ? { kind, days, times } : { kind });
  };
  const parts = { time: Times, event: Events, cron: () => field("cron", "cronFields", { hint: t("cronHint"), class: "in mono" }) };
  return html`<fieldset>
    <legend>${t("when")}</legend>
    <div class="seg" role="group" aria-label=${t("when")}>
      ${Object.keys(parts).map((kind) => html`<${Toggle} key=${kind} isOn=${when.kind === kind} text=${t(`whenKind.${kind}`)} turn=${() => when.kind !== kind && turn(kind)} />`)}
    </div>
    ${parts[when.kind]({ when, set, field, wrong, flaw })}
    ${when.kind !== "event" && html`<${Zone} ...${{ when, set, wrong }} />`}
    <div class="when">
      <span>${t("onlyIfIs")}</span>
      <div class="days" role="group" aria-label=${t("onlyIfIs")}>
        ${WORDS.map((word) => html`<${Toggle} key=${word} isOn=${only.includes(word)} text=${t(`onlyWord.${word}`)} turn=${() => edit({ only: toggled(only, word) })} />`)}
      </div>
    </div>
    <${Wrong} problem=${problem ?? wrong("/only")} />
    ${when.kind !== "event" && html`${field("within", "within", { hint: t("withinHint"), class: "in span" })}<${Next} preview=${preview} />`}
  </fieldset>`;
}

function Times({ when: { days, times }, set, flaw, wrong }) {
  const problem = flaw ? t(flaw) : wrong("/when/cron");
  const put = (n, time) => set({ times: times.map((each, at) => (at === n ? time : each)) });
  return html`<div class="when">
      <span>${t("onDays")}</span>
      <div class="days" role="group" aria-label=${t("daysOfWeek")}>
        ${WEEK.map((day) => html`<${Toggle} key=${day} isOn=${days.includes(day)} text=${weekday(day)} turn=${() => set({ days: WEEK.filter((each) => toggled(days, day).includes(each)) })} />`)}
      </div>
      <span class="pre">${Object.entries(SETS).map(([name, set_]) => html`<button key=${name} class="link" type="button" onClick=${() => set({ days: WEEK.filter((day) => set_.includes(day)) })}>${t(name)}</button>`)}</span>
    </div>
    <div class=${problem ? "when field wrong" : "when"}>
      <span>${t("atTimes")}</span>
      ${times.map(
        (time, n) => html`<span class="tm" key=${n}>
          <input class="in" type="time" aria-label=${t("timeN", { n: n + 1 })} aria-invalid=${problem ? "true" : undefined} aria-describedby=${problem ? "when-times-error" : undefined} value=${time} onInput=${(event) => put(n, event.target.value)} />
          ${times.length > 1 && html`<button class="btn icon" type="button" aria-label=${t("removeTime", { n: n + 1 })} title=${t("removeTime", { n: n + 1 })} onClick=${() => set({ times: times.filter((_, at) => at !== n) })}><${Icon} name="x" /></button>`}
        </span>`,
      )}
      <button class="btn small quiet" type="button" onClick=${() => set({ times: [...times, "16:00"] })}><${Icon} name="plus" />${t("anotherTime")}</button>
    </div>
    <${Wrong} id="when-times-error" problem=${problem} />`;
}

function Events({ when, set, field, wrong }) {
  const { event, pattern } = when;
  const all = EVENTS.includes(event) ? EVENTS : [event, ...EVENTS];
  const isRisky = event === "line" && pattern && isForgeable(pattern);
  return html`<div class="when"><${Select} label=${t("whenKind.event")} value=${event} choices=${all.map((each) => [each, eventText(each)])} change=${(value) => set({ event: value })} /></div>
    <${Wrong} problem=${wrong("/when/event")} />
    ${TEXTUAL.includes(event) && field("pattern", "pattern", { hint: t(event === "line" ? "patternHint" : "patternOther"), class: "in mono" })}
    ${isRisky && html`<p class="mk warn"><${Icon} name="triangle-alert" />${t("forgeable")}</p>`}
    ${LASTING.includes(event) && field("after", "afterLabel", { hint: t("afterHint"), class: "in span" })}`;
}

function Zone({ when, set, wrong }) {
  const zones = [...new Set([when.timezone, ownZone(), "UTC", ...Intl.supportedValuesOf("timeZone")])].filter(Boolean);
  return html`<div class="when">
      <span>${t("inZone")}</span>
      <${Select} label=${t("timeZone")} value=${when.timezone} choices=${[["", t("daemonZone")], ...zones.map((zone) => [zone, zone])]} change=${(timezone) => set({ timezone })} />
    </div>
    <${Wrong} problem=${wrong("/when/timezone")} />`;
}

const Next = ({ preview }) =>
  html`<div class="preview">
    <b>${t("comesNext")}</b>
    <ol>${(preview?.times ?? []).map((at) => html`<li key=${at}>${nearMoment(at)}</li>`)}</ol>
    <p class="hint">${t("yourZone", { zone: ownZone() })}</p>
  </div>`;
