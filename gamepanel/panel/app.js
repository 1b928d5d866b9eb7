// The page: which view is shown, and what all of them stand in.
import {
  Component,
  effect,
  html,
  render,
  signal,
  useEffect,
  useLayoutEffect,
  useRef,
} from "./lib/base.js";
import { Away, repeat, sleep, token } from "./lib/api.js";
import { fetchEnd } from "./lib/logend.js";
import { focusedAt, route, startAt } from "./lib/route.js";
import { leave } from "./lib/session.js";
import { config, isOpen, loadConfig, loadMe, loadServers, mayCreate, me } from "./lib/store.js";
import { explain, t } from "./lib/text.js";
import "./lib/watch.js";
import { Empty, NotAllowed } from "./views/empty.js";
import { AwayBar, Bottom, Live, Top } from "./views/frame.js";
import { Jump } from "./views/jump.js";
import { Lazy, rest, server } from "./views/lazy.js";
import { Login } from "./views/login.js";
import { Overview } from "./views/overview.js";
import { setTitle } from "./views/title.js";

// What more than one of server.js, rest.js and tools.js needs is in the first script. If esbuild says that two
// files would be called first.js, something is missing here.
import "./lib/events.js";
import "./lib/pace.js";
import "./lib/tabs.js";
import "./lib/wrong.js";
import "./views/backupfirst.js";
import "./views/limits.js";
import "./views/output.js";
import "./views/tabs.js";

/** What we may do can change meanwhile; it is asked for so often. */
const RIGHTS_MS = 30_000;

/** A page that comes when it is first wanted; what everybody sees first is here already. */
const lazy = (part, more) =>
  html`<${Lazy} key=${part} script=${part === "Server" ? server : rest} ...${{ part, ...more }} />`;

/** Who may see a page that is not for everybody. */
const isForMe = (page) => (page === "new" ? mayCreate() : !["people", "audit", "host"].includes(page) || me.value.admin);

/** What is shown at a path: `[title, view, name of the main part]`. */
function viewOf([, first, second, third]) {
  if (!isForMe(first)) return [null, html`<${NotAllowed} />`, ""];
  if (!first) return [t("servers"), html`<${Overview} />`, "overview"];
  if (first === "server" && second) {
    const tab = third ?? "console";
    return [second, lazy("Server", { id: second, tab }), `server is-${tab}`];
  }
  if (first === "activity") return [t("activity"), lazy("Activity"), "activity"];
  if (first === "new") return [t("newServer"), lazy("Create", { type: second }), "catalogue"];
  if (first === "people" && !isOpen()) return [t("people"), lazy("People"), "people"];
  if (first === "audit") return [t("audit"), lazy("Audit"), "audit"];
  if (first === "host") return [t("host"), lazy("Host"), "host"];
  if (first === "account") return [me.value.username, lazy("Account"), "account"];
  const way = html`<a class="btn" href="#/">${t("toServers")}</a>`;
  return [null, html`<${Empty} icon="info" title=${t("notFoundPage")}>${way}<//>`, ""];
}

/** Two addresses of one page are one view: the tabs of a server stay where they are. */
const pageOf = (path) => path.split("/").slice(0, 3).join("/");

/**
 * Another page is there. People who can't see that hear of it, and go on from its beginning, or from
 * where they were on it.
 */
function focusOn(main) {
  const was = focusedAt();
  const link = was && [...main.querySelectorAll("a[href]")].find((each) => each.getAttribute("href") === was);
  (link ?? main).focus({ preventScroll: true });
}

function Page() {
  const { path } = route.value;
  const [title, view, name] = viewOf(path.split("/"));
  const main = useRef(null);
  const came = useRef(false);
  setTitle(title);
  // At once: whoever types on at once goes on from there.
  useLayoutEffect(() => {
    if (came.current) {
      scrollTo(0, startAt());
      focusOn(main.current);
    }
    came.current = true;
  }, [path]);
  return html`<main id="main" tabindex="-1" class=${name} ref=${main}>
    <${Boundary} key=${pageOf(path)}>${view}<//>
  </main>`;
}

/** A bug in a view must not take the rest of the page along. */
class Boundary extends Component {
  componentDidCatch(error) {
    console.error(error);
    this.setState({ isBroken: true });
  }

  render({ children }, { isBroken }) {
    return isBroken ? html`<${Empty} icon="triangle-alert" title=${t("broken")} />` : children;
  }
}

const trouble = signal(null);

function Waiting() {
  return html`<main class="login">
    <${Empty} icon="hourglass" title=${trouble.value ? explain(trouble.value) : t("loading")}>
      ${token.value && html`<button class="btn" onClick=${leave}>${t("logout")}</button>`}
    <//>
  </main>`;
}

function App() {
  const isIn = token.value || isOpen();
  let content = html`<${Waiting} />`;
  if (config.value && !isIn) content = html`<main class="login" id="main"><${Login} /></main>`;
  else if (config.value && me.value) {
    content = html`<${Top} /><${AwayBar} /><${Page} /><${Bottom} /><${Jump} />`;
  }
  return html`<${Live} />${!(isIn && me.value) && html`<${AwayBar} />`}${content}`;
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

// The page that one comes for, as soon as it is known that one may be let in.
const [, wanted, id, tab = "console"] = route.value.path.split("/");
if (token.value) {
  // What the list shows need not wait until it is known who looks.
  if (!wanted) loadServers().catch(() => {});
  if (wanted === "server" && id && tab === "console") fetchEnd(id);
}
// Asked for before anything is shown, so that it is there when that is.
insist(loadConfig);
effect(() => (token.value || isOpen() ? insist(loadMe) : undefined));
const place = document.getElementById("app");
// What stood there until now.
place.replaceChildren();
render(html`<${App} />`, place);
const { signal: always } = new AbortController();
sleep(RIGHTS_MS, always).then(() =>
  repeat(async () => void (token.value && (await loadMe())), RIGHTS_MS, always),
);
