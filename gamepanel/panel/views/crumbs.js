// Where one is among the files of a server, or in a backup.
import { html } from "../lib/base.js";
import { hrefOf } from "../lib/paths.js";
import { t } from "../lib/text.js";
import { Icon } from "./icon.js";

/** Where one is, each folder above as a link; `to` is the address of a path. */
export function Crumbs({ id, path, to = (at) => hrefOf(id, at) }) {
  const names = path ? path.split("/") : [];
  return html`<nav class="crumbs" aria-label=${t("folder")}>
    <a href=${to("")} title=${t("topFolder")}><${Icon} name="server" /><span class="sr">${t("topOf", { id })}</span></a>
    ${(names.length ? names : [t("topFolder")]).map((name, at) => {
      const here = names.slice(0, at + 1).join("/");
      return html`<span aria-hidden="true">/</span>${
        at >= names.length - 1 ? html`<span aria-current="page">${name}</span>` : html`<a href=${to(here)}>${name}</a>`
      }`;
    })}
  </nav>`;
}
