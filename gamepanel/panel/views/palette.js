// Ctrl-K: jump to a server or a page, or do something, by a few letters.
import { html, signal, useEffect, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { letters, turnTheme } from "../lib/device.js";
import { isAwaited, isHasty, isListed, isShown, wanted } from "../lib/jump.js";
import { stateOf } from "../lib/overview.js";
import { go, route } from "../lib/route.js";
import { leave } from "../lib/session.js";
import { isOpen as isWithoutLogin, loadServers, may, mayCreate, me, servers, useAnswer, useTypeWords } from "../lib/store.js";
import { say } from "../lib/live.js";
import { choiceText, count, explain, t, told, unitText } from "../lib/text.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { rest } from "./lazy.js";
import { ACTIONS, asksFirst, canBe, keyOf, nameOf, perform, Pill, UPDATE } from "./power.js";
import { Sign } from "./sign.js";
import { tabsOf } from "./tabs.js";

/** So many servers are offered at once. */
const MOST = 8;
/** A field of another page is waited for so long. */
const FIELD_MS = 5000;

/** The server whose page this is. */
const currentServer = () => servers.value?.get(route.value.path.split("/")[2]);

/** What stands there in place of all: `{title, items}`, one of which is to be chosen. */
const choice = signal(null);

/** Ask which server, as those that an action fits. */
const offerServers = (action) => () => {
  wanted.value = "";
  choice.value = {
    title: t("verbAnother", { verb: t(action.name) }),
    items: () => listed(action).map((item) => ({ ...item, ...powerItem(action, item.status) })),
  };
};

/** Ask whether that is meant: where a finger may have touched it by chance, or it is no small thing. */
const askFirst = (action, status) => () => {
  wanted.value = "";
  const words = { verb: nameOf(action, status), id: status.server };
  const about = action === UPDATE ? t("updateAbout") : count("playersOn", status.players.online);
  choice.value = {
    title: t("sureTitle", words),
    items: () => [
      { icon: "x", text: t("cancel"), act: () => {} },
      { icon: action.icon, text: t("verbOf", words), about, act: () => power(action, status) },
    ],
  };
};

/** What an item does: something to a server, or asking before. */
const powerItem = (action, status) =>
  action === UPDATE || asksFirst(action, status.players)
    ? { act: askFirst(action, status), isOpen: true }
    : { act: () => power(action, status) };

async function power(action, status) {
  try {
    await perform(action, status);
  } catch (error) {
    say(explain(error));
  }
}

const playersOn = ({ players }) => (players?.online ? count("nOn", players.online) : "");

/** What a setting is now, on one line. */
function valueText(property) {
  const { type, value, unit, choices } = property;
  if (type === "password" || value === null || value === "") return "";
  if (choices) return choiceText(property, value);
  if (type === "boolean") return t(value ? "on" : "off");
  return unit ? `${value} ${unitText(unit)}` : String(value).split("\n")[0];
}

/** The settings of the server whose page this is, once they are known. */
function useOptions() {
  const id = currentServer()?.server;
  const isWanted = Boolean(id) && may(id, "settings");
  const [answer] = useAnswer(
    async (abort) => {
      if (!isWanted) return null;
      const asked = call("server_settings", { server: id }, abort);
      const [{ settings }, { titleOf }] = await Promise.all([asked, rest()]);
      return { settings, titleOf };
    },
    [id, isWanted],
  );
  if (!useTypeWords() || !answer) return [];
  return answer.settings.map((setting) => ({
    icon: "settings",
    text: answer.titleOf(setting),
    about: valueText(setting),
    act: () => goTo(id, setting.name),
  }));
}

/** To a field of the settings, as soon as it is there. */
function goTo(id, name) {
  go(`/server/${id}/settings`);
  const until = performance.now() + FIELD_MS;
  const look = () => {
    const field = document.getElementById(`field-${name}`);
    if (field) {
      field.closest("details")?.setAttribute("open", "");
      field.focus();
      field.scrollIntoView({ block: "center" });
    } else if (performance.now() < until) setTimeout(look, 50);
  };
  look();
}

const DEEDS = [...ACTIONS, UPDATE];

/** What can be done here, as `{icon, text, about, act, key}`. */
function actions() {
  const status = currentServer();
  const id = status?.server;
  const own = status
    ? DEEDS.filter((action) => canBe(action, status)).map((action) => ({
        icon: action.icon,
        text: t("verbOf", { verb: nameOf(action, status), id }),
        key: keyOf(action, status),
        about: [t("youAreHere"), playersOn(status)].filter(Boolean).join(" · "),
        ...powerItem(action, status),
      }))
    : [];
  const another = DEEDS.filter((action) => listed(action).some(({ text }) => text !== id)).map((action) => ({
    icon: action.icon,
    text: t("verbAnother", { verb: t(action.name) }),
    about: t("chooseServer"),
    act: offerServers(action),
    isOpen: true,
  }));
  return [
    ...own,
    ...another,
    mayCreate() && { icon: "plus", text: t("newServer"), act: () => go("/new") },
    { icon: "moon", text: t("turnTheme"), act: turnTheme },
    !isWithoutLogin() && { icon: "log-out", text: t("logout"), act: leave },
  ].filter(Boolean);
}

function places() {
  const status = currentServer();
  const { admin } = me.value;
  const page = (name, to, icon) => ({ icon, text: t(name), act: () => go(to) });
  const tabs = status
    ? tabsOf(status.server).map(({ name, icon }) => ({
        ...page(name, `/server/${status.server}/${name}`, icon),
        about: status.server,
      }))
    : [];
  return [
    ...tabs,
    page("servers", "/", "server"),
    page("activity", "/activity", "activity"),
    admin && page("host", "/host", "hard-drive"),
    admin && !isWithoutLogin() && page("people", "/people", "users"),
    admin && page("audit", "/audit", "scroll-text"),
    page("account", "/account", "user"),
  ].filter(Boolean);
}

const aboutOf = ({ typeTitle, type, description }) => [told(typeTitle || type), description].filter(Boolean).join(" · ");

/** All servers, or those that something can be done with. */
const listed = (action) =>
  [...(servers.value?.values() ?? [])]
    .filter((status) => !action || canBe(action, status))
    .map((status) => ({
      status,
      text: status.server,
      about: aboutOf(status),
      act: () => go(`/server/${status.server}/console`),
    }));

/** What fits; behind ">" only what can be done. `options` are settings of the server whose page this is. */
function found(typed, options) {
  const isAction = typed.startsWith(">");
  const sought = isAction ? typed.slice(1).trim() : typed;
  const words = sought.toLowerCase().split(/\s+/);
  const fits = ({ text, about = "" }) =>
    words.every((word) => `${text} ${about}`.toLowerCase().includes(word));
  const isNamed = ({ text }) => text.toLowerCase().includes(words[0]);
  const byName = (a, b) => isNamed(b) - isNamed(a);
  if (choice.value) {
    const items = choice.value.items().filter(fits).slice(0, MOST);
    return items.length ? [{ title: choice.value.title, items }] : [];
  }
  const doing = { title: t("doIt"), items: actions().filter(fits) };
  if (isAction) return doing.items.length ? [doing] : [];
  const begins = ({ items }) => items.some(({ text }) => text.toLowerCase().startsWith(words[0]));
  return [
    { title: t("servers"), items: listed().filter(fits).sort(byName).slice(0, MOST) },
    doing,
    { title: t("settingsOf", { id: currentServer()?.server }), items: options.filter(fits).slice(0, MOST) },
    { title: t("pages"), items: places().filter(fits) },
  ]
    .filter(({ items }) => items.length)
    .sort((a, b) => words[0] && begins(b) - begins(a));
}

/** Where the item is now that was chosen last, `{number, name}`: the first before any was; -1 when it is gone. */
function placeOf(all, last) {
  if (!last) return 0;
  const isSame = (item) => item && nameIn(item) === last.name;
  return isSame(all[last.number]) ? last.number : all.findIndex(isSame);
}

/** What tells an item from others; who plays changes what stands beside it. */
const nameIn = ({ icon, text }) => `${icon} ${text}`;

/** A text with what was typed marked in it. */
function marked(text, sought) {
  const at = sought ? text.toLowerCase().indexOf(sought.toLowerCase()) : -1;
  if (at < 0) return text;
  const end = at + sought.length;
  return html`${text.slice(0, at)}<mark>${text.slice(at, end)}</mark>${text.slice(end)}`;
}

export default function Palette() {
  const [isLoaded, setLoaded] = useState(false);
  useEffect(() => void loadServers().catch(() => {}).then(() => setLoaded(true)), []);
  // By then the field has the focus: effects of what is within come first.
  useLayoutEffect(() => void (isAwaited.value = false), []);
  const { path } = route.value;
  const [began] = useState(path);
  // Another page is there: what was to be found has been found.
  useEffect(() => {
    if (path !== began) isShown.value = false;
  }, [path]);
  // By its name, since others may come and go: Enter must do what it was read to do.
  const [last, setLast] = useState(null);
  const list = useRef(null);
  const typed = wanted.value.trim();
  const groups = found(typed, useOptions());
  const sought = typed.replace(/^>\s*/, "");
  const all = groups.flatMap(({ items }) => items);
  const current = placeOf(all, last);
  const mark = (number) => all[number] && setLast({ number, name: nameIn(all[number]) });
  const close = () => (isShown.value = false);
  const choose = (item) => {
    setLast(null);
    if (!item.isOpen) close();
    item.act();
  };
  // Not before all servers are known: what fits best may be one that is not yet there.
  useLayoutEffect(() => {
    if (!isLoaded || !isHasty.value) return;
    isHasty.value = false;
    if (all[current]) choose(all[current]);
  });
  useEffect(() => () => void (choice.value = null), []);
  useEffect(() => {
    list.current.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  });

  function keys(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark((Math.max(current, step < 0 ? 0 : -1) + step + all.length) % all.length);
    else if (event.key === "?" && !wanted.value) {
      close();
      isListed.value = true;
    } else if (event.key === "Enter" && all[current]) choose(all[current]);
    else return;
    event.preventDefault();
  }

  const option = (item) => {
    const number = all.indexOf(item);
    return html`<div
      role="option"
      id=${`pal-${number}`}
      key=${number}
      aria-selected=${String(number === current)}
      onClick=${() => choose(item)}
      onMouseMove=${({ movementX, movementY }) => (movementX || movementY) && mark(number)}
    >
      ${item.status ? html`<${Sign} icon=${item.status.icon} />` : html`<${Icon} name=${item.icon} />`}
      <span>${marked(item.text, sought)}</span><span class="muted">${item.about}</span>
      ${item.key && letters.value && html`<span class="keys" aria-hidden="true"><kbd>${item.key}</kbd></span>`}
      ${item.status && html`<${Pill} state=${stateOf(item.status)} />`}
    </div>`;
  };
  return html`<${Dialog} title=${t("jump")} css="palette" isBare close=${close}>
    <label class="pal-in"
      ><${Icon} name="search" /><span class="sr">${t("jumpWhat")}</span
      ><input
        type="text"
        role="combobox"
        aria-expanded="true"
        aria-controls="pal-list"
        aria-activedescendant=${all[current] ? `pal-${current}` : undefined}
        autocomplete="off"
        spellcheck=${false}
        autofocus
        value=${wanted.value}
        onInput=${(event) => {
          wanted.value = event.target.value;
          setLast(null);
        }}
        onKeyDown=${keys}
      /><kbd aria-hidden="true">Esc</kbd></label
    >
    <div id="pal-list" role="listbox" aria-label=${t("whatFits")} ref=${list}>
      ${groups.map(
        ({ title, items }) => html`<div role="group" aria-label=${title} key=${title}>
          <div class="pal-h" aria-hidden="true">${title}</div>
          ${items.map(option)}
        </div>`,
      )}
    </div>
    ${!all.length && html`<p class="pal-h">${t("nothingFits", { what: `“${typed}”` })}</p>`}
    <div class="pal-foot" aria-hidden="true">
      <kbd>↑</kbd><kbd>↓</kbd> ${t("choose")} <kbd>Enter</kbd> ${t("doThis")} <kbd>${">"}</kbd> ${t("onlyDeeds")} <kbd>?</kbd> ${t("keys.all")}
    </div>
  <//>`;
}
