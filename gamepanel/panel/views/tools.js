// The bar above a console: where one is in it on the left, what can be done with it on the right.
import { html, useState } from "../lib/base.js";
import { handOver } from "../lib/api.js";
import { setStamps, setWraps, stamps, wraps } from "../lib/device.js";
import { useKeys } from "../lib/keys.js";
import { bytes, t } from "../lib/text.js";
import { toClipboard } from "./copy.js";
import { Icon } from "./icon.js";
import { Menu } from "./menu.js";
import { isDown } from "./power.js";

const COPIED_MS = 1500;

function Where({ status, follows }) {
  if (status && isDown(status.status)) {
    return html`<span class="follow paused"><${Icon} name="square" /><span>${t("notRunning")}</span></span>`;
  }
  return follows
    ? html`<span class="follow"><span class="dot"></span><span>${t("following")}</span></span>`
    : html`<span class="follow paused"><${Icon} name="history" /><span>${t("scrolledUp")}</span></span>`;
}

export function Tools({ id, log, status, isAlone, hasFacts, turnFacts, find, setFind, setLevel, follows, chosen }) {
  const [isCopied, setCopied] = useState(false);
  const { lines } = log;
  const openFind = () => setFind({ ...find, isOpen: true, asked: Date.now() });
  useKeys((event) => {
    if (event.key.toLowerCase() !== "f" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
    event.preventDefault();
    openFind();
  });

  async function copy() {
    const text = chosen();
    await log.whole;
    await toClipboard(text || lines.toString());
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  }
  async function download() {
    await log.whole;
    const url = URL.createObjectURL(new Blob([lines.toString()], { type: "text/plain" }));
    Object.assign(document.createElement("a"), { href: url, download: `${id}.log` }).click();
    URL.revokeObjectURL(url);
  }
  function popOut() {
    handOver(() => window.open(`#/server/${id}/console?alone=1`, "_blank", "popup,width=960,height=640"));
  }
  const button = (label, icon, act, more = {}) =>
    html`<button class="btn icon" type="button" aria-label=${label} title=${label} onClick=${act} ...${more}>
      <${Icon} name=${icon} />
    </button>`;
  const turn = (label, icon, isOn, act, more = {}) =>
    button(label, icon, act, { "aria-pressed": String(isOn), ...more });
  const level = (least, icon) => ({ icon, text: t(`level.${least || "all"}`), act: () => setLevel(least) });
  return html`<div class="con-bar" role="toolbar" aria-label=${t("console")}>
    <${Where} ...${{ status, follows }} /><span class="con-space"></span>
    ${turn(t("find"), "search", find.isOpen, () => (find.isOpen ? setFind({ ...find, isOpen: false }) : openFind()))}
    ${turn(t("wrap"), "wrap-text", wraps.value, () => setWraps(!wraps.value))}
    ${turn(t("stamps"), "clock", stamps.value, () => setStamps(!stamps.value))}
    <${Menu}
      label=${t("levelsShown", { level: t(`level.${lines.least || "all"}`) })}
      items=${[level("", "list-filter"), level("warn", "triangle-alert"), level("err", "circle-alert")]}
      css="btn icon wide"
      ><${Icon} name="list-filter" /><${Icon} name="chevron-down"
    /><//>
    <span class="con-rule"></span>
    ${button(isCopied ? t("copied") : t("copy"), isCopied ? "check" : "copy", copy, {
      // The choice of text must survive the click.
      onMouseDown: (event) => event.preventDefault(),
    })}
    ${button(t("downloadLog", { size: bytes(status?.readIndex ?? 0) }), "download", download)}
    ${!isAlone && button(t("popOut"), "external-link", popOut, { "data-wide": true })}
    ${
      !isAlone &&
      html`<span class="con-rule"></span>
        ${turn(t(hasFacts ? "hideFacts" : "showFacts"), "panel-right", hasFacts, turnFacts, { "data-facts": true })}`
    }
  </div>`;
}
