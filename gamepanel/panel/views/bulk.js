// What is done to several servers at once.
import { html, useState } from "../lib/base.js";
import { awaySince } from "../lib/api.js";
import { useKeys } from "../lib/keys.js";
import { say } from "../lib/live.js";
import { count, explain, number, t } from "../lib/text.js";
import { pins, setPins } from "../lib/device.js";
import { servers } from "../lib/store.js";
import { Dialog } from "./dialog.js";
import { Icon } from "./icon.js";
import { Menu } from "./menu.js";
import { ACTIONS, asksFirst, canBe, isAlive, KILL, perform, START, STOP, UPDATE } from "./power.js";
import { Problem } from "./problem.js";

/** From so many servers on one is asked before. */
const MANY = 20;

/** Do one thing to all of them, one after the other: the ids of those that it was done to, and what was refused. */
async function doAll(action, statuses) {
  const done = [];
  const refused = [];
  for (const status of statuses) {
    try {
      await perform(action, status);
      done.push(status.server);
    } catch (error) {
      refused.push(`${status.server}: ${explain(error)}`);
    }
  }
  return { done, refused };
}

/** How many players all of them have. */
const onlineOf = (statuses) => statuses.reduce((sum, { players }) => sum + (players?.online ?? 0), 0);

export default function Bulk({ chosen, clear }) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [asked, ask] = useState(null);
  // Those that were stopped here last, to start just them again.
  const [stopped, setStopped] = useState([]);
  useKeys((event) => event.key === "Escape" && !document.querySelector("dialog[open]") && clear());
  const fitting = (action) => chosen.filter((status) => canBe(action, status));

  async function act(action, statuses) {
    ask(null);
    setBusy(true);
    const { done, refused } = await doAll(action, statuses);
    setProblem(refused.join(" "));
    if (action === STOP) setStopped(done);
    else setStopped((before) => before.filter((id) => !done.includes(id)));
    say(t("bulkDone", { verb: t(action.name), n: number(done.length) }));
    setBusy(false);
  }

  const press = (action) => {
    const statuses = fitting(action);
    const isIdle = busy || awaySince.value !== null || !statuses.length;
    if (isIdle) return;
    const throwsOut = statuses.some(({ players }) => asksFirst(action, players));
    if (action === KILL || action === UPDATE || throwsOut || statuses.length > MANY) ask({ action, statuses });
    else act(action, statuses);
  };
  const ids = chosen.map(({ server }) => server);
  const others = pins.value.filter((id) => !ids.includes(id));
  const arePinned = ids.every((id) => pins.value.includes(id));
  const reason = (n) => (awaySince.value !== null ? t("awayWait") : n ? "" : t("noneFits"));
  const item = (action, more) => {
    const n = fitting(action).length;
    return { icon: action.icon, text: `${t(action.name)} ${number(n)} …`, why: reason(n), act: () => press(action), ...more };
  };
  const items = [
    item(UPDATE),
    { icon: "pin", text: t(arePinned ? "unpin" : "pin"), act: () => setPins(arePinned ? others : [...others, ...ids]) },
    "-",
    item(KILL, { isDanger: true }),
  ];
  const again = stopped.map((id) => servers.value.get(id)).filter((status) => status && canBe(START, status));
  const isAgainOff = busy || !again.length || awaySince.value !== null;
  const running = chosen.filter(({ status }) => isAlive(status)).length;
  return html`<section class="bulk" aria-label=${t("selectedServers")}>
    <b>${t("nSelected", { n: number(chosen.length) })}</b>
    <span class="muted">${t("runAndRest", { running: number(running), stopped: number(chosen.length - running) })}</span>
    <span class="bulk-acts">
      ${ACTIONS.map((action) => {
        const n = fitting(action).length;
        const isOff = busy || !n || awaySince.value !== null;
        return html`<button
          key=${action.name}
          class="btn"
          type="button"
          aria-disabled=${isOff ? "true" : undefined}
          title=${reason(n) || undefined}
          onClick=${() => press(action)}
        >
          <${Icon} name=${action.icon} />${t(action.name)} ${number(n)}
        </button>`;
      })}
      <${Menu} label=${t("moreForN", { servers: count("nServers", chosen.length) })} css="btn" side="up right" items=${items}
        ><${Icon} name="ellipsis" />${t("more")}<//
      >
    </span>
    <button class="btn quiet" type="button" onClick=${clear}>${t("clear")} <kbd aria-hidden="true">Esc</kbd></button>
    ${
      stopped.length > 0 &&
      html`<span class="bulk-done">
        <span>${t("bulkDone", { verb: t("stop"), n: number(stopped.length) })}</span>
        <button class="btn" type="button" aria-disabled=${isAgainOff ? "true" : undefined} onClick=${() => isAgainOff || act(START, again)}>
          <${Icon} name="play" />${t("startThemAgain")}
        </button>
      </span>`
    }
    <${Problem} text=${problem} />
    ${
      asked &&
      html`<${Dialog} title=${t("reallyBulk", { verb: t(asked.action.name), servers: count("nServers", asked.statuses.length) })} close=${() => ask(null)}>
        ${asked.action === KILL && html`<p>${t("killLoses")} ${t("killNobody")}</p>`}
        ${asked.action === UPDATE && html`<p>${t("updateAbout")}</p>`}
        ${
          asked.action !== UPDATE &&
          onlineOf(asked.statuses) > 0 &&
          html`<p><b>${count("playersOn", onlineOf(asked.statuses))}</b> ${t("sureAbout")}</p>`
        }
        <p class="ids">${asked.statuses.map(({ server }) => server).join(", ")}</p>
        <div class="dialog-acts">
          <button class="btn" type="button" onClick=${() => ask(null)}>${t("cancel")}</button>
          <button class=${asked.action === KILL ? "btn danger-fill" : "btn primary"} type="button" onClick=${() => act(asked.action, asked.statuses)}>
            ${t(asked.action.name)} ${number(asked.statuses.length)}
          </button>
        </div>
      <//>`
    }
  </section>`;
}
