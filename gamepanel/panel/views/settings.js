// What can be set of a server, and its end.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { awaySince, call } from "../lib/api.js";
import { useKeys } from "../lib/keys.js";
import { say } from "../lib/live.js";
import { Drafts } from "../lib/session.js";
import { expect, may, useAnswer, useTypeWords } from "../lib/store.js";
import { count, explain, number, t, told, upper } from "../lib/text.js";
import { Destroy } from "./destroy.js";
import { Fields, isGeneral, problemOf, titleOf, useFirstWrong, valuesOf } from "./form.js";
import { Icon } from "./icon.js";
import { asksFirst, isAlive, RESTART, Sure } from "./power.js";
import { Problem } from "./problem.js";

// What was put in and not saved stays, whatever happens to the page around it.
const drafts = new Drafts();

const GENERAL = ["description", "tags", "autostart"];
/** What holds as soon as it is saved; all else waits for the next start. */
const atOnce = (name) => GENERAL.includes(name) || name.startsWith("restart");

/** The name of the section that a setting belongs to. */
function sectionOf({ name, group, type }) {
  if (GENERAL.includes(name)) return "general";
  if (/^restart([A-Z]|$)/.test(name)) return "afterCrash";
  if (/Limit$/.test(name) || name === "isolation") return "limits";
  if (name.startsWith("backup")) return "backups";
  if (group) return OWN.find((each) => t(`section.${each}`) === told(group)) ?? told(group);
  return type === "port" ? "network" : "game";
}

const ORDER = ["general", "network", "game"];
const LAST = ["afterCrash", "limits", "backups"];
const placeOf = (name) => {
  if (ORDER.includes(name)) return ORDER.indexOf(name);
  return LAST.includes(name) ? 100 + LAST.indexOf(name) : 50;
};
const OWN = [...ORDER, ...LAST];

function sectionsOf(properties) {
  const found = new Map();
  for (const property of properties) {
    const name = sectionOf(property);
    // Limits have a section of their own, which is out of the way already.
    const shown = name === "limits" ? { ...property, advanced: false } : property;
    found.set(name, [...(found.get(name) ?? []), shown]);
  }
  found.get("general")?.sort((a, b) => GENERAL.indexOf(a.name) - GENERAL.indexOf(b.name));
  return [...found]
    .map(([name, members]) => ({
      id: `set-${name.replace(/\W+/g, "-")}`,
      title: OWN.includes(name) ? t(`section.${name}`) : upper(name),
      about: OWN.includes(name) ? t(`section.${name}.about`) : "",
      place: placeOf(name),
      members,
    }))
    .sort((a, b) => a.place - b.place);
}

export default function View({ id, status }) {
  if (!may(id, "settings")) {
    return html`<p class="muted">${t("mayNotSettings")}</p>
      ${status && html`<div class="sets"><${Destroy} status=${status} /></div>`}`;
  }
  return html`<${Settings} ...${{ id, status }} />`;
}

function Settings({ id, status }) {
  const [answer, refusal] = useAnswer((abort) => call("server_settings", { server: id }, abort), [id]);
  const hasWords = useTypeWords();
  const [saved, setSaved] = useState(null);
  const [draft, keepDraft] = useState(drafts.get(id, {}));
  const [error, setError] = useState(null);
  const form = useRef(null);
  useFirstWrong(form, error);
  const properties = (saved?.answer ?? answer)?.settings;
  const setDraft = (next) => {
    if (Object.keys(next).length) drafts.set(id, next);
    else drafts.delete(id);
    keepDraft(next);
  };

  async function save(event) {
    event.preventDefault();
    const settings = valuesOf(properties, draft);
    const names = Object.keys(settings);
    if (!names.length || awaySince.value !== null) return;
    setError(null);
    try {
      setSaved({ answer: await call("server_settings", { server: id, settings }), names });
      setDraft({});
      say(t("saved"));
    } catch (failure) {
      setError(failure);
      say(explain(failure));
    }
  }

  if (!properties || !hasWords) return html`<p class="muted">${refusal ? explain(refusal) : t("loading")}</p>`;
  const sections = sectionsOf(properties);
  const isChanged = ({ members }) => members.some(({ name }) => name in draft);
  return html`<div class="settings">
    <${Nav} sections=${sections} isChanged=${isChanged} />
    <form class="sets" ref=${form} onSubmit=${save} noValidate>
      ${sections.map(
        ({ id: at, title, about, members }) => html`<section class="set" aria-labelledby=${at} key=${at}>
          <div class="set-head">
            <h2 id=${at}>${title}</h2>
            <p class="muted">${about}</p>
          </div>
          <div class="set-body">
            <${Fields} ...${{ properties: members, draft, setDraft, error, parent: "settings" }} />
          </div>
        </section>`,
      )}
      ${status && html`<${Destroy} status=${status} />`}
      ${isGeneral(error, "settings", properties) && html`<${Problem} text=${explain(error)} />`}
      <${Bar} ...${{ properties, draft, error, saved, status, form }} discard=${() => setDraft({})} done=${() => setSaved({ ...saved, names: [] })} />
    </form>
  </div>`;
}

/** Below the head of a server: a section that has got there is the one that is read. */
const HEAD = 220;

/** The id of the section that is read, of some in their order. */
function useSectionRead(ids) {
  const [read, setRead] = useState(ids[0]);
  const asked = ids.join(" ");
  useEffect(() => {
    const look = () => {
      const above = ids.filter((id) => document.getElementById(id)?.getBoundingClientRect().top < HEAD);
      // At its end the last ones can't get to the top.
      const isEnd = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
      setRead(isEnd ? ids.at(-1) : (above.at(-1) ?? ids[0]));
    };
    look();
    addEventListener("scroll", look, { passive: true });
    return () => removeEventListener("scroll", look);
  }, [asked]);
  return read;
}

function Nav({ sections, isChanged }) {
  const all = [...sections, { id: "set-danger", title: t("dangerZone"), members: [] }];
  const read = useSectionRead(all.map(({ id }) => id));
  const show = (id) => (event) => {
    event.preventDefault();
    document.getElementById(id)?.scrollIntoView();
  };
  return html`<nav class="set-nav" aria-label=${t("sections")}>
    ${all.map(
      (section) => html`<a
        key=${section.id}
        href=${`#${section.id}`}
        aria-current=${section.id === read ? "true" : undefined}
        onClick=${show(section.id)}
        >${section.title}${
          isChanged(section) &&
          html`<span class="dot" title=${t("changed")}></span><span class="sr">, ${t("changed")}</span>`
        }</a
      >`,
    )}
  </nav>`;
}

/** How many changes there are, and what to do with them; afterwards what is left to do. */
function Bar({ properties, draft, error, saved, status, form, discard, done }) {
  useKeys((event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.current.requestSubmit();
  });
  const changed = properties.filter(({ name }) => name in draft);
  const wrong = changed.filter(({ name }) => problemOf(error, "settings", name)).length;
  const isOff = !changed.length || awaySince.value !== null;
  if (saved?.names.length && !changed.length) return html`<${Saved} ...${{ names: saved.names, status, done }} />`;
  const facts = [changed.map(titleOf).join(", "), wrong > 0 && count("toCorrect", wrong)];
  return html`<div class="savebar" role="region" aria-label=${t("changes")}>
    ${changed.length > 0 && html`<span class="dot"></span>`}
    <b>${changed.length ? count("nChanges", changed.length) : t("nothingChanged")}</b>
    <span class="muted hide-s">${facts.filter(Boolean).join(" · ")}</span>
    <span class="con-space"></span>
    ${changed.length > 0 && html`<button class="btn quiet" type="button" onClick=${discard}>${t("discard")}</button>`}
    <button class="btn primary" type="submit" aria-disabled=${isOff ? "true" : undefined}>
      ${t("save")} <kbd aria-hidden="true">${t("ctrl")} S</kbd>
    </button>
  </div>`;
}

function Saved({ names, status, done }) {
  const later = names.filter((name) => !atOnce(name)).length;
  const waits = later > 0 && isAlive(status?.status);
  const online = status?.players?.online ?? 0;
  const [isAsked, ask] = useState(false);
  const press = () => (asksFirst(RESTART, status.players) ? ask(true) : restart());
  const restart = async () => {
    try {
      expect(status.server, (await call("server_restart", { server: status.server })).status);
      done();
    } catch (error) {
      say(explain(error));
    }
  };
  return html`<div class="savebar ok" role="region" aria-label=${t("changes")}>
    <${Icon} name="circle-check" /><b>${t("saved")}</b>
    <span class="muted">
      ${waits && t("holdsLater", { n: number(later), all: number(names.length) })}
      ${waits && online > 0 && ` ${count("playersOn", online)}`}
    </span>
    <span class="con-space"></span>
    <button class="btn quiet" type="button" onClick=${done}>${t(waits ? "later" : "close")}</button>
    ${
      waits &&
      may(status.server, "power") &&
      html`<button class="btn primary" type="button" onClick=${press}>
        <${Icon} name="rotate-cw" />${t("restartNow")}
      </button>`
    }
    ${isAsked && html`<${Sure} ...${{ action: RESTART, id: status.server, players: status.players, act: restart }} close=${() => ask(false)} />`}
  </div>`;
}
