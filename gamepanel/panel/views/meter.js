// How much of what there may be is used, as a bar.
import { html } from "../lib/base.js";

/** From here on it is nearly all. */
const HIGH = 0.9;

/** `share` is from 0 to 1. Words beside it say the same. */
export const Meter = ({ share }) =>
  html`<span class=${share > HIGH ? "meter high" : "meter"} aria-hidden="true"
    ><span style=${{ width: `${(100 * Math.min(share, 1)).toFixed(1)}%` }}></span
  ></span>`;
