// A part of the page whose script comes when it is first wanted.
import { html, useEffect, useState } from "../lib/base.js";
import { Away, awaySince, reload, repeat } from "../lib/api.js";
import { t } from "../lib/text.js";
import { Empty } from "./empty.js";

/** The scripts that come later; each has the parts that it exports. */
export const server = () => import("../server.js");
export const rest = () => import("../rest.js");
export const tools = () => import("../tools.js");
export const files = () => import("../files.js");
export const editor = () => import("../editor.js");

/** What has come stays, and is there at once the next time. */
const loaded = new Map();

/** Whether the daemon has another page by now: then it has nothing more of what belongs to this one. */
async function isOld() {
  const own = document.querySelector("script[type=module]").getAttribute("src");
  let answer;
  try {
    answer = await fetch(location.pathname, { cache: "no-store" });
  } catch {
    throw new Away();
  }
  return answer.ok && !(await answer.text()).includes(own);
}

/**
 * The part of that name, from one of the scripts above; `failed` is told when that can't be had. While
 * the daemon is away it is tried again and again.
 */
export function Lazy({ script, part, failed, ...more }) {
  const [view, setView] = useState(() => loaded.get(part) ?? null);
  const [isBroken, setBroken] = useState(false);
  useEffect(() => {
    if (view) return undefined;
    const stop = new AbortController();
    let tries = 0;
    const come = async () => {
      let parts;
      try {
        parts = await script();
      } catch {
        failed?.();
        setBroken(true);
        // Some browsers never ask again for a module that could not be had.
        if ((await isOld()) || tries > 0) reload();
        return;
      } finally {
        tries += 1;
      }
      loaded.set(part, parts[part]);
      if (!stop.signal.aborted) setView(() => parts[part]);
    };
    repeat(come, null, stop.signal);
    return () => stop.abort();
  }, []);
  if (view) return html`<${view} ...${more} />`;
  const text = awaySince.value === null ? "" : t("comesByItself");
  return (
    isBroken &&
    html`<${Empty} icon="cloud-off" title=${t("notLoaded")} text=${text}>
      <button class="btn" type="button" onClick=${reload}>${t("tryAgain")}</button>
    <//>`
  );
}

/** The same as a component of its own. */
export const lazy = (script, part) => (more) => html`<${Lazy} ...${{ script, part, ...more }} />`;
