// A page whose modules come when it is first wanted.
import { html, useEffect, useState } from "../lib/base.js";
import { reload } from "../lib/api.js";
import { t } from "../lib/text.js";
import { Empty } from "./empty.js";

/** What has come stays, and is there at once the next time. */
const loaded = new Map();

/** Whether the daemon has another page by now: then it has nothing more of what belongs to this one. */
async function isOld() {
  const own = document.querySelector("script[type=module]").getAttribute("src");
  const answer = await fetch(location.pathname, { cache: "no-store" });
  return answer.ok && !(await answer.text()).includes(own);
}

/** `load` imports a module whose default is the page; `failed` is told when it can't be had. */
export function Lazy({ load, failed, ...more }) {
  const [view, setView] = useState(() => loaded.get(load) ?? null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    if (view) return;
    load().then(
      (module) => {
        loaded.set(load, module.default);
        setView(() => module.default);
      },
      async () => {
        failed?.();
        if (await isOld().catch(() => false)) reload();
        else setBroken(true);
      },
    );
  }, []);
  if (isBroken) {
    return html`<${Empty} icon="cloud-off" title=${t("notLoaded")}>
      <button class="btn" type="button" onClick=${reload}>${t("tryAgain")}</button>
    <//>`;
  }
  return view && html`<${view} ...${more} />`;
}

/** The same as a component of its own. */
export const lazy = (load) => (more) => html`<${Lazy} load=${load} ...${more} />`;
