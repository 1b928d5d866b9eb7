// Which games there are, and what this host lacks for them.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { route, setQuery } from "../lib/route.js";
import { useAnswer, useTypeWords } from "../lib/store.js";
import { explain, number, t, told } from "../lib/text.js";
import { Empty } from "./empty.js";
import { Chips, SearchField } from "./filters.js";
import { Icon } from "./icon.js";
import { TypeCard } from "./typecard.js";

/** So many tags are offered, the commonest; one that is chosen in any case. */
const MOST_TAGS = 9;

const textOf = ({ type, title, description, tags = [] }) =>
  [type, title, description, told(title), told(description), ...tags, ...tags.map(told)].join(" ").toLowerCase();

/** Tags with how many games have them, the commonest first. */
function tagsOf(types) {
  const found = new Map();
  for (const tag of types.flatMap(({ tags = [] }) => tags)) found.set(tag, (found.get(tag) ?? 0) + 1);
  return [...found].sort(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

export function Catalogue() {
  const [found, refusal] = useAnswer((abort) => call("server_create_options", {}, abort), []);
  const answer = useTypeWords() ? found : null;
  const [isReady, setReady] = useState(false);
  const { q = "", tag = "" } = route.value.query;
  // What this host has all for comes first.
  const types = (answer?.types ?? []).toSorted((a, b) => a.missing.length - b.missing.length);
  const shown = types.filter(
    (type) =>
      (!tag || type.tags?.includes(tag)) &&
      (!isReady || !type.missing.length) &&
      textOf(type).includes(q.toLowerCase()),
  );
  const offered = tagsOf(types).filter(([name], at) => at < MOST_TAGS || name === tag);
  const chips = [
    ["", html`<span class="n">${number(types.length)}</span> ${t("all")}`],
    ...offered.map(([name, n]) => [name, html`<span class="n">${number(n)}</span> ${told(name)}`]),
  ];
  const label = t("searchGames", { n: number(types.length) });
  return html`<div class="page-head"><h1>${t("newServer")}</h1></div>
    <div class="filters">
      <${SearchField} label=${label} placeholder=${label} value=${q} change=${(text) => setQuery({ q: text })} />
      <${Chips} label=${t("tags")} value=${tag} all=${chips} change=${(name) => setQuery({ tag: name })} />
      <label class="inline"
        ><input type="checkbox" checked=${isReady} onChange=${(event) => setReady(event.target.checked)} /> ${t("onlyReady")}</label
      >
    </div>
    ${!answer && html`<p class="muted">${refusal ? explain(refusal) : t("loading")}</p>`}
    ${
      answer &&
      !shown.length &&
      html`<${Empty} icon="list-filter" title=${t("noGameFits")}>
        <button class="btn" onClick=${() => setQuery({ q: "", tag: "" })}>${t("clearFilter")}</button>
      <//>`
    }
    <ul class="types">
      ${shown.map((type) => html`<li key=${type.type}><${TypeCard} type=${type} /></li>`)}
    </ul>
    ${
      answer &&
      html`<p class="more muted">
        ${t("nShown", { n: number(shown.length), all: number(types.length) })} ${t("gameMissing")} <code>gamepanel import</code>
      </p>`
    }
    ${answer?.problems?.length > 0 && html`<${LeftOut} problems=${answer.problems} />`}`;
}

const LeftOut = ({ problems }) =>
  html`<section class="notice" aria-label=${t("typeProblems")}>
    <span><${Icon} name="triangle-alert" /></span>
    <div>
      <b>${t("typeProblems")}</b>
      <ul>
        ${problems.map(({ file, detail }) => html`<li key=${file}><code>${file}</code> ${detail}</li>`)}
      </ul>
    </div>
  </section>`;
