// The console of a server, with what there is to know beside it.
import { html } from "../lib/base.js";
import { folded, toggleFold } from "../lib/device.js";
import { route } from "../lib/route.js";
import { Console } from "../views/console.js";
import { Facts } from "../views/facts.js";
import { Notice } from "../views/notice.js";
import { register } from "../views/tabs.js";

const FOLD = "facts";

function View({ id, status }) {
  const isAlone = Boolean(route.value.query.alone);
  const hasFacts = !isAlone && !folded.value.includes(FOLD);
  return html`${status && !isAlone && html`<${Notice} status=${status} />`}
    <div class=${hasFacts ? "console-grid" : "console-grid folded"}>
      <${Console}
        key=${id}
        ...${{ id, status, isAlone, hasFacts }}
        turnFacts=${() => toggleFold(FOLD)}
      />
      ${hasFacts && status && html`<${Facts} status=${status} />`}
    </div>`;
}

register({ name: "console", order: 10, icon: "terminal", view: View });
