// The players of a server: who is on and since when, who was, and actions, each of which asks first.
import { html, useEffect, useState } from "../lib/base.js";
import { awaySince, call, daemonNow, repeat } from "../lib/api.js";
import { say } from "../lib/live.js";
import { uncoded } from "../lib/quake.js";
import { may, useTypeWords } from "../lib/store.js";
import { ago, explain, longDuration, moment, number, t, told } from "../lib/text.js";
import { wrongText } from "../lib/wrong.js";
import { toClipboard } from "./copy.js";
import { Dialog } from "./dialog.js";
import { Empty } from "./empty.js";
import { Chips, SearchField } from "./filters.js";
import { PlayersOverTime } from "./history.js";
import { Shape } from "./icon.js";
import { Menu } from "./menu.js";
import { isAlive } from "./power.js";
import { Problem } from "./problem.js";

const LOOK_MS = 5000;
/** So many rows are shown before somebody asks for more. */
const PAGE = 100;
/** So many actions have buttons of their own; the rest lie in the menu. */
const BUTTONS = 2;

/** What `player_list` answers, kept fresh; what it refuses, and how to ask at once. */
function useList(id) {
  const [answer, setAnswer] = useState(null);
  const [refusal, setRefusal] = useState(null);
  const [tries, again] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const look = async () => {
      try {
        setAnswer(await call("player_list", { server: id }, stop.signal));
        setRefusal(null);
      } catch (error) {
        if (error.code) setRefusal(error);
        throw error;
      }
    };
    repeat(look, LOOK_MS, stop.signal);
    return () => stop.abort();
  }, [id, tries]);
  return [answer, refusal, () => again((n) => n + 1)];
}

const FITS = { on: ({ online }) => online, seen: () => true };

export default function Players({ id, status }) {
  const [answer, refusal, again] = useList(id);
  const hasWords = useTypeWords();
  const [wanted, setWanted] = useState("");
  const [kind, setKind] = useState(null);
  const [rows, setRows] = useState(PAGE);
  const [asked, ask] = useState(null);
  const all = answer?.players ?? [];
  const on = all.filter(FITS.on);
  // Who came for somebody sees those that are there; where nobody is, all that were.
  const chosen = kind ?? (on.length || !all.length ? "on" : "seen");
  const found = all.filter(
    (player) => FITS[chosen](player) && uncoded(player.name, status?.type).toLowerCase().includes(wanted.toLowerCase()),
  );
  const chips = [
    ["on", html`<span class="n">${number(on.length)}</span> ${t("onNow")}`],
    ["seen", html`<span class="n">${number(all.length)}</span> ${t("seenAll")}`],
  ];
  const actions = hasWords && may(id, "command") && isAlive(status?.status) ? (answer?.actions ?? []) : [];
  return html`${status ? html`<${PlayersOverTime} status=${status} />` : html`<div class="graphs one waiting"></div>`}
    <div class="tab-head">
      <h2>${t("players")}</h2>
      <${Chips} label=${t("showOnly")} value=${chosen} all=${chips} change=${(name) => setKind(name || chosen)} />
      <${SearchField} label=${t("searchName")} placeholder=${t("searchName")} value=${wanted} change=${setWanted} />
    </div>
    <${Problem} text=${explain(refusal)} />
    ${!answer && !refusal && html`<p class="muted">${t("loading")}</p>`}
    ${answer && !found.length && html`<${Nobody} ...${{ status, all, wanted }} />`}
    ${
      found.length > 0 &&
      html`<div class="table-wrap">
        <table class="plain players">
          <caption class="sr">${t("players")}</caption>
          <thead>
            <tr>
              <th scope="col">${t("name")}</th>
              <th scope="col">${t("rightNow")}</th>
              <th scope="col" class="num">${t("onFor")}</th>
              <th scope="col" class="num hide-s">${t("lastSeen")}</th>
              <th scope="col"><span class="sr">${t("actions")}</span></th>
            </tr>
          </thead>
          <tbody>
            ${found.slice(0, rows).map((player) => html`<${Player} key=${player.name} ...${{ player, actions, ask, type: status?.type }} />`)}
          </tbody>
        </table>
      </div>`
    }
    ${found.length > rows && html`<p class="more"><button class="btn" onClick=${() => setRows(rows + PAGE)}>${t("showMore")}</button></p>`}
    ${asked && html`<${Ask} ...${{ id, ...asked, again }} close=${() => ask(null)} />`}`;
}

/** Why there is nobody in the list. */
function Nobody({ status, all, wanted }) {
  if (wanted) return html`<p class="more">${t("noEntries")}</p>`;
  const isUnknown = status && isAlive(status.status) && status.players === null && !all.length;
  return html`<${Empty}
    icon="users"
    title=${t(isUnknown ? "playersUnknown" : "nobodyOn")}
    text=${t(isUnknown ? "playersUnknownWhy" : "nobodyOnWhy")}
  />`;
}

function Player({ player, actions, ask, type }) {
  const { online, since, lastSeen } = player;
  const name = uncoded(player.name, type);
  const now = daemonNow();
  const item = (action) => ({
    icon: "user",
    text: `${told(action.title)} …`,
    act: () => ask({ action, player: player.name, name }),
  });
  const items = [
    { icon: "copy", text: t("copyName"), act: () => toClipboard(name) },
    ...(actions.length ? ["-"] : []),
    ...actions.map(item),
  ];
  return html`<tr>
    <th scope="row">
      <span class="ava" aria-hidden="true">${[...name][0]?.toUpperCase()}</span><bdi class="player-name" title=${name}>${name}</bdi>
    </th>
    <td>
      <span class=${online ? "on" : "on muted"}
        ><${Shape} state=${online ? "running" : "stopped"} />${t(online ? "isOnline" : "isAway")}</span
      >
    </td>
    <td class="num" title=${online && since ? moment(since) : undefined}>${online && since ? longDuration(now - since) : html`<span class="none" role="img" aria-label=${t("none")}>–</span>`}</td>
    <td class="num hide-s" title=${moment(lastSeen)}>${online ? t("now") : ago(lastSeen, now)}</td>
    <td class="acts">
      <span class="hide-s"
        >${actions
          .slice(0, BUTTONS)
          .map(
            (action) => html`<button
              key=${action.name}
              class="btn small"
              type="button"
              aria-label=${t("actionOf", { action: told(action.title), name })}
              onClick=${() => ask({ action, player: player.name, name })}
            >
              ${told(action.title)} …
            </button>`,
          )}</span
      ><${Menu} label=${t("moreFor", { id: name })} items=${items} />
    </td>
  </tr>`;
}

/** Whether that is meant; what the daemon refuses stays in the question. */
function Ask({ id, action, player, name, again, close }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const title = told(action.title);
  async function act() {
    if (busy || awaySince.value !== null) return;
    setBusy(true);
    try {
      await call("player_action", { server: id, action: action.name, player });
      say(t("actionDone", { action: title, name }));
      again();
      close();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }
  const problem = error?.problems?.[0] ? wrongText(error.problems[0], "player") : explain(error);
  return html`<${Dialog} title=${t("actionAsk", { action: title, name })} close=${close}>
    <p>${t("actionAbout")}</p>
    <${Problem} text=${problem} />
    <div class="dialog-acts">
      <button type="button" class="btn" onClick=${close}>${t("cancel")}</button>
      <button type="button" class=${busy ? "btn primary busy" : "btn primary"} onClick=${act}>${title}</button>
    </div>
  <//>`;
}
