// Starting and stopping a server, with what fits its state.
import { html, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { expect, may } from "../lib/store.js";
import { explain, t } from "../lib/text.js";

const ALIVE = ["starting", "running", "stopping"];
export const isAlive = (state) => ALIVE.includes(state);

const ACTIONS = [
  { name: "start", endpoint: "server_start", fits: (s) => !isAlive(s) && s !== "installing" },
  { name: "stop", endpoint: "server_stop", fits: (s) => s === "running" || s === "starting" || s === "waiting" },
  { name: "restart", endpoint: "server_restart", fits: (s) => s === "running" || s === "starting" },
  { name: "kill", endpoint: "server_force_kill", fits: isAlive },
];

export function State({ state }) {
  return html`<span class=${`state state-${state}`} role="status">${t(`state.${state}`)}</span>`;
}

export function Power({ id, state, all }) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const allowed = may(id, "power");

  async function act(action) {
    setBusy(true);
    setError(null);
    try {
      expect(id, (await call(action.endpoint, { server: id })).status);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  }

  const why = (action) => {
    if (!allowed) return t("mayNotPower");
    return action.fits(state) ? undefined : t("notNow", { state: t(`state.${state}`) });
  };
  const shown = ACTIONS.filter((action) => all || action.fits(state));
  return html`<div class="power">
    ${shown.map((action) => html`<button key=${action.name} class=${action.name} title=${why(action)}
      disabled=${busy || Boolean(why(action))} onClick=${() => act(action)}>${t(action.name)}</button>`)}
    ${error && html`<span class="error" role="alert">${explain(error)}</span>`}
  </div>`;
}
