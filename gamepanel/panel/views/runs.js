// Where one run of a game ends and the next begins, in its console.
import { useEffect, useRef } from "../lib/base.js";
import { call } from "../lib/api.js";
import { describe } from "../lib/events.js";
import { shortMoment, t } from "../lib/text.js";

const BEGINS = "starting";
const ENDS = ["stopped", "crashed", "failed"];
const HALF_A_MS = 0.0005;
/** So many of the newest beginnings and ends are looked for. */
const MOST = 200;

/** What stands between two runs. */
function textOf(event) {
  const { text, more } = describe(event);
  const what = event.kind === BEGINS ? t("runBegins") : `${t("runEnds")} · ${text.toLowerCase()}`;
  return [what, shortMoment(event.at), more].filter(Boolean).join(" · ");
}

/** Where each stands: at the mark that the log has at each start, and no later than the run that is known. */
function placed(events, lines, { runIndex, startedAt }) {
  const newest = events.findLastIndex(({ kind }) => kind === BEGINS);
  // Until the game has been started the status tells of the run before.
  const isKnown = newest >= 0 && startedAt >= events[newest].at;
  const first = lines.items[0]?.index ?? 0;
  let least = 0;
  return events
    .map((event, n) => {
      // Times are told in milliseconds: what was read in that of an end was read before it.
      const index = lines.indexAt(event.kind === BEGINS ? event.at : event.at + HALF_A_MS);
      // They stand in the order in which they happened, whatever the times of the lines say.
      least = Math.max(least, isKnown && n <= newest ? Math.min(index, runIndex) : index);
      return [least, textOf(event)];
    })
    // What lies before all that is kept tells nothing.
    .filter(([index]) => first === 0 || index > first);
}

/** Keep the separators of a console right; `keep` does what must not move those that are being read. */
export function useRuns(id, status, lines, keep, redraw) {
  const events = useRef([]);
  const place = () => {
    if (!status) return;
    keep(() => lines.separate(placed(events.current, lines, status)));
    redraw();
  };
  const state = status?.status;
  useEffect(() => {
    if (!state) return undefined;
    const stop = new AbortController();
    const fields = { server: id, kinds: [BEGINS, ...ENDS], limit: MOST };
    call("event_list", fields, stop.signal)
      .then((answer) => {
        events.current = answer.events;
        place();
      })
      // Without them the console is as good as before.
      .catch(() => {});
    return () => stop.abort();
  }, [id, state, status?.runIndex]);
  // Older lines came in front, and are placed anew.
  useEffect(place, [lines.items[0]?.index]);
}
