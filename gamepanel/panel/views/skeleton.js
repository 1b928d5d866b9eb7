// The list before it is there: grey blocks, if it takes long enough to be noticed.
import { html, useEffect, useState } from "../lib/base.js";
import { say } from "../lib/live.js";
import { t } from "../lib/text.js";

/** What comes sooner needs no blocks. */
const AFTER_MS = 300;
const ROWS = 12;

const CELLS = [
  ["c-tags", 0],
  ["c-state", 96],
  ["c-addr", 130],
  ["c-pl num", 36],
  ["c-cpu num", 80],
  ["c-mem num", 80],
  ["c-up num", 40],
  ["c-verb", 0],
  ["c-menu", 0],
];

const block = (width, css = "sk") => html`<span class=${css} style=${{ width: `${width}px` }}></span>`;

/** `heads` are those of the list, which are there at once. */
export function Skeleton({ heads }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSlow(true);
      say(t("loading"));
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return html`<div class="table-wrap is-loading" aria-busy="true">
    <table class="servers" role="table" aria-label=${t("loading")}>
      ${heads}
      <tbody role="rowgroup">
        ${Array.from(
          { length: isSlow ? ROWS : 0 },
          (_, n) => html`<tr class="row skel" role="row" key=${n}>
            <td class="c-sel" role="cell"></td>
            <td class="c-name" role="cell">
              <div>
                <span class="sk sq"></span
                ><span class="who">${block(90 + ((n * 37) % 75))} ${block(160 + ((n * 53) % 130), "sk thin")}</span>
              </div>
            </td>
            ${CELLS.map(([css, width]) => html`<td key=${css} class=${css} role="cell">${width && block(width)}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
