// What people did.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { useAnswer } from "../lib/store.js";
import { explain, moment, t } from "../lib/text.js";

/** Entries that are asked for at a time. */
const PAGE = 50;

export function Audit() {
  const [first, refusal] = useAnswer((abort) => call("audit_log", { limit: PAGE }, abort), []);
  const [older, setOlder] = useState([]);
  const [isAll, setAll] = useState(false);
  const [error, setError] = useState(null);
  const entries = [...(first?.entries ?? []), ...older];

  async function load() {
    try {
      const before = entries.at(-1).id;
      const answer = await call("audit_log", { before, limit: PAGE });
      setOlder([...older, ...answer.entries]);
      setAll(answer.entries.length < PAGE);
      setError(null);
    } catch (failure) {
      setError(failure);
    }
  }

  const isMore = first?.entries.length === PAGE && !isAll;
  const titles = ["when", "who", "where", "what", "about", "result"];
  return html`<h2>${t("audit")}</h2>
    ${(error ?? refusal) && html`<p class="error" role="alert">${explain(error ?? refusal)}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t("audit")}>
      <table>
        <thead>
          <tr>
            ${titles.map((name) => html`<th key=${name}>${t(name)}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${entries.map(
            ({ id, at, username, address, action, server, target, result }) => html`<tr key=${id}>
              <td>${moment(at)}</td>
              <td>${username ?? t("unknown")}</td>
              <td>${address}</td>
              <td>${action}</td>
              <td>${server ?? target ?? ""}</td>
              <td>${result}</td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${isMore && html`<p><button onClick=${load}>${t("older")}</button></p>`}`;
}
