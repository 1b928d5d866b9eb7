// A game that can be chosen.
import { html } from "../lib/base.js";
import { t, told } from "../lib/text.js";
import { Icon } from "./icon.js";
import { Sign } from "./sign.js";

/** A game to choose; what this host lacks stands on it. */
export const TypeCard = ({ type: { type, title, description, missing, hint, icon, tested } }) =>
  html`<a class="type-card" href=${`#/new/${type}`}
    ><${Sign} icon=${icon} css="big" /><span
      ><b>${told(title)}${tested === false && html` <span class="tag" title=${t("communityHint")}>${t("community")}</span>`}</b><span>${told(description)}</span
      >${
        missing.length > 0
          ? html`<span class="lack"
              ><${Icon} name="triangle-alert" /><span
                >${t("missing", { programs: missing.join(", ") })} ${told(hint)}</span
              ></span
            >`
          : html`<span class="muted">${t("readyHere")}</span>`
      }</span
    ></a
  >`;
