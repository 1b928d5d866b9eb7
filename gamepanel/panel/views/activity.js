// What has happened: to one server, or to all that one may see.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { describe, Happenings, MOST, PAGE } from "../lib/events.js";
import { mayWait, whileMayWait } from "../lib/tabs.js";
import { explain, moment, shortMoment, t } from "../lib/text.js";

/** How many seconds an answer may wait for news, and how many events it may have. */
const WAIT = 25;
const LIMIT = 200;
const LOOK_MS = 2000;

/**
 * Follow what happens. Beside a console no request is kept open for it: that has one already,
 * and a browser has six for all tabs.
 */
function follow(list, about, isHeld, changed, abort) {
  const mayKeepOpen = () => !about.server && mayWait();
  return repeat(
    async () => {
      const isFirst = list.newest === null;
      const more = isFirst
        ? { limit: PAGE }
        : { after: list.newest, limit: LIMIT, wait: mayKeepOpen() ? WAIT : 0 };
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
      return isFirst || answer.events.length === LIMIT || mayKeepOpen();
    },
    LOOK_MS,
    abort,
  );
}

/** Whether somebody reads further down, or is about to follow a link. */
const isRead = (box) =>
  box !== null &&
  (box.scrollTop > 0 ||
    box.getBoundingClientRect().top < 0 ||
    box.querySelector("a:hover, a:focus") !== null);

/** The list, newest first; without `server` of all servers. */
export function Events({ server }) {
  const about = server ? { server } : {};
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
    box.current.scrollTop = 0;
    box.current.focus({ preventScroll: true });
    if (box.current.getBoundingClientRect().top < 0) scrollTo(0, 0);
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

  const { shown, fresh } = list;
  return html`<div class="fresher">
      ${
        fresh.length > 0 &&
        html`<button onClick=${show}>
        ${t(fresh.length === 1 ? "newEvent" : "newEvents", { n: fresh.length })}
      </button>`
      }
    </div>
    <div
      class=${server ? "events bounded" : "events"}
      tabindex="0"
      role="region"
      aria-label=${t("activity")}
      ref=${box}
    >
      ${list.newest === null && html`<p class="muted">${t("loading")}</p>`}
      ${list.newest !== null && !shown.length && html`<p class="muted">${t("noEvents")}</p>`}
      <ol>
        ${shown.map((each) => html`<${Event} key=${each.event} event=${each} isNamed=${!server} />`)}
      </ol>
      ${error && html`<p class="error" role="alert">${explain(error)}</p>`}
      ${list.isFull && html`<p class="muted">${t("noMoreEvents", { n: MOST })}</p>`}
      ${
        shown.length > 0 &&
        !list.isAll &&
        !list.isFull &&
        html`<button aria-disabled=${isAsking || undefined} onClick=${older}>
          ${t("showOlder")}
        </button>`
      }
    </div>`;
}

function Event({ event, isNamed }) {
  const { text, more, isBad } = describe(event);
  return html`<li class=${isBad ? "bad" : undefined}>
    <time dateTime=${new Date(event.at * 1000).toISOString()} title=${moment(event.at)}>
      ${shortMoment(event.at)}
    </time>
    <span>
      ${isNamed && event.server && html`<a href=${`#/server/${event.server}`}>${event.server}</a> `}
      <bdi>${text}</bdi> ${more && html`<small><bdi>${more}</bdi></small>`}
    </span>
  </li>`;
}

/** The page with what happens everywhere. */
export const Activity = () =>
  html`<h1>${t("activity")}</h1>
    <div class="card"><${Events} /></div>`;
