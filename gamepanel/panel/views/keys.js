// All keys that do something.
import { html } from "../lib/base.js";
import { isListed } from "../lib/jump.js";
import { t } from "../lib/text.js";
import { Dialog } from "./dialog.js";

const ctrl = (key) => [t("ctrl"), key];
/** `[keys, name of the text]`, by where they work. */
const ALL = {
  everywhere: [
    [ctrl("K"), "keys.jump"],
    [["?"], "keys.list"],
    [["g", "s"], "servers"],
    [["g", "n"], "newServer"],
    [["g", "h"], "host"],
    [["g", "p"], "people"],
    [["g", "a"], "audit"],
    [["Esc"], "keys.close"],
  ],
  servers: [
    [["/"], "filter"],
    [["↑", "↓", "j", "k"], "keys.move"],
    [["Enter"], "keys.open"],
    [["x"], "keys.select"],
    [["s", "r"], "keys.power"],
    [["c"], "copyAddress"],
    [["p"], "keys.pin"],
    [["."], "more"],
    [["v"], "keys.view"],
  ],
  aServer: [
    [["1", "…", "7"], "keys.tabs"],
    [["[", "]"], "keys.turn"],
    [ctrl("F"), "keys.find"],
    [["s", "r"], "keys.power"],
    [["i"], "typeCommand"],
    [["↑", "Tab"], "keys.earlier"],
    [["End"], "keys.end"],
    [ctrl("S"), "keys.save"],
  ],
};

const Keys = ({ keys }) => keys.map((key) => (key === "…" ? " … " : html`<kbd key=${key}>${key}</kbd> `));

export default function KeysDialog() {
  const close = () => (isListed.value = false);
  return html`<${Dialog} title=${t("keys")} css="dialog wide" close=${close}>
    <p>${t("keys.switch")}</p>
    <div class="keys-grid">
      ${Object.entries(ALL).map(
        ([where, keys]) => html`<section key=${where} aria-label=${t(`keys.${where}`)}>
          <h3>${t(`keys.${where}`)}</h3>
          <dl>
            ${keys.map(
              ([names, text]) => html`<div key=${text}>
                <dt><${Keys} keys=${names} /></dt>
                <dd>${t(text)}</dd>
              </div>`,
            )}
          </dl>
        </section>`,
      )}
    </div>
    <div class="dialog-acts"><button class="btn" type="button" onClick=${close}>${t("close")}</button></div>
  <//>`;
}
