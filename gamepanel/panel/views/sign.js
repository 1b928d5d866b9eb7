// The sign of a game.
import { html } from "../lib/base.js";

/** The signs that the sprite has; a type may name another one. */
const SIGNS =
  "block train moon gear axe tee tree voice aim wheel crown sword flag spade trail gate".split(" ");

export function Sign({ icon, css = "" }) {
  const name = SIGNS.includes(icon) ? `g-${icon}` : "i-gamepad-2";
  return html`<span class=${`sign ${css}`}
    ><svg class="i" aria-hidden="true"><use href=${`#${name}`} /></svg
  ></span>`;
}
