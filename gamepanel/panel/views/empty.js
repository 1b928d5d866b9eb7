// What stands where there is nothing: what this is for, and the first step.
import { html } from "../lib/base.js";
import { t } from "../lib/text.js";
import { Icon } from "./icon.js";

export const Empty = ({ icon, title, text, children }) =>
  html`<div class="empty">
    <span class="empty-art"><${Icon} name=${icon} /></span>
    <h2>${title}</h2>
    ${text && html`<p>${text}</p>`} ${children && html`<div>${children}</div>`}
  </div>`;

/** What stands at an address for which one lacks the rights; `children` are ways on beside that to the servers. */
export const NotAllowed = ({ children }) =>
  html`<${Empty} icon="lock" title=${t("mayNotSee")}>
    ${children}<a class="btn" href="#/">${t("toServers")}</a>
  <//>`;
