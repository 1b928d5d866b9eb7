// Graphs of what a server or the host uses.
import { html } from "../lib/base.js";
import { moment, shortMoment, t } from "../lib/text.js";

const WIDTH = 120;
const HEIGHT = 28;
/** So much time is shown, in milliseconds. */
const SPAN = 120_000;
/** So many of the newest intervals may not be stored yet. */
const UNSTORED = 3;

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

/**
 * A longer time: `samples` are `{at, value}`, in seconds, one for each interval; null is
 * where nothing ran, and all is null until it is known. The sentence below says what the curve shows; `idle` is what to call
 * the time without values, `now` the newest value, in words.
 */
export function Chart({ name, samples, now, most = 0, say, idle }) {
  const values = (samples ?? []).map(({ value }) => value);
  const known = values.filter((value) => value !== null);
  const peak = known.reduce((a, b) => Math.max(a, b), 0);
  const top = Math.max(most, peak, 1e-9);
  const width = WIDTH / Math.max(values.length, 1);
  const x = (index) => (index * width).toFixed(2);
  const y = (value) => (HEIGHT - 1 - (value / top) * (HEIGHT - 2)).toFixed(2);
  const gaps = stretches(values.map((value) => (value === null ? 0 : null)));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const facts = known.length
    ? t("meanAndMost", { mean: say(mean), most: say(peak) })
    : t(samples ? "noHistory" : "loading");
  const isPart = known.length > 0 && gaps.length > 0;
  const said = [`${t(name)} ${now}`, facts, isPart && idle].filter(Boolean).join(" · ");
  return html`<figure class="wide chart">
    <figcaption>${t(name)} <b>${now}</b></figcaption>
    <svg
      class="graph"
      viewBox=${`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label=${said}
    >
      ${gaps.map(
        ([from, to]) =>
          html`<rect class="idle" x=${x(from)} width=${x(to - from)} y="0" height=${HEIGHT} />`,
      )}
      ${stretches(values).map(([from, to]) => {
        // A value is one of a whole interval, so it is drawn in the middle of that.
        const points = values.slice(from, to).map((value, i) => `${x(from + i + 0.5)},${y(value)}`);
        const first = `${x(from)},${y(values[from])}`;
        const last = `${x(to)},${y(values[to - 1])}`;
        const line = [first, ...points, last].join(" ");
        return html`<polygon
            class="area"
            points=${`${x(from)},${HEIGHT} ${line} ${x(to)},${HEIGHT}`}
          />
          <polyline points=${line} />`;
      })}
    </svg>
    <p class="scale" aria-hidden="true">
      ${
        samples?.length > 0 &&
        html`<time title=${moment(samples[0].at)}>${shortMoment(samples[0].at)}</time>
          <span>${t("now")}</span>`
      }
    </p>
    <p class="facts">${facts}${isPart && html` <span class="key">${idle}</span>`}</p>
  </figure>`;
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
