// What a server or the host used, over an hour up to two months.
import { html, useEffect, useState } from "../lib/base.js";
import { call, repeat } from "../lib/api.js";
import { bytes, number, percent, t } from "../lib/text.js";
import { Chart, upToNow } from "./chart.js";
import { limitsOf } from "./limits.js";

/** How far back, and after how long there is something new in it. */
const SPANS = [
  { name: "hour", seconds: 3600, freshMs: 60_000 },
  { name: "sixHours", seconds: 21_600, freshMs: 60_000 },
  { name: "day", seconds: 86_400, freshMs: 180_000 },
  { name: "week", seconds: 604_800, freshMs: 900_000 },
  { name: "sixtyDays", seconds: 5_184_000, freshMs: 900_000 },
];

// What was chosen last holds for other servers, too.
let chosen = SPANS[2];

/** At the top of a graph is no less than this: in percent of a core, bytes, players. */
const KINDS = [
  { name: "cpu", field: "cpuPercent", most: 10, say: percent, hasMean: true },
  { name: "memory", field: "memoryBytes", most: 0, say: bytes, isBytes: true },
];
const PLAYERS = { name: "players", field: "players", most: 1, say: number };

/** What `name` answers of the last `seconds`, kept fresh; null until it does. */
function useHistory(name, fields, { seconds, freshMs }) {
  const [answer, setAnswer] = useState(null);
  useEffect(() => {
    setAnswer(null);
    const stop = new AbortController();
    const look = async () => setAnswer(await call(name, { ...fields, seconds }, stop.signal));
    repeat(look, freshMs, stop.signal);
    return () => stop.abort();
  }, [name, fields.server, seconds]);
  return answer;
}

/** A heading with the choice of a time, and the graphs of that. `draw` is given the answer. */
export function OverTime({ title, name, fields = {}, css = "graphs", draw }) {
  const [span, setSpan] = useState(chosen);
  const answer = useHistory(name, fields, span);
  const choose = (each) => {
    chosen = each;
    setSpan(each);
  };
  return html`<div class="tab-head">
      <h2>${title}</h2>
      <div class="seg" role="group" aria-label=${t("timeSpan")}>
        ${SPANS.map(
          (each) =>
            html`<button
              key=${each.name}
              type="button"
              aria-pressed=${String(each === span)}
              onClick=${() => choose(each)}
            >
              ${t(each.name)}
            </button>`,
        )}
      </div>
    </div>
    <div class=${css}>${draw(answer)}</div>`;
}

/** How a field of a server went. */
function curve(status, answer, { name, field, say, ...more }) {
  const { usage, players, startedAt } = status;
  const now = { ...usage, players: players?.online }[field];
  return html`<${Chart}
    key=${name}
    ...${{ name, say, ...more }}
    samples=${upToNow(answer, field, now, startedAt)}
    now=${typeof now === "number" ? say(now) : "–"}
    idle=${t("didNotRun")}
    limit=${limitsOf(status)[field]}
  />`;
}

/** How many players there were. */
export const PlayersOverTime = ({ status }) =>
  html`<${OverTime}
    title=${t("history")}
    name="server_history"
    fields=${{ server: status.server }}
    css="graphs one"
    draw=${(answer) => curve(status, answer, PLAYERS)}
  />`;

export function History({ status }) {
  const draw = (answer) => {
    // Many games do not tell of their players. Until it is known whether this one did, it is as now.
    const hasPlayers = answer ? answer.samples.some(({ players }) => players !== null) : status.players;
    return (hasPlayers ? [...KINDS, PLAYERS] : KINDS).map((kind) => curve(status, answer, kind));
  };
  return html`<${OverTime}
    title=${t("history")}
    name="server_history"
    fields=${{ server: status.server }}
    draw=${draw}
  />`;
}
