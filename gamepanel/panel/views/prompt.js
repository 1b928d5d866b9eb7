// The line to type into below a console, and what was typed before.
import { html, useRef, useState } from "../lib/base.js";
import { awaySince, call, daemonNow } from "../lib/api.js";
import { Drafts, ownKey } from "../lib/session.js";
import { keep, kept } from "../lib/storage.js";
import { may } from "../lib/store.js";
import { explain, shortMoment, t } from "../lib/text.js";
import { wrongText } from "../lib/wrong.js";
import { Icon } from "./icon.js";
import { isAlive, isDown } from "./power.js";
import { Problem } from "./problem.js";

/** Commands that are remembered of each server, and those that are offered at once. */
const KEPT = 100;
const OFFERED = 5;

const drafts = new Drafts();

/** What was typed before, the newest last, as `{line, at}`; of what is long ago the time is not known. */
const typedBefore = (id) =>
  (kept("localStorage", ownKey(`typed/${id}`)) ?? []).map((each) =>
    typeof each === "string" ? { line: each, at: null } : each,
  );

function remember(id, line) {
  if (!line) return;
  const others = typedBefore(id).filter((old) => old.line !== line);
  keep("localStorage", ownKey(`typed/${id}`), [...others, { line, at: daemonNow() }].slice(-KEPT));
}

/** Commands that were typed before and begin so, the newest first. */
function completions(id, line) {
  if (!line.trim()) return [];
  return typedBefore(id)
    .filter((old) => old.line.startsWith(line) && old.line !== line)
    .toReversed()
    .slice(0, OFFERED);
}

function reasonNot(id, status) {
  if (!may(id, "command")) return t("mayNotCommand");
  if (status?.console === "none") return t("takesNone");
  // As long as it is not known whether it runs, one may type.
  if (!status || isAlive(status.status)) return "";
  return isDown(status.status) ? t("cantRun") : t("notNow", { state: t(`state.${status.status}`) });
}

const Hint = ({ isOffered }) =>
  html`<span class="cmd-hint" aria-hidden="true"
    >${
      isOffered
        ? html`<kbd>Tab</kbd> ${t("take")} <kbd>Esc</kbd> ${t("close").toLowerCase()}`
        : html`<kbd>↑</kbd> ${t("earlier")} <kbd>Tab</kbd> ${t("complete")}`
    }</span
  >`;

export function Prompt({ id, status, sent }) {
  const [line, setLine] = useState(drafts.get(id, ""));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  // Which of the earlier lines is shown; null: the one that is being written.
  const place = useRef(null);
  const written = useRef("");
  const [isOffered, offer] = useState(false);
  const [at, setAt] = useState(0);
  const why = reasonNot(id, status);
  const isOff = Boolean(why) || awaySince.value !== null;
  const offers = isOffered && !why ? completions(id, line) : [];

  const change = (text) => {
    drafts.set(id, text);
    setLine(text);
  };

  function type(text) {
    place.current = null;
    setError(null);
    setAt(0);
    offer(text !== "");
    change(text);
  }

  async function submit(event) {
    event.preventDefault();
    if (busy || isOff) return;
    setBusy(true);
    offer(false);
    try {
      await call("server_cmd", { server: id, command: line });
      remember(id, line);
      setError(null);
      // What was typed meanwhile stays.
      if (drafts.get(id, "") === line) {
        type("");
      }
      sent();
    } catch (failure) {
      // The line stays, to be sent again.
      setError(failure);
    }
    setBusy(false);
  }

  function recall(step) {
    const history = typedBefore(id);
    if (place.current === null) written.current = line;
    const next = Math.max((place.current ?? history.length) + step, 0);
    place.current = next < history.length ? next : null;
    offer(false);
    change(history[next]?.line ?? written.current);
  }

  function keys(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.key === "Tab" && !event.shiftKey && offers.length) type((offers[at] ?? offers[0]).line);
    else if (event.key === "Escape" && offers.length) offer(false);
    else if (step) recall(step);
    else return;
    event.preventDefault();
  }

  const problem = error?.problems?.[0] ? wrongText(error.problems[0], "command") : explain(error);
  // Not "disabled", which would take the focus away from whoever is typing.
  return html`<form class="cmd" onSubmit=${submit}>
    <span class="ps" aria-hidden="true">❯</span>
    <input
      class="mono"
      aria-label=${t("command")}
      aria-disabled=${why ? "true" : undefined}
      aria-describedby="prompt-why"
      aria-autocomplete="list"
      aria-controls=${offers.length ? "prompt-offers" : undefined}
      aria-activedescendant=${offers.length ? `prompt-offer-${at}` : undefined}
      readonly=${Boolean(why)}
      placeholder=${why || t("typeCommand")}
      title=${why || undefined}
      value=${line}
      maxlength="4095"
      autocomplete="off"
      autocapitalize="none"
      spellcheck=${false}
      enterkeyhint="send"
      onInput=${(event) => type(event.target.value)}
      onKeyDown=${keys}
      onBlur=${() => offer(false)}
    />
    ${!why && html`<${Hint} isOffered=${offers.length > 0} />`}
    <button class="btn" type="submit" aria-disabled=${isOff ? "true" : undefined} title=${why || undefined}>
      <${Icon} name="corner-down-left" /><span>${t("send")}</span>
    </button>
    <p id="prompt-why" class=${why && line ? "why" : "sr why-not"}>${why}</p>
    <${Problem} text=${problem} />
    ${
      offers.length > 0 &&
      html`<ul class="complete" role="listbox" id="prompt-offers" aria-label=${t("typedBefore")}>
        ${offers.map(
          ({ line: offered, at: typedAt }, n) =>
            html`<li
              key=${offered}
              id=${`prompt-offer-${n}`}
              role="option"
              aria-selected=${String(n === at)}
              class="mono"
              onMouseDown=${(event) => {
                event.preventDefault();
                type(offered);
              }}
            >
              <span><b>${offered.slice(0, line.length)}</b>${offered.slice(line.length)}</span>
              ${typedAt && html`<span class="muted">${shortMoment(typedAt)}</span>`}
            </li>`,
        )}
      </ul>`
    }
  </form>`;
}
