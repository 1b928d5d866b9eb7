// A picture of the sprite; what it means stands beside it or in a label.
import { html } from "../lib/base.js";

const SPRITE = "/panel/sprite.svg";

/** What is shown while nothing answers is in the page itself: the sprite could not be had then. */
const CLOUD_OFF = html`<path d="M10.94 5.274A7 7 0 0 1 15.71 10h1.79a4.5 4.5 0 0 1 4.222 6.057" /><path
    d="M18.796 18.81A4.5 4.5 0 0 1 17.5 19H9A7 7 0 0 1 5.79 5.78"
  /><path d="m2 2 20 20" />`;
const UNKNOWN = html`<circle cx="6" cy="6" r="4.6" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.4 1.7" />`;

export const CloudOff = () => html`<svg class="i" viewBox="0 0 24 24" aria-hidden="true">${CLOUD_OFF}</svg>`;

/** An icon of 16 pixels. */
export const Icon = ({ name, css = "" }) =>
  html`<svg class=${`i ${css}`} aria-hidden="true"><use href=${`${SPRITE}#i-${name}`} /></svg>`;

/** The shape of a state, of 12 pixels. */
export const Shape = ({ state }) =>
  state === "unknown"
    ? html`<svg class="s" viewBox="0 0 12 12" aria-hidden="true">${UNKNOWN}</svg>`
    : html`<svg class=${`s s-${state}`} aria-hidden="true"><use href=${`${SPRITE}#s-${state}`} /></svg>`;
