// Starting and stopping a server. What fits its state can be used, the rest keeps its place and says why not.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { awaySince, call } from "../lib/api.js";
import { say } from "../lib/live.js";
import { expect, loadMe, may } from "../lib/store.js";
import { count, explain, t, upper } from "../lib/text.js";
import { Dialog } from "./dialog.js";
import { Icon, Shape } from "./icon.js";
import { Menu } from "./menu.js";
import { Problem } from "./problem.js";

/** What is going on, or about to. */
const ALIVE = ["starting", "running", "stopping"];
export const isAlive = (state) => ALIVE.includes(state);

/** After its state has changed a server takes nothing for so long: a second click was for what stood there before. */
const CALM_MS = 500;

const START = {
  name: "start",
  icon: "play",
  endpoint: "server_start",
  fits: (s) => !isAlive(s) && s !== "installing",
};
const STOP = {
  name: "stop",
  icon: "square",
  endpoint: "server_stop",
  fits: (s) => ["running", "starting", "waiting"].includes(s),
};
export const RESTART = {
  name: "restart",
  icon: "rotate-cw",
  endpoint: "server_restart",
  fits: (s) => s === "running" || s === "starting",
};
export const KILL = { name: "kill", icon: "skull", endpoint: "server_force_kill", fits: isAlive };

export const ACTIONS = [START, STOP, RESTART];

/** Why what does not fit its state can't be done now. */
function whyNot(action, state) {
  if (action === START && state === "running") return t("runsAlready");
  if (action === START && state === "installing") return t("waitInstall");
  return isAlive(state) ? t("notNow", { state: t(`state.${state}`) }) : t("doesNotRun");
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
  return html`<span class=${`pill is-${state}`}><${Shape} state=${state} /><span>${upper(word)}</span></span>`;
}

/** What players feel asks first where a finger may have touched it by chance. */
export const asksFirst = (action, players) =>
  (action === STOP || action === RESTART) && players?.online > 0 && matchMedia("(pointer: coarse)").matches;

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
export function usePower({ id, state, players }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [asked, ask] = useState(null);
  const isCalm = useCalm(state);

  const reasonNot = (action) => {
    if (!may(id, "power")) return t("mayNotPower");
    if (awaySince.value !== null) return t("awayWait");
    if (!action.fits(state)) return whyNot(action, state);
    return isCalm && !busy ? "" : t("justChanged");
  };

  async function act(action) {
    if (reasonNot(action)) return;
    setBusy(true);
    setProblem("");
    try {
      expect(id, (await call(action.endpoint, { server: id })).status);
    } catch (error) {
      setProblem(explain(error));
      if (error.code === "forbidden") loadMe();
    }
    setBusy(false);
  }

  const press = (action) => {
    const why = reasonNot(action);
    if (why) say(why);
    else if (action === KILL || asksFirst(action, players)) ask(action);
    else act(action);
  };
  const close = () => ask(null);
  const canStop = !reasonNot(STOP);
  const question =
    asked === KILL
      ? html`<${KillDialog} ...${{ id, players, canStop, act, close }} />`
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
    ${children}<span>${t(action.name)}</span>
  </button>`;
}

/** The buttons in the head of a server, and what lies behind them. */
export function Power({ id, state, players, more = [] }) {
  const power = usePower({ id, state, players });
  return html`<div class="power-group" role="group" aria-label=${t("powerOf", { id })}>
      ${ACTIONS.map(
        (action) =>
          html`<${Button} key=${action.name} ...${{ action, power }} css="btn power"
            ><${Icon} name=${action.icon}
          /><//>`,
      )}
      <${Menu}
        label=${t("moreFor", { id })}
        items=${[...more, more.length > 0 && "-", killItem(power)]}
      />
    </div>
    <${Problem} text=${power.problem} />
    ${power.question}`;
}

/**
 * The one thing to do with a server in a list, and all else in a menu: `first` and `more` stand
 * before and behind what is done to it. `byKey` has what its items do, by their keys.
 */
export function useRowPower({ id, state, players, first, more }) {
  const power = usePower({ id, state, players });
  const verb = verbOf(state);
  const item = (action) => ({
    key: action === verb ? "s" : action === RESTART ? "r" : undefined,
    icon: action.icon,
    text: t(action.name),
    why: power.reasonNot(action),
    act: () => power.press(action),
  });
  // The verb is in the menu, too: on phones it fits nowhere else.
  const actions = ACTIONS.filter((action) => action === verb || action === RESTART || action.fits(state));
  const items = [...first, ...actions.map(item), ...more, "-", killItem(power)].filter(Boolean);
  return {
    verb: html`<${Button}
      ...${{ action: verb, power }}
      css="btn small verb"
      label=${t("verbOf", { verb: t(verb.name), id })}
    />`,
    menu: html`<${Menu} label=${t("moreFor", { id })} items=${items} />${power.question}`,
    problem: power.problem,
    byKey: Object.fromEntries(items.filter(({ key }) => key).map(({ key, why, act }) => [key, why ? () => say(why) : act])),
  };
}

const verbOf = (state) => (isAlive(state) ? STOP : START);

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
