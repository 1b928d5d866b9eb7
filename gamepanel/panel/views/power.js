// Starting and stopping a server, with what fits its state.
import { html, useEffect, useRef, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { expect, loadMe, may } from "../lib/store.js";
import { explain, t } from "../lib/text.js";

const ALIVE = ["starting", "running", "stopping"];
export const isAlive = (state) => ALIVE.includes(state);

const ACTIONS = [
  { name: "start", endpoint: "server_start", fits: (s) => !isAlive(s) && s !== "installing" },
  {
    name: "stop",
    endpoint: "server_stop",
    fits: (s) => ["running", "starting", "waiting"].includes(s),
  },
  { name: "restart", endpoint: "server_restart", fits: (s) => s === "running" || s === "starting" },
  { name: "kill", endpoint: "server_force_kill", fits: isAlive },
];

export function State({ state }) {
  return html`<span class=${`state state-${state}`} role="status">${t(`state.${state}`)}</span>`;
}

/** The buttons of a server; with `all` also those that do not fit, greyed. */
export function Power({ id, state, all }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const group = useRef(null);
  const clicked = useRef(false);
  const allowed = may(id, "power");

  // The button that was pressed may be gone; who uses keys goes on from its neighbour.
  useEffect(() => {
    if (clicked.current && document.activeElement === document.body) {
      group.current.querySelector("button")?.focus();
    }
  }, [state]);

  const reasonNot = (action) => {
    if (!allowed) return t("mayNotPower");
    return action.fits(state) ? "" : t("notNow", { state: t(`state.${state}`) });
  };

  async function act(action) {
    clicked.current = true;
    const why = reasonNot(action);
    setProblem(why);
    if (why || busy) return;
    setBusy(true);
    try {
      expect(id, (await call(action.endpoint, { server: id })).status);
    } catch (error) {
      setProblem(error.code === "spawn_failed" ? error.message : explain(error));
      if (error.code === "forbidden") loadMe();
    }
    setBusy(false);
  }

  const shown = ACTIONS.filter((action) => all || action.fits(state));
  // Not "disabled", which takes the focus away, and keeps its reason from who can't hover.
  return html`<div class="power" role="group" aria-label=${id} ref=${group}>
    ${shown.map((action) => {
      const why = reasonNot(action);
      return html`<button
        key=${action.name}
        class=${action.name}
        title=${why || undefined}
        aria-disabled=${why ? "true" : undefined}
        onClick=${() => act(action)}
      >
        ${t(action.name)}
      </button>`;
    })}
    ${problem && html`<span class="error" role="alert">${problem}</span>`}
  </div>`;
}
