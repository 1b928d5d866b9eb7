// Where players reach a server: the name by which this page was reached, and the port of the game.
import { html } from "../lib/base.js";
import { portOf } from "../lib/overview.js";
import { t } from "../lib/text.js";
import { Copy } from "./copy.js";

/** The port from the next start on, where that is another. */
function nextPort(status) {
  const next = status.ports?.[0]?.port ?? null;
  return next === portOf(status) ? null : next;
}

export const addressOf = (status) => `${location.hostname}:${portOf(status)}`;

export function Address({ status }) {
  if (portOf(status) === null) return html`<span class="none" aria-hidden="true">–</span>`;
  const next = nextPort(status);
  const about = next === null ? undefined : t("fromNextStart", { port: next });
  return html`<span title=${about}
      ><span class="host">${location.hostname}</span>:<b>${portOf(status)}</b></span
    ><${Copy} text=${addressOf(status)} />${
      next !== null && html`<span class="next muted" title=${about}><span aria-hidden="true">→ ${next}</span><span class="sr">${about}</span></span>`
    }`;
}
