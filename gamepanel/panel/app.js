// The page: which view is shown, and what all of them stand in.
import {
  Component,
  effect,
  html,
  render,
  signal,
  useEffect,
  useRef,
  useState,
} from "./lib/base.js";
import { Away, awaySince, call, repeat, setToken, token } from "./lib/api.js";
import { config, isOpen, loadConfig, loadMe, me } from "./lib/store.js";
import { explain, t } from "./lib/text.js";
import { Account } from "./views/account.js";
import { Activity } from "./views/activity.js";
import { Create } from "./views/create.js";
import { Host } from "./views/host.js";
import { Login } from "./views/login.js";
import { Overview } from "./views/overview.js";
import { People } from "./views/people.js";
import { Server } from "./views/server.js";

/** What we may do can change meanwhile; it is asked for so often. */
const RIGHTS_MS = 30_000;

const path = signal(location.hash.slice(1) || "/");
addEventListener("hashchange", () => (path.value = location.hash.slice(1) || "/"));

/** What is shown at a path, and what the window is called then. */
function viewOf([, first, second]) {
  if (!first) return [t("servers"), html`<${Overview} />`];
  if (first === "server" && second) return [second, html`<${Server} key=${second} id=${second} />`];
  if (first === "activity") return [t("activity"), html`<${Activity} />`];
  if (first === "new") return [t("newServer"), html`<${Create} type=${second} />`];
  if (first === "people" && me.value.admin) return [t("people"), html`<${People} />`];
  if (first === "host" && me.value.admin) return [t("host"), html`<${Host} />`];
  if (first === "account") return [t("account"), html`<${Account} />`];
  return [null, html`<p class="empty">${t("notFoundPage")} <a href="#/">${t("servers")}</a></p>`];
}

function View() {
  const [title, view] = viewOf(path.value.split("/"));
  const came = useRef(false);
  useEffect(() => {
    document.title = title ? `${title} · gamepanel` : "gamepanel";
    // Who can't see that another page is there hears of it, and goes on from its beginning.
    if (came.current) {
      document.querySelector("main").focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    came.current = true;
  }, [path.value]);
  return html`<${Boundary} key=${path.value}>${view}<//>`;
}

/** A bug in a view must not take the rest of the page along. */
class Boundary extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ isBroken: true });
  }

  render({ children }, { isBroken }) {
    return isBroken ? html`<p class="empty" role="alert">${t("broken")}</p>` : children;
  }
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
  // Said once, not each second.
  return html`<div class="banner">
    <span role="alert">${t("away")}</span>
    ${seconds > 0 && html` <span aria-hidden="true">(${t("seconds", { n: seconds })})</span>`}
  </div>`;
}

function logOut() {
  const ended = token.value;
  // Whatever the daemon says of it, we forget the token.
  setToken(null, false);
  call("logout", {}, null, ended).catch(() => {});
}

function Header() {
  const here = path.value.split("/")[1] ?? "";
  const link = (to, text) =>
    html`<a href=${`#/${to}`} aria-current=${here === to ? "page" : undefined}>${text}</a>`;
  return html`<header>
    <a class="brand" href="#/">gamepanel</a>
    <nav>
      ${link("", t("servers"))} ${link("activity", t("activity"))}
      ${me.value.admin && link("host", t("host"))}
      ${me.value.admin && link("people", isOpen() ? t("audit") : t("people"))}
      ${!isOpen() && link("account", me.value.username)}
    </nav>
    ${!isOpen() && html`<button class="quiet" onClick=${logOut}>${t("logout")}</button>`}
  </header>`;
}

const trouble = signal(null);

function Waiting() {
  return html`<main class="narrow">
    <p class="empty">${trouble.value ? explain(trouble.value) : t("loading")}</p>
    ${token.value && html`<p class="empty"><button onClick=${logOut}>${t("logout")}</button></p>`}
  </main>`;
}

function App() {
  const isIn = token.value || isOpen();
  let content = html`<${Waiting} />`;
  if (config.value && !isIn) content = html`<main class="narrow"><${Login} /></main>`;
  else if (config.value && me.value) {
    content = html`<${Header} />
      <main tabindex="-1"><${View} /></main>`;
  }
  return html`<${Banner} />${content}`;
}

/** Try until it works, and say why it does not: a daemon that is away comes back. */
function insist(work) {
  const stop = new AbortController();
  const attempt = async () => {
    try {
      await work();
      trouble.value = null;
    } catch (error) {
      if (!(error instanceof Away)) trouble.value = error;
      throw error;
    }
  };
  repeat(attempt, null, stop.signal);
  return () => stop.abort();
}

// Asked for before anything is shown, so that it is there when that is.
insist(loadConfig);
effect(() => (token.value || isOpen() ? insist(loadMe) : undefined));
render(html`<${App} />`, document.getElementById("app"));
repeat(async () => void (token.value && (await loadMe())), RIGHTS_MS, new AbortController().signal);
