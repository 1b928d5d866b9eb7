// What stands around every view: the bar at the top, what is said, and on phones the bar at the bottom.
import { html, useLayoutEffect, useRef, useState } from "../lib/base.js";
import { awaySince } from "../lib/api.js";
import { isDark, turnTheme } from "../lib/device.js";
import { open } from "../lib/jump.js";
import { say, spoken } from "../lib/live.js";
import { route } from "../lib/route.js";
import { isOpen, lookNow, mayCreate, me, seenAt } from "../lib/store.js";
import { clock, t } from "../lib/text.js";
import { Icon } from "./icon.js";

export const Logo = () =>
  html`<svg viewBox="0 0 32 32" aria-hidden="true">
    <rect x="2" y="5" width="28" height="22" rx="5" />
    <path d="M7 12l5 4-5 4M15 21h9" />
  </svg>`;

/** The one region that is read aloud. */
export const Live = () =>
  html`<div class="sr" role="status" aria-live="polite" id="live">${spoken.value}</div>`;

const PLACES = [
  { name: "servers", to: "", icon: "server", fits: () => true },
  { name: "new", to: "new", icon: "plus", fits: mayCreate, isShort: true },
  { name: "host", to: "host", icon: "hard-drive", fits: () => me.value.admin },
  { name: "people", to: "people", icon: "users", fits: () => me.value.admin && !isOpen() },
  { name: "audit", to: "audit", icon: "scroll-text", fits: () => me.value.admin, isLong: true },
  { name: "account", to: "account", icon: "user", fits: () => true, isShort: true },
];

/** The place that a path belongs to. */
function currentPlace() {
  const [, first] = route.value.path.split("/");
  return first === "server" || first === "activity" ? "" : (first ?? "");
}

function links(isWanted, current = currentPlace()) {
  return PLACES.filter((place) => isWanted(place) && place.fits()).map(
    ({ name, to, icon }) =>
      html`<a key=${name} href=${`#/${to}`} aria-current=${current === to ? "page" : undefined}
        ><${Icon} name=${icon} /><span>${t(name)}</span></a
      >`,
  );
}

export function Top() {
  const skip = (event) => {
    event.preventDefault();
    document.getElementById("main").focus();
  };
  const { username } = me.value;
  return html`<a class="skip" href="#main" onClick=${skip}>${t("skip")}</a>
    <header class="top">
      <a class="brand" href="#/"><${Logo} /><span>gamepanel</span></a>
      <nav class="main-nav" aria-label=${t("panel")}>${links(({ isShort }) => !isShort, currentPlace() === "new" ? "" : currentPlace())}</nav>
      <div class="top-right">
        <button class="jump" type="button" onClick=${() => open()}>
          <${Icon} name="search" /><span>${t("jump")}</span>
          <span class="keys" aria-hidden="true"><kbd>${t("ctrl")} K</kbd></span>
        </button>
        <button class="btn icon" type="button" aria-label=${t("theme")} title=${t("theme")} onClick=${turnTheme}>
          <${Icon} name=${isDark() ? "sun" : "moon"} />
        </button>
        <a
          class="btn icon who-am"
          href="#/account"
          aria-label=${t("accountOf", { name: username })}
          title=${username}
          aria-current=${currentPlace() === "account" ? "page" : undefined}
          ><span class="ava" aria-hidden="true">${username.charAt(0).toUpperCase()}</span></a
        >
      </div>
    </header>`;
}

/** On phones; a server has one of its own, with its tabs. */
export function Bottom() {
  if (route.value.path.startsWith("/server/")) return null;
  return html`<nav class="bottom" aria-label=${t("panelShort")}>${links(({ isLong }) => !isLong || isOpen(), currentPlace() === "audit" && !isOpen() ? "people" : currentPlace())}</nav>`;
}

/** That nothing answers: it pushes the page down, and hides nothing of it. */
export function AwayBar() {
  const since = awaySince.value;
  const was = useRef(null);
  const [, tick] = useState(0);
  // With the first frame: all that is away looks so at once.
  useLayoutEffect(() => {
    document.body.classList.toggle("away", since !== null);
    if (since !== null && was.current === null) say(t("away"));
    if (since === null && was.current !== null) say(t("isBack"));
    was.current = since;
    if (since === null) return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [since]);
  if (since === null) return null;
  const seconds = Math.max(0, Math.round((Date.now() - since) / 1000));
  return html`<section class="away-bar banner" aria-label=${t("connection")}>
    <${Icon} name="cloud-off" />
    <span
      ><b>${t("away")}</b> ${seenAt.value && `${t("seenAt", { at: clock(seenAt.value) })} `}${t("runOn")} <span aria-hidden="true">${t("awayFor", { n: seconds })}</span></span
    >
    <button class="btn small" type="button" onClick=${lookNow}>${t("tryNow")}</button>
  </section>`;
}
