// What a server used lately: the last two minutes, or from before this page was opened.
import { html, useEffect, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { t } from "../lib/text.js";
import { Chart, upToNow } from "./graph.js";
import { KINDS, PLAYERS, Usage } from "./usage.js";

/** How far back, and after how long there is something new in it. */
const SPANS = [
  { name: "twoMinutes" },
  { name: "hour", seconds: 3600, freshMs: 60_000 },
  { name: "day", seconds: 86_400, freshMs: 180_000 },
  { name: "month", seconds: 2_592_000, freshMs: 900_000 },
];

// What was chosen last holds for other servers, too.
let chosen = SPANS[1];

/** What `name` answers of the last `seconds`, kept fresh; null until it does. */
export function useHistory(name, fields, seconds, freshMs) {
  const [answer, setAnswer] = useState(null);
  useEffect(() => {
    setAnswer(null);
    if (!seconds) return undefined;
    const stop = new AbortController();
    const look = async () => setAnswer(await call(name, { ...fields, seconds }, stop.signal));
    repeat(look, freshMs, stop.signal);
    return () => stop.abort();
  }, [name, fields?.server, seconds]);
  return answer;
}

export function History({ status }) {
  const [span, setSpan] = useState(chosen);
  const { server, usage, startedAt } = status;
  const answer = useHistory("server_history", { server }, span.seconds, span.freshMs);
  const choose = (each) => {
    chosen = each;
    setSpan(each);
  };
  const newest = { ...usage, players: status.players?.online };
  // Many games do not tell of their players.
  const hasPlayers = answer?.samples.some(({ players }) => players !== null);
  const kinds = hasPlayers ? [...KINDS, PLAYERS] : KINDS;
  return html`<div class="seg" role="group" aria-label=${t("timeSpan")}>
      ${SPANS.map(
        (each) =>
          html`<button
            key=${each.name}
            aria-pressed=${String(each === span)}
            onClick=${() => choose(each)}
          >
            ${t(each.name)}
          </button>`,
      )}
    </div>
    ${
      span.seconds
        ? kinds.map(({ name, field, most, say }) => {
            const now = newest[field];
            return html`<${Chart}
              key=${name}
              name=${name}
              samples=${upToNow(answer, field, now, startedAt)}
              now=${typeof now === "number" ? say(now) : "–"}
              most=${most}
              say=${say}
              idle=${t("didNotRun")}
            />`;
          })
        : html`<${Usage} status=${status} titled />`
    }`;
}
