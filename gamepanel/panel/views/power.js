// Starting and stopping a server. What fits its state can be used, the rest keeps its place and says why not.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { awaySince, call } from "../lib/api.js";
import { offer } from "../lib/keys.js";
import { say } from "../lib/live.js";
import { shapeOf } from "../lib/overview.js";
import { expect, loadMe, may } from "../lib/store.js";
import { count, explain, t, upper } from "../lib/text.js";
import { Dialog } from "./dialog.js";
import { Icon, Shape } from "./icon.js";
import { Lazy, server } from "./lazy.js";
import { Menu } from "./menu.js";
import { Problem } from "./problem.js";

/** What is going on, or about to. */
const ALIVE = ["starting", "running", "stopping"];
export const isAlive = (state) => ALIVE.includes(state);

/** Nothing of it runs. A state that this page does not know is neither alive nor down. */
const DOWN = ["stopped", "crashed", "waiting", "failed", "installing"];
export const isDown = (state) => DOWN.includes(state);

/** After its state has changed a server takes nothing for so long: a second click was for what stood there before. */
const CALM_MS = 500;

const isAtRest = (state) => isDown(state) && state !== "installing";
const isIn =
  (...states) =>
  ({ status }) =>
    states.includes(status);

/** What can be done: `right` is what it takes, `fits` says of a status whether it can be done now. */
export const START = {
  name: "start",
  icon: "play",
  endpoint: "server_start",
  right: "power",
  fits: ({ status, needsInstall }) => isAtRest(status) && !needsInstall,
};
export const STOP = {
  name: "stop",
  icon: "square",
  endpoint: "server_stop",
  right: "power",
  fits: isIn("running", "starting", "waiting"),
};
export const RESTART = {
  name: "restart",
  icon: "rotate-cw",
  endpoint: "server_restart",
  right: "power",
  fits: isIn("running", "starting"),
};
export const KILL = { name: "kill", icon: "skull", endpoint: "server_force_kill", right: "power", fits: isIn(...ALIVE) };
export const UPDATE = {
  name: "update",
  icon: "arrow-up",
  endpoint: "server_update",
  right: "settings",
  becomes: "installing",
  fits: ({ status, installed, needsInstall }) => isAtRest(status) && Boolean(installed || needsInstall),
};
const CANCEL = {
  name: "cancel",
  icon: "x",
  endpoint: "job_cancel",
  right: "settings",
  about: ({ job }) => ({ job }),
  fits: ({ status, job }) => status === "installing" && job != null,
};

export const ACTIONS = [START, STOP, RESTART];

/** Whether something can be done with a server now, and by this person. */
export const canBe = (action, status) => action.fits(status) && may(status.server, action.right);

/** What it is called: what has failed to be installed is not updated. */
export const nameOf = (action, { needsInstall }) => t(action === UPDATE && needsInstall ? "install" : action.name);

/** Do it, and show at once what has begun. */
export async function perform({ endpoint, about, becomes }, status) {
  const { server } = status;
  const answer = await call(endpoint, about?.(status) ?? { server });
  const next = becomes ?? answer.status;
  if (next) expect(server, next);
}

/** Why what does not fit its state can't be done now. */
function whyNot(action, { status: state, needsInstall }) {
  if (action === START && state === "running") return t("runsAlready");
  if (action === START && state === "installing") return t("waitInstall");
  if (action === START && needsInstall) return t("code.not_installed");
  return isDown(state) ? t("doesNotRun") : t("notNow", { state: t(`state.${state}`) });
}

/** The state of a server, by word and shape; what it was when nobody can know. */
export function Pill({ state }) {
  const isAway = awaySince.value !== null;
  const word = t(`state.${state}`);
  if (isAway) {
    return html`<span class="pill is-unknown"
      ><${Shape} state="unknown" /><span>${t("wasState", { state: word })}</span></span
    >`;
  }
  return html`<span class=${`pill is-${state}`}><${Shape} state=${shapeOf(state)} /><span>${upper(word)}</span></span>`;
}

/** Whatever throws players out asks first. */
export const asksFirst = (action, players) => (action === STOP || action === RESTART) && players?.online > 0;

/** Whether a state has stood long enough for a click to be meant for it. */
function useCalm(state) {
  const changed = useRef({ state, at: -Infinity });
  const [, look] = useState(0);
  if (changed.current.state !== state) changed.current = { state, at: performance.now() };
  useEffect(() => {
    const timer = setTimeout(() => look((n) => n + 1), CALM_MS + 20);
    return () => clearTimeout(timer);
  }, [state]);
  return performance.now() - changed.current.at >= CALM_MS;
}

/** What can be done to a server, doing it, and the question before what is not to be taken back. */
export function usePower(status) {
  const { server: id, status: state, players } = status;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [asked, ask] = useState(null);
  const isCalm = useCalm(state);

  const reasonNot = (action) => {
    if (!may(id, action.right)) return t("mayNotPower");
    if (awaySince.value !== null) return t("awayWait");
    if (!action.fits(status)) return whyNot(action, status);
    return isCalm && !busy ? "" : t("justChanged");
  };

  async function act(action) {
    if (reasonNot(action)) return;
    setBusy(true);
    setProblem("");
    try {
      await perform(action, status);
    } catch (error) {
      setProblem(explain(error));
      if (error.code === "forbidden") loadMe();
    }
    setBusy(false);
  }

  const press = (action) => {
    const why = reasonNot(action);
    if (why) say(why);
    else if (action === KILL || action === UPDATE || asksFirst(action, players)) ask(action);
    else act(action);
  };
  const close = () => ask(null);
  const canStop = !reasonNot(STOP);
  const question =
    asked === KILL
      ? html`<${KillDialog} ...${{ id, players, canStop, act, close }} />`
      : asked === UPDATE
        ? html`<${Lazy} script=${server} part="Update" ...${{ status, close }} />`
        : asked && html`<${Sure} ...${{ action: asked, id, players, act, close }} />`;
  return { reasonNot, press, problem, question };
}

function Button({ action, power, css, label, children }) {
  const why = power.reasonNot(action);
  // Not "disabled", which takes the focus away, and keeps its reason from people who can't hover.
  // The second click of a double one does nothing, however late a busy browser comes to it.
  return html`<button
    type="button"
    class=${css}
    title=${why || undefined}
    aria-disabled=${why ? "true" : undefined}
    aria-label=${label}
    onClick=${({ detail }) => detail < 2 && power.press(action)}
  >
    ${children}
  </button>`;
}

/** The buttons in the head of a server, and what lies behind them. */
export function Power({ status, more = [] }) {
  const { server: id } = status;
  const power = usePower(status);
  const update = (status.installed || status.needsInstall) && may(id, UPDATE.right) && {
    icon: UPDATE.icon,
    text: `${nameOf(UPDATE, status)} …`,
    why: power.reasonNot(UPDATE),
    act: () => power.press(UPDATE),
  };
  const byKey = { s: () => power.press(turnOf(status)), r: () => power.press(RESTART) };
  return html`<div class="power-group" role="group" aria-label=${t("powerOf", { id })} ref=${(own) => offer(own, byKey)}>
      ${ACTIONS.map(
        (action) =>
          html`<${Button} key=${action.name} ...${{ action, power }} css="btn power"
            ><${Icon} name=${action.icon} /><span>${t(action.name)}</span><//
          >`,
      )}
      <${Menu}
        label=${t("moreFor", { id })}
        items=${[update, ...more, "-", killItem(power)]}
      />
    </div>
    <${Problem} text=${power.problem} />
    ${power.question}`;
}

/**
 * The one thing to do with a server in a list, and all else in a menu: `first` and `more` stand
 * before and behind what is done to it. `byKey` has what its items do, by their keys.
 */
export function useRowPower({ status, first, more }) {
  const { server: id } = status;
  const power = usePower(status);
  const verb = verbOf(status);
  const textOf = (action) => nameOf(action, status) + (action === UPDATE ? " …" : "");
  const item = (action) => ({
    key: keyOf(action, status),
    icon: action.icon,
    text: textOf(action),
    why: power.reasonNot(action),
    act: () => power.press(action),
  });
  // The verb is in the menu, too: on phones it fits nowhere else.
  const actions = [verb, ...ACTIONS.filter((each) => each !== verb && (each === RESTART || each.fits(status)))];
  const items = [...first, ...actions.map(item), ...more, "-", killItem(power)].filter(Boolean);
  return {
    verb: html`<${Button} ...${{ action: verb, power }} css="btn small verb" label=${t("verbOf", { verb: nameOf(verb, status), id })}
      ><span>${textOf(verb)}</span><//
    >`,
    menu: html`<${Menu} label=${t("moreFor", { id })} items=${items} />${power.question}`,
    problem: power.problem,
    byKey: Object.fromEntries(items.filter(({ key }) => key).map(({ key, why, act }) => [key, why ? () => say(why) : act])),
  };
}

/** What begins or ends it as it is. */
function turnOf(status) {
  if (status.needsInstall && canBe(UPDATE, status)) return UPDATE;
  return isAlive(status.status) ? STOP : START;
}

/** The letter that does it where its server is. */
export const keyOf = (action, status) => (action === RESTART ? "r" : action === turnOf(status) ? "s" : undefined);

/** The one thing to do with a server as it is. */
const verbOf = (status) => (canBe(CANCEL, status) ? CANCEL : turnOf(status));

const killItem = (power) => ({
  icon: KILL.icon,
  text: `${t("kill")} …`,
  why: power.reasonNot(KILL),
  isDanger: true,
  act: () => power.press(KILL),
});

/** Whether players are to be thrown out. */
export function Sure({ action, id, players, act, close }) {
  const press = () => {
    close();
    act(action);
  };
  return html`<${Dialog} title=${t("sureTitle", { verb: t(action.name), id })} close=${close}>
    <p>${count("playersOn", players?.online ?? 0)} ${t("sureAbout")}</p>
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${close}>${t("cancel")}</button>
      <button type="button" class="btn primary" onClick=${press}><${Icon} name=${action.icon} />${t(action.name)}</button>
    </div>
  <//>`;
}

/** What is lost by killing, and the other way. */
function KillDialog({ id, players, canStop, act, close }) {
  const online = players?.online ?? 0;
  const press = (action) => {
    close();
    act(action);
  };
  const [stop, ...saves] = t("killStop").split("|");
  return html`<${Dialog} title=${t("killTitle", { id })} close=${close}>
    <p>
      ${t("killLoses")} ${online ? count("killPlayers", online) : t("killNobody")}
      ${canStop && html` <b>${stop}</b>${saves}`}
    </p>
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${close}>${t("cancel")}</button>
      ${
        canStop &&
        html`<button type="button" class="btn" onClick=${() => press(STOP)}>
          <${Icon} name="square" />${t("stopInstead")}
        </button>`
      }
      <button type="button" class="btn danger-fill" onClick=${() => press(KILL)}>
        <${Icon} name="skull" />${t("killNow")}
      </button>
    </div>
  <//>`;
}
