// A small curve of the last minutes.
import { html } from "../lib/base.js";

/** So much time a small curve shows where nothing else is said, in milliseconds. */
const SPAN_MS = 120_000;

/** A curve and the area below it, in a box of 100 by 24; `most` is the least value at the top. */
export function Graph({ samples, label, most = 0, time = SPAN_MS }) {
  const top = Math.max(most, ...samples.map((sample) => sample.value), 1e-9);
  const end = Date.now();
  const shown = samples.filter(({ at }) => at > end - time);
  const span = Math.max(end - (shown[0]?.at ?? end), 1);
  const points = shown.map(({ at, value }) => [
    (100 * (1 - (end - at) / span)).toFixed(1),
    (23 - (value / top) * 22).toFixed(1),
  ]);
  const line = points.map((point) => point.join(",")).join(" ");
  const area = points.length > 1 && `${points[0][0]},24 ${line} ${points.at(-1)[0]},24`;
  return html`<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${area && html`<polygon points=${area} /><polyline points=${line} />`}
  </svg>`;
}
