// What the programs of a job have printed: while it goes on, and afterwards.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { Lines } from "../lib/lines.js";
import { explain, t } from "../lib/text.js";

/** The kinds of jobs that run programs. */
export const PRINTING = ["install", "update", "retype"];

const LOOK_MS = 1000;
/** Bytes of a log in one answer. */
const CHUNK = 262_144;
/** So many of the newest lines are shown. */
const MOST = 200;
/** So close to its end, in pixels, one reads what comes. */
const NEAR = 24;

/** The newest lines of a job's log as they come, and what is refused. */
function useLines(job, isOver) {
  const [log] = useState(() => ({ lines: new Lines(), next: null }));
  const [, redraw] = useState(0);
  const [refusal, setRefusal] = useState(null);
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      try {
        const chunk = await call("job_log", { job, readIndex: log.next ?? 0, limit: CHUNK }, stop.signal);
        if (log.next !== null && chunk.oldReadIndex > log.next) log.lines.gap(t("gone", { n: chunk.oldReadIndex - log.next }));
        log.lines.append(chunk.data, chunk.oldReadIndex);
        log.next = chunk.nextReadIndex;
        redraw((n) => n + 1);
        return Boolean(chunk.data) && chunk.nextReadIndex < chunk.readIndex;
      } catch (error) {
        if (!error.code) throw error;
        setRefusal(error);
        return false;
      }
    };
    // Once more when it is over, for its last words.
    repeat(look, isOver ? null : LOOK_MS, stop.signal);
    return () => stop.abort();
  }, [job, isOver]);
  return [log.next !== null, log.lines.items.slice(-MOST).map(({ text }) => text), refusal];
}

/** A small screen that follows its end unless somebody has scrolled up in it. */
export function Output({ job, isOver }) {
  const [isThere, lines, refusal] = useLines(job, isOver);
  const box = useRef(null);
  const follows = useRef(true);
  const text = lines.join("\n");
  useLayoutEffect(() => {
    if (box.current && follows.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  const scrolled = ({ target }) => (follows.current = target.scrollTop + target.clientHeight > target.scrollHeight - NEAR);
  if (refusal) return html`<p class="muted">${explain(refusal)}</p>`;
  if (!text) return isThere && isOver && html`<p class="muted">${t("noOutput")}</p>`;
  return html`<pre
    class="said output"
    role="log"
    aria-live="off"
    aria-label=${t("jobOutput")}
    tabindex="0"
    ref=${box}
    onScroll=${scrolled}
  >${text}</pre>`;
}
