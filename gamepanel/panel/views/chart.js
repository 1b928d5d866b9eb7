// A graph of a longer time, with a scale, a limit, and gaps where nothing ran.
import { html } from "../lib/base.js";
import { dayShort, hour, t } from "../lib/text.js";

const DAY = 86_400;
/** So many of the newest intervals may not be stored yet. */
const UNSTORED = 3;
/** Points of time that are named below a graph, beside now. */
const NAMED = 4;

/** The stretches of samples that have a value, as `[first, behind the last]`. */
export function stretches(values) {
  const found = [];
  values.forEach((value, index) => {
    if (value === null) return;
    if (found.at(-1)?.[1] === index) found.at(-1)[1]++;
    else found.push([index, index + 1]);
  });
  return found;
}

/** Below that a scale of bytes says nothing. */
const LEAST_BYTES = 2 ** 20;

/** Round values from 0 to the top, four at the most; bytes are round in powers of two. */
export function ticksOf(top, isBytes) {
  const unit = isBytes ? 1024 ** Math.floor(Math.log2(Math.max(top, 1)) / 10) : 1;
  const wanted = top / unit / 3;
  const scale = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map((n) => n * scale).find((each) => each >= wanted) * unit;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, n) => n * step);
}

const percentOf = (share) => `${(100 * share).toFixed(2)}%`;

/** What is drawn of some values: where each lies, in a box of 600 by 100. */
function shapesOf(values, top) {
  const width = 600 / Math.max(values.length, 1);
  const x = (index) => (index * width).toFixed(1);
  const y = (value) => (100 - (value / top) * 100).toFixed(1);
  const curves = stretches(values).map(([from, to]) => {
    // A value is one of a whole interval, so it is drawn in the middle of that.
    const points = values.slice(from, to).map((value, i) => `${x(from + i + 0.5)},${y(value)}`);
    const line = [`${x(from)},${y(values[from])}`, ...points, `${x(to)},${y(values[to - 1])}`].join(" ");
    return { line, area: `${x(from)},100 ${line} ${x(to)},100` };
  });
  return { x, y, curves };
}

function factsOf(values, now, say, hasMean) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return [t("nowValue", { now }), t("noHistory")].join(" · ");
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const most = t("mostOf", { most: say(known.reduce((a, b) => Math.max(a, b), 0)) });
  return [t("nowValue", { now }), hasMean && t("meanOf", { mean: say(mean) }), most].filter(Boolean).join(" · ");
}

/**
 * A longer time: `samples` are `{at, value}`, in seconds, one for each interval; null is where
 * nothing ran, and all is null until it is known. `idle` is what to call the time without values,
 * `now` the newest value in words, `hasMean` whether the mean of it says something, `limit` `{value, text}`, the line that should not be crossed.
 */
export function Chart({ name, samples, now, most = 0, say, idle, limit = null, isBytes = false, hasMean = false }) {
  const values = (samples ?? []).map(({ value }) => value);
  const peak = values.reduce((a, b) => Math.max(a, b ?? 0), 0);
  const top = Math.max(most, peak, limit?.value ?? 0, isBytes ? LEAST_BYTES : 1e-9) * 1.08;
  const { x, y, curves } = shapesOf(values, top);
  const gaps = curves.length ? stretches(values.map((value) => (value === null ? 0 : null))) : [];
  const facts = samples ? factsOf(values, now, say, hasMean) : t("loading");
  const said = [t(name), facts, limit?.text, gaps.length > 0 && idle].filter(Boolean);
  const wide = gaps.toSorted(([a, b], [c, d]) => d - c - (b - a))[0];
  return html`<figure class="graph chart">
    <figcaption><b>${t(name)}</b><span class="facts-of">${facts}</span></figcaption>
    <div class="plot">
      <div class="ys" aria-hidden="true">
        ${ticksOf(top, isBytes).map((value) => html`<span key=${value} style=${{ top: percentOf(1 - value / top) }}>${say(value)}</span>`)}
      </div>
      <div class="area">
        <svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label=${said.join(" · ")}>
          ${ticksOf(top, isBytes).map((value) => html`<line key=${value} class="grid" x1="0" x2="600" y1=${y(value)} y2=${y(value)} />`)}
          ${gaps.map(
            ([from, to]) =>
              html`<rect key=${from} class="gap" x=${x(from)} width=${(x(to) - x(from)).toFixed(1)} y="0" height="100" />`,
          )}
          ${curves.map(({ line, area }) => html`<polygon points=${area} /><polyline points=${line} />`)}
          ${limit && html`<line class="limit" x1="0" x2="600" y1=${y(limit.value)} y2=${y(limit.value)} />`}
        </svg>
        ${limit && html`<span class="limit-label" aria-hidden="true" style=${{ top: percentOf(1 - limit.value / top) }}>${limit.text}</span>`}
        ${
          wide &&
          html`<span class="gap-label" aria-hidden="true" style=${{ left: percentOf((wide[0] + wide[1]) / 2 / values.length) }}>
            ${idle}
          </span>`
        }
      </div>
    </div>
    <${Times} samples=${samples} />
  </figure>`;
}

/** The points in time below a graph. */
function Times({ samples }) {
  if (!samples?.length) return html`<p class="xs" aria-hidden="true"></p>`;
  const [first, last] = [samples[0].at, samples.at(-1).at];
  const say = last - first > DAY ? dayShort : hour;
  const at = (n) => first + ((last - first) * n) / NAMED;
  return html`<p class="xs" aria-hidden="true">
    ${Array.from({ length: NAMED }, (_, n) => html`<span key=${n}>${say(at(n))}</span>`)}
    <span>${t("now")}</span>
  </p>`;
}

/**
 * Values of a field, up to now: of the last intervals, which are not stored yet, it is the
 * newest value, as far as it ran in them (since `startedAt`).
 */
export function upToNow(answer, field, newest, startedAt) {
  if (!answer) return null;
  const samples = answer.samples.map((each) => ({ at: each.at, value: each[field] }));
  if (typeof newest !== "number") return samples;
  for (const sample of samples.slice(-UNSTORED).toReversed()) {
    if (sample.value !== null || sample.at + answer.interval <= startedAt) break;
    sample.value = newest;
  }
  return samples;
}
