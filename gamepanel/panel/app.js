// The page: which view is shown, and what all of them stand in.
import { effect, html, render, signal, useEffect, useState } from "./lib/base.js";
import { awaySince, call, Away, repeat, setToken, sleep, token } from "./lib/api.js";
import { config, loadConfig, loadMe, me } from "./lib/store.js";
import { explain, t } from "./lib/text.js";
import { Account, People } from "./views/people.js";
import { Create } from "./views/create.js";
import { Login } from "./views/login.js";
import { Overview } from "./views/overview.js";
import { Server } from "./views/server.js";

const path = signal(location.hash.slice(1) || "/");
addEventListener("hashchange", () => (path.value = location.hash.slice(1) || "/"));

function View() {
  const [, first, second] = path.value.split("/");
  if (!first) return html`<${Overview} />`;
  if (first === "server" && second) return html`<${Server} key=${second} id=${decodeURIComponent(second)} />`;
  if (first === "new") return html`<${Create} type=${second} />`;
  if (first === "people" && me.value?.admin) return html`<${People} />`;
  if (first === "account") return html`<${Account} />`;
  return html`<p class="empty">${t("notFoundPage")} <a href="#/">${t("servers")}</a></p>`;
}

function Banner() {
  const [now, setNow] = useState(Date.now());
  const since = awaySince.value;
  useEffect(() => {
    if (since === null) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [since]);
  if (since === null) return null;
  const seconds = Math.max(0, Math.round((now - since) / 1000));
  return html`<p class="banner" role="alert">${seconds ? t("awayFor", { n: seconds }) : t("away")}</p>`;
}

async function logOut() {
  try {
    await call("logout");
  } catch {
    // Whatever the daemon says of it, we forget the token.
  }
  setToken(null, false);
}

function Header() {
  const here = path.value.split("/")[1] ?? "";
  const link = (to, text) =>
    html`<a href=${`#/${to}`} aria-current=${here === to ? "page" : undefined}>${text}</a>`;
  return html`<header>
    <a class="brand" href="#/">gamepanel</a>
    <nav>
      ${link("", t("servers"))}
      ${me.value.admin && config.value.auth !== "noauth" && link("people", t("people"))}
      ${config.value.auth !== "noauth" && link("account", me.value.username)}
    </nav>
    ${config.value.auth !== "noauth" && html`<button class="quiet" onClick=${logOut}>${t("logout")}</button>`}
  </header>`;
}

const trouble = signal(null);

function App() {
  const isOpen = config.value?.auth === "noauth";
  if (!config.value || (me.value === null && (token.value || isOpen))) {
    return html`<${Banner} /><p class="empty">${trouble.value ? explain(trouble.value) : t("loading")}</p>`;
  }
  if (!token.value && !isOpen) return html`<${Banner} /><main class="narrow"><${Login} /></main>`;
  return html`<${Banner} /><${Header} /><main><${View} /></main>`;
}

/** Try until it works: a daemon that is away for a while comes back. */
async function insist(work) {
  for (;;) {
    try {
      trouble.value = null;
      return await work();
    } catch (error) {
      if (!(error instanceof Away) && !error.code) throw error;
      if (error.code?.startsWith("token_")) return undefined;
      trouble.value = error;
      await sleep(1000);
    }
  }
}

await insist(loadConfig);
effect(() => {
  if (token.value || config.value.auth === "noauth") insist(loadMe);
});
// What we may do can change meanwhile.
repeat(async () => (token.value ? loadMe() : undefined), 30_000, new AbortController().signal);
render(html`<${App} />`, document.getElementById("app"));
