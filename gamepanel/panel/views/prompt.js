// The line to type into below a console, and what was typed before.
import { html, useRef, useState } from "../lib/base.js";
import { call } from "../lib/api.js";
import { keep, kept } from "../lib/storage.js";
import { may, me, servers } from "../lib/store.js";
import { explain, t } from "../lib/text.js";
import { isAlive } from "./power.js";

/** Commands that are remembered of each server. */
const KEPT = 100;

// What was typed and not sent stays, whatever happens to the page around it; and is whose it was.
const drafts = new Map();

const keyOf = (id) => `gamepanel.${me.value?.username}.${id}`;
const historyOf = (id) => kept("localStorage", keyOf(id)) ?? [];

function remember(id, line) {
  if (!line) return;
  const others = historyOf(id).filter((old) => old !== line);
  keep("localStorage", keyOf(id), [...others, line].slice(-KEPT));
}

export function Prompt({ id, sent }) {
  const key = keyOf(id);
  const [line, setLine] = useState(drafts.get(key) ?? "");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  // Which of the earlier lines is shown; null: the one that is being written.
  const place = useRef(null);
  const written = useRef("");
  const state = servers.value?.get(id)?.status;
  const why = !may(id, "command") ? t("mayNotCommand") : !isAlive(state) ? t("cantRun") : "";

  const change = (text) => {
    drafts.set(key, text);
    setLine(text);
  };

  function type(text) {
    place.current = null;
    setError(null);
    change(text);
  }

  async function submit(event) {
    event.preventDefault();
    if (busy || why) return;
    setBusy(true);
    try {
      await call("server_cmd", { server: id, command: line });
      remember(id, line);
      setError(null);
      // What was typed meanwhile stays.
      if ((drafts.get(key) ?? "") === line) type("");
      sent();
    } catch (failure) {
      // The line stays, to be sent again.
      setError(failure);
    }
    setBusy(false);
  }

  function keys(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const history = historyOf(id);
    if (place.current === null) written.current = line;
    const at = Math.max((place.current ?? history.length) + step, 0);
    place.current = at < history.length ? at : null;
    change(history[at] ?? written.current);
  }

  // Not "disabled", which would take the focus away from who is typing.
  return html`<form class="prompt" onSubmit=${submit}>
    <span aria-hidden="true">❯</span>
    <input
      aria-label=${t("command")}
      aria-disabled=${why ? "true" : undefined}
      aria-describedby="prompt-why"
      readonly=${Boolean(why)}
      placeholder=${why}
      title=${why}
      value=${line}
      maxlength="4095"
      autocomplete="off"
      autocapitalize="none"
      spellcheck=${false}
      enterkeyhint="send"
      onInput=${(event) => type(event.target.value)}
      onKeyDown=${keys}
    />
    <button disabled=${Boolean(why)}>${t("send")}</button>
    <p id="prompt-why" class=${why && line ? "why" : "hidden"}>${why}</p>
    ${
      error &&
      html`<p class="error" role="alert">${error.problems?.[0]?.detail ?? explain(error)}</p>`
    }
  </form>`;
}
