// One server: a head that stays, and its tabs.
import { html, useEffect, useState } from "../lib/base.js";
import { repeat } from "../lib/api.js";
import { pins, togglePin } from "../lib/device.js";
import { portOf, stateOf } from "../lib/overview.js";
import { route } from "../lib/route.js";
import { loadServer, may, servers } from "../lib/store.js";
import { longDuration, number, t, told } from "../lib/text.js";
import "../tabs/all.js";
import { Address, addressOf } from "./address.js";
import { toClipboard } from "./copy.js";
import { Empty, NotAllowed } from "./empty.js";
import { Icon } from "./icon.js";
import { Menu } from "./menu.js";
import { Pill, Power } from "./power.js";
import { Sign } from "./sign.js";
import { mayTab, tabNamed, tabsOf } from "./tabs.js";
import { setTitle } from "./title.js";

const LOOK_MS = 1000;
/** So many tabs have a place of their own at the bottom of a phone. */
const MOST_SHORT = 5;

/** What the window is called. */
function titleOf(id, tab, state) {
  const name = ["crashed", "failed"].includes(state) ? `${id} ${t(`state.${state}`)}` : id;
  return tab === "console" || !tabNamed(tab) ? name : `${name} · ${t(tab)}`;
}

/** Follow a server's status; whether there is none such. */
function useStatus(id) {
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      try {
        await loadServer(id, stop.signal);
        setMissing(false);
      } catch (error) {
        if (["no_such_server", "bad_request"].includes(error.code)) setMissing(true);
        throw error;
      }
    };
    repeat(look, LOOK_MS, stop.signal);
    return () => stop.abort();
  }, [id]);
  return isMissing;
}

export default function Server({ id, tab }) {
  const isMissing = useStatus(id);
  const status = servers.value?.get(id);
  const state = status?.status;
  useEffect(() => setTitle(titleOf(id, tab, state)), [id, tab, state]);
  if (isMissing) {
    return html`<${Empty} icon="server" title=${t("noServer")}>
      <a class="btn" href="#/">${t("toServers")}</a>
    <//>`;
  }
  const shown = tabNamed(tab);
  const isAlone = Boolean(route.value.query.alone);
  const console = html`<a class="btn" href=${`#/server/${id}/console`}>${t("console")}</a>`;
  return html`${!isAlone && html`<${Head} ...${{ id, status, tab }} />`}
    <div class="tab-body">
      ${
        !shown
          ? html`<${Empty} icon="info" title=${t("notFoundPage")}>${console}<//>`
          : mayTab(id, shown)
            ? html`<${shown.view} key=${tab} ...${{ id, status }} />`
            : html`<${NotAllowed}>${console}<//>`
      }
    </div>
    ${!isAlone && html`<${Short} ...${{ id, tab }} />`}`;
}

function Head({ id, status, tab }) {
  const about = status && [told(status.typeTitle || status.type), status.description].filter(Boolean).join(" · ");
  return html`<header class="server-head">
    <div class="sh-top">
      <a class="btn icon back" href="#/" aria-label=${t("toServers")} title=${t("toServers")}
        ><${Icon} name="chevron-left"
      /></a>
      <${Sign} icon=${status?.icon} css="big" />
      <div class="sh-name">
        <h1 title=${id}>${id}</h1>
        <p title=${about || undefined}>${about}</p>
      </div>
      ${status && html`<${Facts} status=${status} /><${Power} status=${status} more=${itemsOf(status)} />`}
    </div>
    <nav class="tabs" aria-label=${id}>
      ${tabsOf(id).map((each) => link(id, each, tab, status))}
    </nav>
  </header>`;
}

const link = (id, { name, icon, count }, tab, status) => {
  const n = status && count?.(status);
  return html`<a key=${name} href=${`#/server/${id}/${name}`} aria-current=${name === tab ? "page" : undefined}
    ><${Icon} name=${icon} /><span>${t(name)}</span>${typeof n === "number" && html` <span class="count">${number(n)}</span>`}</a
  >`;
};

/** What else can be done with it. */
function itemsOf(status) {
  const { server } = status;
  return [
    portOf(status) !== null && {
      icon: "copy",
      text: t("copyAddress"),
      act: () => toClipboard(addressOf(status)),
    },
    { icon: "pin", text: t(pins.value.includes(server) ? "unpin" : "pin"), act: () => togglePin(server) },
  ];
}

const Fact = ({ css, name, children }) =>
  html`<span class=${`sh-fact ${css}`}
    ><span class="k">${t(name)}</span><span class="v">${children}</span></span
  >`;

function Facts({ status }) {
  const { players, uptime } = status;
  return html`<div class="sh-facts">
    <${Pill} state=${stateOf(status)} />
    ${portOf(status) !== null && html`<${Fact} css="addr" name="address"><${Address} status=${status} /><//>`}
    ${
      players !== undefined &&
      html`<${Fact} css="pl" name="players"
        >${players ? html`<b>${number(players.online)}</b>${players.max !== null && ` ${t("ofMost", { n: number(players.max) })}`}` : "–"}<//
      >`
    }
    <${Fact} css="up" name="uptime">${uptime === null ? "–" : longDuration(uptime)}<//>
  </div>`;
}

/** The tabs at the bottom of a phone; what has no room there lies in a menu. */
function Short({ id, tab }) {
  const all = tabsOf(id);
  const own = all.length > MOST_SHORT ? all.slice(0, MOST_SHORT - 1) : all;
  const more = all.slice(own.length);
  return html`<nav class="bottom" aria-label=${t("tabsShort", { id })}>
    ${own.map((each) => link(id, each, tab, null))}
    ${
      more.length > 0 &&
      html`<${Menu}
        label=${t("more")}
        css=${more.some(({ name }) => name === tab) ? "here" : ""}
        side="up"
        items=${more.map(({ name, icon }) => ({ icon, text: t(name), act: () => (location.hash = `#/server/${id}/${name}`) }))}
        ><${Icon} name="ellipsis" /><span>${t("more")}</span><//
      >`
    }
  </nav>`;
}
