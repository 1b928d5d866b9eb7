// What a server uses of its host: as numbers, and over the last two minutes.
import { html } from "../lib/base.js";
import { historyOf } from "../lib/store.js";
import { bytes, percent, t } from "../lib/text.js";
import { Graph } from "./graph.js";

/** At the top of a graph is no less than this, in percent of a core. */
const LEAST_CPU = 10;

const KINDS = [
  { name: "cpu", most: LEAST_CPU, of: (usage) => percent(usage.cpuPercent) },
  { name: "memory", of: (usage) => bytes(usage.memoryBytes) },
];

/** Both graphs; with `titled` their names stand above them. */
export function Usage({ status, titled }) {
  const history = historyOf(status.server);
  return KINDS.map(({ name, most, of }) => {
    const now = status.usage ? of(status.usage) : "–";
    const samples = history.map((sample) => ({ at: sample.at, value: sample[name] }));
    const caption = html`<figcaption>${titled ? html`${t(name)} <b>${now}</b>` : now}</figcaption>`;
    return html`<figure key=${name} class=${titled ? "wide" : undefined} title=${t(name)}>
      ${titled && caption}
      <${Graph} samples=${samples} most=${most} label=${`${t(name)} ${now}`} />
      ${!titled && caption}
    </figure>`;
  });
}
