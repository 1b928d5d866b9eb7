// What stands where there is nothing: what this is for, and the first step.
import { html } from "../lib/base.js";
import { Icon } from "./icon.js";

export const Empty = ({ icon, title, text, children }) =>
  html`<div class="empty">
    <span class="empty-art"><${Icon} name=${icon} /></span>
    <h2>${title}</h2>
    ${text && html`<p>${text}</p>`} ${children && html`<div>${children}</div>`}
  </div>`;
