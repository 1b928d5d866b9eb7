// The schedules of a server: when each is due and what it does, the last run of each, and one of them beside the list.
import { html, useState } from "../lib/base.js";
import { call, daemonNow } from "../lib/api.js";
import { route } from "../lib/route.js";
import { newSchedule, sentenceOf, stepText, templatesOf } from "../lib/schedules.js";
import { may, useAnswer } from "../lib/store.js";
import { explain, longDuration, nearMoment, t } from "../lib/text.js";
import { Empty } from "./empty.js";
import { Icon } from "./icon.js";
import { Going, Result, Schedule } from "./schedule.js";

/** They go on by themselves; so often they are asked for. */
const LOOK_MS = 2000;

function nextText({ nextAt, when }) {
  if (nextAt === null) return when.event ? t("whenItHappens") : "";
  return `${nearMoment(nextAt)}, ${t("inTime", { n: longDuration(Math.max(nextAt - daemonNow(), 0)) })}`;
}

export default function Schedules({ id, status }) {
  const [, , , , chosen] = route.value.path.split("/");
  const [tries, again] = useState(0);
  const [answer, refusal] = useAnswer((abort) => call("schedule_list", { server: id }, abort), [id, tries], LOOK_MS);
  const look = () => again((n) => n + 1);
  const all = answer?.schedules;
  if (!all || !status) return html`<p class="muted">${refusal ? explain(refusal) : t("loading")}</p>`;
  const isNew = chosen?.startsWith("new") && may(id, "settings");
  const schedule = isNew ? newSchedule(chosen.slice("new-".length), status) : all.find((each) => String(each.schedule) === chosen);
  const way = html`<a class="btn" href=${`#/server/${id}/schedules`}><${Icon} name="chevron-left" />${t("allSchedules")}</a>`;
  if (chosen && !schedule) return html`<${Empty} icon="calendar-clock" title=${t("code.no_such_schedule")}>${way}<//>`;
  return html`<div class=${chosen ? "two-pane" : ""}>
    <${List} ...${{ id, status, all, chosen }} />
    ${chosen && html`<div><p class="back-line">${way}</p><${Schedule} key=${chosen} ...${{ id, status, schedule, look }} /></div>`}
  </div>`;
}

function List({ id, status, all, chosen }) {
  const to = (name) => `#/server/${id}/schedules/${name}`;
  const templates = templatesOf(status);
  return html`<section class="sch-list" aria-labelledby="schedules-title">
    <div class="tab-head">
      <h2 id="schedules-title">${t("schedules")}</h2>
      ${may(id, "settings") && html`<a class="btn primary" href=${to("new")}><${Icon} name="plus" />${t("new")}</a>`}
    </div>
    ${
      all.length
        ? html`<ul>${all.map((schedule) => html`<${Row} key=${schedule.schedule} ...${{ schedule, to, isChosen: String(schedule.schedule) === chosen }} />`)}</ul>`
        : html`<${Empty} icon="calendar-clock" title=${t("noSchedules")} text=${t("noSchedulesHow")} />`
    }
    ${
      templates.length > 0 &&
      html`<h3>${t("startFrom")}</h3>
        <div class="tpl">
          ${templates.map((name) => html`<a key=${name} class="btn small" href=${to(`new-${name}`)}><${Icon} name="plus" />${t(`template.${name}`)}</a>`)}
        </div>`
    }
  </section>`;
}

function Row({ schedule, to, isChosen }) {
  const { name, enabled, steps, run, last } = schedule;
  return html`<li class=${[isChosen && "here", !enabled && "paused"].filter(Boolean).join(" ")}>
    <a href=${to(schedule.schedule)} aria-current=${isChosen ? "true" : undefined}>
      <b>${name}</b><span>${sentenceOf(schedule)}</span><span class="muted">${steps.map(stepText).join(", ")}</span>
    </a>
    <span class="sch-r">
      ${run ? html`<${Going} run=${run} steps=${steps} />` : enabled ? html`<span class="num">${nextText(schedule)}</span>` : html`<span class="tag">${t("paused")}</span>`}
      ${last && html`<${Result} ...${last} />`}
    </span>
  </li>`;
}
