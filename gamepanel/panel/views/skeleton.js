// The list before it is there: grey blocks, if it takes long enough to be noticed.
import { html, useEffect, useState } from "../lib/base.js";
import { say } from "../lib/live.js";
import { t } from "../lib/text.js";

/** What comes sooner needs no blocks. */
const AFTER_MS = 300;
const ROWS = 12;

const block = (width, css = "sk") => html`<span class=${css} style=${{ width: `${width}px` }}></span>`;

export function Skeleton() {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSlow(true);
      say(t("loading"));
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  if (!isSlow) return null;
  return html`<div class="table-wrap is-loading" aria-busy="true">
    <table class="servers" role="table" aria-label=${t("loading")}>
      <tbody role="rowgroup">
        ${Array.from(
          { length: ROWS },
          (_, n) => html`<tr class="row skel" role="row" key=${n}>
            <td class="c-sel" role="cell"></td>
            <td class="c-name" role="cell">
              <div>
                <span class="sk sq"></span
                ><span class="who">${block(90 + ((n * 37) % 75))} ${block(160 + ((n * 53) % 130), "sk thin")}</span>
              </div>
            </td>
            <td class="c-state" role="cell">${block(96)}</td>
            <td class="c-addr" role="cell">${block(130)}</td>
            <td class="c-up num" role="cell">${block(40)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
