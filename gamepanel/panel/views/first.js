// Where there is no server yet: what this is for, and the first step.
import { html } from "../lib/base.js";
import { call } from "../lib/api.js";
import { isOpen, mayCreate, me, useAnswer, useTypeWords } from "../lib/store.js";
import { number, t } from "../lib/text.js";
import { Empty } from "./empty.js";
import { TypeCard } from "./typecard.js";

/** So many games are shown at once. */
const SHOWN = 6;

export function First() {
  if (!mayCreate()) return html`<${Empty} icon="server" title=${t("empty")} text=${t("emptyMayNot")} />`;
  return html`<${Choice} />`;
}

function Choice() {
  const [answer, refusal] = useAnswer((abort) => call("server_create_options", {}, abort), []);
  const hasWords = useTypeWords();
  const types = ((hasWords && answer?.types) || []).toSorted((a, b) => a.missing.length - b.missing.length);
  return html`<div class="first">
    <h1>${t("firstServer")}</h1>
    <p class="lead">${t("firstLead")}</p>
    <ul class="first-types">
      ${types.slice(0, SHOWN).map((type) => html`<li key=${type.type}><${TypeCard} type=${type} /></li>`)}
    </ul>
    ${((answer && hasWords) || refusal) && html`<${Others} n=${types.length} />`}
  </div>`;
}

/** What else one can do. */
function Others({ n }) {
  return html`<p><a class="btn" href="#/new">${t("allGames", { n: number(n) })}</a></p>
    ${
      me.value.admin &&
      !isOpen() &&
      html`<section class="first-more">
        <h2>${t("or")}</h2>
        <dl>
          <div>
            <dt>${t("haveEgg")}</dt>
            <dd>${t("makeType")} <code>gamepanel import egg.json</code></dd>
          </div>
          <div>
            <dt>${t("othersManage")}</dt>
            <dd><a href="#/people">${t("giveAccount")}</a></dd>
          </div>
        </dl>
      </section>`
    }`;
}
