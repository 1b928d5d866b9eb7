// What can be set of a server, and its end.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { awaySince, call, repeat } from "../lib/api.js";
import { useKeys } from "../lib/keys.js";
import { say } from "../lib/live.js";
import { Drafts } from "../lib/session.js";
import { expect, may, useTypeWords } from "../lib/store.js";
import { count, explain, number, t, told, upper } from "../lib/text.js";
import { Destroy } from "./destroy.js";
import { Fields, isContested, isGeneral, isSame, problemOf, titleOf, useFirstWrong, valuesOf } from "./form.js";
import { Icon } from "./icon.js";
import { asksFirst, isAlive, RESTART, Sure } from "./power.js";
import { Problem } from "./problem.js";

// What was put in and not saved stays, whatever happens to the page around it.
const drafts = new Drafts();
// What each setting was when somebody began to change it, by the server.
const origins = new Drafts();

/** Between looks at what others have saved. */
const LOOK_MS = 5000;

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
  if (may(id, "settings")) return html`<${Settings} ...${{ id, status }} />`;
  return status && html`<div class="sets"><${Destroy} status=${status} /></div>`;
}

/** What others have replaced since one looks, by the name of the setting. */
function replaced({ settings, before }, fresh) {
  const known = new Map(settings.map(({ name, value }) => [name, value]));
  const all = { ...before };
  for (const { name, value } of fresh) {
    if (known.has(name) && known.get(name) !== value) all[name] ??= known.get(name);
    if (all[name] === value) delete all[name];
  }
  return all;
}

/**
 * The settings of a server, kept fresh: `{settings, before}`, null until they are there; what is
 * refused; asking for them now; and taking an answer that one's own change has brought.
 */
function useSettings(id) {
  const [known, setKnown] = useState(null);
  const [refusal, setRefusal] = useState(null);
  // Grows with each change of one's own: an answer that was asked for before knows nothing of it.
  const changes = useRef(0);
  const look = async (abort) => {
    const asked = changes.current;
    const { settings } = await call("server_settings", { server: id }, abort);
    if (changes.current === asked) setKnown((last) => ({ settings, before: last ? replaced(last, settings) : {} }));
    setRefusal(null);
    return settings;
  };
  useEffect(() => {
    const stop = new AbortController();
    const again = async () => {
      try {
        await look(stop.signal);
      } catch (error) {
        if (error.code) setRefusal(error);
        throw error;
      }
    };
    repeat(again, LOOK_MS, stop.signal);
    return () => stop.abort();
  }, [id]);
  const take = ({ settings }) => {
    changes.current += 1;
    setKnown({ settings, before: {} });
  };
  return [known, refusal, look, take];
}

function Settings({ id, status }) {
  const [known, refusal, look, take] = useSettings(id);
  const hasWords = useTypeWords();
  const [saved, setSaved] = useState(null);
  const [draft, keepDraft] = useState(drafts.get(id, {}));
  const [bases, keepBases] = useState(origins.get(id, {}));
  const [error, setError] = useState(null);
  const form = useRef(null);
  useFirstWrong(form, error);
  const properties = known?.settings;
  const setBases = (next) => {
    origins.set(id, next);
    keepBases(next);
  };
  const setDraft = (next) => {
    const valueNow = (name) => properties.find((property) => property.name === name)?.value;
    if (Object.keys(next).length) drafts.set(id, next);
    else drafts.delete(id);
    keepDraft(next);
    setBases(Object.fromEntries(Object.keys(next).map((name) => [name, name in bases ? bases[name] : valueNow(name)])));
  };
  const keepMine = (name) => setBases({ ...bases, [name]: properties.find((property) => property.name === name).value });
  // Somebody else has done the same: nothing of it is left to save.
  useEffect(() => {
    const isLeft = (property) => property.name in draft && !isSame(property, draft[property.name]);
    const left = (properties ?? []).filter(isLeft).map(({ name }) => [name, draft[name]]);
    if (properties && left.length < Object.keys(draft).length) setDraft(Object.fromEntries(left));
  }, [properties]);

  async function save(event) {
    event.preventDefault();
    const settings = valuesOf(properties, draft);
    const names = Object.keys(settings);
    if (!names.length || awaySince.value !== null) return;
    setError(null);
    try {
      // Nothing is overwritten that nobody here has seen.
      if ((await look()).some((property) => isContested(property, bases) && !isSame(property, draft[property.name]))) {
        say(t("decideFirst"));
        requestAnimationFrame(() => form.current?.querySelector(".contested button")?.focus());
        return;
      }
      take(await call("server_settings", { server: id, settings }));
      setSaved({ names });
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
    <${Nav} ...${{ id, sections, isChanged }} />
    <form class="sets" ref=${form} onSubmit=${save} noValidate>
      ${sections.map(
        ({ id: at, title, about, members }) => html`<section class="set" aria-labelledby=${at} key=${at}>
          <div class="set-head">
            <h2 id=${at}>${title}</h2>
            <p class="muted">${about}</p>
          </div>
          <div class="set-body">
            <${Fields} ...${{ properties: members, draft, setDraft, error, bases, keepMine, before: known.before, parent: "settings" }} />
          </div>
        </section>`,
      )}
      ${status && may(id, "destroy") && html`<${Destroy} status=${status} />`}
      ${isGeneral(error, "settings", properties) && html`<${Problem} text=${explain(error)} />`}
      <${Bar} ...${{ properties, draft, bases, error, saved, status, form }} discard=${() => setDraft({})} done=${() => setSaved({ ...saved, names: [] })} />
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

function Nav({ id, sections, isChanged }) {
  const danger = { id: "set-danger", title: t("dangerZone"), members: [] };
  const all = may(id, "destroy") ? [...sections, danger] : sections;
  const read = useSectionRead(all.map(({ id }) => id));
  const show = (at) => (event) => {
    event.preventDefault();
    document.getElementById(at)?.scrollIntoView();
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
function Bar({ properties, draft, bases, error, saved, status, form, discard, done }) {
  useKeys((event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.current.requestSubmit();
  });
  const changed = properties.filter(({ name }) => name in draft);
  const wrong = changed.filter(({ name }) => problemOf(error, "settings", name)).length;
  const isOff = !changed.length || awaySince.value !== null;
  if (saved?.names.length && !changed.length) return html`<${Saved} ...${{ names: saved.names, status, done }} />`;
  const contested = changed.filter((property) => isContested(property, bases)).length;
  const facts = [changed.map(titleOf).join(", "), wrong > 0 && count("toCorrect", wrong), contested > 0 && count("toDecide", contested)];
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
