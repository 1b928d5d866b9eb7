// Small graphs of what a server uses.
import { html } from "../lib/base.js";

const WIDTH = 120, HEIGHT = 28;

/** A line of values over time; `most` is the value at the top, or nothing. */
export function Graph({ values, label, most }) {
  const top = Math.max(most ?? 0, ...values, 1e-9);
  const step = WIDTH / Math.max(values.length - 1, 1);
  const points = values.map((v, i) => `${(i * step).toFixed(1)},${(HEIGHT - (v / top) * (HEIGHT - 2) - 1).toFixed(1)}`);
  return html`<svg class="graph" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${label}>
    ${points.length > 1 && html`<polygon class="area" points=${`0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} />
      <polyline points=${points.join(" ")} />`}
  </svg>`;
}
