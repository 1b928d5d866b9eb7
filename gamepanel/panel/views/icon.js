// A picture of the sprite, which is in the page; what it means stands beside it or in a label.
import { html } from "../lib/base.js";

/** An icon of 16 pixels. */
export const Icon = ({ name, css = "" }) =>
  html`<svg class=${`i ${css}`} aria-hidden="true"><use href=${`#i-${name}`} /></svg>`;

/** The shape of a state, of 12 pixels. */
export const Shape = ({ state }) => html`<svg class=${`s s-${state}`} aria-hidden="true"><use href=${`#s-${state}`} /></svg>`;
