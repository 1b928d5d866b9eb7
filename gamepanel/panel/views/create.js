// Making a server: which game, then what it wants to know.
import { html, useRef, useState } from "../lib/base.js";
import { awaySince, call } from "../lib/api.js";
import { say } from "../lib/live.js";
import { go } from "../lib/route.js";
import { Drafts } from "../lib/session.js";
import { loadMe, mayCreate, useAnswer, useTypeWords } from "../lib/store.js";
import { bytes, explain, number, t, told } from "../lib/text.js";
import { Catalogue } from "./catalogue.js";
import { toClipboard } from "./copy.js";
import { Empty } from "./empty.js";
import { Text, Wrong } from "./field.js";
import { Fields, isGeneral, problemOf, useFirstWrong, valuesOf } from "./form.js";
import { useHost } from "./hostline.js";
import { Icon } from "./icon.js";
import { Problem } from "./problem.js";
import { Sign } from "./sign.js";

export default function Create({ type }) {
  if (!mayCreate()) return html`<${Empty} icon="lock" title=${t("code.forbidden")} />`;
  return type ? html`<${Form} key=${type} type=${type} />` : html`<${Catalogue} />`;
}

/** The ports that are proposed: unlike defaults they count only if they are sent. */
const portsOf = (properties) =>
  Object.fromEntries(
    properties
      .filter(({ type, value }) => type === "port" && value !== null)
      .map(({ name, value }) => [name, value]),
  );

/** An id as it can be, from a name as people write it. */
const idFrom = (name) =>
  name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/ß/g, "ss")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 32);

// What was put in stays, also when the session ends meanwhile.
const drafts = new Drafts();
const EMPTY = { id: null, description: "", options: {} };

function Form({ type }) {
  const [found, refusal] = useAnswer((abort) => call("server_create_options", { type }, abort), []);
  const answer = useTypeWords() ? found : null;
  const [tries, again] = useState(0);
  const [all, noneOf] = useAnswer((abort) => call("server_create_options", {}, abort), [tries]);
  const about = all?.types.find((each) => each.type === type);
  const title = told(about?.title ?? type);
  // Not before what stands above it: nothing moves then that somebody is about to click.
  const isReady = answer && all;
  return html`<div class="create">
    <div class="create-grid">
      <div>
        <p class="back-line"><a href="#/new"><${Icon} name="chevron-left" />${t("toGames")}</a></p>
        <div class="create-head">
          <${Sign} icon=${about?.icon} css="big" />
          <div>
            <h1>${t("newOf", { title })}</h1>
            <p class="muted">${answer && told(about?.description ?? "")} <${Homepage} url=${answer?.homepage} /></p>
          </div>
        </div>
        ${isReady && about?.missing.length > 0 && html`<${Missing} about=${about} again=${() => again(tries + 1)} />`}
        ${
          isReady
            ? html`<${Options} ...${{ type, properties: answer.options }} />`
            : html`<p class="muted">${explain(refusal ?? noneOf) || t("loading")}</p>`
        }
      </div>
      <${Side} about=${about} />
    </div>
  </div>`;
}

/** Where there is more to read of a game, by the name of its host. */
function Homepage({ url }) {
  if (!/^https?:/.test(url ?? "") || !URL.canParse(url)) return null;
  const name = new URL(url).hostname.replace(/^www\./, "");
  return html`<a href=${url} target="_blank" rel="noopener noreferrer">${name}</a>`;
}

const isCommand = (hint) => /^(?:apt|pip|npm) install \S+( \S+)*$/.test(hint) && !hint.includes(",");

/** What this host lacks, and how to get it. */
const Missing = ({ about: { missing, hint }, again }) =>
  html`<section class="notice warn" aria-label=${t("whatLacks")}>
    <span><${Icon} name="triangle-alert" /></span>
    <div>
      <b>${t("missing", { programs: missing.join(", ") })}</b>
      <p>${hint && (isCommand(hint) ? html`${t("addIt")} <code>${hint}</code>. ` : `${told(hint)}. `)}${t("fillInNow")}</p>
    </div>
    <div class="notice-acts">
      <button class="btn" type="button" onClick=${again}><${Icon} name="refresh-cw" />${t("lookAgain")}</button>
      ${
        hint &&
        html`<button class="btn icon" type="button" aria-label=${t("copyIt", { text: hint })} title=${t("copyIt", { text: hint })} onClick=${() => toClipboard(hint)}>
          <${Icon} name="copy" />
        </button>`
      }
    </div>
  </section>`;

/** What will happen, and what this host has for it. */
function Side({ about }) {
  const host = useHost();
  const counts = host && Object.values(host.servers).reduce((sum, n) => sum + n, 0);
  const facts = host && [
    [t("memoryFree"), bytes(host.memoryTotal - host.memoryBytes)],
    [t("diskFree"), bytes(host.diskFree)],
    [t("servers"), number(counts)],
  ];
  return html`<aside class="side" aria-label=${t("whatHappens")}>
    <h2>${t("whatHappens")}</h2>
    <ol class="will">
      <li>${t("willMake")}</li>
      <li>${t("willInstall", { title: told(about?.title ?? "") })}</li>
      <li>${t("willWait")}</li>
    </ol>
    ${
      facts &&
      html`<h2>${t("hostHas")}</h2>
        <dl class="have">
          ${facts.map(
            ([name, value]) => html`<div key=${name}>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
          )}
        </dl>`
    }
  </aside>`;
}

/** The groups of a type, as sections; the terms that have to be accepted stand at the end. */
function groupsOf(properties) {
  const groups = new Map();
  for (const property of properties.filter(({ accept }) => !accept)) {
    const { group, type } = property;
    const name = group ? told(group) : t(type === "port" ? "section.network" : "section.game");
    groups.set(name, [...(groups.get(name) ?? []), property]);
  }
  return [...groups];
}

function Options({ type, properties }) {
  const [draft, keepDraft] = useState(drafts.get(type, EMPTY));
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const form = useRef(null);
  useFirstWrong(form, error);
  const setDraft = (next) => {
    drafts.set(type, next);
    keepDraft(next);
  };
  const id = draft.id ?? idFrom(draft.description);
  const isOff = busy || !id || awaySince.value !== null;

  async function create(event) {
    event.preventDefault();
    if (isOff) return;
    setBusy(true);
    setError(null);
    try {
      const options = valuesOf(properties, { ...portsOf(properties), ...draft.options });
      await call("server_create", { type, server: id, description: draft.description, options });
      drafts.delete(type);
      // Whoever has made a server has every right on it.
      await loadMe().catch(() => {});
      go(`/server/${id}/console`);
    } catch (failure) {
      setError(failure);
      say(explain(failure));
      setBusy(false);
    }
  }

  const setOptions = (options) => setDraft({ ...draft, options });
  const own = { parent: "options", error, draft: draft.options, setDraft: setOptions, creating: true };
  const known = [{ name: "server" }, { name: "description" }, ...properties];
  const general = isGeneral(error, "options", known);
  return html`<form class="form-card" ref=${form} onSubmit=${create} noValidate>
    <fieldset class="grp">
      <legend>${t("aboutIt")}</legend>
      <${Text}
        id="own-description"
        label=${t("description")}
        value=${draft.description}
        problem=${problemOf(error, "", "description")}
        hint=${t("descriptionHint")}
        change=${(description) => setDraft({ ...draft, description })}
      />
      <${Text}
        id="own-server"
        label=${t("id")}
        css="field"
        value=${id}
        problem=${problemOf(error, "", "server")}
        hint=${t("idHint")}
        change=${(next) => setDraft({ ...draft, id: next })}
        autocapitalize="none"
        autocomplete="off"
        spellcheck=${false}
      />
    </fieldset>
    ${groupsOf(properties).map(
      ([name, members]) => html`<fieldset class="grp" key=${name}>
        <legend>${name}</legend>
        <${Fields} ...${own} properties=${members} />
      </fieldset>`,
    )}
    ${properties.filter(({ accept }) => accept).map((property) => html`<${Accept} key=${property.name} ...${{ property, ...own }} />`)}
    <${Problem} text=${general && explain(error)} />
    <div class="form-foot">
      <span class="con-space"></span>
      <a class="btn quiet" href="#/new">${t("cancel")}</a>
      <button class=${busy ? "btn primary busy" : "btn primary"} type="submit" aria-disabled=${isOff ? "true" : undefined}>
        ${t("create")}
      </button>
    </div>
  </form>`;
}

/** Terms that somebody has to accept. */
function Accept({ property, error, draft, setDraft }) {
  const { name, title, accept } = property;
  const problem = problemOf(error, "options", name);
  return html`<div class=${problem ? "accept wrong" : "accept"}>
    <label class="inline"
      ><input
        type="checkbox"
        checked=${Boolean(draft[name])}
        aria-invalid=${problem ? "true" : undefined}
        aria-describedby=${problem ? `field-${name}-error` : undefined}
        onChange=${(event) => setDraft({ ...draft, [name]: event.target.checked })}
      />${told(title || name)}</label
    >
    <a href=${accept} target="_blank" rel="noopener noreferrer">${accept}</a>
    <${Wrong} id=${`field-${name}-error`} problem=${problem} />
  </div>`;
}
