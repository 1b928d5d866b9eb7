// What was found in the names or the text of files below a folder.
import { html, useMemo } from "../lib/base.js";
import { call } from "../lib/api.js";
import { hrefOf } from "../lib/paths.js";
import { useAnswer } from "../lib/store.js";
import { count, explain, t } from "../lib/text.js";
import { Problem } from "./problem.js";

const MOST = 200;

/** A text with what was looked for in it marked. */
function marked(text, wanted) {
  const at = text.toLowerCase().indexOf(wanted.toLowerCase());
  if (at < 0) return text;
  return html`${text.slice(0, at)}<mark>${text.slice(at, at + wanted.length)}</mark>${text.slice(at + wanted.length)}`;
}

/** `find` says where `text` is searched: "names" or "content". */
export function Found({ id, path, find, text }) {
  const [answer, refusal] = useAnswer((abort) => call("file_search", { server: id, path, text, in: find, limit: MOST }, abort), []);
  const rows = useMemo(
    () =>
      answer?.matches.map((match, at) => {
        const isText = find === "content";
        // Of a name nobody knows whether it is a folder; the page of a file says so, too.
        return html`<li key=${at}>
          <a href=${hrefOf(id, match.path, `?open=${match.line || 1}`)}>${isText ? match.path : marked(match.path, text)}</a>
          ${isText && html`<span class="muted">${t("lineN", { n: match.line })}</span><code>${marked(match.text, text)}</code>`}
        </li>`;
      }),
    [answer],
  );
  return html`<section class="found" aria-label=${t("searchResults")}>
    <h2>${answer ? count("nFound", answer.matches.length) : refusal ? t("searchResults") : t("searchingFiles")}</h2>
    ${answer && !answer.complete && html`<p class="muted">${t("foundNotAll")}</p>`}
    <${Problem} text=${explain(refusal)} />
    ${answer?.matches.length > 0 && html`<ul>${rows}</ul>`}
  </section>`;
}
