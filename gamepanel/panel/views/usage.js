// What a server uses of its host: as numbers, and over the last two minutes.
import { html } from "../lib/base.js";
import { historyOf } from "../lib/store.js";
import { bytes, number, percent, t } from "../lib/text.js";
import { Graph } from "./graph.js";

/** At the top of a graph is no less than this, in percent of a core. */
const LEAST_CPU = 10;

/** What is drawn: its text, its field in the API, the least value at the top, how it is said. */
export const KINDS = [
  { name: "cpu", field: "cpuPercent", most: LEAST_CPU, say: percent },
  { name: "memory", field: "memoryBytes", most: 0, say: bytes },
];
export const PLAYERS = { name: "players", field: "players", most: 1, say: number };

/** Both graphs; with `titled` their names stand above them. */
export function Usage({ status, titled }) {
  const history = historyOf(status.server);
  return KINDS.map(({ name, field, most, say }) => {
    const now = status.usage ? say(status.usage[field]) : "–";
    const samples = history.map((sample) => ({ at: sample.at, value: sample[name] }));
    const caption = html`<figcaption>${titled ? html`${t(name)} <b>${now}</b>` : now}</figcaption>`;
    return html`<figure key=${name} class=${titled ? "wide" : undefined} title=${t(name)}>
      ${titled && caption}
      <${Graph} samples=${samples} most=${most} label=${`${t(name)} ${now}`} />
      ${!titled && caption}
    </figure>`;
  });
}
