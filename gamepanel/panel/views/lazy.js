// A page whose modules come when it is first wanted.
import { html, useEffect, useState } from "../lib/base.js";
import { t } from "../lib/text.js";
import { Empty } from "./empty.js";

/** What has come stays, and is there at once the next time. */
const loaded = new Map();

/** `load` imports a module whose default is the page. */
export function Lazy({ load, ...more }) {
  const [view, setView] = useState(() => loaded.get(load) ?? null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    if (view) return;
    load().then(
      (module) => {
        loaded.set(load, module.default);
        setView(() => module.default);
      },
      () => setBroken(true),
    );
  }, []);
  if (isBroken) {
    return html`<${Empty} icon="cloud-off" title=${t("notLoaded")}>
      <button class="btn" type="button" onClick=${() => location.reload()}>${t("tryAgain")}</button>
    <//>`;
  }
  return view && html`<${view} ...${more} />`;
}
