// What has happened: to one server, or to all that one may see.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { describe, Happenings, KINDS, MOST, PAGE } from "../lib/events.js";
import { may, servers } from "../lib/store.js";
import { mayWait, whileMayWait } from "../lib/tabs.js";
import { clock, dayOf, explain, moment, t } from "../lib/text.js";
import { Chips, SearchField } from "./filters.js";
import { Icon, Shape } from "./icon.js";
import { Output, PRINTING } from "./output.js";
import { Problem } from "./problem.js";

/** How many seconds an answer may wait for news, and how many events it may have. */
const WAIT = 25;
const LIMIT = 200;
const LOOK_MS = 2000;

/** Follow what happens: a request is kept open for it where this tab may. */
function follow(list, about, isHeld, changed, abort) {
  return repeat(
    async () => {
      const isFirst = list.newest === null;
      const more = isFirst
        ? { limit: PAGE }
        : { after: list.newest, limit: LIMIT, wait: mayWait() ? WAIT : 0 };
      const waiting = whileMayWait(abort);
      let answer;
      try {
        answer = await call("event_list", { ...about, ...more }, waiting.signal);
      } catch (error) {
        if (waiting.signal.aborted && !abort.aborted) return true;
        throw error;
      } finally {
        waiting.end();
      }
      const isNews = isFirst || answer.events.length > 0 || answer.newest < list.newest;
      list.take(answer, isHeld());
      if (isNews) changed();
      return isFirst || answer.events.length === LIMIT || mayWait();
    },
    LOOK_MS,
    abort,
  );
}

/** Whether somebody reads further down, or is about to follow a link. */
const isRead = (box) =>
  box !== null &&
  (box.getBoundingClientRect().top < 0 || box.querySelector("a:hover, a:focus") !== null);

/** What happened, newest first, with a choice of kinds; without `server` of all servers. */
export function Events({ server }) {
  const [kind, setKind] = useState("");
  const [wanted, setWanted] = useState("");
  const chips = [["", t("all")], ...Object.keys(KINDS).map((name) => [name, t(`kind.${name}`)])];
  return html`<div class="tab-head">
      ${server && html`<h2>${t("events")}</h2>`}
      <${Chips} label=${t("showOnly")} value=${kind} all=${chips} change=${setKind} />
      <${SearchField} label=${t("searchEvents")} placeholder=${t("searchEvents")} value=${wanted} change=${setWanted} />
    </div>
    <${List} key=${kind} ...${{ server, kind, wanted }} />`;
}

const inWords = (event) => describe(event, servers.value?.get(event.server)?.type);

/** Whether an event says what is looked for. */
function fits(event, wanted) {
  if (!wanted) return true;
  const { text, more } = inWords(event);
  return [event.server, text, more].join(" ").toLowerCase().includes(wanted.toLowerCase());
}

function List({ server, kind, wanted }) {
  const about = { ...(server ? { server } : {}), ...(kind ? { kinds: KINDS[kind] } : {}) };
  const [list] = useState(() => new Happenings());
  const [, redraw] = useState(0);
  const [error, setError] = useState(null);
  const [isAsking, setAsking] = useState(false);
  const box = useRef(null);
  const changed = () => redraw((n) => n + 1);
  useEffect(() => {
    const stop = new AbortController();
    follow(list, about, () => isRead(box.current), changed, stop.signal);
    return () => stop.abort();
  }, []);

  function show() {
    list.show();
    changed();
    box.current.focus({ preventScroll: true });
    if (box.current.getBoundingClientRect().top < 0) box.current.scrollIntoView();
  }

  async function older() {
    if (isAsking) return;
    setAsking(true);
    try {
      await list.bringOlder((after, limit) => call("event_list", { ...about, after, limit }));
      setError(null);
    } catch (failure) {
      setError(failure);
    }
    setAsking(false);
  }

  const { fresh, isAll, isFull, newest } = list;
  const shown = list.shown.filter((event) => fits(event, wanted));
  // What is looked for may be long ago: older ones are brought until a page of it is there.
  const isSearching = Boolean(wanted) && newest !== null && shown.length < PAGE && !isAll && !isFull && !error;
  useEffect(() => {
    if (isSearching && !isAsking) older();
  }, [isSearching, isAsking]);
  return html`<div class="fresher">
      ${
        fresh.length > 0 &&
        html`<button class="btn primary" onClick=${show}>
        ${t(fresh.length === 1 ? "newEvent" : "newEvents", { n: fresh.length })}
      </button>`
      }
    </div>
    <div class="events" tabindex="0" role="region" aria-label=${t("activity")} ref=${box}>
      ${newest === null && html`<p class="muted">${t("loading")}</p>`}
      ${newest !== null && !shown.length && html`<p class="muted">${t(isSearching ? "searching" : wanted ? "noEntries" : "noEvents")}</p>`}
      ${daysOf(shown).map(
        ({ day, events }) => html`<${server ? "h3" : "h2"} key=${day} class="day">${day}<//>
          <ol key=${`${day} list`}>
            ${events.map((each) => html`<${Event} key=${each.event} event=${each} isNamed=${!server} />`)}
          </ol>`,
      )}
      <${Problem} text=${explain(error)} />
      ${isFull && html`<p class="muted">${t("noMoreEvents", { n: MOST })}</p>`}
      ${
        shown.length > 0 &&
        !isAll &&
        !isFull &&
        html`<p class="more">
          <button class="btn" aria-disabled=${isAsking || undefined} onClick=${older}>${t("showOlder")}</button>
        </p>`
      }
    </div>`;
}

/** Events, newest first, by the day on which they happened. */
function daysOf(events) {
  const days = [];
  for (const event of events) {
    const day = dayOf(event.at);
    if (days.at(-1)?.day === day) days.at(-1).events.push(event);
    else days.push({ day, events: [event] });
  }
  return days;
}

const Picture = ({ icon, state }) => (state ? html`<${Shape} state=${state} />` : html`<${Icon} name=${icon} />`);

/** What the programs of a job have printed, as soon as somebody wants to see it. */
function JobOutput({ job }) {
  const [isOpen, setOpen] = useState(false);
  return html`<details class="job-output" onToggle=${({ target }) => setOpen(target.open)}>
    <summary>${t("jobOutput")}</summary>
    ${isOpen && html`<${Output} job=${job} isOver />`}
  </details>`;
}

function Event({ event, isNamed }) {
  const hasPrinted = event.kind.startsWith("job_") && PRINTING.includes(event.data.kind) && may(event.server, "view");
  const { text, who, more, picture, tone } = inWords(event);
  return html`<li>
    <time dateTime=${new Date(event.at * 1000).toISOString()} title=${moment(event.at)}>${clock(event.at)}</time>
    <span class=${`ev-ic ${tone}`}><${Picture} ...${picture} /></span>
    <span class="ev-t">
      ${isNamed && event.server && html`<a href=${`#/server/${event.server}/activity`}>${event.server}</a> `}
      <bdi>${who && html`<b>${who}</b>`}${text.slice(who.length)}</bdi> ${more && html`<span class="muted"><bdi>${more}</bdi></span>`}
      ${hasPrinted && html`<${JobOutput} job=${event.data.job} />`}
    </span>
  </li>`;
}

/** The page with what happens everywhere. */
const Activity = () =>
  html`<div class="page-head"><h1>${t("activity")}</h1></div>
    <${Events} />`;

export default Activity;
