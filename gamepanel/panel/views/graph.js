// Small graphs of what a server uses.
import { html } from "../lib/base.js";

const WIDTH = 120;
const HEIGHT = 28;
/** So much time is shown, in milliseconds. */
const SPAN = 120_000;

/** Samples `{at, value}` of the last two minutes; `most` is the least value at the top. */
export function Graph({ samples, label, most = 0 }) {
  const top = Math.max(most, ...samples.map((sample) => sample.value), 1e-9);
  const end = Date.now();
  const shown = samples.filter(({ at }) => at > end - SPAN);
  const span = Math.max(end - (shown[0]?.at ?? end), 1);
  const points = shown.map(({ at, value }) => [
    (WIDTH * (1 - (end - at) / span)).toFixed(1),
    (HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(1),
  ]);
  const line = points.map((point) => point.join(",")).join(" ");
  return html`<svg
    class="graph"
    viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}
    preserveAspectRatio="none"
    role="img"
    aria-label=${label}
  >
    ${
      points.length > 1 &&
      html`<polygon
        class="area"
        points=${`${points[0][0]},${HEIGHT} ${line} ${points.at(-1)[0]},${HEIGHT}`}
      />
      <polyline points=${line} />`
    }
  </svg>`;
}
